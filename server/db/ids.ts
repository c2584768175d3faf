// Ids are a readable prefix and a ULID-shaped tail: 48 bits of milliseconds, 80 bits of chance, in Crockford's base 32,
// lower case. They sort by creation time (text columns use the "C" collation), need no database round trip, and cannot
// spell "bulkId" (RFC 7643 section 3.1), for the alphabet has no i, l, o or u.
import { randomBytes } from 'node:crypto'

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

export type IdPrefix = 'org' | 'dir' | 'emp' | 'grp' | 'res' | 'tok' | 'req' | 'iss'

/** A new id such as `emp_01kaq3v5w8f2…`; `now` orders it. */
export function createId(prefix: IdPrefix, now: Date): string {
  return `${prefix}_${encodeTime(now.getTime())}${encodeBytes(randomBytes(16))}`
}

function encodeTime(milliseconds: number): string {
  let text = ''
  for (let rest = milliseconds, place = 0; place < 10; place++, rest = Math.floor(rest / 32)) {
    text = alphabet.charAt(rest % 32) + text
  }
  return text
}

function encodeBytes(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += alphabet.charAt(byte & 31)
  return text
}
