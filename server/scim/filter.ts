// Resolves a filter against a resource type: names become paths, literals are checked against types (RFC 7644 section
// 3.4.2.2), and what comes out is a Condition.
import { AppError } from '../errors.ts'
import type { Comparison, Condition, Operand } from '../directory/condition.ts'
import { countLookups, maxLookups } from '../directory/lookups.ts'
import { formatPath, type ResolvedPath, resolvePath, toAttributePath } from './attribute-path.ts'
import { isDateTime } from './date-time.ts'
import { type Literal, parseFilter, type Syntax } from './filter-syntax.ts'
import { type Reading, repair } from './notes.ts'
import type { Attribute, ResourceType, Schema } from './schema.ts'

/** Parses and resolves a filter for one resource type. Throws invalid_filter. */
export function compileFilter(text: string, type: ResourceType, reading: Reading): Condition {
  return checkLookups(resolve(parseFilter(text, reading), type, reading, false))
}

/** Resolves a filter of a query over several types: a name that this one does not have is unassigned (RFC 7644 section 3.4.2.1). */
export function resolveFilterAcrossTypes(syntax: Syntax, type: ResourceType, reading: Reading): Condition {
  return checkLookups(resolve(syntax, type, reading, true))
}

function checkLookups(condition: Condition): Condition {
  const lookups = countLookups(condition)
  if (lookups <= maxLookups) return condition
  throw new AppError(
    'invalid_filter',
    `The filter compares groups, members or what else other resources say ${lookups} times; at most ${maxLookups} are taken, not counting eq with an id.`,
  )
}

function resolve(syntax: Syntax, type: ResourceType, reading: Reading, acrossTypes: boolean): Condition {
  if (acrossTypes && 'name' in syntax && resolvePath(syntax.name, type) === undefined) return resolveAbsent(syntax)
  switch (syntax.kind) {
    case 'and':
    case 'or':
      return { kind: syntax.kind, of: syntax.of.map((part) => resolve(part, type, reading, acrossTypes)) }
    case 'not':
      return { kind: 'not', of: resolve(syntax.of, type, reading, acrossTypes) }
    case 'present':
      return resolvePresent(findTarget(syntax.name, type, reading))
    case 'compare':
      return resolveComparison(findTarget(syntax.name, type, reading), syntax.comparison, syntax.value, reading)
    case 'value': {
      const { extension, attribute, sub } = findTarget(syntax.name, type, reading)
      if (sub !== undefined)
        throw new AppError('invalid_filter', `The filter has [ ] after '${syntax.name}', which has one value.`)
      return resolveValues(extension, attribute, syntax, reading)
    }
  }
}

function resolveAbsent(syntax: Syntax): Condition {
  if (syntax.kind !== 'compare') return { kind: 'constant', value: false }
  const isNull = syntax.value.value === null
  return { kind: 'constant', value: isNull ? syntax.comparison === 'eq' : syntax.comparison === 'ne' }
}

interface Target extends ResolvedPath {
  readonly attribute: Attribute
}

function findTarget(name: string, type: ResourceType, reading: Reading): Target {
  const { extension, attribute, sub } = resolvePath(name, type) ?? {}
  if (attribute === undefined)
    throw new AppError('invalid_filter', `The filter names '${name}', which ${type.name} does not have.`)
  if (extension !== undefined && !name.includes(':')) {
    const full = formatPath({ extension, attribute, sub })
    repair(reading, name, `read as ${full}`, () => {
      return new AppError('invalid_filter', `The filter must name '${name}' with its schema, as ${full}.`)
    })
  }
  if ((sub ?? attribute).returned === 'never')
    throw new AppError('invalid_filter', `${attribute.name} cannot be filtered.`)
  return { extension, attribute, sub }
}

function resolvePresent({ extension, attribute, sub }: Target): Condition {
  return { kind: 'present', path: toAttributePath(extension, attribute, sub) }
}

// A complex attribute is compared by its `value`, where it has one: `emails co "x"`, `manager eq "id"`.
function resolveComparison(target: Target, comparison: Comparison, literal: Literal, reading: Reading): Condition {
  const { extension, attribute } = target
  const sub = target.sub ?? (attribute.type === 'complex' ? attribute.subs.get('value') : undefined)
  const end = sub ?? attribute
  if (end.type === 'complex') {
    throw new AppError(
      'invalid_filter',
      `${attribute.name} is complex: the filter must name a sub-attribute, as in ${attribute.name}.…`,
    )
  }
  const value = checkLiteral(end, comparison, literal, reading)
  return { kind: 'compare', path: toAttributePath(extension, attribute, sub), comparison, value }
}

