// Receivers that tokens are sent to (RFC 8935), over TLS.
import { expect } from 'chai'
import { decodeProtectedHeader } from 'jose'
import { type Delivery, listDeliveries, resend } from '../../server/events/deliveries.ts'
import { createFeed, type FeedDraft } from '../../server/events/feeds/feeds.ts'
import { changeSubscription, readSubscription } from '../../server/events/subscriptions.ts'
import { clock } from '../support/app.ts'
import {
  createFeedWorld,
  type FeedWorld,
  type PushReceiver,
  readKeys,
  startPushReceiver,
  verify,
} from '../support/feeds.ts'
import { testDatabase } from '../support/postgres.ts'

const hour = 3_600_000

describe('a feed that is pushed', () => {
  let receiver: PushReceiver
  let world: FeedWorld
  let feed: string
  beforeEach(async () => {
    receiver = await startPushReceiver()
    world = await createFeedWorld({ ca: receiver.certificate.cert })
    feed = await addFeed()
  })
  afterEach(() => receiver.close())

  const addFeed = (draft: Partial<FeedDraft> = {}): Promise<string> =>
    world.addFeed({ method: 'push', url: receiver.url, ...draft })

  const readLog = async (): Promise<Delivery[]> => {
    const { organizationId } = world.tenant
    return (await listDeliveries(testDatabase(), organizationId, feed, { limit: 100 })).toReversed()
  }
  const readStates = async (): Promise<string[]> => (await readLog()).map(({ state }) => state)

  const refuse = (err: string, description = 'No.') => ({ status: 400, body: JSON.stringify({ err, description }) })

  it('8935-2-01 9967-2-03 sends each token by POST over TLS as what it is, signed with a key that is published', async () => {
    const { id } = await world.tenant.scim.createUser('ana')
    await world.settle()
    const [request, ...others] = receiver.requests
    expect(others).to.deep.equal([])
    expect(request?.method).to.equal('POST')
    expect(request?.headers).to.include({ 'content-type': 'application/secevent+jwt', accept: 'application/json' })
    expect(request?.headers).to.not.have.property('authorization')
    const token = request?.body ?? ''
    const { keys } = await readKeys()
    expect(decodeProtectedHeader(token)).to.deep.equal({ alg: 'ES256', typ: 'secevent+jwt', kid: keys[0]?.kid })
    const claims = await verify(token)
    expect(claims['sub_id'].id).to.equal(id)
    expect((await readLog()).map((delivery) => delivery.id)).to.deep.equal([claims['jti']])
    expect(await readStates()).to.deep.equal(['delivered'])
  })

  it('sends what is set in Authorization, and stores it sealed', async () => {
    await changeSubscription(testDatabase(), world.tenant.organizationId, 'feed', feed, { enabled: false }, clock.now())
    const signed = await addFeed({ authorizationHeader: 'Bearer their-secret' })
    const { secrets, settings } = await readSubscription(testDatabase(), world.tenant.organizationId, 'feed', signed)
    expect(JSON.stringify([secrets, settings])).to.not.include('their-secret')
    await world.tenant.scim.createUser('ana')
    await world.settle()
    expect(receiver.requests.map(({ headers }) => headers['authorization'])).to.deep.equal(['Bearer their-secret'])
  })

  it('8935-2-02 counts 202, and any other 2xx, as delivered', async () => {
    receiver.answerWith({ status: 202 }, { status: 200, body: '{}' }, { status: 204 })
    for (const name of ['ana', 'ben', 'eva']) await world.tenant.scim.createUser(name)
    await world.settle()
    expect(await readStates()).to.deep.equal(['delivered', 'delivered', 'delivered'])
    expect(receiver.requests).to.have.length(3)
  })

  for (const err of ['invalid_request', 'invalid_key', 'invalid_issuer', 'invalid_audience']) {
    it(`8935-2-02 records ${err} with what the receiver says, and does not send the token again`, async () => {
      receiver.answerWith(refuse(err, 'Not this.'))
      const { id } = await world.tenant.scim.createUser('ana')
      await world.settle()
      const [delivery] = await readLog()
      expect([delivery?.state, delivery?.attempts.length]).to.deep.equal(['dead', 1])
      expect(delivery?.attempts[0]).to.include({ status: 400, error: `${err}: Not this.` })
      await world.tenant.scim.patch(`/Users/${id}`, [{ op: 'add', path: 'title', value: 'Cook' }])
      clock.advance(hour)
      await world.settle()
      expect(await readStates()).to.deep.equal(['dead', 'delivered'])
      expect(receiver.requests).to.have.length(2)
    })
  }

  it('8935-2-02 sends again, later and later, what may be taken yet, and nothing of the resource before it', async () => {
    receiver.answerWith(
      refuse('authentication_failed'),
      refuse('access_denied'),
      { status: 400, body: 'not JSON' },
      { status: 400, body: '{"err":7}' },
      { status: 500 },
      { status: 307, headers: { location: receiver.url } },
    )
    const { id } = await world.tenant.scim.createUser('ana')
    await world.tenant.scim.patch(`/Users/${id}`, [{ op: 'add', path: 'title', value: 'Cook' }])
    await world.settle()
    expect(receiver.requests).to.have.length(1)
    await world.settle()
    expect(receiver.requests).to.have.length(1)
    for (let attempt = 2; attempt <= 7; attempt++) {
      clock.advance(12 * hour)
      await world.settle()
    }
    const [first, second] = await readLog()
    expect(first?.attempts.map(({ status }) => status)).to.deep.equal([400, 400, 400, 400, 500, 307, 202])
    expect([first?.state, second?.state, second?.attempts.length]).to.deep.equal(['delivered', 'delivered', 1])
    const jtis = await Promise.all(receiver.requests.map(async ({ body }) => (await verify(body))['jti']))
    expect(jtis).to.deep.equal([...Array<unknown>(7).fill(first?.id), second?.id])
  })

  it('9967-2.2-01 keeps the txn of a token that is sent once more by hand', async () => {
    await world.tenant.scim.createUser('ana')
    await world.settle()
    const [delivery] = await readLog()
    await resend(testDatabase(), world.tenant.organizationId, feed, delivery?.id ?? '', clock.now())
    await world.settle()
    const [one, other] = await Promise.all(receiver.requests.map(({ body }) => verify(body)))
    expect(one?.['txn']).to.equal(other?.['txn'])
    expect(one?.['jti']).to.not.equal(other?.['jti'])
  })

  it('9967-5-01 takes no url without TLS, and sends nothing to one, whatever the operator allows', async () => {
    const plain = receiver.url.replace('https:', 'http:')
    const refused = await addFeed({ url: plain }).catch((error: unknown) => error)
    expect(refused).to.include({ code: 'invalid_value' })
    const { settings } = await readSubscription(testDatabase(), world.tenant.organizationId, 'feed', feed)
    const changed = { settings: { ...settings, url: plain } }
    await changeSubscription(testDatabase(), world.tenant.organizationId, 'feed', feed, changed, clock.now())
    await world.tenant.scim.createUser('ana')
    await world.settle()
    expect(receiver.requests).to.deep.equal([])
    const [delivery] = await readLog()
    expect([delivery?.state, delivery?.attempts[0]?.error]).to.deep.equal(['waiting', 'url must begin with https.'])
  })

  it('9967-5-01 sends nothing where nobody vouches for the certificate', async () => {
    const distrusting = await createFeedWorld({ tenant: world.tenant })
    await world.tenant.scim.createUser('ana')
    await distrusting.settle()
    expect(receiver.requests).to.deep.equal([])
    expect(await readStates()).to.deep.equal(['waiting'])
  })

  it('is disabled at once where the receiver is gone', async () => {
    receiver.answerWith({ status: 410 })
    await world.tenant.scim.createUser('ana')
    await world.settle()
    const { enabled, disabledReason } = await readSubscription(
      testDatabase(),
      world.tenant.organizationId,
      'feed',
      feed,
    )
    expect([enabled, disabledReason]).to.deep.equal([false, 'The receiver answered 410 Gone.'])
  })

  it('needs a url, and a feed that is polled has none', async () => {
    const { organizationId } = world.tenant
    const rest = {
      audience: 'a',
      mode: 'full',
      tokenId: null,
      authorizationHeader: null,
      types: ['*'],
      condition: null,
    } as const
    for (const settings of [
      { method: 'push', url: null },
      { method: 'poll', url: receiver.url },
    ] as const) {
      const draft = { ...rest, ...settings, name: 'Another', enabled: true }
      const refused = await createFeed(testDatabase(), world.services, organizationId, draft, clock.now()).catch(
        (error: unknown) => error,
      )
      expect(refused).to.include({ code: 'invalid_value' })
    }
  })
})
