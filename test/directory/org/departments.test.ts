import { expect } from 'chai'
import { query } from '../../../server/db/query.ts'
import type { JsonObject } from '../../../server/db/tables.ts'
import type { Actor } from '../../../server/directory/actor.ts'
import { type Department, listDepartments, readDepartment } from '../../../server/directory/org/departments.ts'
import { clock } from '../../support/app.ts'
import { testDatabase } from '../../support/postgres.ts'
import { enterpriseSchema, rollcallSchema, userSchema } from '../../support/scim-client.ts'
import { addPeople, clear, createCompany, dayFromToday, idOf, nameOf, type Person } from './company.ts'

const everything = { limit: 1000, after: undefined }

async function list(actor: Actor, includeInactive = false): Promise<readonly Department[]> {
  return (await listDepartments(testDatabase(), actor, includeInactive, everything)).items
}

/** `Tax 4=2+1+1 ada`: headcount, active, on leave, contractors, head. */
function outline({ name, headcount, active, onLeave, contractors, head }: Department): string {
  return `${name} ${headcount}=${active}+${onLeave}+${contractors} ${head === undefined ? '-' : nameOf(head.id)}`
}

async function outlines(actor: Actor, includeInactive = false): Promise<string[]> {
  return (await list(actor, includeInactive)).map(outline)
}

/** What is counted is what a count of all people finds. */
async function checkCounts({ organizationId }: Actor): Promise<void> {
  const wrong = await query(
    testDatabase(),
    `with real as (
       select department_key, coalesce(resource -> $2 ->> 'division', '') as division, last_day, count(*)::int as count
       from users where org_id = $1 and department_key is not null group by 1, 2, 3
     ), counted as (
       select department_key, coalesce(division, '') as division, last_day, sum(count)::int as count
       from department_counts where org_id = $1 group by 1, 2, 3 having sum(count) <> 0
     )
     (select * from real except select * from counted) union all (select * from counted except select * from real)`,
    [organizationId, enterpriseSchema],
  )
  expect(wrong).to.deep.equal([])
}

