// Where a mapped value stands in a resource: an attribute, of an extension or not, one value of several, a part of it.
import type { JsonObject, JsonValue } from '../../db/tables.ts'
import { AppError } from '../../errors.ts'

export interface MapPath {
  /** The URN of an extension. */
  readonly extension: string | null
  readonly attribute: string
  /** Which of several values: the one that has this. */
  readonly filter: { readonly name: string; readonly value: string | boolean } | null
  readonly sub: string | null
}

const name = '[A-Za-z$][\\w$-]*'
const pathSyntax = new RegExp(
  `^(?:(urn:[^\\s"\\[\\]]+):)?(${name})(?:\\[\\s*(${name})\\s+eq\\s+(?:"([^"\\\\]*)"|(true|false))\\s*\\])?(?:\\.(${name}))?$`,
  'i',
)

/** Throws invalid_value where it is no SCIM path that a value can be put at. */
export function parseMapPath(text: string): MapPath {
  const parts = pathSyntax.exec(text.trim())
  if (parts === null) {
    throw new AppError(
      'invalid_value',
      `mapping: ${text.slice(0, 200)} is no path of an attribute; write it as name.givenName or emails[type eq "work"].value.`,
    )
  }
  const [, extension, attribute = '', filterName, quoted, bool, sub] = parts
  const filter = filterName === undefined ? null : { name: filterName, value: quoted ?? bool?.toLowerCase() === 'true' }
  if (filter !== null && sub === undefined) {
    throw new AppError('invalid_value', `mapping: ${text.slice(0, 200)} must name a part of the value, such as .value.`)
  }
  return { extension: extension ?? null, attribute, filter, sub: sub ?? null }
}

/** The same text for paths that mean the same: names have no case. */
export function writePathKey({ extension, attribute, filter, sub }: MapPath): string {
  const chosen = filter === null ? '' : `[${filter.name} eq ${JSON.stringify(filter.value)}]`
  return `${extension === null ? '' : `${extension}:`}${attribute}${chosen}${sub === null ? '' : `.${sub}`}`.toLowerCase()
}

/** Puts a value where the path says; values of one filter become one object. */
export function putValue(resource: JsonObject, path: MapPath, value: JsonValue): void {
  const container = path.extension === null ? resource : getObject(resource, path.extension)
  if (path.filter === null) {
    if (path.sub === null) container[path.attribute] = value
    else getObject(container, path.attribute)[path.sub] = value
    return
  }
  const values = getList(container, path.attribute)
  const { name: filterName, value: filterValue } = path.filter
  let chosen = values.find((one) => one[filterName] === filterValue)
  if (chosen === undefined) {
    chosen = { [filterName]: filterValue }
    values.push(chosen)
  }
  if (path.sub !== null) chosen[path.sub] = value
}

/** What stands where the path says. */
export function getValue(resource: JsonObject, path: MapPath): JsonValue | undefined {
  const container = path.extension === null ? resource : resource[path.extension]
  const found = readMember(container, path.attribute)
  if (path.filter === null) return path.sub === null ? found : readMember(found, path.sub)
  const { name: filterName, value } = path.filter
  if (!Array.isArray(found)) return undefined
  const chosen = found.find((one) => readMember(one, filterName) === value)
  return path.sub === null ? chosen : readMember(chosen, path.sub)
}

// Names have no case, and canonical form may write them otherwise than the rule does.
function readMember(value: JsonValue | undefined, member: string): JsonValue | undefined {
  if (!isJsonObject(value)) return undefined
  if (Object.hasOwn(value, member)) return value[member]
  const lower = member.toLowerCase()
  return Object.entries(value).find(([key]) => key.toLowerCase() === lower)?.[1]
}

function getObject(container: JsonObject, member: string): JsonObject {
  const found = container[member]
  if (isJsonObject(found)) return found
  const made: JsonObject = {}
  container[member] = made
  return made
}

function getList(container: JsonObject, member: string): JsonObject[] {
  const found = container[member]
  if (Array.isArray(found)) return found as JsonObject[]
  const made: JsonObject[] = []
  container[member] = made
  return made
}

function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
