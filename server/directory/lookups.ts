// What a condition asks of rows other than the resource's own has to be looked up for each resource. Filters are bounded in it.
import { type AttributePath, type Condition, pathKey } from './condition.ts'
import { rollcallGroup } from './group-attributes.ts'
import { enterpriseUser, rollcallUser } from './user-record.ts'

/** How many look-ups one filter may ask for. */
export const maxLookups = 20

/** How many comparisons of a condition are look-ups. One for equality with an id is none: what has the id is found at once. */
export function countLookups(condition: Condition): number {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return condition.of.reduce((sum, part) => sum + countLookups(part), 0)
    case 'not':
    case 'some':
      return countLookups(condition.of)
    case 'constant':
      return 0
    case 'present':
      return isElsewhere(condition.path) ? 1 : 0
    case 'compare':
      return isElsewhere(condition.path) && !(condition.comparison === 'eq' && isId(condition.path)) ? 1 : 0
  }
}

const elsewhere: ReadonlySet<string> = new Set([
  'externalId',
  `${enterpriseUser}:manager.$ref`,
  `${enterpriseUser}:manager.displayName`,
  `${rollcallUser}:source`,
  `${rollcallUser}:syncedAt`,
  `${rollcallGroup}:source`,
])

function isElsewhere(path: AttributePath): boolean {
  const name = path.extension === undefined ? path.name : undefined
  return name === 'groups' || name === 'members' || elsewhere.has(pathKey(path))
}

function isId({ name, sub }: AttributePath): boolean {
  return name === 'externalId' || sub === 'value' || sub === '$ref'
}
