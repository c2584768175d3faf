// Resolves a filter against a resource type: names become paths, literals are checked against types (RFC 7644 section
// 3.4.2.2), and what comes out is a Condition.
import { AppError } from '../errors.ts'
import type { Comparison, Condition, Operand } from '../directory/condition.ts'
import { type ResolvedPath, resolvePath, toAttributePath } from './attribute-path.ts'
import { isDateTime } from './date-time.ts'
import { type Literal, parseFilter, type Syntax } from './filter-syntax.ts'
import type { Attribute, ResourceType, Schema } from './schema.ts'

/** Parses and resolves a filter for one resource type. Throws invalid_filter. */
export function compileFilter(text: string, type: ResourceType, strict = false): Condition {
  return resolve(parseFilter(text, strict), type, false)
}

/** Resolves a filter of a query over several types: a name that this one does not have is unassigned (RFC 7644 section 3.4.2.1). */
export function resolveFilterAcrossTypes(syntax: Syntax, type: ResourceType): Condition {
  return resolve(syntax, type, true)
}

function resolve(syntax: Syntax, type: ResourceType, acrossTypes: boolean): Condition {
  if (acrossTypes && 'name' in syntax && resolvePath(syntax.name, type) === undefined) return resolveAbsent(syntax)
  switch (syntax.kind) {
    case 'and':
    case 'or':
      return { kind: syntax.kind, of: syntax.of.map((part) => resolve(part, type, acrossTypes)) }
    case 'not':
      return { kind: 'not', of: resolve(syntax.of, type, acrossTypes) }
    case 'present':
      return resolvePresent(findTarget(syntax.name, type))
    case 'compare':
      return resolveComparison(findTarget(syntax.name, type), syntax.comparison, syntax.value)
    case 'value': {
      const { extension, attribute, sub } = findTarget(syntax.name, type)
      if (sub !== undefined)
        throw new AppError('invalid_filter', `The filter has [ ] after '${syntax.name}', which has one value.`)
      return resolveValueFilter(extension, attribute, syntax)
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

function findTarget(name: string, type: ResourceType): Target {
  const { extension, attribute, sub } = resolvePath(name, type) ?? {}
  if (attribute === undefined)
    throw new AppError('invalid_filter', `The filter names '${name}', which ${type.name} does not have.`)
  if ((sub ?? attribute).returned === 'never')
    throw new AppError('invalid_filter', `${attribute.name} cannot be filtered.`)
  return { extension, attribute, sub }
}

function resolvePresent({ extension, attribute, sub }: Target): Condition {
  return { kind: 'present', path: toAttributePath(extension, attribute, sub) }
}

// A complex attribute is compared by its `value`, where it has one: `emails co "x"`, `manager eq "id"`.
function resolveComparison(target: Target, comparison: Comparison, literal: Literal): Condition {
  const { extension, attribute } = target
  const sub = target.sub ?? (attribute.type === 'complex' ? attribute.subs.get('value') : undefined)
  const end = sub ?? attribute
  if (end.type === 'complex') {
    throw new AppError(
      'invalid_filter',
      `${attribute.name} is complex: the filter must name a sub-attribute, as in ${attribute.name}.…`,
    )
  }
  const value = checkLiteral(end, comparison, literal)
  return { kind: 'compare', path: toAttributePath(extension, attribute, sub), comparison, value }
}

/** `attr[inner]`: one value of the attribute meets all of `inner`. */
export function resolveValueFilter(
  extension: Schema | undefined,
  attribute: Attribute,
  syntax: { readonly of: Syntax; readonly then?: Syntax | undefined },
): Condition {
  if (!attribute.multiValued)
    throw new AppError('invalid_filter', `${attribute.name} has one value; [ ] is for several.`)
  const inner = resolveInner(syntax.of, extension, attribute)
  const of: Condition =
    syntax.then === undefined ? inner : { kind: 'and', of: [inner, resolveInner(syntax.then, extension, attribute)] }
  return { kind: 'some', path: toAttributePath(extension, attribute, undefined), of }
}

function resolveInner(syntax: Syntax, extension: Schema | undefined, attribute: Attribute): Condition {
  switch (syntax.kind) {
    case 'and':
    case 'or':
      return { kind: syntax.kind, of: syntax.of.map((part) => resolveInner(part, extension, attribute)) }
    case 'not':
      return { kind: 'not', of: resolveInner(syntax.of, extension, attribute) }
    case 'present':
      return resolvePresent({ extension, attribute, sub: findSub(syntax.name, attribute) })
    case 'compare':
      return resolveComparison(
        { extension, attribute, sub: findSub(syntax.name, attribute) },
        syntax.comparison,
        syntax.value,
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

function checkLiteral(attribute: Attribute, comparison: Comparison, { value, quoted }: Literal): Operand {
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
  if (attribute.type === 'boolean') return checkBoolean(value, quoted, refuse)
  if (attribute.type === 'dateTime') {
    if (typeof value !== 'string' || !isDateTime(value))
      throw refuse('needs a dateTime such as "2026-01-31T12:00:00Z".')
    return /Z$|[+-]\d\d:\d\d$/.test(value) ? value : `${value}Z`
  }
  if (typeof value !== 'number') throw refuse('needs a number.')
  return value
}

// Entra quotes booleans: roles[primary eq "True"].
function checkBoolean(value: Operand, quoted: boolean, refuse: (why: string) => AppError): boolean {
  if (typeof value === 'boolean') return value
  const lower = typeof value === 'string' && quoted ? value.toLowerCase() : ''
  if (lower === 'true' || lower === 'false') return lower === 'true'
  throw refuse('needs true or false.')
}
