// Does what is planned, in batches that are each one transaction with its events, and can be gone on with after any of them.
import type { Database } from '../../db/connect.ts'
import { query } from '../../db/query.ts'
import { transaction } from '../../db/transaction.ts'
import { AppError } from '../../errors.ts'
import { type Batch, startBatch, writeBatch, writeRecords } from './batch.ts'
import { type Part, PartReader, readChanges } from './changes.ts'
import { applyGroup, maxMembers } from './groups.ts'
import { codeOfRefusal, writeRefusal } from './refusal.ts'
import { applyUsers } from './users.ts'
import { keepHold } from '../engine/hold.ts'
import type { Run, RunChange } from '../runs/run.ts'

const batchSize = 500

/**
 * Applies the run's changes behind `applied_position`, to the end. A change that fails by itself, such as one whose userName somebody took
 * meanwhile, becomes an `error` of the report; the others go on. Throws RunLost where the run was taken or cancelled; what was applied
 * stays, and is gone on from.
 */
export async function applyRun(run: Run): Promise<void> {
  const { db } = run.services
  const reader = new PartReader(run, batchSize)
  // What is refused is looked for in smaller and smaller batches, until it stands alone.
  for (let size = batchSize; ;) {
    try {
      await reader.wait()
      if (await transaction(db, (tx) => applyBatch(tx, run, reader, size))) break
      size = Math.min(size * 2, batchSize)
    } catch (error) {
      if (!(error instanceof AppError) || codeOfRefusal(error, 'User') === undefined) throw error
      if (size > 1) size = Math.ceil(size / 8)
      else await transaction(db, (tx) => refuseNext(tx, run, error))
    }
  }
}

/** @returns whether there was nothing left to do */
async function applyBatch(tx: Database, run: Run, reader: PartReader, size: number): Promise<boolean> {
  await keepHold(tx, run)
  // Where a crash takes the last batches, it takes how far the run was with them, and nobody has been told of them yet.
  await query(tx, 'set local synchronous_commit = off')
  const batch = await startBatch(tx, run)
  const part = await reader.read(tx, batch.position, size)
  const [first] = part.changes
  if (first === undefined) return true
  if (first.resourceType === 'User') {
    // Before people, for who is made unknown is taken out of what is no longer in force.
    await writeRecords(batch, part.changes)
    await applyUsers(batch, part)
    await writeBatch(batch, part.changes)
  } else await applyGroups(batch, part)
  return false
}

// A large group takes several batches: it is done when nothing is left to change.
async function applyGroups(batch: Batch, { changes, contents }: Part): Promise<void> {
  // Those that are in another one are found by their records.
  await writeRecords(
    batch,
    changes.filter(({ operation }) => operation === 'create'),
  )
  const done: RunChange[] = []
  let room = maxMembers
  for (const change of changes) {
    const moved = await applyGroup(batch, change, contents.get(change.position), room)
    if (moved === undefined) break
    done.push(change)
    room -= moved
    if (room <= 0) break
  }
  await writeRecords(batch, done)
  await writeBatch(batch, done)
}

// Nothing of the batch was written, so the change is the first one again.
async function refuseNext(tx: Database, run: Run, error: AppError): Promise<void> {
  await keepHold(tx, run)
  const batch = await startBatch(tx, run)
  const [change] = await readChanges(tx, run, batch.position, 1)
  if (change === undefined) return
  const refused = writeRefusal(batch, change, error)
  await writeRecords(batch, [refused])
  await writeBatch(batch, [refused])
}
