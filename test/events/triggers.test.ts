// Triggers: something happens, a condition holds, and somebody is told.
import { expect } from 'chai'
import { Webhook } from 'standardwebhooks'
import { query } from '../../server/db/query.ts'
import { clock } from '../support/app.ts'
import { testDatabase } from '../support/postgres.ts'
import type { Body } from '../support/scim-client.ts'
import { startTriggerWorld, type TriggerWorld } from '../support/trigger-world.ts'

const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
const minuteMs = 60_000

const welcome = {
  name: 'Welcome to Sales',
  types: ['user.created'],
  condition: `${enterprise}:department eq "Sales"`,
  action: {
    kind: 'email',
    to: '{{ user.email }}, {{ manager.email }}',
    subject: 'Welcome, {{ user.displayName }}',
    text: 'Hello {{ user.name.givenName }},\nyou work in {{ user.enterprise.department }} for {{ manager.displayName }} now.\n',
  },
}

describe('triggers', () => {
  let world: TriggerWorld
  beforeEach(async () => {
    world = await startTriggerWorld()
  })
  afterEach(() => world.close())

  function hire(userName: string, department: string, more: Body = {}): Promise<Body> {
    return world.scim.createUser(userName, {
      name: { givenName: userName, familyName: 'Sample' },
      displayName: `${userName} Sample`,
      emails: [
        { value: `${userName}@home.example`, type: 'home' },
        { value: `${userName}@larkspur.example`, type: 'work' },
      ],
      [enterprise]: { department, ...(more['manager'] === undefined ? {} : { manager: { value: more['manager'] } }) },
    })
  }

  async function listDeliveries(id: string): Promise<Body[]> {
    const reply = await world.admin.get(`/triggers/${id}/deliveries`)
    return reply.body['data'] as Body[]
  }

  async function readAttempts(id: string): Promise<Body[]> {
    const [delivery] = await listDeliveries(id)
    const reply = await world.admin.get(`/triggers/${id}/deliveries/${delivery?.['id']}`)
    return reply.body['attempts'] as Body[]
  }

  describe('that send e-mails', () => {
    it('write to a new hire who meets the condition, and to the manager, and to nobody else', async () => {
      const boss = await hire('kim', 'Sales')
      await world.addTrigger(welcome)
      await hire('ben', 'Legal')
      await hire('ana', 'sales', { manager: boss['id'] })
      await world.settle()
      expect(world.mail.mails).to.have.length(1)
      const [mail] = world.mail.mails
      expect(mail?.to).to.deep.equal(['ana@larkspur.example', 'kim@larkspur.example'])
      expect(mail?.headers.get('subject')).to.equal('Welcome, ana Sample')
      expect(mail?.text.trim()).to.equal('Hello ana,\nyou work in sales for kim Sample now.')
    })

    it('judge by what is there after the event, and what was deleted by what it was', async () => {
      const moved = { ...welcome, name: 'Moved', types: ['user.updated'] }
      const left = {
        ...welcome,
        name: 'Left',
        types: ['user.deleted'],
        action: { ...welcome.action, to: 'hr@larkspur.example' },
      }
      await world.addTrigger(moved)
      await world.addTrigger(left)
      const into = await hire('ana', 'Legal')
      const away = await hire('ben', 'Sales')
      for (const [user, department] of [
        [into, 'Sales'],
        [away, 'Legal'],
      ] as const) {
        await world.scim.patch(`/Users/${user['id']}`, [
          { op: 'replace', path: `${enterprise}:department`, value: department },
        ])
      }
      await world.settle()
      expect(world.mail.mails.map(({ to }) => to)).to.deep.equal([['ana@larkspur.example']])
      await world.scim.delete(`/Users/${into['id']}`)
      await world.scim.delete(`/Users/${away['id']}`)
      await world.settle()
      expect(world.mail.mails.slice(1).map(({ text }) => text.split(',')[0])).to.deep.equal(['Hello ana'])
    })

    it('know what changed, who came into a group, and from where', async () => {
      await world.addTrigger({
        name: 'Promoted',
        types: ['user.updated'],
        action: {
          kind: 'email',
          to: 'hr@larkspur.example',
          subject: '{{ changes.title.before }} → {{ changes.title.after }}',
          text: '{{ organization.name }}, {{ directory.name }}, {{ event.type }}, {{ event.timestamp | date: "%Y" }}',
        },
      })
      await world.addTrigger({
        name: 'Joined',
        types: ['membership.added'],
        action: {
          kind: 'email',
          to: '{{ member.email }}',
          subject: '{{ group.displayName }}',
          text: '{{ member.displayName }}',
        },
      })
      const user = await hire('ana', 'Sales')
      await world.scim.patch(`/Users/${user['id']}`, [{ op: 'add', path: 'title', value: 'Clerk' }])
      await world.scim.patch(`/Users/${user['id']}`, [{ op: 'replace', path: 'title', value: 'Head' }])
      await world.scim.createGroup('Night shift', [user['id']])
      await world.settle()
      const find = (subject: string) => world.mail.mails.find(({ headers }) => headers.get('subject') === subject)
      expect(world.mail.mails).to.have.length(3)
      expect(find('→ Clerk')?.to).to.deep.equal(['hr@larkspur.example'])
      const year = clock.now().getUTCFullYear()
      expect(find('Clerk → Head')?.text.trim()).to.match(new RegExp(`^organization-.*, Okta, user.updated, ${year}$`))
      const joined = find('Night shift')
      expect([joined?.to, joined?.text.trim()]).to.deep.equal([['ana@larkspur.example'], 'ana Sample'])
    })

    it('send again what the mail server does not take for now, as the same message', async () => {
      const { id } = await world.addTrigger(welcome)
      const seen: (string | undefined)[] = []
      world.mail.answer = ({ headers }) => {
        seen.push(headers.get('message-id'))
        return seen.length === 1 ? { status: 451, message: 'try later' } : undefined
      }
      await hire('ana', 'Sales')
      await world.settle()
      expect(world.mail.mails).to.deep.equal([])
      expect((await listDeliveries(id))[0]).to.deep.include({ state: 'waiting', attemptCount: 1 })
      clock.advance(minuteMs)
      await world.settle()
      expect(world.mail.mails).to.have.length(1)
      const [delivery] = await listDeliveries(id)
      expect(delivery).to.deep.include({ state: 'delivered', attemptCount: 2 })
      expect(seen).to.deep.equal([`<${delivery?.['id']}@larkspur.example>`, `<${delivery?.['id']}@larkspur.example>`])
    })

    it('send again, as the same message, what a process sent that fell before it could say so', async () => {
      const { id } = await world.addTrigger(welcome)
      const seen: (string | undefined)[] = []
      world.mail.answer = async ({ headers }) => {
        seen.push(headers.get('message-id'))
        // As if another process had taken over.
        if (seen.length === 1) {
          await query(testDatabase(), `update subscriptions set holder = 'another' where org_id = $1 and id = $2`, [
            world.tenant.organizationId,
            id,
          ])
        }
        return undefined
      }
      await hire('ana', 'Sales')
      await world.settle()
      expect((await listDeliveries(id))[0]).to.deep.include({ state: 'waiting', attemptCount: 0 })
      clock.advance(minuteMs)
      await world.settle()
      const [delivery] = await listDeliveries(id)
      expect(delivery).to.deep.include({ state: 'delivered', attemptCount: 1 })
      expect(seen).to.deep.equal([`<${delivery?.['id']}@larkspur.example>`, `<${delivery?.['id']}@larkspur.example>`])
    })

    it('give up what the mail server refuses for good, and can be told to send it once more', async () => {
      const { id } = await world.addTrigger(welcome)
      world.mail.answer = () => ({ status: 550, message: 'no such mailbox' })
      await hire('ana', 'Sales')
      await world.settle()
      const [dead] = await listDeliveries(id)
      expect(dead).to.deep.include({ state: 'dead', attemptCount: 1 })
      const [attempt] = await readAttempts(id)
      expect(attempt?.['status']).to.equal(550)
      expect(attempt?.['error']).to.contain('no such mailbox')
      world.mail.answer = () => undefined
      expect((await world.admin.post(`/triggers/${id}/deliveries/${dead?.['id']}/resend`)).status).to.equal(201)
      await world.settle()
      expect(world.mail.mails).to.have.length(1)
    })

    it('give up where nobody is named, or what is named is no address', async () => {
      const nobody = await world.addTrigger({
        ...welcome,
        name: 'Nobody',
        action: { ...welcome.action, to: '{{ manager.email }}' },
      })
      const noAddress = await world.addTrigger({
        ...welcome,
        name: 'No address',
        action: { ...welcome.action, to: '{{ user.title }} x@y.example' },
      })
      await world.scim.createUser('ana', { title: 'Clerk', [enterprise]: { department: 'Sales' } })
      await world.settle()
      expect((await readAttempts(nobody['id']))[0]?.['error']).to.contain('names nobody')
      expect((await readAttempts(noAddress['id']))[0]?.['error']).to.contain('no address: Clerk')
      expect((await listDeliveries(nobody['id']))[0]?.['state']).to.equal('dead')
      expect(world.mail.mails).to.deep.equal([])
    })

    it('take no address, header or markup from what people are called', async () => {
      await world.addTrigger({
        ...welcome,
        action: { ...welcome.action, html: '<p>Hello {{ user.displayName }}{{ user.title | newline_to_br }}</p>' },
      })
      await world.scim.createUser('eve', {
        displayName: 'Eve\r\nBcc: all@larkspur.example\r\n\r\n<script>alert("x")</script>',
        title: 'a\n<b>',
        emails: [
          { value: 'eve@larkspur.example\r\nRCPT TO:<all@larkspur.example>', primary: true },
          { value: 'a@b.example, c@d.example' },
        ],
        [enterprise]: { department: 'Sales' },
      })
      await world.scim.createUser('mallory', {
        displayName: 'Mal\r\nBcc: all@larkspur.example\r\n\r\n<script>alert("x")</script>',
        title: 'a\n<b>',
        emails: [{ value: 'mallory@larkspur.example', primary: true }],
        [enterprise]: { department: 'Sales' },
      })
      await world.settle()
      expect(world.mail.mails).to.have.length(1)
      const [mail] = world.mail.mails
      expect(mail?.to).to.deep.equal(['mallory@larkspur.example'])
      expect(mail?.headers.has('bcc')).to.equal(false)
      expect(mail?.headers.get('subject')).to.equal(
        'Welcome, Mal Bcc: all@larkspur.example <script>alert("x")</script>',
      )
      expect(mail?.html).to.contain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;a<br>\n&lt;b&gt;</p>')
      expect(mail?.html).not.to.contain('<script>')
    })
  })

  describe('that post to Slack', () => {
    const action = (url: string): Body => ({
      kind: 'slack',
      url: `${url}/services/T0/B0/secret1234`,
      text: 'New: {{ user.displayName }}',
    })

    it('send a text in which names call nobody', async () => {
      await world.addTrigger({ name: 'Slack', types: ['user.created'], action: action(world.receiver.origin) })
      await world.scim.createUser('ana', { displayName: 'Ana <!channel> & <https://evil.example|you>' })
      await world.settle()
      const [posted] = world.receiver.received
      expect([posted?.method, posted?.path]).to.deep.equal(['POST', '/services/T0/B0/secret1234'])
      expect(posted?.headers['content-type']).to.equal('application/json')
      expect(JSON.parse(posted?.body ?? '')).to.deep.equal({
        text: 'New: Ana &lt;!channel&gt; &amp; &lt;https://evil.example|you&gt;',
      })
    })

    it('wait as Slack asks', async () => {
      const { id } = await world.addTrigger({
        name: 'Slack',
        types: ['user.created'],
        action: action(world.receiver.origin),
      })
      world.receiver.answer = (_posted, response) => response.writeHead(429, { 'Retry-After': '300' }).end()
      await hire('ana', 'Sales')
      await world.settle()
      world.receiver.answer = (_posted, response) => response.end('ok')
      clock.advance(4 * minuteMs)
      await world.settle()
      expect(world.receiver.received).to.have.length(1)
      clock.advance(2 * minuteMs)
      await world.settle()
      expect(world.receiver.received).to.have.length(2)
      expect((await listDeliveries(id))[0]?.['state']).to.equal('delivered')
    })

    for (const [status, body, isDisabled] of [
      [404, 'no_service', true],
      [410, 'channel_is_archived', true],
      [400, 'invalid_payload', false],
    ] as const) {
      it(`give up where Slack answers ${status} ${body}${isDisabled ? ', and hear nothing more' : ''}`, async () => {
        const { id } = await world.addTrigger({
          name: 'Slack',
          types: ['user.created'],
          action: action(world.receiver.origin),
        })
        world.receiver.answer = (_posted, response) => response.writeHead(status).end(body)
        await hire('ana', 'Sales')
        await world.settle()
        expect((await readAttempts(id))[0]).to.deep.include({ status, answer: body })
        expect((await listDeliveries(id))[0]?.['state']).to.equal('dead')
        const trigger = (await world.admin.get(`/triggers/${id}`)).body
        expect([trigger['enabled'], trigger['disabledReason'] !== null]).to.deep.equal([!isDisabled, isDisabled])
      })
    }
  })

  it('send webhooks as webhook endpoints have them, signed with a secret that is shown once, and may be changed', async () => {
    const made = await world.addTrigger({
      name: 'Badge printer',
      types: ['user.*'],
      condition: 'active eq true',
      action: { kind: 'webhook', url: `${world.receiver.origin}/badges` },
    })
    const user = await world.scim.createUser('ana', { active: true })
    await world.settle()
    const [posted] = world.receiver.received
    const headers = posted?.headers as Record<string, string>
    const sentAt = new Date(Number(headers['webhook-timestamp']) * 1000)
    expect(headers['webhook-signature']).to.equal(
      new Webhook(made['secret']).sign(headers['webhook-id'] ?? '', sentAt, posted?.body ?? ''),
    )
    const told = JSON.parse(posted?.body ?? '') as Body
    expect([told['type'], told['data']['resourceId'], told['data']['resource']['userName']]).to.deep.equal([
      'user.created',
      user['id'],
      'ana',
    ])
    expect(headers['webhook-id']).to.match(/^evt_/)
    const rotated = await world.admin.post(`/triggers/${made['id']}/rotate-secret`, {})
    await world.scim.patch(`/Users/${user['id']}`, [{ op: 'add', path: 'title', value: 'Clerk' }])
    await world.settle()
    const [, again] = world.receiver.received
    const later = again?.headers as Record<string, string>
    expect(later['webhook-signature']?.split(' ')).to.deep.equal(
      [rotated.body['secret'], made['secret']].map((secret) =>
        new Webhook(secret).sign(
          later['webhook-id'] ?? '',
          new Date(Number(later['webhook-timestamp']) * 1000),
          again?.body ?? '',
        ),
      ),
    )
    const { body } = await world.admin.get(`/triggers/${made['id']}`)
    expect(JSON.stringify(body)).not.to.contain('whsec_')
  })
})
