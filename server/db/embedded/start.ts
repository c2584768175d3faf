// Runs the embedded PostgreSQL: one cluster in DATA_DIR, made at the first start, whose server outlives this process
// when it is killed and is adopted at the next start.
import { mkdir, open, readFile, realpath, stat } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { AppError } from '../../errors.ts'
import {
  checkPostgresBinaries,
  findPostgresBinaries,
  postgresMajor,
  refuseShellCharacters,
  runPgCtlStart,
  runPgCtlStop,
  type PostgresBinaries,
} from './binaries.ts'
import {
  type Cluster,
  clusterName,
  createCluster,
  hasCluster,
  readPassword,
  removeAttempts,
  superuser,
} from './cluster.ts'
import { ignoreMissing, readErrorCode } from './files.ts'
import { chooseMeans, failToRun, giveTo, listMeans, type Account, type Means } from './means.ts'
import { findPostmaster, type Postmaster } from './postmaster.ts'

export interface EmbeddedPostgres {
  /** postgres://… on 127.0.0.1 with the generated password */
  readonly url: string
  /** true when the server was already running and was adopted */
  readonly adopted: boolean
  /** Stops the server (pg_ctl stop -m fast -w); idempotent. */
  stop(): Promise<void>
}

export interface EmbeddedOptions {
  /** PostgreSQL settings for a server that this call starts; an adopted one keeps its own. */
  settings?: Record<string, string>
  log?: (line: string) => void
}

/** What this machine has, for tests to replace. */
export interface Surroundings {
  readonly findBinaries: () => Promise<PostgresBinaries>
  readonly listMeans: (clusterOwner: Account | undefined) => Promise<readonly Means[]>
}

const databaseName = 'rollcall'
const readyWithinMs = 60_000
const pollMs = 50

const defaultSettings = {
  max_connections: '100',
  shared_buffers: '128MB',
  fsync: 'on',
  // What is not in shared buffers mostly is in the system's cache, and reading it there oneself takes less than asking a worker:
  // with 1 000 000 users a GET took PostgreSQL 17 % less, a PATCH 13 %.
  io_method: 'sync',
  // The statements that fail (log level error) are our callers' data and errors; Rollcall reports these in its own log.
  log_min_messages: 'log',
  // Nothing rotates the log file, and these lines are most of it.
  log_checkpoints: 'off',
}

/** @param dataDir absolute or relative DATA_DIR; the cluster lives in `${dataDir}/postgres-18` */
export async function startEmbeddedPostgres(
  dataDir: string,
  options: EmbeddedOptions = {},
  surroundings: Surroundings = { findBinaries: findPostgresBinaries, listMeans },
): Promise<EmbeddedPostgres> {
  try {
    const cluster = await prepareCluster(dataDir, options.settings ?? {}, surroundings)
    const password = (await hasCluster(cluster.directory))
      ? await readPassword(cluster)
      : await createCluster(cluster, options.log)
    await removeAttempts(cluster.dataDir)
    const { port, adopted } = await startOrAdopt(cluster, password)
    options.log?.(`PostgreSQL ${postgresMajor} ${adopted ? 'was running already' : 'started'} on 127.0.0.1:${port}`)
    const url = `postgres://${superuser}:${password}@127.0.0.1:${port}/${databaseName}`
    return { url, adopted, stop: () => stopServer(cluster) }
  } catch (error) {
    throw explainError(error, dataDir)
  }
}

async function prepareCluster(
  givenDataDir: string,
  settings: Record<string, string>,
  surroundings: Surroundings,
): Promise<Cluster> {
  const binaries = await surroundings.findBinaries()
  await checkPostgresBinaries(binaries)
  // Searchable for the user that root hands PostgreSQL to; what is secret inside is closed by its own mode.
  await mkdir(givenDataDir, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 })
  const dataDir = await realpath(givenDataDir)
  const directory = join(dataDir, clusterName)
  for (const path of [dataDir, binaries.postgres]) refuseShellCharacters(path)
  const clusterOwner = await ignoreMissing(stat(directory))
  const running = (await findPostmaster(directory)) !== undefined
  const means = await chooseMeans(
    { dataDir, postgres: binaries.postgres, clusterOwner, running },
    await surroundings.listMeans(clusterOwner),
  )
  return {
    dataDir,
    directory,
    binaries,
    means,
    logFile: join(dataDir, 'postgres.log'),
    passwordFile: join(dataDir, 'postgres-password'),
    settings: { ...defaultSettings, ...settings },
  }
}

