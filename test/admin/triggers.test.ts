// Triggers in the management API: made, read, changed, removed, shown before they do anything, and tried.
import { expect } from 'chai'
import { query } from '../../server/db/query.ts'
import { AdminClient } from '../support/admin-client.ts'
import { createTenant } from '../support/app.ts'
import { testDatabase } from '../support/postgres.ts'
import type { Body } from '../support/scim-client.ts'
import { startTriggerWorld, type TriggerWorld } from '../support/trigger-world.ts'

const email = { kind: 'email', to: '{{ user.email }}', subject: 'Welcome, {{ user.displayName }}', text: 'Hello' }
const trigger = { name: 'Welcome', types: ['user.created'], condition: null, action: email }

describe('triggers in the management API', () => {
  let world: TriggerWorld
  beforeEach(async () => {
    world = await startTriggerWorld()
  })
  afterEach(() => world.close())

  async function read(id: string): Promise<Body> {
    return (await world.admin.get(`/triggers/${id}`)).body
  }

  async function refuse(body: Body, status = 400): Promise<Body> {
    const reply = await world.admin.post('/triggers', body)
    expect(reply.status, reply.text).to.equal(status)
    return reply.body['error'] as Body
  }

  it('are made, listed, read, changed and removed', async () => {
    const { id, secret, problem } = await world.addTrigger(trigger)
    expect([secret, problem]).to.deep.equal([null, null])
    const found = await read(id)
    expect(found).to.deep.include({
      ...trigger,
      id,
      enabled: true,
      builtIn: null,
      directoryIds: null,
      state: 'enabled',
    })
    const { body } = await world.admin.get('/triggers')
    expect((body['data'] as Body[]).map(({ name }) => name)).to.deep.equal(['Invitation', 'Offboarding', 'Welcome'])
    const changes = {
      name: 'Hi',
      types: ['user.restored'],
      condition: 'active eq true',
      action: { ...email, html: '<p>' },
    }
    expect((await world.admin.patch(`/triggers/${id}`, changes)).status).to.equal(204)
    expect(await read(id)).to.deep.include(changes)
    expect((await world.admin.patch(`/triggers/${id}`, { enabled: false, action: email })).status).to.equal(204)
    expect(await read(id)).to.deep.include({ ...changes, action: email, enabled: false, state: 'disabled' })
    expect((await world.admin.delete(`/triggers/${id}`)).status).to.equal(204)
    expect((await world.admin.get(`/triggers/${id}`)).status).to.equal(404)
  })

  it('have names of their own, and are unknown to other organizations', async () => {
    const { id } = await world.addTrigger(trigger)
    await refuse({ ...trigger, name: 'WELCOME' }, 409)
    const stranger = new AdminClient(await createTenant())
    for (const reply of [
      await stranger.get(`/triggers/${id}`),
      await stranger.patch(`/triggers/${id}`, { name: 'Mine' }),
      await stranger.post(`/triggers/${id}/preview`, {}),
      await stranger.post(`/triggers/${id}/test`, { to: 'me@larkspur.example' }),
      await stranger.delete(`/triggers/${id}`),
    ]) {
      expect(reply.status).to.equal(404)
    }
  })

  for (const [what, action, param] of [
    ['a template that is none', { ...email, text: 'a\n{% nope %}' }, 'action.text'],
    ['HTML that is no template', { ...email, html: '{{ user | nope }}' }, 'action.html'],
    ['a recipient that is no template', { ...email, to: '{{' }, 'action.to'],
    ['an e-mail without a subject', { kind: 'email', to: 'a@b.example', text: 'x' }, 'action.subject'],
    ['an e-mail with a URL', { ...email, url: 'https://a.example' }, 'action.url'],
    ['a message in Slack without a URL', { kind: 'slack', text: 'x' }, 'action.url'],
    [
      'a message in Slack with a subject',
      { kind: 'slack', url: 'https://a.example', text: 'x', subject: 'y' },
      'action.subject',
    ],
    ['a webhook with a text', { kind: 'webhook', url: 'https://a.example', text: 'x' }, 'action.text'],
  ] as const) {
    it(`are refused with ${what}`, async () => {
      expect((await refuse({ ...trigger, action }))['param']).to.equal(param)
    })
  }

  it('say where a template is wrong', async () => {
    const { message } = await refuse({ ...trigger, action: { ...email, subject: 'a\nb {% nope %}' } })
    expect(message).to.equal('action.subject is no template: tag "nope" not found (line 2, column 3).')
  })

  it('are refused with types, conditions and URLs that cannot be', async () => {
    await refuse({ ...trigger, types: ['user.exploded'] })
    expect((await refuse({ ...trigger, condition: 'title eq' }))['code']).to.equal('invalid_filter')
    await refuse({ ...trigger, types: ['user.*', 'group.*'], condition: 'displayName pr' })
    await refuse({ ...trigger, action: { kind: 'slack', url: 'ftp://a.example', text: 'x' } })
    await refuse({ ...trigger, action: { kind: 'webhook', url: 'nowhere' } })
    const { id } = await world.addTrigger(trigger)
    expect(
      (await world.admin.patch(`/triggers/${id}`, { types: ['group.created'], condition: 'userName pr' })).status,
    ).to.equal(400)
  })

  it('keep their kind of action, and show of the URL of Slack what gives nothing away', async () => {
    const url = `${world.receiver.origin}/services/T0/B0/aVeryLongSecretABCD`
    const action = { kind: 'slack', url, text: 'one' }
    const { id } = await world.addTrigger({ ...trigger, action })
    const shown = { kind: 'slack', url: `${world.receiver.origin}/…ABCD`, text: 'one' }
    expect((await read(id))['action']).to.deep.equal(shown)
    const text = 'select settings, secrets from subscriptions where org_id = $1 and id = $2'
    const [stored] = await query(testDatabase(), text, [world.tenant.organizationId, id])
    expect(JSON.stringify(stored)).to.contain('one').and.not.to.contain('Secret')
    expect((await world.admin.patch(`/triggers/${id}`, { action: { kind: 'slack', text: 'two' } })).status).to.equal(
      204,
    )
    expect((await read(id))['action']).to.deep.equal({ ...shown, text: 'two' })
    expect((await world.admin.post(`/triggers/${id}/test`, {})).body['state']).to.equal('delivered')
    expect(world.receiver.received.map(({ path, body }) => [path, body])).to.deep.equal([
      ['/services/T0/B0/aVeryLongSecretABCD', '{"text":"two"}'],
    ])
    expect((await world.admin.patch(`/triggers/${id}`, { action: { ...action, url: `${url}2` } })).status).to.equal(204)
    expect((await read(id))['action']['url']).to.equal(`${world.receiver.origin}/…BCD2`)
    expect((await world.admin.patch(`/triggers/${id}`, { action: email })).status).to.equal(400)
    expect((await world.admin.post(`/triggers/${id}/rotate-secret`, {})).status).to.equal(409)
  })

  it('of e-mails say where no mail can be sent, and give up until there is a mail server', async () => {
    const admin = new AdminClient(world.tenant)
    const made = await admin.post('/triggers', trigger)
    expect([made.status, made.body['problem']]).to.deep.equal([201, 'SMTP_URL is not set, so no mail is sent.'])
    const { body } = await admin.get('/triggers')
    expect((body['data'] as Body[]).map(({ problem }) => problem !== null)).to.deep.equal([true, true, true])
    const tried = await admin.post(`/triggers/${made.body['id']}/test`, { to: 'me@larkspur.example' })
    expect([tried.body['state'], tried.body['attempts'][0]['error']]).to.deep.equal([
      'dead',
      'SMTP_URL is not set, so no mail is sent.',
    ])
  })

  describe('are shown', () => {
    it('for somebody fictitious, saved or not', async () => {
      const action = { ...email, text: 'Report to {{ manager.displayName }}', html: '<b>{{ user.displayName }}</b>' }
      const expected = {
        kind: 'email',
        to: ['robin.sample@example.com'],
        subject: 'Welcome, Robin Sample',
        text: 'Report to Kim Example',
        html: '<b>Robin Sample</b>',
        body: null,
        problem: null,
      }
      expect((await world.admin.post('/triggers/preview', { action })).body).to.deep.equal(expected)
      const { id } = await world.addTrigger({ ...trigger, action })
      expect((await world.admin.post(`/triggers/${id}/preview`, {})).body).to.deep.equal(expected)
      const joined = {
        action: { kind: 'slack', text: '{{ member.displayName }} is in {{ group.displayName }}' },
        types: ['membership.*'],
      }
      expect((await world.admin.post('/triggers/preview', joined)).body).to.deep.include({
        kind: 'slack',
        text: 'Robin Sample is in Sales',
      })
      expect(world.mail.mails).to.deep.equal([])
    })

    it('for a person, and for an event of the log', async () => {
      const user = await world.scim.createUser('ana', {
        displayName: 'Ana',
        title: 'Clerk',
        emails: [{ value: 'ana@larkspur.example' }],
      })
      await world.scim.patch(`/Users/${user['id']}`, [{ op: 'replace', path: 'title', value: 'Head' }])
      await world.settle()
      const events = (await world.admin.get('/events')).body['data'] as Body[]
      const updated = events.find(({ type }) => type === 'user.updated')
      const action = { ...email, text: '{{ user.title }} {{ changes.title.before }} {{ event.number }}' }
      const byUser = await world.admin.post('/triggers/preview', { action, user: user['id'] })
      expect(byUser.body).to.deep.include({ to: ['ana@larkspur.example'], subject: 'Welcome, Ana', text: 'Head  0' })
      const byEvent = await world.admin.post('/triggers/preview', { action, event: updated?.['number'] })
      expect(byEvent.body['text']).to.equal(`Head Clerk ${updated?.['number']}`)
      const webhook = { action: { kind: 'webhook' }, event: updated?.['number'] }
      const { body } = await world.admin.post('/triggers/preview', webhook)
      expect([body['body']['type'], body['body']['data']['id']]).to.deep.equal(['user.updated', updated?.['id']])
    })

    it('with what keeps them from being sent', async () => {
      const nobody = await world.admin.post('/triggers/preview', { action: { ...email, to: '{{ nobody.email }}' } })
      expect(nobody.body).to.deep.include({ to: [], problem: '`to` names nobody: it is empty.' })
      const endless = { ...email, text: '{% for a in (1..1000000000) %}{% endfor %}' }
      const failed = await world.admin.post('/triggers/preview', { action: endless })
      expect([failed.status, failed.body['error']['message']]).to.deep.equal([
        400,
        'text cannot be written: memory alloc limit exceeded (line 1, column 1).',
      ])
      expect((await world.admin.post('/triggers/preview', { action: email, event: 9_999 })).status).to.equal(404)
      expect((await world.admin.post('/triggers/preview', { action: email, user: 'emp_nobody' })).status).to.equal(404)
    })
  })

  describe('are tried', () => {
    it('by a mail to whom one says and to nobody else, which is in the delivery log', async () => {
      const { id } = await world.addTrigger({ ...trigger, action: { ...email, to: 'everybody@larkspur.example' } })
      expect((await world.admin.post(`/triggers/${id}/test`, {})).status).to.equal(400)
      const tried = await world.admin.post(`/triggers/${id}/test`, { to: 'me@larkspur.example' })
      expect(tried.body).to.deep.include({ state: 'delivered', origin: 'test' })
      expect(world.mail.mails.map(({ to }) => to)).to.deep.equal([['me@larkspur.example']])
      const { body } = await world.admin.get(`/triggers/${id}/deliveries`)
      expect((body['data'] as Body[]).map((delivery) => delivery['id'])).to.deep.equal([tried.body['id']])
    })

    it('by a webhook with an id of its own each time, for receivers pass over what they have had', async () => {
      const action = { kind: 'webhook', url: world.receiver.origin }
      const { id } = await world.addTrigger({ ...trigger, action })
      const person = (await world.scim.createUser('ana'))['id']
      for (const about of [{}, {}, { user: person }, { user: person }]) {
        expect((await world.admin.post(`/triggers/${id}/test`, about)).body['state']).to.equal('delivered')
      }
      const ids = world.receiver.received.map(({ headers }) => headers['webhook-id'])
      expect(new Set(ids).size).to.equal(4)
    })

    it('and say what failed', async () => {
      const { id } = await world.addTrigger(trigger)
      world.mail.answer = () => ({ status: 554, message: 'no thanks' })
      const tried = await world.admin.post(`/triggers/${id}/test`, { to: 'me@larkspur.example' })
      expect([tried.body['state'], tried.body['attempts'][0]['status']]).to.deep.equal(['dead', 554])
      expect(tried.body['attempts'][0]['error']).to.contain('no thanks')
      const webhook = await world.addTrigger({
        ...trigger,
        name: 'Hook',
        action: { kind: 'webhook', url: world.receiver.origin },
      })
      expect(
        (await world.admin.post(`/triggers/${webhook['id']}/test`, { to: 'me@larkspur.example' })).status,
      ).to.equal(400)
      expect((await world.admin.post(`/triggers/${webhook['id']}/test`, {})).body['state']).to.equal('delivered')
    })
  })
})
