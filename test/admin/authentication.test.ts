// Signing people in at their source: who comes in, what strangers are told, and that nobody can lock accounts there.
import { expect } from 'chai'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import supertest from 'supertest'
import { createApp } from '../../server/app.ts'
import { readConfig } from '../../server/config.ts'
import { query } from '../../server/db/query.ts'
import { sweep } from '../../server/ops/chores.ts'
import { createLogger } from '../../server/ops/logger.ts'
import { type LdapFake, startLdapFake } from '../providers/ldap-fake.ts'
import { createCompany } from '../providers/company.ts'
import { nameEntry, writeLdif } from '../providers/ldap-company.ts'
import { AdminClient } from '../support/admin-client.ts'
import { settleRuns } from '../support/account-runs.ts'
import { clock, createTenant, logLines, operatorToken, type Tenant } from '../support/app.ts'
import { testDatabase } from '../support/postgres.ts'
import { ScimClient, type Body, type Reply } from '../support/scim-client.ts'
import { reader, type Slapd, slapdProgram, startSlapd } from '../support/slapd.ts'
import { createAccount } from '../support/sources.ts'
import { requireProgram } from '../support/system-package.ts'

const minuteMs = 60_000
const refused = { authenticated: false, userId: null }
const password = 'cOrReCt-pAsSwOrD-of-Mo'
const wrong = 'wRoNg-pAsSwOrD-of-nobody'

async function connect(tenant: Tenant, connection: object): Promise<string> {
  const admin = new AdminClient(tenant)
  const made = await admin.post('/directories', { kind: 'pull', name: 'AD', provider: 'ldap', connection })
  return String(made.body['id'])
}

async function pull(tenant: Tenant, directoryId: string): Promise<void> {
  clock.advance(1000)
  const admin = new AdminClient(tenant)
  const { id } = (await admin.post(`/directories/${directoryId}/runs`, { type: 'full' })).body
  await settleRuns(tenant)
  const { body } = await admin.get(`/runs/${id}`)
  expect(body['status'], JSON.stringify(body)).to.equal('completed')
}

