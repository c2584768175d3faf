// What must hold of the server and its data between requests, whatever was sent.
import { isDeepStrictEqual } from 'node:util'
import { query } from '../../server/db/query.ts'
import type { Body } from '../support/scim-client.ts'
import { forEach, Scim } from './scim.ts'
import type { World } from './world.ts'

const answersWithinMs = 5000
const burst = 60
const maxPerKind = 5

/** Sentences about what does not hold; none where all is well. */
export async function checkInvariants(world: World): Promise<string[]> {
  await settle(world)
  const directory = new Scim(world.baseUrl, world.tokens.directory)
  const strict = new Scim(world.baseUrl, world.tokens.strictDirectory)
  const application = new Scim(world.baseUrl, world.tokens.application)
  return [
    ...(await checkAnswering(directory)),
    ...(await checkBurst(directory)),
    ...(await checkResources(directory, 'the directory', 'writes')),
    ...(await checkResources(strict, 'the strict directory', 'writes to the letter')),
    ...(await checkResources(application, 'the application', 'reads')),
    ...(await checkCounts(world)),
    ...(await checkTransactions(world)),
  ]
}

async function checkAnswering(scim: Scim): Promise<string[]> {
  const started = performance.now()
  const { status } = await scim.send('GET', '/Users?count=1')
  const milliseconds = performance.now() - started
  return status === 200 && milliseconds < answersWithinMs
    ? []
    : [`GET /Users answered ${status} in ${Math.round(milliseconds)} ms`]
}

// A connection to the database that was not given back would be missing.
async function checkBurst(scim: Scim): Promise<string[]> {
  const replies = await Promise.all(
    Array.from({ length: burst }, () => scim.send('GET', '/Users?count=1&filter=active+eq+true')),
  )
  const failed = replies.filter(({ status }) => status !== 200)
  return failed.length === 0 ? [] : [`${failed.length} of ${burst} requests at once failed: ${failed[0]?.text}`]
}

type Manner = 'reads' | 'writes' | 'writes to the letter'

async function checkResources(scim: Scim, reader: string, manner: Manner): Promise<string[]> {
  const complaints: string[] = []
  for (const endpoint of ['/Users', '/Groups', '/Probes']) {
    await forEach(await scim.listAll(endpoint), async (resource) => {
      const fault =
        (await checkReading(scim, endpoint, resource)) ?? (await checkWriting(scim, endpoint, resource, manner))
      if (fault !== undefined && complaints.length < maxPerKind) {
        complaints.push(`for ${reader} ${endpoint}/${resource['id']} ${fault}`)
      }
    })
  }
  return complaints
}

async function checkReading(scim: Scim, endpoint: string, listed: Body): Promise<string | undefined> {
  const { status, body } = await scim.send('GET', `${endpoint}/${listed['id']}`)
  if (status !== 200 || !isSame(body, listed))
    return `reads as another than it is listed: ${showDifference(listed, body)}`
  const [primary] = findPrimaries(body)
  return primary === undefined ? undefined : `has more than one primary in ${primary}: ${JSON.stringify(body[primary])}`
}

// Writing what was read changes nothing; but who reads to the letter may refuse what another directory gave.
async function checkWriting(scim: Scim, endpoint: string, read: Body, manner: Manner): Promise<string | undefined> {
  if (manner === 'reads') return undefined
  const path = `${endpoint}/${read['id']}`
  const first = await scim.send('PUT', path, read)
  if (first.status === 400 && manner === 'writes to the letter') return undefined
  if (first.status !== 200 || !isSame(first.body, expectWritten(endpoint, read, first.body))) {
    return `is not what was put: ${showDifference(read, first.body)}`
  }
  const second = await scim.send('PUT', path, first.body)
  return isSame(second.body, first.body)
    ? undefined
    : `is not what was put again: ${showDifference(first.body, second.body)}`
}

