// What a provider is: data, and one function that opens a source. It never sees the database, the organization, SCIM's protocol or a
// retry. A folder here imports this file, what stands beside it, and Node.

export type Json = string | number | boolean | null | Json[] | { [name: string]: Json }
export type JsonObject = { [name: string]: Json }

/** What a source can do. `users` is every source's. */
export type Capability = 'users' | 'groups' | 'incremental' | 'time_off' | 'authenticate' | 'access_policies'

export interface Provider<Settings extends JsonObject = JsonObject, Cursor extends Json = Json> {
  /** Stored, never renamed; a name of the table *Sources*, such as `hibob`. */
  readonly id: string
  readonly name: string
  /** What a connection needs. Form, checks, docs and sealing come from it. */
  readonly settings: SettingsSchema
  /** Settings beside URLs that say where secrets go, or whom to trust there: where one changes, secrets must be given again. */
  readonly places?: readonly string[]
  /** What the source takes from one connection. */
  readonly rateLimit: RateLimit
  /** SCIM attribute ← field of the source. */
  readonly mapping: Mapping
  /** Fields without which a record would be read wrongly. Where no record of a pull has one, the pull is refused. */
  readonly required: readonly RequiredField[]
  readonly capabilities: readonly Capability[]
  /** Of a source that is a text with columns: their names, and what they most likely mean. Throws ProviderError `settings`. */
  suggest?(settings: Settings): { readonly columns: readonly string[]; readonly mapping: Mapping }
  open(settings: Settings, context: ProviderContext): Source<Cursor>
}

/** JSON Schema of an object with plain properties. */
export interface SettingsSchema {
  readonly type: 'object'
  readonly additionalProperties: false
  readonly required: readonly string[]
  readonly properties: Readonly<Record<string, SettingsProperty>>
}

export interface SettingsProperty {
  readonly type: 'string' | 'integer' | 'boolean'
  readonly title: string
  readonly description: string
  readonly examples?: readonly Json[]
  readonly default?: Json
  readonly enum?: readonly string[]
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  /** A secret: stored sealed, never shown. */
  readonly writeOnly?: boolean
}

export interface RateLimit {
  /** So many requests … */
  readonly requests: number
  /** … within so many milliseconds. */
  readonly perMs: number
  /** So many at once; 1 where it is left out. */
  readonly concurrency?: number
}

export interface RequiredField {
  readonly field: string
  /** What to give the connection so that it sees the field. */
  readonly permission: string
}

/**
 * SCIM attribute → where its value comes from. Attributes are SCIM paths: `name.givenName`, `emails[type eq "work"].value`,
 * `<urn of an extension>:department`. `<enterprise>:manager.value` takes what the source calls the manager, by its own id or else by
 * employee number; `<rollcall>:managerEmail` takes their address. What has no value is left out.
 */
export type Mapping = Readonly<Record<string, MappingRule>>

/** The name of a field, or more exactly where the value comes from. */
export type MappingRule = string | FieldRule | ConstantRule

export interface FieldRule {
  /** Fields; the first that has a value counts. */
  readonly from: string | readonly string[]
  readonly transform?: Transform
  /** Value, in any case → what becomes of it. `*` is for all others; without it what is not in the table has no value. */
  readonly table?: Readonly<Record<string, string | boolean>>
}

export interface ConstantRule {
  readonly value: string | boolean
}

/**
 * `text`: as a string without spaces around it, which is done anyway; `lowercase`; `date`: any of the forms that sources use →
 * YYYY-MM-DD, without moving it between time zones; `boolean`: yes, no, true, false, 1, 0, active, inactive.
 */
export const transforms = ['text', 'lowercase', 'date', 'boolean'] as const
export type Transform = (typeof transforms)[number]

/**
 * What `<rollcall>:employmentStatus` is mapped to. `pending` is somebody who has not begun yet: inactive, and without a status until their
 * first day. What a source says and no table knows has no value, and is never taken for active.
 */
export const employmentStatuses = [
  'pending',
  'active',
  'on_leave',
  'suspended',
  'terminated',
  'retired',
  'contractor',
] as const

export const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
export const rollcall = 'urn:ietf:params:scim:schemas:extension:rollcall:2.0:User'

export interface ProviderContext {
  /**
   * Sends a request to the source: limited to its rate, over TLS, not to private addresses, within limits of time and size. What the
   * source is too busy for, or fails at in passing, is sent again by what Retry-After says, or later and later; a POST only where
   * `isRead` says that it changes nothing. Throws ProviderError for what is no success: `settings` for 401 and 403, `rate_limited`,
   * `transient`, and `unexpected` for any other status that `accepts` does not name.
   */
  fetch(request: ProviderRequest): Promise<ProviderResponse>
  /**
   * An address of a host that a connection over TLS may be made to, for what is no HTTP: by the same rules as those of `fetch`. The
   * connection must go to that address, and its certificate be for the host. Throws ProviderError: `settings`, `transient`.
   */
  resolve(host: string): Promise<string>
  /**
   * Does a piece of work that asks the source once, but not by `fetch`: limited to its rate, and again, later and later, where it throws
   * ProviderError `transient` or `rate_limited`. The work itself heeds the signal. Never within another one.
   */
  attempt<Result>(work: () => Promise<Result>): Promise<Result>
  now(): Date
  /** Aborts when the run is cancelled. `fetch` heeds it. */
  readonly signal: AbortSignal
}

