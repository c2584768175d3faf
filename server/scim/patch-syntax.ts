// Reads the body of a PATCH (RFC 7644 section 3.5.2) and the paths in it.
import { AppError } from '../errors.ts'
import type { Condition } from '../directory/condition.ts'
import { formatPath, resolvePath, type ResolvedPath } from './attribute-path.ts'
import { resolveValueFilter } from './filter.ts'
import { parsePath } from './filter-syntax.ts'
import { type Reading, repair } from './notes.ts'
import { isObject } from './resource.ts'
import type { ResourceType } from './schema.ts'

export interface Operation {
  readonly op: 'add' | 'remove' | 'replace'
  /** undefined where the value is an object of attributes. */
  readonly path: string | undefined
  readonly value: unknown
}

/** How many operations one PATCH, or one bulk request, may have. */
export const maxOperations = 1000

const patchOp = 'urn:ietf:params:scim:api:messages:2.0:patchop'

/** The operations of a PATCH body. Throws invalid_syntax, invalid_value, invalid_path, no_target, too_large. */
export function readOperations(body: unknown, reading: Reading): Operation[] {
  if (!isObject(body)) throw new AppError('invalid_syntax', 'The body must be a JSON object.')
  const { schemas, operations } = lowerNames(body)
  const named =
    Array.isArray(schemas) && schemas.some((one) => typeof one === 'string' && one.toLowerCase() === patchOp)
  if (!named) {
    const missing = (): AppError =>
      new AppError('invalid_syntax', 'schemas must name urn:ietf:params:scim:api:messages:2.0:PatchOp.')
    if (schemas !== undefined) throw missing()
    repair(reading, 'schemas', 'missing: read as a PatchOp', missing)
  }
  if (!Array.isArray(operations)) throw new AppError('invalid_syntax', 'Operations must be an array.')
  if (operations.length > maxOperations) {
    throw new AppError('too_large', `Operations has ${operations.length} entries; at most ${maxOperations} are taken.`)
  }
  // Microsoft's validator sends none, and expects success.
  if (operations.length === 0) {
    repair(
      reading,
      'Operations',
      'empty: nothing to do',
      () => new AppError('invalid_syntax', 'Operations must not be empty.'),
    )
  }
  return operations.map((operation, index) => readOperation(operation, index, reading))
}

function readOperation(operation: unknown, index: number, reading: Reading): Operation {
  const place = `Operations[${index}]`
  if (!isObject(operation)) throw new AppError('invalid_syntax', `${place} must be an object.`)
  const members = lowerNames(operation)
  const op = typeof members['op'] === 'string' ? members['op'].toLowerCase() : undefined
  if (op !== 'add' && op !== 'remove' && op !== 'replace') {
    throw new AppError('invalid_syntax', `${place}.op must be add, remove or replace.`)
  }
  const path = readPathMember(members['path'], op, place, reading)
  if (op === 'remove' && path === undefined) throw new AppError('no_target', `${place}: remove needs a path.`)
  // `add` with the path members[value eq "id"] says all in the path.
  const saysAll = op === 'add' && path !== undefined && /\bmembers\[/i.test(path)
  if (op !== 'remove' && !saysAll && !('value' in members)) {
    throw new AppError('invalid_value', `${place}: ${op} needs a value.`)
  }
  return { op, path, value: members['value'] }
}

function readPathMember(path: unknown, op: string, place: string, reading: Reading): string | undefined {
  if (path === undefined) return undefined
  const isBlank = path === null || (typeof path === 'string' && path.trim() === '')
  if (typeof path === 'string' && !isBlank) return path
  if (!isBlank) throw new AppError('invalid_path', `${place}.path must be a string.`)
  if (op === 'remove') return undefined
  repair(
    reading,
    `${place}.path`,
    'empty: read as absent',
    () => new AppError('invalid_path', `${place}.path is empty.`),
  )
  return undefined
}

/** An object by lower-case names, for names have any case (RFC 7643 section 2.1). Throws invalid_syntax where two are the same. */
export function lowerNames(object: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(object).map(([name, value]) => [name.toLowerCase(), value] as const)
  if (new Set(entries.map(([name]) => name)).size < entries.length) {
    throw new AppError('invalid_syntax', 'A member is given twice, in different case.')
  }
  // Object.fromEntries defines own members, whatever they are called.
  return Object.fromEntries(entries)
}

/** What a path means: an attribute, a sub-attribute, the values that meet a filter, or a whole extension. */
export interface Target extends ResolvedPath {
  /** Which values of the attribute are meant. */
  readonly condition: Condition | undefined
}

/**
 * Resolves a path; undefined where it names nothing that the type has. An attribute of an extension needs the URN before it in
 * strict mode (RFC 7644 section 3.10). Throws invalid_path, invalid_filter.
 */
export function resolveTarget(path: string, type: ResourceType, reading: Reading): Target | undefined {
  if (!path.includes('[')) {
    const resolved = resolveName(path.trim(), type, reading)
    return resolved === undefined ? undefined : { ...resolved, condition: undefined }
  }
  // What cannot be taken apart is a bad path; what stands between the brackets may be a bad filter.
  if (!path.includes(']')) throw new AppError('invalid_path', `path '${path}' lacks the closing bracket.`)
  const syntax = parsePath(path, reading)
  const resolved = resolveName(syntax.name, type, reading)
  if (resolved === undefined || syntax.filter === undefined) return undefined
  const { extension, attribute } = resolved
  if (attribute === undefined || resolved.sub !== undefined) {
    throw new AppError('invalid_path', `path '${path}' cannot be filtered.`)
  }
  const condition = resolveValueFilter(extension, attribute, { of: syntax.filter }, reading)
  const sub = syntax.sub === undefined ? undefined : attribute.subs.get(syntax.sub.toLowerCase())
  if (syntax.sub !== undefined && sub === undefined) return undefined
  return { extension, attribute, sub, condition: condition.kind === 'some' ? condition.of : condition }
}

function resolveName(name: string, type: ResourceType, reading: Reading): ResolvedPath | undefined {
  const resolved = resolvePath(name, type)
  if (resolved?.extension === undefined || name.includes(':')) return resolved
  if (reading.strict) return undefined
  reading.notes.push({ path: name, note: `read as ${formatPath(resolved)}` })
  return resolved
}
