import { expect } from 'chai'
import { createDirectory } from '../../server/directory/directories.ts'
import { clock, createTenant, type Tenant } from '../support/app.ts'
import { syncSchema } from '../support/org.ts'
import { testDatabase } from '../support/postgres.ts'
import { createStrictTenant, expectError } from '../support/protocol.ts'
import { type Body, listSchema, type Reply, userSchema } from '../support/scim-client.ts'

describe('syncs in SCIM', () => {
  let tenant: Tenant
  beforeEach(async () => {
    tenant = await createTenant()
    await addSource(tenant, 'workday')
  })

  const addSource = (of: Tenant, provider: string): Promise<string> =>
    createDirectory(testDatabase(), of.organizationId, { kind: 'pull', provider, name: `HR ${provider}` }, clock.now())
  const ask = (body: Body, of = tenant): Promise<Reply> => of.scim.post('/Syncs', { schemas: [syncSchema], ...body })
  const finish = (id: unknown, values: Body): Promise<unknown> =>
    testDatabase().updateTable('sync_runs').set(values).where('id', '=', String(id)).execute()

  it('are asked for, answered with 201 and a Location, and wait until somebody runs them', async () => {
    const { status, body, headers } = await ask({ source: 'workday' })
    const { id } = body
    expect(status).to.equal(201)
    expect(id).to.match(/^sync_[0-9a-z]{26}$/)
    const location = `${tenant.scim.baseUrl}/Syncs/${id}`
    expect(headers).to.include({ location, 'content-type': 'application/scim+json' })
    const { stats, queuedAt, ...rest } = body
    expect(clock.now().getTime() - new Date(queuedAt).getTime()).to.be.within(0, 60_000)
    expect(rest).to.deep.equal({
      schemas: [syncSchema],
      id,
      source: 'workday',
      syncType: 'incremental',
      status: 'queued',
      includeGroups: true,
      meta: { resourceType: 'Sync', created: queuedAt, lastModified: queuedAt, location },
    })
    expect(Object.keys(stats)).to.have.length(14)
    expect(new Set(Object.values(stats))).to.deep.equal(new Set([0]))
    const again = await tenant.scim.get(`/Syncs/${id}`)
    expect([again.status, again.body, again.headers['location']]).to.deep.equal([200, body, location])
  })

  it('are as they are asked for', async () => {
    const { body } = await ask({ source: 'workday', SyncType: 'full', includeGroups: false })
    expect(body).to.include({ syncType: 'full', includeGroups: false })
    expect((await ask({ source: 'workday', syncType: 'manual' })).body['id']).to.equal(body['id'])
  })

  it('tell what became of them', async () => {
    const { id } = (await ask({ source: 'workday' })).body
    const [started_at, completed_at] = [new Date('2026-03-01T10:00:00.000Z'), new Date('2026-03-01T10:00:42.381Z')]
    await finish(id, {
      status: 'completed',
      started_at,
      completed_at,
      stats: JSON.stringify({ usersUpdated: 47, totalProcessed: 902 }),
      errors: JSON.stringify([{ code: 'invalid_record', message: 'No user name.', recordId: null }]),
      next_sync_token: 'delta-7',
    })
    const { body } = await tenant.scim.get(`/Syncs/${id}`)
    expect(body).to.deep.include({
      status: 'completed',
      startedAt: '2026-03-01T10:00:00.000Z',
      completedAt: '2026-03-01T10:00:42.381Z',
      durationMs: 42_381,
      errors: [{ code: 'invalid_record', message: 'No user name.' }],
      nextSyncToken: 'delta-7',
    })
    expect(body['stats']).to.include({ usersUpdated: 47, usersCreated: 0, totalProcessed: 902 })
    expect(body['meta'].lastModified).to.equal('2026-03-01T10:00:42.381Z')
    const next = (await ask({ source: 'workday' })).body
    expect(next['id']).to.not.equal(id)
    expect(next['estimatedDurationMs']).to.equal(42_381)
    const some = await tenant.scim.get(`/Syncs/${id}?attributes=stats.usersUpdated,durationMs`)
    expect(some.body).to.deep.equal({ schemas: [syncSchema], id, durationMs: 42_381, stats: { usersUpdated: 47 } })
  })

  it('are listed, the latest first', async () => {
    expect((await tenant.scim.get('/Syncs')).body).to.deep.equal({
      schemas: [listSchema],
      totalResults: 0,
      startIndex: 1,
      itemsPerPage: 0,
      Resources: [],
    })
    const asked: string[] = []
    for (const source of ['okta', 'bamboohr', 'azure_ad']) {
      await addSource(tenant, source)
      asked.push(String((await ask({ source })).body['id']))
    }
    const ids = asked.toSorted().toReversed()
    const read = async (query: string): Promise<unknown> => {
      const { body } = await tenant.scim.get(`/Syncs?attributes=id&${query}`)
      return [body['totalResults'], body['Resources'].map(({ id }: Body) => String(id))]
    }
    expect(await read('')).to.deep.equal([3, ids])
    expect(await read('startIndex=2&count=1')).to.deep.equal([3, ids.slice(1, 2)])
    const { nextCursor } = (await tenant.scim.get('/Syncs?count=2&cursor=')).body
    expect((await tenant.scim.get(`/Syncs?cursor=${nextCursor}`)).body['Resources'][0].id).to.equal(ids[2])
  })

  it('need a source that is pulled', async () => {
    const reply = await ask({ source: 'okta' })
    expectError(reply, 404)
    expect(reply.body['detail']).to.include('no pull directory with the provider okta')
    expectError(await ask({ source: 'okta' }, await createTenant()), 404)
  })

  it('refuse what they cannot read, naming it', async () => {
    for (const [body, scimType, words] of [
      [{}, 'invalidValue', 'source'],
      [{ source: '' }, 'invalidValue', 'source'],
      [{ source: 5 }, 'invalidValue', 'source'],
      [{ source: 'workday', syncType: 'everything' }, 'invalidValue', 'syncType'],
      [{ source: 'workday', includeGroups: 'perhaps' }, 'invalidValue', 'includeGroups'],
      [{ source: 'workday', Source: 'okta' }, 'invalidSyntax', 'twice'],
      [{ source: 'workday', schemas: [userSchema] }, 'invalidValue', 'schemas'],
      [{ source: 'workday', schemas: undefined }, 'invalidSyntax', 'schemas'],
      [{ source: 'work\0day' }, 'invalidValue', 'U+0000'],
    ] as const) {
      const reply = await ask(body)
      expectError(reply, 400, scimType)
      expect(reply.body['detail'], JSON.stringify(body)).to.include(words)
    }
    expectError(await tenant.scim.post('/Syncs', 'x'), 400, 'invalidSyntax')
    expect((await tenant.scim.get('/Syncs')).body['totalResults']).to.equal(0)
  })

  it('pass over what only the server says, and what is unknown; a strict directory is told', async () => {
    const { status, body } = await ask({ source: 'workday', status: 'completed', id: 'mine', colour: 'red' })
    expect([status, body['status']]).to.deep.equal([201, 'queued'])
    expect(body['id']).to.not.equal('mine')
    const strict = await createStrictTenant()
    await addSource(strict, 'workday')
    expectError(await ask({ source: 'workday', colour: 'red' }, strict), 400, 'invalidSyntax')
  })

  it('need the scope write to be asked for, and read to be read', async () => {
    const [reader, writer] = [await tenant.addApplication(['read']), await tenant.addApplication(['write'])]
    const body = { schemas: [syncSchema], source: 'workday' }
    expectError(await reader.post('/Syncs', body), 403)
    expectError(await reader.post('/Syncs', '{'), 403)
    const made = await writer.post('/Syncs', body)
    expect(made.status).to.equal(201)
    expect((await reader.get(`/Syncs/${made.body['id']}`)).status).to.equal(200)
    expectError(await writer.get(`/Syncs/${made.body['id']}`), 403)
    expectError(await writer.get('/Syncs'), 403)
  })

  it('are nobody else’s, and cannot be changed', async () => {
    const { id } = (await ask({ source: 'workday' })).body
    const stranger = (await createTenant()).scim
    for (const one of [id, 'x', '%00']) expectError(await stranger.get(`/Syncs/${one}`), 404)
    expect((await stranger.get('/Syncs')).body['totalResults']).to.equal(0)
    for (const [method, path, allowed] of [
      ['put', `/Syncs/${id}`, 'GET, HEAD'],
      ['delete', `/Syncs/${id}`, 'GET, HEAD'],
      ['patch', '/Syncs', 'GET, HEAD, POST'],
    ] as const) {
      const reply = await tenant.scim.send(method, path, {})
      expectError(reply, 405)
      expect(reply.headers['allow']).to.equal(allowed)
    }
  })
})
