// What Rollcall has to reach. The floor is what the same machine does at the least; ratios are of calls a second.

/** A row of the table, and the share of the floor that it has to reach. */
export const floorTargets: Readonly<Record<string, number>> = {
  get_by_id: 0.75,
  filter_userName_eq: 0.75,
  filter_externalId_eq: 0.75,
  filter_work_email_eq: 0.75,
  list_100_first: 0.7,
  list_100_deep_by_cursor: 0.7,
  create_user: 0.6,
  put_user: 0.6,
  patch_active_entra: 0.6,
  patch_active_okta: 0.6,
  patch_five_attributes: 0.6,
  add_member: 0.6,
  remove_member: 0.6,
}

/** How many times the best peer with a database that answers rightly. */
export const peerTarget = 3

/** How much faster the fastest size of a group may be than the slowest. */
export const sizeTarget = 1.3

/** What remains of the calls a second of the smallest directory in a larger one. */
export const growthTarget = 0.8

export const memoryTargetMb = 300
/** The size of the directory that the target for memory is meant for. */
export const memoryTargetUsers = 1_000_000

/** The target of a row, whose name may end in the size of a group. */
export function findFloorTarget(row: string): number | undefined {
  return floorTargets[row] ?? floorTargets[row.replace(/_\d+$/, '')]
}

/** Of `bench/sync`: times of COPY, times faster, MB, and times as long that a reader waits. */
export const syncTargets = { copies: 6, faster: 5, memoryMb: 300, slower: 1.25 } as const