describe('signing somebody in at a directory', () => {
  let fake: LdapFake
  let tenant: Tenant
  let admin: AdminClient
  let directoryId: string

  beforeEach(async () => {
    fake = await startLdapFake()
    const { manager, onLeave, leaver } = fake.company.named
    fake.account.passwords.set(manager.id, { password })
    fake.account.passwords.set(onLeave.id, { password: 'of-Ada' })
    fake.account.passwords.set(leaver.id, { password: 'of-Ines' })
    tenant = await createTenant()
    admin = new AdminClient(tenant)
    directoryId = await connect(tenant, fake.settings)
    await pull(tenant, directoryId)
    fake.requests.splice(0)
  })

  afterEach(() => fake.close())

  const path = (): string => `/directories/${directoryId}/authenticate`

  function signIn(userName: string, given: string, by = admin): Promise<Reply> {
    return by.post(path(), { userName, password: given })
  }

  async function findUser(userName: string): Promise<Body> {
    return (await tenant.scim.filter('/Users', `userName eq "${userName}"`)).body['Resources'][0] as Body
  }

  /** Fails the next time that Mo Lindqvist is tried, once. */
  function failBind(): void {
    fake.fail({ status: 500 }, { when: ({ method, body }) => method === 'BIND' && body.includes('Mo Lindqvist') })
  }

  /** Makes Mo Lindqvist inactive here; the source goes on letting them in. */
  async function suspend(): Promise<void> {
    const settings = { massChangeGuard: { share: null, number: null } }
    expect((await admin.patch(`/directories/${directoryId}`, { settings })).status).to.equal(204)
    fake.company.change(fake.company.named.manager.id, { status: 'garden_leave' })
    await pull(tenant, directoryId)
    expect((await findUser('mo.lindqvist@example.test'))['active']).to.equal(false)
  }

  /** Names that were tried to be bound, but for the account that reads. */
  const countBinds = (): number =>
    fake.requests.filter((request) => request.method === 'BIND' && request.name !== fake.settings.bindName).length

  it('says who it is, by any of the names that the source knows', async () => {
    const { id } = await findUser('mo.lindqvist@example.test')
    for (const name of ['mo.lindqvist', 'MO.Lindqvist@example.test', 'mo.lindqvist@corp.example.test']) {
      const { status, body } = await signIn(name, password)
      expect([status, body], name).to.deep.equal([200, { authenticated: true, userId: id }])
    }
  })

  it('answers strangers all alike: a wrong password, an unknown name, who is locked, expired or disabled there', async () => {
    const answers: Reply[] = [await signIn('mo.lindqvist', wrong), await signIn('nobody', password)]
    for (const data of ['775', '532', '533', '701', '773']) {
      const { onLeave } = fake.company.named
      fake.account.passwords.set(onLeave.id, { password: 'of-Ada', data })
      answers.push(await signIn('adelheid.berg', 'of-Ada'))
      clock.advance(16 * minuteMs)
    }
    for (const { status, body } of answers) expect([status, body]).to.deep.equal([200, refused])
  })

  it('refuses who is not active here, and who was not imported, though the source lets them in', async () => {
    await suspend()
    expect((await signIn('mo.lindqvist', password)).body).to.deep.equal(refused)
    const person = fake.company.hire({ firstName: 'New', lastName: 'Comer' })
    fake.account.passwords.set(person.id, { password: 'of-New' })
    expect((await signIn('new.comer', 'of-New')).body).to.deep.equal(refused)
    await pull(tenant, directoryId)
    expect((await signIn('new.comer', 'of-New')).body).to.include({ authenticated: true })
  })

  it('lets a name wait after five failures, and does not ask the source', async () => {
    for (let time = 0; time < 5; time++) expect((await signIn('mo.lindqvist', wrong)).body).to.deep.equal(refused)
    expect(countBinds()).to.equal(5)
    fake.requests.splice(0)
    for (const name of ['mo.lindqvist', ' MO.LINDQVIST ', 'mo.\u00adlindqvist', 'ｍｏ.lindqvist']) {
      const { status, headers, body } = await signIn(name, password)
      expect([status, body['error'].code], name).to.deep.equal([429, 'rate_limited'])
      expect(Number(headers['retry-after'])).to.be.within(14 * 60, 15 * 60)
    }
    expect(fake.requests).to.deep.equal([])
    expect((await signIn('ines.moreau', 'of-Ines')).body).to.include({ authenticated: true })
    clock.advance(15 * minuteMs)
    expect((await signIn('mo.lindqvist', password)).body).to.include({ authenticated: true })
  })

  it('lets an account wait, whichever of its names is used', async () => {
    for (const name of ['mo.lindqvist', 'mo.lindqvist@example.test', 'mo.lindqvist@corp.example.test']) {
      for (let time = 0; time < 2; time++) await signIn(name, wrong)
    }
    expect(countBinds()).to.equal(5)
    expect((await signIn('mo.lindqvist@example.test', password)).status).to.equal(429)
    expect(countBinds()).to.equal(5)
  })

  it('counts names that nobody has, too, so that waiting tells nobody who is there', async () => {
    for (let time = 0; time < 5; time++) await signIn('nobody', wrong)
    expect((await signIn('nobody', wrong)).status).to.equal(429)
  })

  it('counts who is let in there and refused here, so that waiting tells nobody that a password is right', async () => {
    await suspend()
    for (let time = 0; time < 5; time++) expect((await signIn('mo.lindqvist', password)).body).to.deep.equal(refused)
    expect((await signIn('mo.lindqvist', password)).status).to.equal(429)
  })

  it('forgets failures once the right person came', async () => {
    for (let round = 0; round < 3; round++) {
      for (let time = 0; time < 4; time++) await signIn('mo.lindqvist', wrong)
      expect((await signIn('mo.lindqvist', password)).body).to.include({ authenticated: true })
    }
  })

  it('tries no more than five of those who come at once', async () => {
    const replies = await Promise.all(Array.from({ length: 20 }, () => signIn('mo.lindqvist', wrong)))
    expect(replies.filter(({ status }) => status === 200)).to.have.length(5)
    expect(replies.filter(({ status }) => status === 429)).to.have.length(15)
    expect(countBinds()).to.equal(5)
  })

  it('says 503 with a sentence where the source does not answer, and counts nothing', async () => {
    for (let time = 0; time < 6; time++) {
      failBind()
      const { status, body, headers } = await signIn('mo.lindqvist', password)
      expect([status, body['error'].code]).to.deep.equal([503, 'source_unavailable'])
      expect(body['error'].message).to.match(/LDAP/)
      expect(Number(headers['retry-after'])).to.be.above(0)
    }
    expect((await signIn('mo.lindqvist', password)).body).to.include({ authenticated: true })
    await admin.put(`/directories/${directoryId}/connection`, { ...fake.settings, bindPassword: 'another-one' })
    const { status, body } = await signIn('mo.lindqvist', password)
    expect(status).to.equal(503)
    expect(body['error'].message).to.include('refuses the account')
  })

  it('takes so many attempts of a directory in a minute, and no more', async () => {
    const text = `insert into sign_in_attempts (org_id, directory_id, subject, attempts, counts_until) values ($1, $2, '', 600, $3)`
    await query(testDatabase(), text, [tenant.organizationId, directoryId, new Date(clock.now().getTime() + minuteMs)])
    for (let time = 0; time < 6; time++) {
      const { status, headers } = await signIn('mo.lindqvist', password)
      expect(status).to.equal(429)
      expect(Number(headers['retry-after'])).to.be.within(50, 60)
    }
    expect(fake.requests).to.deep.equal([])
    clock.advance(minuteMs)
    expect((await signIn('mo.lindqvist', password)).body).to.include({ authenticated: true })
  })

  it('is for tokens with the scope authenticate, which reach nothing else, and for administrators', async () => {
    const of = async (scopes: Parameters<Tenant['addApplication']>[0]): Promise<AdminClient> =>
      new AdminClient(tenant, (await tenant.addApplication(scopes)).token)
    const narrow = await of(['authenticate'])
    expect((await signIn('mo.lindqvist', password, narrow)).body).to.include({ authenticated: true })
    expect((await narrow.get('/directories')).status).to.equal(403)
    expect(
      (await tenant.scim.withToken((await tenant.addApplication(['authenticate'])).token).get('/Users')).status,
    ).to.equal(403)
    expect((await signIn('mo.lindqvist', password, await of(['admin']))).status).to.equal(200)
    expect((await signIn('mo.lindqvist', password, await of(['read', 'write', 'hr', 'events']))).status).to.equal(403)
    const stranger = await createTenant()
    const foreign = new AdminClient(tenant, (await stranger.addApplication(['authenticate', 'admin'])).token)
    expect((await signIn('mo.lindqvist', password, foreign)).status).to.equal(404)
    expect(countBinds()).to.equal(2)
  })

  it('says in a sentence that a directory signs nobody in', async () => {
    const connection = { account: createAccount().account, token: 'a-long-secret' }
    const other = await admin.post('/directories', { kind: 'pull', name: 'HR', provider: 'scripted', connection })
    const unconnected = await admin.post('/directories', { kind: 'pull', name: 'AD 2', provider: 'ldap' })
    const credentials = { userName: 'mo.lindqvist', password }
    for (const [id, sentence] of [
      [other.body['id'], /signs nobody in .* Active Directory/],
      [tenant.directoryId, /Only a directory that is pulled/],
      [unconnected.body['id'], /not connected/],
    ] as const) {
      const { status, body } = await admin.post(`/directories/${id}/authenticate`, credentials)
      expect(status).to.equal(409)
      expect(body['error'].message).to.match(sentence)
    }
    expect((await admin.post('/directories/dir_nobody/authenticate', credentials)).status).to.equal(404)
  })

  it('takes no empty password, which a server would let in as nobody', async () => {
    expect((await signIn('mo.lindqvist', '')).status).to.equal(400)
    expect(fake.requests).to.deep.equal([])
  })

  it('leaves passwords and names nowhere: in no line of the log, answer or table; and the reason in the log', async () => {
    const before = logLines.length
    const answers = [
      await signIn('mo.lindqvist', password),
      await signIn('mo.lindqvist', wrong),
      await signIn(wrong, wrong),
      await admin.post(path(), { userName: 'mo.lindqvist', password: [wrong] }),
      await admin.send('post', path(), `{"userName": "mo.lindqvist", "password": "${wrong}"`),
    ]
    failBind()
    answers.push(await signIn('mo.lindqvist', wrong))
    const tables = await query<{ name: string }>(
      testDatabase(),
      `select table_name as name from information_schema.columns where column_name = 'org_id' and table_schema = current_schema()`,
    )
    const texts = [...logLines.slice(before), ...answers.map(({ text }) => text)]
    for (const { name } of tables) {
      const rows = await query<{ row: string }>(
        testDatabase(),
        `select t::text as row from ${name} t where org_id = $1`,
        [tenant.organizationId],
      )
      texts.push(...rows.map(({ row }) => row))
    }
    const all = texts.join('\n')
    expect(all).to.not.include(password)
    expect(all).to.not.include(wrong)
    const lines = logLines.slice(before).filter((line) => line.includes('a sign-in was refused'))
    expect(lines.map((line) => (JSON.parse(line) as Body)['reason'])).to.deep.equal(['credentials', 'unknown'])
    for (const line of lines) expect(line).to.not.include('lindqvist')
  })

  it('is counted by all processes together', async () => {
    const logger = createLogger('silent')
    const config = readConfig({ ROLLCALL_ADMIN_TOKEN: operatorToken, OUTGOING_ALLOW: '127.0.0.1' })
    const other = createApp({ config, db: testDatabase(), logger, now: clock.now })
    const server: Server = createServer(other.listener)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const client = new ScimClient(supertest(server), origin, operatorToken)
      const target = `//v1/organizations/${tenant.organizationId}${path()}`
      const json = { 'Content-Type': 'application/json' }
      const there = (): Promise<Reply> => client.post(target, { userName: 'mo.lindqvist', password: wrong }, json)
      const replies = await Promise.all(
        Array.from({ length: 8 }, (_, at) => (at % 2 === 0 ? there() : signIn('mo.lindqvist', wrong))),
      )
      expect(replies.filter(({ status }) => status === 200)).to.have.length(5)
      expect(replies.filter(({ status }) => status === 429)).to.have.length(3)
      expect([(await there()).status, (await signIn('mo.lindqvist', password)).status]).to.deep.equal([429, 429])
      expect(countBinds()).to.equal(5)
    } finally {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      other.drain()
    }
  })

  it('is forgotten when it counts no more, and goes with its directory', async () => {
    const count = async (): Promise<number> => {
      const rows = await query(testDatabase(), 'select from sign_in_attempts where org_id = $1', [
        tenant.organizationId,
      ])
      return rows.length
    }
    const retention = { db: testDatabase(), tombstoneDays: 30, requestLogDays: 30, eventDays: 30, syncDays: 30 }
    await signIn('mo.lindqvist', wrong)
    expect(await count()).to.equal(3)
    await sweep({ ...retention, now: () => new Date(clock.now().getTime() + 10 * minuteMs) })
    expect(await count()).to.equal(2)
    await sweep({ ...retention, now: () => new Date(clock.now().getTime() + 16 * minuteMs) })
    expect(await count()).to.equal(0)
    await signIn('mo.lindqvist', wrong)
    expect((await admin.delete(`/directories/${directoryId}`)).status).to.equal(204)
    expect(await count()).to.equal(0)
  })
})

