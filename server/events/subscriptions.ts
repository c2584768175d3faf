// The subscriptions of an organization: made, read, changed, removed, woken.
import type { Selectable } from 'kysely'
import type { Database } from '../db/connect.ts'
import { createId, type IdPrefix } from '../db/ids.ts'
import { query } from '../db/query.ts'
import type { JsonObject, SubscriptionKind, Tables } from '../db/tables.ts'
import { reading, transaction } from '../db/transaction.ts'
import { countOutbox } from '../directory/outbox.ts'
import { AppError } from '../errors.ts'
import type { Subscription } from './subscription.ts'

export interface SubscriptionDraft {
  readonly name: string
  readonly types: readonly string[]
  readonly condition: string | null
  readonly settings: JsonObject
  /** Sealed. */
  readonly secrets?: string | null
  readonly enabled?: boolean
  readonly builtIn?: string
}

export type SubscriptionRow = Selectable<Tables['subscriptions']>

const kinds: Readonly<Record<SubscriptionKind, { prefix: IdPrefix; word: string }>> = {
  webhook: { prefix: 'hook', word: 'webhook endpoint' },
  trigger: { prefix: 'trg', word: 'trigger' },
  feed: { prefix: 'feed', word: 'feed' },
}

/**
 * Makes one that hears of what happens from now on. Its types and its condition were checked (`checkInterest`).
 * Throws uniqueness where the organization has one of the kind and the name.
 */
export async function createSubscription(
  db: Database,
  organizationId: string,
  kind: SubscriptionKind,
  draft: SubscriptionDraft,
  at: Date,
): Promise<string> {
  const id = createId(kinds[kind].prefix, at)
  await transaction(db, async (tx) => {
    await tx
      .insertInto('subscriptions')
      .values({
        org_id: organizationId,
        id,
        kind,
        name: draft.name,
        types: [...draft.types],
        condition: draft.condition,
        enabled: draft.enabled ?? true,
        built_in: draft.builtIn ?? null,
        settings: JSON.stringify(draft.settings),
        secrets: draft.secrets ?? null,
        taken_number: await readLastKnownNumber(tx, organizationId),
        created_at: at,
        modified_at: at,
      })
      .execute()
  })
  return id
}

// Numbering changes the row of the organization: while this shares it, no event is numbered that the new subscription would not be
// woken for. What waits in the outbox has happened before, and gets the next numbers. Two statements, so that the second one
// sees what the first one may have waited for.
async function readLastKnownNumber(tx: Database, organizationId: string): Promise<number> {
  const [row] = await query<{ last_event: number }>(
    tx,
    'select last_event from organizations where org_id = $1 for share',
    [organizationId],
  )
  if (row === undefined) throw new AppError('not_found', `There is no organization ${organizationId}.`)
  return row.last_event + (await countOutbox(tx, organizationId))
}

/** By name. */
export async function listSubscriptions(
  db: Database,
  organizationId: string,
  kind: SubscriptionKind,
): Promise<Subscription[]> {
  const rows = await reading(() =>
    db
      .selectFrom('subscriptions')
      .selectAll()
      .where('org_id', '=', organizationId)
      .where('kind', '=', kind)
      .orderBy('name')
      .orderBy('id')
      .execute(),
  )
  return rows.map(toSubscription)
}

/** Throws not_found. */
export async function readSubscription(
  db: Database,
  organizationId: string,
  kind: SubscriptionKind,
  id: string,
): Promise<Subscription> {
  const row = await reading(() =>
    db
      .selectFrom('subscriptions')
      .selectAll()
      .where('org_id', '=', organizationId)
      .where('id', '=', id)
      .where('kind', '=', kind)
      .executeTakeFirst(),
  )
  if (row === undefined) throw missing(kind, id)
  return toSubscription(row)
}

