// What tells whether a record has changed, and whether two pulls said the same.
import { hash } from 'node:crypto'
import type { Json, SourceRecord } from '../../../providers/provider.ts'

/** Of what a record says, whatever the order of its fields, and of the rules by which it is read. Groups are not of it. */
export function hashRecord({ fields }: SourceRecord, rules: string): string {
  return hash('sha256', rules + JSON.stringify(sortNames(fields)), 'base64url')
}

// Most sources have one order; then nothing is copied that has not to be.
function sortNames(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.some(isNested) ? value.map(sortNames) : value
  const names = Object.keys(value)
  const isSorted = names.every((name, index) => index === 0 || (names[index - 1] ?? '') < name)
  if (isSorted && !Object.values(value).some(isNested)) return value
  return Object.fromEntries(names.toSorted().map((name) => [name, sortNames(value[name] ?? null)]))
}

function isNested(value: Json): boolean {
  return typeof value === 'object' && value !== null
}

/** A digest of a set: whatever the order in which, and the pages on which, the parts come. */
export class SetDigest {
  readonly #sums = new Uint32Array(8)

  add(part: string): void {
    const bytes = hash('sha256', part, 'buffer')
    for (let at = 0; at < 8; at++) this.#sums[at] = (this.#sums[at] ?? 0) + bytes.readUInt32LE(at * 4)
  }

  /** Adds all that another one has, as it was written. */
  addWritten(digest: string): void {
    const bytes = Buffer.from(digest, 'base64url')
    for (let at = 0; at < 8; at++) this.#sums[at] = (this.#sums[at] ?? 0) + bytes.readUInt32LE(at * 4)
  }

  toString(): string {
    const bytes = Buffer.alloc(32)
    for (const [at, sum] of this.#sums.entries()) bytes.writeUInt32LE(sum, at * 4)
    return bytes.toString('base64url')
  }
}
