import { expect } from 'chai'
import { query } from '../../../server/db/query.ts'
import type { JsonObject } from '../../../server/db/tables.ts'
import type { Employee, EmployeeStatus } from '../../../server/directory/org/employee.ts'
import {
  type EmployeeFilter,
  listDirectReports,
  listEmployees,
  readEmployee,
  readEmployees,
} from '../../../server/directory/org/employees.ts'
import { clock, createTenant } from '../../support/app.ts'
import { testDatabase } from '../../support/postgres.ts'
import { enterpriseSchema, rollcallSchema } from '../../support/scim-client.ts'
import { actorOf, addPeople, type Company, createCompany, dayFromToday, idOf, namesOf, type Person } from './company.ts'

const first = { limit: 1000, after: undefined }

async function readOnly(person: Person): Promise<Employee> {
  const { actor } = await createCompany({ person })
  return readEmployee(testDatabase(), actor, idOf('person'))
}

async function expectNotFound(work: Promise<unknown>, id: string): Promise<void> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).to.include({ code: 'not_found', message: `There is no user ${id}.` })
}

describe('an employee', () => {
  it('has what the directory says of them, their groups, and their manager', async () => {
    const { actor, tenant } = await createCompany({ boss: { core: { displayName: 'Bo Boss', title: 'Head' } } })
    const addresses = [{ type: 'work', locality: 'Oslo' }]
    const created = await tenant.scim.createUser('ada@x.example', {
      externalId: 'ext-1',
      displayName: 'Ada Lund',
      name: { givenName: 'Ada', familyName: 'Lund' },
      title: 'Engineer',
      emails: [{ value: 'ada@home.example' }, { value: 'ada@x.example', type: 'work', primary: true }],
      phoneNumbers: [{ value: '+47 1' }, { value: '+47 2', type: 'work' }, { value: '+47 3', primary: true }],
      addresses,
      [enterpriseSchema]: {
        employeeNumber: 'E1',
        costCenter: 'CC-1',
        division: 'Technology',
        department: 'IT',
        manager: { value: idOf('boss') },
      },
      [rollcallSchema]: {
        employmentStatus: 'on_leave',
        employmentType: 'part_time',
        startDate: '2020-02-01',
        platformUserId: 'usr_1',
      },
    })
    const id = String(created['id'])
    await tenant.scim.createGroup('Zebra', [id])
    await tenant.scim.createGroup('Admins', [id])
    const detail = await readEmployee(testDatabase(), actor, id)
    const meta = created['meta'] as { created: string; lastModified: string }
    expect(detail).to.deep.equal({
      id,
      employeeNumber: 'E1',
      email: 'ada@x.example',
      displayName: 'Ada Lund',
      title: 'Engineer',
      department: 'IT',
      location: 'Oslo',
      status: 'on_leave',
      givenName: 'Ada',
      familyName: 'Lund',
      division: 'Technology',
      costCenter: 'CC-1',
      managerId: idOf('boss'),
      phone: '+47 2',
      employmentType: 'part_time',
      startDate: '2020-02-01',
      source: 'push',
      externalId: 'ext-1',
      groups: ['Admins', 'Zebra'],
      platformUserId: 'usr_1',
      syncedAt: new Date(meta.created),
      createdAt: new Date(meta.created),
      modifiedAt: new Date(meta.lastModified),
      manager: {
        id: idOf('boss'),
        employeeNumber: null,
        email: null,
        displayName: 'Bo Boss',
        title: 'Head',
        department: null,
        location: null,
        status: 'active',
      },
    })
    expect(await readEmployees(testDatabase(), actor, [idOf('boss'), 'emp_nobody', id])).to.have.lengthOf(2)
    const { manager: _, ...employee } = detail
    expect((await readEmployees(testDatabase(), actor, [idOf('boss'), id]))[1]).to.deep.equal(employee)
  })

  it('has null where nothing is said, and the userName for a name', async () => {
    const { tenant, actor } = await createCompany({})
    const { id } = await tenant.scim.createUser('somebody')
    const { syncedAt, createdAt, modifiedAt, ...rest } = await readEmployee(testDatabase(), actor, String(id))
    expect([syncedAt, createdAt, modifiedAt].every((time) => time instanceof Date)).to.equal(true)
    expect(rest).to.deep.equal({
      id,
      displayName: 'somebody',
      status: 'active',
      source: 'push',
      groups: [],
      manager: undefined,
      ...Object.fromEntries(
        [
          ...['employeeNumber', 'email', 'title', 'department', 'location', 'givenName', 'familyName', 'division'],
          ...['costCenter', 'managerId', 'phone', 'employmentType', 'startDate', 'externalId', 'platformUserId'],
        ].map((name) => [name, null]),
      ),
    })
  })

  const said: readonly (readonly [string, JsonObject, Partial<Employee>])[] = [
    [
      'the name as it is written',
      { name: { formatted: 'Dr. Ida Ek', givenName: 'Ida' } },
      { displayName: 'Dr. Ida Ek' },
    ],
    ['the given and the family name', { name: { givenName: 'Ida', familyName: 'Ek' } }, { displayName: 'Ida Ek' }],
    ['the family name alone', { name: { familyName: 'Ek' } }, { displayName: 'Ek' }],
    ['the first address', { emails: [{ type: 'work' }, { value: 'a@x' }, { value: 'b@x' }] }, { email: 'a@x' }],
    ['the primary number', { phoneNumbers: [{ value: '1' }, { value: '2', primary: true }] }, { phone: '2' }],
    ['the first number', { phoneNumbers: [{ value: '1', type: 'home' }, { value: '2' }] }, { phone: '1' }],
    ['the city of the work address', { addresses: [{ type: 'Work', locality: 'Bonn' }] }, { location: 'Bonn' }],
    ['no city of another address', { addresses: [{ type: 'home', locality: 'Bonn' }] }, { location: null }],
  ]
  for (const [what, core, expected] of said) {
    it(`has ${what}, where nothing better is said`, async () => {
      expect(await readOnly({ core })).to.include(expected)
    })
  }

  it('has the office before the city', async () => {
    const addresses = [{ type: 'work', locality: 'Bonn' }]
    expect(await readOnly({ core: { addresses }, employment: { location: 'Tower' } })).to.include({ location: 'Tower' })
  })

  // Days are those of when the test runs, for tests push the clock on.
  const statuses: readonly (readonly [string, Person | (() => Person), EmployeeStatus])[] = [
    ['what the source says', { status: 'retired' }, 'retired'],
    ['what the source says, inactive or not', { status: 'active', active: false }, 'active'],
    [
      'what the source says, after the last day',
      () => ({ status: 'contractor', employment: { endDate: dayFromToday(-1) } }),
      'contractor',
    ],
    ['what it would be where the source says something else', { status: 'Gone fishing', active: false }, 'suspended'],
    ['terminated after the last day', () => ({ employment: { endDate: dayFromToday(-1) } }), 'terminated'],
    [
      'terminated after the last day, with another word of the source',
      { status: 'gone', employment: { endDate: '2001-01-01' } },
      'terminated',
    ],
    ['active on the last day', () => ({ employment: { endDate: dayFromToday(0) } }), 'active'],
    [
      'suspended when inactive, with a last day to come',
      () => ({ active: false, employment: { endDate: dayFromToday(9) } }),
      'suspended',
    ],
    ...['soon', '', '2001-02-30', '2001-1-1', '0000-01-01', '20010101', '2001-01-01T00:00:00Z', '٢٠٠١-٠١-٠١'].map(
      (endDate) => [`active where the last day is "${endDate}"`, { employment: { endDate } }, 'active'] as const,
    ),
  ]
  for (const [what, person, status] of statuses) {
    it(`has a status: ${what}`, async () => {
      const { actor } = await createCompany({ person: typeof person === 'function' ? person() : person })
      const employee = await readEmployee(testDatabase(), actor, idOf('person'))
      expect(employee.status).to.equal(status)
      const listed = await listEmployees(testDatabase(), actor, { status }, first)
      expect(listed.items).to.deep.equal([{ ...employee, manager: undefined }].map(({ manager: _, ...rest }) => rest))
    })
  }

  it('leaves when the last day is over, and nobody has to write anything', async () => {
    const { actor } = await createCompany({
      boss: {},
      temp: { manager: 'boss', employment: { endDate: dayFromToday(3) } },
    })
    const later = { ...actor, at: new Date(clock.now().getTime() + 4 * 86_400_000) }
    expect((await readEmployee(testDatabase(), actor, idOf('temp'))).status).to.equal('active')
    expect((await readEmployee(testDatabase(), later, idOf('temp'))).status).to.equal('terminated')
    expect((await listDirectReports(testDatabase(), actor, idOf('boss'), false, first)).items).to.have.lengthOf(1)
    expect((await listDirectReports(testDatabase(), later, idOf('boss'), false, first)).items).to.be.empty
  })

  it('comes and goes as PATCH says', async () => {
    const { actor, tenant } = await createCompany({ ada: {} })
    const path = `${rollcallSchema}:employmentStatus`
    const statusAfter = async (operation: JsonObject): Promise<string> => {
      expect((await tenant.scim.patch(`/Users/${idOf('ada')}`, [operation])).status).to.equal(200)
      const [row] = await query<{ day: string | null }>(
        testDatabase(),
        'select last_day::text as day from users where org_id = $1',
        [actor.organizationId],
      )
      return `${(await readEmployee(testDatabase(), actor, idOf('ada'))).status} ${row?.day}`
    }
    expect(await statusAfter({ op: 'add', path, value: 'terminated' })).to.equal('terminated -infinity')
    expect(await statusAfter({ op: 'replace', path, value: 'active' })).to.equal('active null')
    expect(await statusAfter({ op: 'add', path: `${rollcallSchema}:endDate`, value: '2002-02-02' })).to.equal(
      'active null',
    )
    expect(await statusAfter({ op: 'remove', path })).to.equal('terminated 2002-02-02')
    expect(await statusAfter({ op: 'remove', path: `${rollcallSchema}:endDate` })).to.equal('active null')
  })

  it('is unknown in another organization', async () => {
    const { actor } = await createCompany({ ada: {} })
    const other = await createCompany({})
    await expectNotFound(readEmployee(testDatabase(), other.actor, idOf('ada')), idOf('ada'))
    await expectNotFound(listDirectReports(testDatabase(), other.actor, idOf('ada'), false, first), idOf('ada'))
    expect(await readEmployees(testDatabase(), other.actor, [idOf('ada')])).to.deep.equal([])
    expect((await readEmployee(testDatabase(), actor, idOf('ada'))).id).to.equal(idOf('ada'))
  })
})

