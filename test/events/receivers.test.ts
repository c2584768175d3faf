// Receivers that fail, are slow, or are gone: what becomes of their deliveries, and that nobody else notices.
import type { ServerResponse } from 'node:http'
import { expect } from 'chai'
import { query } from '../../server/db/query.ts'
import { changeSubscription } from '../../server/events/subscriptions.ts'
import { clock, createTenant, type Tenant } from '../support/app.ts'
import { readLog } from '../support/event-log.ts'
import { testDatabase } from '../support/postgres.ts'
import type { Answerer } from '../support/receiver.ts'
import { addSubscriber, closeReceivers, type Subscriber } from '../support/subscriber.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

const refuse =
  (status: number): Answerer =>
  (_received, response) =>
    response.writeHead(status).end()

const accept: Answerer = (_received, response) => response.end()

describe('receivers', () => {
  afterEach(closeReceivers)

  describe('that fail 20 times in a row', () => {
    let subscriber: Subscriber
    beforeEach(async () => {
      subscriber = await addSubscriber({ settings: { concurrency: 1 } })
      subscriber.receiver.answer = refuse(500)
      await addUsers(subscriber.tenant, 30)
      await subscriber.engine.settle()
    })

    it('are tried with one attempt at a time, ever more seldom, up to every 10 minutes', async () => {
      const { engine, told, read } = subscriber
      expect(told()).to.have.lengthOf(20)
      expect((await read()).failures).to.equal(20)
      const pauses: number[] = []
      for (let probe = 0; probe < 9; probe++) {
        const nextIn = (await readDueAt(subscriber)) - clock.now().getTime()
        pauses.push(Math.round(nextIn / 1000))
        clock.advance(nextIn + 1)
        await engine.settle()
        expect(told()).to.have.lengthOf(21 + probe)
      }
      expect(pauses).to.deep.equal([5, 10, 20, 40, 80, 160, 320, 600, 600])
    })

    it('hear all of it after the first success, of each resource in order, and no pause is waited for', async () => {
      const { tenant, engine, told, receiver, read, deliveries } = subscriber
      const [first] = told()
      await probeFor(subscriber, 3 * hour)
      const before = told().length
      await tenant.scim.patch(`/Users/${first?.resourceId}`, [{ op: 'replace', path: 'nickName', value: 'One' }])
      receiver.answer = accept
      clock.advance(10 * minute)
      await engine.settle()
      expect(await read()).to.include({ failures: 0, failingSince: null })
      expect((await deliveries()).map(({ state }) => state)).to.deep.equal(Array(31).fill('delivered'))
      const heard = told().slice(before)
      expect(heard).to.have.lengthOf(31)
      const versions = heard.filter(({ resourceId }) => resourceId === first?.resourceId)
      expect(versions.map(({ version }) => version)).to.deep.equal([1, 2])
    })

    it('have what waits for more than 28 hours given up, and take what is new', async () => {
      const { tenant, engine, receiver, deliveries, told } = subscriber
      await probeFor(subscriber, 29 * hour)
      expect(await deliveries('dead')).to.have.lengthOf(30)
      await tenant.scim.createUser('new')
      receiver.answer = accept
      clock.advance(10 * minute)
      await engine.settle()
      const last = await deliveries('delivered')
      expect(last).to.have.lengthOf(1)
      expect(told().at(-1)?.id).to.equal(last[0]?.eventId)
    })

    it('are disabled after 5 days, which is an event', async () => {
      const { tenant, id, read, engine, told } = subscriber
      for (let days = 0; days < 6; days++) {
        await tenant.scim.createUser(`on-day-${days}`)
        await probeFor(subscriber, day)
      }
      const { enabled, disabledReason } = await read()
      expect(enabled).to.equal(false)
      expect(disabledReason).to.match(/^Every attempt has failed since \d{4}-\d\d-\d\dT/)
      const events = (await readLog(tenant)).filter(({ type }) => type === 'webhook_endpoint.disabled')
      expect(events).to.have.lengthOf(1)
      expect(events[0]).to.include({ resourceType: 'WebhookEndpoint', resourceId: id })
      expect(events[0]?.data.resource).to.include({ id, enabled: false, disabledReason })
      const { length } = told()
      await tenant.scim.createUser('unheard')
      clock.advance(hour)
      await engine.settle()
      expect(told()).to.have.lengthOf(length)
    })
  })

  it('that say that they are gone are disabled at once, and go on where they stopped when they are enabled', async () => {
    const { tenant, id, receiver, engine, told, read, deliveries } = await addSubscriber()
    receiver.answer = refuse(410)
    await tenant.scim.createUser('ada')
    await engine.settle()
    expect(await read()).to.include({ enabled: false, disabledReason: 'The receiver answered 410 Gone.' })
    await addUsers(tenant, 3)
    clock.advance(hour)
    await engine.settle()
    expect(told()).to.have.lengthOf(1)
    receiver.answer = accept
    await changeSubscription(testDatabase(), tenant.organizationId, 'webhook', id, { enabled: true }, clock.now())
    await engine.settle()
    expect(await read()).to.include({ enabled: true, disabledReason: null, failures: 0 })
    expect((await deliveries()).map(({ state }) => state)).to.deep.equal(Array(4).fill('delivered'))
    expect(told()).to.have.lengthOf(5)
  })

  it('that fail have at most 1000 deliveries waiting, and the log keeps the rest', async () => {
    const { tenant, receiver, engine, deliveries, told, read } = await addSubscriber({ settings: { concurrency: 50 } })
    receiver.answer = refuse(500)
    await engine.settle()
    const { takenNumber } = await read()
    await addEvents(tenant, 1700)
    await engine.settle()
    expect(await deliveries('waiting')).to.have.lengthOf(1000)
    expect((await read()).takenNumber).to.equal(takenNumber + 1000)
    receiver.answer = accept
    const failed = told().length
    for (let round = 0; round < 3; round++) {
      clock.advance(2 * minute)
      await engine.settle()
    }
    expect(await deliveries('delivered')).to.have.lengthOf(1700)
    const numbers = told().map(({ number }) => number)
    expect(new Set(numbers).size).to.equal(1700)
    expect(numbers).to.have.lengthOf(1700 + failed)
  })

  it('that do not answer delay nobody else', async () => {
    const tenant = await createTenant()
    const dead = await addSubscriber({}, tenant)
    const well = await addSubscriber({}, tenant)
    const held = Promise.withResolvers<void>()
    dead.receiver.answer = (_received, response) => void held.promise.then(() => response.destroy())
    const heard = Promise.withResolvers<void>()
    well.receiver.answer = (_received, response) => {
      response.end()
      if (well.receiver.received.length === 5) heard.resolve()
    }
    await addUsers(tenant, 5)
    const settled = well.engine.settle()
    await heard.promise
    expect(await dead.deliveries('delivered')).to.have.lengthOf(0)
    held.resolve()
    await settled
    expect(await dead.deliveries('waiting')).to.have.lengthOf(5)
  })

  it('get no more at once than they take', async () => {
    const { tenant, receiver, engine } = await addSubscriber({ settings: { concurrency: 3 } })
    const underWay: ServerResponse[] = []
    const sizes: number[] = []
    receiver.answer = (_received, response) => {
      // With the third one all are answered, once a fourth one that was sent with it would have come.
      if (underWay.push(response) !== 3) return
      setImmediate(() =>
        setImmediate(() => {
          sizes.push(underWay.length)
          for (const one of underWay.splice(0)) one.end()
        }),
      )
    }
    await addUsers(tenant, 39)
    await engine.settle()
    expect(sizes).to.deep.equal(Array.from({ length: 13 }, () => 3))
  })

  it('get no more in a second than they ask for', async () => {
    const { tenant, receiver, engine } = await addSubscriber({ settings: { perSecond: 50 } })
    const times: number[] = []
    receiver.answer = (_received, response) => {
      times.push(performance.now())
      response.end()
    }
    await addUsers(tenant, 45)
    await engine.settle()
    // A tenth of a second's worth may come at once.
    const most = times.map((start) => times.filter((at) => at >= start && at < start + 500).length)
    expect(Math.max(...most)).to.be.at.most(25 + 5 + 1)
    expect(times).to.have.lengthOf(45)
  })
})

