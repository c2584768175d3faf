// The providers behind the management API, over HTTP on both sides: connected by a setup link, tested, read, broken and mended.
import { expect } from 'chai'
import { generateKeyPairSync } from 'node:crypto'
import { query } from '../../server/db/query.ts'
import { startBambooFake } from '../providers/bamboohr-fake.ts'
import { type Company, createCompany } from '../providers/company.ts'
import { startEntraFake } from '../providers/entra-fake.ts'
import type { FakeServer } from '../providers/fake-server.ts'
import { startHiBobFake } from '../providers/hibob-fake.ts'
import { writeLdif } from '../providers/ldap-company.ts'
import { startLdapFake } from '../providers/ldap-fake.ts'
import { startOktaFake } from '../providers/okta-fake.ts'
import { startPersonioFake } from '../providers/personio-fake.ts'
import { startSuccessFactorsFake } from '../providers/successfactors-fake.ts'
import { startWorkdayFake } from '../providers/workday-fake.ts'
import { AdminClient } from '../support/admin-client.ts'
import { settleRuns } from '../support/account-runs.ts'
import { clock, createTenant, logLines } from '../support/app.ts'
import { testDatabase } from '../support/postgres.ts'
import type { Body } from '../support/scim-client.ts'
import { reader, slapdProgram, startSlapd } from '../support/slapd.ts'
import { requireProgram } from '../support/system-package.ts'

type Settings = Readonly<Record<string, string | number>>

interface Started {
  readonly settings: Settings
  close(): Promise<void>
}

interface Subject {
  readonly provider: string
  /** Which way to sign in, where there are several. */
  readonly by?: string
  readonly secret: string
  /** In place of a secret that is none. */
  readonly wrong?: string
  /** The program that it needs, and its Debian package. */
  readonly program?: readonly [string, string]
  start(): Promise<Started>
}

const createKey = (): string =>
  generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

/** A fake whose time is that of the tests. */
function keepTime(fake: FakeServer & { readonly company: Company }, settings: Settings): Started {
  fake.company.now = clock.now()
  fake.onRequest = () => {
    fake.company.now = clock.now()
  }
  return { settings, close: () => fake.close() }
}

async function startTls(): Promise<Started> {
  const slapd = await startSlapd({ ldif: writeLdif(createCompany('101')) })
  const settings = {
    host: '127.0.0.1',
    port: slapd.port,
    security: 'starttls',
    certificateAuthority: slapd.certificate.cert,
    bindName: reader.name,
    bindPassword: reader.password,
  }
  return { settings, close: () => slapd.stop() }
}

const subjects: readonly Subject[] = [
  {
    provider: 'hibob',
    secret: 'token',
    start: async () => {
      const fake = await startHiBobFake()
      return keepTime(fake, fake.settings)
    },
  },
  {
    provider: 'bamboohr',
    secret: 'apiKey',
    start: async () => {
      const fake = await startBambooFake()
      return keepTime(fake, fake.settings)
    },
  },
  {
    provider: 'workday',
    by: 'integration user',
    secret: 'password',
    start: async () => {
      const fake = await startWorkdayFake()
      return keepTime(fake, fake.settings)
    },
  },
  ...['clientSecret', 'refreshToken'].map((secret): Subject => {
    return {
      provider: 'workday',
      by: `OAuth 2.0, ${secret}`,
      secret,
      start: async () => {
        const fake = await startWorkdayFake()
        return keepTime(fake, fake.oauthSettings)
      },
    }
  }),
  ...[{ secret: 'privateKey', wrong: createKey() }, { secret: 'apiKey' }].map((one): Subject => {
    return {
      provider: 'sap_successfactors',
      by: one.secret,
      ...one,
      start: async () => {
        const fake = await startSuccessFactorsFake(createKey())
        return keepTime(fake, fake.settings)
      },
    }
  }),
  {
    provider: 'personio',
    secret: 'clientSecret',
    start: async () => {
      const fake = await startPersonioFake()
      return keepTime(fake, fake.settings)
    },
  },
  {
    provider: 'okta',
    by: 'API token',
    secret: 'apiToken',
    start: async () => {
      const fake = await startOktaFake()
      return keepTime(fake, fake.settings)
    },
  },
  {
    provider: 'okta',
    by: 'private_key_jwt',
    secret: 'privateKey',
    wrong: createKey(),
    start: async () => {
      const fake = await startOktaFake()
      return keepTime(fake, fake.applicationSettings)
    },
  },
  {
    provider: 'azure_ad',
    secret: 'clientSecret',
    start: async () => {
      const fake = await startEntraFake()
      return keepTime(fake, fake.settings)
    },
  },
  {
    provider: 'ldap',
    by: 'LDAPS',
    secret: 'bindPassword',
    start: async () => {
      const fake = await startLdapFake()
      return keepTime(fake, fake.settings)
    },
  },
  { provider: 'ldap', by: 'StartTLS', secret: 'bindPassword', program: [slapdProgram, 'slapd'], start: startTls },
]

/** A part of a secret that nothing else has: of a key, a line of it. */
function findCanary(secret: unknown): string {
  const lines = String(secret).split('\n')
  return lines.find((line) => line.length > 10 && !line.startsWith('-----')) ?? ''
}

for (const { provider, by, secret, wrong: wrongSecret, program, start } of subjects) {
  describe(`${provider}${by === undefined ? '' : ` (${by})`} behind the management API`, () => {
    it('is connected by a link, tested, read, broken and mended, and tells its secret to nobody else', async function () {
      if (program !== undefined) requireProgram(this, ...program)
      const source = await start()
      const tenant = await createTenant()
      const admin = new AdminClient(tenant)
      const answers: string[] = []
      const call = async (method: 'get' | 'put' | 'post', path: string, body?: unknown, as = admin): Promise<Body> => {
        const reply = await as.send(method, path, body)
        expect(reply.status, `${path}: ${reply.text}`).to.be.within(200, 299)
        answers.push(reply.text)
        return reply.body
      }
      try {
        const { id } = await call('post', '/directories', { kind: 'pull', name: 'HR', provider })
        const path = `/directories/${id}`
        const { url } = await call('post', `${path}/setup-links`, {})
        const holder = new AdminClient(tenant, String(url).split('#')[1])
        const { data: providers } = await call('get', '//providers')
        const { settings: form } = (providers as Body[]).find((one) => one['id'] === provider) ?? {}
        expect((await call('get', '//setup', undefined, holder))['provider'].settings).to.deep.equal(form)
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
        expect(first['stats'].usersCreated).to.be.at.least(2)
        const people = await tenant.scim.get('/Users?count=1')
        expect(people.body['totalResults']).to.equal(first['stats'].usersCreated)
        expect((await call('get', path))['status'].state).to.equal('linked')

        const wrong: Settings = { ...source.settings, [secret]: wrongSecret ?? 'wRoNg-tOkEn-that-nobody-knows' }
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
        for (const one of [source.settings, wrong]) expect(all).not.to.contain(findCanary(one[secret]))
      } finally {
        await source.close()
      }
    })
  })
}
