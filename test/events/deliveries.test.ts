// What is told, and when again.
import { expect } from 'chai'
import { query } from '../../server/db/query.ts'
import { resend } from '../../server/events/deliveries.ts'
import { replay } from '../../server/events/delivery/replay.ts'
import { clock, createTenant } from '../support/app.ts'
import { httpChannel } from '../support/http-channel.ts'
import { testDatabase } from '../support/postgres.ts'
import type { Answerer } from '../support/receiver.ts'
import { addSubscriber, closeReceivers, type Subscriber } from '../support/subscriber.ts'

const minute = 60_000
const hour = 60 * minute

const refuse =
  (status: number, headers: Record<string, string> = {}): Answerer =>
  (_received, response) =>
    response.writeHead(status, headers).end()

const accept: Answerer = (_received, response) => response.end()

describe('deliveries', () => {
  afterEach(closeReceivers)

  it('tell of what happens from when the subscription is made', async () => {
    const tenant = await createTenant()
    await tenant.scim.createUser('before')
    const { engine, told, deliveries } = await addSubscriber({}, tenant)
    const after = await tenant.scim.createUser('after')
    await engine.settle()
    expect(told().map(({ type, resourceId }) => [type, resourceId])).to.deep.equal([['user.created', after['id']]])
    const [delivery, ...rest] = await deliveries()
    expect(rest).to.deep.equal([])
    expect(delivery).to.include({ state: 'delivered', origin: 'event', eventType: 'user.created', nextAt: null })
    expect(delivery?.attempts).to.have.lengthOf(1)
    expect(delivery?.attempts[0]).to.include({ status: 200, error: null })
  })

  it('tell of the types only that were asked for', async () => {
    const { tenant, engine, told } = await addSubscriber({ types: ['group.*', 'user.deleted'] })
    const user = await tenant.scim.createUser('ada')
    await tenant.scim.createGroup('Readers')
    await tenant.scim.delete(`/Users/${user['id']}`)
    await engine.settle()
    expect(told().map(({ type }) => type)).to.have.members(['group.created', 'user.deleted'])
  })

  it('tell who meets the condition, and who does not any more', async () => {
    const { tenant, engine, told } = await addSubscriber({ condition: 'title eq "Pilot"', types: ['user.*'] })
    const user = await tenant.scim.createUser('ada', { title: 'Clerk' })
    const path = `/Users/${user['id']}`
    await tenant.scim.patch(path, [{ op: 'replace', path: 'title', value: 'Pilot' }])
    await tenant.scim.patch(path, [{ op: 'replace', path: 'nickName', value: 'Ace' }])
    await tenant.scim.patch(path, [{ op: 'replace', path: 'title', value: 'Clerk' }])
    await tenant.scim.patch(path, [{ op: 'replace', path: 'nickName', value: 'Ex' }])
    await engine.settle()
    expect(told().map(({ version }) => version)).to.deep.equal([2, 3, 4])
  })

  it('are tried again with the same id after 5 seconds, and then ever later, until they are dead after some 28 hours', async () => {
    const { tenant, receiver, engine, told, deliveries } = await addSubscriber()
    receiver.answer = refuse(500)
    await tenant.scim.createUser('ada')
    await engine.settle()
    const pauses = [5000, minute, 5 * minute, 30 * minute, 2 * hour, 5 * hour, 8 * hour, 12 * hour]
    for (const [index, pause] of pauses.entries()) {
      const [waiting] = await deliveries('waiting')
      const last = waiting?.attempts.at(-1)?.at.getTime() ?? 0
      const nextIn = (waiting?.nextAt?.getTime() ?? 0) - last
      expect(nextIn, `after attempt ${index + 1}`).to.be.within(pause * 0.8, pause * 1.2 + 1000)
      clock.advance(nextIn)
      await engine.settle()
      expect(told()).to.have.lengthOf(index + 2)
    }
    const [dead] = await deliveries()
    expect(dead).to.include({ state: 'dead', nextAt: null })
    expect(dead?.attempts).to.have.lengthOf(9)
    expect(dead?.attempts.at(-1)).to.include({ status: 500, error: 'It answered 500.' })
    expect(new Set(told().map(({ id }) => id)).size).to.equal(1)
  })

  it('are dead at once where the same would fail again, and then the next of the resource goes on', async () => {
    const { tenant, receiver, engine, told, deliveries } = await addSubscriber()
    receiver.answer = ({ body }, response) => {
      response.writeHead((JSON.parse(body) as { version: number }).version === 1 ? 422 : 200).end()
    }
    await changeTwice(tenant, 'ada')
    await engine.settle()
    expect(told().map(({ version }) => version)).to.deep.equal([1, 2, 3])
    expect((await deliveries()).map(({ state }) => state)).to.deep.equal(['dead', 'delivered', 'delivered'])
  })

  it('keep the order of each resource while attempts fail, and make no other resource wait', async () => {
    const { tenant, receiver, engine, told, deliveries } = await addSubscriber()
    const ada = await changeTwice(tenant, 'ada')
    const failing = new Set([`${ada} 1`, `${ada} 2`])
    receiver.answer = ({ body }, response) => {
      const { resourceId, version } = JSON.parse(body) as { resourceId: string; version: number }
      response.writeHead(failing.delete(`${resourceId} ${version}`) ? 503 : 200).end()
    }
    const ben = await changeTwice(tenant, 'ben')
    await engine.settle()
    expect(told().filter(({ resourceId }) => resourceId === ben)).to.have.lengthOf(3)
    expect(told().filter(({ resourceId }) => resourceId === ada)).to.have.lengthOf(1)
    for (let round = 0; round < 2; round++) {
      clock.advance(6000)
      await engine.settle()
    }
    const versions = told().filter(({ resourceId }) => resourceId === ada)
    expect(versions.map(({ version }) => version)).to.deep.equal([1, 1, 2, 2, 3])
    expect((await deliveries()).every(({ state }) => state === 'delivered')).to.equal(true)
  })

  it('wait as long as a receiver that is overloaded asks for, all of them', async () => {
    const { tenant, receiver, engine, told } = await addSubscriber({ settings: { concurrency: 1 } })
    receiver.answer = refuse(429, { 'Retry-After': '120' })
    await Promise.all(['ada', 'ben', 'cleo'].map((name) => tenant.scim.createUser(name)))
    await engine.settle()
    expect(told()).to.have.lengthOf(1)
    receiver.answer = accept
    clock.advance(60_000)
    await tenant.scim.createUser('dora')
    await engine.settle()
    expect(told()).to.have.lengthOf(1)
    clock.advance(61_000)
    await engine.settle()
    expect(told()).to.have.lengthOf(5)
  })

  it('wait for an hour at most, whatever the receiver asks for', async () => {
    const { tenant, receiver, engine, told } = await addSubscriber()
    receiver.answer = refuse(503, { 'Retry-After': '864000' })
    await tenant.scim.createUser('ada')
    await engine.settle()
    receiver.answer = accept
    clock.advance(hour + 1000)
    await engine.settle()
    expect(told()).to.have.lengthOf(2)
  })

  describe('that are sent once more', () => {
    let subscriber: Subscriber
    beforeEach(async () => {
      subscriber = await addSubscriber()
    })

    const again = (id: string): Promise<string> =>
      resend(testDatabase(), subscriber.tenant.organizationId, subscriber.id, id, clock.now())

    it('are new deliveries of the same event, and the first ones stay as they are', async () => {
      const { tenant, engine, told, deliveries } = subscriber
      await tenant.scim.createUser('ada')
      await engine.settle()
      const [first] = await deliveries()
      const id = await again(first?.id ?? '')
      await engine.settle()
      const [before, second] = await deliveries()
      expect(before).to.deep.equal(first)
      expect(second).to.include({ id, origin: 'resend', state: 'delivered', eventId: first?.eventId })
      expect(told().map(({ id: event }) => event)).to.deep.equal([first?.eventId, first?.eventId])
    })

    it('are refused while they wait for their next attempt', async () => {
      const { tenant, engine, receiver, deliveries } = subscriber
      receiver.answer = refuse(500)
      await tenant.scim.createUser('ada')
      await engine.settle()
      const [waiting] = await deliveries()
      await fails(again(waiting?.id ?? ''), 'conflict')
      expect(await deliveries()).to.deep.equal([waiting])
    })

    it('are refused where the event is in the log no more, and where there is no such delivery', async () => {
      const { tenant, engine, deliveries } = subscriber
      await tenant.scim.createUser('ada')
      await engine.settle()
      const [first] = await deliveries()
      await query(testDatabase(), 'delete from events where org_id = $1', [tenant.organizationId])
      await fails(again(first?.id ?? ''), 'conflict')
      await fails(again('dlv_none'), 'not_found')
    })

    it('are not sent where the event was swept while they waited', async () => {
      const { tenant, engine, receiver, deliveries, told } = subscriber
      receiver.answer = refuse(500)
      await tenant.scim.createUser('ada')
      await engine.settle()
      await query(testDatabase(), 'delete from events where org_id = $1', [tenant.organizationId])
      clock.advance(6000)
      await engine.settle()
      const [dead] = await deliveries()
      expect(dead?.state).to.equal('dead')
      expect(dead?.attempts.at(-1)?.error).to.equal('The event is in the log no more.')
      expect(told()).to.have.lengthOf(1)
    })
  })

  describe('that are replayed', () => {
    const run = (
      { tenant, id, engine }: Subscriber,
      range: Parameters<typeof replay>[3],
      isDry = false,
    ): Promise<number> => {
      const { compile } = engine.parts
      const options = { isDry, at: clock.now(), compile, channel: httpChannel }
      return replay(testDatabase(), tenant.organizationId, id, range, options)
    }

    it('are counted only in a dry run', async () => {
      const subscriber = await addSubscriber()
      const { tenant, engine, told, deliveries } = subscriber
      await changeTwice(tenant, 'ada')
      await engine.settle()
      const [first] = told()
      expect(await run(subscriber, { from: (first?.number ?? 0) + 1, only: 'all' }, true)).to.equal(2)
      await engine.settle()
      expect(await deliveries()).to.have.lengthOf(3)
      expect(told()).to.have.lengthOf(3)
    })

    it('are the events of the range that the subscription is about, in order', async () => {
      const tenant = await createTenant()
      const from = clock.now()
      await changeTwice(tenant, 'ada')
      await tenant.scim.createGroup('Readers')
      const subscriber = await addSubscriber({ settings: { concurrency: 1 } }, tenant)
      await subscriber.engine.settle()
      expect(await run(subscriber, { from, only: 'all' })).to.equal(3)
      await subscriber.engine.settle()
      expect(subscriber.told().map(({ version }) => version)).to.deep.equal([1, 2, 3])
      const made = await subscriber.deliveries()
      expect(made.map(({ origin, state }) => [origin, state])).to.deep.equal(
        Array.from({ length: 3 }, () => ['replay', 'delivered']),
      )
      const to = subscriber.told()[1]?.number ?? 0
      expect(await run(subscriber, { from: 1, to, only: 'all' }, true)).to.equal(2)
      expect(await run(subscriber, { from: clock.now(), only: 'all' }, true)).to.equal(0)
    })

    it('are only the dead ones where those are asked for, and those that were sent again since are not', async () => {
      const subscriber = await addSubscriber()
      const { tenant, engine, receiver, told, deliveries } = subscriber
      receiver.answer = ({ body }, response) => {
        response.writeHead((JSON.parse(body) as { version: number }).version === 2 ? 422 : 200).end()
      }
      await Promise.all(['ada', 'ben'].map((name) => changeTwice(tenant, name)))
      await engine.settle()
      expect(await deliveries('dead')).to.have.lengthOf(2)
      receiver.answer = accept
      expect(await run(subscriber, { from: 1, only: 'dead' }, true)).to.equal(2)
      expect(await run(subscriber, { from: 1, only: 'dead' })).to.equal(2)
      await engine.settle()
      expect(
        told()
          .slice(6)
          .map(({ version }) => version),
      ).to.deep.equal([2, 2])
      expect(await run(subscriber, { from: 1, only: 'dead' })).to.equal(0)
      expect(await deliveries('dead')).to.have.lengthOf(2)
    })
  })
})

async function changeTwice({ scim }: Subscriber['tenant'], userName: string): Promise<string> {
  const { id } = await scim.createUser(userName)
  for (const value of ['One', 'Two']) await scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'nickName', value }])
  return String(id)
}

async function fails(work: Promise<unknown>, code: string): Promise<void> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).to.include({ code })
}
