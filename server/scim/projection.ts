// Which attributes an answer has (RFC 7644 section 3.9). Without parameters the JSON text from the database is passed on;
// with them it is parsed and cut.
import type { JsonObject, JsonValue } from '../db/tables.ts'
import type { Rendering } from '../directory/listing.ts'
import { AppError } from '../errors.ts'
import { resolvePath } from './attribute-path.ts'
import { isObject } from './resource.ts'
import type { Attribute, ResourceType, Schema } from './schema.ts'
import { fits } from './stored.ts'

export interface Projection extends Pick<Rendering, 'omits' | 'adds'> {
  /** Whether the client said which attributes it wants. */
  readonly isAsked: boolean
  /** undefined where the text from the database is the answer. */
  readonly cut: ((resource: JsonObject) => JsonObject) | undefined
}

/** The parts of an attribute that are named: all of it, or some sub-attributes. */
type Named = 'all' | Set<string>
/** By lower-case URN of the extension ('' for the core), then by attribute name. */
type Selection = Map<string, Map<string, Named>>

const nothing: ReadonlySet<string> = new Set()
const computed: Readonly<Record<string, string>> = { User: 'groups', Group: 'members' }

/**
 * Reads `attributes` and `excludedAttributes`; unknown names are ignored. What is returned on request is also returned where it
 * is `specified` in a write. Throws invalid_value where both are given.
 */
export function readProjection(
  attributes: readonly string[] | undefined,
  excludedAttributes: readonly string[] | undefined,
  type: ResourceType,
  specified: ReadonlySet<Attribute> = new Set(),
): Projection {
  const [wanted, unwanted] = [dropEmpty(attributes), dropEmpty(excludedAttributes)]
  if (wanted !== undefined && unwanted !== undefined) {
    throw new AppError('invalid_value', 'attributes and excludedAttributes exclude each other.')
  }
  if (wanted !== undefined) return including(select(wanted, type), type)
  if (unwanted !== undefined) return excluding(select(unwanted, type), type, specified)
  const cut = (resource: JsonObject): JsonObject =>
    cutResource(resource, type, { named: new Map(), includes: false, specified })
  return { omits: nothing, adds: nothing, isAsked: false, cut: type.hides ? cut : undefined }
}

/** A resource as JSON text, cut as the projection says. */
export function project(json: string, projection: Projection | undefined): string {
  if (projection?.cut === undefined) return json
  return JSON.stringify(projection.cut(JSON.parse(json) as JsonObject))
}

function including(selection: Selection, type: ResourceType): Projection {
  const name = computed[type.name]
  const omitted = name !== undefined && selection.get('')?.has(name) !== true
  return {
    omits: omitted ? new Set([name]) : nothing,
    adds: new Set(listRequested(selection, type)),
    isAsked: true,
    cut: (resource) => cutResource(resource, type, { named: selection, includes: true, specified: new Set() }),
  }
}

function excluding(selection: Selection, type: ResourceType, specified: ReadonlySet<Attribute>): Projection {
  const name = computed[type.name]
  const omitted = name !== undefined && selection.get('')?.get(name) === 'all'
  const omits = omitted ? new Set([name]) : nothing
  // excludedAttributes=members, as Entra asks for every group: what was not computed need not be cut.
  const isDone = omitted && selection.size === 1 && selection.get('')?.size === 1 && !type.hides
  return {
    omits,
    adds: nothing,
    isAsked: true,
    cut: isDone
      ? undefined
      : (resource) => cutResource(resource, type, { named: selection, includes: false, specified }),
  }
}

// Attributes with returned=request that are named.
function listRequested(selection: Selection, type: ResourceType): string[] {
  return [...type.extensions].flatMap(([urn, extension]) =>
    [...extension.attributes.values()]
      .filter((attribute) => attribute.returned === 'request' && selection.get(urn)?.has(attribute.name))
      .map((attribute) => attribute.name),
  )
}

interface Cut {
  readonly named: Selection
  /** Whether what is named is kept, or left out. */
  readonly includes: boolean
  readonly specified: ReadonlySet<Attribute>
}