describe('the list of employees', () => {
  let company: Company

  before(async () => {
    company = await createCompany({
      a1: { department: 'Tax' },
      a2: { department: 'TAX', manager: 'a1' },
      b1: { department: 'Sales', manager: 'a1', active: false },
      b2: { department: 'Sales', manager: 'a2', status: 'terminated' },
      c1: { manager: 'a1', status: 'on_leave' },
    })
    const { directoryId } = await company.tenant.addDirectory('HR')
    await query(testDatabase(), `update directories set provider = 'workday' where id = $1`, [directoryId])
    await addPeople({ ...company.actor, directoryId }, { d1: { department: 'Tax', manager: 'a1' } })
  })

  const lists: readonly (readonly [EmployeeFilter, string[]])[] = [
    [{}, ['a1', 'a2', 'b1', 'b2', 'c1', 'd1']],
    [{ department: 'tax' }, ['a1', 'a2', 'd1']],
    [{ department: 'Nothing' }, []],
    [{ status: 'active' }, ['a1', 'a2', 'd1']],
    [{ status: 'suspended' }, ['b1']],
    [{ status: 'terminated' }, ['b2']],
    [{ managerId: idOf('a1') }, ['a2', 'b1', 'c1', 'd1']],
    [{ managerId: 'emp_nobody' }, []],
    [{ source: 'workday' }, ['d1']],
    [{ source: 'push' }, ['a1', 'a2', 'b1', 'b2', 'c1']],
    [{ source: 'okta' }, []],
    [{ department: 'TAX', status: 'active', source: 'workday', managerId: idOf('a1') }, ['d1']],
  ]
  for (const [filter, expected] of lists) {
    it(`has those of ${JSON.stringify(filter)}, page after page`, async () => {
      for (const limit of [1, 2, 100]) {
        const found: string[] = []
        for (let after: string | undefined, isFirst = true; isFirst || after !== undefined; isFirst = false) {
          const { items, next } = await listEmployees(testDatabase(), company.actor, filter, { limit, after })
          found.push(...namesOf(items))
          after = next
        }
        expect(found).to.deep.equal(expected)
      }
    })
  }

  it('goes on where it was while people come and go', async () => {
    const { actor, tenant } = await createCompany({ a: {}, c: {}, e: {} })
    const start = await listEmployees(testDatabase(), actor, {}, { limit: 2, after: undefined })
    await tenant.scim.delete(`/Users/${idOf('c')}`)
    await addPeople(actor, { b: {}, d: {} })
    const rest = await listEmployees(testDatabase(), actor, {}, { limit: 2, after: start.next })
    expect([namesOf(start.items), namesOf(rest.items), rest.next]).to.deep.equal([['a', 'c'], ['d', 'e'], undefined])
  })
})

