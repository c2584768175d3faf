// Whom people report to: what a record says of it, as a user.
import {
  findByAddress,
  findByEmployeeNumber,
  type KnownPerson,
  readManagersAbove,
} from '../../directory/known-people.ts'
import { foldCase } from '../../directory/keys.ts'
import type { Candidates } from './candidates.ts'
import { findUsersOf, type PersonRecord } from './records.ts'
import type { Planning } from './planning.ts'
import type { ChangeCode } from '../runs/run.ts'

export interface FoundManager {
  readonly managerId: string | null
  readonly code: Extract<ChangeCode, 'manager_unknown' | 'manager_cycle'> | null
  readonly detail: string | null
}

const nobody: FoundManager = { managerId: null, code: null, detail: null }

/** Finds the managers of a batch; those whom this run creates must be in `planning.users` by now. */
export async function createManagerFinder(
  planning: Planning,
  { closing, byNumber, byEmail }: Candidates,
  records: readonly PersonRecord[],
): Promise<(record: PersonRecord) => FoundManager> {
  const { run, users, population } = planning
  const { db } = run.services
  const named = new Set(records.flatMap(({ facts }) => facts.manager ?? []))
  const unknown = [...named].filter((manager) => !users.has(manager))
  const known = await findUsersOf(run, unknown)
  const numbers = population.hasUsers ? unknown.filter((manager) => !known.has(manager)).map(foldCase) : []
  const numbered = await findByEmployeeNumber(db, run.organizationId, [...new Set(numbers)])
  const emails = records.flatMap(({ facts }) => {
    return facts.manager === null && facts.managerEmail !== null ? [foldCase(facts.managerEmail)] : []
  })
  const addressed = await findByAddress(db, run.organizationId, population.hasUsers ? [...new Set(emails)] : [])

  function only(ids: readonly string[] | undefined): string | undefined {
    return ids?.length === 1 ? ids[0] : undefined
  }

  function findId({ manager, managerEmail }: PersonRecord['facts']): string | undefined {
    if (manager !== null) {
      const key = foldCase(manager)
      const planned = users.get(manager) ?? users.get(byNumber.get(key) ?? '')
      return planned ?? known.get(manager) ?? only(numbered.get(key))
    }
    const key = foldCase(managerEmail ?? '')
    return users.get(byEmail.get(key) ?? '') ?? only(addressed.get(key))
  }

  return ({ sourceId, facts }) => {
    const said = facts.manager ?? facts.managerEmail
    if (said === null) return nobody
    if (closing.has(sourceId)) return closeCircle(said)
    const managerId = findId(facts)
    if (managerId !== undefined) return { managerId, code: null, detail: null }
    const detail = `Nobody is known as ${said.slice(0, 200)}, whom the source names as manager; it is tried again in the next run.`
    return { managerId: null, code: 'manager_unknown', detail }
  }
}

/** The manager of somebody who is known already, but where following managers upwards would lead back to them. */
export async function checkCircle(
  planning: Planning,
  person: KnownPerson,
  found: FoundManager,
  above: Map<string, string | null>,
): Promise<FoundManager> {
  const { run, moved } = planning
  if (found.managerId === null || found.managerId === person.managerId) return found
  const seen = new Set<string>()
  for (let id: string | null = found.managerId; id !== null && !seen.has(id);) {
    if (id === person.id) return closeCircle(found.managerId)
    seen.add(id)
    const planned: string | null | undefined = moved.get(id)
    if (planned === undefined && !above.has(id)) {
      // Whoever is created by this run reports to whom the order of planning has put before them.
      const chain: Map<string, string | null> = await readManagersAbove(run.services.db, run.organizationId, [id])
      for (const [one, manager] of chain) above.set(one, manager)
    }
    id = planned === undefined ? (above.get(id) ?? null) : planned
  }
  return found
}

function closeCircle(manager: string): FoundManager {
  const detail = `It reports to ${manager.slice(0, 200)}, who reports to it, at once or through others; that was left out.`
  return { managerId: null, code: 'manager_cycle', detail }
}
