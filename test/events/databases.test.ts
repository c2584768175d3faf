// Delivering where the database goes away, is behind a pooler, or grants little.
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'chai'
import { connect } from '../../server/db/connect.ts'
import { migrate } from '../../server/db/migrate.ts'
import { query } from '../../server/db/query.ts'
import { createLogger } from '../../server/ops/logger.ts'
import { ChaosReceiver } from '../chaos/receiver.ts'
import { ChaosSender } from '../chaos/sender.ts'
import { startDelivering, startTestEngine } from '../support/events.ts'
import { testDatabaseUrl } from '../support/postgres.ts'
import { Proxy } from '../support/proxy.ts'
import { addSubscriber, closeReceivers } from '../support/subscriber.ts'
import { requireProgram, type Service, startPgBouncer, startPostgres } from '../support/system-package.ts'

const programs =
  ['15', '16', '17'].map((major) => `/usr/lib/postgresql/${major}/bin`).find((folder) => existsSync(folder)) ??
  '/usr/lib/postgresql/15/bin'

describe('delivering', function () {
  this.timeout(60_000)
  afterEach(closeReceivers)

  it('waits while the database is away, says so once, and goes on by itself', async () => {
    const proxy = await Proxy.start(testDatabaseUrl())
    const db = connect({ url: proxy.url, poolSize: 5 })
    const { tenant, engine: test, receiver, told } = await addSubscriber()
    const log = new Log()
    const logger = createLogger('info', log)
    const engine = await startDelivering({ ...test.parts, db, logger })
    proxy.close()
    await log.has('events and syncs wait')
    await tenant.scim.createUser('ada')
    await proxy.hears(5)
    const come = Promise.withResolvers<void>()
    receiver.answer = (_received, response) => {
      response.end()
      come.resolve()
    }
    proxy.open()
    await come.promise
    await engine.stop()
    await db.destroy()
    await proxy.stop()
    expect(told()).to.have.lengthOf(1)
    expect(log.lines.map(({ msg }) => msg)).to.deep.equal([
      'events and syncs wait, for the database cannot be reached',
      'the database is back, and events and syncs go on',
    ])
  })

  describe('on another PostgreSQL', () => {
    let postgres: Service | undefined
    beforeEach(async function () {
      requireProgram(this, `${programs}/postgres`, 'postgresql')
      postgres = await startPostgres(programs)
    })
    afterEach(() => postgres?.stop())

    it('needs a schema of its own, and says what the role lacks', async () => {
      const url = new URL(postgres?.url ?? '')
      const owner = connect({ url: url.href, poolSize: 1 })
      await migrate(owner)
      await query(owner, 'create role modest login')
      await query(owner, 'grant all on all tables in schema public to modest')
      url.username = 'modest'
      const db = connect({ url: url.href, poolSize: 5 })
      const parts = { ...startTestEngine({ organizationId: 'none' }, {}).parts, db }
      try {
        const failed: unknown = await startDelivering(parts).then(
          () => undefined,
          (error: unknown) => error,
        )
        expect(failed).to.include({ code: 'config_invalid' })
        await query(owner, 'create schema pgboss authorization modest')
        await (await startDelivering(parts)).stop()
      } finally {
        await Promise.all([owner.destroy(), db.destroy()])
      }
    })

    it('works through PgBouncer in transaction mode', async function () {
      requireProgram(this, '/usr/sbin/pgbouncer', 'pgbouncer')
      const bouncer = await startPgBouncer('/usr/sbin/pgbouncer', postgres?.url ?? '')
      try {
        await tellMany(bouncer.url)
      } finally {
        await bouncer.stop()
      }
    })
  })
})

async function tellMany(url: string): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'rollcall-pooler-'))
  const receiver = new ChaosReceiver(path.join(folder, 'receptions'), 0)
  const sender = new ChaosSender(url)
  try {
    await Promise.all([receiver.start(), sender.start()])
    await sender.addEndpoint(receiver.url)
    await Promise.all(
      Array.from({ length: 40 }, async (_, index) => sender.change(await sender.create(`user-${index}`), 'One')),
    )
    const numbers = await sender.settled()
    expect(numbers).to.have.lengthOf(80)
    expect(receiver.list().map(({ number }) => number)).to.have.members(numbers)
    expect(sender.output).not.to.match(/"level":[45]0|prepared statement/)
  } finally {
    await receiver.kill()
    await sender.close()
    await rm(folder, { recursive: true, force: true })
  }
}

interface Line {
  readonly msg: string
}

/** What is logged. */
class Log {
  readonly lines: Line[] = []
  #next = Promise.withResolvers<void>()

  write(line: string): void {
    this.lines.push(JSON.parse(line) as Line)
    this.#next.resolve()
    this.#next = Promise.withResolvers()
  }

  async has(beginning: string): Promise<void> {
    while (!this.lines.some(({ msg }) => msg.startsWith(beginning))) await this.#next.promise
  }
}
