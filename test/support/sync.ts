// Drives the sync of directories in tests: what is due by the tests' clock is done at once, without jobs.
import { randomUUID } from 'node:crypto'
import type { Provider } from '../../providers/provider.ts'
import { createSealer } from '../../server/auth/sealer.ts'
import type { Database } from '../../server/db/connect.ts'
import { query } from '../../server/db/query.ts'
import type { JsonObject, Tables } from '../../server/db/tables.ts'
import type { Actor } from '../../server/directory/actor.ts'
import { createDirectory } from '../../server/directory/directories.ts'
import type { DirectoryKey } from '../../server/directory/pull-directories.ts'
import { createLogger } from '../../server/ops/logger.ts'
import { createOutgoing } from '../../server/ops/outgoing.ts'
import { declareResourceTypes } from '../../server/scim/declarations.ts'
import { OrganizationSchemas } from '../../server/scim/organization-schema.ts'
import { createSyncServices } from '../../server/sync-services.ts'
import { doRun } from '../../server/sync/engine/engine.ts'
import { type RunRequest, queueRun } from '../../server/sync/runs/queue.ts'
import type { RunKey } from '../../server/sync/runs/run.ts'
import type { SyncStats } from '../../server/sync/runs/stats.ts'
import { queueLifecycle, queueScheduled } from '../../server/sync/runs/schedule.ts'
import type { SyncServices } from '../../server/sync/services.ts'
import type { SyncSettings } from '../../server/sync/setup/settings.ts'
import { clock, createTenant, type Tenant } from './app.ts'
import { testDatabase } from './postgres.ts'
import { ScriptedSource } from './scripted-source.ts'
import type { Selectable } from 'kysely'

export type RunRow = Selectable<Tables['sync_runs']>
export type ChangeRow = Selectable<Tables['run_changes']>

export interface TestSyncOptions {
  readonly tenant?: Tenant
  readonly source?: ScriptedSource
  /** In place of the scripted source, with what it is reached by. */
  readonly provider?: Provider
  readonly connection?: JsonObject
  readonly name?: string
  readonly settings?: Partial<SyncSettings>
  readonly db?: Database
  /** In place of the tests' clock. */
  readonly now?: () => Date
}

/** A pull directory with a scripted source, its schedule off unless a test sets one. */
export class TestSync {
  readonly tenant: Tenant
  readonly source: ScriptedSource
  readonly directoryId: string
  readonly services: SyncServices
  readonly #db = testDatabase()

  private constructor(tenant: Tenant, source: ScriptedSource, directoryId: string, services: SyncServices) {
    this.tenant = tenant
    this.source = source
    this.directoryId = directoryId
    this.services = services
  }

  static async create({
    tenant,
    source = new ScriptedSource(),
    provider = source.provider,
    connection = {},
    name = provider.name,
    settings,
    db = testDatabase(),
    now = clock.now,
  }: TestSyncOptions = {}): Promise<TestSync> {
    const of = tenant ?? (await createTenant())
    const directory = { kind: 'pull', provider: provider.id, name } as const
    const id = await createDirectory(testDatabase(), of.organizationId, directory, now())
    const text = `update directories set connection = $4::jsonb, connected_at = $3, restore_users = true, send_offboarding_emails = true,
      settings = '{"schedule": {"kind": "disabled"}}' where org_id = $1 and id = $2`
    await query(testDatabase(), text, [of.organizationId, id, now(), JSON.stringify(connection)])
    const sync = new TestSync(of, source, id, createTestServices({ provider }, db, now))
    if (settings !== undefined) await sync.set(settings)
    return sync
  }

  get organizationId(): string {
    return this.tenant.organizationId
  }

  get actor(): Actor {
    const rest = { view: 'organization', restoresUsers: false, tokenId: null, requestId: null } as const
    return { organizationId: this.organizationId, directoryId: this.directoryId, ...rest, at: this.services.now() }
  }

  /** Changes settings of the directory, as the API does. */
  async set(settings: Partial<SyncSettings>): Promise<void> {
    await this.#update(`settings = settings || $3::jsonb`, JSON.stringify(settings))
  }

  /** Replaces the directory's mapping, as the API does. */
  async map(mapping: JsonObject): Promise<void> {
    await this.#update(`mapping = $3::jsonb`, JSON.stringify(mapping))
  }

  async setRestoreUsers(restoreUsers: boolean): Promise<void> {
    await this.#update(`restore_users = $3::boolean`, restoreUsers)
  }

