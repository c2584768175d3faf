// Applies PATCH operations (RFC 7644 section 3.5.2) to a resource as plain JSON in canonical form, in order. The caller holds
// the row lock and writes the outcome, or nothing at all when an operation fails.
import type { JsonObject, JsonValue } from '../db/tables.ts'
import { matchesValue } from '../directory/condition-match.ts'
import { AppError } from '../errors.ts'
import { formatPath, resolvePath } from './attribute-path.ts'
import { isNamed, type MemberOperation, readMemberOperation } from './member-operations.ts'
import { refuseChange } from './mutability.ts'
import { type Reading, repair } from './notes.ts'
import { checkSchemas, listSchemas } from './patch-schemas.ts'
import { lowerNames, type Operation, resolveTarget, type Target } from './patch-syntax.ts'
import { addValues, countTerms, hasAll, keepOnePrimary, readEqualities } from './patch-values.ts'
import { finishResource, isEmpty, isObject } from './resource.ts'
import type { Attribute, ResourceType, Schema } from './schema.ts'
import { dropMisfits } from './stored.ts'
import { ignoreUnknown, isSetByServer, readValue } from './values.ts'

export interface Patched {
  readonly resource: JsonObject
  /** What happens to `members`, which is not part of `resource`. */
  readonly members: readonly MemberOperation[]
}

/** Throws invalid_path, invalid_filter, invalid_value, no_target, mutability, invalid_syntax. */
export function applyOperations(
  resource: JsonObject,
  operations: readonly Operation[],
  type: ResourceType,
  reading: Reading,
): Patched {
  const patch = new Patch(dropMisfits(resource, type), type, reading)
  for (const operation of operations) patch.apply(operation)
  return { resource: finishResource(patch.resource, type), members: patch.members }
}

/**
 * What operations do that concern nothing but `members`, for which the group need not be read first; undefined where others
 * are among them. Throws as `applyOperations` does.
 */
export function readMemberOperations(
  operations: readonly Operation[],
  type: ResourceType,
  reading: Reading,
): readonly MemberOperation[] | undefined {
  if (!operations.every((operation) => namesOnlyMembers(operation, type))) return undefined
  const patch = new Patch({}, type, reading)
  for (const operation of operations) patch.apply(operation)
  return patch.members
}

function namesOnlyMembers({ path, value }: Operation, type: ResourceType): boolean {
  if (path !== undefined) return namesMembers(path, type)
  return isObject(value) && Object.keys(value).every((name) => namesMembers(name, type))
}

function namesMembers(path: string, type: ResourceType): boolean {
  const [name = ''] = path.split('[')
  const resolved = resolvePath(name.trim(), type)
  return resolved?.attribute?.name === 'members' && resolved.extension === undefined
}

type Op = Operation['op']

// Some operations compare each stored value with each given one. No client comes near these bounds; they keep one request
// from occupying the server.
const maxComparisons = 2_000_000
const maxMemberSearches = 20

class Patch {
  readonly resource: JsonObject
  readonly members: MemberOperation[] = []
  readonly #type: ResourceType
  readonly #reading: Reading
  #comparisons = 0
  #memberSearches = 0

  constructor(resource: JsonObject, type: ResourceType, reading: Reading) {
    this.resource = resource
    this.#type = type
    this.#reading = reading
  }

