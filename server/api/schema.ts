// JSON Schemas (2020-12), which is what OpenAPI 3.1 has, and the TypeScript types that they stand for.

/** One with a title is a component of the OpenAPI document, under that name. */
export type Schema = Readonly<Record<string, unknown>>

export type Properties = Readonly<Record<string, Schema>>

interface Primitives {
  readonly string: string
  readonly integer: number
  readonly number: number
  readonly boolean: boolean
  readonly null: null
}

/** What a schema lets through, after its defaults were filled in; unknown where it is not one of the simple kinds. */
export type Value<S> = S extends { const: infer Constant }
  ? Constant
  : S extends { enum: readonly (infer One)[] }
    ? One
    : S extends { type: keyof Primitives }
      ? Primitives[S['type']]
      : S extends { type: readonly (infer Name)[] }
        ? Primitives[Name & keyof Primitives]
        : S extends { type: 'array'; items: infer Item }
          ? Value<Item>[]
          : S extends { type: 'object'; properties: infer Members }
            ? Values<Members, S extends { required: readonly (infer Name)[] } ? Name : never>
            : unknown

/** The values of properties: those that are required or have a default are there. */
export type Values<Members, Required = never> = {
  readonly [Name in Given<Members, Required>]: Value<Members[Name]>
} & {
  readonly [Name in Exclude<keyof Members, Given<Members, Required>>]?: Value<Members[Name]>
}

type Given<Members, Required> = {
  [Name in keyof Members]: Name extends Required ? Name : Members[Name] extends { default: unknown } ? Name : never
}[keyof Members]

/** An object with exactly these members, all of them there but those named as optional. */
export function objectOf(properties: Properties, optional: readonly string[] = []): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name))
  return { type: 'object', properties, required }
}

/** A component that describes an object; all members are always there but those named as optional. */
export function component(
  title: string,
  description: string,
  properties: Properties,
  optional?: readonly string[],
): Schema {
  return { title, description, ...objectOf(properties, optional) }
}

/** `{data}`: a list that has all there is. */
export function dataOf(item: Schema): Schema {
  return objectOf({ data: { type: 'array', items: item } })
}

/** A value of a schema as a word of a sentence: text as it is, nothing for undefined. */
export function toText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}
