// Who reports to whom, and who is in which department and group, through the HR API.
import { expect } from 'chai'
import { createTenant, type Tenant } from '../support/app.ts'
import { HrClient } from '../support/hr-client.ts'
import { addPerson } from '../support/organization.ts'
import { type Body, enterpriseSchema } from '../support/scim-client.ts'

const names = (rows: readonly Body[]): string[] => rows.map((one) => String(one['display_name']))

interface Branch {
  readonly [name: string]: Branch
}

/** A chart as nothing but names. */
function draw({ display_name: name, children }: Body): Branch {
  return { [String(name)]: Object.assign({}, ...(children as Body[]).map(draw)) as Branch }
}

describe('the organization in the HR API', () => {
  let tenant: Tenant
  let hr: HrClient
  let ada: string
  let ben: string
  let cleo: string
  let dora: string
  beforeEach(async () => {
    tenant = await createTenant()
    hr = new HrClient(await tenant.addApplication(['hr']))
    ada = await addPerson(tenant.scim, 'Ada Top', { department: 'Board', title: 'Chief' })
    ben = await addPerson(tenant.scim, 'Ben Left', { managerId: ada, department: 'Garden', status: 'retired' })
    cleo = await addPerson(tenant.scim, 'Cleo Head', { managerId: ben, department: 'Garden', title: 'Head' })
    dora = await addPerson(tenant.scim, 'Dora Hand', { managerId: cleo, department: 'garden', status: 'on_leave' })
  })

  it('passes over who has left, unless they are asked for', async () => {
    const up = await hr.get(`/employees/${dora}/chain`)
    expect(names(up.body['chain'])).to.deep.equal(['Cleo Head', 'Ada Top'])
    expect(up.body).to.include({ direction: 'up', depth: 2, end: 'complete' })
    const all = await hr.get(`/employees/${dora}/chain`, { include_inactive: true })
    expect(names(all.body['chain'])).to.deep.equal(['Cleo Head', 'Ben Left', 'Ada Top'])
    const down = await hr.get(`/employees/${ada}/chain`, { direction: 'down', max_depth: 1 })
    expect(names(down.body['chain'])).to.deep.equal(['Cleo Head'])
    expect(down.body).to.include({ direction: 'down', depth: 1, end: 'max_depth' })
    expect(names((await hr.get(`/employees/${ada}/direct-reports`)).body['data'])).to.deep.equal(['Cleo Head'])
    const reports = await hr.get(`/employees/${ada}/direct-reports`, { include_inactive: true })
    expect(names(reports.body['data'])).to.deep.equal(['Ben Left'])
  })

  it('is drawn as a tree from the top, or from a person, as deep as is asked', async () => {
    await addPerson(tenant.scim, 'Zoe Alone')
    const whole = await hr.get('/org-chart')
    expect(draw(whole.body['root'])).to.deep.equal({ 'Ada Top': { 'Cleo Head': { 'Dora Hand': {} } } })
    expect(whole.body).to.include({ total_nodes: 3, max_depth_reached: false })
    expect(names(whole.body['other_roots'])).to.deep.equal(['Zoe Alone'])
    const shallow = await hr.get('/org-chart', { max_depth: 1 })
    expect(draw(shallow.body['root'])).to.deep.equal({ 'Ada Top': { 'Cleo Head': {} } })
    expect(shallow.body).to.include({ total_nodes: 2, max_depth_reached: true })
    expect(shallow.body['root'].children[0]).to.include({ direct_report_count: 1 })
    const part = await hr.get('/org-chart', { root_id: cleo })
    expect(draw(part.body['root'])).to.deep.equal({ 'Cleo Head': { 'Dora Hand': {} } })
    expect(part.body['other_roots']).to.deep.equal([])
    const everybody = await hr.get('/org-chart', { root_id: ada, include_inactive: true })
    expect(everybody.body).to.include({ total_nodes: 4 })
    const garden = await hr.get('/org-chart', { department: 'GARDEN' })
    expect(draw(garden.body['root'])).to.deep.equal({ 'Cleo Head': { 'Dora Hand': {} } })
  })

  it('answers where managers are in a circle', async () => {
    await tenant.scim.patch(`/Users/${ada}`, [
      { op: 'add', path: `${enterpriseSchema}:manager`, value: { value: dora } },
    ])
    const up = await hr.get(`/employees/${dora}/chain`)
    expect(names(up.body['chain'])).to.deep.equal(['Cleo Head', 'Ada Top'])
    expect(up.body).to.include({ end: 'cycle' })
    const chart = await hr.get('/org-chart', { root_id: ada, max_depth: 100 })
    expect(draw(chart.body['root'])).to.deep.equal({ 'Ada Top': { 'Cleo Head': { 'Dora Hand': {} } } })
    expect((await hr.get('/org-chart')).status).to.equal(200)
  })

  it('has departments with their headcounts', async () => {
    const { body } = await hr.get('/departments')
    expect(body['data']).to.deep.equal([
      {
        name: 'Board',
        division: null,
        headcount: 1,
        active: 1,
        on_leave: 0,
        contractors: 0,
        cost_center: null,
        head: { id: ada, display_name: 'Ada Top', job_title: 'Chief' },
      },
      {
        name: 'Garden',
        division: null,
        headcount: 2,
        active: 1,
        on_leave: 1,
        contractors: 0,
        cost_center: null,
        head: { id: cleo, display_name: 'Cleo Head', job_title: 'Head' },
      },
    ])
    const pages = await hr.listPages('/departments', { limit: 1 })
    expect(pages.map((page) => page.map((one) => one['name']))).to.deep.equal([['Board'], ['Garden']])
    const all = await hr.get('/departments', { include_inactive: true })
    expect(all.body['data'].map((one: Body) => one['headcount'])).to.deep.equal([1, 3])
  })

  it('gives direct reports in pages to who asks for pages', async () => {
    for (const name of ['Eva Hand', 'Finn Hand']) await addPerson(tenant.scim, name, { managerId: cleo })
    const pages = await hr.listPages(`/employees/${cleo}/direct-reports`, { limit: 2 })
    expect(pages.map(names)).to.deep.equal([['Dora Hand', 'Eva Hand'], ['Finn Hand']])
  })

  describe('has groups', () => {
    it('whose members are direct or nested, each once, page by page', async () => {
      const { scim } = tenant
      const inner = String((await scim.createGroup('Inner', [dora]))['id'])
      const outer = String((await scim.createGroup('Outer', [ada, inner]))['id'])
      await scim.patch(`/Groups/${inner}`, [{ op: 'add', path: 'members', value: [{ value: outer }] }])
      const { body } = await hr.get(`/groups/${outer}/members`)
      expect(body).to.include({ group_id: outer, group_name: 'Outer', member_count: 2, resolved_nested: true })
      const [first, second] = body['data'] as Body[]
      expect(first).to.include({ id: ada, membership_type: 'direct' }).and.not.to.have.property('via_group')
      expect(second).to.include({ id: dora, membership_type: 'nested', via_group: 'Inner', status: 'on_leave' })
      const direct = await hr.get(`/groups/${outer}/members`, { resolve_nested: false })
      expect(names(direct.body['data'])).to.deep.equal(['Ada Top'])
      expect(direct.body).to.include({ member_count: 1, resolved_nested: false })
      const pages = await hr.listPages(`/groups/${outer}/members`, { limit: 1 })
      expect(pages.map(names)).to.deep.equal([['Ada Top'], ['Dora Hand']])
    })

    it('that are filtered, and of which unknown things are null, but for whether they give access', async () => {
      const { scim } = tenant
      const bare = await scim.createGroup('Readers')
      const full = await scim.createGroup('Cloud', [dora], {
        schemas: [
          'urn:ietf:params:scim:schemas:core:2.0:Group',
          'urn:ietf:params:scim:schemas:extension:rollcall:2.0:Group',
        ],
        externalId: 'cloud-1',
        'urn:ietf:params:scim:schemas:extension:rollcall:2.0:Group': {
          description: 'May read bills',
          securityGroup: true,
        },
      })
      const list = async (query: Record<string, string | boolean>): Promise<unknown[]> =>
        ((await hr.get('/groups', query)).body['data'] as Body[]).map((one) => one['id'])
      expect(await list({})).to.deep.equal([bare['id'], full['id']])
      expect(await list({ is_security_group: true })).to.deep.equal([full['id']])
      expect(await list({ is_security_group: false })).to.deep.equal([bare['id']])
      expect(await list({ search: 'BILLS' })).to.deep.equal([full['id']])
      expect(await list({ source: 'manual' })).to.deep.equal([])
      const [first, second] = (await hr.get('/groups')).body['data'] as Body[]
      expect(first).to.deep.include({
        name: 'Readers',
        display_name: 'Readers',
        description: null,
        source: 'push',
        external_id: null,
        is_security_group: false,
        member_count: 0,
      })
      expect(second).to.include({
        description: 'May read bills',
        external_id: 'cloud-1',
        is_security_group: true,
        member_count: 1,
      })
      const pages = await hr.listPages('/groups', { limit: 1 })
      expect(pages.map((page) => page.length)).to.deep.equal([1, 1])
    })
  })

  describe('is looked up', () => {
    it('by what somebody typed, those who are active unless another status is named', async () => {
      const { data } = (await hr.post('/lookup', { query: 'cleo' })).body as { data: Body[] }
      expect(data[0]).to.deep.include({
        id: cleo,
        employee_id: 'E-cleo.head',
        email: 'cleo.head@larkspur.example',
        display_name: 'Cleo Head',
        job_title: 'Head',
        department: 'Garden',
        location: null,
        status: 'active',
      })
      expect((await hr.post('/lookup', { query: 'dora' })).body['data']).to.deep.equal([])
      const away = (await hr.post('/lookup', { query: 'dora', status: 'on_leave' })).body['data'] as Body[]
      expect(away.map((one) => one['id'])).to.deep.equal([dora])
    })

    it('the best first, at most as many as are asked for', async () => {
      for (const at of 'abcdefgh') await addPerson(tenant.scim, `Mira Holm${at}`)
      const five = (await hr.post('/lookup', { query: 'mira' })).body['data'] as Body[]
      expect(five).to.have.length(5)
      const scores = five.map((one) => Number(one['match_score']))
      expect(scores).to.deep.equal(scores.toSorted((a, b) => b - a))
      expect((await hr.post('/lookup', { query: 'mira', limit: 20 })).body['data']).to.have.length(8)
      const [exact] = (await hr.post('/lookup', { query: 'mira.holmc@larkspur.example', limit: 1 })).body[
        'data'
      ] as Body[]
      expect(exact).to.include({ display_name: 'Mira Holmc', match_field: 'email' })
    })
  })
})
