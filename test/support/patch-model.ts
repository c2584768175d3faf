// What PATCH means, written a second time: over plain JSON, one operation after the other, straight from RFC 7644 section 3.5.2
// and the decisions in scim-compliance.md, with no thought of speed. The differential test compares its outcomes with the
// server's. Nothing of the server is used here.
import { findTarget, type ModelSchema, type ModelType, type Target } from './patch-model-paths.ts'
import {
  compare,
  type Definition,
  findSub,
  isEqual,
  isNothing,
  isObject,
  isPrimary,
  isSamePair,
  isSetByServer,
  type Json,
  type Reading,
  readSingle,
  readValue,
  type Resource,
  settle,
  toText,
  type ValueFilter,
} from './patch-model-values.ts'

/**
 * The resource afterwards, or the scimTypes that may refuse the request: where an operation has several mistakes, the standard
 * does not say which of them is told.
 */
export type Outcome = { readonly resource: Resource } | { readonly refusals: ReadonlySet<string> }

/** The member that an id names as a group shows it, or undefined where it names nobody. */
export type DescribeMember = (id: string) => Resource | undefined

type Op = 'add' | 'remove' | 'replace'

interface Operation {
  readonly op: Op
  readonly path: string | undefined
  readonly value: unknown
}

/** What a PATCH with this body makes of a resource, which has no id and no meta. */
export function applyPatch(
  before: Resource,
  body: unknown,
  type: ModelType,
  strict: boolean,
  describeMember: DescribeMember = () => undefined,
): Outcome {
  const patch = new Patch(structuredClone(before), type, { strict, problems: new Set() }, describeMember)
  const operations = patch.readBody(body)
  for (const operation of operations) if (patch.problems.size === 0) patch.apply(operation)
  if (patch.problems.size === 0) patch.finish()
  if (patch.lacksMember) patch.problems.add('noTarget')
  return patch.problems.size === 0 ? { resource: patch.resource } : { refusals: patch.problems }
}

class Patch {
  readonly resource: Resource
  readonly problems: Set<string>
  /** Members are looked for when all operations have been read: another mistake may be told first. */
  lacksMember = false
  readonly #type: ModelType
  readonly #reading: Reading
  readonly #describeMember: DescribeMember

  constructor(resource: Resource, type: ModelType, reading: Reading, describeMember: DescribeMember) {
    this.resource = resource
    this.problems = reading.problems
    this.#type = type
    this.#reading = reading
    this.#describeMember = describeMember
  }

