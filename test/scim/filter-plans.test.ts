// Which indexes answer filters, in an organization of some thousand people among others: asked of PostgreSQL itself, which is
// given time to count before, and once is not. In a database of its own, so that no other test changes its statistics.
import { expect } from 'chai'
import { connect, type Database } from '../../server/db/connect.ts'
import { migrate } from '../../server/db/migrate.ts'
import { query } from '../../server/db/query.ts'
import type { Actor } from '../../server/directory/actor.ts'
import { createDirectory, createOrganization } from '../../server/directory/directories.ts'
import { listGroups } from '../../server/directory/groups.ts'
import { countResources, listResources } from '../../server/directory/list-query.ts'
import { acceptUserNameAsMail } from '../../server/directory/mail-lookup.ts'
import { listUsers } from '../../server/directory/users.ts'
import { declareResourceTypes } from '../../server/scim/declarations.ts'
import { compileFilter } from '../../server/scim/filter.ts'
import { compileResourceType, type ResourceType } from '../../server/scim/schema.ts'
import { testDatabase, testDatabaseUrl } from '../support/postgres.ts'
import { spyOn } from '../support/spy.ts'

const [userType, groupType] = declareResourceTypes().map((type) => compileResourceType(type)) as [
  ResourceType,
  ResourceType,
]

const people = 4000

/** A node of a plan, as EXPLAIN writes it. */
interface PlanNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
  readonly Plans?: readonly PlanNode[]
}

/** What a statement did: the indexes that it used, and how many rows of each table it looked at. */
interface Work {
  readonly indexes: ReadonlySet<string>
  readonly scanned: ReadonlySet<string>
  readonly rows: ReadonlyMap<string, number>
}