  async setTimeZone(timeZone: string): Promise<void> {
    await query(this.#db, 'update organizations set time_zone = $2 where org_id = $1', [this.organizationId, timeZone])
  }

  async disconnect(): Promise<void> {
    await this.#write('connection = null, connected_at = $3::timestamptz', null)
  }

  async pause(isPaused: boolean): Promise<void> {
    await this.#write('paused_at = $3::timestamptz', isPaused ? this.services.now() : null)
  }

  async readNextRunAt(): Promise<Date | null> {
    const directory = this.#db.selectFrom('directories').select('next_run_at').where('org_id', '=', this.organizationId)
    return (await directory.where('id', '=', this.directoryId).executeTakeFirstOrThrow()).next_run_at
  }

  /** Asks for a run, full unless said otherwise; returns its id. */
  async request(request: Partial<RunRequest> = {}): Promise<string> {
    const usual = { type: 'full', purpose: 'sync', isFull: true, includeGroups: true } as const
    const { id } = await queueRun(this.#db, this.actor, this.directoryId, { ...usual, ...request })
    return id
  }

  /** Does all due runs and due directories of the organization by the tests' clock. */
  async settle(): Promise<void> {
    do await this.#queueDue()
    while (await this.doDue())
  }

  /** Does the runs that are due, once; whether there was one. */
  async doDue(services = this.services): Promise<boolean> {
    const text = `select org_id as "organizationId", id from sync_runs
      where org_id = $1 and status in ('queued', 'running') and coalesce(held_until, due_at) <= $2::timestamptz`
    const due = await query<RunKey>(this.#db, text, [this.organizationId, this.services.now()])
    for (const key of due) await doRun(services, key, randomUUID(), new AbortController().signal)
    return due.length > 0
  }

  async #queueDue(): Promise<void> {
    const text = 'select org_id as "organizationId", id from directories where org_id = $1'
    for (const key of await query<DirectoryKey>(this.#db, text, [this.organizationId])) {
      await queueScheduled(this.#db, key, this.services.now())
      await queueLifecycle(this.#db, key, this.services.now())
    }
  }

  /** Asks for a run, does it, and returns it. */
  async run(request: Partial<RunRequest> = {}): Promise<RunRow> {
    const id = await this.request(request)
    await this.settle()
    return this.readRun(id)
  }

  readRun(id: string): Promise<RunRow> {
    const runs = this.#db.selectFrom('sync_runs').selectAll()
    return runs.where('org_id', '=', this.organizationId).where('id', '=', id).executeTakeFirstOrThrow()
  }

  /** All runs of the directory, the oldest first. */
  listRuns(): Promise<RunRow[]> {
    const runs = this.#db.selectFrom('sync_runs').selectAll().where('org_id', '=', this.organizationId)
    return runs.where('directory_id', '=', this.directoryId).orderBy('queued_at').orderBy('id').execute()
  }

  /** What a run planned, in the order of doing. */
  listChanges(runId: string): Promise<ChangeRow[]> {
    const changes = this.#db.selectFrom('run_changes').selectAll().where('org_id', '=', this.organizationId)
    return changes.where('run_id', '=', runId).orderBy('position').execute()
  }

  /** Source id or else name → operation, with its code where it has one: `{ada: 'create', bob: 'skip no_email'}`. */
  async tellChanges(runId: string): Promise<Record<string, string>> {
    const changes = await this.listChanges(runId)
    return Object.fromEntries(
      changes.map(({ source_id, name, operation, code }) => [
        source_id ?? name ?? '',
        code === null ? operation : `${operation} ${code}`,
      ]),
    )
  }

  /** What is known of a record; undefined where nothing is. */
  readRecord(
    sourceId: string,
    type: 'user' | 'group' = 'user',
  ): Promise<Selectable<Tables['source_records']> | undefined> {
    const records = this.#db.selectFrom('source_records').selectAll().where('org_id', '=', this.organizationId)
    const of = records.where('directory_id', '=', this.directoryId).where('type', '=', type)
    return of.where('source_id', '=', sourceId).executeTakeFirst()
  }

  /** The user that a record is about, as SCIM; undefined where there is none. */
  async readPerson(sourceId: string): Promise<JsonObject | undefined> {
    const id = (await this.readRecord(sourceId))?.resource_id
    if (id === undefined || id === null) return undefined
    const { status, body } = await this.tenant.scim.get(`/Users/${id}`)
    return status === 200 ? body : undefined
  }

  /** The types of what was told of a run, in order, as long as it is not numbered. */
  async listEvents(runId: string): Promise<string[]> {
    const text = 'select type from outbox where org_id = $1 and resource_id = $2 order by id'
    const rows = await query<{ type: string }>(this.#db, text, [this.organizationId, runId])
    return rows.map(({ type }) => type)
  }

  /** What events of a type say of a run. */
  async readEvents(runId: string, type: string): Promise<JsonObject[]> {
    const text = 'select data from outbox where org_id = $1 and resource_id = $2 and type = $3 order by id'
    const rows = await query<{ data: JsonObject }>(this.#db, text, [this.organizationId, runId, type])
    return rows.map(({ data }) => data)
  }

  /** userNames of all users of the organization → active. */
  async listPeople(): Promise<Record<string, boolean>> {
    const text = `select resource ->> 'userName' as user_name, active from users where org_id = $1 order by 1`
    const rows = await query<{ user_name: string; active: boolean }>(this.#db, text, [this.organizationId])
    return Object.fromEntries(rows.map(({ user_name, active }) => [user_name, active]))
  }

  // Whoever changes what a record means says so.
  #update(assignment: string, value: unknown): Promise<void> {
    return this.#write(`${assignment}, rules_version = rules_version + 1`, value)
  }

  async #write(assignment: string, value: unknown): Promise<void> {
    const text = `update directories set ${assignment} where org_id = $1 and id = $2`
    await query(this.#db, text, [this.organizationId, this.directoryId, value])
  }
}

/** The counters that are not 0. */
export function tellStats({ stats }: Pick<RunRow, 'stats'>): Partial<SyncStats> {
  return Object.fromEntries(Object.entries(stats).filter(([, count]) => count !== 0))
}

export function createTestServices(
  source: Pick<ScriptedSource, 'provider'>,
  db = testDatabase(),
  now = clock.now,
): SyncServices {
  return createSyncServices({
    db,
    now,
    logger: createLogger('silent'),
    sealer: createSealer(db, undefined, now),
    outgoing: createOutgoing({ allow: '127.0.0.1' }),
    schemas: new OrganizationSchemas(db, declareResourceTypes()),
    sources: [source.provider],
  })
}
