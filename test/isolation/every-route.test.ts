// Nothing of one organization is visible to another: every route that the application has is tried with a foreign token and
// foreign ids. The routes are read from the router itself, so a new one is tried as soon as it exists.
import { expect } from 'chai'
import type { Router } from 'express'
import { query } from '../../server/db/query.ts'
import { createDirectory } from '../../server/directory/directories.ts'
import { clock, createTenant, getApp, operatorToken, type Tenant } from '../support/app.ts'
import { bulkSchema } from '../support/bulk.ts'
import { lookupSchema, syncSchema } from '../support/org.ts'
import { testDatabase } from '../support/postgres.ts'
import {
  enterpriseSchema,
  groupSchema,
  patchSchema,
  type Reply,
  type ScimClient,
  searchSchema,
  userSchema,
} from '../support/scim-client.ts'

interface Route {
  readonly path: string
  readonly methods: readonly Method[]
}

type Method = 'get' | 'head' | 'post' | 'put' | 'patch' | 'delete'
const allMethods: readonly Method[] = ['get', 'head', 'post', 'put', 'patch', 'delete']

interface Layer {
  readonly route?: { readonly path: string }
  readonly handle: { readonly stack?: readonly Layer[] }
}

function listRoutes(router: Router): Route[] {
  const layers = router.stack as unknown as readonly Layer[]
  return layers.flatMap((layer) => {
    if (layer.route !== undefined) return [{ path: layer.route.path, methods: allMethods }]
    return layer.handle.stack === undefined ? [] : listRoutes(layer.handle as unknown as Router)
  })
}

/** The full path: each router's paths are of one kind, which tells where it is mounted. */
function mount(path: string): string {
  if (/^\/(organizations|events|feeds|signing-keys|providers)(\/|$)/.test(path)) return `/v1${path}`
  if (['', '/connection', '/check', '/finish'].includes(path)) return `/v1/setup${path}`
  if (path === '/token') return `/oauth${path}`
  if (['/livez', '/readyz', '/openapi.json', '/docs', '/.well-known/jwks.json'].includes(path)) return path
  if (/^\/(employees|departments|org-chart|lookup|groups|sync)(\/|$)/.test(path)) return `/v1/hr${path}`
  return `/scim/v2${path === '/' ? '' : path}`
}

const canary = 'zanzibar'
const foreignAttribute = 'foreignAttribute'

interface Owned {
  readonly tenant: Tenant
  readonly userId: string
  readonly groupId: string
  readonly pullId: string
  readonly ids: readonly string[]
}

/** An organization with one of everything, and the canary in every text. */
async function createOwner(): Promise<Owned> {
  const tenant = await createTenant()
  const user = await tenant.scim.createUser(`${canary}-user`, {
    schemas: [userSchema, enterpriseSchema],
    externalId: `${canary}-external`,
    displayName: `${canary} display`,
    emails: [{ value: `${canary}@larkspur.example`, type: 'work' }],
    [enterpriseSchema]: { department: `${canary} department` },
  })
  const group = await tenant.scim.createGroup(`${canary}-group`, [user['id']], {
    externalId: `${canary}-group-external`,
  })
  const operator = tenant.scim.withToken(operatorToken)
  const base = `//v1/organizations/${tenant.organizationId}`
  const attribute = { resourceType: 'User', definition: { name: foreignAttribute, type: 'string' } }
  expect((await operator.post(`${base}/attributes`, attribute)).status).to.equal(201)
  const issuer = {
    issuer: `https://${canary}.example`,
    audience: tenant.organizationId,
    jwksUri: 'https://keys.example/jwks',
  }
  const issuerId = (await operator.post(`${base}/issuers`, issuer)).body['id'] as string
  const feed = { name: `${canary} feed`, audience: canary, method: 'poll' }
  const feedId = (await operator.post(`${base}/feeds`, feed)).body['id'] as string
  const { app } = await getApp()
  await app.requestLog.flush()
  const tokens = await operator.get(`${base}/tokens`)
  const tokenId = tokens.body['data'][0].id as string
  const [userId, groupId] = [String(user['id']), String(group['id'])]
  const source = { kind: 'pull', provider: `${canary}-hr`, name: `${canary} HR` } as const
  await createDirectory(testDatabase(), tenant.organizationId, source, clock.now())
  const connection = { account: canary, token: `${canary}-secret` }
  const pull = { kind: 'pull', provider: 'scripted', name: `${canary} source`, connection }
  const pullId = (await operator.post(`${base}/directories`, pull)).body['id'] as string
  const link = await operator.post(`${base}/directories/${pullId}/setup-links`, {})
  const location = await operator.post(`${base}/locations`, { name: `${canary} office` })
  const ofSync = [pullId, String(link.body['id']), String(location.body['id'])]
  const sync = await tenant.scim.post('/Syncs', { schemas: [syncSchema], source: source.provider })
  const departments = await tenant.scim.get('/Departments')
  const orgIds = [String(sync.body['id']), String(departments.body['Resources'][0].id)]
  const ids = [userId, groupId, tenant.directoryId, tokenId, issuerId, feedId, foreignAttribute, ...orgIds, ...ofSync]
  return { tenant, userId, groupId, pullId, ids }
}

