// How these endpoints answer: with one resource, or with a ListResponse (RFC 7644 section 3.4.2), by index or by cursor
// (RFC 9865). The queries go on from a position; a page that is counted is read from the beginning.
import type { JsonObject } from '../../db/tables.ts'
import type { Window, Windowed } from '../../directory/org/employee.ts'
import { AppError } from '../../errors.ts'
import type { Answer, Exchange, Query } from '../exchange.ts'
import { resumeCursor } from '../list-handlers.ts'
import { readProjection } from '../projection.ts'
import type { ResourceType } from '../schema.ts'
import { defaultCount, maxCount, readSearchQuery, type Search } from '../search.ts'

/** What `attributes` and `excludedAttributes` leave of a resource. */
export type Cut = (resource: JsonObject) => JsonObject

/** Throws invalid_value where both are given. */
export function readCut(
  { attributes, excludedAttributes }: Partial<Pick<Search, 'attributes' | 'excludedAttributes'>>,
  type: ResourceType,
): Cut {
  return readProjection(attributes, excludedAttributes, type).cut ?? ((resource) => resource)
}

/** The same from the parameters of a request. */
export function readCutQuery(query: Query, type: ResourceType): Cut {
  const list = (name: string): string[] | undefined => query.get(name)?.split(',')
  return readCut({ attributes: list('attributes'), excludedAttributes: list('excludedattributes') }, type)
}

/** What an answer says beside its resources, under a message URN of ours. */
export interface Message {
  readonly urn: string
  readonly content: JsonObject
}

/** A part of a list, and what is known of all of it. */
export interface Part extends Windowed<JsonObject> {
  /** How many there are in all; a function where that takes a query of its own. */
  readonly total: number | (() => Promise<number>)
  readonly message?: Message | undefined
}

/** Which part of a list is asked for, and what of its resources. */
export interface Listing {
  readonly search: Search
  readonly cut: Cut
}

/** Throws filter_forbidden, and what search.ts throws, before anything is read. */
export function readListing(query: Query, type: ResourceType): Listing {
  const search = readSearchQuery(query)
  if (search.filter === undefined) return { search, cut: readCut(search, type) }
  throw new AppError('filter_forbidden', 'This endpoint cannot be filtered; leave the filter out, or filter /Users.')
}

export interface List extends Listing {
  /** What is listed, so that a cursor goes on with this and nothing else. */
  readonly name: readonly unknown[]
  readonly read: (window: Window) => Promise<Part>
}

/** A page of a list. Throws invalid_value, and what resumeCursor throws. */
export async function answerList(exchange: Exchange, list: List): Promise<Answer> {
  return list.search.cursor === undefined ? answerByIndex(list) : answerByCursor(exchange, list, defaultCount)
}

/** What was read at once; all of it, unless the client asks for a part. Throws the same. */
export async function answerWhole(
  exchange: Exchange,
  list: Omit<List, 'read'> & { readonly resources: readonly JsonObject[]; readonly message?: Message },
): Promise<Answer> {
  const { resources, message, search, cut, name } = list
  const total = resources.length
  const { startIndex, count = total } = search
  if (search.cursor === undefined) {
    const page = resources.slice(startIndex - 1, startIndex - 1 + count)
    return formatPage(page.map(cut), total, { startIndex }, message)
  }
  const read = ({ limit, after }: Window): Promise<Part> => {
    const from = Number(after ?? 0)
    const next = from + limit < total ? String(from + limit) : undefined
    return Promise.resolve({ items: resources.slice(from, from + limit), next, total, message })
  }
  return answerByCursor(exchange, { name, search, cut, read }, total)
}

/** A ListResponse. */
export function formatPage(
  resources: readonly JsonObject[],
  totalResults: number,
  place: { readonly startIndex: number } | { readonly nextCursor: string | undefined },
  message?: Message,
): Answer {
  const body = {
    schemas: [listResponse, ...(message === undefined ? [] : [message.urn])],
    totalResults,
    ...place,
    itemsPerPage: resources.length,
    ...(message === undefined ? {} : { [message.urn]: message.content }),
    Resources: resources,
  }
  return { status: 200, body: JSON.stringify(body) }
}

/** One resource, with its location. */
export function answerResource(status: 200 | 201, resource: JsonObject, location: string, cut: Cut): Answer {
  return { status, headers: { Location: location }, body: JSON.stringify(cut(resource)) }
}

const listResponse = 'urn:ietf:params:scim:api:messages:2.0:ListResponse'

// How far startIndex reaches in what may have any length. In shorter lists what is behind the end is an empty page.
const furthestIndex = 10_000

async function answerByIndex(list: List): Promise<Answer> {
  const { startIndex, count = defaultCount } = list.search
  const skipped = startIndex - 1
  const limit = startIndex > furthestIndex ? maxCount : Math.max(skipped + count, 1)
  const part = await list.read({ limit, after: undefined })
  const { items, message } = part
  const total = await findTotal(part)
  if (startIndex > furthestIndex && startIndex <= total) {
    throw new AppError('invalid_value', `startIndex must be at most ${furthestIndex} here; walk on with cursor.`)
  }
  return formatPage(items.slice(skipped, skipped + count).map(list.cut), total, { startIndex }, message)
}

async function answerByCursor(exchange: Exchange, list: List, usual: number): Promise<Answer> {
  const { search } = list
  const name = JSON.stringify(list.name)
  const cursor = search.cursor === '' ? undefined : await resumeCursor(exchange, search, name)
  const count = cursor?.count ?? search.count ?? usual
  const part = await list.read({ limit: Math.max(count, 1), after: cursor?.after.id })
  const { items, next, message } = part
  const total = cursor?.total ?? (await findTotal(part))
  const nextCursor =
    next === undefined || count === 0
      ? undefined
      : await exchange.cursors.seal({ after: { key: null, id: next }, count, total }, exchange, search, name)
  return formatPage(items.slice(0, count).map(list.cut), total, { nextCursor }, message)
}

// Of what begins at the beginning: where nothing comes behind it, it is all there is.
async function findTotal({ items, next, total }: Part): Promise<number> {
  if (next === undefined) return items.length
  return typeof total === 'number' ? total : total()
}
