// From a SCIM request to a signed webhook: what is told, to whom, and what comes of the answers.
import { expect } from 'chai'
import { AdminClient } from '../support/admin-client.ts'
import { clock, createTenant, type Tenant } from '../support/app.ts'
import type { TestEngine } from '../support/events.ts'
import { type Answerer, type Received, type Receiver, startReceiver } from '../support/receiver.ts'
import type { Body } from '../support/scim-client.ts'
import { createHook, type Hook, startWebhooks, verifyWebhook } from '../support/webhooks.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs

describe('webhooks', () => {
  let tenant: Tenant
  let admin: AdminClient
  let engine: TestEngine
  let receiver: Receiver
  beforeEach(async () => {
    tenant = await createTenant()
    admin = new AdminClient(tenant)
    engine = startWebhooks(tenant)
    receiver = await startReceiver()
  })
  afterEach(() => receiver.close())

  const answerWith =
    (status: number, headers: Record<string, string> = {}, body = ''): Answerer =>
    (_received, response) =>
      response.writeHead(status, headers).end(body)

  async function readDeliveries(hook: Hook): Promise<Body[]> {
    const list = await admin.get(`${hook.path}/deliveries`)
    const all = list.body['data'] as Body[]
    return Promise.all(all.map(async ({ id }) => (await admin.get(`${hook.path}/deliveries/${id}`)).body))
  }

  async function readState(hook: Hook): Promise<Body> {
    return (await admin.get(hook.path)).body
  }

  it('tell what a SCIM request changed, before and after, signed as Standard Webhooks has it', async () => {
    const hook = await createHook(tenant, `${receiver.origin}/people?from=rollcall`)
    const user = await tenant.scim.createUser('ana', { title: 'Clerk', externalId: 'A1' })
    const patched = await tenant.scim.patch(`/Users/${user['id']}`, [{ op: 'replace', path: 'title', value: 'Chief' }])
    await engine.settle()
    const [made, changed, ...none] = receiver.received
    expect(none).to.have.length(0)
    expect(made).to.deep.include({ method: 'POST', path: '/people?from=rollcall' })
    expect(made?.headers['content-type']).to.equal('application/json')
    const first = verifyWebhook(made as Received, hook.secret)
    expect(first['type']).to.equal('user.created')
    const { type, timestamp, data } = verifyWebhook(changed as Received, hook.secret)
    expect([type, timestamp]).to.deep.equal(['user.updated', patched.body['meta'].lastModified])
    expect(data).to.deep.include({
      id: changed?.headers['webhook-id'],
      number: first['data'].number + 1,
      organizationId: tenant.organizationId,
      resourceType: 'User',
      resourceId: user['id'],
      version: 2,
      directoryId: tenant.directoryId,
      requestId: patched.headers['x-request-id'],
      changes: { title: { before: 'Clerk', after: 'Chief' } },
    })
    expect(data.resource).to.deep.include({ id: user['id'], userName: 'ana', title: 'Chief', externalId: 'A1' })
    expect(Object.keys(JSON.parse(changed?.body ?? ''))).to.have.members(['type', 'timestamp', 'data'])
  })

  it('tell who came into a group, and who left', async () => {
    const hook = await createHook(tenant, receiver.origin, { types: ['membership.*'] })
    const { id } = await tenant.scim.createUser('ana')
    const group = await tenant.scim.createGroup('Board', [id])
    await tenant.scim.patch(`/Groups/${group['id']}`, [{ op: 'remove', path: `members[value eq "${id}"]` }])
    await engine.settle()
    const told = receiver.received.map((one) => verifyWebhook(one, hook.secret))
    expect(told.map(({ type, data }) => [type, data.resourceId, data.member])).to.deep.equal([
      ['membership.added', group['id'], { id, type: 'User' }],
      ['membership.removed', group['id'], { id, type: 'User' }],
    ])
  })

  it('tell those who meet a condition, and those who stop to meet it', async () => {
    const hook = await createHook(tenant, receiver.origin, { types: ['user.*'], condition: 'title eq "Clerk"' })
    const ana = await tenant.scim.createUser('ana', { title: 'Clerk' })
    await tenant.scim.createUser('ben', { title: 'Chief' })
    await tenant.scim.patch(`/Users/${ana['id']}`, [{ op: 'replace', path: 'title', value: 'Chief' }])
    await tenant.scim.patch(`/Users/${ana['id']}`, [{ op: 'replace', path: 'displayName', value: 'Ana' }])
    await engine.settle()
    const told = receiver.received.map((one) => verifyWebhook(one, hook.secret))
    expect(told.map(({ type, data }) => [type, data.resource.userName, data.version])).to.deep.equal([
      ['user.created', 'ana', 1],
      ['user.updated', 'ana', 2],
    ])
  })

  it('tell that somebody was anonymized whatever the condition is, for whoever knew them has to forget', async () => {
    const hook = await createHook(tenant, receiver.origin, { types: ['user.*'], condition: 'title eq "Clerk"' })
    const ana = await tenant.scim.createUser('ana', { title: 'Clerk' })
    await engine.settle()
    expect((await admin.post(`/users/${ana['id']}/anonymize`)).status).to.equal(204)
    await engine.settle()
    const told = receiver.received.map((one) => verifyWebhook(one, hook.secret))
    expect(told.map(({ type, data }) => [type, data.resourceId])).to.deep.equal([
      ['user.created', ana['id']],
      ['user.anonymized', ana['id']],
    ])
  })

  it('have the same id and body at each attempt, and a signature of its time', async () => {
    const hook = await createHook(tenant, receiver.origin)
    receiver.answer = answerWith(500, {}, 'oops')
    await tenant.scim.createUser('ana')
    await engine.settle()
    expect(receiver.received).to.have.length(1)
    receiver.answer = answerWith(204)
    clock.advance(10_000)
    await engine.settle()
    const [first, second] = receiver.received as [Received, Received]
    expect([second.headers['webhook-id'], second.body]).to.deep.equal([first.headers['webhook-id'], first.body])
    const times = [first, second].map(({ headers }) => Number(headers['webhook-timestamp']))
    expect((times[1] ?? 0) - (times[0] ?? 0)).to.be.within(9, 60)
    for (const one of [first, second]) verifyWebhook(one, hook.secret)
    const [delivery] = await readDeliveries(hook)
    expect(delivery).to.deep.include({
      state: 'delivered',
      attemptCount: 2,
      eventType: 'user.created',
      origin: 'event',
    })
    expect(delivery?.['attempts'].map(({ status, error, answer }: Body) => ({ status, error, answer }))).to.deep.equal([
      { status: 500, error: 'The receiver answered 500.', answer: 'oops' },
      { status: 204, error: null, answer: null },
    ])
  })

  for (const [status, error] of [
    [
      302,
      'The receiver answered 302, a redirect to /elsewhere. Redirects are not followed: change the url to where it leads.',
    ],
    [
      304,
      'The receiver answered 304, a redirect to /elsewhere. Redirects are not followed: change the url to where it leads.',
    ],
    [400, 'The receiver answered 400.'],
    [404, 'The receiver answered 404.'],
    [503, 'The receiver answered 503.'],
  ] as const) {
    it(`are tried again where ${status} is answered`, async () => {
      const hook = await createHook(tenant, receiver.origin)
      receiver.answer = answerWith(status, { Location: '/elsewhere' })
      await tenant.scim.createUser('ana')
      await engine.settle()
      const [delivery] = await readDeliveries(hook)
      expect(delivery).to.deep.include({ state: 'waiting', endedAt: null })
      expect(delivery?.['attempts'][0]).to.deep.include({ status, error })
      expect(receiver.received).to.have.length(1)
      expect(await readState(hook)).to.deep.include({ state: 'enabled', failures: 1, waiting: 1, dead: 0 })
    })
  }

  it('end where 410 is answered, for good', async () => {
    const hook = await createHook(tenant, receiver.origin)
    receiver.answer = answerWith(410)
    await tenant.scim.createUser('ana')
    await engine.settle()
    await tenant.scim.createUser('ben')
    clock.advance(hourMs)
    await engine.settle()
    expect(receiver.received).to.have.length(1)
    const { state, enabled, disabledReason } = await readState(hook)
    expect([state, enabled, disabledReason]).to.deep.equal(['disabled', false, 'The receiver answered 410 Gone.'])
  })

  it('go on where they stopped when the endpoint is enabled again', async () => {
    const hook = await createHook(tenant, receiver.origin, { types: ['user.*'] })
    await admin.patch(hook.path, { enabled: false })
    await tenant.scim.createUser('ana')
    await engine.settle()
    expect(receiver.received).to.have.length(0)
    expect(await readState(hook)).to.deep.include({ state: 'disabled', disabledReason: null, behind: 1 })
    await admin.patch(hook.path, { enabled: true })
    await engine.settle()
    expect(receiver.received).to.have.length(1)
    expect(await readState(hook)).to.deep.include({ state: 'enabled', behind: 0, waiting: 0 })
  })

  for (const [status, header, waitMs] of [
    [429, '120', 120_000],
    [503, '120', 120_000],
    [503, 'date', 300_000],
  ] as const) {
    it(`leave a receiver alone that answers ${status} with Retry-After: ${header}`, async () => {
      await createHook(tenant, receiver.origin)
      const until = new Date(clock.now().getTime() + waitMs).toUTCString()
      receiver.answer = answerWith(status, { 'Retry-After': header === 'date' ? until : header })
      await tenant.scim.createUser('ana')
      await engine.settle()
      await tenant.scim.createUser('ben')
      clock.advance(waitMs - 10_000)
      await engine.settle()
      expect(receiver.received).to.have.length(1)
      receiver.answer = answerWith(200)
      clock.advance(30_000)
      await engine.settle()
      expect(receiver.received).to.have.length(3)
    })
  }

  it('keep the first 2 kB of an answer as text, whatever it is', async () => {
    const hook = await createHook(tenant, receiver.origin)
    receiver.answer = answerWith(400, {}, `\0${'é'.repeat(5000)}`)
    await tenant.scim.createUser('ana')
    await engine.settle()
    const [delivery] = await readDeliveries(hook)
    expect(delivery?.['attempts'][0].answer).to.equal(`\uFFFD${'é'.repeat(1023)}`)
  })

  it('are signed with both secrets while one replaces the other, and then with the new one only', async () => {
    const hook = await createHook(tenant, receiver.origin)
    const rotated = await admin.post(`${hook.path}/rotate-secret`, { keepOldForHours: 2 })
    expect(rotated.status).to.equal(200)
    const fresh = rotated.body['secret'] as string
    expect(fresh)
      .to.match(/^whsec_/)
      .and.not.to.equal(hook.secret)
    await tenant.scim.createUser('ana')
    await engine.settle()
    const [both] = receiver.received as [Received]
    expect(String(both.headers['webhook-signature']).split(' ')).to.have.length(2)
    verifyWebhook(both, hook.secret)
    verifyWebhook(both, fresh)
    clock.advance(2 * hourMs)
    await tenant.scim.createUser('ben')
    await engine.settle()
    const last = receiver.received.at(-1) as Received
    verifyWebhook(last, fresh)
    expect(() => verifyWebhook(last, hook.secret)).to.throw('No matching signature found')
  })

  it('are signed with two secrets at most, and with one at once where that is wanted', async () => {
    const hook = await createHook(tenant, receiver.origin)
    const second = (await admin.post(`${hook.path}/rotate-secret`, {})).body
    expect(Date.parse(second['oldUntil']) - clock.now().getTime()).to.be.closeTo(24 * hourMs, minuteMs)
    const third = (await admin.post(`${hook.path}/rotate-secret`, {})).body
    await tenant.scim.createUser('ana')
    await engine.settle()
    const [one] = receiver.received as [Received]
    for (const secret of [second['secret'], third['secret']]) verifyWebhook(one, secret)
    expect(() => verifyWebhook(one, hook.secret)).to.throw('No matching signature found')
    const fourth = (await admin.post(`${hook.path}/rotate-secret`, { keepOldForHours: 0 })).body
    expect(fourth['oldUntil']).to.equal(null)
    await tenant.scim.createUser('ben')
    await engine.settle()
    const last = receiver.received.at(-1) as Received
    verifyWebhook(last, fourth['secret'])
    expect(() => verifyWebhook(last, third['secret'])).to.throw('No matching signature found')
  })

  it('cannot be altered, nor told later by somebody else', async () => {
    const hook = await createHook(tenant, receiver.origin)
    await tenant.scim.createUser('ana')
    await engine.settle()
    const [one] = receiver.received as [Received]
    const altered = { ...one, body: one.body.replace('ana', 'eve') }
    expect(() => verifyWebhook(altered, hook.secret)).to.throw('No matching signature found')
    clock.advance(6 * minuteMs)
    expect(() => verifyWebhook(one, hook.secret)).to.throw('Message timestamp too old')
  })

  it('are sent once more where that is asked for, as the same event', async () => {
    const hook = await createHook(tenant, receiver.origin)
    await tenant.scim.createUser('ana')
    await engine.settle()
    const [delivery] = await readDeliveries(hook)
    const again = await admin.post(`${hook.path}/deliveries/${delivery?.['id']}/resend`)
    expect(again.status).to.equal(201)
    expect((await admin.post(`${hook.path}/deliveries/${again.body['id']}/resend`)).status).to.equal(409)
    await engine.settle()
    const [first, second] = receiver.received as [Received, Received]
    expect(second.headers['webhook-id']).to.equal(first.headers['webhook-id'])
    expect(verifyWebhook(second, hook.secret)).to.deep.equal(verifyWebhook(first, hook.secret))
    expect((await readDeliveries(hook)).map(({ origin }) => origin)).to.deep.equal(['resend', 'event'])
  })

  it('are replayed from a number or a time on, and counted before', async () => {
    const hook = await createHook(tenant, receiver.origin, { types: ['user.created'] })
    for (const name of ['ana', 'ben', 'cleo']) await tenant.scim.createUser(name)
    await engine.settle()
    const told = () => receiver.received.map((one) => verifyWebhook(one, hook.secret)['data'] as Body)
    const [ana, ben] = told().map(({ number }) => number as number)
    const replay = async (body: Body) => (await admin.post(`${hook.path}/replay`, body)).body['count'] as number
    expect(await replay({ from: 1 })).to.equal(0)
    expect(await replay({ from: ben, only: 'all', dryRun: true })).to.equal(2)
    await engine.settle()
    expect(receiver.received).to.have.length(3)
    expect(await replay({ from: ana, to: ben, only: 'all' })).to.equal(2)
    await engine.settle()
    const names = told().map(({ resource }) => resource.userName)
    expect(names).to.deep.equal(['ana', 'ben', 'cleo', 'ana', 'ben'])
    expect(await replay({ from: '2020-01-01T00:00:00Z', only: 'all', dryRun: true })).to.equal(3)
    expect(await replay({ from: '2090-01-01T00:00:00Z', only: 'all', dryRun: true })).to.equal(0)
  })

  it('replay what was given up, once', async () => {
    const hook = await createHook(tenant, receiver.origin)
    receiver.answer = answerWith(500)
    await tenant.scim.createUser('ana')
    for (let hours = 0; hours < 40; hours++) {
      await engine.settle()
      clock.advance(hourMs)
    }
    expect(await readState(hook)).to.deep.include({ waiting: 0, dead: 1 })
    receiver.answer = answerWith(200)
    expect((await admin.post(`${hook.path}/replay`, { from: 1 })).body).to.deep.equal({ count: 1 })
    await engine.settle()
    expect((await readDeliveries(hook)).map(({ state }) => state)).to.deep.equal(['delivered', 'dead'])
    expect((await admin.post(`${hook.path}/replay`, { from: 1 })).body).to.deep.equal({ count: 0 })
  })
})
