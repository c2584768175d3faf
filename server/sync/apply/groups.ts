// Groups of a batch, and who is in them.
import { query } from '../../db/query.ts'
import type { JsonObject } from '../../db/tables.ts'
import { AppError } from '../../errors.ts'
import { createGroup, deleteGroup, updateGroup } from '../../directory/groups.ts'
import { type Batch, count } from './batch.ts'
import { idOf } from './resource.ts'
import { foreignMembersSql, membersSql } from './members-sql.ts'
import type { RunChange } from '../runs/run.ts'

/** How many members come and go in one transaction. */
export const maxMembers = 20_000

/** A group's change, and what is left of it to do. */
interface Members {
  readonly add: readonly string[]
  readonly remove: readonly string[]
}

const nobody: Members = { add: [], remove: [] }

/**
 * Applies the change of a group, or as much of it as fits: at most `room` members come, and as many go. Applied again it does the rest.
 * @returns how many came and went; undefined where that was not all
 */
export async function applyGroup(
  batch: Batch,
  change: RunChange,
  content: JsonObject | undefined,
  room: number,
): Promise<number | undefined> {
  switch (change.operation) {
    case 'create':
    case 'restore':
    case 'link':
    case 'update': {
      const members = await findMembers(batch, change, room)
      await storeMembers(batch, change, content, members)
      count(batch, 'membershipsAdded', members.add.length)
      count(batch, 'membershipsRemoved', members.remove.length)
      const isAll = members.add.length < room && members.remove.length < room
      return isAll ? members.add.length + members.remove.length : undefined
    }
    case 'delete':
      await removeGroup(batch, idOf(change))
      return 0
    default:
      return 0
  }
}

async function findMembers({ tx, run }: Batch, change: RunChange, room: number): Promise<Members> {
  const { sourceId, plan } = change
  if (plan.members === undefined) return nobody
  const { organizationId, directory } = run
  const id = idOf(change)
  if (sourceId === null) {
    const rows = await query<{ id: string }>(tx, `${foreignMembersSql} limit ${room}`, [
      organizationId,
      directory.id,
      id,
    ])
    return { add: [], remove: rows.map((row) => row.id) }
  }
  const values = [organizationId, run.id, directory.id, sourceId, id, run.isFull, room]
  const [found] = await query<Members>(tx, findSql, values)
  return found ?? nobody
}

const findSql = `with ${membersSql}
  select array(select id from added order by id limit $7) as add, array(select id from removed order by id limit $7) as remove`

async function storeMembers(
  { tx, actor }: Batch,
  change: RunChange,
  content: JsonObject | undefined,
  { add, remove }: Members,
): Promise<void> {
  const { sourceId } = change
  const id = idOf(change)
  const members = { kind: 'change', add, remove } as const
  if (sourceId === null) {
    // The group is another directory's.
    await updateGroup(tx, { ...actor, view: 'organization' }, id, (current) => ({ ...current, members }))
    return
  }
  if (change.operation === 'create' && !(await exists({ tx, actor }, id))) {
    if (content === undefined) throw new AppError('not_found', `What the source says of the group ${sourceId} is gone.`)
    await createGroup(tx, actor, { resource: content, externalId: sourceId }, add, id)
    return
  }
  await updateGroup(tx, actor, id, (current) => ({
    resource: content ?? current.resource,
    externalId: sourceId,
    members,
  }))
}

// The first batch of a large group creates it, and those that follow find it.
async function exists({ tx, actor }: Pick<Batch, 'tx' | 'actor'>, id: string): Promise<boolean> {
  const text = 'select 1 from groups where org_id = $1 and id = $2'
  return (await query(tx, text, [actor.organizationId, id])).length > 0
}

async function removeGroup({ tx, actor }: Batch, id: string): Promise<void> {
  try {
    await deleteGroup(tx, actor, id)
  } catch (error) {
    // Where it is gone already, it is as the run wants it.
    if (!(error instanceof AppError) || error.code !== 'not_found') throw error
  }
}