/** The same, and nobody else changes it until the transaction ends. Throws not_found. */
export async function lockSubscription(
  tx: Database,
  organizationId: string,
  kind: SubscriptionKind,
  id: string,
): Promise<Subscription> {
  await query(tx, 'select 1 from subscriptions where org_id = $1 and id = $2 for update', [organizationId, id])
  return readSubscription(tx, organizationId, kind, id)
}

/** That what was checked is not what is stored any more. */
export function explainRace(kind: SubscriptionKind): AppError {
  const detail = `The ${kinds[kind].word} was changed at the same time; read it, and send the request again.`
  return new AppError('conflict', detail)
}

/**
 * What is left out stays. Enabling one that was disabled starts it again where it stopped: what is still in the log is told.
 * Throws not_found, uniqueness.
 */
export async function changeSubscription(
  db: Database,
  organizationId: string,
  kind: SubscriptionKind,
  id: string,
  changes: Partial<Omit<SubscriptionDraft, 'builtIn'>>,
  at: Date,
): Promise<void> {
  const { name, types, condition, settings, secrets, enabled } = changes
  await transaction(db, async (tx) => {
    const { numUpdatedRows } = await tx
      .updateTable('subscriptions')
      .set(({ eb }) => ({
        modified_at: at,
        version: eb('version', '+', 1),
        wakes: eb('wakes', '+', 1),
        due_at: at,
        ...(name !== undefined && { name }),
        ...(types !== undefined && { types: [...types] }),
        ...(condition !== undefined && { condition }),
        ...(settings !== undefined && { settings: JSON.stringify(settings) }),
        ...(secrets !== undefined && { secrets }),
        ...(enabled !== undefined && { enabled }),
        ...(enabled === true && { disabled_reason: null, failures: 0, failing_since: null, paused_until: null }),
      }))
      .where('org_id', '=', organizationId)
      .where('id', '=', id)
      .where('kind', '=', kind)
      .executeTakeFirst()
    if (numUpdatedRows === 0n) throw missing(kind, id)
  })
}

/** With its deliveries. Throws not_found. */
export async function removeSubscription(
  db: Database,
  organizationId: string,
  kind: SubscriptionKind,
  id: string,
): Promise<void> {
  await transaction(db, async (tx) => {
    const { numDeletedRows } = await tx
      .deleteFrom('subscriptions')
      .where('org_id', '=', organizationId)
      .where('id', '=', id)
      .where('kind', '=', kind)
      .executeTakeFirst()
    if (numDeletedRows === 0n) throw missing(kind, id)
  })
}

// Also of those that are disabled, held or woken already: what they are may change before this is committed, and then they would
// not know.
const wakeSql = `update subscriptions set wakes = wakes + 1, due_at = least(due_at, greatest($2::timestamptz, paused_until))`

/** Tells the subscriptions of organizations that there are new events, in the transaction that brings them, at its end. */
export async function wakeSubscriptions(tx: Database, organizationIds: readonly string[], at: Date): Promise<void> {
  await query(tx, `${wakeSql} where org_id = any($1)`, [organizationIds, at])
}

/** Tells one that there is something to do, such as a delivery that was added. */
export async function wakeSubscription(tx: Database, organizationId: string, id: string, at: Date): Promise<void> {
  await query(tx, `${wakeSql} where org_id = $1 and id = $3`, [organizationId, at, id])
}

export function toSubscription(row: SubscriptionRow): Subscription {
  return {
    organizationId: row.org_id,
    id: row.id,
    kind: row.kind,
    name: row.name,
    types: row.types,
    condition: row.condition,
    enabled: row.enabled,
    disabledReason: row.disabled_reason,
    builtIn: row.built_in,
    settings: row.settings,
    secrets: row.secrets,
    takenNumber: row.taken_number,
    failures: row.failures,
    failingSince: row.failing_since,
    createdAt: row.created_at,
    modifiedAt: row.modified_at,
  }
}

function missing(kind: SubscriptionKind, id: string): AppError {
  return new AppError('not_found', `There is no ${kinds[kind].word} ${id}.`)
}
