// Resources by what names one or a few of them: an id, a userName, an address. Such look-ups are most of what identity providers
// ask, so those of different requests are gathered into one statement.
import type { Database } from '../db/connect.ts'
import { ask, type Found, Keys } from '../db/gather.ts'
import { Parameters } from '../db/query.ts'
import type { Actor } from './actor.ts'
import type { Condition } from './condition.ts'
import { pathKey } from './condition.ts'
import { conditionSql } from './condition-sql.ts'
import type { Listed, Representation } from './listing.ts'
import { enterpriseUser } from './user-record.ts'

/** The resource with an id as SCIM JSON, or undefined where the actor sees none. */
export async function readById(
  db: Database,
  actor: Actor,
  listed: Listed,
  baseUrl: string,
  id: string,
): Promise<Representation | undefined> {
  const [found] = await findFew(db, actor, { ...listed, condition: hasId(id) }, baseUrl, 1)
  return found
}

function hasId(value: string): Condition {
  return { kind: 'compare', path: idPath, comparison: 'eq', value }
}

const idPath = {
  extension: undefined,
  name: 'id',
  sub: undefined,
  multiValued: false,
  type: 'string',
  caseExact: true,
} as const

/** The first `count` resources that meet the condition, in the order of their ids. */
export async function findFew(
  db: Database,
  actor: Actor,
  listed: Listed,
  baseUrl: string,
  count: number,
): Promise<Representation[]> {
  const shared = new Parameters(actor.organizationId, actor.directoryId, baseUrl)
  const limit = shared.addLimit(count)
  const keys = new Keys(shared.values)
  const { table, attributes, visible, condition, render } = listed
  const meets = condition === undefined ? 'true' : conditionSql(condition, attributes, keys)
  // The inner offset keeps the planner from walking the order of the ids until it has met enough: few are to be found.
  const page = `select u.*, k.n as place from ${keys.sql} cross join lateral (
      select u.* from (select u.* from ${table} u where ${scopeSql(listed)} and ${meets} offset 0) u
      where ${visible} order by u.id limit ${limit}) u`
  const question = {
    text: render(page, 'order by u.place, u.id', 'few'),
    shared: shared.values,
    keys: keys.values as string[],
  }
  return ask<Representation & Found>(db, question)
}

/** Whether few can meet the condition, and an index finds them: it asks for an id, a name, an address. */
export function asksForFew(condition: Condition, table: Listed['table']): boolean {
  return listNames(condition, table) !== undefined
}

// What is looked up, where each alternative names something that an index is of.
function listNames(condition: Condition, table: Listed['table']): readonly string[] | undefined {
  switch (condition.kind) {
    case 'and':
      return condition.of.map((part) => listNames(part, table)).find((found) => found !== undefined)
    case 'or': {
      const lists = condition.of.map((part) => listNames(part, table))
      return lists.includes(undefined) ? undefined : lists.flatMap((list) => list ?? [])
    }
    case 'some':
      return pathKey(condition.path) === 'emails' ? listNames(condition.of, table) : undefined
    case 'compare': {
      const { path, comparison, value } = condition
      const name = pathKey(path)
      return comparison === 'eq' && typeof value === 'string' && indexed[table].has(name) ? [name] : undefined
    }
    default:
      return undefined
  }
}

const indexed: Readonly<Record<Listed['table'], ReadonlySet<string>>> = {
  users: new Set(['id', 'userName', 'externalId', 'emails.value', `${enterpriseUser}:employeeNumber`]),
  groups: new Set(['id', 'displayName', 'externalId']),
  resources: new Set(['id', 'externalId']),
}

// The index of addresses has no organization. Where the planner knows little of an organization it would rather read all of it,
// so there the organization is compared in a way that no index serves.
function scopeSql({ condition, table }: Listed): string {
  const names = condition === undefined ? [] : (listNames(condition, table) ?? [])
  const isOfAddress =
    names.includes('emails.value') && names.every((name) => name === 'emails.value' || name === 'userName')
  return isOfAddress ? 'coalesce(u.org_id = $1, false)' : 'u.org_id = $1'
}
