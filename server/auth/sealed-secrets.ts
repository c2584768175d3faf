// All secrets that lie sealed in the database, wherever they are: sealed anew with another key, or only looked at. Like sweeping, this
// is about one thing in the tables of several parts.
import type { Database } from '../db/connect.ts'
import { query } from '../db/query.ts'
import { transaction } from '../db/transaction.ts'
import { AppError } from '../errors.ts'
import type { Sealer } from './sealer.ts'

/** Where sealed secrets lie; `key` is the primary key of the table. */
interface Place {
  readonly table: string
  readonly key: readonly string[]
  readonly column: string
  /** What they are of, in the plural. */
  readonly word: string
}

const places: readonly Place[] = [
  { table: 'directories', key: ['org_id', 'id'], column: 'secrets', word: 'directories' },
  { table: 'subscriptions', key: ['org_id', 'id'], column: 'secrets', word: 'webhook endpoints, triggers and feeds' },
  { table: 'signing_keys', key: ['id'], column: 'private_jwk', word: 'signing keys' },
]

export interface SealedCount {
  /** What they are of, in the plural. */
  readonly word: string
  readonly total: number
  /** Those that were sealed anew. */
  readonly resealed: number
  /** Which cannot be opened, and why. */
  readonly unreadable: readonly { readonly id: string; readonly reason: string }[]
}

/**
 * Seals every secret with the key that seals now, where another one has. Each is a transaction of its own: whatever was done before an
 * interruption is done, and the rest the next time.
 */
export function resealSecrets(db: Database, sealer: Sealer): Promise<SealedCount[]> {
  return visit(db, (place, row) => reseal(db, sealer, place, row))
}

/** Opens every secret. */
export function verifySecrets(db: Database, sealer: Sealer): Promise<SealedCount[]> {
  return visit(db, async (_, { sealed }) => {
    await sealer.verify(sealed)
    return false
  })
}

interface SealedRow {
  readonly key: readonly string[]
  readonly sealed: string
}

/** `work` returns whether it changed something; what cannot be opened is counted. */
async function visit(db: Database, work: (place: Place, row: SealedRow) => Promise<boolean>): Promise<SealedCount[]> {
  const counts: SealedCount[] = []
  for (const place of places) {
    const unreadable: { id: string; reason: string }[] = []
    let [total, resealed] = [0, 0]
    for await (const row of listRows(db, place)) {
      total++
      try {
        if (await work(place, row)) resealed++
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'secret_unreadable') throw error
        unreadable.push({ id: row.key.at(-1) ?? '', reason: error.message })
      }
    }
    counts.push({ word: place.word, total, resealed, unreadable })
  }
  return counts
}

const pageLength = 200

async function* listRows(db: Database, { table, key, column }: Place): AsyncGenerator<SealedRow> {
  const names = key.join(', ')
  const behind = key.map((_, at) => `$${at + 1}`).join(', ')
  const text = `select array[${names}]::text[] as key, ${column} as sealed from ${table}
    where (${names}) > (${behind}) and ${column} is not null order by ${names} limit ${pageLength}`
  let last: readonly string[] = key.map(() => '')
  for (;;) {
    const rows = await query<SealedRow>(db, text, last)
    yield* rows
    last = rows.at(-1)?.key ?? last
    if (rows.length < pageLength) return
  }
}

// What was read before is only a hint: whoever changes the secret meanwhile holds the row.
async function reseal(db: Database, sealer: Sealer, { table, key, column }: Place, row: SealedRow): Promise<boolean> {
  if ((await sealer.reseal(row.sealed)) === undefined) return false
  const condition = key.map((name, at) => `${name} = $${at + 1}`).join(' and ')
  return transaction(db, async (tx) => {
    const text = `select ${column} as sealed from ${table} where ${condition} for no key update`
    const [now] = await query<{ sealed: string | null }>(tx, text, row.key)
    const fresh = now === undefined || now.sealed === null ? undefined : await sealer.reseal(now.sealed)
    if (fresh === undefined) return false
    await query(tx, `update ${table} set ${column} = $${key.length + 1} where ${condition}`, [...row.key, fresh])
    return true
  })
}
