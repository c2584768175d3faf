// The settings of a directory that is pulled, with their defaults (product/directory-sync). Stored is what somebody set.
import type { JsonObject } from '../../db/tables.ts'

export const deactivationTimings = ['on_date', 'immediately', 'never'] as const
export const deletionTimings = ['immediately', 'never'] as const
export const orphanPolicies = ['ignore', 'deactivate', 'delete', 'anonymize'] as const

export interface SyncSettings {
  /** Whether people are linked to the organization's location of the name that the source gives, which is made where it is missing. */
  readonly autoAssignLocations: boolean
  /** When somebody whose employment ends becomes inactive: the day after their last one, as soon as the end is known, or never. */
  readonly deactivationTiming: (typeof deactivationTimings)[number]
  /** Whether a run deletes people at all; with `never` they are made inactive instead. */
  readonly deletionTiming: (typeof deletionTimings)[number]
  /** Source ids or names of groups; where there are any, only their members, direct and nested, are imported. */
  readonly groupFilter: readonly string[]
  /** `workEmail`, or a SCIM attribute that is mapped: where userName comes from. */
  readonly usernameAttribute: string
  readonly syncGroups: boolean
  /** With syncGroups off: groups that were synced before stay as they are; otherwise the next run removes them. */
  readonly preserveGroups: boolean
  /** Takes people of this directory out of groups that they were put in by hand. */
  readonly removeLocalGroups: boolean
  /** Takes people of this directory out of groups that other directories brought. */
  readonly removeOtherDirectoryGroups: boolean
  /** 1 to 100 records. */
  readonly pageSize: number
  /** Whether new and restored people become active; otherwise they stay inactive until somebody activates them. */
  readonly activateUsers: boolean
  /** What becomes of people whom the source no longer returns. */
  readonly orphanedUsers: (typeof orphanPolicies)[number]
  readonly schedule: Schedule
  readonly massChangeGuard: MassChangeGuard
}

/** `daily` at a time of the day; an interval counts from the first run; times are in `timeZone`, or else in the organization's. */
export type Schedule =
  | { readonly kind: 'disabled' }
  | { readonly kind: 'daily'; readonly at: string; readonly timeZone?: string }
  | { readonly kind: 'interval'; readonly minutes: number }
  | { readonly kind: 'cron'; readonly expression: string; readonly timeZone?: string }

/** More than this a run does not deactivate or delete without approval; null is no limit. */
export interface MassChangeGuard {
  /** Of the directory's active people, 0 to 1. */
  readonly share: number | null
  readonly number: number | null
}

export const defaultSettings: SyncSettings = {
  autoAssignLocations: false,
  deactivationTiming: 'on_date',
  deletionTiming: 'immediately',
  groupFilter: [],
  usernameAttribute: 'workEmail',
  syncGroups: true,
  preserveGroups: false,
  removeLocalGroups: false,
  removeOtherDirectoryGroups: false,
  pageSize: 100,
  activateUsers: true,
  orphanedUsers: 'ignore',
  schedule: { kind: 'daily', at: '02:00' },
  massChangeGuard: { share: 0.2, number: 10 },
}

/** What was set, over the defaults. */
export function readSettings(stored: JsonObject): SyncSettings {
  return { ...defaultSettings, ...(stored as Partial<SyncSettings>) }
}
