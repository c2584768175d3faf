// Attribute names as clients write them (RFC 7644 section 3.10): any case, with or without the URN, `attr.sub`.
import type { AttributePath } from '../directory/condition.ts'
import type { Attribute, ResourceType, Schema } from './schema.ts'

export interface ResolvedPath {
  /** The extension that the attribute belongs to; undefined for core attributes. */
  readonly extension: Schema | undefined
  /** undefined where the path is the URN of a whole extension. */
  readonly attribute: Attribute | undefined
  readonly sub: Attribute | undefined
}

/**
 * Finds what a name means, or undefined where it means nothing. A name without URN that no core attribute has is looked for
 * in the extensions, the enterprise one first: Entra sends `manager` so.
 */
export function resolvePath(text: string, type: ResourceType): ResolvedPath | undefined {
  const lower = text.toLowerCase()
  if (!lower.includes(':')) return resolveInType(lower, type)
  const core = resolveBelow(lower, type.schema, undefined)
  if (core !== undefined) return core
  for (const [urn, extension] of type.extensions) {
    if (lower === urn) return { extension, attribute: undefined, sub: undefined }
    const found = resolveBelow(lower, extension, extension)
    if (found !== undefined) return found
  }
  return undefined
}

function resolveInType(lower: string, type: ResourceType): ResolvedPath | undefined {
  const core = resolveIn(lower, type.schema, undefined)
  if (core !== undefined) return core
  for (const extension of type.extensions.values()) {
    const found = resolveIn(lower, extension, extension)
    if (found !== undefined) return found
  }
  return undefined
}

// One URN may be the beginning of another.
function resolveBelow(lower: string, schema: Schema, extension: Schema | undefined): ResolvedPath | undefined {
  const start = `${schema.id.toLowerCase()}:`
  return lower.startsWith(start) ? resolveIn(lower.slice(start.length), schema, extension) : undefined
}

function resolveIn(lower: string, schema: Schema, extension: Schema | undefined): ResolvedPath | undefined {
  const dot = lower.indexOf('.')
  const attribute = schema.attributes.get(dot === -1 ? lower : lower.slice(0, dot))
  if (attribute === undefined) return undefined
  if (dot === -1) return { extension, attribute, sub: undefined }
  const sub = attribute.subs.get(lower.slice(dot + 1))
  return sub === undefined ? undefined : { extension, attribute, sub }
}

/** The path as conditions name it. */
export function toAttributePath(
  extension: Schema | undefined,
  attribute: Attribute,
  sub: Attribute | undefined,
): AttributePath {
  const end = sub ?? attribute
  return {
    extension: extension?.id,
    name: attribute.name,
    sub: sub?.name,
    multiValued: attribute.multiValued,
    type: end.type,
    caseExact: end.caseExact,
  }
}

/** For messages: the path in its canonical spelling. */
export function formatPath({ extension, attribute, sub }: ResolvedPath): string {
  const name = [attribute?.name, sub?.name].filter((part) => part !== undefined).join('.')
  return [extension?.id, name === '' ? undefined : name].filter((part) => part !== undefined).join(':')
}
