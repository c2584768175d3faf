// Reading what a source answered.
import { type Json, type JsonObject, ProviderError } from './provider.ts'

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A text without spaces around it, or a number as text; nothing where there is nothing to read. */
export function readText(value: Json | undefined): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  const text = String(value).trim()
  return text === '' ? undefined : text
}

/** The objects of an array; nothing where it is none. */
export function readObjects(value: Json | undefined): JsonObject[] | undefined {
  return Array.isArray(value) ? value.filter((item) => isObject(item)) : undefined
}

/** For an answer that is not what the source documents. */
export function createAnswerError(source: string, what: string): ProviderError {
  return new ProviderError(
    'unexpected',
    `${source} answered without ${what}. If it goes on, look for a newer version of Rollcall.`,
  )
}
