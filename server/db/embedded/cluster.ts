// The cluster in DATA_DIR: where it is, and how it is made so that a kill at any moment leaves all of it or nothing.
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { postgresMajor, runInitdb, type PostgresBinaries } from './binaries.ts'
import { ignoreMissing, linkUnlessThere, syncDirectory } from './files.ts'
import { failToRun, giveTo, type Means } from './means.ts'

export const superuser = 'rollcall'
export const clusterName = `postgres-${postgresMajor}`
const attemptPrefix = `${clusterName}.attempt-`

export interface Cluster {
  readonly dataDir: string
  readonly directory: string
  readonly logFile: string
  readonly passwordFile: string
  readonly binaries: PostgresBinaries
  readonly means: Means
  readonly settings: Readonly<Record<string, string>>
}

/** Whether there is a cluster; throws postgres_cannot_run for anything else that is there. */
export async function hasCluster(directory: string): Promise<boolean> {
  const names = await ignoreMissing(readdir(directory))
  if (names === undefined || names.length === 0) return false
  const version = await ignoreMissing(readFile(join(directory, 'PG_VERSION'), 'utf8'))
  if (version?.trim() === postgresMajor) return true
  throw failToRun(`${directory} is not a PostgreSQL ${postgresMajor} cluster.`, 'Move that directory away')
}

/** The generated password of the superuser. */
export async function readPassword({ directory, passwordFile }: Cluster): Promise<string> {
  const password = (await ignoreMissing(readFile(passwordFile, 'utf8')))?.trim()
  if (password) return password
  throw failToRun(
    `${passwordFile}, the password of the cluster ${directory}, is missing.`,
    'Restore that file from a backup',
  )
}

// The cluster is made elsewhere and renamed into its place when it is whole. A killed attempt is thus never taken for a
// cluster; and of two at the same time the second cannot rename onto the first, and uses that one.
export async function createCluster(cluster: Cluster, log: ((line: string) => void) | undefined): Promise<string> {
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
export async function removeAttempts(dataDir: string): Promise<void> {
  const names = await readdir(dataDir)
  for (const name of names.filter((found) => found.startsWith(attemptPrefix))) await removeTree(join(dataDir, name))
}

// Someone else's initdb may still be writing there. What is left over is removed at the next start.
async function removeTree(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true }).catch(() => undefined)
}