describe('departments', () => {
  it('have headcounts by status, a division, a cost centre and a head', async () => {
    const technology = { division: 'Technology', costCenter: 'CC-1' }
    const { actor } = await createCompany({
      ceo: {},
      priya: {
        department: 'IT',
        manager: 'ceo',
        enterprise: technology,
        core: { displayName: 'Priya', title: 'Head' },
      },
      ada: { department: 'it', manager: 'priya', enterprise: technology },
      bo: { department: 'IT', manager: 'priya', enterprise: { division: 'Other' }, status: 'on_leave' },
      con: { department: 'IT', manager: 'ada', status: 'contractor', enterprise: { costCenter: 'CC-2' } },
      tom: { department: 'IT', manager: 'ada', employment: { employmentType: 'contractor' } },
      sue: { department: 'IT', manager: 'ada', active: false },
      lea: { department: 'IT', status: 'terminated', enterprise: { costCenter: 'CC-9' } },
      zoe: { department: 'Arts' },
    })
    const [arts, it] = await list(actor)
    expect(it).to.deep.equal({
      id: `dep_${Buffer.from('it').toString('base64url')}`,
      name: 'IT',
      ...technology,
      headcount: 6,
      active: 2,
      onLeave: 1,
      contractors: 2,
      head: {
        id: idOf('priya'),
        employeeNumber: null,
        email: null,
        displayName: 'Priya',
        title: 'Head',
        department: 'IT',
        location: null,
        status: 'active',
      },
    })
    expect(arts).to.deep.include({ name: 'Arts', division: null, costCenter: null, headcount: 1 })
    expect(await readDepartment(testDatabase(), actor, String(it?.id))).to.deep.equal(it)
  })

  it('are those of people who have not left, unless all are asked for', async () => {
    const { actor } = await createCompany({
      a: { department: 'Tax' },
      b: { department: 'Tax', status: 'retired' },
      c: { department: 'Old', employment: { endDate: dayFromToday(-1) } },
      d: { department: 'Soon', employment: { endDate: dayFromToday(1) } },
    })
    expect(await outlines(actor)).to.deep.equal(['Soon 1=1+0+0 d', 'Tax 1=1+0+0 a'])
    expect(await outlines(actor, true)).to.deep.equal(['Old 1=0+0+0 c', 'Soon 1=1+0+0 d', 'Tax 2=1+0+0 a'])
    const later = { ...actor, at: new Date(clock.now().getTime() + 3 * 86_400_000) }
    expect(await outlines(later)).to.deep.equal(['Tax 1=1+0+0 a'])
  })

  it('are listed page after page in the order of their names, also of those beyond the first plane', async () => {
    const names = ['Ärzte', 'apples', 'Zoo', '日本', '\u{20000}', '\uff21']
    const { actor } = await createCompany(
      Object.fromEntries(names.map((department, index) => [`p${index}`, { department }])),
    )
    for (const limit of [1, 2, 6, 7]) {
      const found: string[] = []
      for (let after: string | undefined, isFirst = true; isFirst || after !== undefined; isFirst = false) {
        const page = await listDepartments(testDatabase(), actor, false, { limit, after })
        expect(page.items.length).to.be.at.most(limit)
        found.push(...page.items.map(({ name }) => name))
        after = page.next
      }
      expect(found).to.deep.equal(['apples', 'Zoo', 'Ärzte', '日本', '\uff21', '\u{20000}'])
    }
  })

  it('have the head who reports to nobody in them, of several the one with most reports', async () => {
    const company = (people: Record<string, Person>): Promise<string[]> =>
      createCompany(people).then(({ actor }) => outlines(actor))
    const tax = { department: 'Tax' }
    expect(
      await company({
        boss: { department: 'Sales' },
        one: { ...tax, manager: 'boss' },
        two: { ...tax, manager: 'nobody' },
        three: { ...tax, manager: 'two' },
        four: { department: 'Sales', manager: 'two' },
      }),
    ).to.deep.equal(['Sales 2=2+0+0 boss', 'Tax 3=3+0+0 two'])
    // Whose manager has left reports to the nearest one who has not.
    expect(
      await company({
        head: tax,
        left: { department: 'Other', manager: 'head', status: 'terminated' },
        a: { ...tax, manager: 'left' },
        b: { ...tax, manager: 'a' },
        c: { ...tax, manager: 'a' },
      }),
    ).to.deep.equal(['Tax 4=4+0+0 head'])
    // Nobody of a circle is above the others.
    expect(await company({ a: { ...tax, manager: 'b' }, b: { ...tax, manager: 'a' } })).to.deep.equal(['Tax 2=2+0+0 -'])
    expect(await company({ b: tax, a: tax })).to.deep.equal(['Tax 2=2+0+0 a'])
  })

  it('are unknown where nobody names them, in another organization, and where the id is none', async () => {
    const { actor } = await createCompany({ a: { department: 'Tax' }, b: { department: 'Old', status: 'retired' } })
    const other = await createCompany({ a: { department: 'Law' } })
    const idOfKey = (key: string): string => `dep_${Buffer.from(key).toString('base64url')}`
    expect(await readDepartment(testDatabase(), actor, idOfKey('tax'))).to.include({ name: 'Tax' })
    for (const [as, id] of [
      [other.actor, idOfKey('tax')],
      [actor, idOfKey('Tax')],
      [actor, idOfKey('old')],
      [actor, idOfKey('a\0b')],
      [actor, `${idOfKey('tax')}=`],
      [actor, 'dep_'],
      [actor, 'Tax'],
      [actor, ''],
    ] as const) {
      const error = await readDepartment(testDatabase(), as, id).then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      expect(error, id).to.include({ code: 'not_found', message: `There is no department ${id}.` })
    }
  })

  it('count every change once: created, changed, deleted, brought back', async () => {
    const { actor, tenant } = await createCompany({})
    const create = (userName: string, department: string): Promise<unknown> =>
      tenant.scim.createUser(userName, { [enterpriseSchema]: { department, division: 'D' } })
    await query(testDatabase(), 'update directories set restore_users = true where org_id = $1', [actor.organizationId])
    const { id } = (await create('ada', 'Tax')) as { id: string }
    await create('bo', 'Tax')
    const patch = async (path: string, value: unknown): Promise<string[]> => {
      const operation = value === undefined ? { op: 'remove', path } : { op: 'add', path, value }
      expect((await tenant.scim.patch(`/Users/${id}`, [operation])).status).to.equal(200)
      await checkCounts(actor)
      return (await outlines(actor)).map((line) => line.slice(0, line.lastIndexOf(' ')))
    }
    expect(await patch('active', false)).to.deep.equal(['Tax 2=1+0+0'])
    expect(await patch(`${rollcallSchema}:employmentStatus`, 'on_leave')).to.deep.equal(['Tax 2=1+1+0'])
    expect(await patch('title', 'Nothing that counts')).to.deep.equal(['Tax 2=1+1+0'])
    expect(await patch(`${enterpriseSchema}:department`, 'Law')).to.deep.equal(['Law 1=0+1+0', 'Tax 1=1+0+0'])
    expect(await patch(`${rollcallSchema}:employmentType`, 'contractor')).to.deep.equal(['Law 1=0+0+1', 'Tax 1=1+0+0'])
    expect(await patch(`${enterpriseSchema}:department`, undefined)).to.deep.equal(['Tax 1=1+0+0'])
    expect(await patch(`${enterpriseSchema}:department`, 'TAX')).to.deep.equal(['TAX 2=1+0+1'])
    expect(await patch(`${rollcallSchema}:employmentStatus`, 'terminated')).to.deep.equal(['Tax 1=1+0+0'])
    expect(await patch(rollcallSchema, undefined)).to.deep.equal(['TAX 2=1+0+0'])
    await tenant.scim.delete(`/Users/${id}`)
    expect(await outlines(actor)).to.deep.equal([`Tax 1=1+0+0 ${nameOf(String((await list(actor))[0]?.head?.id))}`])
    expect(((await create('ada', 'Tax')) as { id: string }).id).to.equal(id)
    await checkCounts(actor)
    expect((await list(actor))[0]).to.include({ headcount: 2 })
  })

  it('count right whatever many clients do at once', async () => {
    const { actor, tenant } = await createCompany({})
    const departments = ['Tax', 'Law', 'Arts']
    const ids = await Promise.all(
      Array.from({ length: 24 }, async (_, index) => {
        const department = departments[index % 3] ?? ''
        const user = await tenant.scim.createUser(`user${index}`, { [enterpriseSchema]: { department } })
        return String(user['id'])
      }),
    )
    const statuses = await Promise.all(
      ids.flatMap((id, index) => [
        tenant.scim.patch(`/Users/${id}`, [
          { op: 'replace', path: `${enterpriseSchema}:department`, value: departments[(index + 1) % 3] },
        ]),
        tenant.scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'active', value: index % 2 === 0 }]),
        ...(index % 4 === 0 ? [tenant.scim.delete(`/Users/${id}`)] : []),
      ]),
    )
    expect(statuses.filter(({ status }) => ![200, 204, 404].includes(status))).to.deep.equal([])
    await checkCounts(actor)
    expect((await list(actor)).reduce((sum, { headcount }) => sum + headcount, 0)).to.equal(18)
  })

  it('take long names, and refuse those that no index takes', async () => {
    const { actor, tenant } = await createCompany({})
    // What compresses is shorter in an index.
    const noise = (length: number): string =>
      Array.from({ length }, (_, index) => String.fromCodePoint(0x4e00 + ((index * 7919) % 20_000))).join('')
    const body = (department: string, division: string): JsonObject => ({
      schemas: [userSchema, enterpriseSchema],
      userName: 'long',
      [enterpriseSchema]: { department, division, costCenter: division },
    })
    expect((await tenant.scim.post('/Users', body(noise(2000), 'D'))).status).to.equal(400)
    expect((await tenant.scim.post('/Users', body(noise(500), noise(5000)))).status).to.equal(201)
    expect((await list(actor))[0]).to.include({ name: noise(500), division: noise(5000), costCenter: noise(5000) })
  })

  it('go with the people, and with the organization', async () => {
    const { actor } = await createCompany({ a: { department: 'Tax' }, b: { department: 'Tax' } })
    const other = await createCompany({ a: { department: 'Tax' } })
    await clear(actor)
    expect(await list(actor)).to.deep.equal([])
    await addPeople(actor, { c: { department: 'Tax' } })
    expect(await outlines(actor)).to.deep.equal(['Tax 1=1+0+0 c'])
    await query(testDatabase(), 'delete from organizations where org_id = $1', [actor.organizationId])
    const left = await query(testDatabase(), 'select from department_counts where org_id = $1', [actor.organizationId])
    expect(left).to.deep.equal([])
    expect(await outlines(other.actor)).to.deep.equal(['Tax 1=1+0+0 a'])
  })
})
