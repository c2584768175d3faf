// Small companies for the tests: people by name, written as a directory would write them.
import type { Actor } from '../../../server/directory/actor.ts'
import { query } from '../../../server/db/query.ts'
import type { JsonObject } from '../../../server/db/tables.ts'
import { transaction } from '../../../server/db/transaction.ts'
import { insertUsers } from '../../../server/directory/user-writes.ts'
import { clock, createTenant, type Tenant } from '../../support/app.ts'
import { testDatabase } from '../../support/postgres.ts'
import { enterpriseSchema, rollcallSchema, userSchema } from '../../support/scim-client.ts'

export interface Person {
  /** The name of the manager, who need not exist. */
  readonly manager?: string | undefined
  readonly department?: string | undefined
  readonly status?: string | undefined
  readonly active?: boolean
  /** What else is said, by schema; and what of the core schema. */
  readonly enterprise?: JsonObject
  readonly employment?: JsonObject
  readonly core?: JsonObject
}

export interface Company {
  readonly tenant: Tenant
  readonly actor: Actor
}

/** `anna` → `emp_anna`: every organization has ids of its own. */
export const idOf = (name: string): string => `emp_${name}`
export const nameOf = (id: string): string => id.slice('emp_'.length)
export const namesOf = (people: readonly { readonly id: string }[]): string[] => people.map(({ id }) => nameOf(id))

export function actorOf({ organizationId, directoryId }: Tenant): Actor {
  const who = { view: 'directory', restoresUsers: false, tokenId: null, requestId: null } as const
  return { organizationId, directoryId, ...who, at: clock.now() }
}

export function describePerson(name: string, person: Person): JsonObject {
  const { manager, department, status, active = true, enterprise = {}, employment = {}, core = {} } = person
  const stated: JsonObject = {
    ...enterprise,
    ...(department !== undefined && { department }),
    ...(manager !== undefined && { manager: { value: idOf(manager) } }),
  }
  const employed: JsonObject = { ...employment, ...(status !== undefined && { employmentStatus: status }) }
  return {
    schemas: [userSchema],
    userName: name,
    active,
    ...core,
    ...(Object.keys(stated).length > 0 && { [enterpriseSchema]: stated }),
    ...(Object.keys(employed).length > 0 && { [rollcallSchema]: employed }),
  }
}

export async function addPeople(actor: Actor, people: Readonly<Record<string, Person>>): Promise<void> {
  const users = Object.entries(people).map(([name, person]) => ({
    id: idOf(name),
    createdAt: actor.at,
    externalId: `external ${name}`,
    resource: describePerson(name, person),
  }))
  await transaction(testDatabase(), (tx) => insertUsers(tx, actor, users, 'create', 1))
}

/** An organization of its own with these people. */
export async function createCompany(people: Readonly<Record<string, Person>>): Promise<Company> {
  const tenant = await createTenant()
  const actor = actorOf(tenant)
  await addPeople(actor, people)
  return { tenant, actor }
}

/** Takes all people out of an organization, for the next round of a test. */
export async function clear({ organizationId }: Actor): Promise<void> {
  await query(testDatabase(), 'delete from users where org_id = $1', [organizationId])
}

/** The day so many days from today, YYYY-MM-DD. */
export function dayFromToday(days: number): string {
  return new Date(clock.now().getTime() + days * 86_400_000).toISOString().slice(0, 10)
}