export interface ProviderRequest {
  /** GET where it is left out. */
  readonly method?: 'GET' | 'POST'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly json?: Json
  /** Sent as a form. */
  readonly form?: Readonly<Record<string, string>>
  /** Sent as it is. */
  readonly body?: string
  /** A POST that only reads, and may be sent again. */
  readonly isRead?: boolean
  /** Statuses beside 2xx that are an answer. */
  readonly accepts?: readonly number[]
}

export interface ProviderResponse {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  /** The body as JSON; integers beyond 2^53 as strings. Throws ProviderError `unexpected` where it is none. */
  json(): Json
}

/** An open connection to a source. */
export interface Source<Cursor extends Json = Json> {
  /** Looks at sign-in, then at each permission. What is missing is an answer, not an error. */
  check(): Promise<Check[]>
  /**
   * Everything, or from where a cursor stands: the rest of a pull that was interrupted, or what has changed since the last one. Throws
   * ProviderError; `cursor_expired` where it must begin anew.
   */
  pull(cursor: Cursor | undefined, scope: Scope): AsyncIterable<Page<Cursor>>
  /**
   * Rules of the source on how somebody may sign in that name them, also those that make an exception of them. `userId` is what the source
   * calls them. Throws ProviderError; `settings` where something may not be read that it hangs on.
   */
  listAccessPolicies?(userId: string): Promise<AccessPolicy[]>
  /**
   * Signs somebody in at the source, once: whoever is refused is not tried again. `admit` is asked before the password is tried, with the id
   * of the record that the name means; what it throws is thrown on. Throws ProviderError where the source does not say.
   */
  authenticate?(userName: string, password: string, admit?: (userId: string) => Promise<void>): Promise<Authentication>
}

/** A rule of the source on how people may sign in, as it concerns one person. */
export interface AccessPolicy {
  readonly id: string
  readonly name: string
  /** `report_only`: what it would do is logged, and nothing done. */
  readonly state: 'enabled' | 'report_only' | 'disabled'
  /** Whether it is meant for the person: nothing makes an exception of them. It may be so while it is disabled. */
  readonly applies: boolean
  /** What it names them by, at least one. */
  readonly includedBy: readonly AccessTarget[]
  /** What makes an exception of them; an exception counts before all else. */
  readonly excludedBy: readonly AccessTarget[]
  /** What it asks of who signs in, such as `mfa`, or `block`. */
  readonly controls: readonly string[]
  /** Whether all controls are asked, or one of them. */
  readonly controlsOperator: 'all' | 'any'
}

export interface AccessTarget {
  readonly type: 'all' | 'user' | 'group' | 'role' | 'guests'
  /** Of a group or role. */
  readonly id?: string
  readonly name?: string
}

/** `userId` is the id of their record; `unknown` is that nobody, or nobody in particular, is called so. */
export type Authentication =
  { ok: true; userId: string } | { ok: false; reason: 'credentials' | 'locked' | 'expired' | 'disabled' | 'unknown' }

export interface Check {
  /** `sign_in`, or the name of a permission. */
  readonly name: string
  readonly ok: boolean
  /** A sentence: what was seen, and what to do where it is not ok. */
  readonly detail: string
  /** Fields that will be missing for want of it. */
  readonly missing?: readonly string[]
}

export interface Scope {
  /** The fields that the mapping needs. */
  readonly fields: readonly string[]
  /** Whether groups and who is in them are wanted. */
  readonly groups: boolean
  /** The most records of a page, 1 to 100. */
  readonly pageSize: number
}

export interface Page<Cursor extends Json = Json> {
  readonly records: readonly SourceRecord[]
  /** What the source says is deleted; never guessed from what is missing. */
  readonly deletedIds?: readonly string[]
  /** Records that cannot be read, or not without doubt; the pull goes on without them. */
  readonly faults?: readonly SourceFault[]
  /** Where to go on once this page is stored. That of the last page is where the next incremental run begins. */
  readonly cursor?: Cursor
  /** How many pages there will be, where the source says so. */
  readonly totalPages?: number
}

export interface SourceRecord {
  /** What the source calls it: text, however long. A group's and a user's may be the same. */
  readonly id: string
  readonly type: 'user' | 'group'
  /** By the source's own names. Absent is what it did not say, null what it says is empty. Of a group: `displayName`, `description`, `securityGroup`. */
  readonly fields: JsonObject
  /** Ids of all groups that a user or group is directly in, where the source says it so. */
  readonly groups?: readonly string[]
  /** Ids of members of a group, where the source says it so: all of them, or a part that others complete. */
  readonly members?: readonly SourceMember[]
}

export interface SourceFault {
  /** What the source calls the record, or where it stands, such as `line 12`. */
  readonly record: string
  /** A sentence: what is wrong, and what to do. */
  readonly message: string
}

export interface SourceMember {
  readonly id: string
  readonly type: 'user' | 'group'
}

/** By who must act: `settings` the one who set the connection up, the others nobody. */
export type ProviderErrorKind = 'settings' | 'rate_limited' | 'transient' | 'cursor_expired' | 'unexpected'

/** What keeps a source from answering. The message is a sentence for people, without secrets. */
export class ProviderError extends Error {
  readonly kind: ProviderErrorKind
  /** When it can be tried again, where the source says so, in milliseconds. */
  readonly retryAfterMs: number | undefined

  constructor(kind: ProviderErrorKind, message: string, options: { cause?: unknown; retryAfterMs?: number } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'ProviderError'
    this.kind = kind
    this.retryAfterMs = options.retryAfterMs
  }
}
