// PATCH of `schemas` (RFC 7644 section 3.5.2).
import type { JsonObject, JsonValue } from '../db/tables.ts'
import { AppError } from '../errors.ts'
import { type Reading, repair } from './notes.ts'
import type { ResourceType } from './schema.ts'

/** The schemas that there is data of. */
export function listSchemas(resource: JsonObject, { schema, extensions }: ResourceType): string[] {
  return [schema.id, ...[...extensions.values()].map(({ id }) => id).filter((id) => Object.hasOwn(resource, id))]
}

/**
 * Checks what a PATCH would make of `schemas`, which follow from the data: a schema of the type may be named before there is
 * data of it, and goes with its last data. In strict mode throws invalid_syntax for schemas that the type does not have, and
 * mutability where one is left out that there is data of.
 */
export function checkSchemas(
  after: JsonValue | undefined,
  present: readonly string[],
  type: ResourceType,
  reading: Reading,
): void {
  const named = (Array.isArray(after) ? after : []).filter((urn) => typeof urn === 'string')
  const known = new Set(named.map((urn) => urn.toLowerCase()))
  for (const urn of named) {
    if (urn.toLowerCase() === type.schema.id.toLowerCase() || type.extensions.has(urn.toLowerCase())) continue
    const shown = urn.slice(0, 200)
    const unknown = (): AppError => new AppError('invalid_syntax', `schemas: ${shown} is unknown.`)
    repair(reading, 'schemas', `${shown} is unknown: ignored`, unknown)
  }
  for (const urn of present) {
    if (known.has(urn.toLowerCase())) continue
    const kept = (): AppError =>
      new AppError('mutability', `schemas: ${urn} cannot be left out; remove the attributes of an extension instead.`)
    repair(reading, 'schemas', `${urn} was kept: there is data of it`, kept)
  }
}
