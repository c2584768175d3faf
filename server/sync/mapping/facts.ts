// What a record says that depends on the day, on other records or on other directories; kept beside the resource that is mapped.
import type { employmentStatuses } from '../../../providers/provider.ts'

export interface Facts {
  /** What the person or group is called, for reports. */
  readonly name: string | null
  readonly status: (typeof employmentStatuses)[number] | null
  /** The status in the source's words where no table knows them, empty where it says none though it should; otherwise null. */
  readonly unknownStatus: string | null
  /** What the source says of access; null where it says nothing. */
  readonly access: boolean | null
  /** YYYY-MM-DD */
  readonly startDate: string | null
  /** The last day, YYYY-MM-DD. */
  readonly endDate: string | null
  /** What the source calls the manager: its own id, or else an employee number. */
  readonly manager: string | null
  readonly managerEmail: string | null
  /** The name of the office. */
  readonly location: string | null
  /** Attributes whose values the schema did not take, as sentences. */
  readonly faults: readonly string[]
}
