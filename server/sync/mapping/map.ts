// Turns what a source says into SCIM, by the rules of the provider and those of the directory.
import { createHash } from 'node:crypto'
import {
  employmentStatuses,
  enterprise,
  type Mapping,
  rollcall,
  type SourceRecord,
} from '../../../providers/provider.ts'
import type { JsonObject, JsonValue } from '../../db/tables.ts'
import { foldCase, prepareUserName } from '../../directory/keys.ts'
import { rollcallGroup } from '../../directory/group-attributes.ts'
import type { Facts } from './facts.ts'
import { getValue, type MapPath, parseMapPath, putValue } from './path.ts'
import { type CompiledRule, compileRule, pathKeys } from './rules.ts'
import { cleanJson, cleanText, convert, isEmpty, show } from './values.ts'
import type { Canonize } from '../services.ts'
import type { SyncSettings } from '../setup/settings.ts'

export { mergeMapping } from './rules.ts'

/** A record as it is stored in pulled_records. */
export interface MappedRecord {
  readonly type: 'user' | 'group'
  readonly sourceId: string
  readonly raw: JsonObject
  readonly resource: JsonObject
  readonly facts: Facts
  readonly userNameKey: string | null
  readonly employeeNumberKey: string | null
  /** Addresses at work: those that people are matched by. A family may share the one at home. */
  readonly emailKeys: readonly string[]
}

/** Maps records of one directory. */
export interface Mapper {
  /** The fields that the rules need, for the provider to ask for. */
  readonly fields: readonly string[]
  /** A digest of the rules: records read by other rules are not the same. */
  readonly digest: string
  map(record: SourceRecord): MappedRecord
}

// Raised where this file reads the same rules otherwise than before.
const reading = 1

/** Throws invalid_value for a rule that cannot be, naming the attribute. */
export function createMapper(
  mapping: Mapping,
  settings: Pick<SyncSettings, 'usernameAttribute'>,
  canonize: Canonize,
): Mapper {
  const rules = Object.entries(mapping).map(([path, rule]) => compileRule(path, rule))
  const userNamePath = settings.usernameAttribute === 'workEmail' ? null : parseMapPath(settings.usernameAttribute)
  const said = Object.entries(mapping).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const digest = createHash('sha256').update(JSON.stringify([reading, settings.usernameAttribute, said]))
  return {
    fields: [...new Set(rules.flatMap(({ fields }) => fields))],
    digest: digest.digest('base64url'),
    map: (record) =>
      record.type === 'user' ? mapUser(record, rules, userNamePath, canonize) : mapGroup(record, canonize),
  }
}

function mapUser(
  record: SourceRecord,
  rules: readonly CompiledRule[],
  userNamePath: MapPath | null,
  canonize: Canonize,
): MappedRecord {
  const raw = cleanJson(record.fields)
  const { mapped, depending, faults } = applyRules(raw, rules)
  const work = getValue(mapped, workEmailPath)
  const userName = userNamePath === null ? readText(work)?.toLowerCase() : readText(getValue(mapped, userNamePath))
  if (userName === undefined) delete mapped['userName']
  else mapped['userName'] = userName
  const canonical = canonize('User', mapped)
  const { resource } = canonical
  const facts: Facts = {
    name: nameUser(resource),
    ...depending,
    startDate: readText(getValue(resource, startDatePath)) ?? null,
    endDate: readText(getValue(resource, endDatePath)) ?? null,
    managerEmail: readText(getValue(resource, managerEmailPath)) ?? null,
    location: readText(getValue(resource, locationPath)) ?? null,
    faults: [...faults, ...canonical.faults],
  }
  const employeeNumber = readText(getValue(resource, employeeNumberPath))
  const canonicalName = readText(resource['userName'])
  return {
    type: 'user',
    sourceId: cleanText(record.id),
    raw,
    resource,
    facts,
    userNameKey: canonicalName === undefined ? null : (prepareUserName(canonicalName) ?? null),
    employeeNumberKey: employeeNumber === undefined ? null : foldCase(employeeNumber),
    emailKeys: listWorkKeys(resource['emails']),
  }
}

const workEmailPath = parseMapPath(pathKeys.workEmail)
const startDatePath = parseMapPath(`${rollcall}:startDate`)
const endDatePath = parseMapPath(`${rollcall}:endDate`)
const managerEmailPath = parseMapPath(`${rollcall}:managerEmail`)
const locationPath = parseMapPath(`${rollcall}:location`)
const statusPath = parseMapPath(`${rollcall}:employmentStatus`)
const employeeNumberPath = parseMapPath(`${enterprise}:employeeNumber`)