  apply({ op, path, value }: Operation): void {
    if (path === undefined) {
      if (!isObject(value)) {
        throw new AppError('invalid_syntax', `${op} without a path needs an object of attributes as value.`)
      }
      lowerNames(value) // refuses what is named twice
      for (const [name, inner] of Object.entries(value)) this.#applyMember(op, name, inner)
      return
    }
    const target = resolveTarget(path, this.#type, this.#reading)
    if (target === undefined) {
      throw new AppError('invalid_path', `path '${shorten(path)}' is not in the schema of ${this.#type.name}.`)
    }
    this.#applyTarget(op, target, value)
  }

  // Inside an object of attributes, what only the server sets is ignored: Okta sends the group's id, authentik the schemas.
  #applyMember(op: Op, name: string, value: unknown): void {
    const target = resolveTarget(name, this.#type, this.#reading)
    if (target === undefined) {
      ignoreUnknown(name, this.#reading)
      return
    }
    const { attribute } = target
    if (attribute !== undefined && (attribute.mutability === 'readOnly' || attribute.name === 'schemas')) {
      this.#reading.notes.push({ path: attribute.name, note: 'set by the server: ignored' })
      return
    }
    this.#applyTarget(op, target, value)
  }

  #applyTarget(op: Op, target: Target, value: unknown): void {
    const { extension, attribute, sub } = target
    if (attribute === undefined) {
      if (extension !== undefined) this.#applyExtension(op, extension, value)
      return
    }
    if (attribute.mutability === 'readOnly') throw refuse(target, 'set by the server')
    if (sub !== undefined && isSetByServer(sub)) this.#ignore(target, 'set by the server')
    else if (attribute.returned === 'never') this.#ignore(target, 'not kept, for Rollcall stores no secrets of people')
    else if (attribute.name === 'schemas') this.#applySchemas(op, target, attribute, value)
    else if (attribute.name === 'members' && extension === undefined && this.#type.name === 'Group')
      this.#applyMembers(op, target, attribute, value)
    else this.#applyAttribute(op, target, attribute, value)
  }

  #ignore(target: Target, why: string): void {
    repair(this.#reading, formatPath(target), `${why}: ignored`, () => refuse(target, why))
  }

  #applyExtension(op: Op, extension: Schema, value: unknown): void {
    if (op === 'add' && value === null) return
    if (op === 'remove' || value === null) this.#removeExtension(extension)
    else if (isObject(value)) {
      lowerNames(value) // refuses what is named twice
      for (const [name, inner] of Object.entries(value)) {
        if (name.toLowerCase() !== 'schemas') this.#applyMember(op, `${extension.id}:${name}`, inner)
      }
    } else throw new AppError('invalid_value', `${extension.id} must be an object.`)
  }

  #removeExtension({ id, attributes }: Schema): void {
    if (this.#type.extensions.get(id.toLowerCase())?.required === true) throw refuseRemoval(id)
    const container = (this.resource[id] ?? {}) as JsonObject
    for (const attribute of attributes.values()) {
      refuseChange(attribute, container[attribute.name], undefined, `${id}:${attribute.name}`)
    }
    delete this.resource[id]
  }

  #applySchemas(op: Op, target: Target, attribute: Attribute, value: unknown): void {
    const present = listSchemas(this.resource, this.#type)
    checkSchemas(this.#compute(op, target, attribute, value, present), present, this.#type, this.#reading)
  }

  #applyAttribute(op: Op, target: Target, attribute: Attribute, value: unknown): void {
    const container = this.#container(target.extension)
    const before = container[attribute.name]
    const after = this.#compute(op, target, attribute, value, before)
    refuseChange(attribute, before, after, formatPath(target))
    if (isEmpty(after)) delete container[attribute.name]
    else container[attribute.name] = after as JsonValue
    if (target.extension !== undefined && isEmpty(container)) delete this.resource[target.extension.id]
  }

  #container(extension: Schema | undefined): JsonObject {
    if (extension === undefined) return this.resource
    return (this.resource[extension.id] ??= {}) as JsonObject
  }

