// The providers behind the management API, over HTTP on both sides: connected by a setup link, tested, read, broken and mended.
import { expect } from 'chai'
import { query } from '../../server/db/query.ts'
import { startBambooFake } from '../providers/bamboohr-fake.ts'
import type { NamedCompany } from '../providers/company.ts'
import type { FakeServer } from '../providers/fake-server.ts'
import { startHiBobFake } from '../providers/hibob-fake.ts'
import { AdminClient } from '../support/admin-client.ts'
import { settleRuns } from '../support/account-runs.ts'
import { clock, createTenant, logLines } from '../support/app.ts'
import { testDatabase } from '../support/postgres.ts'
import type { Body } from '../support/scim-client.ts'

interface Subject {
  readonly provider: string
  readonly secret: string
  start(): Promise<FakeServer & { readonly company: NamedCompany; readonly settings: Readonly<Record<string, string>> }>
}

const subjects: readonly Subject[] = [
  { provider: 'hibob', secret: 'token', start: () => startHiBobFake() },
  { provider: 'bamboohr', secret: 'apiKey', start: () => startBambooFake() },
]

for (const { provider, secret, start } of subjects) {
  describe(`${provider} behind the management API`, () => {
    it('is connected by a link, tested, read, broken and mended, and tells its secret to nobody else', async () => {
      const source = await start()
      const tenant = await createTenant()
      const admin = new AdminClient(tenant)
      const answers: string[] = []
      const call = async (method: 'get' | 'put' | 'post', path: string, body?: unknown, by = admin): Promise<Body> => {
        const reply = await by.send(method, path, body)
        expect(reply.status, `${path}: ${reply.text}`).to.be.within(200, 299)
        answers.push(reply.text)
        return reply.body
      }
      try {
        const { id } = await call('post', '/directories', { kind: 'pull', name: 'HR', provider })
        const path = `/directories/${id}`
        const { url } = await call('post', `${path}/setup-links`, {})
        const holder = new AdminClient(tenant, String(url).split('#')[1])
        await call('put', '//setup/connection', source.settings, holder)
        const tested = await call('post', '//setup/check', undefined, holder)
        expect(tested, JSON.stringify(tested)).to.deep.include({ ok: true })
        await call('post', '//setup/finish', undefined, holder)

        const run = async (): Promise<Body> => {
          clock.advance(1000)
          const { id: runId } = await call('post', `${path}/runs`, { type: 'full' })
          await settleRuns(tenant)
          return call('get', `/runs/${runId}`)
        }
        const first = await run()
        expect(first['status'], JSON.stringify(first)).to.be.oneOf(['completed', 'completed_with_errors'])
        // Whose last day has come by the tests’ clock is not imported by a first run.
        expect(first['stats'].usersCreated).to.be.above(1)
        const people = await tenant.scim.get('/Users?count=1')
        expect(people.body['totalResults']).to.equal(first['stats'].usersCreated)
        expect((await call('get', path))['status'].state).to.equal('linked')

        const wrong = { ...source.settings, [secret]: 'wRoNg-tOkEn-that-nobody-knows' }
        await call('put', `${path}/connection`, wrong)
        clock.advance(1000)
        expect(await call('post', `${path}/check`)).to.deep.include({ ok: false })
        const failed = await run()
        expect(failed).to.deep.include({ status: 'failed' })
        expect(failed['failure'].kind).to.equal('settings')
        expect((await call('get', path))['status'].state).to.equal('error')
        expect((await tenant.scim.get('/Users?count=1')).body['totalResults']).to.equal(first['stats'].usersCreated)

        await call('put', `${path}/connection`, source.settings)
        const mended = await run()
        expect(mended['status'], JSON.stringify(mended)).to.be.oneOf(['completed', 'completed_with_errors'])
        expect(mended['stats']).to.include({ usersCreated: 0, usersUpdated: 0, usersDisabled: 0, usersDeleted: 0 })
        expect((await call('get', path))['status'].state).to.equal('linked')

        const written = await query<{ text: string }>(
          testDatabase(),
          `select t::text as text from sync_runs t where org_id = $1 union all select t::text from directories t where org_id = $1
           union all select t::text from outbox t where org_id = $1`,
          [tenant.organizationId],
        )
        const all = [...answers, ...logLines, ...written.map(({ text }) => text)].join('\n')
        for (const one of [source.settings[secret] ?? '', wrong[secret] ?? '']) expect(all).not.to.contain(one)
      } finally {
        await source.close()
      }
    })
  })
}
