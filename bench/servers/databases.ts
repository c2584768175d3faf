// One PostgreSQL for all servers, the one that Rollcall brings, with a database for each.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { clusterName } from '../../server/db/embedded/cluster.ts'
import { startEmbeddedPostgres } from '../../server/db/embedded/start.ts'
import { readFamilyCpuMs } from './process.ts'

export interface Databases {
  readonly version: string
  /** Makes a database, and fills it where it is not a copy of one that was filled before. Returns its URL. */
  create(name: string, users: number, fill: (url: string) => Promise<void>): Promise<string>
  /** How long the processes of PostgreSQL have had a processor so far. */
  readonly readCpuMs: () => Promise<number>
  stop(): Promise<void>
}

/**
 * Starts the server, with its ordinary settings. In a `directory` of one's own the filled databases stay, and are copied by the
 * next run; a temporary one is removed at the end.
 */
export async function startDatabases(directory: string | undefined): Promise<Databases> {
  const folder = directory ?? (await mkdtemp(path.join(tmpdir(), 'rollcall-bench-')))
  const embedded = await startEmbeddedPostgres(folder)
  const version = await run<{ server_version: string }>(embedded.url, 'show server_version')
  return {
    version: version[0]?.server_version ?? '',
    create: (name, users, fill) => createDatabase(embedded.url, name, directory === undefined ? 0 : users, fill),
    readCpuMs: () => readServerCpuMs(folder),
    stop: async () => {
      await embedded.stop()
      if (directory === undefined) await rm(folder, { recursive: true, force: true })
    },
  }
}

// `keptUsers` is 0 where nothing is kept.
async function createDatabase(
  serverUrl: string,
  name: string,
  keptUsers: number,
  fill: (url: string) => Promise<void>,
): Promise<string> {
  const kept = `${name}_filled_${keptUsers}`
  const found = await run(serverUrl, `select from pg_database where datname = '${kept}'`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  await run(serverUrl, `drop database if exists ${name} with (force)`)
  if (found.length > 0) {
    await run(serverUrl, `create database ${name} template ${kept} strategy file_copy`)
  } else {
    await run(serverUrl, `create database ${name}`)
    await fill(url.href)
    if (keptUsers > 0) await run(serverUrl, `create database ${kept} template ${name} strategy file_copy`)
  }
  await readAll(url.href)
  return url.href
}

// As of a server that has run for a while, the system's cache has the data that will be asked for.
async function readAll(url: string): Promise<void> {
  await run(url, 'create extension if not exists pg_prewarm')
  await run(
    url,
    `select pg_prewarm(oid, 'read') from pg_class where relkind in ('r', 'i') and relnamespace = 'public'::regnamespace`,
  )
}

async function run<Row extends pg.QueryResultRow>(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Row>(text)).rows
  } finally {
    await client.end()
  }
}

async function readServerCpuMs(folder: string): Promise<number> {
  const text = await readFile(path.join(folder, clusterName, 'postmaster.pid'), 'utf8')
  return readFamilyCpuMs(Number.parseInt(text, 10))
}
