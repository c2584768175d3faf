// An entry as it is read: attributes by their names in any case, those without a value left out.
import type { Entry } from 'ldapts'

export type LdapValue = string | Buffer

export interface LdapEntry {
  readonly dn: string
  /** Names in lower case, with their options, such as `member;range=0-1499`. */
  readonly attributes: ReadonlyMap<string, readonly LdapValue[]>
}

/** Reads an entry as ldapts has it: one value is a text, several are an array, and none is an empty one. */
export function readEntry({ dn, ...rest }: Entry): LdapEntry {
  const attributes = new Map<string, LdapValue[]>()
  for (const [name, value] of Object.entries(rest)) {
    const values: LdapValue[] = Array.isArray(value) ? [...value] : [value]
    if (values.length > 0) attributes.set(name.toLowerCase(), values)
  }
  return { dn, attributes }
}

/** The values of an attribute as text, without spaces around them; bytes that are no text in base64. */
export function readValues({ attributes }: LdapEntry, name: string): string[] {
  const values = attributes.get(name.toLowerCase()) ?? []
  return values
    .map((value) => (typeof value === 'string' ? value.trim() : value.toString('base64')))
    .filter((value) => value !== '')
}

export function readFirst(entry: LdapEntry, name: string): string | undefined {
  return readValues(entry, name)[0]
}

/** The bytes of an attribute. What is text to UTF-8 by chance is still the same bytes. */
export function readBytes({ attributes }: LdapEntry, name: string): Buffer | undefined {
  const value = attributes.get(name.toLowerCase())?.[0]
  return typeof value === 'string' ? Buffer.from(value, 'utf8') : value
}
