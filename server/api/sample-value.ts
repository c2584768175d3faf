// A value that a schema allows, made of its examples.
import type { Schema } from './schema.ts'

/** The first example, the constant, the default; or else one that has a sample of every member. */
export function createSampleValue(schema: Schema): unknown {
  const [given] = [schema['examples'], schema['enum']].filter((all) => Array.isArray(all)).flat()
  if (given !== undefined) return given
  for (const keyword of ['const', 'default']) if (keyword in schema) return schema[keyword]
  const { properties, items } = schema as { properties?: Record<string, Schema>; items?: Schema }
  if (properties !== undefined) {
    return Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, createSampleValue(one)]))
  }
  return items === undefined ? null : [createSampleValue(items)]
}
