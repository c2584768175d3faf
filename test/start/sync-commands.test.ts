// Commands of syncs as processes: what they print, and how they end.
import { expect } from 'chai'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createOrganization } from '../../server/directory/directories.ts'
import { clock } from '../support/app.ts'
import { testDatabase, testDatabaseUrl } from '../support/postgres.ts'
import { Installation, RollcallProcess } from '../support/process.ts'
import type { Body } from '../support/scim-client.ts'
import { given, listUserNames } from '../support/started.ts'

describe('rollcall sync, import, links and keys as processes', function () {
  this.timeout(60_000)
  let organization: string
  before(async () => {
    organization = `commands-${process.pid}-${Date.now()}`
    await createOrganization(testDatabase(), organization, clock.now())
  })

  async function run(...args: readonly string[]): Promise<{ code: number | null; output: string }> {
    const started = new RollcallProcess([...args], { PORT: '0', DATABASE_URL: testDatabaseUrl() })
    return { code: (await started.exit).code, output: started.output }
  }

  it('import a file, and end with 0', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'rollcall-import-'))
    const file = path.join(folder, 'people.csv')
    await writeFile(file, 'id,first name,last name,email,Job\n1,Ada,Holm,ada@larkspur.example,Engineer\n')
    const { code, output } = await run('import', file, '--organization', organization, '--map', 'Job=title')
    await rm(folder, { recursive: true })
    expect(output).to.match(/These are: 1 users created\./)
    expect(code).to.equal(0)
  })

  it('work beside a server that runs, which does what is asked for', async () => {
    const installation = await Installation.create()
    try {
      const { baseUrl } = await installation.serve(given)
      const file = path.join(installation.dataDir, 'people.csv')
      await writeFile(file, 'id,first name,last name,email\n1,Ada,Holm,ada@larkspur.example\n')
      const started = installation.run(['import', file])
      expect((await started.exit).code, started.output).to.equal(0)
      expect(started.output).to.match(/These are: 1 users created\./)
      expect([...(await listUserNames(baseUrl))]).to.deep.equal(['ada@larkspur.example'])
    } finally {
      await installation.remove()
    }
  })

  it('let a server stop while somebody watches a run', async () => {
    const source = createServer(() => undefined) // never answers
    await new Promise<void>((resolve) => source.listen(0, '127.0.0.1', resolve))
    const baseUrl = `http://127.0.0.1:${(source.address() as AddressInfo).port}`
    const installation = await Installation.create()
    try {
      const operator = 'operator-token-for-this-test'
      const settings = { ROLLCALL_ADMIN_TOKEN: operator, OUTGOING_ALLOW: '127.0.0.1' }
      const { process: server, baseUrl: scim } = await installation.serve(settings)
      const api = scim.replace('/scim/v2', '/v1')
      const call = async (target: string, body?: unknown): Promise<Body> => {
        const method = body === undefined ? 'GET' : 'POST'
        const headers = { Authorization: `Bearer ${operator}`, 'Content-Type': 'application/json' }
        const sent = body === undefined ? {} : { body: JSON.stringify(body) }
        return (await (await fetch(`${api}${target}`, { method, headers, ...sent })).json()) as Body
      }
      const [own] = (await call('/organizations'))['data'] as Body[]
      const base = `/organizations/${own?.['id']}`
      const connection = { serviceUserId: 'SERVICE-1', token: 'a-long-secret', baseUrl }
      const { id } = await call(`${base}/directories`, { kind: 'pull', name: 'HR', provider: 'hibob', connection })
      const asked = once(source, 'connection')
      const { id: runId } = await call(`${base}/directories/${id}/runs`, { type: 'full' })
      await asked
      const watching = await fetch(`${api}${base}/runs/${runId}/progress`, {
        headers: { Authorization: `Bearer ${operator}` },
      })
      const stopping = server.stop()
      expect(await watching.text()).to.contain('"status":"running"')
      expect(await stopping).to.deep.equal({ code: 0, signal: null })
    } finally {
      source.closeAllConnections()
      source.close()
      await installation.remove()
    }
  })

  it('end with 1 and say what is wrong, with 2 where they are used wrongly, with 4 where a setting is', async () => {
    const unknown = await run('sync', 'HR', '--organization', organization)
    expect([unknown.code, unknown.output]).to.deep.equal([
      1,
      "rollcall: There is no directory 'HR'; there are: Manual.\n",
    ])
    expect((await run('sync')).code).to.equal(2)
    expect((await run('links', 'create', 'Manual', '--organization', organization)).code).to.equal(1)
    const keys = await run('keys', 'rotate')
    expect([keys.code, keys.output]).to.deep.equal([
      4,
      'rollcall: ENCRYPTION_KEYS is not set; put the new key first, and behind it those there were.\n',
    ])
  })
})
