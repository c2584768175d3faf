// Rollcall as `rollcall serve`, filled through the functions that every write goes through.
import path from 'node:path'
import packageFile from '../../package.json' with { type: 'json' }
import { connect, type Database } from '../../server/db/connect.ts'
import { createId } from '../../server/db/ids.ts'
import { migrate } from '../../server/db/migrate.ts'
import { query } from '../../server/db/query.ts'
import { transaction } from '../../server/db/transaction.ts'
import { ensureDefaults } from '../../server/default-organization.ts'
import type { Actor } from '../../server/directory/actor.ts'
import { createGroup } from '../../server/directory/groups.ts'
import { insertUsers, type NewUser } from '../../server/directory/user-writes.ts'
import { declareResourceTypes } from '../../server/scim/declarations.ts'
import { findType, OrganizationSchemas } from '../../server/scim/organization-schema.ts'
import { readResource } from '../../server/scim/resource.ts'
import type { ResourceType } from '../../server/scim/schema.ts'
import { listBaseGroups } from '../memberships.ts'
import { describeUser, managerOf } from '../users.ts'
import { listBatches, runEach } from './batches.ts'
import { type Address, ServerProcess } from './process.ts'
import type { BenchServer } from './server.ts'

// As `npm start` runs it.
const [, ...startArguments] = packageFile.scripts.start.replace('exec ', '').split(' ')
const root = path.resolve(import.meta.dirname, '../..')
const token = 'a-token-for-the-benchmark-of-rollcall'
const groupSchema = 'urn:ietf:params:scim:schemas:core:2.0:Group'

export async function fillRollcall(users: number, url: string): Promise<void> {
  const db = connect({ url, poolSize: 4, statementTimeoutMs: 600_000 })
  await migrate(db)
  const actor = await findActor(db)
  const ids = await createUsers(db, actor, users)
  await runEach(listBaseGroups(users), 3, async ({ displayName, from, to }) => {
    await makeGroup(db, actor, displayName, ids.slice(from, to))
  })
  await query(db, 'vacuum analyze')
  await db.destroy()
}

/** `nodeOptions` are given to the process, such as --cpu-prof. */
export async function startRollcall(url: string, nodeOptions: readonly string[]): Promise<BenchServer> {
  const db = connect({ url, poolSize: 4, statementTimeoutMs: 600_000 })
  await migrate(db)
  const actor = await findActor(db)
  const { organizationId } = actor
  const users = await query<{ id: string }>(db, 'select id from users where org_id = $1 order by id', [organizationId])
  const { process, address } = await startProcess(url, nodeOptions)
  return {
    ...address,
    name: 'rollcall',
    title: `Rollcall ${packageFile.version}`,
    isDatabaseBacked: true,
    hasCursors: true,
    maxMembers: Infinity,
    userIds: users.map(({ id }) => id),
    createGroup: (displayName, memberIds) => makeGroup(db, actor, displayName, memberIds),
    countMembers: async (groupId) => {
      const text = 'select count(*) as count from memberships where org_id = $1 and group_id = $2'
      const [row] = await query<{ count: number }>(db, text, [organizationId, groupId])
      return row?.count ?? 0
    },
    analyze: async () => {
      await query(db, 'vacuum analyze')
    },
    readMemory: () => process.readMemory(),
    readCpuMs: () => process.readCpuMs(),
    stop: async () => {
      await process.stop()
      await db.destroy()
    },
  }
}

/** Rollcall's own process over a database that is filled. */
export function startProcess(
  url: string,
  nodeOptions: readonly string[],
): Promise<{ process: ServerProcess; address: Address }> {
  return ServerProcess.start(
    [...nodeOptions, ...startArguments.map((part) => (part.endsWith('.ts') ? path.join(root, part) : part))],
    { DATABASE_URL: url, PORT: '0', ROLLCALL_SCIM_TOKEN: token, RATE_LIMIT_PER_SECOND: '1000000' },
    readAddress,
  )
}

export async function findActor(db: Database): Promise<Actor> {
  const at = new Date()
  const { organizationId, directoryId } = await ensureDefaults(db, { ROLLCALL_SCIM_TOKEN: token }, at)
  return {
    organizationId,
    directoryId,
    view: 'directory',
    restoresUsers: false,
    tokenId: null,
    requestId: null,
    at,
  }
}

async function makeGroup(
  db: Database,
  actor: Actor,
  displayName: string,
  memberIds: readonly string[],
): Promise<string> {
  const draft = { resource: { schemas: [groupSchema], displayName }, externalId: null }
  return (await transaction(db, (tx) => createGroup(tx, actor, draft, memberIds))).id
}

function readAddress(line: string): Address | undefined {
  const url = /serves SCIM at\s+(http\S+)/.exec(line)?.[1]
  if (url === undefined) return undefined
  const { port, pathname } = new URL(url)
  return { port: Number(port), path: pathname, token }
}

// As if each had come by POST: read against the schema, and stored by the one write path.
async function createUsers(db: Database, actor: Actor, count: number): Promise<string[]> {
  const type = findType(new OrganizationSchemas(db, declareResourceTypes()).installed, 'User')
  const ids = Array.from({ length: count }, () => createId('emp', actor.at)).toSorted()
  await runEach(listBatches(count, 500), 3, async (indexes) => {
    const users = indexes.map((index) => draftUser(index, ids, type, actor.at))
    await transaction(db, (tx) => insertUsers(tx, actor, users, 'create', 1))
  })
  return ids
}

function draftUser(index: number, ids: readonly string[], type: ResourceType, createdAt: Date): NewUser {
  const manager = managerOf(index)
  const body = describeUser(index, manager === undefined ? undefined : ids[manager])
  const { externalId, ...resource } = readResource(body, type, { strict: true, notes: [] })
  return { id: ids[index] ?? '', createdAt, resource, externalId: typeof externalId === 'string' ? externalId : null }
}
