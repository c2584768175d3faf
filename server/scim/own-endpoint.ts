import type { JsonObject } from '../db/tables.ts'
import { transaction } from '../db/transaction.ts'
import { foldCase } from '../directory/keys.ts'
import {
  createOwnResource,
  deleteOwnResource,
  listOwnResources,
  type OwnType,
  readOwnResource,
  type ResourceDraft,
  updateOwnResource,
} from '../directory/resources.ts'
import type { Endpoint } from './endpoint.ts'
import { keepImmutable } from './mutability.ts'
import { findType } from './organization-schema.ts'
import { applyOperations } from './patch.ts'
import { readIfMatch } from './preconditions.ts'
import type { ResourceType, Schema } from './schema.ts'

/** A resource type of one's own over the directory. PATCH answers with the resource. */
export function createOwnEndpoint(own: OwnType): Endpoint {
  const { name, endpoint } = own
  return {
    typeName: name,
    path: endpoint,
    answersPatch: true,
    read: ({ db, actor }, id, rendering) => readOwnResource(db, actor, own, id, rendering),
    list: (_, request) => listOwnResources(own, request),
    create: async ({ db, actor, schema }, resource) => ({
      id: await createOwnResource(db, actor, own, toDraft(resource, findType(schema, name))),
    }),
    replace: async ({ db, actor, headers, schema }, id, resource) => {
      const type = findType(schema, name)
      const plan = (current: ResourceDraft): ResourceDraft =>
        toDraft(keepImmutable(toResource(current), resource, type), type)
      const version = await transaction(db, (tx) => updateOwnResource(tx, actor, own, id, plan, readIfMatch(headers)))
      return { id, version }
    },
    patch: async ({ db, actor, headers, schema, reading }, id, operations) => {
      const type = findType(schema, name)
      const noted = reading.notes.length
      const version = await transaction(db, (tx) => {
        reading.notes.length = noted // a second attempt plans again
        const plan = (current: ResourceDraft): ResourceDraft =>
          toDraft(applyOperations(toResource(current), operations, type, reading).resource, type)
        return updateOwnResource(tx, actor, own, id, plan, readIfMatch(headers))
      })
      return { id, version }
    },
    remove: ({ db, actor, headers }, id) =>
      transaction(db, (tx) => deleteOwnResource(tx, actor, own, id, readIfMatch(headers))),
  }
}

function toDraft({ externalId, ...resource }: JsonObject, type: ResourceType): ResourceDraft {
  const uniqueKeys: Record<string, string> = {}
  addUniqueKeys(uniqueKeys, resource, type.schema, '')
  for (const extension of type.extensions.values()) {
    addUniqueKeys(uniqueKeys, (resource[extension.id] ?? {}) as JsonObject, extension, `${extension.id}:`)
  }
  return { resource, externalId: typeof externalId === 'string' ? externalId : null, uniqueKeys }
}

function addUniqueKeys(keys: Record<string, string>, container: JsonObject, schema: Schema, prefix: string): void {
  for (const { name, uniqueness, caseExact } of schema.attributes.values()) {
    const value = container[name]
    if (uniqueness !== 'server' || value === undefined) continue
    keys[prefix + name] = typeof value === 'string' && !caseExact ? foldCase(value) : JSON.stringify(value)
  }
}

function toResource({ resource, externalId }: ResourceDraft): JsonObject {
  return externalId === null ? resource : { ...resource, externalId }
}