function cutResource(resource: JsonObject, type: ResourceType, how: Cut): JsonObject {
  const cut = cutContainer(resource, type.schema, '', how)
  for (const [urn, extension] of type.extensions) {
    const container = resource[extension.id]
    if (!isObject(container)) continue
    const inner = cutContainer(container, extension, urn, how)
    if (Object.keys(inner).length > 0) cut[extension.id] = inner
  }
  return nameSchemas(cut, type)
}

// What was added on request may belong to a schema that the stored resource has no data of.
function nameSchemas(cut: JsonObject, type: ResourceType): JsonObject {
  const named = Array.isArray(cut['schemas']) ? cut['schemas'] : []
  const missing = [...type.extensions.values()].filter(({ id }) => Object.hasOwn(cut, id) && !named.includes(id))
  return missing.length === 0 ? cut : { ...cut, schemas: [...named, ...missing.map(({ id }) => id)] }
}

function cutContainer(container: JsonObject, schema: Schema, urn: string, how: Cut): JsonObject {
  const cut: JsonObject = {}
  for (const [name, value] of Object.entries(container)) {
    const attribute = schema.attributes.get(name.toLowerCase())
    if (attribute === undefined || !fits(attribute, value)) continue
    const kept = cutAttribute(value, attribute, how.named.get(urn)?.get(name), how)
    if (kept !== undefined) cut[name] = kept
  }
  return cut
}

function cutAttribute(
  value: JsonValue,
  attribute: Attribute,
  named: Named | undefined,
  { includes, specified }: Cut,
): JsonValue | undefined {
  const { returned, subs } = attribute
  if (returned === 'always') return value
  const isHidden = returned === 'request' && !specified.has(attribute)
  if (includes ? named === undefined : named === 'all' || isHidden) return undefined
  if (subs.size === 0) return value
  return cutSubs(value, attribute, (sub) => {
    if (sub.returned === 'always') return true
    if (named instanceof Set && includes) return named.has(sub.name)
    return (sub.returned !== 'request' || specified.has(attribute)) && !(named instanceof Set && named.has(sub.name))
  })
}

function cutSubs(value: JsonValue, attribute: Attribute, keeps: (sub: Attribute) => boolean): JsonValue | undefined {
  if (Array.isArray(value)) {
    const cut = value.flatMap((one) => cutSubs(one, attribute, keeps) ?? [])
    return cut.length === 0 ? undefined : cut
  }
  if (!isObject(value)) return value
  const kept = Object.entries(value).filter(([name, inner]) => {
    const sub = attribute.subs.get(name.toLowerCase())
    return sub !== undefined && fits(sub, inner) && keeps(sub)
  })
  return kept.length === 0 ? undefined : Object.fromEntries(kept)
}

function select(names: readonly string[], type: ResourceType): Selection {
  const selection: Selection = new Map()
  for (const name of names) {
    const path = resolvePath(name.trim(), type)
    if (path === undefined) {
      if (name.trim().toLowerCase() === type.schema.id.toLowerCase()) selectAll(selection, '', type.schema)
      continue
    }
    const urn = path.extension?.id.toLowerCase() ?? ''
    if (path.attribute === undefined) {
      if (path.extension !== undefined) selectAll(selection, urn, path.extension)
      continue
    }
    const container = openContainer(selection, urn)
    const before = container.get(path.attribute.name)
    if (path.sub === undefined) container.set(path.attribute.name, 'all')
    else if (before === undefined) container.set(path.attribute.name, new Set([path.sub.name]))
    else if (before !== 'all') before.add(path.sub.name)
  }
  return selection
}

function selectAll(selection: Selection, urn: string, schema: Schema): void {
  const container = openContainer(selection, urn)
  for (const attribute of schema.attributes.values()) container.set(attribute.name, 'all')
}

function openContainer(selection: Selection, urn: string): Map<string, Named> {
  const container = selection.get(urn) ?? new Map<string, Named>()
  selection.set(urn, container)
  return container
}

function dropEmpty(names: readonly string[] | undefined): readonly string[] | undefined {
  const given = names?.filter((name) => name.trim() !== '')
  return given === undefined || given.length === 0 ? undefined : given
}
