// Chooses the user, and the way of becoming that user, under which the embedded PostgreSQL runs.
//
// PostgreSQL refuses to run as root. Root therefore hands its programs to another account: by setuid alone where that
// account reaches the programs and DATA_DIR; by setuid with one capability where it does not, as in a clone under
// /root (mode 0700); and by a user namespace in which root has that account's number, where neither works.
import { spawn } from 'node:child_process'
import { lchown, readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join, parse } from 'node:path'
import { AppError } from '../../errors.ts'

export interface Account {
  readonly uid: number
  readonly gid: number
}

export interface Outcome {
  readonly ok: boolean
  /** stdout and stderr together, or why the command could not be started. */
  readonly output: string
}

export interface Means {
  /** Who owns what the server writes, as the file system sees it. Absent when that is simply us. */
  readonly owner?: Account
  /** The account that the command believes to be, for messages. */
  readonly account?: Account
  run(command: string, args: readonly string[]): Promise<Outcome>
}

export interface Territory {
  readonly dataDir: string
  readonly postgres: string
  /** The owner of the cluster, when there is one. */
  readonly clusterOwner: Account | undefined
  /** Whether that cluster's server runs: then only its owner can act on it. */
  readonly running: boolean
}

// A constant PATH, because what runs as root must not depend on the caller's; /run/current-system is NixOS.
const childEnvironment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
}

/** The error for what the operator can mend: what is wrong, and how to mend it besides setting DATABASE_URL. */
export function failToRun(wrong: string, remedy: string, cause?: unknown): AppError {
  const detail = `${wrong} ${remedy}, or set DATABASE_URL to a PostgreSQL server of your own.`
  return new AppError('postgres_cannot_run', detail, { cause })
}

/** Runs a command to its end with a clean environment; a command that cannot be started is an outcome too. */
export async function runCommand(command: string, args: readonly string[], account?: Account): Promise<Outcome> {
  const finished = new Promise<Outcome>((resolve, reject) => {
    // In the root directory, because the other user may be unable to enter ours.
    const cwd = parse(process.execPath).root
    // Throws at once, rather than emit 'error', when setuid fails with EPERM or EINVAL.
    const child = spawn(command, args, { cwd, env: childEnvironment, stdio: ['ignore', 'pipe', 'pipe'], ...account })
    let output = ''
    const collect = (chunk: Buffer) => (output += chunk.toString())
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.on('error', reject)
    child.on('close', (code) => resolve({ ok: code === 0, output: output.trim() }))
  })
  return finished.catch((error: unknown) => ({ ok: false, output: String(error) }))
}

/** The ways to run PostgreSQL here, the least powerful first. */
export async function listMeans(clusterOwner: Account | undefined): Promise<Means[]> {
  if (process.getuid?.() !== 0) return [{ run: (command, args) => runCommand(command, args) }]
  const account = await chooseAccount(clusterOwner)
  if (account === undefined) return []
  return [
    { owner: account, account, run: (command, args) => runCommand(command, args, account) },
    // To pass through closed directories and read in them is enough; but Docker grants only dac_override by default.
    ...['dac_read_search', 'dac_override'].map((name) => {
      return { owner: account, account, ...runThrough('setpriv', buildSetprivArgs(account, name)) }
    }),
    // Root without a second user id (a user namespace that maps only uid 0) can still rename itself in a nested one.
    {
      owner: { uid: 0, gid: 0 },
      account,
      ...runThrough('unshare', ['--user', `--map-user=${account.uid}`, `--map-group=${account.gid}`]),
    },
  ]
}

/** The first of the means by which PostgreSQL's programs run and reach DATA_DIR. */
export async function chooseMeans(territory: Territory, means: readonly Means[]): Promise<Means> {
  const { clusterOwner, running } = territory
  const fitting = means.filter(({ owner }) => !running || owner === undefined || owner.uid === clusterOwner?.uid)
  const failures: string[] = []
  for (const candidate of fitting) {
    // Without an owner it runs as we do, and then there is nothing to reach that we do not reach.
    if (candidate.owner === undefined) return candidate
    const { ok, output } = await tryToReach(territory, candidate)
    if (ok) return candidate
    failures.push(output)
  }
  throw await explainFailure(territory, fitting[0]?.account, failures)
}

