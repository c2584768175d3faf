// Directories that are pulled: made, connected, tested, set up and taken away through the management API.
import { expect } from 'chai'
import { readFile } from 'node:fs/promises'
import { enterprise, ProviderError, rollcall } from '../../providers/provider.ts'
import { createSealer } from '../../server/auth/sealer.ts'
import { query } from '../../server/db/query.ts'
import { readPullDirectory } from '../../server/directory/pull-directories.ts'
import { AdminClient } from '../support/admin-client.ts'
import { clock, createTenant, type Tenant } from '../support/app.ts'
import { readLog } from '../support/event-log.ts'
import { testDatabase } from '../support/postgres.ts'
import type { Body, Reply } from '../support/scim-client.ts'
import { type Account, createAccount } from '../support/sources.ts'

const workEmail = 'emails[type eq "work"].value'

describe('directories that are pulled', () => {
  let tenant: Tenant
  let admin: AdminClient
  let account: Account
  beforeEach(async () => {
    tenant = await createTenant()
    admin = new AdminClient(tenant)
    account = createAccount()
  })

  const message = (reply: Reply): string => String(reply.body['error']?.message)
  const refused = (reply: Reply): unknown[] => [reply.status, reply.body['error']?.code, reply.body['error']?.param]

  async function make(rest: Body = {}): Promise<string> {
    const made = await admin.post('/directories', { kind: 'pull', name: 'HR', provider: 'scripted', ...rest })
    expect(made.status, made.text).to.equal(201)
    return String(made.body['id'])
  }

  const read = async (id: string): Promise<Body> => (await admin.get(`/directories/${id}`)).body
  const connection = (): Body => ({ account: account.account, token: 'a-long-secret' })
  const makeConnected = (): Promise<string> => make({ connection: connection() })

  it('can be read from each provider that there is, and from no other', async () => {
    const { body } = await admin.get('//providers')
    const byId = new Map((body['data'] as Body[]).map((one) => [one['id'], one]))
    expect([...byId.keys()])
      .to.include.members(['hibob', 'bamboohr', 'scripted'])
      .and.not.to.include('csv')
    expect(byId.get('scripted')).to.deep.include({
      name: 'Scripted source',
      capabilities: ['users', 'groups', 'incremental'],
      required: [{ field: 'email', permission: 'Read addresses' }],
    })
    expect(byId.get('scripted')?.['settings'].properties.token).to.include({ writeOnly: true })
    expect(byId.get('scripted')?.['mapping']).to.include({ title: 'title' })
    for (const provider of ['csv', 'nobody', undefined]) {
      const reply = await admin.post('/directories', { kind: 'pull', name: 'HR', provider })
      expect(refused(reply)).to.deep.equal([400, 'invalid_value', 'provider'])
    }
    expect(refused(await admin.post('/directories', { kind: 'push', name: 'X', connection: {} }))).to.deep.equal([
      400,
      'invalid_value',
      'connection',
    ])
  })

  it('begin with what the docs say: people come back, leavers are mailed, new ones are not, daily at two', async () => {
    const id = await make()
    expect(await read(id)).to.deep.include({
      kind: 'pull',
      provider: 'scripted',
      restoreUsers: true,
      sendInvitations: false,
      sendOffboardingEmails: true,
      connection: null,
      test: null,
      mapping: {},
      pausedAt: null,
      nextRunAt: null,
      lastRun: null,
      hold: null,
      status: { state: 'unlinked', reason: 'It is not connected: nobody has said yet how its source is reached.' },
      settings: {
        autoAssignLocations: false,
        deactivationTiming: 'on_date',
        deletionTiming: 'immediately',
        groupFilter: [],
        usernameAttribute: 'workEmail',
        syncGroups: true,
        preserveGroups: false,
        removeLocalGroups: false,
        removeOtherDirectoryGroups: false,
        pageSize: 100,
        activateUsers: true,
        orphanedUsers: 'ignore',
        schedule: { kind: 'daily', at: '02:00' },
        massChangeGuard: { share: 0.2, number: 10 },
      },
    })
    const docs = await readFile('docs/directories.md', 'utf8')
    for (const [setting, value] of Object.entries((await read(id))['settings'] as Body)) {
      const written = typeof value === 'string' ? value : JSON.stringify(value).replaceAll(/([:,])/g, '$1 ')
      expect(docs).to.contain(`| \`${setting}\` | \`${written.replace('02: 00', '02:00')}\` |`)
    }
    const triggers = (await admin.get('/triggers')).body['data'] as Body[]
    const offboarding = triggers.find((one) => one['builtIn'] === 'offboarding')
    expect(offboarding?.['directoryIds']).to.deep.equal([id])
  })

  describe('connections', () => {
    it('are sealed, shown without their secrets, and validated by the provider', async () => {
      const id = await make()
      expect((await admin.put(`/directories/${id}/connection`, connection())).status).to.equal(204)
      const { connection: shown, status, nextRunAt } = await read(id)
      expect(shown).to.deep.include({ settings: { account: account.account, region: 'eu' }, secrets: ['token'] })
      expect(status.state).to.equal('validating')
      expect(new Date(nextRunAt).toISOString()).to.match(/T02:00:00/)
      const { secrets } = await readPullDirectory(testDatabase(), tenant.organizationId, id)
      expect(secrets).to.be.a('string').and.not.to.contain('a-long-secret')

      const put = (body: Body): Promise<Reply> => admin.put(`/directories/${id}/connection`, body)
      expect(refused(await put({ ...connection(), colour: 'red' }))).to.deep.equal([400, 'invalid_value', 'colour'])
      expect(refused(await put({ token: 'a-long-secret' }))).to.deep.equal([400, 'invalid_value', 'account'])
      expect(refused(await put({ ...connection(), region: 'mars' }))).to.deep.equal([400, 'invalid_value', 'region'])
      expect(refused(await put({ ...connection(), token: 'short' }))).to.deep.equal([400, 'invalid_value', 'token'])
      expect(refused(await put({ ...connection(), token: 7 }))).to.deep.equal([400, 'invalid_value', 'token'])
      expect((await read(id))['connection']).to.deep.equal(shown)
      const fresh = await make({ name: 'Other' })
      const bare = await admin.put(`/directories/${fresh}/connection`, { account: 'x' })
      expect([refused(bare), message(bare)]).to.deep.equal([[400, 'invalid_value', 'token'], 'token is missing.'])
    })

    it('are mended in place: a secret that is left out stays, and what is read only changes with the rest', async () => {
      const id = await makeConnected()
      const rules = async (): Promise<number> =>
        (await readPullDirectory(testDatabase(), tenant.organizationId, id)).rulesVersion
      const began = await rules()
      await admin.put(`/directories/${id}/connection`, { ...connection(), token: 'another-secret' })
      expect(await rules()).to.equal(began)
      await admin.put(`/directories/${id}/connection`, { account: account.account, region: 'us' })
      expect(await rules()).to.equal(began + 1)
      expect((await read(id))['connection']).to.deep.include({
        settings: { account: account.account, region: 'us' },
        secrets: ['token'],
      })
      await admin.post(`/directories/${id}/check`)
      expect(account.openings).to.deep.equal([{ account: account.account, region: 'us', token: 'another-secret' }])
    })

    it('are mended by one at a time: what several send at once is not mixed', async () => {
      const id = await makeConnected()
      const sent = ['eu', 'us', 'eu', 'us', 'eu'].map((region, at) => ({
        ...connection(),
        region,
        token: `${region}-secret-${at}`,
      }))
      const replies = await Promise.all(sent.map((body) => admin.put(`/directories/${id}/connection`, body)))
      for (const { status } of replies) expect(status).to.be.oneOf([204, 409])
      expect(replies.some(({ status }) => status === 204)).to.equal(true)
      await admin.post(`/directories/${id}/check`)
      expect(sent).to.deep.include(account.openings.at(-1))
    })

    it('send no secret elsewhere that is not given again', async () => {
      const id = await makeConnected()
      const link = String((await admin.post(`/directories/${id}/setup-links`, {})).body['url'])
      const holder = new AdminClient(tenant, link.split('#')[1])
      const moved = { account: account.account, baseUrl: 'https://elsewhere.example' }
      for (const reply of [
        await admin.put(`/directories/${id}/connection`, moved),
        await holder.put('//setup/connection', moved),
      ]) {
        expect(refused(reply)).to.deep.equal([400, 'invalid_value', 'token'])
        expect(message(reply)).to.equal('token must be given again, for baseUrl changes where it is sent.')
      }
      const put = (body: Body): Promise<Reply> => admin.put(`/directories/${id}/connection`, body)
      expect((await put({ ...moved, token: 'another-secret' })).status).to.equal(204)
      expect((await put({ ...moved, region: 'us' })).status).to.equal(204)
      expect((await put({ account: account.account })).status).to.equal(204)
    })

    it('send no secret to another host, or where another authority is trusted', async () => {
      const cases = [
        ['okta', { domain: 'acme.okta.com', apiToken: 'a-long-secret' }, { domain: 'elsewhere.example' }, 'apiToken'],
        [
          'ldap',
          { host: 'ldap.example', bindName: 'cn=reader', bindPassword: 'a-long-secret' },
          { host: 'elsewhere.example', bindName: 'cn=reader' },
          'bindPassword',
        ],
      ] as const
      for (const [provider, settings, moved, secret] of cases) {
        const directory = { kind: 'pull', provider, name: `Hosts of ${provider}`, connection: settings }
        const made = await admin.post('/directories', directory)
        expect(made.status, made.text).to.equal(201)
        const path = `/directories/${made.body['id']}/connection`
        expect(refused(await admin.put(path, moved))).to.deep.equal([400, 'invalid_value', secret])
        expect((await admin.put(path, { ...moved, [secret]: 'another' })).status).to.equal(204)
      }
    })

    it('whose key is lost can be looked at, tested and mended', async () => {
      const id = await makeConnected()
      const lost = createSealer(testDatabase(), `lost:${Buffer.alloc(32).toString('base64url')}`, clock.now)
      const sealed = await lost.seal(`directory:${id}`, '{"token":"a-long-secret"}')
      await query(testDatabase(), 'update directories set secrets = $2 where id = $1', [id, sealed])
      expect((await read(id))['connection']).to.deep.include({ secrets: [] })
      const { body } = await admin.post(`/directories/${id}/check`)
      expect(body).to.deep.include({ ok: false })
      expect(body['checks'][0].detail).to.contain('sealed with the key lost')
      expect((await read(id))['status'].state).to.equal('error')
      const left = await admin.put(`/directories/${id}/connection`, { account: account.account })
      expect(refused(left)).to.deep.equal([400, 'invalid_value', 'token'])
      clock.advance(1000)
      expect((await admin.put(`/directories/${id}/connection`, connection())).status).to.equal(204)
      expect((await admin.post(`/directories/${id}/check`)).body).to.deep.include({ ok: true })
      expect((await read(id))['status'].state).to.equal('linked')
    })

    it('are those of directories that are pulled', async () => {
      for (const call of ['connection', 'check'] as const) {
        const path = `/directories/${tenant.directoryId}/${call}`
        const reply = call === 'check' ? await admin.post(path) : await admin.put(path, connection())
        expect(refused(reply)).to.deep.equal([409, 'conflict', undefined])
      }
      expect((await admin.put('/directories/dir_0/connection', connection())).status).to.equal(404)
      expect((await admin.post('/directories/dir_0/check')).status).to.equal(404)
      const unconnected = await admin.post(`/directories/${await make()}/check`)
      expect([unconnected.status, message(unconnected)]).to.deep.equal([
        409,
        'The directory is not connected; say first how its source is reached.',
      ])
    })

    it('are made as a whole or not at all', async () => {
      const reply = await admin.post('/directories', {
        kind: 'pull',
        name: 'HR',
        provider: 'scripted',
        connection: { account: 'x' },
      })
      expect(refused(reply)).to.deep.equal([400, 'invalid_value', 'token'])
      const listed = (await admin.get('/directories')).body['data'] as Body[]
      expect(listed.map((one) => one['name'])).to.have.members(['Manual', 'Okta'])
    })
  })

  describe('tests of a connection', () => {
    it('look at each permission, and say which attributes will be missing for want of it', async () => {
      const id = await makeConnected()
      account.source.checks = [
        { name: 'sign_in', ok: true, detail: 'Signed in.' },
        { name: 'Read jobs', ok: false, detail: 'Give it Read jobs.', missing: ['title', 'department', 'nothing'] },
      ]
      const { status, body } = await admin.post(`/directories/${id}/check`)
      expect(status).to.equal(200)
      expect(body).to.deep.include({
        ok: true,
        checks: [
          { name: 'sign_in', ok: true, detail: 'Signed in.', missing: [], needed: true },
          {
            name: 'Read jobs',
            ok: false,
            detail: 'Give it Read jobs.',
            missing: ['title', `${enterprise}:department`],
            needed: false,
          },
        ],
      })
      const { test, status: standing } = await read(id)
      expect(test).to.deep.equal(body)
      expect(standing).to.deep.equal({ state: 'linked', reason: 'The test of its connection went well.' })
    })

    it('turn the directory to error where nothing can be imported, until it is mended', async () => {
      const id = await makeConnected()
      account.source.checks = [
        { name: 'sign_in', ok: true, detail: 'Signed in.' },
        { name: 'Read addresses', ok: false, detail: 'Give it Read addresses.', missing: ['email'] },
      ]
      expect((await admin.post(`/directories/${id}/check`)).body['ok']).to.equal(false)
      expect((await read(id))['status']).to.deep.equal({ state: 'error', reason: 'Give it Read addresses.' })
      clock.advance(1000)
      await admin.put(`/directories/${id}/connection`, { account: account.account })
      expect((await read(id))['status'].state).to.equal('validating')
    })

    it('keep what somebody must mend, and not what passes', async () => {
      const id = await makeConnected()
      const source = account.source
      const fail = (kind: 'settings' | 'transient', text: string): void => {
        Object.assign(source.provider, {
          open: () => ({ check: () => Promise.reject(new ProviderError(kind, text)), pull: () => [] }),
        })
      }
      fail('transient', 'The source is busy.')
      const busy = await admin.post(`/directories/${id}/check`)
      expect(busy.body).to.deep.include({ ok: false })
      expect(busy.body['checks'][0]).to.include({ name: 'sign_in', ok: false, detail: 'The source is busy.' })
      expect(await read(id)).to.deep.include({ test: null })
      fail('settings', 'The source refused the token.')
      await admin.post(`/directories/${id}/check`)
      expect((await read(id))['status']).to.deep.equal({ state: 'error', reason: 'The source refused the token.' })
    })
  })

  describe('settings', () => {
    const patch = (id: string, body: Body): Promise<Reply> => admin.patch(`/directories/${id}`, body)

    it('are changed one by one, and set back by null', async () => {
      const id = await make()
      const changes = {
        orphanedUsers: 'deactivate',
        pageSize: 25,
        massChangeGuard: { number: null },
        groupFilter: ['A'],
      }
      expect((await patch(id, { settings: changes })).status).to.equal(204)
      expect((await read(id))['settings']).to.deep.include({
        ...changes,
        massChangeGuard: { share: 0.2, number: null },
        activateUsers: true,
      })
      await patch(id, { settings: { pageSize: null, massChangeGuard: { share: 0.5 } }, name: 'People' })
      expect(await read(id)).to.include({ name: 'People' })
      expect((await read(id))['settings']).to.deep.include({
        orphanedUsers: 'deactivate',
        pageSize: 100,
        massChangeGuard: { share: 0.5, number: null },
      })
    })

    it('are told as a change of the directory, once', async () => {
      const id = await make()
      await patch(id, { settings: { activateUsers: false } })
      await patch(id, { settings: { activateUsers: false } })
      const events = (await readLog(tenant)).filter((one) => one.type === 'directory.updated' && one.resourceId === id)
      expect(events.map(({ data }) => data['changes'])).to.deep.equal([
        { activateUsers: { before: null, after: false } },
      ])
    })

    for (const [what, settings, param] of [
      ['a name that none has', { colour: 'red' }, 'settings.colour'],
      ['a page of 0', { pageSize: 0 }, 'settings.pageSize'],
      ['a page of 101', { pageSize: 101 }, 'settings.pageSize'],
      ['an unknown policy', { orphanedUsers: 'forget' }, 'settings.orphanedUsers'],
      ['a share above 1', { massChangeGuard: { share: 20 } }, 'settings.massChangeGuard'],
      ['a blank group', { groupFilter: [' '] }, 'settings.groupFilter'],
      ['a time that is none', { schedule: { kind: 'daily', at: '24:00' } }, 'settings.schedule'],
      ['a time without a kind', { schedule: { at: '02:00' } }, 'settings.schedule.kind'],
      ['a day without a time', { schedule: { kind: 'daily' } }, 'settings.schedule.at'],
      ['a time of what has none', { schedule: { kind: 'interval', minutes: 30, at: '02:00' } }, 'settings.schedule.at'],
      ['an interval of a minute', { schedule: { kind: 'interval', minutes: 1 } }, 'settings.schedule'],
      [
        'a zone that is none',
        { schedule: { kind: 'daily', at: '02:00', timeZone: 'Mars/Base' } },
        'settings.schedule.timeZone',
      ],
      [
        'a cron expression that is none',
        { schedule: { kind: 'cron', expression: '61 * * * *' } },
        'settings.schedule.expression',
      ],
      ['one with seconds', { schedule: { kind: 'cron', expression: '0 0 2 * * *' } }, 'settings.schedule.expression'],
      [
        'one that never comes',
        { schedule: { kind: 'cron', expression: '0 0 30 2 *' } },
        'settings.schedule.expression',
      ],
      ['one of every minute', { schedule: { kind: 'cron', expression: '* * * * *' } }, 'settings.schedule.expression'],
      [
        'one with two runs in a row',
        { schedule: { kind: 'cron', expression: '0,1 2 * * 1' } },
        'settings.schedule.expression',
      ],
      ['a userName from what is not mapped', { usernameAttribute: 'externalId' }, 'settings.usernameAttribute'],
    ] as const) {
      it(`are not ${what}`, async () => {
        const id = await make()
        const reply = await patch(id, { settings })
        expect(reply.status, reply.text).to.equal(400)
        expect(String(reply.body['error'].param).startsWith(param), reply.text).to.equal(true)
        expect((await read(id))['settings']).to.deep.include({
          pageSize: 100,
          schedule: { kind: 'daily', at: '02:00' },
        })
      })
    }

    it('say when the next run is, in the time zone that they name or else in that of the organization', async () => {
      const id = await makeConnected()
      const next = async (): Promise<string | undefined> => (await read(id))['nextRunAt']?.slice(11, 16)
      await admin.patch('', { timeZone: 'Asia/Kolkata' })
      await patch(id, { settings: { schedule: { kind: 'daily', at: '06:00' } } })
      expect(await next()).to.equal('00:30')
      await admin.patch('', { timeZone: 'Asia/Dhaka' })
      expect(await next()).to.equal('00:00')
      await patch(id, { settings: { schedule: { kind: 'cron', expression: '0 6 * * *', timeZone: 'Asia/Tokyo' } } })
      expect(await next()).to.equal('21:00')
      await admin.patch('', { timeZone: 'Europe/Lisbon' })
      expect(await next()).to.equal('21:00')
      await patch(id, { settings: { schedule: { kind: 'interval', minutes: 30 } } })
      expect(await next()).to.equal(undefined)
      await patch(id, { settings: { schedule: { kind: 'disabled' } } })
      expect(await next()).to.equal(undefined)
    })

    it('are also of the manual directory, and not of one that sends', async () => {
      const listed = (await admin.get('/directories')).body['data'] as Body[]
      const manual = String(listed.find((one) => one['kind'] === 'manual')?.['id'])
      expect((await patch(manual, { settings: { activateUsers: false } })).status).to.equal(204)
      expect((await read(manual))['settings']).to.include({ activateUsers: false })
      expect((await patch(manual, { mapping: {} })).status).to.equal(409)
      expect((await patch(tenant.directoryId, { settings: {} })).status).to.equal(409)
      expect(await read(tenant.directoryId)).to.deep.include({ settings: null, mapping: null, connection: null })
    })
  })

  describe('mappings', () => {
    const map = (id: string, mapping: Body): Promise<Reply> => admin.patch(`/directories/${id}`, { mapping })

    it('lie over those of the provider, and are replaced as a whole', async () => {
      const id = await make()
      const own = { title: { from: ['role', 'title'] }, nickName: null, [`${rollcall}:team`]: 'squad' }
      expect((await map(id, own)).status).to.equal(204)
      const first = await read(id)
      expect(first['mapping']).to.deep.equal(own)
      expect(first['effectiveMapping']).to.deep.include({
        title: { from: ['role', 'title'] },
        [`${rollcall}:team`]: 'squad',
      })
      expect(first['effectiveMapping']).not.to.have.any.keys('nickName')
      await map(id, {})
      expect((await read(id))['effectiveMapping']).to.include({ title: 'title', nickName: 'nickName' })
    })

    it('reach attributes that the organization added', async () => {
      const id = await make()
      const path = 'urn:ietf:params:scim:schemas:extension:custom:2.0:User:badge'
      const before = await map(id, { [path]: 'badge' })
      expect([before.status, message(before)]).to.deep.equal([
        400,
        `mapping: ${path} is not in the schema. Add the attribute first, or correct the path.`,
      ])
      await admin.post('/attributes', { resourceType: 'User', definition: { name: 'badge', type: 'string' } })
      expect((await map(id, { [path]: 'badge' })).status).to.equal(204)
    })

    for (const path of [workEmail, 'name.givenName', 'name.familyName']) {
      it(`keep ${path}, which can be mapped otherwise but not be left out`, async () => {
        const id = await make()
        const reply = await map(id, { [path]: null })
        expect(refused(reply)).to.deep.equal([400, 'invalid_value', 'mapping'])
        expect(message(reply)).to.contain(path).and.to.contain('cannot be left unmapped')
        expect((await map(id, { [path]: 'other' })).status).to.equal(204)
      })
    }

    it('are refused with the attribute that is wrong', async () => {
      const id = await make()
      for (const [mapping, named] of [
        [{ 'title[': 'x' }, 'title['],
        [{ colour: 'x' }, 'colour'],
        [{ title: { from: 'x', transform: 'upper' } }, 'the rule of title has a transform that is none of text'],
        [{ title: { table: {} } }, 'the rule of title must name one field or several'],
        [{ title: 7 }, 'mapping.title'],
        [{ title: '' }, 'the rule of title names no field'],
      ] as const) {
        const reply = await map(id, mapping)
        expect(reply.status, reply.text).to.equal(400)
        expect(`${message(reply)} ${reply.body['error'].param}`).to.contain(named)
      }
    })

    it('keep what userName comes from', async () => {
      const id = await make()
      await admin.patch(`/directories/${id}`, { settings: { usernameAttribute: 'nickName' } })
      const reply = await map(id, { nickName: null })
      expect(refused(reply)).to.deep.equal([400, 'invalid_value', 'settings.usernameAttribute'])
    })
  })

  it('are paused and resumed', async () => {
    const id = await makeConnected()
    expect((await admin.post(`/directories/${id}/pause`)).status).to.equal(204)
    expect(await read(id)).to.deep.include({
      nextRunAt: null,
      status: { state: 'paused', reason: 'It is paused: no run begins by itself until it is resumed.' },
    })
    expect((await read(id))['pausedAt']).to.be.a('string')
    expect((await admin.post(`/directories/${id}/resume`)).status).to.equal(204)
    expect((await read(id))['pausedAt']).to.equal(null)
    expect((await admin.post(`/directories/${tenant.directoryId}/pause`)).status).to.equal(409)
    expect((await admin.post('/directories/dir_0/resume')).status).to.equal(404)
  })

  it('are deleted with their connection, and their mails with them; the manual one is not', async () => {
    const id = await makeConnected()
    expect((await admin.delete(`/directories/${id}`)).status).to.equal(204)
    expect((await admin.get(`/directories/${id}`)).status).to.equal(404)
    expect((await admin.delete(`/directories/${id}`)).status).to.equal(404)
    const triggers = (await admin.get('/triggers')).body['data'] as Body[]
    expect(triggers.flatMap((one) => one['directoryIds'] ?? [])).not.to.include(id)
    const listed = (await admin.get('/directories')).body['data'] as Body[]
    const manual = String(listed.find((one) => one['kind'] === 'manual')?.['id'])
    expect((await admin.delete(`/directories/${manual}`)).status).to.equal(409)
  })

  it('of another kind say how they stand, too', async () => {
    const states = async (): Promise<Record<string, string>> => {
      const listed = (await admin.get('/directories')).body['data'] as Body[]
      return Object.fromEntries(listed.map((one) => [one['name'], one['status'].state]))
    }
    expect(await states()).to.deep.equal({ Manual: 'linked', Okta: 'unlinked' })
    await query(testDatabase(), 'update tokens set last_used_at = now() where org_id = $1', [tenant.organizationId])
    expect(await states()).to.deep.equal({ Manual: 'linked', Okta: 'linked' })
  })
})

