// Receivers that come for their tokens (RFC 8936).
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mock } from 'node:test'
import { expect } from 'chai'
import supertest from 'supertest'
import { createApp } from '../../server/app.ts'
import { readConfig } from '../../server/config.ts'
import { AppError } from '../../server/errors.ts'
import { listDeliveries } from '../../server/events/deliveries.ts'
import { FeedWaiting } from '../../server/events/feeds/waiting.ts'
import { createLogger } from '../../server/ops/logger.ts'
import { clock, createTenant, operatorToken } from '../support/app.ts'
import { runBulk } from '../support/bulk.ts'
import { createFeedWorld, expectPolled, type FeedWorld, poll, verify } from '../support/feeds.ts'
import { testDatabase } from '../support/postgres.ts'
import { type Reply, ScimClient, userSchema } from '../support/scim-client.ts'

const userNameOf = async (token: string): Promise<string> => {
  const [payload] = Object.values((await verify(token))['events']) as { data: { userName: string } }[]
  return payload?.data.userName ?? ''
}

describe('a feed that is polled', () => {
  let world: FeedWorld
  let application: ScimClient
  let feed: string
  beforeEach(async () => {
    world = await createFeedWorld()
    application = world.application
    feed = await world.addFeed({ types: ['user.*'] })
  })

  async function createUsers(...userNames: readonly string[]): Promise<void> {
    for (const userName of userNames) await world.tenant.scim.createUser(userName)
    await world.settle()
  }

  async function fetchNames(body: object = {}): Promise<{ names: string[]; jtis: string[]; moreAvailable: boolean }> {
    const { sets, moreAvailable } = expectPolled(await poll(application, feed, { returnImmediately: true, ...body }))
    const names = await Promise.all(Object.values(sets).map(userNameOf))
    return { names, jtis: Object.keys(sets), moreAvailable }
  }

  const readStates = async (): Promise<unknown[]> => {
    const { organizationId } = world.tenant
    const deliveries = await listDeliveries(testDatabase(), organizationId, feed, { limit: 100 })
    return deliveries.toReversed().map(({ state, attempts }) => [state, attempts.map(({ error }) => error)])
  }

  it('8936-2-01 gives tokens by their jti, in the order of what happened, and says whether there are more', async () => {
    await createUsers('ana', 'ben', 'eva')
    const { sets, moreAvailable } = expectPolled(await poll(application, feed, {}))
    expect(moreAvailable).to.equal(false)
    for (const [jti, token] of Object.entries(sets)) expect((await verify(token))['jti']).to.equal(jti)
    expect(await Promise.all(Object.values(sets).map(userNameOf))).to.deep.equal(['ana', 'ben', 'eva'])
  })

  it('8936-2-03 gives no more than are wanted, and with 0 takes acknowledgements alone', async () => {
    await createUsers('ana', 'ben', 'eva')
    const first = await fetchNames({ maxEvents: 2 })
    expect([first.names, first.moreAvailable]).to.deep.equal([['ana', 'ben'], true])
    const none = await fetchNames({ maxEvents: 0, returnImmediately: false, ack: first.jtis })
    expect([none.names, none.moreAvailable]).to.deep.equal([[], true])
    const rest = await fetchNames({ maxEvents: 2 })
    expect([rest.names, rest.moreAvailable]).to.deep.equal([['eva'], false])
  })

  it('gives at most 100 at once, however many are wanted', async () => {
    await createUsers(...Array.from({ length: 101 }, (_, index) => `user-${index}`))
    const { names, moreAvailable } = await fetchNames({ maxEvents: 1000 })
    expect([names.length, moreAvailable]).to.deep.equal([100, true])
  })

  it('8936-2-04 gives again what was not acknowledged, and never again what was', async () => {
    await createUsers('ana', 'ben')
    const first = await fetchNames()
    expect(first.names).to.deep.equal(['ana', 'ben'])
    const [ana = ''] = first.jtis
    const second = await fetchNames({ ack: [ana, 'dlv_of-nobody', 'not ours'] })
    expect([second.names, second.jtis]).to.deep.equal([['ben'], first.jtis.slice(1)])
    expect((await fetchNames({ ack: [ana] })).names).to.deep.equal(['ben'])
    expect((await fetchNames({ ack: second.jtis })).names).to.deep.equal([])
    await createUsers('eva')
    expect((await fetchNames()).names).to.deep.equal(['eva'])
    expect(await readStates()).to.deep.equal([
      ['delivered', [null]],
      ['delivered', [null]],
      ['waiting', []],
    ])
  })

  it('8936-2-05 records what the receiver does not take, and why, and goes on', async () => {
    await createUsers('ana', 'ben')
    const { jtis } = await fetchNames()
    const [ana = '', ben = ''] = jtis
    const setErrs = { [ana]: { err: 'invalid_audience', description: 'Not for\u0007 us.' }, [ben]: { err: 'jwtHdr' } }
    expect((await fetchNames({ setErrs, ack: [ben] })).names).to.deep.equal([])
    expect(await readStates()).to.deep.equal([
      ['dead', ['invalid_audience: Not for  us.']],
      ['dead', ['jwtHdr: ']],
    ])
  })

  it('8936-2-05 refuses with 400 what is no request', async () => {
    const wrong = [
      { maxEvents: -1 },
      { maxEvents: 'all' },
      { returnImmediately: 'yes' },
      { ack: 'dlv_1' },
      { ack: [1] },
      { ack: ['\u0000'] },
      { setErrs: [] },
      { setErrs: { dlv_1: 'no' } },
      { setErrs: { dlv_1: { description: 'no err' } } },
      { setErrs: { 'dlv_\u0000': { err: 'x' } } },
      [],
      'not JSON',
    ]
    for (const body of wrong) {
      const { status, text } = await poll(application, feed, body)
      expect(status, `${JSON.stringify(body)} ${text}`).to.equal(400)
    }
    expectPolled(await poll(application, feed, { returnImmediately: true, unknown: 1 }))
  })

  it('8936-2-02 answers at once with nothing where that is wanted', async () => {
    expect(expectPolled(await poll(application, feed, { returnImmediately: true }))).to.deep.equal({
      sets: {},
      moreAvailable: false,
    })
  })

  it('8936-2-02 keeps a request waiting until there is something', async () => {
    const waiting = poll(application, feed, {})
    let hasAnswered = false
    void waiting.then(() => (hasAnswered = true))
    // Whoever asks meanwhile is answered, so that it is not for being slow that the other one is not.
    for (let count = 0; count < 5; count++) expect((await fetchNames()).names).to.deep.equal([])
    expect(hasAnswered).to.equal(false)
    await createUsers('ana')
    const { sets } = expectPolled(await waiting)
    expect(await Promise.all(Object.values(sets).map(userNameOf))).to.deep.equal(['ana'])
  })

  it('9967-5-03 is for the tokens of its organization with the scope events, and for the one that it is bound to', async () => {
    await createUsers('ana')
    const ask = (client: ScimClient, id = feed): Promise<Reply> => poll(client, id, { returnImmediately: true })
    expect((await ask(await world.tenant.addApplication(['read', 'hr']))).status).to.equal(403)
    expect((await ask(world.tenant.scim)).status).to.equal(403)
    expect((await ask(world.tenant.scim.withToken(operatorToken))).status).to.equal(403)
    expect((await ask(world.tenant.scim.withToken('nobody'))).status).to.equal(401)
    const foreign = await (await createTenant()).addApplication(['events'])
    const never = await ask(foreign, `feed_${'0'.repeat(26)}`)
    const refused = await ask(foreign)
    expect([refused.status, refused.body['error'].code]).to.deep.equal([404, never.body['error'].code])
    const another = await world.tenant.addApplication(['events'])
    expect(Object.keys(expectPolled(await ask(another)).sets)).to.have.length(1)
    const bound = await addFeedOf(another)
    expect((await ask(application, bound)).status).to.equal(404)
    expectPolled(await ask(another, bound))
  })

  async function addFeedOf(client: ScimClient): Promise<string> {
    const { id } = await testDatabase()
      .selectFrom('tokens')
      .select('id')
      .where('org_id', '=', world.tenant.organizationId)
      .where('hint', '=', client.token.slice(-4))
      .executeTakeFirstOrThrow()
    return world.addFeed({ tokenId: id })
  }

  it('takes acknowledgements for its own tokens alone', async () => {
    const other = await world.addFeed({ types: ['user.*'] })
    await createUsers('ana')
    const { sets } = expectPolled(await poll(application, other, { returnImmediately: true }))
    expect((await fetchNames({ ack: Object.keys(sets) })).names).to.deep.equal(['ana'])
    expect(expectPolled(await poll(application, other, { returnImmediately: true })).sets).to.have.all.keys(sets)
  })

  it('lets go of requests that wait when the server stops', async () => {
    const config = readConfig({})
    const app = createApp({ config, db: testDatabase(), logger: createLogger('silent'), now: clock.now })
    const server = createServer(app.listener)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const client = new ScimClient(supertest(server), `http://127.0.0.1:${port}`, application.token)
    const waiting = poll(client, feed, {})
    app.drain()
    expect(expectPolled(await waiting).sets).to.deep.equal({})
    server.close()
  }).timeout(5000)

  it('says so where it is pushed, or disabled', async () => {
    const pushed = await world.addFeed({ method: 'push', url: 'https://127.0.0.1/' })
    const disabled = await world.addFeed({ enabled: false })
    for (const id of [pushed, disabled]) expect((await poll(application, id, {})).status).to.equal(409)
  })

  it('goes on where more waits than is taken at once', async () => {
    const userNames = Array.from({ length: 1300 }, (_, index) => `user-${index}`)
    for (const some of [userNames.slice(0, 1000), userNames.slice(1000)]) {
      const operations = some.map((userName) => ({
        ...{ method: 'POST', path: '/Users', bulkId: userName },
        data: { schemas: [userSchema], userName },
      }))
      await runBulk(world.tenant.scim, operations)
    }
    const seen = await world.drain(feed)
    expect(
      seen.map(({ claims }) => Object.values<{ data: { userName: string } }>(claims['events'])[0]?.data.userName),
    ).to.deep.equal(userNames)
  })
})