/** Resolves the filter in a path, `attr[inner]`: one value of the attribute meets all of `inner`. Throws invalid_filter. */
export function resolveValueFilter(
  extension: Schema | undefined,
  attribute: Attribute,
  syntax: { readonly of: Syntax },
  reading: Reading,
): Condition {
  return checkLookups(resolveValues(extension, attribute, syntax, reading))
}

function resolveValues(
  extension: Schema | undefined,
  attribute: Attribute,
  syntax: { readonly of: Syntax; readonly then?: Syntax | undefined },
  reading: Reading,
): Condition {
  if (!attribute.multiValued)
    throw new AppError('invalid_filter', `${attribute.name} has one value; [ ] is for several.`)
  const resolvePart = (part: Syntax): Condition => resolveInner(part, extension, attribute, reading)
  const inner = resolvePart(syntax.of)
  const of: Condition = syntax.then === undefined ? inner : { kind: 'and', of: [inner, resolvePart(syntax.then)] }
  return { kind: 'some', path: toAttributePath(extension, attribute, undefined), of }
}

function resolveInner(
  syntax: Syntax,
  extension: Schema | undefined,
  attribute: Attribute,
  reading: Reading,
): Condition {
  switch (syntax.kind) {
    case 'and':
    case 'or':
      return { kind: syntax.kind, of: syntax.of.map((part) => resolveInner(part, extension, attribute, reading)) }
    case 'not':
      return { kind: 'not', of: resolveInner(syntax.of, extension, attribute, reading) }
    case 'present':
      return resolvePresent({ extension, attribute, sub: findSub(syntax.name, attribute) })
    case 'compare':
      return resolveComparison(
        { extension, attribute, sub: findSub(syntax.name, attribute) },
        syntax.comparison,
        syntax.value,
        reading,
      )
    case 'value':
      throw new AppError('invalid_filter', `The filter nests [ ] inside ${attribute.name}[ ].`)
  }
}

function findSub(name: string, attribute: Attribute): Attribute | undefined {
  const sub = attribute.subs.get(name.toLowerCase())
  if (sub !== undefined) return sub
  if (attribute.type !== 'complex' && name.toLowerCase() === 'value') return undefined
  throw new AppError('invalid_filter', `The filter names '${name}', which ${attribute.name} does not have.`)
}

const orders: ReadonlySet<Comparison> = new Set(['gt', 'ge', 'lt', 'le'])
const substrings: ReadonlySet<Comparison> = new Set(['co', 'sw', 'ew'])

function checkLiteral(
  attribute: Attribute,
  comparison: Comparison,
  { value, quoted }: Literal,
  reading: Reading,
): Operand {
  const refuse = (why: string): AppError => new AppError('invalid_filter', `${attribute.name} ${comparison}: ${why}`)
  if (value === null) {
    if (comparison === 'eq' || comparison === 'ne') return null
    throw refuse('null can only be compared with eq and ne.')
  }
  const text = attribute.type === 'string' || attribute.type === 'reference' || attribute.type === 'binary'
  if (orders.has(comparison) && (attribute.type === 'boolean' || attribute.type === 'binary')) {
    throw refuse(`${attribute.type} values have no order.`)
  }
  if (substrings.has(comparison) && !text) throw refuse(`works on strings, and this is ${attribute.type}.`)
  if (text) {
    if (typeof value !== 'string') throw refuse('needs a string in double quotes.')
    if (value.includes('\0')) throw refuse('no value holds the character U+0000.')
    return value
  }
  if (attribute.type === 'boolean') {
    if (typeof value === 'boolean') return value
    const read = quoted ? readQuotedBoolean(value) : undefined
    if (read === undefined) throw refuse('needs true or false.')
    repair(reading, attribute.name, `the string "${value}" was read as ${read}`, () =>
      refuse('needs true or false, without quotes.'),
    )
    return read
  }
  if (attribute.type === 'dateTime') {
    if (typeof value !== 'string' || !isDateTime(value))
      throw refuse('needs a dateTime such as "2026-01-31T12:00:00Z".')
    return /Z$|[+-]\d\d:\d\d$/.test(value) ? value : `${value}Z`
  }
  if (typeof value !== 'number') throw refuse('needs a number.')
  return value
}

// Entra quotes booleans: roles[primary eq "True"].
function readQuotedBoolean(value: Operand): boolean | undefined {
  const lower = String(value).toLowerCase()
  return lower === 'true' || lower === 'false' ? lower === 'true' : undefined
}
