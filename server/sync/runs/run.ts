// A run as whoever does it sees it, and the stages it goes through.
import type { Provider } from '../../../providers/provider.ts'
import type { JsonObject } from '../../db/tables.ts'
import type { PullDirectory } from '../../directory/pull-directories.ts'
import type { SyncServices } from '../services.ts'
import type { SyncSettings } from '../setup/settings.ts'

export interface RunKey {
  readonly organizationId: string
  readonly id: string
}

export const stages = ['fetch', 'plan', 'guard', 'apply', 'notify'] as const
export type Stage = (typeof stages)[number]
/** What was asked for; `manual` is everything, because somebody wants it. */
export const syncTypes = ['full', 'incremental', 'manual'] as const
export type SyncType = (typeof syncTypes)[number]
export const purposes = ['sync', 'preview', 'import', 'lifecycle'] as const
export type Purpose = (typeof purposes)[number]

/** What stays the same while a run is done. */
export interface Run extends RunKey {
  readonly services: SyncServices
  readonly directory: PullDirectory
  readonly settings: SyncSettings
  /** Of what is read; of a lifecycle run, which reads nothing, of what was. */
  readonly provider: Provider
  readonly purpose: Purpose
  /** Whether it reads everything. A lifecycle run and most imports do not. */
  readonly isFull: boolean
  readonly includeGroups: boolean
  /** Whether none of the directory was ever completed: then only active people are imported. */
  readonly isFirst: boolean
  /** When it began: what "today" is for the whole of it. */
  readonly startedAt: Date
  /** Who does it; every write is on the condition that they still do (engine/hold.ts). */
  readonly holder: string
  /** Aborts when it is cancelled, or when another has taken it. */
  readonly signal: AbortSignal
}

/** What becomes of one record, in the order of doing: managers before the people who report to them. */
export interface RunChange {
  readonly position: number
  readonly resourceType: 'User' | 'Group'
  readonly sourceId: string | null
  readonly resourceId: string | null
  readonly operation: Operation
  /** The version that the resource had when this was planned; null where there was none. */
  readonly version: number | null
  /** What the person or group is called, for whoever reads this. */
  readonly name: string | null
  readonly code: ChangeCode | null
  /** A sentence that says why. */
  readonly detail: string | null
  readonly plan: ChangePlan
}

/**
 * `link` updates somebody whom another directory brought; `restore` brings back who was deleted; `update` also of activeness; `leave` is a
 * directory's last word of somebody whom others know; `keep` writes nothing of the person but notes what is known of the record;
 * `skip` is left alone by a rule, `error` because something is wrong.
 */
export const operations = [
  'create',
  'link',
  'restore',
  'update',
  'activate',
  'deactivate',
  'delete',
  'anonymize',
  'keep',
  'skip',
  'error',
] as const
export type Operation = (typeof operations)[number]

/** Why a record was left alone, or what is not well with it though it was taken. */
export const changeCodes = [
  'no_email',
  'not_active',
  'filtered',
  'ambiguous',
  'duplicate_email',
  'duplicate_employee_number',
  'user_name_taken',
  'display_name_taken',
  'invalid_value',
  'unreadable',
  'manager_unknown',
  'manager_cycle',
  'missing',
  'superseded',
  'ended',
  'not_begun',
  'gone',
  'kept',
] as const
export type ChangeCode = (typeof changeCodes)[number]

/** What the planner decided, for `apply`; all of it fits into the row. */
export interface ChangePlan {
  /** What is to be stored as active; undefined leaves it to others. */
  readonly active?: boolean
  /** What is stored as employmentStatus in place of what the record says, as the day is; null is none. */
  readonly employmentStatus?: string | null
  /** The id of the manager's user; null where the record names none or none that is known. */
  readonly managerId?: string | null
  /** The name of the office, where people are linked to locations. */
  readonly location?: string | null
  /** Frees a userName for somebody else: what becomes of this one's. */
  readonly userName?: string
  /** For people to read: attribute → {before, after}. Nothing is applied from it. */
  readonly difference?: JsonObject
  /** What becomes of source_records. */
  readonly record?: RecordState
  /** Of a group: whether its attributes change, and how many members come and go. */
  readonly members?: { readonly add: number; readonly remove: number }
}

/** How a source record stands once its change is applied; its content is the pulled one of `runId`. */
export interface RecordState {
  readonly hash: string
  readonly runId: string
  readonly speaks: boolean
  readonly problem: ChangeCode | null
  /** ISO time */
  readonly dueAt: string | null
  readonly isMissing: boolean
}

/** Raised when the run is no longer this process' to do. Nothing is wrong with it. */
export class RunLost extends Error {}
