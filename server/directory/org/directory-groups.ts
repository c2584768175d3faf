// Groups as applications see them, and who is in them in the end.
import type { Database } from '../../db/connect.ts'
import { Parameters, query } from '../../db/query.ts'
import { AppError } from '../../errors.ts'
import type { Actor } from '../actor.ts'
import { foldSql } from '../condition-sql.ts'
import { rollcallGroup } from '../group-attributes.ts'
import { sourceSql } from '../owner-sql.ts'
import type { EmployeeSummary, Window, Windowed } from './employee.ts'
import { findDirectories, firstParameters, organization, summarySql } from './employee-sql.ts'
import { countWanted, toWindowById } from './window.ts'

export interface GroupFilter {
  readonly source?: string
  /** In the name or the description, whatever the case. */
  readonly search?: string
  readonly isSecurityGroup?: boolean
}

export interface DirectoryGroup {
  readonly id: string
  readonly name: string
  readonly description: string | null
  readonly source: string
  readonly externalId: string | null
  readonly isSecurityGroup: boolean | null
  /** Direct members, users and groups. */
  readonly memberCount: number
  readonly syncedAt: Date
  readonly createdAt: Date
}

export interface GroupMember extends EmployeeSummary {
  readonly membership: 'direct' | 'nested'
  /** The name of the group in the group through which they are in it, the nearest one. */
  readonly viaGroup: string | null
}

export interface GroupMembers extends Windowed<GroupMember> {
  readonly group: DirectoryGroup
  /** How many people are in it in the end, or directly where nested groups are not resolved. */
  readonly total: number
}

const extension = `u.resource -> '${rollcallGroup}'`

// Groups have no link that says when they were confirmed; a change is the last word that is known.
const groupSql = `u.id, u.resource ->> 'displayName' as name, ${extension} ->> 'description' as description, ${sourceSql} as source,
    u.external_id as "externalId",
    case ${extension} -> 'securityGroup' when 'true' then true when 'false' then false end as "isSecurityGroup",
    (select count(*)::int from memberships m where m.org_id = u.org_id and m.group_id = u.id) as "memberCount",
    u.modified_at as "syncedAt", u.created_at as "createdAt"`

/**
 * In the order of their ids. A search, and whether they are security groups, is asked of group after group, until the page is full;
 * the members of those on the page are counted in the index.
 */
export async function listDirectoryGroups(
  db: Database,
  actor: Actor,
  filter: GroupFilter,
  window: Window,
): Promise<Windowed<DirectoryGroup>> {
  const { source, search, isSecurityGroup } = filter
  const parameters = new Parameters(actor.organizationId)
  const conditions = [`u.org_id = ${organization}`]
  if (source !== undefined) {
    const directoryIds = await findDirectories(db, actor, source)
    if (directoryIds.length === 0) return { items: [], next: undefined }
    conditions.push(`u.directory_id = any(${parameters.add(directoryIds)}::text[])`)
  }
  if (search !== undefined) {
    const part = foldSql(`${parameters.add(search)}::text`)
    const texts = [`u.resource ->> 'displayName'`, `${extension} ->> 'description'`]
    conditions.push(
      `(${texts.map((text) => `coalesce(position(${part} in ${foldSql(text)}) > 0, false)`).join(' or ')})`,
    )
  }
  if (isSecurityGroup !== undefined) {
    // Where the directory does not say, the group is none.
    conditions.push(
      `coalesce(${extension} -> 'securityGroup' = 'true', false) = ${parameters.add(isSecurityGroup)}::boolean`,
    )
  }
  if (window.after !== undefined) conditions.push(`u.id > ${parameters.add(window.after)}`)
  const text = `select ${groupSql} from (select * from groups u where ${conditions.join(' and ')}
      order by u.id limit ${parameters.addLimit(countWanted(window))}) u order by u.id`
  return toWindowById(await query<DirectoryGroup>(db, text, parameters.values), window)
}

const oneSql = `select ${groupSql} from groups u where u.org_id = ${organization} and u.id = $2`

/**
 * In the order of their ids. The total counts all members in the index, and where groups are nested sorts their ids, too: some 10 ms
 * for 100 000 members, some 100 ms where they are in nested groups. Throws not_found.
 */
