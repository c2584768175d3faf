// Pages that are stored together: one row of run_pages.
import type { Json, JsonObject, Page, SourceFault, SourceRecord } from '../../../providers/provider.ts'
import { cleanText } from '../mapping/values.ts'
import { hashRecord, SetDigest } from './record-hash.ts'

// Small enough that what is made of them is forgotten soon, and does not fill the memory.
const maxRecords = 500
// PostgreSQL has no place for longer ones in an index.
const maxIdBytes = 1000

export interface HashedRecord {
  readonly record: SourceRecord
  readonly hash: string
}

/** Ids of members of one group, as they were stated in one way. */
export interface StatedMembers {
  /** '' for those who state to be in none. */
  readonly groupId: string
  readonly memberType: 'user' | 'group'
  readonly statedBy: 'member' | 'group'
  readonly memberIds: readonly string[]
}

export class PageBatch {
  /** Of the last page. */
  number = 0
  cursor: Json | undefined
  totalPages: number | undefined
  readonly #deletedIds = new Set<string>()
  readonly faults: SourceFault[] = []
  readonly #records: SourceRecord[] = []
  #began = performance.now()

  get isEmpty(): boolean {
    return this.number === 0
  }

  /** Of a batch with pages, since the first one, in milliseconds. */
  get ageMs(): number {
    return this.isEmpty ? 0 : performance.now() - this.#began
  }

  /** How many records were read, also those that came twice. */
  get count(): number {
    return this.#records.length
  }

  mustMakeRoom({ records }: Page): boolean {
    return !this.isEmpty && this.count + records.length > maxRecords
  }

  add({ records, deletedIds = [], faults = [], cursor, totalPages }: Page, number: number): void {
    if (this.isEmpty) this.#began = performance.now()
    this.number = number
    this.cursor = cursor ?? undefined
    this.totalPages ??= totalPages
    for (const id of deletedIds) this.#deletedIds.add(cleanText(id))
    for (const { record, message } of faults) {
      this.faults.push({ record: cleanText(record), message: cleanText(message) })
    }
    for (const record of records) this.#addRecord(record)
  }

  #addRecord(record: SourceRecord): void {
    const id = cleanText(record.id)
    if (id !== '' && Buffer.byteLength(id) <= maxIdBytes) {
      // Who is told of after that is back.
      this.#deletedIds.delete(id)
      this.#records.push(id === record.id ? record : { ...record, id })
      return
    }
    const message = id === '' ? 'The record has no id.' : `The id is longer than ${maxIdBytes} bytes.`
    this.faults.push({ record: id.slice(0, 80), message })
  }

  get deletedIds(): string[] {
    return [...this.#deletedIds]
  }

  hash(rules: string): HashedRecord[] {
    return this.#records.map((record) => ({ record, hash: hashRecord(record, rules) }))
  }

  /** What is stated of a member counts as it was stated last; of a group all parts do. */
  listMembers(): StatedMembers[] {
    const stated = new Stated()
    for (const { id, type, groups } of listLast(this.#records, (record) => record)) {
      for (const group of groups?.length === 0 ? [''] : (groups ?? [])) stated.add('member', type, cleanText(group), id)
    }
    for (const { id, type, members } of this.#records) {
      if (members === undefined || type !== 'group') continue
      stated.add('group', 'user', id)
      for (const member of members) stated.add('group', member.type, id, cleanText(member.id))
    }
    return stated.list()
  }
}

class Stated {
  readonly #stated = new Map<string, Omit<StatedMembers, 'memberIds'> & { readonly memberIds: Set<string> }>()

  add(statedBy: 'member' | 'group', memberType: 'user' | 'group', groupId: string, memberId?: string): void {
    const key = `${statedBy} ${memberType} ${groupId}`
    let one = this.#stated.get(key)
    if (one === undefined) {
      one = { groupId, memberType, statedBy, memberIds: new Set() }
      this.#stated.set(key, one)
    }
    if (memberId !== undefined) one.memberIds.add(memberId)
  }

  list(): StatedMembers[] {
    return [...this.#stated.values()].map((one) => ({ ...one, memberIds: [...one.memberIds] }))
  }
}

/** Of records that come twice the later ones. */
export function listLast<Item>(items: readonly Item[], recordOf: (item: Item) => SourceRecord): Item[] {
  const last = new Map<string, Item>()
  for (const item of items) {
    const { type, id } = recordOf(item)
    last.set(`${type} ${id}`, item)
  }
  return [...last.values()]
}

/** Field → in how many records of people it has a value. */
export function countFields(records: readonly HashedRecord[]): Record<string, number> {
  const counts = new Map<string, number>()
  for (const { record } of records) {
    if (record.type === 'user') countPresent(counts, record.fields)
  }
  return Object.fromEntries(counts)
}

function countPresent(counts: Map<string, number>, fields: JsonObject): void {
  for (const name of Object.keys(fields)) {
    const value = fields[name]
    // An empty list is said: that nobody is away is no field that is gone.
    if (value === null || value === '' || value === undefined) continue
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
}

/** A digest of all that was read, wherever a batch ends. */
export function digestBatch(read: readonly HashedRecord[], deletedIds: readonly string[]): string {
  const digest = new SetDigest()
  for (const { record, hash } of read) {
    const { type, id, groups, members = [] } = record
    digest.add(JSON.stringify([type, id, hash, groups?.toSorted()]))
    for (const member of members) digest.add(JSON.stringify(['member', id, member.type, member.id]))
  }
  for (const id of deletedIds) digest.add(JSON.stringify(['deleted', id]))
  return digest.toString()
}