describe('requests that wait for events', () => {
  const feed = { organizationId: 'org_0', id: 'feed_0' }
  const { signal } = new AbortController()
  let feedWaiting: FeedWaiting
  beforeEach(() => {
    feedWaiting = new FeedWaiting(testDatabase())
  })
  afterEach(() => mock.timers.reset())

  it('8936-2-02 end after 20 seconds', async () => {
    mock.timers.enable({ apis: ['setTimeout'] })
    let hasEnded = false
    const waiting = feedWaiting.wait(feed, signal).then(() => (hasEnded = true))
    mock.timers.tick(19_999)
    await Promise.resolve()
    expect(hasEnded).to.equal(false)
    mock.timers.tick(1)
    await waiting
  })

  it('end when the client is gone', async () => {
    const leaving = new AbortController()
    const waiting = feedWaiting.wait(feed, leaving.signal)
    leaving.abort()
    await waiting
    await feedWaiting.wait(feed, leaving.signal)
  })

  it('end when the server stops, and none waits from then on', async () => {
    const waiting = [feedWaiting.wait(feed, signal), feedWaiting.wait(feed, signal)]
    feedWaiting.end()
    await Promise.all([...waiting, feedWaiting.wait(feed, signal)])
  })

  it('are at most four of one feed; whoever is refused may wait when one is gone', async () => {
    const leaving = new AbortController()
    const gone = feedWaiting.wait(feed, leaving.signal)
    const staying = [1, 2, 3].map(() => feedWaiting.wait(feed, signal))
    const refused = await feedWaiting.wait(feed, signal).catch((error: unknown) => error)
    expect(refused).to.be.instanceOf(AppError).that.includes({ code: 'rate_limited' })
    const other = feedWaiting.wait({ ...feed, id: 'feed_1' }, signal)
    leaving.abort()
    await gone
    const another = feedWaiting.wait(feed, signal)
    feedWaiting.end()
    await Promise.all([...staying, other, another])
  })
})
