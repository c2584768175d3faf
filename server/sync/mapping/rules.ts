// The rules of a mapping: merged, checked, and made ready to be asked for a value.
import {
  enterprise,
  type Mapping,
  type MappingRule,
  type Provider,
  rollcall,
  transforms,
} from '../../../providers/provider.ts'
import type { Transform } from '../../../providers/provider.ts'
import type { JsonObject, JsonValue } from '../../db/tables.ts'
import { AppError } from '../../errors.ts'
import { type MapPath, parseMapPath, writePathKey } from './path.ts'
import { type Converted, convert, isEmpty, show } from './values.ts'

/** Paths that mean something to the planner, as keys. */
export const pathKeys = {
  access: 'active',
  status: `${rollcall}:employmentStatus`.toLowerCase(),
  startDate: `${rollcall}:startDate`.toLowerCase(),
  endDate: `${rollcall}:endDate`.toLowerCase(),
  birthday: `${rollcall}:birthday`.toLowerCase(),
  manager: `${enterprise}:manager.value`.toLowerCase(),
  workEmail: 'emails[type eq "work"].value',
} as const

const hardWired: ReadonlySet<string> = new Set([pathKeys.workEmail, 'name.givenname', 'name.familyname'])

/** The provider's rules with the directory's over them; null takes one away, but for e-mail, first and last name. */
export function mergeMapping(provider: Pick<Provider, 'mapping'>, overrides: JsonObject): Mapping {
  const rules = new Map<string, readonly [string, MappingRule]>()
  for (const [path, rule] of Object.entries(provider.mapping)) rules.set(toKey(path), [path, rule])
  for (const [path, rule] of Object.entries(overrides)) {
    const key = toKey(path)
    if (rule !== null) rules.set(key, [path, readRule(path, rule)])
    else if (!hardWired.has(key)) rules.delete(key)
  }
  return Object.fromEntries(rules.values())
}

/** A rule that is ready. */
export interface CompiledRule {
  readonly path: MapPath
  readonly key: string
  /** How the attribute is called in messages. */
  readonly name: string
  readonly fields: readonly string[]
  readonly isConstant: boolean
  /** What the record has for it; undefined where it says nothing. */
  read(fields: JsonObject): { readonly said: JsonValue; readonly converted: Converted } | undefined
}

/** Throws invalid_value for a rule that cannot be, naming the attribute. */
export function compileRule(name: string, stated: MappingRule): CompiledRule {
  const path = parseMapPath(name)
  const key = toKey(name)
  const rule = readRule(name, stated as JsonValue)
  if (typeof rule === 'object' && 'value' in rule) {
    const constant = { said: rule.value, converted: { value: rule.value } }
    return { path, key, name, fields: [], isConstant: true, read: () => constant }
  }
  const { from, transform = 'text', table } = typeof rule === 'string' ? { from: rule } : rule
  const fields = typeof from === 'string' ? [from] : from
  const kind = requiredTransforms.get(key) ?? transform
  const convertSaid = createConvert(kind, table)
  return {
    path,
    key,
    name,
    fields,
    isConstant: false,
    read: (record) => {
      for (const field of fields) {
        const said = Object.hasOwn(record, field) ? record[field] : undefined
        if (said !== undefined && !isEmpty(said)) return { said, converted: convertSaid(said) }
      }
      return undefined
    },
  }
}

/** The fields that rules need. Throws invalid_value for a rule that cannot be, naming the attribute. */
export function listFields(mapping: Mapping): Set<string> {
  return new Set(Object.entries(mapping).flatMap(([path, rule]) => compileRule(path, rule).fields))
}

// These are reckoned with, whatever a rule says.
const requiredTransforms: ReadonlyMap<string, Transform> = new Map([
  [pathKeys.access, 'boolean'],
  [pathKeys.startDate, 'date'],
  [pathKeys.endDate, 'date'],
  [pathKeys.birthday, 'date'],
])

function createConvert(
  transform: Transform,
  table: Readonly<Record<string, string | boolean>> | undefined,
): (said: JsonValue) => Converted {
  if (table === undefined) return (said) => convert(said, transform)
  const entries = new Map(Object.entries(table).map(([from, to]) => [from.trim().toLowerCase(), to]))
  const other = entries.get('*')
  return (said) => {
    const text = typeof said === 'string' ? said.trim() : show(said)
    const found = entries.get(text.toLowerCase()) ?? other
    return found === undefined ? { value: null } : convert(found, transform)
  }
}

function toKey(path: string): string {
  const key = writePathKey(parseMapPath(path))
  // Both mean the reference.
  return key === pathKeys.manager.replace('.value', '') ? pathKeys.manager : key
}

/** Throws invalid_value, naming the attribute. */
function readRule(path: string, rule: JsonValue): MappingRule {
  const refuse = (what: string): AppError =>
    new AppError('invalid_value', `mapping: the rule of ${path.slice(0, 200)} ${what}.`)
  if (typeof rule === 'string') {
    if (rule.trim() === '') throw refuse('names no field; to take it away write null')
    return rule
  }
  if (!isJsonObject(rule)) throw refuse('must be the name of a field, {"from": …} or {"value": …}')
  const { from, transform, table, value, ...unknown } = rule
  const [odd] = Object.keys(unknown)
  if (odd !== undefined) throw refuse(`has ${odd.slice(0, 80)}, which no rule has`)
  if (value !== undefined) {
    if (from !== undefined || transform !== undefined || table !== undefined) throw refuse('has a value and more')
    if (typeof value !== 'string' && typeof value !== 'boolean')
      throw refuse('must have a text, true or false as value')
    return { value }
  }
  const fields = Array.isArray(from) ? from : [from]
  if (fields.length === 0 || !fields.every(isText)) throw refuse('must name one field or several in from')
  if (transform !== undefined && !isTransform(transform))
    throw refuse(`has a transform that is none of ${transforms.join(', ')}`)
  if (table !== undefined && !isTable(table)) throw refuse('must have a table of texts, true or false')
  const only = fields.length === 1 ? fields[0] : undefined
  return {
    from: only ?? fields,
    ...(transform !== undefined && { transform }),
    ...(table !== undefined && { table }),
  }
}

function isText(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && value.trim() !== ''
}

function isTransform(value: JsonValue): value is Transform {
  return transforms.some((one) => one === value)
}

function isTable(value: JsonValue): value is Record<string, string | boolean> {
  return isJsonObject(value) && Object.values(value).every((one) => typeof one === 'string' || typeof one === 'boolean')
}

function isJsonObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
