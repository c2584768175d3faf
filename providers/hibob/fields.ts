// A field of a person, out of the forms in which Bob writes it: `/category/field` with a value, or nested below its category, with the
// text for people beside it (https://apidocs.hibob.com).
import { isObject, readObjects, readText } from '../json.ts'
import type { Json, JsonObject } from '../provider.ts'

export interface BobField {
  /** Where it stands, such as `work.title`. A field that moved to another category keeps its id and has another path. */
  readonly path: string
  /** Such as `text`, `date`, `list`. */
  readonly type: string
}

/** What Bob says of its fields, by id; empty where it does not say. */
export type BobFields = ReadonlyMap<string, BobField>

// Their text is a name, and the id is wanted.
const references = new Set(['root.id', 'work.reportsTo', 'work.manager', 'work.secondLevelManager'])
const isoDate = /^\d{4}-\d{2}-\d{2}/
const digits = /^\d+$/

/** Reads the answer of `GET /company/people/fields`. */
export function readBobFields(answer: Json): BobFields {
  const fields = new Map<string, BobField>()
  for (const { id, jsonPath, type } of readObjects(answer) ?? []) {
    const name = readText(id)
    if (name !== undefined) fields.set(name, { path: readText(jsonPath) ?? name, type: readText(type) ?? '' })
  }
  return fields
}

/** What Bob works with: the id of a list's item, a date as YYYY-MM-DD. Undefined where it says nothing. */
export function readMachineValue(person: JsonObject, id: string, fields: BobFields): Json | undefined {
  return find(person, fields.get(id)?.path ?? id) ?? find(person, id)
}

/** What Bob shows: the name of a list's item, a date in the form of the account's language. */
export function readHumanValue(person: JsonObject, id: string, fields: BobFields): Json | undefined {
  const { humanReadable } = person
  return isObject(humanReadable) ? readMachineValue(humanReadable, id, fields) : undefined
}

/** The text of what is chosen from a list, an id of whom is referred to, and otherwise what Bob works with. */
export function readValue(person: JsonObject, id: string, fields: BobFields): Json | undefined {
  const machine = readMachineValue(person, id, fields)
  const human = readHumanValue(person, id, fields)
  if (machine === undefined) return undefined
  if (machine === null || machine === '') return null
  if (isObject(machine) && machine['id'] !== undefined) return readText(machine['id']) ?? null
  if (human === undefined || human === null || human === '') return machine
  return isShown(id, fields.get(id)?.type, machine, human) ? human : machine
}

function isShown(id: string, type: string | undefined, machine: Json, human: Json): boolean {
  const text = readText(machine) ?? ''
  if (references.has(id)) return false
  // Their words are in the account's language, and what Bob works with is either a word in English or the id of an item.
  if (id.startsWith('internal.')) return digits.test(text)
  if (type !== undefined) return type.endsWith('list')
  if (typeof machine === 'boolean' || isoDate.test(text)) return false
  return !(digits.test(text) && readText(human)?.replaceAll(/[\s.,'’]/g, '') === text)
}

function find(record: JsonObject, path: string): Json | undefined {
  const parts = path.split('.')
  const flat = record[`/${parts.join('/')}`]
  if (flat !== undefined) return isObject(flat) ? flat['value'] : flat
  let value: Json | undefined = record
  for (const part of parts[0] === 'root' ? parts.slice(1) : parts) {
    if (!isObject(value)) return undefined
    value = value[part]
  }
  return value
}
