// Filters (RFC 4515). What comes from elsewhere is never written into the text of one.
import {
  AndFilter,
  EqualityFilter,
  ExtensibleFilter,
  type Filter,
  FilterParser,
  GreaterThanEqualsFilter,
  OrFilter,
} from 'ldapts'
import { ProviderError } from '../provider.ts'
import { writeGuid } from './ids.ts'

/** LDAP_MATCHING_RULE_BIT_AND. */
const bitAnd = '1.2.840.113556.1.4.803'
/** LDAP_MATCHING_RULE_IN_CHAIN. */
const inChain = '1.2.840.113556.1.4.1941'

/** Who is meant by people and groups where the settings do not say. */
export const usualFilters = {
  activeDirectory: {
    user: '(&(objectCategory=person)(objectClass=user))',
    // Without the groups of the machine itself, such as Backup Operators.
    group: `(&(objectClass=group)(!(groupType:${bitAnd}:=1)))`,
  },
  others: {
    user: '(objectClass=inetOrgPerson)',
    group: '(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=groupOfMembers))',
  },
}

/** Reads a filter as RFC 4515 writes it. Throws ProviderError `settings`. */
export function parseFilter(text: string, what: string): Filter {
  try {
    if (isBalanced(text)) return FilterParser.parseString(text)
  } catch {
    // Said below.
  }
  throw new ProviderError('settings', `The filter of ${what} is no LDAP filter. Check its brackets.`)
}

// The parser does not mind where some are left open. In values they are escaped.
function isBalanced(text: string): boolean {
  let open = 0
  for (const character of text) {
    if (character === '(') open += 1
    if (character === ')') open -= 1
    if (open < 0) return false
  }
  return open === 0
}

/** Finds the entries of some ids. */
export function filterIds(idAttribute: 'objectGUID' | 'entryUUID', ids: readonly string[]): Filter {
  const write = (id: string): Buffer | string => (idAttribute === 'objectGUID' ? writeGuid(id) : id)
  return or(ids.map((id) => new EqualityFilter({ attribute: idAttribute, value: write(id) })))
}

/** Finds who is in a group, directly or through others; where the server knows that rule. */
export function filterInChain(groupDn: string): Filter {
  return new ExtensibleFilter({ matchType: 'memberOf', rule: inChain, value: groupDn })
}

export function and(some: readonly Filter[]): Filter {
  const [first, ...rest] = some
  return first !== undefined && rest.length === 0 ? first : new AndFilter({ filters: [...some] })
}

export function or(some: readonly Filter[]): Filter {
  const [first, ...rest] = some
  return first !== undefined && rest.length === 0 ? first : new OrFilter({ filters: [...some] })
}

export function equals(attribute: string, value: string): Filter {
  return new EqualityFilter({ attribute, value })
}

export function isAtLeast(attribute: string, value: string): Filter {
  return new GreaterThanEqualsFilter({ attribute, value })
}
