// Ids are a readable prefix and a ULID-shaped tail: 48 bits of milliseconds, 80 bits of chance, in Crockford's base 32,
// lower case. They sort by creation time (text columns use the "C" collation), need no database round trip, and cannot
// spell "bulkId" (RFC 7643 section 3.1), for the alphabet has no i, l, o or u.
import { randomUUID } from 'node:crypto'

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

export type IdPrefix =
  | 'org'
  | 'dir'
  | 'emp'
  | 'grp'
  | 'res'
  | 'tok'
  | 'req'
  | 'iss'
  | 'sync'
  | 'evt'
  | 'hook'
  | 'trg'
  | 'feed'
  | 'dlv'
  | 'key'
  | 'link'
  | 'loc'

/** A new id such as `emp_01kaq3v5w8f2…`; `now` orders it. */
export function createId(prefix: IdPrefix, now: Date): string {
  return `${prefix}_${encodeTime(now.getTime())}${encodeChance()}`
}

function encodeTime(milliseconds: number): string {
  let text = ''
  for (let rest = milliseconds, place = 0; place < 10; place++, rest = Math.floor(rest / 32)) {
    text = alphabet.charAt(rest % 32) + text
  }
  return text
}

// Node keeps chance for UUIDs in store, so that it need not ask the system each time. Twenty of their digits are free of meaning.
function encodeChance(): string {
  const uuid = randomUUID()
  const digits = uuid.slice(0, 8) + uuid.slice(24)
  let text = ''
  for (let at = 0; at < 20; at += 5) text += encodeFour(Number.parseInt(digits.slice(at, at + 5), 16))
  return text
}

function encodeFour(number: number): string {
  let text = ''
  for (let shift = 15; shift >= 0; shift -= 5) text += alphabet.charAt((number >> shift) & 31)
  return text
}