  readBody(body: unknown): Operation[] {
    const { schemas, operations } = isObject(body) ? this.#lowerNames(body) : {}
    const isNamed = Array.isArray(schemas) && schemas.some((one) => /:messages:2\.0:PatchOp$/i.test(toText(one)))
    if (!isNamed && (schemas !== undefined || this.#reading.strict)) this.problems.add('invalidSyntax')
    if (!Array.isArray(operations) || (operations.length === 0 && this.#reading.strict)) {
      this.problems.add('invalidSyntax')
      return []
    }
    return operations.map((operation) => this.#readOperation(operation))
  }

  #readOperation(operation: Json): Operation {
    const members = isObject(operation) ? this.#lowerNames(operation) : {}
    const op = toText(members['op']).toLowerCase()
    if (op !== 'add' && op !== 'remove' && op !== 'replace') this.problems.add('invalidSyntax')
    const { path } = members
    const isBlank = path === undefined || path === null || (typeof path === 'string' && path.trim() === '')
    if (!isBlank && typeof path !== 'string') this.problems.add('invalidPath')
    if (isBlank && op === 'remove') this.problems.add('noTarget')
    if (isBlank && path !== undefined && op !== 'remove' && this.#reading.strict) this.problems.add('invalidPath')
    // A path may say by itself which member to add.
    const saysAll = op === 'add' && typeof path === 'string' && /\bmembers\[/i.test(path)
    if (op !== 'remove' && !('value' in members) && !saysAll) this.problems.add('invalidValue')
    return { op: op as Op, path: isBlank ? undefined : toText(path), value: members['value'] }
  }

  #lowerNames(object: Resource): Resource {
    const lower = Object.fromEntries(Object.entries(object).map(([name, value]) => [name.toLowerCase(), value]))
    if (Object.keys(lower).length < Object.keys(object).length) this.problems.add('invalidSyntax')
    return lower
  }

  apply({ op, path, value }: Operation): void {
    if (path === undefined) {
      if (isObject(value)) this.#applyObject(op, value, '')
      else this.problems.add('invalidSyntax')
      return
    }
    const target = findTarget(path, this.#type, this.#reading)
    if (target === undefined) this.problems.add('invalidPath')
    else this.#applyTarget(op, target, value)
  }

  /** Each member of an object is applied by itself; what the server sets is ignored there, and so is what nobody knows. */
  #applyObject(op: Op, object: Resource, prefix: string): void {
    this.#lowerNames(object)
    for (const [name, value] of Object.entries(object)) {
      const target = findTarget(prefix + name, this.#type, this.#reading)
      if (target === undefined) {
        if (this.#reading.strict && !(prefix !== '' && name.toLowerCase() === 'schemas'))
          this.problems.add('invalidSyntax')
      } else if (target.definition?.mutability !== 'readOnly' && target.definition?.name !== 'schemas') {
        this.#applyTarget(op, target, value)
      }
    }
  }

  #applyTarget(op: Op, target: Target, value: unknown): void {
    const { extension, definition, sub } = target
    if (definition === undefined) {
      if (extension !== undefined) this.#applyExtension(op, extension, value)
    } else if (definition.name === 'schemas') this.#applySchemas(op, target, definition, value)
    else if (definition.mutability === 'readOnly') this.problems.add('mutability')
    else if ((sub !== undefined && isSetByServer(sub, definition)) || definition.returned === 'never') {
      if (this.#reading.strict) this.problems.add('mutability')
    } else if (definition.name === 'members' && extension === undefined) {
      this.#applyMembers(op, target, definition, value)
    } else this.#applyAttribute(op, target, definition, value)
  }

  #applyExtension(op: Op, extension: ModelSchema, value: unknown): void {
    if (op === 'add' && value === null) return
    if (op === 'remove' || value === null) {
      const container = this.resource[extension.id]
      if (extension.required === true) this.problems.add('mutability')
      for (const definition of extension.attributes) {
        if (isObject(container)) this.#refuseImmutable(definition, container[definition.name], undefined)
      }
      delete this.resource[extension.id]
    } else if (isObject(value)) this.#applyObject(op, value, `${extension.id}:`)
    else this.problems.add('invalidValue')
  }

  /** `schemas` says what the data has, so that it cannot be made to say anything else. */
  #applySchemas(op: Op, target: Target, definition: Definition, value: unknown): void {
    const present = this.#listSchemas()
    const after = this.#compute(op, target, definition, value, present)
    if (!this.#reading.strict) return
    const lower = (urns: Json | undefined): string[] =>
      Array.isArray(urns) ? urns.map((urn) => toText(urn).toLowerCase()) : []
    const known = [this.#type.core, ...this.#type.extensions].map(({ id }) => id.toLowerCase())
    if (lower(after).some((urn) => !known.includes(urn))) this.problems.add('invalidSyntax')
    if (lower(present).some((urn) => !lower(after).includes(urn))) this.problems.add('mutability')
  }

  #listSchemas(): string[] {
    const { core, extensions } = this.#type
    return [core.id, ...extensions.map(({ id }) => id).filter((id) => id in this.resource)]
  }

  #applyAttribute(op: Op, target: Target, definition: Definition, value: unknown): void {
    const { extension } = target
    const inner = extension === undefined ? undefined : (this.resource[extension.id] ?? {})
    const container = isObject(inner) ? inner : this.resource
    const before = container[definition.name]
    const after = this.#compute(op, target, definition, value, before)
    this.#refuseImmutable(definition, before, after)
    if (after === undefined) delete container[definition.name]
    else container[definition.name] = after
    if (extension === undefined) return
    if (Object.keys(container).length === 0) delete this.resource[extension.id]
    else this.resource[extension.id] = container
  }

  /** What can be set only once stays as it is; in an attribute with several values, each value by itself. */
  #refuseImmutable(definition: Definition, before: Json | undefined, after: Json | undefined): void {
    if (definition.mutability === 'immutable' && before !== undefined && !isEqual(before, after)) {
      this.problems.add('mutability')
    }
    if (!isObject(before) || definition.subAttributes === undefined) return
    for (const sub of definition.subAttributes) {
      this.#refuseImmutable(sub, before[sub.name], isObject(after) ? after[sub.name] : undefined)
    }
  }

  /** The value of an attribute after the operation, or undefined where it has none. */
  #compute(op: Op, target: Target, definition: Definition, value: unknown, before: Json | undefined): Json | undefined {
    if (op === 'add' && isNothing(value)) return before
    if (definition.multiValued === true) {
      const values = this.#computeValues(op, target, definition, value, Array.isArray(before) ? before : [])
      return values.length === 0 ? undefined : values
    }
    const single = { ...definition, multiValued: false }
    if (target.sub !== undefined) return this.#setSub(op, target.sub, value, isObject(before) ? before : {})
    if (op === 'remove') {
      if (definition.required === true) this.problems.add('mutability')
      return undefined
    }
    return this.#mergeOne(op, single, value, before)
  }

  /** A sub-attribute changes as an attribute would that stood by itself. */
  #setSub(op: Op, sub: Definition, value: unknown, before: Resource): Resource | undefined {
    const { [sub.name]: old, ...others } = before
    const alone = { extension: undefined, definition: sub, sub: undefined, filter: undefined }
    const next = this.#compute(op, alone, sub, value, old)
    const after = next === undefined ? others : { ...others, [sub.name]: next }
    return Object.keys(after).length === 0 ? undefined : after
  }

  /** Sub-attributes that are given count, the others stay (RFC 7644 sections 3.5.2.1 and 3.5.2.3). */
  #mergeOne(op: Op, definition: Definition, value: unknown, before: Json | undefined): Json | undefined {
    const read = readValue(definition, value, this.#reading)
    const given: unknown = Array.isArray(value) ? value[0] : value
    if (definition.type !== 'complex' || (read === undefined && !isObject(given))) return read
    const merged: Resource = isObject(before) ? { ...before } : {}
    for (const [name, inner] of isObject(given) ? Object.entries(given) : []) {
      const sub = findSub(definition, name)
      if (sub !== undefined && !(op === 'add' && isNothing(inner))) delete merged[sub.name]
    }
    const after = isObject(read) ? { ...merged, ...read } : merged
    return Object.keys(after).length === 0 ? undefined : after
  }

  #computeValues(op: Op, target: Target, definition: Definition, value: unknown, before: Json[]): Json[] {
    if (target.filter !== undefined || target.sub !== undefined) {
      return this.#changeValues(op, target, definition, value, before)
    }
    if (op === 'remove') return this.#removeValues(definition, value, before)
    const read = readValue(definition, isObject(value) ? [value] : value, this.#reading)
    const given = Array.isArray(read) ? read : []
    if (op === 'replace') return given
    const values = [...before]
    const written: Json[] = []
    for (const one of given) {
      const place = values.findIndex((other) => isSamePair(other, one, definition))
      const old = values[place]
      const next = isObject(old) && isObject(one) ? { ...old, ...one } : one
      if (place === -1) values.push(next)
      else {
        this.#refuseImmutable({ ...definition, mutability: 'readWrite' }, old, next)
        values[place] = next
      }
      if (isPrimary(one)) written.push(next)
    }
    return settle(values, written)
  }

  #removeValues(definition: Definition, value: unknown, before: Json[]): Json[] {
    if (definition.required === true) this.problems.add('mutability')
    if (value === undefined || value === null) return []
    const single = { ...definition, multiValued: false }
    const wanted = (Array.isArray(value) ? value : [value]).map((one: unknown) => readValue(single, one, this.#reading))
    const has = (one: Json, all: Json): boolean => {
      if (!isObject(all)) return compare(one, definition, 'eq', all)
      return Object.entries(all).every(([name, part]) => {
        const sub = findSub(definition, name)
        return sub !== undefined && isObject(one) && compare(one[sub.name], sub, 'eq', part)
      })
    }
    return before.filter((one) => !wanted.some((all) => all !== undefined && has(one, all)))
  }

  #changeValues(op: Op, target: Target, definition: Definition, value: unknown, before: Json[]): Json[] {
    const meets = (one: Json): boolean => target.filter === undefined || target.filter.meets(one)
    if (!before.some(meets)) {
      const made = op === 'remove' ? undefined : this.#makeValue(op, target, definition, value)
      return made === undefined ? before : settle([...before, made], [made])
    }
    const written: Json[] = []
    const after = before.flatMap((one) => {
      if (!meets(one)) return [one]
      const next = this.#changeOne(op, target, definition, value, one)
      // A value may go, or another come in its place; what is in it stays.
      if (op === 'add' || target.sub !== undefined) {
        this.#refuseImmutable({ ...definition, mutability: 'readWrite' }, one, next)
      }
      if (next === undefined) return []
      written.push(next)
      return [next]
    })
    return settle(after, written)
  }

  #changeOne(op: Op, { sub }: Target, definition: Definition, value: unknown, one: Json): Json | undefined {
    if (sub !== undefined) return this.#setSub(op, sub, value, isObject(one) ? one : {})
    if (op === 'remove') return undefined
    const single = { ...definition, multiValued: false }
    return op === 'add' ? this.#mergeOne(op, single, value, one) : readValue(single, value, this.#reading)
  }

