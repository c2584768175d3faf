// Setup links: somebody without an account connects one directory, and reaches nothing else.
import { expect } from 'chai'
import { query } from '../../server/db/query.ts'
import { AdminClient } from '../support/admin-client.ts'
import { clock, createTenant, logLines, operatorToken, type Tenant } from '../support/app.ts'
import { testDatabase } from '../support/postgres.ts'
import type { Body, Reply } from '../support/scim-client.ts'
import { type Account, createAccount } from '../support/sources.ts'

const dayMs = 86_400_000

describe('setup links', () => {
  let tenant: Tenant
  let admin: AdminClient
  let account: Account
  let directoryId: string
  beforeEach(async () => {
    tenant = await createTenant()
    admin = new AdminClient(tenant)
    account = createAccount()
    const made = await admin.post('/directories', { kind: 'pull', name: 'HR', provider: 'scripted' })
    directoryId = String(made.body['id'])
  })

  const path = (): string => `/directories/${directoryId}/setup-links`

  async function make(body: Body = {}): Promise<{ id: string; secret: string; holder: AdminClient; made: Body }> {
    const { status, body: made } = await admin.post(path(), body)
    expect(status).to.equal(201)
    const secret = String(made['url']).split('#')[1] ?? ''
    return { id: String(made['id']), secret, holder: new AdminClient(tenant, secret), made }
  }

  const failure = ({ status, body }: Reply): unknown[] => [status, body['error']?.code, body['error']?.message]
  const connection = (): Body => ({ account: account.account, token: 'a-long-secret' })
  const list = async (): Promise<Body[]> => (await admin.get(path())).body['data'] as Body[]

  it('lead to the setup page, live seven days, and are shown once', async () => {
    const { id, secret, made } = await make()
    expect(made['url']).to.match(/^http:\/\/localhost:\d+\/setup#setup_[\w-]{43}$/)
    const livesMs = new Date(made['expiresAt']).getTime() - clock.now().getTime()
    expect(livesMs).to.be.within(7 * dayMs - 10_000, 7 * dayMs)
    const [listed, ...others] = await list()
    expect(others).to.deep.equal([])
    expect(listed).to.include({ id, state: 'live', openedAt: null, finishedAt: null, revokedAt: null })
    const rows = await query<{ row: string }>(testDatabase(), 'select setup_links::text as row from setup_links')
    expect(rows.map(({ row }) => row).join('\n')).not.to.contain(secret.slice(6))
    for (const days of [0, 31, 1.5]) expect((await admin.post(path(), { days })).status).to.equal(400)
    await make({ days: 30 })
  })

  it('show what is asked for, and what is filled in without its secrets; that uses nothing up', async () => {
    const { holder } = await make()
    const first = await holder.get('//setup')
    expect(first.status, first.text).to.equal(200)
    expect(first.body).to.deep.include({ directory: 'HR', connection: null, test: null })
    expect(first.body['organization']).to.match(/^organization-/)
    expect(first.body['provider']).to.include({ id: 'scripted', name: 'Scripted source' })
    expect(first.body['provider'].settings.required).to.deep.equal(['account', 'token'])
    expect((await list())[0]?.['openedAt']).to.be.a('string')
    await holder.put('//setup/connection', connection())
    const { body, text } = await holder.get('//setup')
    expect(body['connection']).to.deep.include({
      settings: { account: account.account, region: 'eu' },
      secrets: ['token'],
    })
    expect(text).not.to.contain('a-long-secret')
  })

  it('connect the directory, test that, and are used up once finished', async () => {
    const { holder } = await make()
    expect(failure(await holder.post('//setup/finish'))).to.deep.equal([
      409,
      'conflict',
      'Nothing is filled in yet; say first how the source is reached.',
    ])
    expect((await holder.put('//setup/connection', { account: account.account })).body['error'].param).to.equal('token')
    expect((await holder.put('//setup/connection', connection())).status).to.equal(204)
    expect((await holder.post('//setup/check')).body).to.deep.include({ ok: true })
    expect((await holder.get('//setup')).body['test']).to.deep.include({ ok: true })
    expect((await holder.post('//setup/finish')).status).to.equal(204)
    expect((await list())[0]).to.include({ state: 'finished' })
    for (const again of [
      await holder.get('//setup'),
      await holder.put('//setup/connection', connection()),
      await holder.post('//setup/check'),
      await holder.post('//setup/finish'),
    ]) {
      expect(failure(again)).to.deep.equal([
        410,
        'gone',
        'This setup link was finished; what it was for is done. Ask whoever sent it for a new one.',
      ])
    }
    expect((await admin.get(`/directories/${directoryId}`)).body['status'].state).to.equal('linked')
  })

  it('end when they are revoked or too old, and say so', async () => {
    const revoked = await make()
    expect((await admin.delete(`${path()}/${revoked.id}`)).status).to.equal(204)
    expect((await admin.delete(`${path()}/${revoked.id}`)).status).to.equal(404)
    expect(failure(await revoked.holder.get('//setup'))).to.deep.equal([
      410,
      'gone',
      'This setup link was revoked. Ask whoever sent it for a new one.',
    ])
    const short = await make({ days: 1 })
    clock.advance(dayMs + 1000)
    expect(failure(await short.holder.get('//setup'))).to.deep.equal([
      410,
      'gone',
      'This setup link has expired. Ask whoever sent it for a new one.',
    ])
    expect((await list()).map(({ id, state }) => [id, state])).to.deep.equal([
      [short.id, 'expired'],
      [revoked.id, 'revoked'],
    ])
    expect((await admin.delete(`${path()}/${short.id}`)).status).to.equal(404)
  })

  it('are of one directory that is pulled, and go with it', async () => {
    expect((await admin.post(`/directories/${tenant.directoryId}/setup-links`, {})).status).to.equal(409)
    expect((await admin.post('/directories/dir_0/setup-links', {})).status).to.equal(404)
    const { id, holder } = await make()
    expect((await admin.delete(`/directories/${tenant.directoryId}/setup-links/${id}`)).status).to.equal(404)
    await admin.delete(`/directories/${directoryId}`)
    expect((await holder.get('//setup')).status).to.equal(401)
  })

  it('reach nothing but the setup, which no other token reaches', async () => {
    const { holder, secret } = await make()
    const id = tenant.organizationId
    for (const target of [
      '//organizations',
      `//organizations/${id}`,
      `//organizations/${id}/directories/${directoryId}`,
      '//providers',
      '//events',
    ]) {
      expect((await holder.get(target)).status, target).to.equal(401)
    }
    expect((await holder.get('//setup/other')).status).to.equal(404)
    expect((await tenant.scim.withToken(secret).get('/Users')).status).to.equal(401)
    expect((await tenant.scim.withToken(secret).get('//v1/hr/employees')).status).to.equal(401)
    const application = await tenant.addApplication(['read', 'write', 'hr', 'events', 'admin'])
    for (const token of [operatorToken, application.token, tenant.directoryToken, `${secret}x`, 'setup_', '']) {
      const reply = await new AdminClient(tenant, token).get('//setup')
      expect([reply.status, reply.headers['www-authenticate']?.slice(0, 6)], token).to.deep.equal([401, 'Bearer'])
      expect((await new AdminClient(tenant, token).put('//setup/connection', connection())).status).to.equal(401)
    }
  })

  it('have secrets that are in no line of the log', async () => {
    const { holder, secret } = await make()
    await holder.get('//setup')
    await holder.put('//setup/connection', connection())
    expect(logLines.join('\n')).not.to.contain(secret.slice(6))
  })
})
