// People to be found in tests.
import { query } from '../../../server/db/query.ts'
import { transaction } from '../../../server/db/transaction.ts'
import type { Actor } from '../../../server/directory/actor.ts'
import { draftUser, insertUsers } from '../../../server/directory/user-writes.ts'
import { createSampleCompany } from '../../../server/sample/company.ts'
import { clock, type Tenant } from '../../support/app.ts'
import { testDatabase } from '../../support/postgres.ts'

export function actorOf({ organizationId, directoryId }: Tenant): Actor {
  const who = { view: 'organization', restoresUsers: false, tokenId: null, requestId: null } as const
  return { organizationId, directoryId, ...who, at: clock.now() }
}

/** Fills an organization with resources; the ids in their order. */
export async function createPeople(tenant: Tenant, resources: readonly object[]): Promise<string[]> {
  const actor = actorOf(tenant)
  const users = resources.map((resource) => {
    return draftUser(actor, { resource: JSON.parse(JSON.stringify(resource)), externalId: null })
  })
  for (let from = 0; from < users.length; from += 500) {
    await transaction(testDatabase(), (tx) => insertUsers(tx, actor, users.slice(from, from + 500), 'create', 1))
  }
  return users.map(({ id }) => id)
}

/** The fictitious company, always the same people of a size. */
export async function loadCompany(tenant: Tenant, size: number): Promise<void> {
  const company = createSampleCompany({ size, now: new Date('2026-03-02T09:00:00Z') })
  await createPeople(
    tenant,
    [...company.people()].map(({ resource }) => resource),
  )
  await query(testDatabase(), 'analyze users, name_words')
}
