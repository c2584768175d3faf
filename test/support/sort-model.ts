// How a list is sorted, written a second time: in memory, from RFC 7644 section 3.4.2.3, over the JSON that GET returns.
// Nothing of the server is used here.
import type { Body } from './scim-client.ts'

/** What a resource is sorted by; undefined where it has no value. */
export type Key = string | number | bigint | undefined

/** Without a value last, or first in descending order; equal ones by id. */
export function sortResources(resources: readonly Body[], keyOf: (resource: Body) => Key, descending: boolean): Body[] {
  return resources.toSorted((a, b) => {
    const order = compareKeys(keyOf(a), keyOf(b))
    return (descending ? -order : order) || compareTexts(String(a['id']), String(b['id']))
  })
}

function compareKeys(a: Key, b: Key): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined)
  if (typeof a === 'string' && typeof b === 'string') return compareTexts(a, b)
  return a < b ? -1 : Number(a > b)
}

// By code points, as bytes of UTF-8 are ordered and UTF-16 is not.
function compareTexts(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

/** A text that is not case-exact. */
export function fold(text: unknown): string | undefined {
  return typeof text === 'string' ? text.normalize().toLowerCase().replaceAll('ς', 'σ') : undefined
}

/** The microseconds since 1970 of a dateTime; what has no zone is in UTC, and what is finer is rounded. */
export function instant(text: unknown): bigint | undefined {
  if (typeof text !== 'string') return undefined
  const [, seconds = '', fraction = '', zone = ''] = /^(.{19})(?:\.(\d+))?(.*)$/.exec(text) ?? []
  const micros = Math.round(Number(`0.${fraction || '0'}`) * 1e6)
  return BigInt(Date.parse(`${seconds}${zone || 'Z'}`)) * 1000n + BigInt(micros)
}

/** Of several values the primary one, else the first. */
export function main(values: unknown): Body | undefined {
  if (!Array.isArray(values)) return undefined
  return (values as Body[]).find((value) => value['primary'] === true) ?? (values as Body[])[0]
}