export async function listGroupMembers(
  db: Database,
  actor: Actor,
  id: string,
  resolveNested: boolean,
  window: Window,
): Promise<GroupMembers> {
  const [group] = await query<DirectoryGroup>(db, oneSql, [actor.organizationId, id])
  if (group === undefined) throw new AppError('not_found', `There is no group ${id}.`)
  const groups = [{ id, name: null }, ...(resolveNested ? await findNested(db, actor, id) : [])]
  const ids = groups.map((one) => one.id)
  const parameters = new Parameters(...firstParameters(actor), ids, window.after ?? firstUserId)
  const text = membersSql(parameters.addLimit(countWanted(window)))
  const [rows, [counted]] = await Promise.all([
    query<EmployeeSummary & { readonly place: number }>(db, text, parameters.values),
    query<{ total: number }>(db, ids.length === 1 ? countOneSql : countSeveralSql, [actor.organizationId, ids]),
  ])
  const members = rows.map(({ place, ...summary }): GroupMember => {
    const viaGroup = groups[place - 1]?.name ?? null
    return { ...summary, membership: place === 1 ? 'direct' : 'nested', viaGroup }
  })
  return { ...toWindowById(members, window), group, total: counted?.total ?? 0 }
}

interface NestedGroup {
  readonly id: string
  readonly name: string
}

interface Nesting extends NestedGroup {
  readonly parentId: string
}

// Each group is met once, so circles end.
const nestingsSql = `with recursive walk (parent_id, id) as (
    select m.group_id, m.child_id from memberships m
    where m.org_id = ${organization} and m.group_id = $2 and m.member_id >= 'grp_' and m.child_id is not null
    union
    select m.group_id, m.child_id from walk w cross join lateral (
      select m.group_id, m.child_id from memberships m
      where m.org_id = ${organization} and m.group_id = w.id and m.member_id >= 'grp_' and m.child_id is not null offset 0) m
  )
  select w.parent_id as "parentId", w.id, u.name from walk w cross join lateral (
    select u.resource ->> 'displayName' as name from groups u where u.org_id = ${organization} and u.id = w.id limit 1) u`

/** The groups in a group, and in these, and so on; the nearest first, and of those as near in the order of their ids. */
async function findNested(db: Database, actor: Actor, id: string): Promise<NestedGroup[]> {
  const nestings = await query<Nesting>(db, nestingsSql, [actor.organizationId, id])
  const children = Map.groupBy(nestings, ({ parentId }) => parentId)
  const seen = new Set([id])
  const found: NestedGroup[] = []
  for (let level = [id]; level.length > 0;) {
    const below = level.flatMap((parentId) => children.get(parentId) ?? []).filter((child) => !seen.has(child.id))
    const distinct = [...new Map(below.map((child) => [child.id, { id: child.id, name: child.name }])).values()]
    for (const child of distinct) seen.add(child.id)
    found.push(...distinct.toSorted((a, b) => (a.id < b.id ? -1 : 1)))
    level = distinct.map((child) => child.id)
  }
  return found
}

// The ids of members say what they are, so that the index of the members of a group has those who are people in their order.
const firstUserId = 'emp_'
const peopleSql = `m.member_id < 'emp\`'`

// Of each group the first people behind the position are read, and of these the first ones are the page.
function membersSql(limit: string): string {
  return `with page as (
      select m.member_id, min(g.place)::int as place from unnest($3::text[]) with ordinality g(id, place) cross join lateral (
        select m.member_id from memberships m where m.org_id = ${organization} and m.group_id = g.id
          and m.member_id > $4 and ${peopleSql} order by m.member_id limit ${limit}) m
      group by m.member_id order by m.member_id limit ${limit}
    )
    select p.place, ${summarySql('u')} from page p cross join lateral (
      select * from users u where u.org_id = ${organization} and u.id = p.member_id limit 1) u
    order by u.id`
}

const countFrom = `from unnest($2::text[]) g(id) cross join lateral (
    select m.member_id from memberships m where m.org_id = ${organization} and m.group_id = g.id
      and m.member_id > '${firstUserId}' and ${peopleSql} offset 0) m`
const countOneSql = `select count(*)::int as total ${countFrom}`
const countSeveralSql = `select count(distinct m.member_id)::int as total ${countFrom}`