describe('locations and time zones', () => {
  it('are made, listed, changed and deleted', async () => {
    const admin = new AdminClient(await createTenant())
    const made = await admin.post('/locations', { name: 'Berlin', timeZone: 'Europe/Berlin' })
    expect(made.status).to.equal(201)
    await admin.post('/locations', { name: 'Austin' })
    expect((await admin.post('/locations', { name: 'BERLIN' })).status).to.equal(409)
    expect((await admin.post('/locations', { name: ' ' })).status).to.equal(400)
    expect((await admin.post('/locations', { name: 'X', timeZone: 'Mars/Base' })).status).to.equal(400)
    const list = async (): Promise<unknown[]> =>
      ((await admin.get('/locations')).body['data'] as Body[]).map(({ name, timeZone }) => [name, timeZone])
    expect(await list()).to.deep.equal([
      ['Austin', null],
      ['Berlin', 'Europe/Berlin'],
    ])
    const changed = await admin.patch(`/locations/${made.body['id']}`, { timeZone: null })
    expect(changed.body).to.include({ name: 'Berlin', timeZone: null })
    expect((await admin.patch('/locations/loc_0', {})).status).to.equal(404)
    expect((await admin.delete(`/locations/${made.body['id']}`)).status).to.equal(204)
    expect(await list()).to.deep.equal([['Austin', null]])
  })

  it('of the organization are UTC until another one is set', async () => {
    const admin = new AdminClient(await createTenant())
    expect((await admin.get('')).body).to.include({ timeZone: 'UTC' })
    expect((await admin.patch('', { timeZone: 'Europe/Berlin' })).status).to.equal(204)
    expect((await admin.get('')).body).to.include({ timeZone: 'Europe/Berlin' })
    const wrong = await admin.patch('', { timeZone: 'Mars/Base' })
    expect([wrong.status, wrong.body['error'].param]).to.deep.equal([400, 'timeZone'])
  })
})