/** Gives a path, and all that is in it, to the owner; the path itself last, so that a crash is noticed and mended. */
export async function giveTo(owner: Account | undefined, path: string): Promise<void> {
  if (owner === undefined) return
  const found = await stat(path)
  if (found.uid === owner.uid) return
  if (found.isDirectory()) {
    const entries = await readdir(path, { recursive: true, withFileTypes: true })
    for (const entry of entries) await lchown(join(entry.parentPath, entry.name), owner.uid, owner.gid)
  }
  await lchown(path, owner.uid, owner.gid)
}

async function chooseAccount(clusterOwner: Account | undefined): Promise<Account | undefined> {
  if (clusterOwner !== undefined && clusterOwner.uid !== 0) return clusterOwner
  const lines = (await readFile('/etc/passwd', 'utf8').catch(() => '')).split('\n').map((line) => line.split(':'))
  const found = lines.find(([name]) => name === 'postgres') ?? lines.find(([name]) => name === 'nobody')
  const [uid, gid] = [Number(found?.[2]), Number(found?.[3])]
  return uid > 0 && gid >= 0 ? { uid, gid } : undefined
}

// no_setuid_fixup: without it access(2) leaves out the capabilities of whoever is not root (faccessat, fs/open.c), and
// PostgreSQL looks for its own programs with access(2).
function buildSetprivArgs({ uid, gid }: Account, capability: string): string[] {
  const only = `-all,+${capability}`
  return [
    `--reuid=${uid}`,
    `--regid=${gid}`,
    '--clear-groups',
    '--securebits=+no_setuid_fixup',
    `--inh-caps=${only}`,
    `--ambient-caps=${only}`,
    `--bounding-set=${only}`,
  ]
}

function runThrough(wrapper: string, wrapperArgs: readonly string[]): Pick<Means, 'run'> {
  return { run: (command, args) => runCommand(wrapper, [...wrapperArgs, '--', command, ...args]) }
}

// A real attempt, because modes alone do not tell: there are ACLs, groups, mount options and security modules.
function tryToReach({ dataDir, postgres }: Territory, means: Means): Promise<Outcome> {
  return means.run('/bin/sh', ['-c', 'cd "$0" && test -r "$1" -a -x "$1" && exec "$1" --version', dataDir, postgres])
}

async function explainFailure(territory: Territory, account: Account | undefined, failures: readonly string[]) {
  const plight = 'PostgreSQL refuses to run as root, and'
  const { dataDir, postgres } = territory
  if (account === undefined) {
    return failToRun(
      `${plight} there is no user "postgres" or "nobody" to run it as.`,
      'Start Rollcall as another user, or create one of these',
    )
  }
  const tried = [...new Set(failures)].join('; ')
  if (/spawn\S* (EPERM|EINVAL)/.test(failures[0] ?? '')) {
    return failToRun(
      `${plight} this process cannot become the user with id ${account.uid} either (${tried}).`,
      'Start Rollcall as another user, or give the container a second user id and the right to change to it',
    )
  }
  const closed = await findClosedDirectory([dataDir, dirname(postgres)], account)
  const place = closed === undefined ? `${dataDir} or ${postgres}` : `the directory ${closed}`
  return failToRun(
    `${plight} the user with id ${account.uid} cannot reach ${place} (${tried}).`,
    'Move the clone and DATA_DIR to where that user can go (for example DATA_DIR=/var/lib/rollcall), or start Rollcall as another user',
  )
}

async function findClosedDirectory(paths: readonly string[], account: Account): Promise<string | undefined> {
  for (const path of paths.flatMap(listAncestors)) {
    const found = await stat(path).catch(() => undefined)
    if (found === undefined) continue
    const search = found.uid === account.uid ? 0o100 : found.gid === account.gid ? 0o010 : 0o001
    if ((found.mode & search) === 0) return path
  }
  return undefined
}

function listAncestors(path: string): string[] {
  const parent = dirname(path)
  return parent === path ? [path] : [...listAncestors(parent), path]
}