describe('direct reports', () => {
  it('are those of the person, and those of reports who have left', async () => {
    const { actor } = await createCompany({
      boss: {},
      left: { manager: 'boss', status: 'terminated' },
      gone: { manager: 'left', status: 'retired' },
      a: { manager: 'boss' },
      b: { manager: 'left' },
      c: { manager: 'gone', active: false },
      d: { manager: 'a' },
    })
    const reports = async (name: string, includeInactive: boolean): Promise<string[]> =>
      namesOf((await listDirectReports(testDatabase(), actor, idOf(name), includeInactive, first)).items)
    expect(await reports('boss', false)).to.deep.equal(['a', 'b', 'c'])
    expect(await reports('boss', true)).to.deep.equal(['a', 'left'])
    expect(await reports('left', false)).to.deep.equal(['b', 'c'])
    expect(await reports('gone', true)).to.deep.equal(['c'])
    expect(await reports('d', false)).to.deep.equal([])
  })

  it('are never the person, and those in a circle have theirs', async () => {
    const { actor } = await createCompany({ self: { manager: 'self' }, a: { manager: 'b' }, b: { manager: 'a' } })
    const reports = async (name: string): Promise<string[]> =>
      namesOf((await listDirectReports(testDatabase(), actor, idOf(name), false, first)).items)
    expect([await reports('self'), await reports('a'), await reports('b')]).to.deep.equal([[], ['b'], ['a']])
  })

  it('of an unknown person are not found', async () => {
    const actor = actorOf(await createTenant())
    await expectNotFound(listDirectReports(testDatabase(), actor, 'emp_nobody', false, first), 'emp_nobody')
  })
})