interface Applied {
  readonly mapped: JsonObject
  readonly depending: Pick<Facts, 'status' | 'unknownStatus' | 'access' | 'manager'>
  readonly faults: readonly string[]
}

function applyRules(raw: JsonObject, rules: readonly CompiledRule[]): Applied {
  const mapped: JsonObject = {}
  const faults: string[] = []
  const constants: { readonly path: MapPath; readonly value: JsonValue }[] = []
  let [status, unknownStatus, access, manager]: [Facts['status'], string | null, boolean | null, string | null] = [
    null,
    null,
    null,
    null,
  ]
  for (const rule of rules) {
    const { path, key, isConstant } = rule
    const read = rule.read(raw)
    const value = read !== undefined && 'value' in read.converted ? read.converted.value : null
    if (read !== undefined && 'fault' in read.converted) faults.push(`${rule.name}: ${read.converted.fault}.`)
    if (key === pathKeys.status) {
      status = readStatus(value)
      if (status === null) unknownStatus = read === undefined ? '' : show(read.said)
      if (status !== null && status !== 'pending') putValue(mapped, statusPath, status)
    } else if (key === pathKeys.access) access = typeof value === 'boolean' ? value : null
    else if (key === pathKeys.manager) manager = readText(value) ?? null
    else if (isEmpty(value)) continue
    else if (isConstant && path.filter !== null) constants.push({ path, value })
    else putValue(mapped, path, value)
  }
  // That an address is the primary one says nothing where there is no address.
  for (const { path, value } of constants) {
    if (getValue(mapped, { ...path, sub: null }) !== undefined) putValue(mapped, path, value)
  }
  return { mapped, depending: { status, unknownStatus, access, manager }, faults }
}

function readStatus(value: JsonValue): Facts['status'] {
  const text = readText(value)
    ?.toLowerCase()
    .replaceAll(/[\s-]+/g, '_')
  return employmentStatuses.find((one) => one === text) ?? null
}

function mapGroup(record: SourceRecord, canonize: Canonize): MappedRecord {
  const raw = cleanJson(record.fields)
  const sourceId = cleanText(record.id)
  const { displayName, description, securityGroup } = raw
  const extension: JsonObject = {}
  const faults: string[] = []
  if (typeof description === 'string' && !isEmpty(description)) extension['description'] = description.trim()
  if (securityGroup !== undefined && !isEmpty(securityGroup)) {
    const converted = convert(securityGroup, 'boolean')
    if ('value' in converted) extension['securityGroup'] = converted.value
    else faults.push(`securityGroup: ${converted.fault}.`)
  }
  // A group without a name is still one that people are in.
  const named = typeof displayName === 'number' ? String(displayName) : displayName
  const name = typeof named === 'string' && !isEmpty(named) ? named.trim() : sourceId
  const mapped: JsonObject = { displayName: name }
  if (Object.keys(extension).length > 0) mapped[rollcallGroup] = extension
  const canonical = canonize('Group', mapped)
  return {
    type: 'group',
    sourceId,
    raw,
    resource: canonical.resource,
    facts: {
      name,
      status: null,
      unknownStatus: null,
      access: null,
      startDate: null,
      endDate: null,
      manager: null,
      managerEmail: null,
      location: null,
      faults: [...faults, ...canonical.faults],
    },
    userNameKey: null,
    employeeNumberKey: null,
    emailKeys: [],
  }
}

function nameUser(resource: JsonObject): string | null {
  const shown = readText(resource['displayName'])
  if (shown !== undefined) return shown
  const parts = [getValue(resource, givenNamePath), getValue(resource, familyNamePath)].map(readText)
  const name = parts.filter((part) => part !== undefined).join(' ')
  return name === '' ? (readText(resource['userName']) ?? null) : name
}

const givenNamePath = parseMapPath('name.givenName')
const familyNamePath = parseMapPath('name.familyName')

function listWorkKeys(emails: JsonValue | undefined): string[] {
  if (!Array.isArray(emails)) return []
  const keys = emails.flatMap((email) => {
    if (typeof email !== 'object' || email === null || Array.isArray(email)) return []
    const { type, value } = email
    return typeof type === 'string' && type.toLowerCase() === 'work' && typeof value === 'string'
      ? [foldCase(value)]
      : []
  })
  return [...new Set(keys)]
}

function readText(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
