// Some identity providers look people up by a mail address that they only ever sent as userName.
import { matchesValue } from './condition-match.ts'
import { type Condition, pathKey } from './condition.ts'

const userName = {
  extension: undefined,
  name: 'userName',
  sub: undefined,
  multiValued: false,
  type: 'string',
  caseExact: false,
} as const
const emails = { ...userName, name: 'emails', multiValued: true, type: 'complex' } as const

/**
 * The condition, with every search for a mail address widened to users who have no e-mails and that address as userName:
 * it stands for their primary work address. Both halves keep their index.
 */
export function acceptUserNameAsMail(condition: Condition): Condition {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return { ...condition, of: condition.of.map(acceptUserNameAsMail) }
    case 'not':
      return { ...condition, of: acceptUserNameAsMail(condition.of) }
    case 'compare':
      return pathKey(condition.path) === 'emails.value' ? widen(condition, condition) : condition
    case 'some':
      return pathKey(condition.path) === 'emails' ? widen(condition, condition.of) : condition
    case 'present':
    case 'constant':
      return condition
  }
}

function widen(condition: Condition, ofMail: Condition): Condition {
  const address = findRequiredAddress(ofMail)
  if (address === undefined || !/^[^@\s]+@[^@\s]+$/.test(address)) return condition
  if (!matchesValue({ value: address, type: 'work', primary: true }, ofMail)) return condition
  const hasNoEmails = { kind: 'not', of: { kind: 'present', path: emails } } as const
  const hasUserName = { kind: 'compare', path: userName, comparison: 'eq', value: address } as const
  return { kind: 'or', of: [condition, { kind: 'and', of: [hasUserName, hasNoEmails] }] }
}

/** The address that any matching e-mail must have: `value eq "…"` that stands alone or in an and. */
export function findRequiredAddress(condition: Condition): string | undefined {
  if (condition.kind === 'and') return condition.of.map(findRequiredAddress).find((found) => found !== undefined)
  if (condition.kind !== 'compare' || condition.comparison !== 'eq' || condition.path.sub !== 'value') return undefined
  return typeof condition.value === 'string' ? condition.value : undefined
}
