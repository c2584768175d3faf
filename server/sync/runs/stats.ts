// What a run did, counted.

export interface SyncStats {
  readonly usersCreated: number
  readonly usersUpdated: number
  readonly usersDisabled: number
  readonly usersDeleted: number
  readonly usersSkipped: number
  readonly usersErrors: number
  readonly groupsCreated: number
  readonly groupsUpdated: number
  readonly groupsDeleted: number
  readonly groupsSkipped: number
  readonly groupsErrors: number
  readonly membershipsAdded: number
  readonly membershipsRemoved: number
  readonly totalProcessed: number
}

export const noStats: SyncStats = {
  usersCreated: 0,
  usersUpdated: 0,
  usersDisabled: 0,
  usersDeleted: 0,
  usersSkipped: 0,
  usersErrors: 0,
  groupsCreated: 0,
  groupsUpdated: 0,
  groupsDeleted: 0,
  groupsSkipped: 0,
  groupsErrors: 0,
  membershipsAdded: 0,
  membershipsRemoved: 0,
  totalProcessed: 0,
}
export const statNames = Object.keys(noStats)
