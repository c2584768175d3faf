// What the parts of planning share, for the time of one plan.
import { listLocations, type Location, nameKey } from '../../directory/locations.ts'
import { readPopulation } from '../../directory/known-people.ts'
import { type Calendar, createCalendar } from './days.ts'
import type { Facts } from '../mapping/facts.ts'
import { judgeStanding, type Standing } from './lifecycle.ts'
import type { Claimant } from './match.ts'
import { ChangeWriter } from './writer.ts'
import type { Run } from '../runs/run.ts'

/** A record that was planned already, of those that share a key with others. */
export interface Claim extends Claimant {
  readonly userId: string
}

export interface Planning {
  readonly run: Run
  readonly writer: ChangeWriter
  readonly population: { readonly hasUsers: boolean; readonly hasLinks: boolean; readonly hasDeleted: boolean }
  /** By folded name. */
  readonly offices: ReadonlyMap<string, Location>
  /** Where somebody stands, by the days of their office. */
  readonly stand: (facts: Facts) => Standing
  /** Records that the source no longer returns, or says are deleted. */
  readonly gone: ReadonlySet<string>
  /** Records that were missing and are there again. */
  readonly returned: ReadonlySet<string>
  /** Records of people in the groups of the filter; undefined where there is none. */
  readonly allowed: ReadonlySet<string> | undefined
  /** Source id → user, of all records of managers that were planned so far. */
  readonly users: Map<string, string>
  /** Keys of records that share them → the record that was heard first. */
  readonly claims: Map<string, Claim>
  /** Users of those, and users found by number or address → the record that speaks for them. */
  readonly claimedUsers: Map<string, string>
  /** Users who have left → the userName that they get, for another has theirs now. */
  readonly freed: Map<string, string>
  /** Users whose userName changes. */
  readonly renamed: Set<string>
  /** Users → the manager that they get, where that is another than before. */
  readonly moved: Map<string, string | null>
}

export async function openPlanning(run: Run, read: Pick<Planning, 'gone' | 'returned' | 'allowed'>): Promise<Planning> {
  const { services, organizationId, directory } = run
  const locations = await listLocations(services.db, organizationId)
  const offices = new Map(locations.map((location) => [nameKey(location.name), location]))
  return {
    run,
    writer: new ChangeWriter(run),
    population: await readPopulation(services.db, organizationId, directory.id),
    offices,
    stand: createStand(run, offices),
    ...read,
    users: new Map(),
    claims: new Map(),
    claimedUsers: new Map(),
    freed: new Map(),
    renamed: new Set(),
    moved: new Map(),
  }
}

function createStand(run: Run, offices: ReadonlyMap<string, Location>): Planning['stand'] {
  const calendars = new Map<string, Calendar>()
  const { deactivationTiming } = run.settings
  return (facts) => {
    const office = facts.location === null || facts.location.trim() === '' ? undefined : nameKey(facts.location)
    const zone = (office === undefined ? null : offices.get(office)?.timeZone) ?? run.directory.timeZone
    let calendar = calendars.get(zone)
    if (calendar === undefined) {
      calendar = createCalendar(zone, run.startedAt)
      calendars.set(zone, calendar)
    }
    return judgeStanding(facts, deactivationTiming, calendar)
  }
}