describe('the plans of filters', function () {
  this.timeout(60_000)
  const name = `filter_plans_${process.pid}`
  let db: Database
  let actor: Actor
  /** Came after PostgreSQL had counted. */
  let newcomer: Actor

  before(async () => {
    await query(testDatabase(), `create database ${name}`)
    const url = new URL(testDatabaseUrl())
    url.pathname = `/${name}`
    db = connect({ url: url.href, poolSize: 2 })
    await migrate(db)
    await addOrganization('first', 2000)
    actor = await addOrganization('second', people)
    await query(db, 'vacuum analyze')
    newcomer = await addOrganization('third', people)
  })
  after(async () => {
    await db.destroy()
    await query(testDatabase(), `drop database ${name}`)
  })

  async function addOrganization(organization: string, size: number): Promise<Actor> {
    const at = new Date()
    const organizationId = await createOrganization(db, organization, at)
    const directory = { kind: 'push', provider: null, name: 'Okta' } as const
    const directoryId = await createDirectory(db, organizationId, directory, at)
    for (const text of insertSql) await query(db, text, [organizationId, directoryId, organization, size])
    return { organizationId, directoryId, view: 'directory', restoresUsers: false, tokenId: null, requestId: null, at }
  }

  /** Lists what meets the filter, and reports the work of the page and of the count. */
  async function explain(filter: string, type: ResourceType, as: Actor): Promise<Work[]> {
    const works: Work[] = []
    const spy = spyOn(db, async ({ sql, parameters }) => {
      const text = `explain (analyze, format json) ${sql}`
      const [row] = await query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(db, text, parameters)
      if (row !== undefined) works.push(readWork(row['QUERY PLAN'][0].Plan))
      return { rows: [] }
    })
    const condition = compileFilter(filter, type, { strict: true, notes: [] })
    const request = { baseUrl: '', omits: new Set(['groups', 'members']), adds: new Set<string>(), sortBy: undefined }
    const listed =
      type === userType
        ? listUsers(as, { ...request, condition: acceptUserNameAsMail(condition) })
        : listGroups(as, { ...request, condition })
    await listResources(spy, as, '', [listed], { from: 1, count: 10, descending: false })
    await countResources(spy, as, [listed])
    expect(works).to.have.length(2)
    return works
  }

  const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
  const userFilters: readonly (readonly [filter: string, ...indexes: string[]])[] = [
    ['userName eq "user77@second.example"', 'users_user_name'],
    ['userName sw "user77"', 'users_user_name'],
    ['externalId eq "ext77"', 'links_external_id'],
    ['emails.value eq "u77@home.example"', 'users_emails', 'users_user_name'],
    ['emails eq "u77@second.example"', 'users_emails', 'users_user_name'],
    ['emails[type eq "work"].value eq "u77@second.example"', 'users_emails'],
    ['emails[type eq "work" and value eq "u77@second.example"]', 'users_emails'],
    [`${enterprise}:employeeNumber eq "E77"`, 'users_employee_number'],
    [`${enterprise}:department eq "Department 7"`, 'users_department'],
    [`${enterprise}:manager.value eq "emp_second00077"`, 'users_manager'],
    [`${enterprise}:manager eq "EMP_SECOND00077"`, 'users_manager'],
    [`${enterprise}:manager.$ref eq "https://x.example/scim/v2/Users/emp_second00077"`, 'users_manager'],
    ['id eq "emp_second00077"', 'users_pkey'],
    ['meta.location eq "https://x.example/scim/v2/Users/emp_second00077"', 'users_pkey'],
    ['groups.value eq "grp_second077"', 'groups_pkey', 'memberships_pkey', 'users_pkey'],
    ['groups[value eq "grp_second077"]', 'groups_pkey', 'memberships_pkey', 'users_pkey'],
    ['groups eq "grp_second177" or groups eq "grp_second178"', 'groups_pkey', 'memberships_pkey', 'users_pkey'],
  ]

  for (const [filter, ...indexes] of userFilters) {
    for (const whole of [filter, `title co "t" and (${filter})`, `(${filter}) and active eq true`]) {
      it(`finds users with ${whole} by ${indexes.join(' and ')}`, async () => {
        for (const work of await explain(whole, userType, actor)) expectFew(work, indexes)
      })
    }
  }

  it('finds users by externalId as an application sees it by links_external_id', async () => {
    const as = { ...actor, view: 'organization' } as const
    for (const work of await explain('externalId eq "ext77"', userType, as)) expectFew(work, ['links_external_id'])
  })

  for (const [filter, ...indexes] of [
    ['userName eq "user77@second.example" or externalId eq "ext78"', 'users_user_name', 'links_external_id'],
    ['userName eq "user77@second.example" or id eq "emp_second00078"', 'users_user_name', 'users_pkey'],
    ['emails eq "u77@home.example" or emails eq "u78@home.example"', 'users_emails'],
    [`emails eq "u77@home.example" or ${enterprise}:employeeNumber eq "E78"`, 'users_emails', 'users_employee_number'],
    [`${enterprise}:department eq "Department 7" or externalId eq "ext78"`, 'users_department', 'links_external_id'],
  ] as const) {
    it(`finds users with ${filter} by both indexes`, async () => {
      for (const work of await explain(filter, userType, actor)) expectFew(work, indexes)
    })
  }

  // The members of a group may be many, and to look one up among them for each user must not cost that many comparisons. So
  // where they are not required, the users are read, and each is looked up in an object.
  for (const filter of [
    'groups eq "grp_second077" or userName eq "user77@second.example"',
    'not (groups eq "grp_second077")',
  ]) {
    it(`answers ${filter} with one look at the group, and one at each user`, async () => {
      for (const { indexes, rows } of await explain(filter, userType, actor)) {
        expect([...indexes]).to.include.members(['groups_pkey', 'memberships_pkey'])
        expect(rows.get('memberships')).to.be.lessThan(500)
        expect(rows.get('users')).to.be.lessThan(3 * people)
      }
    })
  }

  for (const [filter, ...indexes] of [
    ['id eq "grp_second077"', 'groups_pkey'],
    ['displayName eq "Group 77"', 'groups_display_name'],
    ['externalId eq "g77"', 'groups_external_id'],
    ['members.value eq "emp_second00077"', 'memberships_user_id', 'memberships_child_id', 'groups_pkey'],
    ['members eq "GRP_SECOND077"', 'memberships_user_id', 'memberships_child_id', 'groups_pkey'],
    ['members.$ref eq "../Users/emp_second00077"', 'memberships_user_id', 'groups_pkey'],
    ['id eq "grp_second077" and members eq "emp_second00077"', 'groups_pkey'],
    ['displayName eq "Group 77" and members eq "emp_second00077"', 'groups_display_name'],
    ['displayName eq "Group 77" or externalId eq "g78"', 'groups_display_name', 'groups_external_id'],
    ['members eq "emp_second00077" or displayName eq "Group 77"', 'memberships_user_id', 'groups_display_name'],
  ] as const) {
    it(`finds groups with ${filter} by ${indexes.join(' and ')}`, async () => {
      for (const work of await explain(filter, groupType, actor)) expectFew(work, indexes)
    })
  }

  // Of an organization that is new since the last ANALYZE the planner believes that it has one row. It may read all users once
  // then, but nothing for each of them.
  for (const [filter, type] of [
    ...userFilters.map(([known]) => [known.replaceAll('second', 'third'), userType] as const),
    ['externalId eq "ext77" or userName eq "x"', userType],
    ['not (groups eq "grp_third077")', userType],
    ['displayName eq "Group 77"', groupType],
    ['members eq "emp_third00077"', groupType],
    ['members eq "emp_third00077" or displayName eq "Group 77"', groupType],
  ] as const) {
    it(`answers ${filter} in an organization that was not counted yet with at most one look at each`, async () => {
      for (const { scanned, rows } of await explain(filter, type, newcomer)) {
        expect([...scanned]).not.to.include.members(['memberships'])
        expect(rows.get('users') ?? 0).to.be.lessThan(2 * people)
        expect(rows.get('links') ?? 0).to.be.lessThan(2 * people)
        expect(rows.get('memberships') ?? 0).to.be.lessThan(500)
      }
    })
  }
})