/** Everything that the database holds of an organization. */
async function readRows(organizationId: string): Promise<unknown> {
  const db = testDatabase()
  const tables = await query<{ name: string }>(
    db,
    `select table_name as name from information_schema.columns
     where column_name = 'org_id' and table_schema = current_schema() and table_name <> 'request_log' order by 1`,
  )
  const rows: Record<string, unknown> = {}
  for (const { name } of tables) {
    rows[name] = await query(
      db,
      `select to_jsonb(t) - 'last_used_at' as row from ${name} t where org_id = $1 order by 1`,
      [organizationId],
    )
  }
  return rows
}

function listOperations(owner: Owned): unknown[] {
  return [owner.userId, owner.groupId].flatMap((id) =>
    ['Users', 'Groups'].flatMap((type) => {
      const target = `/${type}/${id}`
      return [
        { method: 'PUT', path: target, data: bodyFor(target, 'put', owner) },
        { method: 'PATCH', path: target, data: bodyFor(target, 'patch', owner) },
        { method: 'DELETE', path: target },
        { method: 'POST', path: `/${type}`, bulkId: target, data: bodyFor(target, 'post', owner) },
      ]
    }),
  )
}

function bodyFor(path: string, method: Method, owner: Owned): unknown {
  if (method === 'get' || method === 'head' || method === 'delete') return undefined
  if (path === '/Bulk') return { schemas: [bulkSchema], Operations: listOperations(owner) }
  if (path === '/lookup') return { query: `${canary} display`, limit: 20 }
  if (path.endsWith('/poll')) return { returnImmediately: true }
  if (path.endsWith('/imports') || path.endsWith('/columns')) return { text: 'id,email\n1,a@x.example\n' }
  if (path.endsWith('/authenticate')) return { userName: `${canary}-user`, password: 'somebody-elses' }
  if (path.endsWith('/connection')) return { account: 'mine', token: 'my-own-secret' }
  if (path === '/sync') return { source: 'azure_ad' }
  if (path.endsWith('.search')) return { schemas: [searchSchema], filter: `id eq "${owner.userId}"` }
  if (path.endsWith('.lookup')) return { schemas: [lookupSchema], query: canary, status: 'any', limit: 20 }
  if (path === '/Syncs') return { schemas: [syncSchema], source: 'nowhere' }
  if (method === 'patch' && path.includes('Groups')) {
    return { schemas: [patchSchema], Operations: [{ op: 'add', path: 'members', value: [{ value: owner.userId }] }] }
  }
  if (method === 'patch')
    return { schemas: [patchSchema], Operations: [{ op: 'replace', path: 'displayName', value: 'taken over' }] }
  if (path.includes('Groups'))
    return { schemas: [groupSchema], displayName: 'Mine', members: [{ value: owner.userId }] }
  return { schemas: [userSchema], userName: `mine-${method}`, name: 'mine' }
}

