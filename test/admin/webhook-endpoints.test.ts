// Webhook endpoints and their deliveries in the management API.
import { expect } from 'chai'
import { randomBytes } from 'node:crypto'
import { query } from '../../server/db/query.ts'
import { AdminClient } from '../support/admin-client.ts'
import { clock, createTenant, logLines, type Tenant } from '../support/app.ts'
import { testDatabase } from '../support/postgres.ts'
import { type Received, type Receiver, startReceiver } from '../support/receiver.ts'
import type { Body, Reply } from '../support/scim-client.ts'
import { createHook, startWebhooks, verifyWebhook } from '../support/webhooks.ts'

const url = 'https://hooks.example/people'

describe('webhook endpoints', () => {
  let tenant: Tenant
  let admin: AdminClient
  beforeEach(async () => {
    tenant = await createTenant()
    admin = new AdminClient(tenant)
  })

  const post = (body: Body): Promise<Reply> =>
    admin.post('/webhook-endpoints', { name: 'Payroll', url, types: ['*'], ...body })

  function expectRefused(reply: Reply, code: string, param?: string): void {
    const status = code === 'uniqueness' || code === 'conflict' ? 409 : 400
    expect([reply.status, reply.body['error']?.code], reply.text).to.deep.equal([status, code])
    if (param !== undefined) expect(reply.body['error'].param).to.equal(param)
  }

  it('are made, listed by name, read, changed and removed', async () => {
    const b = await createHook(tenant, url, { name: 'b', types: ['user.*', 'group.updated'] })
    const a = await createHook(tenant, url, {
      name: 'a',
      types: ['user.*'],
      condition: 'active eq true',
      enabled: false,
    })
    const list = (await admin.get('/webhook-endpoints')).body['data'] as Body[]
    expect(list.map(({ id }) => id)).to.deep.equal([a.id, b.id])
    const read = (await admin.get(b.path)).body
    expect(read).to.deep.equal(list[1])
    expect(read).to.deep.include({
      ...{ id: b.id, name: 'b', url, types: ['user.*', 'group.updated'], condition: null, enabled: true },
      ...{ state: 'enabled', disabledReason: null, failures: 0, failingSince: null },
      ...{ concurrency: 8, maxPerSecond: 200, waiting: 0, dead: 0, behind: 0 },
    })
    expect(list[0]).to.deep.include({ condition: 'active eq true', enabled: false, state: 'disabled' })
    clock.advance(1000)
    expect((await admin.patch(b.path, { name: 'c', maxPerSecond: 20 })).status).to.equal(204)
    const { modifiedAt, ...changed } = (await admin.get(b.path)).body
    const { modifiedAt: before, ...rest } = read
    expect(changed).to.deep.equal({ ...rest, name: 'c', maxPerSecond: 20 })
    expect(Date.parse(modifiedAt)).to.be.greaterThan(Date.parse(before))
    expect((await admin.delete(b.path)).status).to.equal(204)
    expect((await admin.delete(b.path)).status).to.equal(404)
    expect((await admin.get(b.path)).status).to.equal(404)
    expect((await admin.get('/webhook-endpoints')).body['data']).to.have.length(1)
  })

  it('have names of their own within the organization', async () => {
    await createHook(tenant, url)
    expectRefused(await post({ name: 'PAYROLL' }), 'uniqueness')
    const other = await createHook(tenant, url, { name: 'Other' })
    expectRefused(await admin.patch(other.path, { name: 'payroll' }), 'uniqueness')
    await createHook(await createTenant(), url)
  })

  for (const [wrong, param] of [
    ['http://8.8.8.8/', 'url'],
    ['https://user:hunter2@hooks.example/', 'url'],
    ['https://10.0.0.1/', 'url'],
    ['https://[::ffff:169.254.169.254]/', 'url'],
    ['https://[::1]/', 'url'],
    ['no url', 'url'],
  ] as const) {
    it(`are not at ${wrong}`, async () => {
      const hook = await createHook(tenant, url)
      for (const reply of [await post({ name: 'Other', url: wrong }), await admin.patch(hook.path, { url: wrong })]) {
        expectRefused(reply, 'invalid_value', param)
        expect(reply.text).not.to.contain('hunter2')
      }
      expect((await admin.get(hook.path)).body['url']).to.equal(url)
    })
  }

  it('take only what there is of types, conditions and paces', async () => {
    const hook = await createHook(tenant, url, { types: ['user.*'] })
    for (const wrong of [
      { types: ['user.exploded'] },
      { types: [] },
      { types: ['user'] },
      { types: ['user.*', 'user.*'] },
    ]) {
      expectRefused(await post({ name: 'Other', ...wrong }), 'invalid_value')
      expectRefused(await admin.patch(hook.path, wrong), 'invalid_value')
    }
    for (const wrong of [{ concurrency: 0 }, { concurrency: 33 }, { maxPerSecond: 0 }, { maxPerSecond: 1001 }]) {
      expectRefused(await post({ name: 'Other', ...wrong }), 'invalid_value')
      expectRefused(await admin.patch(hook.path, wrong), 'invalid_value')
    }
    for (const condition of ['title eq', 'nothing eq "x"', 'groups pr']) {
      expectRefused(await admin.patch(hook.path, { condition }), 'invalid_filter')
    }
  })

  it('have a condition on one type of resource, also where types and condition are changed one after the other', async () => {
    expectRefused(await post({ types: ['user.*', 'group.*'], condition: 'displayName pr' }), 'invalid_value')
    expectRefused(await post({ types: ['*'], condition: 'displayName pr' }), 'invalid_value')
    const hook = await createHook(tenant, url, { types: ['user.*', 'group.*'] })
    expectRefused(await admin.patch(hook.path, { condition: 'displayName pr' }), 'invalid_value')
    expect((await admin.patch(hook.path, { types: ['group.*'] })).status).to.equal(204)
    expect((await admin.patch(hook.path, { condition: 'displayName pr' })).status).to.equal(204)
    expectRefused(await admin.patch(hook.path, { types: ['*'] }), 'invalid_value')
    expect((await admin.patch(hook.path, { types: ['*'], condition: null })).status).to.equal(204)
    expect((await admin.get(hook.path)).body).to.deep.include({ types: ['*'], condition: null })
  })

  it('keep what is changed by several at the same time', async () => {
    const hook = await createHook(tenant, url)
    const changes = [{ concurrency: 3 }, { maxPerSecond: 50 }, { url: `${url}/2` }, { name: 'Other' }]
    const replies = await Promise.all(changes.map((change) => admin.patch(hook.path, change)))
    expect(replies.map(({ status }) => status)).to.deep.equal([204, 204, 204, 204])
    expect((await admin.get(hook.path)).body).to.deep.include(Object.assign({}, ...changes))
  })

  describe('have secrets', () => {
    it('that are shown when they are made, and nowhere else', async () => {
      const own = `whsec_${randomBytes(24).toString('base64')}`
      const random = await createHook(tenant, url)
      const given = await createHook(tenant, url, { name: 'Other', secret: own })
      expect(random.secret).to.match(/^whsec_[A-Za-z0-9+/]{43}=$/)
      expect(given.secret).to.equal(own)
      const rotated = (await admin.post(`${given.path}/rotate-secret`, {})).body['secret'] as string
      const secrets = [random.secret, own, rotated].map((secret) => secret.slice('whsec_'.length))
      const answers = await Promise.all(['/webhook-endpoints', random.path, given.path].map((path) => admin.get(path)))
      const stored = await query(testDatabase(), 'select s::text from subscriptions s where org_id = $1', [
        tenant.organizationId,
      ])
      expect(stored).to.have.length(2)
      const seen = [...answers.map(({ text }) => text), JSON.stringify(stored), ...logLines]
      for (const secret of secrets) expect(seen.some((text) => text.includes(secret))).to.equal(false)
    })

    for (const [name, secret] of [
      ['nothing', 'whsec_'],
      ['23 bytes', `whsec_${Buffer.alloc(23, 1).toString('base64')}`],
      ['65 bytes', `whsec_${Buffer.alloc(65, 1).toString('base64')}`],
      ['what is no base64', `whsec_${Buffer.alloc(32, 1).toString('hex')}!`],
      ['bytes without the prefix', Buffer.alloc(32, 1).toString('base64')],
    ] as const) {
      it(`that are 24 to 64 bytes in base64, and not ${name}`, async () => {
        const hook = await createHook(tenant, url)
        for (const reply of [
          await post({ name: 'Other', secret }),
          await admin.post(`${hook.path}/rotate-secret`, { secret }),
        ]) {
          expectRefused(reply, 'invalid_value', 'secret')
          expect(reply.body['error'].message).to.equal(
            'secret must be whsec_ and 24 to 64 bytes in base64; leave it out for a random one.',
          )
        }
      })
    }

    it('of which none is lost when several are made at the same time', async () => {
      const receiver = await startReceiver()
      try {
        const hook = await createHook(tenant, receiver.origin)
        const replies = await Promise.all(
          Array.from({ length: 4 }, () => admin.post(`${hook.path}/rotate-secret`, { keepOldForHours: 0 })),
        )
        const made = replies.filter(({ status }) => status === 200)
        expect(made.length).to.be.at.least(1)
        for (const reply of replies) if (reply.status !== 200) expectRefused(reply, 'conflict')
        await admin.post(`${hook.path}/test`)
        const [one] = receiver.received as [Received]
        const right = made.filter(({ body }) => isSignedWith(one, body['secret']))
        expect(right).to.have.length(1)
      } finally {
        await receiver.close()
      }
    })
  })

  function isSignedWith(one: Received, secret: string): boolean {
    try {
      verifyWebhook(one, secret)
      return true
    } catch {
      return false
    }
  }

  describe('are tried', () => {
    let receiver: Receiver
    beforeEach(async () => {
      receiver = await startReceiver()
    })
    afterEach(() => receiver.close())

    it('with an event that nobody else hears of, and say what came back', async () => {
      const hook = await createHook(tenant, receiver.origin, { types: ['user.created'], enabled: false })
      receiver.answer = (_received, response) => response.writeHead(202).end('thanks')
      const tried = await admin.post(`${hook.path}/test`)
      expect(tried.status).to.equal(200)
      expect(tried.body).to.deep.include({
        state: 'delivered',
        origin: 'test',
        eventType: 'webhook.test',
        attemptCount: 1,
      })
      expect(tried.body['attempts'][0]).to.deep.include({ status: 202, error: null, answer: 'thanks' })
      const [one, ...none] = receiver.received as [Received]
      expect(none).to.have.length(0)
      const { type, data } = verifyWebhook(one, hook.secret)
      expect([type, data.id, data.resource]).to.deep.equal([
        'webhook.test',
        tried.body['eventId'],
        { id: hook.id, name: 'Payroll' },
      ])
      expect((await admin.get(`${hook.path}/deliveries/${tried.body['id']}`)).body).to.deep.equal(tried.body)
    })

    it('once, and fail without consequences', async () => {
      const hook = await createHook(tenant, receiver.origin)
      receiver.answer = (_received, response) => response.writeHead(410).end()
      const tried = await admin.post(`${hook.path}/test`)
      expect(tried.body).to.deep.include({ state: 'dead', nextAt: null })
      expect(tried.body['attempts'][0]).to.deep.include({ status: 410, error: 'The receiver answered 410.' })
      expect((await admin.get(hook.path)).body).to.deep.include({ state: 'enabled', failures: 0, dead: 1 })
      await startWebhooks(tenant).settle()
      expect(receiver.received).to.have.length(1)
    })

    it('and tried again only by another test', async () => {
      const hook = await createHook(tenant, receiver.origin)
      const { id } = (await admin.post(`${hook.path}/test`)).body
      expectRefused(await admin.post(`${hook.path}/deliveries/${id}/resend`), 'conflict')
      const again = (await admin.post(`${hook.path}/test`)).body
      expect(again['id']).not.to.equal(id)
      expect(receiver.received).to.have.length(2)
    })

    it('and say where nothing came back', async () => {
      const hook = await createHook(tenant, receiver.origin)
      await receiver.close()
      const tried = await admin.post(`${hook.path}/test`)
      const error = `127.0.0.1:${receiver.port} refuses the connection.`
      expect(tried.body['attempts'][0]).to.deep.include({ status: null, error, answer: null })
    })
  })

  it('list their deliveries in pages and by state', async () => {
    const receiver = await startReceiver()
    try {
      const hook = await createHook(tenant, receiver.origin)
      const tried: string[] = []
      for (const status of [200, 500, 200]) {
        receiver.answer = (_received, response) => response.writeHead(status).end()
        clock.advance(2) // ids sort by the time that they were made at
        tried.unshift((await admin.post(`${hook.path}/test`)).body['id'] as string)
      }
      const list = async (search: string): Promise<string[]> =>
        (await admin.get(`${hook.path}/deliveries${search}`)).body['data'].map(({ id }: Body) => id)
      expect(await list('')).to.deep.equal(tried)
      expect(await list('?limit=2')).to.deep.equal(tried.slice(0, 2))
      expect(await list(`?limit=2&before=${tried[1]}`)).to.deep.equal(tried.slice(2))
      expect(await list('?state=dead')).to.deep.equal(tried.slice(1, 2))
      expect(await list('?state=waiting')).to.deep.equal([])
    } finally {
      await receiver.close()
    }
  })

  it('replay no range that ends before it begins', async () => {
    const hook = await createHook(tenant, url)
    for (const body of [
      { from: 5, to: 4 },
      { from: '2026-02-01T00:00:00Z', to: '2026-01-01T00:00:00Z' },
    ]) {
      expectRefused(await admin.post(`${hook.path}/replay`, body), 'invalid_value', 'to')
    }
    for (const body of [{}, { from: 0 }, { from: 'yesterday' }, { from: 1, only: 'some' }]) {
      expectRefused(await admin.post(`${hook.path}/replay`, body), 'invalid_value')
    }
  })

  it('are there for nobody else: not for another organization, another endpoint, or without the scope', async () => {
    const receiver = await startReceiver()
    try {
      const hook = await createHook(tenant, receiver.origin)
      const delivery = (await admin.post(`${hook.path}/test`)).body['id'] as string
      const other = await createTenant()
      const own = await createHook(other, receiver.origin)
      const calls = (path: string) =>
        [
          ['get', path],
          ['patch', path, { name: 'Mine' }],
          ['delete', path],
          ['post', `${path}/test`],
          ['post', `${path}/rotate-secret`, {}],
          ['get', `${path}/deliveries`],
          ['get', `${path}/deliveries/${delivery}`],
          ['post', `${path}/deliveries/${delivery}/resend`],
          ['post', `${path}/replay`, { from: 1 }],
        ] as const
      const stranger = new AdminClient(other)
      for (const [method, path, body] of calls(hook.path)) {
        expect((await stranger.send(method, path, body)).status, `${method} ${path}`).to.equal(404)
      }
      expect((await stranger.get(`${own.path}/deliveries/${delivery}`)).status).to.equal(404)
      expect((await stranger.post(`${own.path}/deliveries/${delivery}/resend`)).status).to.equal(404)
      const foreign = new AdminClient(tenant, (await other.addApplication(['admin'])).token)
      const reader = new AdminClient(tenant, (await tenant.addApplication(['read', 'write', 'hr', 'events'])).token)
      for (const [method, path, body] of calls(hook.path)) {
        expect((await foreign.send(method, path, body)).status, `${method} ${path}`).to.equal(404)
        expect((await reader.send(method, path, body)).status, `${method} ${path}`).to.equal(403)
      }
      expect(receiver.received).to.have.length(1)
      expect((await admin.get(hook.path)).body['name']).to.equal('Payroll')
    } finally {
      await receiver.close()
    }
  })
})
