// What the SCIM routes need of a resource type: the bridge from the protocol to the directory.
import type { JsonObject } from '../db/tables.ts'
import type { Listed, ListRequest, Rendering, Representation } from '../directory/listing.ts'
import type { Exchange } from './exchange.ts'
import type { Operation } from './patch-syntax.ts'

export interface Endpoint {
  readonly typeName: string
  /** Where it is served: `/Users`. */
  readonly path: string
  /** Whether PATCH answers with the resource or with 204. */
  readonly answersPatch: boolean
  read(exchange: Exchange, id: string, rendering: Rendering): Promise<Representation | undefined>
  /** What listing reads; it is read together with other types where the root is asked. */
  list(exchange: Exchange, request: ListRequest): Listed
  create(exchange: Exchange, resource: JsonObject, rendering: Rendering): Promise<Written>
  replace(exchange: Exchange, id: string, resource: JsonObject, rendering: Rendering): Promise<Written>
  patch(exchange: Exchange, id: string, operations: readonly Operation[], rendering: Rendering): Promise<Written>
  remove(exchange: Exchange, id: string): Promise<void>
}

/** What a write made of a resource. */
export interface Written {
  readonly id: string
  readonly version?: number
  /** The resource as it was written, where the write itself returned it; else it is to be read. */
  readonly representation?: Representation
}
