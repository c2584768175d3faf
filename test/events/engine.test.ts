// Who delivers, and when: nothing is forgotten, and one who is believed dead spoils nothing.
import { expect } from 'chai'
import { query } from '../../server/db/query.ts'
import { deliver } from '../../server/events/delivery/deliver.ts'
import { endHold, HoldLost, renewHold, takeHold } from '../../server/events/delivery/hold.ts'
import { readQueue } from '../../server/events/delivery/queue.ts'
import { disable, recordResults } from '../../server/events/delivery/record.ts'
import { takeEvents } from '../../server/events/delivery/take.ts'
import { clock, createTenant } from '../support/app.ts'
import { numberAll, readLog } from '../support/event-log.ts'
import { deliverDue, startDelivering } from '../support/events.ts'
import { testDatabase } from '../support/postgres.ts'
import { httpChannel } from '../support/http-channel.ts'
import { spyOn } from '../support/spy.ts'
import { addSubscriber, closeReceivers, type Subscriber } from '../support/subscriber.ts'

const health = { failures: 0, failingSince: null, pausedUntil: null }
const never = new AbortController().signal

describe('the engine', function () {
  this.timeout(30_000)
  afterEach(closeReceivers)

  it('forgets no event that is numbered while a job is at any of its statements', async () => {
    const subscriber = await addSubscriber()
    const { tenant, id, engine, told } = subscriber
    let isOver = false
    for (let at = 0; !isOver; at++) {
      await tenant.scim.createUser(`known-${at}`)
      await numberAll(tenant)
      let statement = 0
      const db = spyOn(testDatabase(), async (asked) => {
        if (statement++ === at) {
          await tenant.scim.createUser(`meanwhile-${at}`)
          await numberAll(tenant)
        }
        return testDatabase().executeQuery(asked)
      })
      await deliver({ ...engine.parts, db }, { organizationId: tenant.organizationId, id }, never)
      isOver = statement <= at
      await deliverAll(subscriber)
      const numbers = (await readLog(tenant)).filter(({ type }) => type === 'user.created').map(({ number }) => number)
      expect(
        told().map(({ number }) => number),
        `at statement ${at}`,
      ).to.have.members(numbers)
    }
  })

  it('forgets no event while many are written, numbered and told at the same time', async () => {
    const subscriber = await addSubscriber()
    const { tenant, told } = subscriber
    for (let round = 0; round < 25; round++) {
      const work = Array.from({ length: 4 }, async (_, index) => {
        await tenant.scim.createUser(`user-${round}-${index}`)
        await Promise.all([numberAll(tenant), deliverAll(subscriber)])
      })
      await Promise.all(work)
      await numberAll(tenant)
      await deliverAll(subscriber)
      expect(told(), `round ${round}`).to.have.lengthOf((round + 1) * 4)
    }
  })

  it('forgets no event that is numbered while its subscription is made', async () => {
    const tenant = await createTenant()
    for (let round = 0; round < 10; round++) {
      const made = addSubscriber({}, tenant)
      await Promise.all([made, numberAll(tenant)])
      const subscriber = await made
      await tenant.scim.createUser(`after-${round}`)
      await numberAll(tenant)
      await deliverAll(subscriber)
      expect(subscriber.told(), `round ${round}`).to.have.lengthOf(1)
    }
  })

  it('lets one that lost its hold write nothing', async () => {
    const { tenant, id, engine, deliveries } = await addSubscriber()
    const db = testDatabase()
    const key = { organizationId: tenant.organizationId, id }
    await tenant.scim.createUser('ada')
    await numberAll(tenant)
    const first = await takeHold(db, key, clock.now())
    expect(await takeHold(db, key, clock.now())).to.equal(undefined)
    clock.advance(11_000)
    const second = await takeHold(db, key, clock.now())
    if (first === undefined || second === undefined) throw new Error('the hold was not to be had')
    const interest = (): { before: boolean; after: boolean } => ({ before: true, after: true })
    const parts = { db, subscription: first.held.subscription, channel: httpChannel, interest, now: clock.now }
    await losesHold(takeEvents({ ...parts, hold: first.hold }, () => true))
    expect(await takeEvents({ ...parts, hold: second.hold }, () => true)).to.equal(true)
    const [waiting] = (await readQueue(db, key)).listDue(clock.now(), new Set(), 1)
    if (waiting === undefined) throw new Error('nothing waits')
    const result = { waiting, outcome: { isDelivered: true }, at: clock.now(), durationMs: 1, nextAt: undefined }
    await losesHold(recordResults(db, first.hold, [result], health, clock.now()))
    await losesHold(renewHold(db, first.hold, clock.now()))
    await losesHold(disable(db, first.hold, first.held.subscription, 'for a test', clock.now()))
    expect(await endHold(db, first.hold, second.held.wakes, null)).to.equal(false)
    expect(await deliveries('waiting')).to.have.lengthOf(1)
    await recordResults(db, second.hold, [result], health, clock.now())
    expect(await endHold(db, second.hold, second.held.wakes, null)).to.equal(true)
    expect(await deliveries('delivered')).to.have.lengthOf(1)
    await engine.settle()
    expect((await deliveries())[0]?.attempts).to.have.lengthOf(1)
  })

  it('sends again what one had under way that gives no sign of life, and that one records nothing', async () => {
    const { tenant, id, engine, receiver, told, deliveries } = await addSubscriber()
    const come = Promise.withResolvers<void>()
    const held = Promise.withResolvers<void>()
    receiver.answer = (_received, response) => {
      receiver.answer = (_again, other) => other.end()
      come.resolve()
      void held.promise.then(() => response.writeHead(500).end())
    }
    await tenant.scim.createUser('ada')
    await numberAll(tenant)
    const stuck = deliver(engine.parts, { organizationId: tenant.organizationId, id }, never)
    await come.promise
    clock.advance(11_000)
    await engine.settle()
    held.resolve()
    await stuck
    const [delivery] = await deliveries()
    expect(delivery?.state).to.equal('delivered')
    expect(delivery?.attempts).to.have.lengthOf(1)
    expect(new Set(told().map(({ id: event }) => event)).size).to.equal(1)
    expect(told()).to.have.lengthOf(2)
  })

  it('gives the others a turn, and goes on afterwards', async () => {
    const { tenant, id, engine, told } = await addSubscriber()
    await tenant.scim.createUser('ada')
    await numberAll(tenant)
    const stopped = AbortSignal.abort()
    await deliver(engine.parts, { organizationId: tenant.organizationId, id }, stopped)
    expect(told()).to.have.lengthOf(0)
    await deliverAll({ tenant, engine })
    expect(told()).to.have.lengthOf(1)
  })

  it('tells each event once and in order where two processes run it', async () => {
    const subscriber = await addSubscriber()
    const { tenant, receiver, told, engine: test, deliveries } = subscriber
    const all = Promise.withResolvers<void>()
    receiver.answer = (_received, response) => {
      response.end()
      if (receiver.received.length === 60) all.resolve()
    }
    const engines = await Promise.all([startDelivering(test.parts), startDelivering(test.parts)])
    await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const { id } = await tenant.scim.createUser(`user-${index}`)
        for (const value of ['One', 'Two']) {
          await tenant.scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'nickName', value }])
        }
      }),
    )
    await all.promise
    await Promise.all(engines.map((engine) => engine.stop()))
    expect(await deliveries('delivered')).to.have.lengthOf(60)
    expect(told()).to.have.lengthOf(60)
    const versions = Map.groupBy(told(), ({ resourceId }) => resourceId)
    for (const of of versions.values()) expect(of.map(({ version }) => version)).to.deep.equal([1, 2, 3])
  })

  it('lets attempts under way end when it stops, and leaves the rest to the next one', async () => {
    const { tenant, receiver, deliveries, engine: test } = await addSubscriber({ settings: { concurrency: 2 } })
    const come = Promise.withResolvers<void>()
    const held = Promise.withResolvers<void>()
    receiver.answer = (_received, response) => {
      if (receiver.received.length === 2) come.resolve()
      void held.promise.then(() => response.end())
    }
    const engine = await startDelivering(test.parts)
    await Promise.all(['ada', 'ben', 'cleo'].map((name) => tenant.scim.createUser(name)))
    await come.promise
    const stopped = engine.stop()
    held.resolve()
    await stopped
    expect(await deliveries('delivered')).to.have.lengthOf(2)
    expect(receiver.received).to.have.lengthOf(2)
    await test.settle()
    expect(await deliveries('delivered')).to.have.lengthOf(3)
  })

  it('uses no session of its own, and leaves none of its jobs behind', async () => {
    const { tenant, engine: test, receiver } = await addSubscriber()
    const come = Promise.withResolvers<void>()
    receiver.answer = (_received, response) => {
      response.end()
      come.resolve()
    }
    const engine = await startDelivering(test.parts)
    await tenant.scim.createUser('ada')
    await come.promise
    await engine.stop()
    const live = await query<{ state: string }>(
      testDatabase(),
      `select state from pgboss.job where state in ('active', 'failed')`,
    )
    expect(live).to.deep.equal([])
  })
})

async function deliverAll({ tenant, engine }: Pick<Subscriber, 'tenant' | 'engine'>): Promise<void> {
  while (await deliverDue(engine.parts, tenant.organizationId));
}

async function losesHold(work: Promise<unknown>): Promise<void> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).to.be.instanceOf(HoldLost)
}
