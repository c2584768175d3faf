// Runs the embedded PostgreSQL: one cluster in DATA_DIR, made at the first start, whose server outlives this process
// when it is killed and is adopted at the next start.
import { randomBytes } from 'node:crypto'
import { link, mkdir, mkdtemp, open, readdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { AppError } from '../errors.ts'
import {
  checkPostgresBinaries,
  findPostgresBinaries,
  postgresMajor,
  refuseShellCharacters,
  runInitdb,
  runPgCtlStart,
  runPgCtlStop,
  type PostgresBinaries,
} from './postgres-binaries.ts'
import { chooseMeans, failToRun, giveTo, listMeans, runCommand, type Account, type Means } from './postgres-user.ts'

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

interface Cluster {
  readonly dataDir: string
  readonly directory: string
  readonly logFile: string
  readonly passwordFile: string
  readonly binaries: PostgresBinaries
  readonly means: Means
  readonly settings: Readonly<Record<string, string>>
}

interface Postmaster {
  readonly pid: number
  /** Absent while the server starts, recovers or stops: it would refuse us, and write that into its log. */
  readonly port: number | undefined
}

const superuser = 'rollcall'
const databaseName = 'rollcall'
const clusterName = `postgres-${postgresMajor}`
const attemptPrefix = `${clusterName}.attempt-`
const readyWithinMs = 60_000
const pollMs = 50

const defaultSettings = {
  max_connections: '100',
  shared_buffers: '128MB',
  fsync: 'on',
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

async function hasCluster(directory: string): Promise<boolean> {
  const names = await ignoreMissing(readdir(directory))
  if (names === undefined || names.length === 0) return false
  const version = await ignoreMissing(readFile(join(directory, 'PG_VERSION'), 'utf8'))
  if (version?.trim() === postgresMajor) return true
  throw failToRun(`${directory} is not a PostgreSQL ${postgresMajor} cluster.`, 'Move that directory away')
}

async function readPassword({ directory, passwordFile }: Cluster): Promise<string> {
  const password = (await ignoreMissing(readFile(passwordFile, 'utf8')))?.trim()
  if (password) return password
  throw failToRun(
    `${passwordFile}, the password of the cluster ${directory}, is missing.`,
    'Restore that file from a backup',
  )
}

// The cluster is made elsewhere and renamed into its place when it is whole. A killed attempt is thus never taken for a
// cluster; and of two at the same time the second cannot rename onto the first, and uses that one.
async function createCluster(cluster: Cluster, log: EmbeddedOptions['log']): Promise<string> {
  const { dataDir, directory } = cluster
  log?.(`Creating the PostgreSQL ${postgresMajor} cluster ${directory}`)
  const attempt = await mkdtemp(join(dataDir, attemptPrefix))
  try {
    const password = await agreeOnPassword(cluster, attempt)
    await initialise(cluster, attempt, password)
    await rename(join(attempt, 'cluster'), directory)
    // Or else a power failure could undo the renaming after data was committed.
    await syncDirectory(dataDir)
    return password
  } catch (error) {
    if (await hasCluster(directory)) return await readPassword(cluster)
    throw error
  } finally {
    await removeTree(attempt)
  }
}

// link(2) makes the file whole or not at all, and only when there is none: simultaneous starters get one password.
async function agreeOnPassword({ dataDir, passwordFile }: Cluster, attempt: string): Promise<string> {
  const draft = join(attempt, 'draft')
  await writeFile(draft, randomBytes(24).toString('base64url'), { mode: 0o600, flush: true })
  await linkUnlessThere(draft, passwordFile)
  await rm(draft)
  await syncDirectory(dataDir)
  return (await readFile(passwordFile, 'utf8')).trim()
}

async function initialise({ binaries, means, settings }: Cluster, attempt: string, password: string): Promise<void> {
  // A copy of its own, because the user that PostgreSQL runs under has to be able to read it.
  const pwfile = join(attempt, 'password')
  await writeFile(pwfile, password, { mode: 0o600 })
  await giveTo(means.owner, attempt)
  const cluster = { directory: join(attempt, 'cluster'), superuser, pwfile, sync: settings['fsync'] !== 'off' }
  const { ok, output } = await runInitdb(binaries, means, cluster)
  if (!ok) throw failToRun(`initdb could not make a cluster in ${attempt} (${output}).`, 'Mend what it reports')
}

// Whatever attempts are left once there is a cluster are dead or bound to lose.
async function removeAttempts(dataDir: string): Promise<void> {
  const names = await readdir(dataDir)
  for (const name of names.filter((found) => found.startsWith(attemptPrefix))) await removeTree(join(dataDir, name))
}

// Someone else's initdb may still be writing there. What is left over is removed at the next start.
async function removeTree(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true }).catch(() => undefined)
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

/** The live server of the cluster, as its postmaster.pid tells it. A file that names another process is put aside. */
async function findPostmaster(directory: string): Promise<Postmaster | undefined> {
  const pidFile = join(directory, 'postmaster.pid')
  const text = await ignoreMissing(readFile(pidFile, 'utf8'))
  if (text === undefined) return undefined
  const lines = text.split('\n')
  const pid = Number(lines[0])
  // PostgreSQL itself replaces the file of a process that is gone.
  if (!(pid > 0) || !isAlive(pid)) return undefined
  if (await isServerOf(pid, directory)) {
    // Lines 4 and 8 (src/include/utils/pidfile.h)
    return { pid, port: lines[7]?.trim() === 'ready' ? Number(lines[3]) : undefined }
  }
  await removePidFile(pidFile, pid)
  return undefined
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return readErrorCode(error) === 'EPERM'
  }
}

