// One request and what is known of it once it is signed in and read; handlers take it and return an answer.
import type { IncomingHttpHeaders } from 'node:http'
import type { Principal } from '../auth/principal.ts'
import type { Database } from '../db/connect.ts'
import type { Scope } from '../db/tables.ts'
import type { Actor } from '../directory/actor.ts'
import type { Cursors } from './cursors.ts'
import type { Reading } from './notes.ts'
import type { OrganizationSchema } from './organization-schema.ts'

export interface Exchange {
  readonly db: Database
  readonly actor: Actor
  readonly principal: Principal
  readonly schema: OrganizationSchema
  readonly reading: Reading
  readonly cursors: Cursors
  /** `https://host/scim/v2`: what precedes an endpoint in locations. */
  readonly baseUrl: string
  readonly headers: IncomingHttpHeaders
  readonly query: Query
  /** The id in the path, where there is one. */
  readonly id: string
  /** The parsed JSON body; undefined where there is none. */
  readonly body: unknown
}

export interface Answer {
  readonly status: number
  readonly body?: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
}

export interface Handler {
  /** What the token must be allowed to do; undefined where the handler looks at each part of the request. */
  readonly scope: Scope | undefined
  readonly takesBody: boolean
  readonly handle: (exchange: Exchange) => Promise<Answer>
}

/** The query parameters; the first of each, by lower-case name. */
export type Query = ReadonlyMap<string, string>
