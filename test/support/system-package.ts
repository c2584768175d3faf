// What only some machines have: programs of Debian packages. A test that needs one that is missing says so and is skipped;
// in CI, where .ci/run installs them, that is a failure.
import { type ChildProcess, spawn } from 'node:child_process'
import { chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Context } from 'mocha'
import { connect } from '../../server/db/connect.ts'
import { query } from '../../server/db/query.ts'

/** Skips the test where a program is missing, and prints why; fails it in CI. */
export function requireProgram(context: Context, program: string, debianPackage: string): void {
  if (existsSync(program)) return
  const message = `${program} is missing (Debian package ${debianPackage})`
  if (process.env['CI'] === 'true') throw new Error(`${message}; .ci/run must install it`)
  process.stdout.write(`      skipped: ${message}\n`)
  context.skip()
}

interface Account {
  readonly uid: number
  readonly gid: number
}

// PostgreSQL and PgBouncer refuse to run as root; their packages bring the user postgres, and everybody has nobody.
async function findAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n')
  const line = ['postgres:', 'nobody:'].flatMap((name) => lines.find((one) => one.startsWith(name)) ?? [])[0]
  const [, , uid, gid] = line?.split(':') ?? []
  if (uid === undefined || gid === undefined) throw new Error('there is no user postgres or nobody')
  return { uid: Number(uid), gid: Number(gid) }
}

export interface Service {
  readonly url: string
  stop(): Promise<void>
}

/** A PostgreSQL of the given programs in a temporary folder, without waiting for the disk, with an empty database. */
export async function startPostgres(programs: string): Promise<Service> {
  const { folder, account } = await createFolder('postgres')
  const run = (program: string, args: readonly string[]): ChildProcess =>
    spawn(path.join(programs, program), args, {
      cwd: folder,
      stdio: 'ignore',
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' },
      ...account,
    })
  await succeed(
    run('initdb', ['-D', 'data', '-U', 'rollcall', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync']),
    'initdb',
  )
  const port = await findFreePort()
  const settings = ['fsync=off', `port=${port}`, 'listen_addresses=127.0.0.1', `unix_socket_directories=`]
  const server = run('postgres', ['-D', 'data', ...settings.flatMap((setting) => ['-c', setting])])
  const url = `postgres://rollcall@127.0.0.1:${port}/postgres`
  await untilAnswers(url, server)
  return { url, stop: () => end(server, 'SIGINT', folder) }
}

/** PgBouncer in transaction mode in front of a PostgreSQL. */
export async function startPgBouncer(program: string, postgresUrl: string): Promise<Service> {
  const { folder, account } = await createFolder('pgbouncer')
  const { hostname, port: postgresPort, pathname } = new URL(postgresUrl)
  const port = await findFreePort()
  const name = pathname.slice(1)
  const settings = [
    '[databases]',
    `${name} = host=${hostname} port=${postgresPort} dbname=${name} user=rollcall`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = any',
    'pool_mode = transaction',
    'default_pool_size = 4',
    'max_client_conn = 200',
  ]
  const file = path.join(folder, 'pgbouncer.ini')
  await writeFile(file, `${settings.join('\n')}\n`, { mode: 0o644 })
  const bouncer = spawn(program, [file], { cwd: folder, stdio: 'ignore', ...account })
  const url = `postgres://rollcall@127.0.0.1:${port}/${name}`
  await untilAnswers(url, bouncer)
  return { url, stop: () => end(bouncer, 'SIGTERM', folder) }
}

async function createFolder(name: string): Promise<{ folder: string; account: Account | undefined }> {
  const folder = await mkdtemp(path.join(tmpdir(), `rollcall-${name}-`))
  const account = await findAccount()
  if (account !== undefined) await chown(folder, account.uid, account.gid)
  return { folder, account }
}

function findFreePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })
}

function succeed(child: ChildProcess, what: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`${what} ended with ${code}`))))
  })
}

async function untilAnswers(url: string, child: ChildProcess): Promise<void> {
  for (const deadline = Date.now() + 15_000; ;) {
    const db = connect({ url, poolSize: 1 })
    try {
      await query(db, 'select 1')
      return
    } catch (error) {
      if (child.exitCode !== null || Date.now() > deadline) throw error
    } finally {
      await db.destroy()
    }
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals, folder: string): Promise<void> {
  const ended = new Promise((resolve) => child.once('close', resolve))
  if (child.exitCode === null) {
    child.kill(signal)
    await ended
  }
  await rm(folder, { recursive: true, force: true })
}
