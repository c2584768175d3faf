// Filters of searches (RFC 4511 section 4.5.1.7), as a domain controller understands them.
import { normalizeDn } from '../../providers/ldap/dn.ts'
import { type Element, readElements } from './ldap-ber.ts'

export type FakeValue = string | Buffer

export interface FakeAttribute {
  /** As the server writes it. */
  readonly name: string
  readonly values: readonly FakeValue[]
}

export interface FakeEntry {
  readonly dn: string
  /** The name as it is compared. */
  readonly key: string
  /** By their names in lower case. */
  readonly attributes: ReadonlyMap<string, FakeAttribute>
}

export function createEntry(dn: string, attributes: Readonly<Record<string, readonly FakeValue[]>>): FakeEntry {
  const byName = Object.entries(attributes).map(([name, values]) => [name.toLowerCase(), { name, values }] as const)
  return { dn, key: normalizeDn(dn), attributes: new Map(byName) }
}

const bitAnd = '1.2.840.113556.1.4.803'
const inChain = '1.2.840.113556.1.4.1941'
const names = new Set(['memberof', 'member', 'manager', 'distinguishedname'])

export interface FilterWorld {
  /** The names of all groups that an entry is in, directly or through others. */
  chain(entry: FakeEntry): ReadonlySet<string>
  /** Attributes that the account may not see. */
  readonly hidden: ReadonlySet<string>
}

export type Test = (entry: FakeEntry) => boolean

/** Reads a filter once, for all entries that are looked at. */
export function compileFilter(filter: Element, world: FilterWorld): Test {
  const some = (): Test[] => readElements(filter).map((one) => compileFilter(one, world))
  switch (filter.tag) {
    case 0xa0: {
      const tests = some()
      return (entry) => tests.every((test) => test(entry))
    }
    case 0xa1: {
      const tests = some()
      return (entry) => tests.some((test) => test(entry))
    }
    case 0xa2: {
      const tests = some()
      return (entry) => tests.every((test) => !test(entry))
    }
    case 0x87:
      return (entry) => readValues(entry, filter.bytes.toString(), world).length > 0
    case 0xa9:
      return compileRule(readElements(filter), world)
    default:
      return compileValue(filter.tag, readElements(filter), world)
  }
}

/** The values of an attribute, in any case; none where the account may not see them. */
export function readValues({ attributes }: FakeEntry, name: string, { hidden }: FilterWorld): readonly FakeValue[] {
  const lower = name.toLowerCase()
  return hidden.has(lower) ? [] : (attributes.get(lower)?.values ?? [])
}

function compileValue(tag: number, [attribute, second]: Element[], world: FilterWorld): Test {
  const name = attribute?.bytes.toString().toLowerCase() ?? ''
  if (second === undefined) throw new Error('a filter has no value')
  const test = compileComparison(tag, name, second)
  return (entry) => readValues(entry, name, world).some(test)
}

function compileComparison(tag: number, name: string, asked: Element): (value: FakeValue) => boolean {
  const text = asked.bytes.toString()
  switch (tag) {
    case 0xa3:
      return (value) => isEqual(name, value, asked.bytes)
    case 0xa4:
      return compilePattern(asked)
    case 0xa5:
      return (value) => compare(String(value), text) >= 0
    case 0xa6:
      return (value) => compare(String(value), text) <= 0
    default:
      throw new Error(`no filter has the tag ${tag}`)
  }
}

function isEqual(name: string, value: FakeValue, asked: Buffer): boolean {
  if (Buffer.isBuffer(value)) return value.equals(asked)
  const text = asked.toString()
  // What is asked as a class is stored as the name of its entry in the schema.
  if (name === 'objectcategory') return value.toLowerCase().startsWith(`cn=${text.toLowerCase()},`)
  return names.has(name) ? normalizeDn(value) === normalizeDn(text) : value.toLowerCase() === text.toLowerCase()
}

// The first part, those between, and the last one.
function compilePattern(asked: Element): (value: FakeValue) => boolean {
  const parts = readElements(asked).map(({ tag, bytes }) => {
    const part = bytes.toString().replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
    return `${tag === 0x80 ? '^' : ''}${part}${tag === 0x82 ? '$' : ''}`
  })
  const pattern = new RegExp(parts.join('.*'), 'i')
  return (value) => pattern.test(String(value))
}

function compare(one: string, other: string): number {
  if (/^\d+$/.test(one) && /^\d+$/.test(other)) return BigInt(one) < BigInt(other) ? -1 : Number(one !== other)
  return one < other ? -1 : Number(one > other)
}

function compileRule(parts: readonly Element[], world: FilterWorld): Test {
  const part = (tag: number): string => parts.find((one) => one.tag === tag)?.bytes.toString() ?? ''
  const [rule, name, asked] = [part(0x81), part(0x82).toLowerCase(), part(0x83)]
  if (rule === inChain && name === 'memberof') return (entry) => world.chain(entry).has(normalizeDn(asked))
  if (rule !== bitAnd) throw new Error(`no rule is called ${rule}`)
  const bits = BigInt(asked)
  return (entry) => readValues(entry, name, world).some((value) => (BigInt(String(value)) & bits) === bits)
}
