// Reads the query of a request target.
import { AppError } from '../errors.ts'
import type { Query } from './exchange.ts'

const maxLength = 16_000

/**
 * The parameters by lower-case name. "+" is a space, as forms write it, but where a value has spaces as %20 its plus signs
 * are meant: clients that encode so leave the plus of "ann+hr@…" alone. Throws invalid_syntax, invalid_value.
 */
export function readQuery(target: string): Query {
  const at = target.indexOf('?')
  const query = new Map<string, string>()
  if (at === -1) return query
  if (target.length - at > maxLength)
    throw new AppError('invalid_value', `The query is longer than ${maxLength} characters; use POST /.search.`)
  for (const part of target.slice(at + 1).split('&')) {
    if (part === '') continue
    const equals = part.indexOf('=')
    const name = decode(equals === -1 ? part : part.slice(0, equals)).toLowerCase()
    const value = equals === -1 ? '' : decode(part.slice(equals + 1))
    if (query.has(name) && query.get(name) !== value)
      throw new AppError('invalid_value', `The parameter ${name} is given twice.`)
    query.set(name, value)
  }
  if (query.has('access_token')) throw refuseToken()
  return query
}

// A token goes into the header and nowhere else (RFC 6750 section 2), for addresses end up in logs.
function refuseToken(): AppError {
  const detail = 'A token in the query is not taken; send it as Authorization: Bearer alone.'
  return new AppError('invalid_syntax', detail, { data: { challenge: 'invalid_request' } })
}

function decode(text: string): string {
  const spaced = text.includes('%20') ? text : text.replaceAll('+', ' ')
  try {
    return decodeURIComponent(spaced)
  } catch {
    throw new AppError('invalid_syntax', 'The query is not percent-encoded UTF-8.')
  }
}
