// The stages of a run. Each ends by saying in the row which one is next, so that whoever takes the run up again goes on there.
import { ProviderError } from '../../../providers/provider.ts'
import { query } from '../../db/query.ts'
import { transaction } from '../../db/transaction.ts'
import { applyRun } from '../apply/apply.ts'
import { fetchPages } from '../fetch/fetch.ts'
import { forgetPages } from '../fetch/store.ts'
import { awaitApproval, completePreview, completeRun } from './finish.ts'
import { type HoldReason, judgePlan, judgePull } from '../plan/guard.ts'
import { keepHold } from './hold.ts'
import { planRun } from '../plan/plan.ts'
import type { Run, Stage } from '../runs/run.ts'
import { canReadChanges, isImport, type RunState } from '../runs/state.ts'

/**
 * Does the stage that a run is at. Returns whether there is more to do: otherwise it has ended, or waits for approval. Throws
 * ProviderError, RunLost.
 */
export async function doStage(run: Run, state: RunState): Promise<boolean> {
  switch (state.stage) {
    case 'fetch':
      return fetch(run, state)
    case 'plan':
      return plan(run, state)
    case 'guard':
      return guard(run, state)
    case 'apply':
      await applyRun(run)
      return goOn(run, 'notify')
    case 'notify':
      await completeRun(run)
      return false
  }
}

async function fetch(run: Run, state: RunState): Promise<boolean> {
  if (await beginFetch(run, state)) return true
  if (run.purpose === 'lifecycle') return goOn(run, 'plan')
  try {
    await fetchPages(run)
  } catch (error) {
    if (!(error instanceof ProviderError) || error.kind !== 'cursor_expired') throw error
    await beginAnew(run)
    // Who lets a pull expire that has just begun does not mean it.
    await fetchPages({ ...run, isFull: true })
  }
  return true
}

/** Prepares what is to be read. Returns whether the row was changed by that. */
async function beginFetch(run: Run, state: RunState): Promise<boolean> {
  const { hold } = state
  // What was approved is read again, and compared with what the plan was made from.
  if (hold?.decision === 'approved' && hold.digest === undefined) {
    const again = { ...hold, digest: state.digest, rules: state.rules_version }
    await restart(run, `hold = $3::jsonb`, JSON.stringify(again))
    return true
  }
  if (state.rules_version !== run.directory.rulesVersion) {
    await restart(run, `rules_version = $3::integer`, run.directory.rulesVersion)
    return true
  }
  if (run.isFull || run.purpose === 'lifecycle' || isImport(run) || canReadChanges(run)) return false
  await beginAnew(run)
  return true
}

function beginAnew(run: Run): Promise<void> {
  return restart(run, `is_full = $3::boolean`, true)
}

async function restart(run: Run, assignment: string, value: unknown): Promise<void> {
  await transaction(run.services.db, async (tx) => {
    await forgetPages(tx, run)
    const text = `update sync_runs set ${assignment} where org_id = $1 and id = $2`
    await query(tx, text, [run.organizationId, run.id, value])
  })
}

async function plan(run: Run, state: RunState): Promise<boolean> {
  const { hold } = state
  if (hold?.decision === 'approved') {
    if (await isAsPlanned(run, state)) return goOn(run, 'apply')
    // It is a plan of today, which nobody has seen.
    const again: { readonly reasons: readonly HoldReason[] } = { reasons: [sourceChanged] }
    const text = `update sync_runs set hold = $3::jsonb, started_at = $4::timestamptz where org_id = $1 and id = $2`
    await transaction(run.services.db, async (tx) => {
      await keepHold(tx, run)
      await query(tx, text, [run.organizationId, run.id, JSON.stringify(again), run.services.now()])
    })
    return true
  }
  if (run.isFull && run.purpose !== 'lifecycle') await judgePull(run)
  await planRun(run)
  return goOn(run, 'guard')
}

const sourceChanged: HoldReason = {
  code: 'source_changed',
  detail: 'Since the plan was approved, the source, the directory or its settings have changed; this is a new plan.',
}

async function isAsPlanned(run: Run, { hold, digest, rules_version }: RunState): Promise<boolean> {
  if (hold === null || hold.digest !== digest || hold.rules !== rules_version) return false
  const [row] = await query<{ same: boolean }>(run.services.db, sameSql, [run.organizationId, run.id])
  return row?.same === true
}

// What is not there has no version.
const sameSql = `select not exists (
    select from run_changes c
    left join users u on c.resource_type = 'User' and u.org_id = c.org_id and u.id = c.resource_id
    left join groups g on c.resource_type = 'Group' and g.org_id = c.org_id and g.id = c.resource_id
    where c.org_id = $1 and c.run_id = $2 and c.operation not in ('keep', 'skip', 'error')
      and c.version is distinct from coalesce(u.version, g.version)
  ) as same`

async function guard(run: Run, { hold }: RunState): Promise<boolean> {
  const changed = hold?.reasons.filter(({ code }) => code === 'source_changed') ?? []
  const reasons = [...changed, ...(await judgePlan(run))]
  if (run.purpose === 'preview') await completePreview(run, reasons)
  else if (reasons.length > 0) await awaitApproval(run, reasons)
  else return goOn(run, 'apply')
  return false
}

async function goOn(run: Run, stage: Stage): Promise<true> {
  await transaction(run.services.db, async (tx) => {
    await keepHold(tx, run)
    const text = 'update sync_runs set stage = $3 where org_id = $1 and id = $2'
    await query(tx, text, [run.organizationId, run.id, stage])
  })
  return true
}
