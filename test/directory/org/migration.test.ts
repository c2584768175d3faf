// What migration 0010 makes of people who were there before, in a database of its own.
import { expect } from 'chai'
import type { Database } from '../../../server/db/connect.ts'
import { migrate } from '../../../server/db/migrate.ts'
import { query } from '../../../server/db/query.ts'
import type { JsonObject } from '../../../server/db/tables.ts'
import { listDepartments } from '../../../server/directory/org/departments.ts'
import { toColumns } from '../../../server/directory/user-record.ts'
import { createOldDatabase, insertOldOrganization, migrateUntil, type OldDatabase } from '../../support/old-database.ts'
import { describePerson, type Person } from './company.ts'

const endDates = [
  ...['2020-02-29', '2021-02-29', '1900-02-29', '2000-02-29', '2021-04-31', '2021-12-31', '2021-13-01', '2021-00-10'],
  ...['0000-01-01', '0001-01-01', '9999-12-31', '2021-1-1', ' 2021-01-01', '2021-01-01\n', '2021-01-01T00:00:00Z'],
  ...['2021/01/01', '20210101', 'infinity', 'today', 'x', '٢٠٢١-٠١-٠١', '+002021-01-01', '-2021-01-01'],
]

const people: readonly Person[] = [
  {},
  { department: 'Tax', enterprise: { division: 'D', costCenter: 'C' } },
  { department: 'TAX', active: false },
  { department: 'Tax', employment: { employmentType: 'contractor' } },
  { department: 'Law', employment: { location: 'Office' } },
  ...['active', 'on_leave', 'suspended', 'terminated', 'retired', 'contractor', 'gone'].flatMap((status): Person[] => [
    { status, department: 'Law' },
    { status, employment: { endDate: '2001-01-01' } },
  ]),
  ...endDates.map((endDate): Person => ({ employment: { endDate } })),
]

describe('the migration to employees', () => {
  let db: Database
  let old: OldDatabase
  before(async () => {
    old = await createOldDatabase('employees')
    db = old.db
  })
  after(() => old.remove())

  it('gives people the last day that writing them would give them, whatever stands there, and counts departments', async () => {
    await migrateUntil(db, '0010-employees')
    const at = new Date()
    const { organizationId, directoryId } = await insertOldOrganization(db, at)
    const resources = people.map((person, index) => describePerson(`p${index}`, person))
    for (const resource of resources) await insertAsBefore(organizationId, directoryId, resource)

    await migrate(db)
    const rows = await query<{ day: string | null; version: number }>(
      db,
      'select last_day::text as day, version from users order by substr(id, 6)::int',
    )
    expect(rows.map(({ day }) => day)).to.deep.equal(
      resources.map((resource) => toColumns(organizationId, resource).last_day),
    )
    expect(rows.filter(({ day }) => day !== null)).to.have.lengthOf(10)
    expect(rows.every(({ version }) => version === 1)).to.equal(true)
    const who = { view: 'organization', restoresUsers: false, tokenId: null, requestId: null } as const
    const actor = { organizationId, directoryId, ...who, at }
    const { items } = await listDepartments(db, actor, false, { limit: 10, after: undefined })
    expect(items.map(({ id: _id, head: _head, ...rest }) => rest)).to.deep.equal([
      { name: 'Law', division: null, costCenter: null, headcount: 6, active: 3, onLeave: 1, contractors: 1 },
      { name: 'Tax', division: 'D', costCenter: 'C', headcount: 3, active: 1, onLeave: 0, contractors: 1 },
    ])
  })

  async function insertAsBefore(organizationId: string, directoryId: string, resource: JsonObject): Promise<void> {
    const { last_day: _, ...columns } = toColumns(organizationId, resource)
    const { user_name_key: key, department_key: department, active, resource: stored } = columns
    const text = `insert into users (org_id, id, directory_id, user_name_key, email_keys, department_key, active, resource, created_at, modified_at)
      values ($1, 'emp_' || $2, $3, $2, '{}', $4, $5, $6, now(), now())`
    await query(db, text, [organizationId, key, directoryId, department, active, JSON.stringify(stored)])
  }
})
