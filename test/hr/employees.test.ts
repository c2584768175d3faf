// Employees through the HR API: what is shown of them, filters, pages and search.
import { expect } from 'chai'
import { createTenant, type Tenant } from '../support/app.ts'
import { HrClient } from '../support/hr-client.ts'
import { addPerson } from '../support/organization.ts'
import type { Body } from '../support/scim-client.ts'

const ids = (rows: readonly Body[]): string[] => rows.map((one) => String(one['id']))

describe('employees of the HR API', () => {
  let tenant: Tenant
  let hr: HrClient
  beforeEach(async () => {
    tenant = await createTenant()
    hr = new HrClient(await tenant.addApplication(['hr']))
  })

  it('of whom little is known have null for the rest', async () => {
    const { id } = await tenant.scim.createUser('bare')
    const { body } = await hr.get(`/employees/${id}`)
    const { synced_at: synced, created_at: created, updated_at: updated, ...rest } = body
    expect(rest).to.deep.equal({
      id,
      employee_id: null,
      email: null,
      display_name: 'bare',
      first_name: null,
      last_name: null,
      job_title: null,
      department: null,
      division: null,
      cost_center: null,
      manager_id: null,
      manager: null,
      location: null,
      phone: null,
      status: 'active',
      employment_type: null,
      start_date: null,
      source: 'push',
      external_id: null,
      groups: [],
      user_id: null,
      org_id: tenant.organizationId,
    })
    for (const time of [synced, created, updated]) expect(Number.isInteger(time)).to.equal(true)
    const { manager: _, ...listed } = body
    expect((await hr.get('/employees')).body['data']).to.deep.equal([listed])
  })

  it('show their manager, also one who has left; of one who is unknown only the id', async () => {
    const boss = await addPerson(tenant.scim, 'Una Boss', { status: 'terminated', title: 'Director' })
    const mira = await addPerson(tenant.scim, 'Mira Holm', { managerId: boss })
    const lost = await addPerson(tenant.scim, 'Noa Lost', { managerId: 'emp_nobody' })
    expect((await hr.get(`/employees/${mira}`)).body['manager']).to.deep.equal({
      id: boss,
      display_name: 'Una Boss',
      email: 'una.boss@larkspur.example',
      job_title: 'Director',
    })
    expect((await hr.get(`/employees/${lost}`)).body).to.include({ manager_id: 'emp_nobody', manager: null })
  })

  it('are filtered by department, status, source and manager, all at once', async () => {
    const boss = await addPerson(tenant.scim, 'Una Boss', { department: 'Garden' })
    const mira = await addPerson(tenant.scim, 'Mira Holm', {
      department: 'garden',
      managerId: boss,
      status: 'on_leave',
    })
    const noa = await addPerson(tenant.scim, 'Noa Lind', { department: 'Kitchen', managerId: boss })
    for (const [query, expected] of [
      [{ department: 'GARDEN' }, [boss, mira]],
      [{ status: 'on_leave' }, [mira]],
      [{ manager_id: boss }, [mira, noa]],
      [{ source: 'push' }, [boss, mira, noa]],
      [{ source: 'manual' }, []],
      [{ department: 'Garden', status: 'active', source: 'push' }, [boss]],
      [{ manager_id: boss, department: 'Kitchen' }, [noa]],
    ] as const) {
      expect(ids((await hr.get('/employees', query)).body['data']), JSON.stringify(query)).to.deep.equal(expected)
    }
  })

  it('come page by page, each once, whoever comes and goes meanwhile', async () => {
    const made: string[] = []
    for (let at = 0; at < 7; at++) made.push(await addPerson(tenant.scim, `Person ${String.fromCharCode(65 + at)}`))
    const first = await hr.get('/employees', { limit: 3 })
    expect(first.body).to.include({ has_more: true })
    expect(ids(first.body['data'])).to.deep.equal(made.slice(0, 3))
    await tenant.scim.delete(`/Users/${made[2]}`)
    await tenant.scim.delete(`/Users/${made[4]}`)
    const late = await addPerson(tenant.scim, 'Late Comer')
    const rest = await hr.listPages('/employees', { limit: 3, cursor: first.body['next_cursor'] })
    expect(rest.map(ids)).to.deep.equal([[made[3], made[5], made[6]], [late]])
    const exact = await hr.get('/employees', { limit: 6 })
    expect(exact.body).to.include({ has_more: false, next_cursor: null })
    expect(exact.body['data']).to.have.length(6)
  })

  describe('that are searched', () => {
    it('are ranked, with the other filters held', async () => {
      const boss = await addPerson(tenant.scim, 'Jana Sorensen', { department: 'Garden' })
      const near = await addPerson(tenant.scim, 'Jane Sorenson', { department: 'Kitchen', managerId: boss })
      const left = await addPerson(tenant.scim, 'Jane Smith', { department: 'Kitchen', status: 'terminated' })
      await addPerson(tenant.scim, 'Otto Weber', { department: 'Kitchen' })
      const search = async (query: Record<string, string>): Promise<string[]> =>
        ids((await hr.get('/employees', query)).body['data'])
      expect((await search({ search: 'jane sorenson' }))[0]).to.equal(near)
      expect(await search({ search: 'jane' })).to.include.members([near, left])
      expect(await search({ search: 'jane', status: 'terminated' })).to.deep.equal([left])
      expect(await search({ search: 'jan', department: 'garden' })).to.deep.equal([boss])
      expect(await search({ search: 'jane', manager_id: boss })).to.deep.equal([near])
      expect(await search({ search: 'jane', source: 'manual' })).to.deep.equal([])
      expect(await search({ search: 'E-jane.smith' })).to.deep.equal([left])
    })

    it('come page by page, each once, and go on where the last one has gone', async () => {
      const made: string[] = []
      for (let at = 0; at < 9; at++) {
        const department = at % 3 === 0 ? 'Kitchen' : 'Garden'
        made.push(await addPerson(tenant.scim, `Mira Holm${String.fromCharCode(97 + at)}`, { department }))
      }
      const all = ids((await hr.get('/employees', { search: 'mira' })).body['data'])
      expect(all).to.have.members(made)
      const pages = await hr.listPages('/employees', { search: 'mira', limit: 4 })
      expect(pages.map(ids)).to.deep.equal([all.slice(0, 4), all.slice(4, 8), all.slice(8)])
      const garden = await hr.listPages('/employees', { search: 'mira', department: 'Garden', limit: 3 })
      expect(garden.map((page) => page.length)).to.deep.equal([3, 3])
      const { next_cursor: cursor } = (await hr.get('/employees', { search: 'mira', limit: 4 })).body
      await tenant.scim.delete(`/Users/${all[3]}`)
      const next = ids((await hr.get('/employees', { search: 'mira', limit: 4, cursor })).body['data'])
      expect(next).to.deep.equal(all.slice(5))
    })
  })

  it('are not shown to other organizations', async () => {
    const mira = await addPerson(tenant.scim, 'Mira Holm', { department: 'Garden' })
    const stranger = new HrClient(await (await createTenant()).addApplication(['hr']))
    expect((await stranger.get('/employees')).body['data']).to.deep.equal([])
    expect((await stranger.get('/employees', { search: 'mira' })).body['data']).to.deep.equal([])
    expect((await stranger.get('/departments')).body['data']).to.deep.equal([])
    expect((await stranger.post('/lookup', { query: 'mira.holm@larkspur.example' })).body['data']).to.deep.equal([])
    for (const path of ['', '/chain', '/direct-reports'])
      expect((await stranger.get(`/employees/${mira}${path}`)).status).to.equal(404)
    expect((await stranger.get('/org-chart')).body).to.deep.equal({
      root: null,
      other_roots: [],
      total_nodes: 0,
      max_depth_reached: false,
    })
  })
})