async function addUsers({ scim }: Tenant, count: number): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, (_, index) => scim.createUser(`user-${index}-${clock.now().getTime()}`)),
  )
}

// Straight into the log, for numbering and SCIM are not what is looked at.
async function addEvents({ organizationId }: Tenant, count: number): Promise<void> {
  const db = testDatabase()
  await query(
    db,
    `insert into events (org_id, number, id, type, at, resource_type, resource_id, version, data)
     select $1, o.last_event + n, 'evt_' || n, 'user.created', now(), 'User', 'emp_' || n, 1,
       '{"directoryId":null,"requestId":null,"resource":{}}'
     from generate_series(1, $2::integer) n, organizations o where o.org_id = $1`,
    [organizationId, count],
  )
  await query(db, 'update organizations set last_event = last_event + $2 where org_id = $1', [organizationId, count])
  await query(db, 'update subscriptions set wakes = wakes + 1, due_at = now() where org_id = $1', [organizationId])
}

async function readDueAt({ tenant, id }: Subscriber): Promise<number> {
  const rows = await query<{ due_at: Date }>(
    testDatabase(),
    'select due_at from subscriptions where org_id = $1 and id = $2',
    [tenant.organizationId, id],
  )
  return rows[0]?.due_at.getTime() ?? 0
}

// In steps as long as the longest pause between two attempts.
async function probeFor({ engine }: Subscriber, milliseconds: number): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += 30 * minute) {
    clock.advance(30 * minute)
    await engine.settle()
  }
}
