// What is to be done next, and what the records said from which it is done.
import type { Database } from '../../db/connect.ts'
import { columnsSql, toColumnArrays } from '../../db/columns.ts'
import { query } from '../../db/query.ts'
import type { JsonObject } from '../../db/tables.ts'
import { type PreparedDrafts, prepareDrafts, type StoredDraft } from '../../directory/user-drafts.ts'
import { draftUsers } from './resource.ts'
import type { Operation, Run, RunChange } from '../runs/run.ts'

/** What is done in one transaction, and what it is done with. */
export interface Part {
  readonly changes: readonly RunChange[]
  /** What the records of changes say, by position; nothing for those that need none, of which nothing is kept, or where there are drafts. */
  readonly contents: ReadonlyMap<number, JsonObject>
  /** Where all of them only create people, these as they are sent. */
  readonly drafts: PreparedDrafts | undefined
}

/** Reads the next part while one is applied, where both are people to be created: that is when there are very many. */
export class PartReader {
  readonly #run: Run
  readonly #limit: number
  #ahead: { readonly after: number; readonly part: Promise<Part> } | undefined

  constructor(run: Run, limit: number) {
    this.#run = run
    this.#limit = limit
  }

  /** Until what is being read is there: who is in a transaction must not wait for another connection. */
  async wait(): Promise<void> {
    await this.#ahead?.part.catch(() => undefined)
  }

  async read(tx: Database, after: number, limit: number): Promise<Part> {
    const ahead = this.#ahead
    this.#ahead = undefined
    const isRead = ahead?.after === after && limit === this.#limit
    const part = isRead ? await ahead.part : await readPart(tx, this.#run, after, limit)
    const last = part.changes.at(-1)
    if (part.drafts !== undefined && last !== undefined) this.#readAhead(last.position)
    return part
  }

  #readAhead(after: number): void {
    const part = readPart(this.#run.services.db, this.#run, after, this.#limit)
    // Whoever waits for it hears of it; perhaps nobody does.
    part.catch(() => undefined)
    this.#ahead = { after, part }
  }
}

async function readPart(db: Database, run: Run, after: number, limit: number): Promise<Part> {
  const changes = takePart(await readChanges(db, run, after, limit))
  const texts = await readContents(db, run, changes)
  if (changes.length > 0 && changes.every(isSimplyCreated)) {
    const drafts = await prepareDrafts(run.organizationId, draftEach(changes, texts))
    return { changes, contents: new Map(), drafts }
  }
  const contents = new Map(Array.from(texts, ([position, text]) => [position, readContent(text)]))
  return { changes, contents, drafts: undefined }
}

// One after the other, for many texts take much less memory than what they say.
function* draftEach(changes: readonly RunChange[], texts: ReadonlyMap<number, string>): Generator<StoredDraft> {
  for (const change of changes) {
    const text = texts.get(change.position)
    const contents = new Map(text === undefined ? [] : [[change.position, readContent(text)]])
    yield* draftUsers([change], { contents, offices: new Map() })
  }
}

function readContent(text: string): JsonObject {
  return JSON.parse(text) as JsonObject
}

// Offices are found, or made, in the transaction.
function isSimplyCreated({ resourceType, operation, plan }: RunChange): boolean {
  return resourceType === 'User' && operation === 'create' && typeof plan.location !== 'string'
}

/** The changes behind a position, in order. */
export function readChanges(db: Database, run: Run, after: number, limit: number): Promise<RunChange[]> {
  return query<RunChange>(db, `${changesSql} limit ${limit}`, [run.organizationId, run.id, after])
}

const columns = `c.position, c.resource_type as "resourceType", c.source_id as "sourceId", c.resource_id as "resourceId", c.operation,
    c.version, c.name, c.code, c.detail, c.plan`

const changesSql = `select ${columns} from run_changes c where c.org_id = $1 and c.run_id = $2 and c.position > $3 order by c.position`

// Whoever is changed is locked until all of them are, and for who is anonymized much is looked through.
const maxChanged = 250
const maxAnonymized = 10
const maxGroups = 100

/** Those of the first ones that are done in one transaction: all of users or all of groups, and not too much work. */
function takePart(changes: readonly RunChange[]): readonly RunChange[] {
  let anonymized = 0
  let changed = 0
  const end = changes.findIndex(({ resourceType, operation }, at) => {
    if (operation === 'anonymize') anonymized++
    if (operation !== 'create' && !isLeftAlone.has(operation)) changed++
    if (resourceType !== changes[0]?.resourceType) return true
    return resourceType === 'Group' ? at === maxGroups : anonymized > maxAnonymized || changed > maxChanged
  })
  return end === -1 ? changes : changes.slice(0, end)
}

const isLeftAlone: ReadonlySet<Operation> = new Set(['keep', 'skip', 'error'])
// Of these nothing is said.
const silent: ReadonlySet<Operation> = new Set([...isLeftAlone, 'delete', 'anonymize'])

async function readContents(
  db: Database,
  run: Run,
  changes: readonly RunChange[],
): Promise<ReadonlyMap<number, string>> {
  const wanted = changes.flatMap(({ position, resourceType, sourceId, operation, plan: { record } }) => {
    if (sourceId === null || record === undefined || silent.has(operation)) return []
    return { position, run_id: record.runId, type: resourceType === 'User' ? 'user' : 'group', source_id: sourceId }
  })
  if (wanted.length === 0) return new Map()
  const values = [run.organizationId, ...toColumnArrays(wanted, placeColumns)]
  const rows = await query<{ position: number; content: string }>(db, contentsSql, values)
  return new Map(rows.map(({ position, content }) => [position, content]))
}

const placeColumns = { position: 'int', run_id: 'text', type: 'text', source_id: 'text' }

// Laterally, with a limit: without statistics of the organization the planner would read all of it.
const contentsSql = `select w.position, p.resource::text as content
  from ${columnsSql(placeColumns, 2)} w
  cross join lateral (
    select resource from pulled_records
    where org_id = $1 and run_id = w.run_id and type = w.type and source_id = w.source_id limit 1
  ) p`
