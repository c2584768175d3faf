// What an endpoint of a JSON API is: one declaration gives the route, the checks, the OpenAPI operation and the reference page.
import type { Scope } from '../db/tables.ts'
import type { Properties, Schema, Value, Values } from './schema.ts'

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'

/** What is said of an endpoint, whoever calls it. */
export interface Description {
  readonly operationId: string
  /** The name of one of the face's tags. */
  readonly tag: string
  readonly method: Method
  /** Below the face's own, with parameters as in OpenAPI: `/employees/{id}`. */
  readonly path: string
  /** A few words. */
  readonly summary: string
  readonly description?: string
  /** All of them are needed. */
  readonly scopes: readonly Scope[]
  /** What is in the path; a value that does not meet its schema is one that does not exist. */
  readonly params?: Properties
  /** What may be in the query: text, integers and booleans. */
  readonly query?: Properties
  readonly body?: Schema
  /** A media type that a body may have instead of JSON, and the member of the body that its text becomes. */
  readonly text?: { readonly mediaType: 'text/csv'; readonly member: string }
  /** The longest body, in bytes; 1 MiB where it is left out. */
  readonly maxBodyBytes?: number
  /** 204 has no answer. */
  readonly status: 200 | 201 | 202 | 204
  readonly answer?: Schema
  /** Instead of an answer: Server-Sent Events whose data are of this schema. `run` returns them as an AsyncIterable of ServerEvent. */
  readonly events?: Schema
  /** What it answers beside what every endpoint may answer, and beside 404 where there is something in the path. */
  readonly errors?: readonly (404 | 409 | 410)[]
}

/** One of a stream (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export interface ServerEvent {
  /** What a client that comes back sends as Last-Event-ID. */
  readonly id: string
  readonly event: string
  /** Sent as JSON. */
  readonly data: unknown
}

export interface Call<Caller, Params, Query, Body> {
  readonly caller: Caller
  readonly params: Params
  readonly query: Query
  readonly body: Body
  /** What was seen last of a stream; undefined where it begins. */
  readonly lastEventId: string | undefined
}

export interface Endpoint<Caller> extends Description {
  /** Returns what is answered as JSON; undefined means that it is not there. */
  run(call: Call<Caller, unknown, unknown, unknown>): Promise<unknown>
}

interface Declaration<Caller, P extends Properties, Q extends Properties, B extends Schema> extends Description {
  readonly params?: P
  readonly query?: Q
  readonly body?: B
  run(call: Call<Caller, Values<P, keyof P>, Values<Q>, Value<B>>): Promise<unknown>
}

/** How a face declares its endpoints: what `run` gets has the types that the schemas say. */
export function declareFor<Caller>() {
  return <const P extends Properties, const Q extends Properties, const B extends Schema>(
    declaration: Declaration<Caller, P, Q, B>,
  ): Endpoint<Caller> => declaration
}

/** A request that wants in. */
export interface Admission {
  readonly authorization: string | undefined
  readonly scopes: readonly Scope[]
  /** What is in the path, not yet checked. */
  readonly params: Readonly<Record<string, string>>
  readonly requestId: string
  readonly at: Date
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal
}

export interface FaceDescription {
  /** Where it is mounted, such as `/v1/hr`. */
  readonly base: string
  readonly tags: readonly { readonly name: string; readonly description: string }[]
  readonly endpoints: readonly Description[]
}

/** Some endpoints with one way to sign in. */
export interface Face<Caller> extends FaceDescription {
  readonly endpoints: readonly Endpoint<Caller>[]
  /** The scope that even who asks for an unknown endpoint must have; undefined where those who sign in have none. */
  readonly scope?: Scope
  /** Throws unauthorized, insufficient_scope, rate_limited, and not_found for what the path names and the caller cannot reach. */
  admit(admission: Admission): Promise<Caller>
}
