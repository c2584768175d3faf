// Writes what is planned, in batches and in the order of doing, and counts it.
import { columnsSql, toColumnArrays } from '../../db/columns.ts'
import { query } from '../../db/query.ts'
import { transaction } from '../../db/transaction.ts'
import { counters } from '../apply/batch.ts'
import { keepHold } from '../engine/hold.ts'
import type { Run, RunChange } from '../runs/run.ts'
import type { SyncStats } from '../runs/stats.ts'

export type DraftChange = Omit<RunChange, 'position'>

const batchSize = 500

export class ChangeWriter {
  readonly #run: Run
  readonly #counts: { -readonly [name in keyof SyncStats]?: number } = {}
  #position = 0
  #waiting: RunChange[] = []
  #writing: Promise<void> = Promise.resolve()

  constructor(run: Run) {
    this.#run = run
  }

  /** Forgets what an earlier attempt planned. */
  async begin(): Promise<void> {
    const { organizationId, id, services } = this.#run
    await transaction(services.db, async (tx) => {
      await keepHold(tx, this.#run)
      await query(tx, 'delete from run_changes where org_id = $1 and run_id = $2', [organizationId, id])
    })
  }

  /** Returns once there is room for more; what is written is written in order. */
  async add(changes: readonly DraftChange[]): Promise<void> {
    for (const change of changes) {
      this.#waiting.push({ ...change, position: ++this.#position })
      const counter = counters[change.resourceType][change.operation]
      if (counter !== undefined) this.#count(counter, 1)
      const { members } = change.plan
      if (members === undefined) continue
      this.#count('membershipsAdded', members.add)
      this.#count('membershipsRemoved', members.remove)
    }
    if (this.#waiting.length < batchSize) return
    await this.#writing
    this.#writing = this.#write('')
    // Whether it failed is seen when it is waited for.
    this.#writing.catch(() => undefined)
  }

  /** Writes what waits, for whoever is to look at it. */
  async flush(): Promise<void> {
    await this.#writing
    if (this.#waiting.length > 0) await this.#write('')
  }

  /** Writes the rest, with what would be done. */
  async end(totalProcessed: number): Promise<void> {
    this.#count('totalProcessed', totalProcessed)
    await this.#writing
    await this.#write(`, stats = $4::jsonb`, JSON.stringify(this.#counts))
  }

  /** Waits for what is being written, whatever comes of it. */
  async settle(): Promise<void> {
    await this.#writing.catch(() => undefined)
  }

  #count(name: keyof SyncStats, number: number): void {
    if (number === 0) return
    this.#counts[name] = (this.#counts[name] ?? 0) + number
  }

  async #write(assignment: string, ...values: readonly unknown[]): Promise<void> {
    const { organizationId, id, services } = this.#run
    const key = [organizationId, id]
    const rows = this.#waiting
    const planned = this.#position
    this.#waiting = []
    await transaction(services.db, async (tx) => {
      await keepHold(tx, this.#run)
      // Where a crash takes the last batches, the plan has not ended, and is made anew.
      if (assignment === '') await query(tx, 'set local synchronous_commit = off')
      if (rows.length > 0) await query(tx, insertSql, [...key, ...toColumnArrays(rows.map(toRow), changeColumns)])
      await query(tx, progressSql(assignment), [...key, planned, ...values])
    })
  }
}

const changeColumns = {
  position: 'int',
  resource_type: 'text',
  source_id: 'text',
  resource_id: 'text',
  operation: 'text',
  version: 'int',
  name: 'text',
  code: 'text',
  detail: 'text',
  plan: 'jsonb',
}

const changeNames = Object.keys(changeColumns).join(', ')

const insertSql = `insert into run_changes (org_id, run_id, ${changeNames})
  select $1, $2, ${changeNames} from ${columnsSql(changeColumns, 3)} r`

function toRow({ resourceType, sourceId, resourceId, plan, ...rest }: RunChange) {
  const written = JSON.stringify(plan)
  return { ...rest, resource_type: resourceType, source_id: sourceId, resource_id: resourceId, plan: written }
}

function progressSql(assignment: string): string {
  return `update sync_runs set progress = progress || jsonb_build_object('planned', $3::int)${assignment}
    where org_id = $1 and id = $2`
}
