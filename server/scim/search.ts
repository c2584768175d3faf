// What a query asks for, by GET or by POST /.search (RFC 7644 sections 3.4.2 and 3.4.3), and the list that answers it.
import { AppError } from '../errors.ts'
import type { AttributePath } from '../directory/condition.ts'
import { resolvePath, toAttributePath } from './attribute-path.ts'
import type { Query } from './exchange.ts'
import { type Reading, repair } from './notes.ts'
import { isObject } from './resource.ts'
import type { ResourceType } from './schema.ts'

export const defaultCount = 100
export const maxCount = 1000

export interface Search {
  readonly filter: string | undefined
  readonly sortBy: string | undefined
  readonly descending: boolean
  /** From 1. */
  readonly startIndex: number
  /** undefined where the server is to choose. */
  readonly count: number | undefined
  /** Empty for the first page of a walk by cursor, and undefined where pages are counted (RFC 9865 section 2). */
  readonly cursor: string | undefined
  readonly attributes: readonly string[] | undefined
  readonly excludedAttributes: readonly string[] | undefined
}

/** Throws invalid_value, invalid_filter, invalid_count. */
export function readSearchQuery(query: Query): Search {
  const list = (name: string): string[] | undefined => query.get(name)?.split(',')
  const startIndex = readNumber(query.get('startindex'), 'startIndex')
  const cursor = readCursor(query.get('cursor'), startIndex)
  return {
    cursor,
    filter: readFilter(query.get('filter')),
    sortBy: query.get('sortby') || undefined,
    descending: readSortOrder(query.get('sortorder')),
    startIndex: readStartIndex(startIndex),
    count: readCount(query.get('count'), cursor),
    attributes: list('attributes'),
    excludedAttributes: list('excludedattributes'),
  }
}

const searchRequest = 'urn:ietf:params:scim:api:messages:2.0:searchrequest'

/** The same from the body of a SearchRequest. Throws invalid_syntax, invalid_value, invalid_filter, invalid_count. */
export function readSearchBody(body: unknown, reading: Reading): Search {
  if (!isObject(body)) throw new AppError('invalid_syntax', 'The body must be a JSON object.')
  const members = new Map(Object.entries(body).map(([name, value]) => [name.toLowerCase(), value]))
  if (members.size < Object.keys(body).length) {
    throw new AppError('invalid_syntax', 'A member of the search is given twice, in different case.')
  }
  const schemas = members.get('schemas')
  if (
    !Array.isArray(schemas) ||
    !schemas.some((one) => typeof one === 'string' && one.toLowerCase() === searchRequest)
  ) {
    const missing = (): AppError =>
      new AppError('invalid_syntax', 'schemas must name urn:ietf:params:scim:api:messages:2.0:SearchRequest.')
    if (schemas !== undefined) throw missing()
    repair(reading, 'schemas', 'missing: read as a SearchRequest', missing)
  }
  const startIndex = readNumber(members.get('startindex'), 'startIndex')
  const cursor = readCursor(readString(members.get('cursor'), 'cursor'), startIndex)
  return {
    cursor,
    filter: readFilter(readString(members.get('filter'), 'filter')),
    sortBy: readString(members.get('sortby'), 'sortBy') || undefined,
    descending: readSortOrder(readString(members.get('sortorder'), 'sortOrder')),
    startIndex: readStartIndex(startIndex),
    count: readCount(members.get('count'), cursor),
    attributes: readNames(members.get('attributes'), 'attributes'),
    excludedAttributes: readNames(members.get('excludedattributes'), 'excludedAttributes'),
  }
}

/** What to sort by. Throws invalid_value for an attribute that the type does not have or that has no order. */
export function resolveSort(sortBy: string | undefined, type: ResourceType): AttributePath | undefined {
  if (sortBy === undefined) return undefined
  const { extension, attribute, sub } = resolvePath(sortBy.trim(), type) ?? {}
  if (attribute === undefined || (sub ?? attribute).returned === 'never') {
    throw new AppError('invalid_value', `sortBy: ${type.name} has no ${sortBy.slice(0, 80)}.`)
  }
  const value = sub ?? (attribute.type === 'complex' ? attribute.subs.get('value') : undefined)
  if (value === undefined && attribute.type === 'complex') {
    throw new AppError('invalid_value', `sortBy: ${attribute.name} is complex; name a sub-attribute.`)
  }
  return toAttributePath(extension, attribute, value)
}

/**
 * A ListResponse around resources that are JSON text already: a page that is counted, or one of a walk by cursor. As bytes, for
 * of texts this long the engine would make several copies on their way out.
 */
export function formatList(
  resources: readonly string[],
  total: number,
  page: { readonly startIndex: number } | { readonly nextCursor: string | undefined },
): Buffer {
  const place = JSON.stringify('startIndex' in page ? { startIndex: page.startIndex } : page).slice(1, -1)
  const head = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":${total},${place === '' ? '' : `${place},`}"itemsPerPage":${resources.length},"Resources":[`
  return encode([head, ...resources.flatMap((resource, index) => (index === 0 ? [resource] : [',', resource])), ']}'])
}

function encode(texts: readonly string[]): Buffer {
  const bytes = Buffer.allocUnsafe(texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0))
  let at = 0
  for (const text of texts) at += bytes.write(text, at)
  return bytes
}

function readFilter(filter: string | undefined): string | undefined {
  if (filter?.trim() === '') throw new AppError('invalid_filter', 'The filter is empty.')
  return filter
}

function readSortOrder(order: string | undefined): boolean {
  const lower = order?.toLowerCase() ?? 'ascending'
  if (lower !== 'ascending' && lower !== 'descending')
    throw new AppError('invalid_value', 'sortOrder must be ascending or descending.')
  return lower === 'descending'
}

/** An integer. SCIM-SDK sends numbers as strings, and a query has nothing else. Throws invalid_value. */
export function readNumber(value: unknown, name: string): number | undefined {
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value === 'string' && /^\s*[+-]?\d+\s*$/.test(value)) return Number(value)
  if (!Number.isInteger(value)) throw new AppError('invalid_value', `${name} must be an integer.`)
  return value as number
}

function readStartIndex(startIndex: number | undefined): number {
  return Math.min(Math.max(startIndex ?? 1, 1), Number.MAX_SAFE_INTEGER)
}

function readCount(value: unknown, cursor: string | undefined): number | undefined {
  try {
    const count = readNumber(value, 'count')
    return count === undefined ? undefined : Math.min(Math.max(count, 0), maxCount)
  } catch (error) {
    throw cursor === undefined ? error : new AppError('invalid_count', 'count must be an integer.')
  }
}

function readCursor(cursor: string | undefined, startIndex: number | undefined): string | undefined {
  if (cursor !== undefined && startIndex !== undefined) {
    throw new AppError('invalid_value', 'startIndex and cursor exclude each other: pages are counted, or walked.')
  }
  return cursor
}

/** Throws invalid_value. */
export function readString(value: unknown, name: string): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') throw new AppError('invalid_value', `${name} must be a string.`)
  return value
}

/** The names of attributes, as an array or as a query has them. Throws invalid_value. */
export function readNames(value: unknown, name: string): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return value.split(',')
  if (!Array.isArray(value) || !value.every((one) => typeof one === 'string')) {
    throw new AppError('invalid_value', `${name} must be an array of strings.`)
  }
  return value
}
