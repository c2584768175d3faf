// Row types of every table, for Kysely. The columns and their reasons are in migrations/.
import type { ColumnType, Generated, GeneratedAlways } from 'kysely'

type Json<Value> = ColumnType<Value, string, string>

export type DirectoryKind = 'push' | 'pull' | 'manual'
export type Scope = 'read' | 'write' | 'hr' | 'admin'
export type JsonObject = { [name: string]: JsonValue }
export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject

export interface Tables {
  organizations: {
    org_id: string
    name: string
    schema_version: Generated<number>
    attribute_authority: ColumnType<Record<string, string[]>, string | undefined, string>
    created_at: Date
  }
  directories: {
    org_id: string
    id: string
    kind: DirectoryKind
    provider: string | null
    name: string
    strict: Generated<boolean>
    restore_users: Generated<boolean>
    created_at: Date
  }
  tokens: {
    org_id: string
    id: string
    directory_id: string | null
    parent_id: string | null
    name: string
    hash: Buffer
    hint: string
    scopes: Scope[]
    slot: number | null
    created_at: Date
    expires_at: Date | null
    last_used_at: Date | null
    revoked_at: Date | null
  }
  issuers: {
    org_id: string
    id: string
    directory_id: string | null
    issuer: string
    audience: string
    jwks_uri: string
    created_at: Date
  }
  custom_attributes: {
    org_id: string
    resource_type: 'User' | 'Group'
    name_key: string
    definition: Json<JsonObject>
    created_at: Date
  }
  users: {
    org_id: string
    id: string
    directory_id: string
    user_name_key: string
    email_keys: string[]
    employee_number_key: string | null
    department_key: string | null
    word_keys: string
    manager_id: string | null
    active: boolean | null
    last_day: Date | number | null // -Infinity, too
    external_id: string | null
    resource: Json<JsonObject>
    json: GeneratedAlways<string> // by a trigger
    set_by: Json<Record<string, string> | null>
    version: Generated<number>
    created_at: Date
    modified_at: Date
  }
  name_words: { org_id: string; word: string }
  links: {
    org_id: string
    user_id: string
    directory_id: string
    external_id: string | null
    source_id: string | null
    resource: Json<JsonObject | null>
    raw: Json<JsonValue>
    created_at: Date
    seen_at: Date
    ended_at: Date | null
  }
  tombstones: {
    org_id: string
    resource_id: string
    resource_type: string
    directory_id: string
    user_name_key: string | null
    record: Json<JsonObject>
    deleted_at: Date
  }
  department_counts: {
    org_id: string
    department_key: string
    kind: string
    shard: number
    name: string
    division: string | null
    cost_center: string | null
    standing: string
    last_day: Date | number | null
    count: number
  }
  resource_counts: { org_id: string; table_name: string; part: string; shard: number; count: number }
  resources: {
    org_id: string
    id: string
    resource_type: string
    directory_id: string
    external_id: string | null
    resource: Json<JsonObject>
    keys: string[]
    version: Generated<number>
    created_at: Date
    modified_at: Date
  }
  unique_values: { org_id: string; resource_type: string; attribute: string; value_key: string; resource_id: string }
  server_keys: { name: string; key: Buffer; created_at: Date }
  groups: {
    org_id: string
    id: string
    directory_id: string
    display_name_key: string
    external_id: string | null
    resource: Json<JsonObject>
    version: Generated<number>
    created_at: Date
    modified_at: Date
  }
  memberships: {
    org_id: string
    group_id: string
    member_id: GeneratedAlways<string>
    user_id: string | null
    child_id: string | null
    created_at: Date
  }
  changes: {
    org_id: string
    id: GeneratedAlways<number>
    at: Date
    directory_id: string
    token_id: string | null
    request_id: string | null
    resource_type: string
    resource_id: string
    operation: 'create' | 'update' | 'delete' | 'restore'
    version: number
    difference: Json<JsonObject>
  }
  events: {
    org_id: string
    id: GeneratedAlways<number>
    type: string
    at: Date
    resource_type: string
    resource_id: string
    version: number
    data: Json<JsonObject | null>
  }
  sync_runs: {
    org_id: string
    id: string
    directory_id: string
    type: 'full' | 'incremental' | 'manual'
    include_groups: boolean
    status: 'queued' | 'running' | 'completed' | 'failed' | 'cancelled'
    queued_at: Date
    started_at: Date | null
    completed_at: Date | null
    estimated_duration_ms: number | null
    stats: ColumnType<JsonObject, string | undefined, string>
    errors: ColumnType<JsonObject[], string | undefined, string>
    next_sync_token: string | null
  }
  request_log: {
    org_id: string
    id: string
    at: Date
    directory_id: string | null
    token_id: string | null
    method: string
    path: string
    status: number
    duration_ms: number
    error: string | null
    notes: Json<JsonObject[]>
    user_agent: string | null
  }
}
