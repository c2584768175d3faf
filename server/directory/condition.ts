// A condition on a resource: what a SCIM filter means once its names are resolved against the schema. It becomes SQL in
// condition-sql.ts and a plain function in condition-match.ts.

export type Comparison = 'eq' | 'ne' | 'co' | 'sw' | 'ew' | 'gt' | 'ge' | 'lt' | 'le'

export type AttributeType =
  'string' | 'boolean' | 'integer' | 'decimal' | 'dateTime' | 'binary' | 'reference' | 'complex'

/** An attribute or sub-attribute in its canonical spelling. */
export interface AttributePath {
  /** URN of the extension that the attribute belongs to; undefined for core and common attributes. */
  readonly extension: string | undefined
  readonly name: string
  readonly sub: string | undefined
  /** Whether `name` has several values. */
  readonly multiValued: boolean
  /** Type of what the path ends at. */
  readonly type: AttributeType
  readonly caseExact: boolean
}

export type Condition =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition }
  | { readonly kind: 'present'; readonly path: AttributePath }
  | { readonly kind: 'compare'; readonly path: AttributePath; readonly comparison: Comparison; readonly value: Operand }
  /** One value of the multi-valued attribute meets the whole inner condition, whose paths have `sub` set. */
  | { readonly kind: 'some'; readonly path: AttributePath; readonly of: Condition }
  | { readonly kind: 'constant'; readonly value: boolean }

/** dateTime operands are ISO 8601 strings. null compares with "unassigned". */
export type Operand = string | number | boolean | null

/** What SQL compares with: null has become a question of presence by then. */
export type Value = NonNullable<Operand>

/** The path as text: `emails.value`, `urn:…:User:manager.value`. Used to find columns, and in messages. */
export function pathKey(path: AttributePath): string {
  const name = path.sub === undefined ? path.name : `${path.name}.${path.sub}`
  return path.extension === undefined ? name : `${path.extension}:${name}`
}