  /** Nothing meets the filter: what it says of a value becomes part of a new one; strictly only `add` makes values. */
  #makeValue(op: Op, target: Target, definition: Definition, value: unknown): Json | undefined {
    const { filter, sub } = target
    const said = filter === undefined ? {} : filter.equalities
    if (said === undefined || (filter !== undefined && !filter.meets(said))) this.problems.add('noTarget')
    if (op === 'replace' && this.#reading.strict) this.problems.add('noTarget')
    const seed = readSingle(definition, said ?? {}, this.#reading)
    const given =
      sub === undefined
        ? readValue({ ...definition, multiValued: false }, value, this.#reading)
        : readValue(sub, value, this.#reading)
    if (given === undefined) return undefined
    return {
      ...(isObject(seed) ? seed : {}),
      ...(sub !== undefined ? { [sub.name]: given } : isObject(given) ? given : {}),
    }
  }

  #applyMembers(op: Op, { filter, sub }: Target, definition: Definition, value: unknown): void {
    if (sub !== undefined) this.problems.add('mutability')
    const members = this.resource['members']
    const before = (Array.isArray(members) ? members : []).map((member) => toText(isObject(member) && member['value']))
    if (filter !== undefined) this.#filterMembers(op, filter, definition, value, before)
    else if (op === 'remove' && (value === undefined || value === null)) this.#setMembers([])
    else {
      const given = this.#readIds(definition, value)
      if (op === 'remove') this.#setMembers(before.filter((id) => !given.includes(id)))
      else this.#setMembers(op === 'replace' ? given : [...before, ...given])
    }
  }

  /** Members cannot be changed, but a filter that names them says which to add. */
  #filterMembers(op: Op, filter: ValueFilter, definition: Definition, value: unknown, before: readonly string[]): void {
    const meets = (id: string): boolean => {
      if (filter.names !== undefined) return filter.names.some((name) => name.toLowerCase() === id.toLowerCase())
      const member = this.#describeMember(id)
      return member !== undefined && filter.meets(member)
    }
    const given = op === 'remove' ? [] : this.#readIds(definition, value)
    if (op === 'remove' || (op === 'replace' && given.length === 0)) {
      this.#setMembers(before.filter((id) => !meets(id)))
    } else if (filter.names === undefined || given.some((id) => filter.names?.includes(id) === false)) {
      this.problems.add('mutability').add('noTarget')
    } else if (op === 'add' || !before.some(meets)) {
      this.lacksMember ||= op === 'replace' && this.#reading.strict
      this.#setMembers([...before, ...filter.names.map((name) => name.toLowerCase())])
    }
  }

  #readIds(definition: Definition, value: unknown): string[] {
    const read = readValue(definition, isObject(value) ? [value] : value, this.#reading)
    return (Array.isArray(read) ? read : []).map((member) => {
      const id = isObject(member) ? member['value'] : undefined
      if (typeof id !== 'string') this.problems.add('invalidValue')
      return toText(id)
    })
  }

  #setMembers(ids: readonly string[]): void {
    if (ids.length === 0) delete this.resource['members']
    else this.resource['members'] = [...new Set(ids)].map((value) => ({ value }))
  }

  /** What must hold in the end. */
  finish(): void {
    const { core, extensions } = this.#type
    const { members } = this.resource
    for (const member of Array.isArray(members) ? members : []) {
      if (isObject(member) && this.#describeMember(toText(member['value'])) === undefined)
        this.problems.add('invalidValue')
    }
    this.#check(this.resource, core)
    for (const extension of extensions) {
      const container = this.resource[extension.id]
      if (container === undefined && extension.required === true) this.problems.add('invalidValue')
      if (isObject(container)) this.#check(container, extension)
    }
    this.resource['schemas'] = this.#listSchemas()
  }

  #check(container: Resource, schema: ModelSchema): void {
    for (const definition of schema.attributes) {
      const value = container[definition.name]
      if (value === undefined && definition.required === true) this.problems.add('invalidValue')
      const values = Array.isArray(value) ? value : value === undefined ? [] : [value]
      for (const sub of definition.subAttributes ?? []) {
        const lacks = values.some((one) => isObject(one) && !(sub.name in one))
        if (sub.required === true && sub.mutability !== 'readOnly' && lacks) this.problems.add('invalidValue')
      }
    }
  }
}