// A server's working directory is its cluster. This also tells zombies, which a container without an init keeps.
async function isServerOf(pid: number, directory: string): Promise<boolean> {
  if (process.platform === 'win32') return true
  if (process.platform !== 'linux') {
    const { output } = await runCommand('ps', ['-ww', '-o', 'command=', '-p', String(pid)])
    return output.includes(directory)
  }
  try {
    const [workingDirectory, own] = await Promise.all([stat(`/proc/${pid}/cwd`), stat(directory)])
    return workingDirectory.ino === own.ino && workingDirectory.dev === own.dev
  } catch (error) {
    // Root without CAP_SYS_PTRACE (as in Docker) may not look there; the command line is open to all.
    if (!['EACCES', 'EPERM'].includes(readErrorCode(error))) return false
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    return commandLine.split('\0').includes(directory)
  }
}

// PostgreSQL refuses to start while the process lives that the file names, whatever that is. Renamed first, because
// another start may have written a new one since we read it: then it is put back. Should a server run all the same,
// PostgreSQL's shared memory key, made from the directory's inode, keeps a second one from starting.
async function removePidFile(pidFile: string, stalePid: number): Promise<void> {
  const aside = `${pidFile}.stale-${randomBytes(4).toString('hex')}`
  await ignoreMissing(rename(pidFile, aside))
  const text = await ignoreMissing(readFile(aside, 'utf8'))
  if (text !== undefined && Number(text.split('\n')[0]) !== stalePid) await linkUnlessThere(aside, pidFile)
  await rm(aside, { force: true })
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

async function linkUnlessThere(from: string, to: string): Promise<void> {
  await link(from, to).catch((error: unknown) => {
    if (readErrorCode(error) !== 'EEXIST') throw error
  })
}

async function syncDirectory(path: string): Promise<void> {
  // Windows cannot open a directory.
  if (process.platform === 'win32') return
  const handle = await open(path, 'r')
  await handle.sync().finally(() => handle.close())
}

async function ignoreMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (readErrorCode(error) !== 'ENOENT') throw error
    return undefined
  }
}

function readErrorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}