async function startOrAdopt(cluster: Cluster, password: string): Promise<{ port: number; adopted: boolean }> {
  const deadline = Date.now() + readyWithinMs
  let adopted = true
  for (;;) {
    const postmaster = await findPostmaster(cluster.directory)
    if (postmaster?.port !== undefined && (await openDatabase(cluster, password, postmaster.port))) {
      return { port: postmaster.port, adopted }
    }
    if (Date.now() > deadline) throw explainDelay(cluster, postmaster)
    if (postmaster === undefined) adopted = !(await startServer(cluster))
    await sleep(pollMs)
  }
}

function explainDelay({ directory, logFile }: Cluster, postmaster: Postmaster | undefined): AppError {
  const server = postmaster === undefined ? 'PostgreSQL' : `The PostgreSQL server with process id ${postmaster.pid}`
  return failToRun(
    `${server} of ${directory} did not get ready in ${readyWithinMs / 1000} s; it may be recovering from a crash (see ${logFile}).`,
    'Wait until it is done and start Rollcall again',
  )
}

/** True when it started the server, false when there is reason to look again. */
async function startServer({ binaries, directory, logFile, means, settings }: Cluster): Promise<boolean> {
  await giveTo(means.owner, directory)
  await (await open(logFile, 'a', 0o600)).close()
  await giveTo(means.owner, logFile)
  const logStart = (await stat(logFile)).size
  const network = { listen_addresses: '127.0.0.1', unix_socket_directories: '', port: String(await chooseFreePort()) }
  const server = { directory, logFile, settings: { ...settings, ...network }, withinMs: readyWithinMs }
  const { ok, output } = await runPgCtlStart(binaries, means, server)
  if (ok) return true
  const logged = (await readFile(logFile)).subarray(logStart).toString().trim()
  // The port was taken meanwhile; processes of a killed server are still ending; another start was faster.
  const willPass = /Address already in use|is still in use|lock file ".*" already exists/.test(logged)
  if (willPass || (await findPostmaster(directory)) !== undefined) return false
  throw failToRun(
    `PostgreSQL does not start in ${directory} (${logged.slice(-2000) || output}).`,
    `Mend what it reports in ${logFile}`,
  )
}

async function chooseFreePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', resolve)
  })
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}

/** Connects, and creates the database when it is missing. False when the server is not ready yet. */
async function openDatabase({ passwordFile, directory }: Cluster, password: string, port: number): Promise<boolean> {
  try {
    await createMissingDatabase({ host: '127.0.0.1', port, user: superuser, password, database: 'postgres' })
    return true
  } catch (error) {
    if (readErrorCode(error) === '28P01') {
      throw failToRun(`${passwordFile} is not the password of ${directory}.`, 'Restore that file from a backup', error)
    }
    if (isPassing(error)) return false
    throw error
  }
}

// 57P0x: starting up or shutting down; 53300: no free connection; 42P04, 23505, 55006: two create the database at once.
// Without a code pg reports what happened to the connection.
function isPassing(error: unknown): boolean {
  return /^(57P0.|53300|42P04|23505|55006|ECONN\w+|EPIPE|)$/.test(readErrorCode(error))
}

async function createMissingDatabase(connection: pg.ClientConfig): Promise<void> {
  const client = new pg.Client({ ...connection, ssl: false, connectionTimeoutMillis: 5000 })
  // The server may go away at any moment; the query fails then, and that is enough.
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rowCount } = await client.query('select from pg_database where datname = $1', [databaseName])
    if (rowCount === 0) await client.query(`create database ${databaseName}`)
  } finally {
    await client.end()
  }
}

async function stopServer({ binaries, directory, means }: Cluster): Promise<void> {
  // pg_ctl would signal whatever process a stale postmaster.pid names.
  if ((await findPostmaster(directory)) === undefined) return
  const { ok, output } = await runPgCtlStop(binaries, means, directory)
  if (ok || (await findPostmaster(directory)) === undefined) return
  throw failToRun(`PostgreSQL in ${directory} did not stop (${output}).`, 'Wait, or stop it with pg_ctl')
}

function explainError(error: unknown, dataDir: string): unknown {
  if (error instanceof pg.DatabaseError) {
    return failToRun(`PostgreSQL in ${dataDir} refuses: ${error.message}.`, 'Mend what it reports', error)
  }
  if (!(error instanceof Error) || error instanceof AppError || !('syscall' in error)) return error
  return failToRun(`${error.message}.`, `Let Rollcall write in DATA_DIR (${dataDir}) and free some space there`, error)
}
