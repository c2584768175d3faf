// Who is away, and will be: sources say it in nearly the same words.
import type { JsonObject } from './provider.ts'

/** A value of `<rollcall>:absences`. Days are YYYY-MM-DD. */
export type Absence = {
  value: string
  /** What the company calls it. */
  type?: string
  startDate: string
  /** Left out where no end is known. */
  endDate?: string
  status: 'requested' | 'approved'
}

/** Id of a person → their absences. Who has none is not there. */
export type Absences = ReadonlyMap<string, readonly Absence[]>

export interface AbsenceOf {
  readonly personId: string
  readonly absence: Absence
}

/** How far ahead absences are read. */
const horizonDays = 365
const dayMs = 86_400_000

/** Those that have not ended before a day, of each person in the order of their first days. */
export function groupAbsences(all: readonly AbsenceOf[], today: string): Absences {
  const lasting = all.filter(({ absence: { endDate } }) => endDate === undefined || endDate >= today)
  const ordered = lasting.toSorted(({ absence: one }, { absence: other }) =>
    `${one.startDate} ${one.value}` < `${other.startDate} ${other.value}` ? -1 : 1,
  )
  const groups = Map.groupBy(ordered, ({ personId }) => personId)
  return new Map([...groups].map(([id, some]) => [id, some.map(({ absence }) => absence)]))
}

/** The last day of which absences are read. */
export function findHorizon(today: string): string {
  return moveDay(today, horizonDays)
}

/** So many days later, or earlier. */
export function moveDay(day: string, days: number): string {
  return new Date(Date.parse(day) + days * dayMs).toISOString().slice(0, 10)
}

/** As a field; undefined where they may not be read. */
export function writeAbsences(absences: Absences | undefined, personId: string): JsonObject[] | undefined {
  return absences && (absences.get(personId) ?? []).map((absence) => ({ ...absence }))
}