function expectFew({ indexes, scanned, rows }: Work, expected: readonly string[]): void {
  expect([...indexes]).to.include.members([...expected])
  expect([...scanned])
    .not.to.include('users')
    .and.not.to.include('memberships')
    .and.not.to.include('links')
  for (const [table, count] of rows) expect(count, table).to.be.lessThan(500)
}

function readWork(plan: PlanNode): Work {
  const work = { indexes: new Set<string>(), scanned: new Set<string>(), rows: new Map<string, number>() }
  const visit = (node: PlanNode): void => {
    const { 'Index Name': index, 'Relation Name': table } = node
    if (index !== undefined) work.indexes.add(index)
    if (table !== undefined) {
      if (node['Node Type'] === 'Seq Scan') work.scanned.add(table)
      const rows = (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops']
      work.rows.set(table, (work.rows.get(table) ?? 0) + rows)
    }
    node.Plans?.forEach(visit)
  }
  visit(plan)
  return work
}

// $1 organization, $2 directory, $3 the organization's name, $4 how many people. Each is in three of the groups, which are in
// each other, eight deep.
const insertSql = [
  `insert into users (org_id, id, directory_id, user_name_key, email_keys, employee_number_key, department_key, manager_id,
     active, resource, created_at, modified_at)
   select $1, 'emp_' || $3 || lpad(i::text, 5, '0'), $2, 'user' || i || '@' || $3 || '.example',
     array['u' || i || '@' || $3 || '.example', 'u' || i || '@home.example'], 'e' || i, 'department ' || i % 500,
     'emp_' || $3 || lpad((i / 8)::text, 5, '0'), true,
     jsonb_build_object('userName', 'user' || i || '@' || $3 || '.example', 'title', 'Title ' || i % 30, 'active', true,
       'emails', jsonb_build_array(jsonb_build_object('type', 'work', 'value', 'u' || i || '@' || $3 || '.example'),
         jsonb_build_object('type', 'home', 'value', 'u' || i || '@home.example'))),
     now(), now() from generate_series(1, $4::int) i`,
  `insert into links (org_id, user_id, directory_id, external_id, created_at, seen_at)
   select org_id, id, $2, 'ext' || substr(id, 5 + length($3))::int, now(), now() from users where org_id = $1 and $4 > 0`,
  `insert into groups (org_id, id, directory_id, display_name_key, external_id, resource, created_at, modified_at)
   select $1, 'grp_' || $3 || lpad(i::text, 3, '0'), $2, 'group ' || i, 'g' || i,
     jsonb_build_object('displayName', 'Group ' || i), now(), now() from generate_series(1, $4::int / 10) i`,
  `insert into memberships (org_id, group_id, user_id, created_at)
   select distinct $1, 'grp_' || $3 || lpad((1 + (i * k * 7919 + k * 13) % ($4::int / 10))::text, 3, '0'),
     'emp_' || $3 || lpad(i::text, 5, '0'), now() from generate_series(1, $4::int) i, generate_series(1, 3) k where $2 <> ''`,
  `insert into memberships (org_id, group_id, child_id, created_at)
   select $1, 'grp_' || $3 || lpad((i / 2)::text, 3, '0'), 'grp_' || $3 || lpad(i::text, 3, '0'), now()
   from generate_series(2, $4::int / 10) i where $2 <> ''`,
]
