// The parameters that only these endpoints have. One that is empty is not given, as everywhere in SCIM.
import { AppError } from '../../errors.ts'
import type { Query } from '../exchange.ts'

/** A text, or undefined. Throws invalid_value for one that no database text can be. */
export function readText(query: Query, name: string): string | undefined {
  const text = query.get(name.toLowerCase())
  if (text?.includes('\0') === true) throw new AppError('invalid_value', `${name} holds the character U+0000.`)
  return text === '' ? undefined : text
}

/** true or false, in any case. Throws invalid_value. */
export function readFlag(query: Query, name: string, fallback: boolean): boolean {
  const text = readText(query, name)?.toLowerCase()
  if (text === undefined) return fallback
  if (text !== 'true' && text !== 'false') throw new AppError('invalid_value', `${name} must be true or false.`)
  return text === 'true'
}

/** One of some words, in any case. Throws invalid_value. */
export function readWord<Word extends string>(
  query: Query,
  name: string,
  words: readonly Word[],
  fallback: Word,
): Word {
  const text = readText(query, name)?.toLowerCase()
  if (text === undefined) return fallback
  const word = words.find((one) => one === text)
  if (word === undefined) throw new AppError('invalid_value', `${name} must be ${words.join(' or ')}.`)
  return word
}

const deepest = 100

/** How many levels to go. Throws invalid_value. */
export function readDepth(query: Query, fallback: number): number {
  const text = readText(query, 'maxDepth')
  if (text === undefined) return fallback
  const depth = /^\d+$/.test(text) ? Number(text) : 0
  if (depth < 1 || depth > deepest) {
    throw new AppError('invalid_value', `maxDepth must be an integer from 1 to ${deepest}.`)
  }
  return depth
}
