// Row types of every table, for Kysely. The columns and their reasons are in migrations/.
import type { ColumnType, Generated, GeneratedAlways } from 'kysely'

type Json<Value> = ColumnType<Value, string, string>

export type DirectoryKind = 'push' | 'pull' | 'manual'
export type Scope = 'read' | 'write' | 'hr' | 'events' | 'authenticate' | 'admin'
export type SubscriptionKind = 'webhook' | 'trigger' | 'feed'
export type DeliveryOrigin = 'event' | 'resend' | 'replay' | 'test'
export type DeliveryState = 'waiting' | 'delivered' | 'dead'
export type JsonObject = { [name: string]: JsonValue }
export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject

export interface Tables {
  organizations: {
    org_id: string
    name: string
    schema_version: Generated<number>
    attribute_authority: ColumnType<Record<string, string[]>, string | undefined, string>
    last_event: Generated<number>
    time_zone: Generated<string>
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
    send_invitations: Generated<boolean>
    send_offboarding_emails: Generated<boolean>
    version: Generated<number>
    created_at: Date
    settings: ColumnType<JsonObject, string | undefined, string>
    mapping: ColumnType<JsonObject, string | undefined, string>
    rules_version: Generated<number>
    connection: ColumnType<JsonObject | null, string | null | undefined, string | null>
    secrets: string | null
    connected_at: Date | null
    checked_at: Date | null
    checks: ColumnType<JsonValue, string | null | undefined, string | null>
    paused_at: Date | null
    next_run_at: Date | null
    cursor: ColumnType<JsonValue, string | null | undefined, string | null>
    confirmed_at: Date | null
    confirmed_rules: number | null
  }
  locations: {
    org_id: string
    id: string
    name: string
    name_key: string
    time_zone: string | null
    created_at: Date
  }
  setup_links: {
    org_id: string
    id: string
    directory_id: string
    hash: Buffer
    created_at: Date
    expires_at: Date
    opened_at: Date | null
    finished_at: Date | null
    revoked_at: Date | null
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
    anonymized_at: Date | null
    created_at: Date
    modified_at: Date
  }
  name_words: { org_id: string; word: string }
  links: {
    org_id: string
    user_id: string
    directory_id: string
    external_id: string | null
    resource: Json<JsonObject | null>
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
  outbox: {
    org_id: string
    id: GeneratedAlways<number>
    type: string
    at: Date
    resource_type: string
    resource_id: string
    version: number
    data: Json<JsonObject | null>
  }
  events: {
    org_id: string
    number: number
    id: string
    type: string
    at: Date
    resource_type: string
    resource_id: string
    version: number
    data: Json<JsonObject>
  }
  subscriptions: {
    org_id: string
    id: string
    kind: SubscriptionKind
    name: string
    types: string[]
    condition: string | null
    enabled: Generated<boolean>
    disabled_reason: string | null
    built_in: string | null
    settings: ColumnType<JsonObject, string | undefined, string>
    secrets: string | null
    taken_number: number
    due_at: Date | null
    wakes: Generated<number>
    holder: string | null
    held_until: Date | null
    paused_until: Date | null
    failures: Generated<number>
    failing_since: Date | null
    version: Generated<number>
    created_at: Date
    modified_at: Date
  }
  deliveries: {
    org_id: string
    id: string
    subscription_id: string
    event_number: number
    event_id: string
    event_type: string
    resource_id: string
    origin: DeliveryOrigin
    state: DeliveryState
    content: Json<JsonObject | null>
    attempts: ColumnType<JsonObject[], string | undefined, string>
    next_at: Date | null
    created_at: Date
    ended_at: Date | null
  }
  signing_keys: {
    id: string
    public_jwk: Json<JsonObject>
    private_jwk: string
    created_at: Date
    retired_at: Date | null
  }
  sync_runs: {
    org_id: string
    id: string
    directory_id: string
    type: 'full' | 'incremental' | 'manual'
    include_groups: boolean
    status: 'queued' | 'running' | 'awaiting_approval' | 'completed' | 'failed' | 'cancelled'
    queued_at: Date
    started_at: Date | null
    completed_at: Date | null
    estimated_duration_ms: number | null
    stats: ColumnType<JsonObject, string | undefined, string>
    errors: ColumnType<JsonObject[], string | undefined, string>
    next_sync_token: string | null
    version: Generated<number>
    purpose: Generated<'sync' | 'preview' | 'import' | 'lifecycle'>
    is_full: Generated<boolean>
    stage: Generated<'fetch' | 'plan' | 'guard' | 'apply' | 'notify'>
    progress: ColumnType<JsonObject, string | undefined, string>
    field_counts: ColumnType<Record<string, number> | null, string | null | undefined, string | null>
    digest: string | null
    rules_version: Generated<number>
    applied_position: Generated<number>
    hold: ColumnType<JsonObject | null, string | null | undefined, string | null>
    failure: ColumnType<JsonObject | null, string | null | undefined, string | null>
    error_count: Generated<number>
    attempt: Generated<number>
    due_at: Date | null
    cancel_requested_at: Date | null
    holder: string | null
    held_until: Date | null
    token_id: string | null
    request_id: string | null
    input: ColumnType<JsonObject | null, string | null | undefined, string | null>
  }
  run_pages: {
    org_id: string
    run_id: string
    number: number
    cursor: Json<JsonValue>
    user_ids: string[]
    group_ids: string[]
    deleted_ids: string[]
    faults: Json<JsonObject[]>
    field_counts: Json<Record<string, number>>
    digest: string
  }
  pulled_records: {
    org_id: string
    run_id: string
    type: 'user' | 'group'
    source_id: string
    directory_id: string
    hash: string
    raw: Json<JsonObject>
    resource: Json<JsonObject>
    facts: Json<JsonObject>
    user_name_key: string | null
    employee_number_key: string | null
    email_keys: string[]
  }
  run_members: {
    org_id: string
    run_id: string
    page: number
    group_id: string
    member_type: 'user' | 'group'
    stated_by: 'member' | 'group'
    member_ids: string[]
  }
  run_changes: {
    org_id: string
    run_id: string
    position: number
    resource_type: 'User' | 'Group'
    source_id: string | null
    resource_id: string | null
    operation: string
    version: number | null
    name: string | null
    code: string | null
    detail: string | null
    plan: Json<JsonObject>
  }
  source_records: {
    org_id: string
    directory_id: string
    type: 'user' | 'group'
    source_id: string
    hash: string
    run_id: string
    resource_id: string | null
    speaks: boolean
    problem: string | null
    due_at: Date | null
    missing_since: Date | null
  }
  sign_in_attempts: {
    org_id: string
    directory_id: string
    subject: string
    attempts: number
    counts_until: Date
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
