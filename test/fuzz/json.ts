// JSON as a tree that can also hold what JSON.stringify never writes: members given twice, and text that is no JSON at all.
export type Json = null | boolean | number | string | readonly Json[] | Members | Raw

/** An object; names may repeat. */
export class Members {
  readonly entries: readonly (readonly [string, Json])[]

  constructor(entries: readonly (readonly [string, Json])[]) {
    this.entries = entries
  }
}

/** Text that is written as it is. */
export class Raw {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** What a plain object literal means; members that are undefined are left out. */
export interface Plain {
  readonly [name: string]: Json | Plain | readonly (Json | Plain)[] | undefined
}

export function toJson(value: Json | Plain | readonly (Json | Plain)[]): Json {
  if (value === null || typeof value !== 'object' || value instanceof Members || value instanceof Raw) return value
  if (isList(value)) return value.map(toJson)
  return new Members(
    Object.entries(value).flatMap(([name, inner]) => (inner === undefined ? [] : [[name, toJson(inner)] as const])),
  )
}

export function isList(value: Json | Plain | readonly (Json | Plain)[]): value is readonly Json[] {
  return Array.isArray(value)
}

export function write(value: Json): string {
  if (value instanceof Raw) return value.text
  if (value instanceof Members)
    return `{${value.entries.map(([name, inner]) => `${JSON.stringify(name)}:${write(inner)}`).join(',')}}`
  if (isList(value)) return `[${value.map(write).join(',')}]`
  return JSON.stringify(value)
}
