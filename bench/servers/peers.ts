// Other servers, from the npm registry (bench/peers), filled over SCIM.
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import pg from 'pg'
import { type Answer, Connection } from '../driver.ts'
import { connections } from '../options.ts'
import { describeUser, managerOf } from '../users.ts'
import { type Address, ServerProcess } from './process.ts'
import { type BenchServer, formatRequest } from './server.ts'

const folder = path.resolve(import.meta.dirname, '../peers')

export interface Peer {
  readonly name: string
  readonly packageName: string
  readonly title: string
  readonly isDatabaseBacked: boolean
  readonly maxMembers: number
  /** Members in one request. */
  readonly membersAtOnce: number
  /** SQL that counts the members of $1, where the API does not show them. */
  readonly countMembers?: string
}

export const peers: readonly Peer[] = [
  {
    name: 'polis',
    packageName: '@boxyhq/saml-jackson',
    title: 'Ory Polis',
    isDatabaseBacked: true,
    maxMembers: 1000,
    membersAtOnce: 100,
    countMembers: `select count(*)::int as count from jackson_store
      where namespace = 'dsync:members:bench:bench' and value::json ->> 'group_id' = $1`,
  },
  {
    name: 'better-auth',
    packageName: '@better-auth/scim',
    title: 'better-auth',
    isDatabaseBacked: true,
    maxMembers: 1000,
    membersAtOnce: 100,
  },
  {
    name: 'scimmy',
    packageName: 'scimmy',
    title: 'scimmy in memory',
    isDatabaseBacked: false,
    maxMembers: 1000,
    membersAtOnce: 1000,
  },
]

export function arePeersInstalled(): boolean {
  return existsSync(path.join(folder, 'node_modules'))
}

export async function startPeer(peer: Peer, users: number, url: string): Promise<BenchServer> {
  const { name, title, isDatabaseBacked, maxMembers } = peer
  const script = path.join(folder, `${name}.js`)
  const { process, address } = await ServerProcess.start([script], { DATABASE_URL: url })
  const userIds = Array.from<string>({ length: users })
  await withConnection(address, async (send) => {
    // Managers first, so that their ids are known.
    for (let index = 0; index < Math.min(users, 10); index++) userIds[index] = await createUser(send, index, userIds)
  })
  const rest = Array.from({ length: Math.max(users - 10, 0) }, (_, index) => index + 10).values()
  await Promise.all(
    Array.from({ length: connections }, () =>
      withConnection(address, async (send) => {
        for (const index of rest) userIds[index] = await createUser(send, index, userIds)
      }),
    ),
  )
  const pool = new pg.Pool({ connectionString: url, max: 1 })
  const analyze = async (): Promise<void> => {
    if (isDatabaseBacked) await pool.query('vacuum analyze')
  }
  await analyze()
  return {
    ...address,
    name,
    title: `${title} ${await readVersion(peer.packageName)}`,
    isDatabaseBacked,
    hasCursors: false,
    maxMembers,
    userIds,
    createGroup: (displayName, memberIds) =>
      withConnection(address, (send) => createGroup(send, displayName, memberIds, peer.membersAtOnce)),
    countMembers: async (groupId) => {
      if (peer.countMembers !== undefined) {
        const { rows } = await pool.query<{ count: number }>(peer.countMembers, [groupId])
        return rows[0]?.count ?? 0
      }
      const group = await withConnection(address, (send) => send('GET', `/Groups/${groupId}`))
      return Array.isArray(group['members']) ? group['members'].length : 0
    },
    analyze,
    readMemory: () => process.readMemory(),
    readCpuMs: () => process.readCpuMs(),
    stop: async () => {
      await process.stop()
      await pool.end()
    },
  }
}

type Json = Record<string, unknown>
type Send = (method: string, target: string, body?: unknown) => Promise<Json>

async function withConnection<Result>(address: Address, work: (send: Send) => Promise<Result>): Promise<Result> {
  const connection = await Connection.open(address.port)
  try {
    return await work(async (method, target, body) => {
      const answer = await connection.send(formatRequest(address, method, target, body))
      if (answer.status < 200 || answer.status > 299)
        throw new Error(`${method} ${target}: ${answer.status} ${answer.body.toString().slice(0, 500)}`)
      return readJson(answer)
    })
  } finally {
    connection.close()
  }
}

function readJson({ body }: Answer): Json {
  return body.length === 0 ? {} : (JSON.parse(body.toString()) as Json)
}

async function createUser(send: Send, index: number, ids: readonly string[]): Promise<string> {
  const manager = managerOf(index)
  const body = describeUser(index, manager === undefined ? undefined : ids[manager])
  const { id } = await send('POST', '/Users', body)
  return String(id)
}

async function createGroup(
  send: Send,
  displayName: string,
  memberIds: readonly string[],
  membersAtOnce: number,
): Promise<string> {
  const schemas = ['urn:ietf:params:scim:schemas:core:2.0:Group']
  const { id } = await send('POST', '/Groups', { schemas, displayName })
  for (let from = 0; from < memberIds.length; from += membersAtOnce) {
    const value = memberIds.slice(from, from + membersAtOnce).map((memberId) => ({ value: memberId }))
    const patch = {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
      Operations: [{ op: 'add', path: 'members', value }],
    }
    await send('PATCH', `/Groups/${String(id)}`, patch)
  }
  return String(id)
}

async function readVersion(packageName: string): Promise<string> {
  const file = path.join(folder, 'node_modules', packageName, 'package.json')
  return (JSON.parse(await readFile(file, 'utf8')) as { version: string }).version
}
