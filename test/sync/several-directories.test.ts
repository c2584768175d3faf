// One person, a directory that is pulled and others that push: who set what, what each sees, and what stays when one lets go.
import { expect } from 'chai'
import { query } from '../../server/db/query.ts'
import type { JsonObject } from '../../server/db/tables.ts'
import { clock } from '../support/app.ts'
import { checkConsistency } from '../support/consistency.ts'
import { type Body, enterpriseSchema, rollcallSchema, type ScimClient } from '../support/scim-client.ts'
import { type RunRow, TestSync } from '../support/sync.ts'
import { addressOf, scriptPerson } from '../support/sync-people.ts'

const settings = { massChangeGuard: { share: null, number: null } }

describe('people of several directories', () => {
  let sync: TestSync
  let okta: ScimClient
  let application: ScimClient
  beforeEach(async () => {
    sync = await TestSync.create({ settings, name: 'HR' })
    okta = sync.tenant.scim
    application = await sync.tenant.addApplication(['read', 'write'])
  })
  afterEach(() => checkConsistency(sync.tenant))

  async function run(expected?: Record<string, string>, of = sync): Promise<RunRow> {
    const done = await of.run()
    expect(done.status, JSON.stringify(done.failure ?? done.hold)).to.equal('completed')
    if (expected !== undefined) expect(await of.tellChanges(done.id)).to.deep.equal(expected)
    return done
  }

  const read = async (id: string, path = ''): Promise<Body> => {
    const { status, body } = await application.get(`/Users/${id}${path}`)
    expect(status).to.equal(200)
    return body
  }

  async function idOf(sourceId: string, of = sync): Promise<string> {
    return String((await of.readRecord(sourceId))?.resource_id)
  }

  /** Attribute → name of the directory that set it. */
  async function readSetBy(id: string): Promise<Record<string, string>> {
    const text = `select s.key as attribute, d.name from users u cross join lateral jsonb_each_text(u.set_by) s
      join directories d on d.org_id = u.org_id and d.id = s.value where u.id = $1`
    const rows = await query<{ attribute: string; name: string }>(sync.services.db, text, [id])
    return Object.fromEntries(rows.map(({ attribute, name }) => [attribute, name]))
  }

  it('are found by an identity provider, which fills what is empty, and sees its own externalId', async () => {
    sync.source.people = [scriptPerson('ana', { title: 'Clerk' })]
    await run({ ana: 'create' })
    const id = await idOf('ana')
    const filter = encodeURIComponent(`userName eq "${addressOf('ana')}"`)
    const [found] = (await okta.get(`/Users?filter=${filter}`)).body['Resources'] as Body[]
    expect(found).to.deep.include({ id, title: 'Clerk' })
    expect(found).to.not.have.property('externalId')
    await okta.put(`/Users/${id}`, {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
      userName: addressOf('ana'),
      externalId: '00u1',
      title: 'Engineer',
      nickName: 'A',
      active: true,
    })
    expect(await read(id)).to.deep.include({ title: 'Clerk', nickName: 'A', externalId: 'ana' })
    expect((await okta.get(`/Users/${id}`)).body).to.deep.include({ externalId: '00u1', title: 'Clerk' })
    const setBy = await readSetBy(id)
    expect(setBy).to.deep.include({ title: 'HR', nickName: 'Okta', userName: 'HR', active: 'HR' })
    // A run that has nothing new to say changes nothing of it.
    await run({})
    sync.source.change('ana', { title: 'Director' })
    await run({ ana: 'update' })
    expect(await read(id)).to.deep.include({ title: 'Director', nickName: 'A' })
    expect(await readSetBy(id)).to.deep.equal(setBy)
  })

  it('stay for the one that still knows them when the other lets go', async () => {
    sync.source.people = [scriptPerson('ana', { title: 'Clerk' }), scriptPerson('ben')]
    await run()
    const id = await idOf('ana')
    await okta.patch(`/Users/${id}`, [{ op: 'add', path: 'nickName', value: 'A' }])
    await okta.delete(`/Users/${id}`)
    expect((await okta.get(`/Users/${id}`)).status).to.equal(404)
    const left = await read(id)
    expect(left).to.deep.include({ title: 'Clerk', active: true })
    expect(left).to.not.have.property('nickName')
    await run({})
    // And the other way round: what HR said goes, and who it is stays.
    const ben = await idOf('ben')
    await okta.patch(`/Users/${ben}`, [
      { op: 'add', path: 'nickName', value: 'B' },
      { op: 'add', path: 'active', value: true },
    ])
    await sync.set({ orphanedUsers: 'delete' })
    sync.source.remove('ben')
    await run({ ben: 'delete missing' })
    const stays = await read(ben)
    expect(stays).to.deep.include({ userName: addressOf('ben'), nickName: 'B', active: true })
    expect(stays).to.not.have.property('name')
    expect((await okta.get(`/Users/${ben}`)).status).to.equal(200)
    sync.source.people = [...sync.source.people, scriptPerson('ben')]
    const back = await run()
    expect(Object.values(await sync.tellChanges(back.id))).to.have.length(1)
    expect(await idOf('ben')).to.equal(ben)
    expect(await read(ben)).to.have.property('name')
  })

  it('are not anonymized while others know them', async () => {
    await sync.set({ orphanedUsers: 'anonymize' })
    sync.source.people = [scriptPerson('ana'), scriptPerson('ben')]
    await run()
    const [ana, ben] = [await idOf('ana'), await idOf('ben')]
    await okta.patch(`/Users/${ana}`, [{ op: 'add', path: 'nickName', value: 'A' }])
    sync.source.people = [scriptPerson('cleo')]
    await run()
    expect(await read(ana)).to.deep.include({ userName: addressOf('ana'), nickName: 'A' })
    expect(await read(ben)).to.deep.include({ userName: `anonymized-${ben}` })
  })

  it('of two sources are one by employee number, each with its own record', async () => {
    const payroll = await TestSync.create({ tenant: sync.tenant, settings, name: 'Payroll' })
    sync.source.people = [scriptPerson('ana', { employeeNumber: 'E-1', title: 'Clerk' })]
    payroll.source.people = [
      scriptPerson('p1', { employeeNumber: 'e-1', email: 'ana@pay.example', costCenter: 'C-7', title: 'Grade 4' }),
    ]
    await run({ ana: 'create' })
    await run({ p1: 'link kept' }, payroll)
    const id = await idOf('ana')
    expect(await idOf('p1', payroll)).to.equal(id)
    expect(await read(id)).to.deep.include({ title: 'Clerk', externalId: 'ana' })
    expect((await read(id))[enterpriseSchema]).to.deep.include({ costCenter: 'C-7', employeeNumber: 'E-1' })
    expect(await readSetBy(id)).to.deep.include({ title: 'HR', [`${enterpriseSchema}:costCenter`]: 'Payroll' })
    await run({}, payroll)
    await run({})
  })

  it('say when their directory last spoke of them, also where it said nothing new', async () => {
    sync.source.people = [scriptPerson('ana'), scriptPerson('ben')]
    await run()
    const readSynced = async (sourceId: string): Promise<unknown> => {
      const path = `?attributes=${rollcallSchema}:syncedAt`
      return ((await read(await idOf(sourceId), path))[rollcallSchema] as JsonObject)['syncedAt']
    }
    const first = await readSynced('ana')
    clock.advance(3_600_000)
    sync.source.remove('ben')
    const second = await run({ ben: 'keep missing' })
    expect(await readSynced('ana')).to.equal(second.started_at?.toISOString())
    expect(await readSynced('ben')).to.equal(first)
    expect((await read(await idOf('ana')))['meta']).to.deep.include({ version: 'W/"1"' })
  })

  it('have groups of each, with the same names', async () => {
    sync.source.groups = [{ id: 'g', displayName: 'Staff' }]
    sync.source.people = [scriptPerson('ana', { groups: ['g'] })]
    await run()
    const id = await idOf('ana')
    const { id: own } = await okta.createGroup('Staff', [id])
    await application.createGroup('Staff', [id])
    expect((await application.get('/Groups')).body['totalResults']).to.equal(3)
    expect((await okta.get('/Groups')).body['totalResults']).to.equal(1)
    sync.source.groups = []
    sync.source.change('ana', { groups: [] })
    await run({ g: 'delete missing' })
    expect((await application.get('/Groups')).body['totalResults']).to.equal(2)
    expect((await okta.get(`/Groups/${own}`)).body['members']).to.have.length(1)
  })
})
