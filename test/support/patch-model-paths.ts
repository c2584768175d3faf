// Paths in the model of PATCH (patch-model.ts): `attr`, `attr.sub`, `attr[filter]` or `attr[filter].sub`, with the URN of the
// schema before it or not, or the URN of an extension alone (RFC 7644 section 3.5.2). Nothing of the server is used here.
import {
  type Definition,
  findSub,
  isReadable,
  readFilter,
  type Reading,
  type ValueFilter,
} from './patch-model-values.ts'

export interface ModelSchema {
  readonly id: string
  readonly attributes: readonly Definition[]
  /** Of an extension: whether every resource must have data of it. */
  readonly required?: boolean
}

export interface ModelType {
  readonly core: ModelSchema
  readonly extensions: readonly ModelSchema[]
}

export interface Target {
  readonly extension: ModelSchema | undefined
  /** undefined where the path is the URN of a whole extension. */
  readonly definition: Definition | undefined
  readonly sub: Definition | undefined
  readonly filter: ValueFilter | undefined
}

const common: readonly Definition[] = [
  { name: 'schemas', type: 'reference', multiValued: true, caseExact: false },
  { name: 'id', type: 'string', mutability: 'readOnly' },
  { name: 'externalId', type: 'string', caseExact: true },
  {
    name: 'meta',
    type: 'complex',
    mutability: 'readOnly',
    subAttributes: ['created', 'version'].map((name) => ({ name, type: 'string' })),
  },
]

/** What a path means, or undefined where it means nothing; adds invalidPath and invalidFilter where it cannot be read. */
export function findTarget(path: string, type: ModelType, { strict, problems }: Reading): Target | undefined {
  const [, name = '', filter, sub] = /^\s*([^[]+)(?:\[(.*)\](?:\.([A-Za-z$][\w$-]*))?)?\s*$/.exec(path) ?? []
  const found = findAttribute(filter === undefined ? name.trim() : name, type, strict)
  if (path.includes('[') && name === '') problems.add('invalidPath')
  if (filter !== undefined && !isReadable(filter)) problems.add('invalidFilter')
  if (found === undefined || filter === undefined) return found
  const { definition } = found
  if (definition === undefined || found.sub !== undefined) {
    problems.add('invalidPath')
    return found
  }
  if (definition.multiValued !== true) problems.add('invalidFilter')
  const read = readFilter(filter, definition, problems)
  const inner = sub === undefined ? undefined : findSub(definition, sub)
  return sub !== undefined && inner === undefined ? undefined : { ...found, sub: inner, filter: read }
}

// A name without URN is looked for in the core schema first, then in the extensions in their order; strictly, not there.
function findAttribute(path: string, { core, extensions }: ModelType, strict: boolean): Target | undefined {
  const lower = path.toLowerCase()
  const schemas = [{ ...core, attributes: [...common, ...core.attributes] }, ...extensions]
  for (const schema of schemas) {
    const extension = schema.id === core.id ? undefined : schema
    const urn = schema.id.toLowerCase()
    if (extension !== undefined && lower === urn) {
      return { extension, definition: undefined, sub: undefined, filter: undefined }
    }
    if (extension !== undefined && strict && !lower.startsWith(`${urn}:`)) continue
    const name = lower.startsWith(`${urn}:`) ? lower.slice(urn.length + 1) : lower
    for (const definition of schema.attributes) {
      const own = definition.name.toLowerCase()
      if (name === own) return { extension, definition, sub: undefined, filter: undefined }
      const sub = definition.subAttributes?.find((one) => name === `${own}.${one.name.toLowerCase()}`)
      if (sub !== undefined) return { extension, definition, sub, filter: undefined }
    }
  }
  return undefined
}
