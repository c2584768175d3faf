// Reads the query of a request target as the schemas of its parameters say.
import { AppError } from '../errors.ts'
import type { Properties, Schema } from './schema.ts'

/**
 * The parameters by name: integers and booleans are read, and what cannot be stays text, for the check to refuse. Throws
 * invalid_syntax, and invalid_value naming a parameter that is unknown or given twice.
 */
export function readQuery(target: string, declared: Properties): Record<string, unknown> {
  const at = target.indexOf('?')
  const given = new Map<string, string>()
  for (const part of at === -1 ? [] : target.slice(at + 1).split('&')) {
    if (part === '') continue
    const equals = part.indexOf('=')
    const name = decode(equals === -1 ? part : part.slice(0, equals))
    const value = equals === -1 ? '' : decode(part.slice(equals + 1))
    if (!Object.hasOwn(declared, name)) throw refuse(name, `is not a parameter here; ${listNames(declared)}.`)
    if (given.has(name)) throw refuse(name, 'is given twice; send it once.')
    if (value.includes('\0')) throw refuse(name, 'holds the character U+0000, which nothing can have.')
    given.set(name, value)
  }
  return Object.fromEntries(Array.from(given, ([name, value]) => [name, readValue(value, declared[name])]))
}

function refuse(param: string, what: string): AppError {
  return new AppError('invalid_value', `${param} ${what}`, { data: { param } })
}

function listNames(declared: Properties): string {
  const names = Object.keys(declared)
  return names.length === 0 ? 'there are none' : `there are ${names.join(', ')}`
}

function readValue(text: string, schema: Schema | undefined): unknown {
  if (schema?.['type'] === 'integer' && /^-?\d{1,15}$/.test(text)) return Number(text)
  if (schema?.['type'] === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}

// As forms write it: curl -G --data-urlencode, URLSearchParams.
function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw new AppError('invalid_syntax', 'The query is not percent-encoded UTF-8.')
  }
}