describe('isolation of organizations', () => {
  let owner: Owned
  let foreign: { directory: ScimClient; application: ScimClient; admin: ScimClient }
  before(async () => {
    owner = await createOwner()
    const tenant = await createTenant()
    foreign = {
      directory: tenant.scim,
      application: await tenant.addApplication(['read', 'write', 'hr', 'events', 'authenticate']),
      admin: await tenant.addApplication(['read', 'write', 'hr', 'admin']),
    }
  })

  it('gives a foreign token nothing and lets it change nothing, on any route, by any method, with any foreign id', async function () {
    this.timeout(120_000)
    const { app } = await getApp()
    const routes = listRoutes(app.express.router)
    expect(routes.length).to.be.at.least(34)
    const before = await readRows(owner.tenant.organizationId)
    for (const { path, methods } of routes) {
      const full = mount(path)
        .replace(':organization', owner.tenant.organizationId)
        .replace(':directory', owner.pullId)
        .replace(':type', 'User')
      const targets = full.includes(':id') ? owner.ids.map((id) => full.replace(':id', id)) : [full]
      for (const target of targets) {
        for (const method of methods) {
          for (const client of Object.values(foreign)) {
            const reply = await client.send(method, `/${target}`, bodyFor(path, method, owner))
            expectNothing(reply, `${method} ${target}`, path)
          }
        }
      }
    }
    expect(await readRows(owner.tenant.organizationId)).to.deep.equal(before)
  })

  it('finds nothing foreign by any filter', async () => {
    const filters = [
      `id eq "${owner.userId}"`,
      `userName eq "${canary}-user"`,
      `userName sw "${canary}"`,
      `externalId eq "${canary}-external"`,
      `emails[type eq "work"].value eq "${canary}@larkspur.example"`,
      `displayName co "${canary}"`,
      `groups.value eq "${owner.groupId}"`,
      `${enterpriseSchema}:department eq "${canary} department"`,
      `meta.location eq "${owner.tenant.scim.baseUrl}/Users/${owner.userId}"`,
    ]
    for (const client of Object.values(foreign)) {
      for (const filter of filters) {
        const reply = await client.filter('/Users', filter)
        expect(reply.body, filter).to.include({ totalResults: 0 })
      }
      for (const filter of [
        `id eq "${owner.groupId}"`,
        `members eq "${owner.userId}"`,
        `displayName eq "${canary}-group"`,
      ]) {
        expect((await client.filter('/Groups', filter)).body, filter).to.include({ totalResults: 0 })
      }
    }
  })

  it('answers for a foreign id exactly as for one that never existed', async () => {
    const { directory } = foreign
    const never = `emp_${'0'.repeat(26)}`
    const strip = (reply: Reply, id: string): unknown => [reply.status, reply.text.replaceAll(id, 'ID')]
    for (const method of ['get', 'delete'] as const) {
      const [real, unreal] = [
        await directory.send(method, `/Users/${owner.userId}`),
        await directory.send(method, `/Users/${never}`),
      ]
      expect(strip(real, owner.userId)).to.deep.equal(strip(unreal, never))
    }
    const asManager = async (id: string, userName: string): Promise<unknown> => {
      const user = await directory.createUser(userName, {
        schemas: [userSchema, enterpriseSchema],
        [enterpriseSchema]: { manager: { value: id } },
      })
      return JSON.parse(JSON.stringify(user[enterpriseSchema]).replaceAll(id, 'ID'))
    }
    expect(await asManager(owner.userId, 'one')).to.deep.equal(await asManager(never, 'two'))
    const asMember = async (id: string): Promise<unknown> => {
      return strip(
        await directory.post('/Groups', { schemas: [groupSchema], displayName: 'G', members: [{ value: id }] }),
        id,
      )
    }
    expect(await asMember(owner.userId)).to.deep.equal(await asMember(never))
    expect(((await asMember(owner.userId)) as [number])[0]).to.equal(400)
  })

  it('lets two organizations use the same userName, externalId and group name', async () => {
    const { directory } = foreign
    const user = { schemas: [userSchema], userName: `${canary}-user`, externalId: `${canary}-external` }
    const created = await directory.post('/Users', user)
    expect(created.status).to.equal(201)
    expect((await directory.createGroup(`${canary}-group`))['displayName']).to.equal(`${canary}-group`)
    expect((await directory.delete(`/Users/${created.body['id']}`)).status).to.equal(204)
    expect((await owner.tenant.scim.get(`/Users/${owner.userId}`)).status).to.equal(200)
  })
})

// A list is empty or of the caller's own; everything else is refused.
function expectNothing(reply: Reply, request: string, path: string): void {
  expect(reply.text, request).not.to.include(canary)
  expect(reply.status === 501 || reply.status < 500, `${request}: ${reply.status}`).to.equal(true)
  const open =
    path.startsWith('/Schemas') ||
    path.startsWith('/ResourceTypes') ||
    path === '/ServiceProviderConfig' ||
    path.endsWith('z')
  const ofTheCaller = !/:id|:organization/.test(path)
  if (!open && !ofTheCaller) expect(reply.status, request).to.be.within(400, 499)
}