describe('signing somebody in at slapd', () => {
  let slapd: Slapd

  it('lets in who has the password, and locks nobody who is tried too often', async function () {
    requireProgram(this, slapdProgram, 'slapd')
    const company = createCompany('101')
    slapd = await startSlapd({ ldif: writeLdif(company) })
    try {
      const tenant = await createTenant()
      const directoryId = await connect(tenant, {
        host: '127.0.0.1',
        port: slapd.securePort,
        certificateAuthority: slapd.certificate.cert,
        bindName: reader.name,
        bindPassword: reader.password,
      })
      await pull(tenant, directoryId)
      const admin = new AdminClient(tenant)
      const signIn = (userName: string, given: string): Promise<Reply> =>
        admin.post(`/directories/${directoryId}/authenticate`, { userName, password: given })
      expect((await signIn('mo.lindqvist', 'pass-of-Mo')).body).to.include({ authenticated: true })
      expect((await signIn('mo.lindqvist', 'pass-of-Ines')).body).to.deep.equal(refused)
      await slapd.change(async (client) => client.del(nameEntry(company.named.leaver)))
      expect((await signIn('ines.moreau', 'pass-of-Ines')).body).to.deep.equal(refused)
      // The server locks an account after three failures, and is not asked about it after five.
      for (let time = 0; time < 5; time++) expect((await signIn('adelheid.berg', wrong)).body).to.deep.equal(refused)
      expect((await signIn('adelheid.berg', 'pass-of-Adelheid')).status).to.equal(429)
    } finally {
      await slapd.stop()
    }
  })
})
