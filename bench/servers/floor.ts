// The floor, filled by SQL with the rows that its own operations would have written.
import path from 'node:path'
import pg from 'pg'
import { createId } from '../../server/db/ids.ts'
import { describeDifference, finish, toColumns } from '../floor-resource.ts'
import { floorSchema } from '../floor-schema.ts'
import { listBaseGroups } from '../memberships.ts'
import { describeUser, managerOf } from '../users.ts'
import { listBatches, runEach } from './batches.ts'
import { ServerProcess } from './process.ts'
import type { BenchServer } from './server.ts'

const script = path.resolve(import.meta.dirname, '../floor.ts')
const token = 'a-token-for-the-benchmark-of-the-floor'

const insertUsers = `with given as (
    select * from json_to_recordset($1::json) as r(id text, user_name text, emails text[], text text, external_id text, difference jsonb)
  ), inserted as (
    insert into users select id, user_name, emails, text, 1, $2, $2 from given
  ), linked as (
    insert into links select id, external_id, $2, $2 from given
  ), changed as (
    insert into changes (at, resource_type, resource_id, operation, version, difference)
    select $2, 'User', id, 'create', 1, difference from given
  )
  insert into events (type, at, resource_type, resource_id, version) select 'user.created', $2, 'User', id, 1 from given`

const insertGroup = `with inserted as (
    insert into groups (id, display_name_key, resource, created_at, modified_at) values ($1, $2, $3, $5, $5)
  ), added as (
    insert into memberships select $1, id, $5 from unnest($4::text[]) id returning user_id
  ), changed as (
    insert into changes (at, resource_type, resource_id, operation, version, difference)
    select $5, 'Group', $1, 'create', 1, jsonb_build_object('added', cardinality($4::text[]))
  )
  insert into events (type, at, resource_type, resource_id, version, data)
  select 'membership.added', $5, 'Group', $1, 1, jsonb_build_object('memberId', user_id) from added`

export async function fillFloor(users: number, url: string): Promise<void> {
  const pool = new pg.Pool({ connectionString: url, max: 4 })
  await pool.query(floorSchema)
  const now = new Date()
  const userIds = Array.from({ length: users }, () => createId('emp', now)).toSorted()
  await runEach(listBatches(users, 500), 3, async (indexes) => {
    const rows = indexes.map((index) => {
      const manager = managerOf(index)
      const body = describeUser(index, manager === undefined ? undefined : userIds[manager])
      const id = userIds[index] ?? ''
      const { text, userName, emails, externalId } = toColumns(finish(body, id, 1, now, now))
      const difference = JSON.parse(describeDifference({}, body)) as unknown
      return { id, user_name: userName, emails, text, external_id: externalId, difference }
    })
    await pool.query({ name: 'users', text: insertUsers, values: [JSON.stringify(rows), now] })
  })
  await runEach(listBaseGroups(users), 3, async ({ displayName, from, to }) => {
    await createGroup(pool, displayName, userIds.slice(from, to))
  })
  await pool.query('vacuum analyze')
  await pool.end()
}

export async function startFloor(url: string): Promise<BenchServer> {
  const pool = new pg.Pool({ connectionString: url, max: 4 })
  const { rows: users } = await pool.query<{ id: string }>('select id from users order by id')
  const { process, address } = await ServerProcess.start([script], { DATABASE_URL: url, FLOOR_TOKEN: token })
  return {
    ...address,
    name: 'floor',
    title: 'floor (Express, pg)',
    isDatabaseBacked: true,
    hasCursors: true,
    maxMembers: Infinity,
    userIds: users.map(({ id }) => id),
    createGroup: (displayName, memberIds) => createGroup(pool, displayName, memberIds),
    countMembers: async (groupId) => {
      const text = 'select count(*)::int as count from memberships where group_id = $1'
      const { rows } = await pool.query<{ count: number }>(text, [groupId])
      return rows[0]?.count ?? 0
    },
    analyze: async () => {
      await pool.query('vacuum analyze')
    },
    readMemory: () => process.readMemory(),
    readCpuMs: () => process.readCpuMs(),
    stop: async () => {
      await process.stop()
      await pool.end()
    },
  }
}

async function createGroup(pool: pg.Pool, displayName: string, memberIds: readonly string[]): Promise<string> {
  const id = createId('grp', new Date())
  const resource = { id, schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'], displayName }
  const values = [id, displayName.toLowerCase(), JSON.stringify(resource), memberIds, new Date()]
  await pool.query({ name: 'group', text: insertGroup, values })
  return id
}
