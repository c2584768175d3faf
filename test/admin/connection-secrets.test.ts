// The secret of a connection goes to its source, and is nowhere else in clear: in no answer, line of the log, event, change or table.
import { expect } from 'chai'
import { ProviderError } from '../../providers/provider.ts'
import { query } from '../../server/db/query.ts'
import { AdminClient } from '../support/admin-client.ts'
import { settleRuns } from '../support/account-runs.ts'
import { createTenant, logLines, type Tenant } from '../support/app.ts'
import { readLog } from '../support/event-log.ts'
import { testDatabase } from '../support/postgres.ts'
import { type Account, createAccount } from '../support/sources.ts'

const secrets = ['canary-of-the-first-connection', 'canary-of-the-second-connection', 'canary-of-a-refused-one']

describe('the secret of a connection', () => {
  let tenant: Tenant
  let admin: AdminClient
  let account: Account
  const answers: string[] = []
  before(async () => {
    tenant = await createTenant()
    admin = new AdminClient(tenant)
    account = createAccount()
    await useEverything()
  })

  async function call(
    method: 'get' | 'post' | 'put' | 'patch' | 'delete',
    path: string,
    body?: unknown,
    by = admin,
  ): Promise<string> {
    const reply = await by.send(method, path, body)
    answers.push(JSON.stringify(reply.headers), reply.text)
    return String(reply.body['url'] ?? reply.body['id'])
  }

  async function useEverything(): Promise<void> {
    const [first, second, third] = secrets
    const { source } = account
    const connection = { account: account.account, token: first }
    const id = await call('post', '/directories', { kind: 'pull', name: 'HR', provider: 'scripted', connection })
    const path = `/directories/${id}`
    source.people = [{ id: 'ada', email: 'ada@larkspur.example', firstName: 'Ada', lastName: 'Holm', status: 'active' }]
    const run = await call('post', `${path}/runs`, { type: 'full' })
    await settleRuns(tenant)
    for (const part of ['', '/changes', '/errors', '/progress']) await call('get', `/runs/${run}${part}`)
    // Mistakes of whoever sets it up, and what the source thinks of it.
    await call('put', `${path}/connection`, { account: account.account, token: third, [third ?? '']: third })
    await call('put', `${path}/connection`, { account: account.account, token: third, region: third })
    await call('put', `${path}/connection`, { account: third, token: [third] })
    await call('put', `${path}/connection`, `{"token": "${third}`)
    const link = await call('post', `${path}/setup-links`, {})
    const holder = new AdminClient(tenant, link.split('#')[1])
    await call('put', '//setup/connection', { account: account.account, token: second }, holder)
    await call('post', '//setup/check', undefined, holder)
    await call('get', '//setup', undefined, holder)
    await call('post', '//setup/finish', undefined, holder)
    source.failAt(1, new ProviderError('settings', 'The source refused the token (401).'))
    await call('post', `${path}/runs`, { type: 'full' })
    await settleRuns(tenant)
    await call('patch', path, { settings: { pageSize: 7 }, mapping: { title: 'job' } })
    for (const one of [path, '/directories', '//providers', '/runs', '/requests', '/events', `${path}/setup-links`]) {
      await call('get', one)
    }
    await readLog(tenant)
  }

  it('goes to its source', () => {
    expect(account.openings.map((one) => (one as { token: string }).token)).to.include.members(secrets.slice(0, 2))
  })

  it('is in no answer and in no line of the log', () => {
    for (const secret of secrets.slice(0, 2)) {
      expect(answers.join('\n')).not.to.contain(secret)
      expect(logLines.join('\n')).not.to.contain(secret)
    }
    // What is a name, and no value, is said back.
    expect(answers.filter((one) => one.includes(secrets[2] ?? ''))).to.have.length(1)
    expect(logLines.join('\n')).not.to.contain(secrets[2])
  })

  it('is in no table', async () => {
    const tables = await query<{ name: string; owned: boolean }>(
      testDatabase(),
      `select c.relname as name, exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'org_id') as owned
       from pg_class c where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace`,
    )
    expect(tables.map(({ name }) => name)).to.include.members([
      'directories',
      'events',
      'changes',
      'sync_runs',
      'pulled_records',
    ])
    for (const { name, owned } of tables) {
      const own = owned ? 'where org_id = $1' : 'where $1::text is not null'
      const rows = await query<{ text: string }>(testDatabase(), `select t::text as text from ${name} t ${own}`, [
        tenant.organizationId,
      ])
      const text = rows.map((row) => row.text).join('\n')
      for (const secret of secrets) {
        for (const form of [secret, Buffer.from(secret).toString('hex'), Buffer.from(secret).toString('base64url')]) {
          expect(text.includes(form), `${form} in ${name}`).to.equal(false)
        }
      }
    }
  })
})
