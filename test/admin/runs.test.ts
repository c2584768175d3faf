// Runs through the management API: asked for, watched, stopped, held and decided on.
import { expect } from 'chai'
import { ProviderError } from '../../providers/provider.ts'
import { AdminClient } from '../support/admin-client.ts'
import { clock, createTenant, getApp, operatorToken, type Tenant } from '../support/app.ts'
import { settleRuns } from '../support/account-runs.ts'
import { readLog } from '../support/event-log.ts'
import type { Body, Reply } from '../support/scim-client.ts'
import { type Account, createAccount } from '../support/sources.ts'

const person = (id: string, rest: Body = {}): { id: string } & Body => ({
  id,
  email: `${id}@larkspur.example`,
  firstName: id,
  lastName: 'Holm',
  status: 'active',
  ...rest,
})
const people = (count: number): ({ id: string } & Body)[] =>
  Array.from({ length: count }, (_, at) => person(`person-${at}`, { employeeNumber: String(at) }))

describe('runs', () => {
  let tenant: Tenant
  let admin: AdminClient
  let account: Account
  let directoryId: string
  beforeEach(async () => {
    tenant = await createTenant()
    admin = new AdminClient(tenant)
    account = createAccount()
    const connection = { account: account.account, token: 'a-long-secret' }
    const made = await admin.post('/directories', { kind: 'pull', name: 'HR', provider: 'scripted', connection })
    directoryId = String(made.body['id'])
    account.source.people = [person('ada', { title: 'Engineer' }), person('bob', { manager: 'ada' })]
  })

  const ask = (body: Body = {}): Promise<Reply> => admin.post(`/directories/${directoryId}/runs`, body)
  const read = async (id: string): Promise<Body> => (await admin.get(`/runs/${id}`)).body
  async function run(body: Body = { type: 'full' }): Promise<Body> {
    const asked = await ask(body)
    expect(asked.status, asked.text).to.equal(202)
    await settleRuns(tenant)
    return read(asked.body['id'])
  }
  const listUserNames = async (): Promise<string[]> => {
    const { body } = await tenant.scim.get('/Users?sortBy=userName')
    return (body['Resources'] as Body[]).map((one) => String(one['userName']))
  }
  const failure = ({ status, body }: Reply): unknown[] => [status, body['error']?.code]

  it('are queued, done, and report what they did', async () => {
    const asked = await ask({ type: 'full' })
    expect(asked.status).to.equal(202)
    expect(asked.body).to.deep.include({
      directoryId,
      purpose: 'sync',
      type: 'full',
      includeGroups: true,
      status: 'queued',
      stage: 'fetch',
      startedAt: null,
      completedAt: null,
      hold: null,
      failure: null,
      attempts: 0,
      nextAttemptAt: null,
    })
    expect((await ask()).body['id']).to.equal(asked.body['id'])
    await settleRuns(tenant)
    const done = await read(asked.body['id'])
    expect(done).to.deep.include({ status: 'completed', stage: 'notify', errorCount: 0 })
    expect(done['stats']).to.include({ usersCreated: 2, usersErrors: 0 })
    expect(done['progress']).to.include({ records: 2, planned: 2, applied: 2 })
    expect(await listUserNames()).to.deep.equal(['ada@larkspur.example', 'bob@larkspur.example'])
    const { status, lastRun } = (await admin.get(`/directories/${directoryId}`)).body
    expect(status).to.deep.equal({ state: 'linked', reason: 'Its last run was completed.' })
    expect(lastRun).to.include({ id: done['id'], status: 'completed' })
  })

  it('list what they did in the order of doing, page by page, by operation', async () => {
    const { id } = await run()
    const first = await admin.get(`/runs/${id}/changes?limit=1`)
    expect(first.body['data'][0]).to.deep.include({
      operation: 'create',
      sourceId: 'ada',
      applied: true,
      members: null,
    })
    const second = await admin.get(`/runs/${id}/changes?limit=1&cursor=${first.body['nextCursor']}`)
    expect(second.body['data'][0]).to.include({ operation: 'create', sourceId: 'bob', code: null })
    expect(second.body['nextCursor']).to.equal(null)
    expect((await admin.get(`/runs/${id}/changes?operation=delete`)).body['data']).to.deep.equal([])
    account.source.change('ada', { title: 'Lead' })
    const next = await run()
    const { data } = (await admin.get(`/runs/${next['id']}/changes?operation=update`)).body
    expect(data.map((one: Body) => one['sourceId'])).to.deep.equal(['ada'])
    expect(data[0].difference).to.deep.equal({ title: { before: 'Engineer', after: 'Lead' } })
    for (const query of ['operation=fly', 'code=x', 'limit=0', 'cursor=x', 'colour=red']) {
      expect((await admin.get(`/runs/${id}/changes?${query}`)).status, query).to.equal(400)
    }
  })

  it('say which records were left alone, and why', async () => {
    account.source.people = [...account.source.people, person('carl', { email: undefined })]
    account.source.faults = [{ record: 'line 12', message: 'It has too many columns.' }]
    const done = await run()
    const { data } = (await admin.get(`/runs/${done['id']}/errors`)).body
    const told = (data as Body[]).map(({ sourceId, operation, code }) => [sourceId, operation, code])
    expect(told).to.have.deep.members([
      ['carl', 'skip', 'no_email'],
      ['line 12', 'error', 'unreadable'],
    ])
    expect(done).to.deep.include({ status: 'completed_with_errors' })
    expect(done['errorCount']).to.be.at.least(1)
    const one = await admin.get(`/runs/${done['id']}/errors?limit=1`)
    const rest = await admin.get(`/runs/${done['id']}/errors?limit=1&cursor=${one.body['nextCursor']}`)
    expect([...one.body['data'], ...rest.body['data']]).to.have.deep.members(data)
  })

  it('only plan as a preview, which changes nothing', async () => {
    const preview = await run({ type: 'full', preview: true })
    expect(preview).to.deep.include({ purpose: 'preview', status: 'completed', hold: null })
    expect(preview['stats']).to.include({ usersCreated: 2 })
    const { data } = (await admin.get(`/runs/${preview['id']}/changes`)).body
    expect(data.map((one: Body) => [one['operation'], one['applied']])).to.deep.equal([
      ['create', false],
      ['create', false],
    ])
    expect(await listUserNames()).to.deep.equal([])
    const sync = await ask()
    expect(failure(await ask({ preview: true }))).to.deep.equal([409, 'conflict'])
    expect(sync.status).to.equal(202)
  })

  it('are listed, the latest first, of one directory or of all', async () => {
    const ids = [await run(), await run(), await run()].map((one) => one['id'])
    const first = (await admin.get('/runs?limit=2')).body
    expect(first['data'].map((one: Body) => one['id'])).to.deep.equal([ids[2], ids[1]])
    const rest = (await admin.get(`/runs?limit=2&cursor=${first['nextCursor']}`)).body
    expect([rest['data'].map((one: Body) => one['id']), rest['nextCursor']]).to.deep.equal([[ids[0]], null])
    const own = (await admin.get(`/runs?directoryId=${directoryId}`)).body['data']
    expect(own).to.have.length(3)
    expect((await admin.get(`/runs?directoryId=${tenant.directoryId}`)).body['data']).to.deep.equal([])
  })

  it('are cancelled at once while they wait, and once', async () => {
    const { body } = await ask()
    const cancelled = await admin.post(`/runs/${body['id']}/cancel`)
    expect([cancelled.status, cancelled.body['status']]).to.deep.equal([200, 'cancelled'])
    const again = await admin.post(`/runs/${body['id']}/cancel`)
    expect([again.status, again.body['completedAt']]).to.deep.equal([200, cancelled.body['completedAt']])
    await settleRuns(tenant)
    expect(account.source.pulls).to.deep.equal([])
    expect((await admin.post('/runs/sync_0/cancel')).status).to.equal(404)
  })

  it('need a directory that is pulled and connected', async () => {
    expect(failure(await admin.post(`/directories/${tenant.directoryId}/runs`, {}))).to.deep.equal([409, 'conflict'])
    const bare = await admin.post('/directories', { kind: 'pull', name: 'Bare', provider: 'scripted' })
    expect(failure(await admin.post(`/directories/${bare.body['id']}/runs`, {}))).to.deep.equal([409, 'conflict'])
    expect((await admin.post('/directories/dir_0/runs', {})).status).to.equal(404)
    for (const path of ['', '/changes', '/errors', '/progress']) {
      expect((await admin.get(`/runs/sync_0${path}`)).status).to.equal(404)
    }
  })

  it('turn the directory to error where somebody must mend it, and back once it is mended', async () => {
    await run()
    account.source.failAt(1, new ProviderError('settings', 'The source refused the token (401).'))
    const failed = await run()
    expect(failed).to.deep.include({
      status: 'failed',
      failure: { kind: 'settings', message: 'The source refused the token (401).' },
    })
    const status = async (): Promise<Body> => (await admin.get(`/directories/${directoryId}`)).body['status']
    expect(await status()).to.deep.equal({ state: 'error', reason: 'The source refused the token (401).' })
    expect(await listUserNames()).to.have.length(2)
    clock.advance(1000)
    await admin.put(`/directories/${directoryId}/connection`, { account: account.account, token: 'another-secret' })
    expect((await status())['state']).to.equal('validating')
    await run()
    expect((await status())['state']).to.equal('linked')
  })

  it('are put off where the source is busy, and say until when', async () => {
    account.source.failAt(1, new ProviderError('rate_limited', 'The source is busy.', { retryAfterMs: 600_000 }))
    const busy = await run()
    expect(busy).to.deep.include({
      status: 'queued',
      attempts: 1,
      failure: { kind: 'rate_limited', message: 'The source is busy.' },
    })
    expect(new Date(busy['nextAttemptAt']).getTime() - clock.now().getTime()).to.be.above(500_000)
    expect((await admin.get(`/directories/${directoryId}`)).body['status'].state).to.equal('validating')
    clock.advance(3_600_000)
    await settleRuns(tenant)
    expect(await read(busy['id'])).to.deep.include({ status: 'completed', failure: null })
  })

  describe('that would do harm', () => {
    beforeEach(async () => {
      account.source.people = people(20)
      await run()
      await admin.patch(`/directories/${directoryId}`, { settings: { orphanedUsers: 'deactivate' } })
    })

    async function hold(): Promise<Body> {
      account.source.remove(...people(12).map(({ id }) => id))
      const held = await run()
      expect(held['status']).to.equal('awaiting_approval')
      return held
    }
    const countActive = async (): Promise<number> =>
      (await tenant.scim.filter('/Users', 'active eq true')).body['totalResults'] as number

    it('wait, with what they would do and why', async () => {
      const held = await hold()
      const { token } = await tenant.addApplication(['hr'])
      const shown = await tenant.scim.withToken(token).get(`//v1/hr/sync/status?sync_id=${held['id']}`)
      expect(shown.body).to.include({ status: 'awaiting_approval', completed_at: null })
      expect(held['hold']).to.deep.include({ decision: null, decidedAt: null, decidedBy: null })
      expect(held['hold'].reasons[0].code).to.be.oneOf(['mass_change', 'missing_people'])
      expect(held['hold'].reasons[0].detail).to.match(/12/)
      expect((await admin.get('/holds')).body['data'].map((one: Body) => one['id'])).to.deep.equal([held['id']])
      expect((await admin.get(`/directories/${directoryId}`)).body['hold']).to.include({ id: held['id'] })
      const { data } = (await admin.get(`/runs/${held['id']}/changes?operation=deactivate`)).body
      expect(data).to.have.length(12)
      expect(await countActive()).to.equal(20)
    })

    it('go on once they are approved, by exactly what was looked at', async () => {
      const held = await hold()
      const approved = await admin.post(`/runs/${held['id']}/approve`)
      expect(approved.status).to.equal(202)
      expect(approved.body).to.include({ status: 'queued' })
      await settleRuns(tenant)
      const done = await read(held['id'])
      expect(done).to.include({ status: 'completed' })
      expect(done['hold']).to.include({ decision: 'approved', decidedBy: 'operator' })
      expect(done['hold'].decidedAt).to.be.a('string')
      expect(await countActive()).to.equal(8)
      expect(failure(await admin.post(`/runs/${held['id']}/approve`))).to.deep.equal([409, 'conflict'])
      expect((await admin.get('/holds')).body['data']).to.deep.equal([])
    })

    it('wait again where the source says something else by then', async () => {
      const held = await hold()
      account.source.remove('person-12')
      await admin.post(`/runs/${held['id']}/approve`)
      await settleRuns(tenant)
      const again = await read(held['id'])
      expect(again).to.include({ status: 'awaiting_approval' })
      expect(again['hold'].reasons.map((one: Body) => one['code'])).to.include('source_changed')
      expect(await countActive()).to.equal(20)
    })

    it('end where they are rejected, which names who did so', async () => {
      const held = await hold()
      const { token } = await tenant.addApplication(['admin'])
      const own = new AdminClient(tenant, token)
      const rejected = await own.post(`/runs/${held['id']}/reject`)
      expect([rejected.status, rejected.body['status']]).to.deep.equal([200, 'cancelled'])
      expect(rejected.body['hold']).to.deep.include({ decision: 'rejected' })
      const [, listed] = (await admin.get('/tokens')).body['data'].map((one: Body) => one['id']).toSorted()
      expect(rejected.body['hold'].decidedBy).to.equal(listed)
      expect(failure(await own.post(`/runs/${held['id']}/reject`))).to.deep.equal([409, 'conflict'])
      expect(failure(await own.post(`/runs/${held['id']}/approve`))).to.deep.equal([409, 'conflict'])
      expect((await own.post('/runs/sync_0/reject')).status).to.equal(404)
      expect(await countActive()).to.equal(20)
      const types = (await readLog(tenant)).filter((one) => one.resourceId === held['id']).map((one) => one.type)
      expect(types.slice(-2)).to.deep.equal(['sync.awaiting_approval', 'sync.cancelled'])
    })

    it('are not approved while another run of the directory is under way', async () => {
      const held = await hold()
      await ask()
      expect(failure(await admin.post(`/runs/${held['id']}/approve`))).to.deep.equal([409, 'conflict'])
    })
  })

  describe('are watched', () => {
    interface Told {
      readonly id: string
      readonly event: string
      readonly data: Body
    }

    async function open(id: string, headers: Record<string, string> = {}, signal?: AbortSignal): Promise<Response> {
      const { origin } = await getApp()
      const url = `${origin}/v1/organizations/${tenant.organizationId}/runs/${id}/progress`
      const own = { Authorization: `Bearer ${operatorToken}`, ...headers }
      return fetch(url, { headers: own, ...(signal && { signal }) })
    }

    async function* listen(response: Response): AsyncGenerator<Told> {
      const decoder = new TextDecoder()
      let text = ''
      for await (const chunk of response.body ?? []) {
        text += decoder.decode(chunk as Uint8Array, { stream: true })
        for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
          const lines = text.slice(0, end).split('\n')
          text = text.slice(end + 2)
          const field = (name: string): string =>
            lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? ''
          if (field('data') !== '')
            yield { id: field('id'), event: field('event'), data: JSON.parse(field('data')) as Body }
        }
      }
    }

    async function listenToEnd(response: Response): Promise<Told[]> {
      const told: Told[] = []
      for await (const one of listen(response)) told.push(one)
      return told
    }

    it('as events that end with the run', async () => {
      const { body } = await ask()
      const response = await open(body['id'])
      expect(response.status).to.equal(200)
      expect(response.headers.get('content-type')).to.equal('text/event-stream')
      expect(response.headers.get('cache-control')).to.equal('no-store')
      expect(response.headers.get('x-request-id')).to.match(/^req_/)
      const told: Told[] = []
      for await (const one of listen(response)) {
        told.push(one)
        if (told.length === 1) await settleRuns(tenant)
      }
      expect(told.map((one) => [one.event, one.data['status']])).to.deep.equal([
        ['run', 'queued'],
        ['run', 'completed'],
      ])
      expect(told[1]?.data).to.deep.include({ stats: (await read(body['id']))['stats'] })
    })

    it('at once where it has ended, and only what is new by who comes back', async () => {
      const { id } = await run()
      const [told, ...others] = await listenToEnd(await open(id))
      expect(others).to.deep.equal([])
      expect(told?.data).to.include({ id, status: 'completed' })
      expect(await listenToEnd(await open(id, { 'Last-Event-ID': told?.id ?? '' }))).to.deep.equal([])
      expect(await listenToEnd(await open(id, { 'Last-Event-ID': 'something else' }))).to.have.length(1)
    })

    it('until the client goes', async () => {
      const { body } = await ask()
      const leaving = new AbortController()
      const response = await open(body['id'], {}, leaving.signal)
      const events = listen(response)
      expect((await events.next()).value.data).to.include({ status: 'queued' })
      leaving.abort()
      const left: unknown = await events.next().catch((error: unknown) => error)
      expect(left).to.be.instanceOf(Error)
      expect((await admin.get(`/runs/${body['id']}`)).status).to.equal(200)
    })
  })

  it('are syncs of the HR API and of SCIM unless they are previews', async () => {
    const { token } = await tenant.addApplication(['hr', 'write', 'read'])
    const application = tenant.scim.withToken(token)
    const { body: preview } = await ask({ preview: true })
    const meanwhile = await application.post('//v1/hr/sync', { source: 'scripted' })
    expect([meanwhile.status, meanwhile.body['error']?.code]).to.deep.equal([409, 'conflict'])
    await settleRuns(tenant)
    expect((await application.get(`//v1/hr/sync/status?sync_id=${preview['id']}`)).status).to.equal(404)
    expect((await application.get('//v1/hr/sync/status')).status).to.equal(404)
    expect((await application.get(`/Syncs/${preview['id']}`)).status).to.equal(404)
    const { id } = await run()
    clock.advance(5)
    await run({ preview: true })
    expect((await application.get('//v1/hr/sync/status')).body).to.include({ sync_id: id, status: 'completed' })
    expect((await application.get('//v1/hr/sync/status?source=scripted')).body).to.include({ sync_id: id })
    const { body } = await application.get('/Syncs')
    expect(body['totalResults']).to.equal(1)
    expect(body['Resources'][0]).to.include({ id, status: 'completed' })
  })

  it('leave behind where what is known of a person comes from', async () => {
    await run()
    const [ada] = (await tenant.scim.filter('/Users', 'userName sw "ada"')).body['Resources'] as Body[]
    await tenant.scim.patch(`/Users/${ada?.['id']}`, [{ op: 'replace', path: 'nickName', value: 'Addie' }])
    const { status, body } = await admin.get(`/users/${ada?.['id']}/records`)
    expect(status).to.equal(200)
    const [hr, okta] = body['directories'] as Body[]
    expect(hr).to.deep.include({ directoryId, externalId: 'ada', isOwner: true, endedAt: null })
    expect(hr?.['records'][0]).to.deep.include({
      sourceId: 'ada',
      speaks: true,
      problem: null,
      dueAt: null,
      missingSince: null,
    })
    expect(hr?.['records'][0].raw).to.include({ firstName: 'ada', title: 'Engineer' })
    expect(hr?.['records'][0].normalized).to.deep.include({ title: 'Engineer' })
    expect(hr?.['says']).to.deep.include({ title: 'Engineer' }).and.not.to.have.any.keys('nickName')
    expect(okta).to.deep.include({ directoryId: tenant.directoryId, isOwner: false, records: [] })
    expect(okta?.['says']).to.deep.include({ nickName: 'Addie' })
    expect(body['setBy']).to.include({ title: directoryId, nickName: tenant.directoryId })
    expect((await admin.get('/users/emp_0/records')).status).to.equal(404)
    const byHand = await tenant.scim.createUser('zoe', { title: 'Cook' })
    const own = (await admin.get(`/users/${byHand['id']}/records`)).body
    expect(own['directories']).to.have.length(1)
    expect(own['setBy']).to.include({ title: tenant.directoryId, userName: tenant.directoryId })
  })
})
