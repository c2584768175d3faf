import type { Blueprint } from './blueprint.ts'
import { executiveOffice, type Department } from './departments.ts'
import { createRandom, streams } from './random.ts'
import { roles } from './roles.ts'
import { walkPositions } from './structure.ts'

const groupSchema = 'urn:ietf:params:scim:schemas:core:2.0:Group'
const groupExtension = 'urn:ietf:params:scim:schemas:extension:rollcall:2.0:Group'

export interface SampleGroup {
  /** SCIM Group resource without id and members. */
  readonly resource: Record<string, unknown>
  /** People, by index. */
  readonly memberIndexes: readonly number[]
  /** Nested groups, by position in groups(); always earlier ones. */
  readonly groupIndexes: readonly number[]
}

interface GroupDraft {
  readonly name: string
  readonly description: string
  readonly security: boolean
  readonly people?: readonly number[] | undefined
  /** names of groups drafted earlier */
  readonly nested?: readonly string[]
}

export function* listGroups(blueprint: Blueprint): Generator<SampleGroup, void, undefined> {
  const indexes = new Map<string, number>()
  for (const draft of draftGroups(blueprint)) {
    indexes.set(draft.name, indexes.size)
    yield {
      resource: describeGroup(draft),
      memberIndexes: draft.people ?? [],
      groupIndexes: (draft.nested ?? []).flatMap((name) => indexes.get(name) ?? []),
    }
  }
}

function describeGroup({ name, description, security }: GroupDraft): Record<string, unknown> {
  return {
    schemas: [groupSchema, groupExtension],
    displayName: name,
    [groupExtension]: { description, securityGroup: security },
  }
}

function* draftGroups(blueprint: Blueprint): Generator<GroupDraft, void, undefined> {
  const rosters = fillRosters(blueprint)
  yield* draftDepartments(blueprint, rosters)
  if (blueprint.hasExecutives) yield* draftDivisions(blueprint)
  yield* draftOffices(blueprint, rosters)
  yield* draftRoles(rosters)
}

function* draftDepartments({ branches }: Blueprint, rosters: Rosters): Generator<GroupDraft, void, undefined> {
  const departments = branches.flatMap(({ units }) => units.map(({ department }) => department))
  for (const department of [executiveOffice, ...departments]) {
    const description = `Everyone in ${department.name}, cost centre ${department.costCenter}`
    yield { name: department.name, description, security: false, people: rosters.departments.get(department) }
  }
}

function* draftDivisions({ branches }: Blueprint): Generator<GroupDraft, void, undefined> {
  for (const { division, units } of branches) {
    yield {
      name: `${division.name} Division`,
      description: `The departments that report to the ${division.executiveTitle}`,
      security: false,
      nested: units.map(({ department }) => department.name),
    }
  }
  yield {
    name: 'Source-Code-Access',
    description: 'May read the source code repositories',
    security: true,
    nested: branches.slice(0, 1).flatMap(({ units }) => units.map(({ department }) => department.name)),
  }
}

function* draftOffices({ offices }: Blueprint, rosters: Rosters): Generator<GroupDraft, void, undefined> {
  for (const { name, address } of offices) {
    const description = `Everyone whose place of work is ${name} (${address.country})`
    yield { name: nameOfficeGroup(name), description, security: false, people: rosters.offices.get(name) }
  }
  yield {
    name: 'All Employees',
    description: 'Everyone, by way of the offices; for announcements',
    security: false,
    nested: offices.map(({ name }) => nameOfficeGroup(name)),
  }
}

function nameOfficeGroup(office: string): string {
  return `${office} Office`
}

function* draftRoles(rosters: Rosters): Generator<GroupDraft, void, undefined> {
  for (const { name, description, security } of roles) {
    yield { name, description, security, people: rosters.roles.get(name) }
  }
}

interface Rosters {
  readonly departments: Map<Department, number[]>
  readonly offices: Map<string, number[]>
  readonly roles: Map<string, number[]>
}

/** One pass for all groups: a pass for each would walk a large company a hundred times. */
function fillRosters(blueprint: Blueprint): Rosters {
  const rosters: Rosters = { departments: new Map(), offices: new Map(), roles: new Map() }
  const random = createRandom(blueprint.seed, streams.groups)
  for (const position of walkPositions(blueprint)) {
    // Who leaves is taken out of every group.
    if (position.standing === 'terminated' || position.standing === 'retired') continue
    enrol(rosters.departments, position.department, position.index)
    enrol(rosters.offices, position.office.name, position.index)
    for (const role of roles) if (role.belongs(position, random)) enrol(rosters.roles, role.name, position.index)
  }
  return rosters
}

function enrol<Key>(rosters: Map<Key, number[]>, key: Key, person: number): void {
  const roster = rosters.get(key)
  if (roster === undefined) rosters.set(key, [person])
  else roster.push(person)
}