// A PUT takes away what only shows on request. Who has no `active`, for a PATCH took it away, is active after it. And a name
// that another directory gave, but that somebody else had then, may be free now.
function expectWritten(endpoint: string, read: Body, written: Body): Body {
  const isActivated = endpoint === '/Users' && !('active' in read)
  const isRenamed = endpoint === '/Users' && written['userName'] !== read['userName']
  if (!isActivated && !isRenamed && endpoint !== '/Probes') return read
  const { meta, userName } = written
  return {
    ...read,
    ...(isActivated ? { active: true } : {}),
    ...(isRenamed ? { userName: userName as unknown } : {}),
    meta: meta as unknown,
  }
}

// What the two have in common would hide the difference.
function showDifference(one: Body, other: Body): string {
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])]
  const differing = names.filter((name) => !isDeepStrictEqual(one[name], other[name]))
  const lines = differing.map((name) => `${name}: ${JSON.stringify(one[name])} and then ${JSON.stringify(other[name])}`)
  return lines.join('\n').slice(0, 3000)
}

// The schemas have no order.
function isSame(one: Body, other: Body): boolean {
  const sort = (body: Body): Body => {
    const schemas: unknown = body['schemas']
    return {
      ...body,
      schemas: Array.isArray(schemas) ? [...schemas].map(String).toSorted((a, b) => a.localeCompare(b)) : schemas,
    }
  }
  return isDeepStrictEqual(sort(one), sort(other))
}

/** The multi-valued attributes with more than one primary value, also those of extensions. */
function findPrimaries(resource: Body): string[] {
  return Object.entries(resource).flatMap(([name, value]: [string, unknown]) => {
    if (Array.isArray(value))
      return value.filter((one: Body | null) => one?.['primary'] === true).length > 1 ? [name] : []
    return typeof value === 'object' && value !== null && name.startsWith('urn:') ? findPrimaries(value) : []
  })
}

async function checkCounts({ db, organizationId }: World): Promise<string[]> {
  const complaints: string[] = []
  for (const table of ['users', 'groups', 'resources']) {
    const [row] = await query<{ kept: number; real: number }>(
      db,
      `select (select coalesce(sum(count), 0) from resource_counts where org_id = $1 and table_name = $2)::bigint as kept,
         (select count(*) from ${table} where org_id = $1) as real`,
      [organizationId, table],
    )
    if (row?.kept !== row?.real) complaints.push(`${table}: ${row?.kept} are counted, ${row?.real} are there`)
  }
  return complaints
}

// Whoever went away without waiting for the answer may have left work behind.
async function settle({ db, baseUrl, tokens }: World): Promise<void> {
  const scim = new Scim(baseUrl, tokens.directory)
  for (let quiet = 0; quiet < 3;) {
    await scim.send('GET', '/Users?count=0')
    const [busy] = await query<{ count: number }>(
      db,
      `select count(*) as count from pg_stat_activity
       where state <> 'idle' and pid <> pg_backend_pid() and datname = current_database()`,
    )
    quiet = busy?.count === 0 ? quiet + 1 : 0
  }
}

async function checkTransactions({ db }: World): Promise<string[]> {
  const [open] = await query<{ count: number }>(
    db,
    `select count(*) as count from pg_stat_activity where state like 'idle in transaction%' and datname = current_database()`,
  )
  return open?.count === 0 ? [] : [`${open?.count} transactions are open although nothing is asked`]
}

/** Deletes what requests created, so that the organization stays of a size. */
export async function sweep(world: World): Promise<void> {
  const kept = new Set(world.slots.map(({ id }) => id))
  for (const token of [world.tokens.directory, world.tokens.strictDirectory, world.tokens.application]) {
    const scim = new Scim(world.baseUrl, token)
    for (const endpoint of ['/Probes', '/Groups', '/Users']) {
      const extra = (await scim.listAll(endpoint)).filter((one) => !kept.has(one['id'] as string))
      await forEach(extra, async (one) => {
        const { status, text } = await scim.send('DELETE', `${endpoint}/${one['id']}`)
        if (status !== 204 && status !== 404)
          throw new Error(`DELETE ${endpoint}/${one['id']} answered ${status}: ${text}`)
      })
    }
  }
}