  /** The value of the attribute after the operation. */
  #compute(
    op: Op,
    target: Target,
    attribute: Attribute,
    value: unknown,
    before: JsonValue | undefined,
  ): JsonValue | undefined {
    if (op === 'add' && isNothing(value)) return before
    if (attribute.multiValued && (target.condition !== undefined || target.sub !== undefined)) {
      return this.#changeValues(op, target, attribute, value, (before ?? []) as JsonValue[])
    }
    if (target.sub !== undefined) return this.#changeSub(op, target, target.sub, value, (before ?? {}) as JsonObject)
    return this.#changeWhole(op, target, attribute, value, before)
  }

  // An attribute with all its values, or a sub-attribute.
  #changeWhole(
    op: Op,
    target: Target,
    attribute: Attribute,
    value: unknown,
    before: JsonValue | undefined,
  ): JsonValue | undefined {
    if (op === 'remove') return this.#removeValues(target, attribute, value, before)
    if (attribute.multiValued) return this.#addValues(op, target, attribute, value, (before ?? []) as JsonValue[])
    return this.#mergeOne(op, target, attribute, value, before)
  }

  #changeSub(op: Op, target: Target, sub: Attribute, value: unknown, before: JsonObject): JsonObject {
    const { [sub.name]: old, ...others } = before
    const next = this.#changeWhole(op, target, sub, value, old)
    refuseChange(sub, old, next, formatPath(target))
    return isEmpty(next) ? others : { ...before, [sub.name]: next as JsonValue }
  }

  // Sub-attributes that are not given stay (RFC 7644 section 3.5.2.3). Those given as "" go, and so does the whole where "" is
  // given for it; so does null, which adds nothing but replaces.
  #mergeOne(
    op: Op,
    target: Target,
    attribute: Attribute,
    value: unknown,
    before: JsonValue | undefined,
  ): JsonValue | undefined {
    const read = readValue(attribute, value, formatPath(target), this.#reading)
    const given: unknown = Array.isArray(value) ? value[0] : value
    if (attribute.type !== 'complex' || (read === undefined && !isObject(given))) return read
    const merged = { ...asObject(before) }
    for (const [name, inner] of isObject(given) ? Object.entries(given) : []) {
      const sub = attribute.subs.get(name.toLowerCase())
      if (sub !== undefined && !(op === 'add' && isNothing(inner))) delete merged[sub.name]
    }
    return { ...merged, ...asObject(read) }
  }

  #addValues(op: Op, target: Target, attribute: Attribute, value: unknown, before: JsonValue[]): JsonValue[] {
    const list = isObject(value) ? [value] : value
    const read = (readValue(attribute, list, formatPath(target), this.#reading) ?? []) as JsonValue[]
    return op === 'replace' ? read : addValues(before, read, attribute, formatPath(target))
  }

  #removeValues(
    target: Target,
    attribute: Attribute,
    value: unknown,
    before: JsonValue | undefined,
  ): JsonValue | undefined {
    if (attribute.required) throw refuseRemoval(attribute.name)
    if (!attribute.multiValued || value === undefined || value === null) return undefined
    const listed: readonly unknown[] = Array.isArray(value) ? value : [value]
    this.#reading.notes.push({ path: attribute.name, note: 'remove with a value: only the listed values were removed' })
    const wanted = listed.flatMap(
      (one) => readValue({ ...attribute, multiValued: false }, one, formatPath(target), this.#reading) ?? [],
    )
    const values = (before ?? []) as JsonValue[]
    this.#spend(values.length * wanted.length)
    return values.filter((one) => !wanted.some((it) => hasAll(one, it, target, attribute)))
  }

  // A path with a filter, or the sub-attribute of every value.
  #changeValues(op: Op, target: Target, attribute: Attribute, value: unknown, before: JsonValue[]): JsonValue[] {
    const { condition } = target
    this.#spend(before.length * (condition === undefined ? 1 : countTerms(condition)))
    const matches = (one: JsonValue): boolean => condition === undefined || matchesValue(one, condition)
    if (!before.some(matches)) {
      const created = op === 'remove' ? [] : this.#createValue(op, target, attribute, value)
      return keepOnePrimary([...before, ...created], created)
    }
    if (op === 'remove' && target.sub === undefined) return before.filter((one) => !matches(one))
    const changed: JsonValue[] = []
    const after = before.map((one) => {
      if (!matches(one)) return one
      const next = this.#changeValue(op, target, attribute, value, one)
      changed.push(next)
      return next
    })
    return keepOnePrimary(
      after.filter((one) => !isEmpty(one)),
      changed,
    )
  }

  #changeValue(op: Op, target: Target, attribute: Attribute, value: unknown, one: JsonValue): JsonValue {
    if (target.sub !== undefined) return this.#changeSub(op, target, target.sub, value, one as JsonObject)
    const element: Attribute = { ...attribute, multiValued: false }
    if (op === 'replace') return readValue(element, value, formatPath(target), this.#reading) ?? {}
    const next = this.#mergeOne(op, target, element, value, one) ?? {}
    refuseChange(element, one, next, formatPath(target))
    return next
  }

  // Entra replaces emails[type eq "work"].value before there is a work address. What the filter says of the value becomes part
  // of it; a filter that does not say what the value is leaves nothing to create (RFC 7644 section 3.5.2.3: noTarget).
  #createValue(op: Op, target: Target, attribute: Attribute, value: unknown): JsonValue[] {
    const { condition, sub } = target
    const path = formatPath(target)
    const missing = (): AppError => new AppError('no_target', `${path}: no value meets the filter of the path.`)
    const said = condition === undefined ? {} : readEqualities(condition)
    if (said === undefined || (condition !== undefined && !matchesValue(said, condition))) throw missing()
    if (op === 'replace') repair(this.#reading, path, 'no value met the filter: one was made', missing)
    const element: Attribute = { ...attribute, multiValued: false }
    const seed = readValue(element, said, path, this.#reading)
    const given = readValue(sub ?? element, value, path, this.#reading)
    if (given === undefined) return []
    return [{ ...asObject(seed), ...(sub === undefined ? asObject(given) : { [sub.name]: given }) }]
  }

  #applyMembers(op: Op, target: Target, attribute: Attribute, value: unknown): void {
    const operation = readMemberOperation(op, target, attribute, value, this.#reading)
    if (!isNamed(operation) && ++this.#memberSearches > maxMemberSearches) {
      throw new AppError('too_large', `members: at most ${maxMemberSearches} operations may search for members.`)
    }
    this.members.push(operation)
  }

  #spend(comparisons: number): void {
    this.#comparisons += comparisons
    if (this.#comparisons > maxComparisons)
      throw new AppError('too_large', 'The operations compare too many values; send fewer at once.')
  }
}

function refuse(target: Target, why: string): AppError {
  return new AppError('mutability', `${formatPath(target)} is ${why}.`)
}

function refuseRemoval(name: string): AppError {
  return new AppError('mutability', `${name} is required and cannot be removed.`)
}

function asObject(value: JsonValue | undefined): JsonObject {
  return isObject(value) ? value : {}
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0)
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
