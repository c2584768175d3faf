// Which access policies concern a user, as the sources that know them say.
import { expect } from 'chai'
import type { JsonObject } from '../../providers/provider.ts'
import { type EntraFake, startEntraFake } from '../providers/entra-fake.ts'
import { AdminClient } from '../support/admin-client.ts'
import { settleRuns } from '../support/account-runs.ts'
import { clock, createTenant, type Tenant } from '../support/app.ts'

describe('access policies of a user', () => {
  let tenant: Tenant
  let admin: AdminClient
  let fakes: EntraFake[]

  beforeEach(async () => {
    tenant = await createTenant()
    admin = new AdminClient(tenant)
    fakes = []
  })

  afterEach(() => Promise.all(fakes.map((fake) => fake.close())))

  async function connect(name: string): Promise<{ fake: EntraFake; directoryId: string }> {
    const fake = await startEntraFake()
    fakes.push(fake)
    const body = { kind: 'pull', name, provider: 'azure_ad', connection: fake.settings }
    const directoryId = String((await admin.post('/directories', body)).body['id'])
    clock.advance(1000)
    const { id } = (await admin.post(`/directories/${directoryId}/runs`, { type: 'full' })).body
    await settleRuns(tenant)
    expect((await admin.get(`/runs/${id}`)).body['status']).to.equal('completed')
    return { fake, directoryId }
  }

  async function findUser(userName: string): Promise<string> {
    const { body } = await tenant.scim.filter('/Users', `userName eq "${userName}"`)
    return String(body['Resources'][0].id)
  }

  async function read(userName: string): Promise<JsonObject[]> {
    const { status, body } = await admin.get(`/users/${await findUser(userName)}/access-policies`)
    expect(status).to.equal(200)
    return body['directories'] as JsonObject[]
  }

  function addPolicy({ account }: EntraFake, displayName: string, users: JsonObject, state = 'enabled'): void {
    const grantControls = { operator: 'AND', builtInControls: ['mfa', 'compliantDevice'] }
    account.policies.push({ id: `policy of ${displayName}`, displayName, state, conditions: { users }, grantControls })
  }

  it('are those that name them, with what for and what against, as the source is now', async () => {
    const { fake, directoryId } = await connect('Entra')
    const { manager } = fake.company.named
    addPolicy(fake, 'Everybody', { includeUsers: ['All'] })
    addPolicy(
      fake,
      'Others',
      { includeUsers: ['All'], excludeUsers: [manager.id] },
      'enabledForReportingButNotEnforced',
    )
    addPolicy(fake, 'Nobody', { includeUsers: ['None'] })
    const said = { state: 'enabled', applies: true, includedBy: [{ type: 'all' }], excludedBy: [] }
    const asks = { controls: ['mfa', 'compliantDevice'], controlsOperator: 'all' }
    const everybody = { id: 'policy of Everybody', name: 'Everybody', ...said, ...asks }
    const others = {
      ...everybody,
      id: 'policy of Others',
      name: 'Others',
      state: 'report_only',
      applies: false,
      excludedBy: [{ type: 'user' }],
    }
    expect(await read('mo.lindqvist@example.test')).to.deep.equal([
      { directoryId, provider: 'azure_ad', sourceId: manager.id, policies: [everybody, others], problem: null },
    ])
    fake.account.policies.splice(0)
    expect((await read('mo.lindqvist@example.test'))[0]).to.deep.include({ policies: [], problem: null })
  })

  it('come from each directory, and what one cannot read takes nothing from the others', async () => {
    const first = await connect('Entra')
    const second = await connect('Entra of the parent')
    for (const { fake } of [first, second]) addPolicy(fake, 'Everybody', { includeUsers: ['All'] })
    second.fake.account.refused.add('Policy.Read.All')
    const [one, other] = await read('mo.lindqvist@example.test')
    expect(one).to.include({ directoryId: first.directoryId, problem: null })
    expect(one?.['policies']).to.have.length(1)
    expect(other).to.include({ directoryId: second.directoryId, policies: null })
    expect(other?.['problem']).to.match(/403/)
    first.fake.account.secret = 'revoked'
    first.fake.revokeTokens()
    for (const { policies, problem } of await read('mo.lindqvist@example.test')) {
      expect(policies).to.equal(null)
      expect(problem).to.match(/^Microsoft Entra ID .*\.$/)
    }
  })

  it('are none where no source that knows the person has any, and not found where there is nobody', async () => {
    const user = await tenant.scim.createUser('mira')
    expect((await admin.get(`/users/${user['id']}/access-policies`)).body).to.deep.equal({ directories: [] })
    expect((await admin.get(`/users/emp_${'0'.repeat(26)}/access-policies`)).status).to.equal(404)
    const reader = new AdminClient(tenant, (await tenant.addApplication(['read', 'hr', 'authenticate'])).token)
    expect((await reader.get(`/users/${user['id']}/access-policies`)).status).to.equal(403)
  })
})
