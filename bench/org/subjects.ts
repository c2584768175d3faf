// Chooses people of the sample company to ask about, the same in every run of a size.
import type { Database } from '../../server/db/connect.ts'
import { query } from '../../server/db/query.ts'
import { createSampleCompany } from '../../server/sample/company.ts'
import type { Subjects } from './queries.ts'

const asked = 300

interface Person {
  readonly id: string
  readonly given: string
  readonly family: string
  readonly email: string
  readonly number: string
}

export async function chooseSubjects(
  db: Database,
  organizationId: string,
  users: number,
  now: Date,
): Promise<Subjects> {
  const { userNames, depths, below, reports } = drawTree(users, now)
  const indexes = Array.from(depths, (_, index) => index)
  const spread = (among: readonly number[]): number[] =>
    Array.from({ length: asked }, (_, n) => among[Math.floor((n * among.length) / asked)] ?? 0)
  const deepest = depths.reduce((most, depth) => Math.max(most, depth))
  const distance = (index: number): number => Math.abs((below[index] ?? 0) - 10_000)
  const readIds = async (of: readonly number[]): Promise<string[]> =>
    (
      await readPeople(
        db,
        organizationId,
        of.map((index) => userNames[index] ?? ''),
      )
    ).map(({ id }) => id)
  const bottom = spread(indexes.filter((index) => (depths[index] ?? 0) >= deepest - 1))
  const people = await readPeople(
    db,
    organizationId,
    bottom.map((index) => userNames[index] ?? ''),
  )
  const [rootId = ''] = await readIds([0])
  const [headId = ''] = await readIds([
    indexes.reduce((best, index) => (distance(index) < distance(best) ? index : best)),
  ])
  return {
    employeeIds: people.map(({ id }) => id),
    managerIds: await readIds(spread(indexes.filter((index) => (reports[index] ?? 0) > 0))),
    rootId,
    headId,
    typed: people.map(typeOf),
  }
}

interface Tree {
  readonly userNames: readonly string[]
  readonly depths: Uint8Array
  /** How many people are below each, and how many of them directly. */
  readonly below: Uint32Array
  readonly reports: Uint32Array
}

// The company is drawn again, managers before those who report to them.
function drawTree(users: number, now: Date): Tree {
  const userNames: string[] = []
  const depths = new Uint8Array(users)
  const below = new Uint32Array(users)
  const reports = new Uint32Array(users)
  const managers = new Int32Array(users).fill(-1)
  for (const { resource, managerIndex } of createSampleCompany({ size: users, now }).people()) {
    const index = userNames.push(String(resource['userName'])) - 1
    if (managerIndex === undefined) continue
    managers[index] = managerIndex
    depths[index] = (depths[managerIndex] ?? 0) + 1
    reports[managerIndex] = (reports[managerIndex] ?? 0) + 1
  }
  for (let at = users - 1; at > 0; at--) {
    const manager = managers[at] ?? -1
    if (manager >= 0) below[manager] = (below[manager] ?? 0) + (below[at] ?? 0) + 1
  }
  return { userNames, depths, below, reports }
}

async function readPeople(db: Database, organizationId: string, userNames: readonly string[]): Promise<Person[]> {
  const text = `select id, resource #>> '{name,givenName}' as given, resource #>> '{name,familyName}' as family,
      email_keys[1] as email, employee_number_key as number
    from unnest($2::text[]) with ordinality as asked(name, n) join users on user_name_key = asked.name and org_id = $1 order by n`
  return query<Person>(db, text, [organizationId, userNames.map((name) => name.toLowerCase())])
}

// One kind after the other: a name, a name the other way round, beginnings, an address, a part of one, a number, a typing error.
function typeOf({ given, family, email, number }: Person, index: number): string {
  const kinds = [
    `${given} ${family}`,
    `${family} ${given}`,
    `${given.slice(0, 3)} ${family.slice(0, 4)}`,
    email,
    email.split('@')[0] ?? '',
    number,
    `${given} ${family.slice(0, 1)}${family.slice(2)}`,
    family,
  ]
  return kinds[index % kinds.length] ?? ''
}
