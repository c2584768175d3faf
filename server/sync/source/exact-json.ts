// JSON as sources write it, without losing digits.
import type { Json } from '../../../providers/provider.ts'

// Enough digits outside of a string for a number that may be inexact; within one they are looked at in vain, and do no harm.
const suspicion = /(?:^|[:,[\s-])\d{16}/
const stringOrInteger = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/gs

/** Parses JSON; integers that no number holds exactly become strings of their digits. Throws SyntaxError. */
export function parseExactly(text: string): Json {
  const json = text.startsWith('\uFEFF') ? text.slice(1) : text
  const parsed: Json = JSON.parse(suspicion.test(json) ? quoteLongIntegers(json) : json)
  return parsed
}

function quoteLongIntegers(json: string): string {
  return json.replace(stringOrInteger, (token) => (isInexact(token) ? `"${token}"` : token))
}

function isInexact(token: string): boolean {
  return token.length > 15 && /^-?[1-9]\d{15,}$/.test(token) && !Number.isSafeInteger(Number(token))
}
