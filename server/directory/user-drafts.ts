// Creating very many users whose resources lie in a table already: these stay in the database, and only what is looked up is sent.
import { setImmediate } from 'node:timers/promises'
import type { Database } from '../db/connect.ts'
import { columnsSql, toColumnArrays } from '../db/columns.ts'
import { query } from '../db/query.ts'
import type { JsonObject } from '../db/tables.ts'
import { AppError } from '../errors.ts'
import type { Actor } from './actor.ts'
import { whole } from './changes.ts'
import { isSameJson } from './json.ts'
import { addWordsSql } from './lookup/name-words-sql.ts'
import { listNameWords } from './lookup/words.ts'
import { columnTypes, enterpriseUser, toColumns } from './user-record.ts'
import { insertedSql, type NewUser } from './user-writes.ts'

export interface StoredDraft extends Omit<NewUser, 'createdAt'> {
  /** The resource as it lies there. */
  readonly content: JsonObject
  /** Where, as `contentSql` refers to it by `d.place`. */
  readonly place: string
}

/** Drafts as they are sent. */
export interface PreparedDrafts {
  readonly count: number
  readonly columns: readonly (string | null)[][]
  readonly words: readonly string[]
}

const slice = 50

/** What takes this process time, and needs no database; in between others are served. Throws invalid_value where a userName cannot be one. */
export async function prepareDrafts(organizationId: string, drafts: Iterable<StoredDraft>): Promise<PreparedDrafts> {
  const prepared = new Preparing()
  let rows: DraftRow[] = []
  for (const draft of drafts) {
    rows.push(toRow(organizationId, draft))
    if (rows.length < slice) continue
    prepared.add(rows)
    rows = []
    await setImmediate()
  }
  prepared.add(rows)
  return prepared
}

class Preparing implements PreparedDrafts {
  count = 0
  readonly columns: (string | null)[][] = Object.keys(draftColumns).map(() => [])
  readonly #words = new Set<string>()

  add(rows: readonly DraftRow[]): void {
    this.count += rows.length
    for (const [at, values] of toColumnArrays(rows, draftColumns).entries()) this.columns[at]?.push(...values)
    for (const word of listNameWords(rows.map((row) => row.word_keys))) this.#words.add(word)
  }

  get words(): readonly string[] {
    return [...this.#words]
  }
}

type DraftRow = ReturnType<typeof toRow>

function toRow(organizationId: string, { id, place, externalId, content, says, resource: all }: StoredDraft) {
  const { resource, ...columns } = toColumns(organizationId, all)
  return { id, place, external_id: externalId, says, ...compareContent(content, resource), ...columns }
}

/**
 * In a transaction, does what `insertUsers` does with new users, without rendering them. `contentSql` selects the column `resource` of one row by the
 * organization, $1, by `d.place` and by `d.external_id`. Throws uniqueness where a userName is taken, and not_found where a resource lies
 * there no more.
 */
export async function insertDrafts(
  db: Database,
  actor: Actor,
  { count, columns, words }: PreparedDrafts,
  contentSql: string,
): Promise<void> {
  const { organizationId, directoryId, at, tokenId, requestId } = actor
  const values = [organizationId, directoryId, at, tokenId, requestId, words, ...columns]
  await query(db, planReferencesSql)
  const [counted] = await query<{ count: number }>(db, writeInsertSql(contentSql), values)
  if (counted?.count !== count) throw new AppError('not_found', 'What was to be stored of a user is gone.')
}

// In a young session (db/connect.ts) no plan is kept, and the references of each row are checked by a statement that is planned anew,
// which took a quarter of the time. Here their plans are kept, and are no scans, though there may be next to nothing in the tables.
const planReferencesSql = `select set_config('plan_cache_mode', 'auto', true), set_config('enable_seqscan', 'off', true)`

// What lies there is not sent again: only attributes that become something else, and those that go.
function compareContent(content: JsonObject, resource: JsonObject): { added: JsonObject; removed: string[] | null } {
  const added = Object.entries(resource).filter(([name, value]) => !isSameJson(content[name], value))
  const removed = Object.keys(content).filter((name) => !Object.hasOwn(resource, name))
  return { added: Object.fromEntries(added), removed: removed.length === 0 ? null : removed }
}

const { resource: _, ...keyColumns } = columnTypes
const draftColumns = {
  id: 'text',
  place: 'text',
  external_id: 'text',
  says: 'jsonb',
  added: 'jsonb',
  removed: 'text[]',
  ...keyColumns,
}

function writeInsertSql(contentSql: string): string {
  return `with drafts as materialized (
    select d.*, $3::timestamptz as created_at,
      case when d.removed is null then c.resource else c.resource - d.removed end || d.added as resource
    from ${columnsSql(draftColumns, 7)} d
    cross join lateral (${contentSql} limit 1) c
  ), ${insertedSql('1', '$3')}, written_changes as (
    insert into changes (org_id, at, directory_id, token_id, request_id, resource_type, resource_id, operation, version, difference)
    select $1, $3::timestamptz, $2, $4, $5, 'User', d.id, 'create', 1, jsonb_build_object('${whole}', jsonb_build_object('after', d.resource))
      || case when d.manager_id is null then '{}' else jsonb_build_object('${enterpriseUser}:manager',
        jsonb_build_object('after', jsonb_build_object('value', d.manager_id))) end
      || case when d.external_id is null then '{}' else jsonb_build_object('externalId', jsonb_build_object('after', d.external_id)) end
    from drafts d order by d.number
  ), written_events as (
    insert into outbox (org_id, type, at, resource_type, resource_id, version)
    select $1, 'user.created', $3::timestamptz, 'User', d.id, 1 from drafts d order by d.number
  ), ${addWordsSql('$6')}
  select count(*) as count from inserted`
}
