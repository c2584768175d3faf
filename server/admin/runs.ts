// Runs of directories that are pulled: asking for them, looking at them, stopping them, and deciding on those that wait.
import { cursorParameter, readCursor, writeCursor } from '../api/cursors.ts'
import type { Endpoint } from '../api/endpoint.ts'
import { dataOf, objectOf } from '../api/schema.ts'
import type { Actor } from '../directory/actor.ts'
import { approveRun, type Decision, rejectRun } from '../sync/runs/approval.ts'
import { requestRun } from '../sync/runs/requests.ts'
import { listErrors } from '../sync/runs/findings.ts'
import { listHolds, listRunReports, readRunReport } from '../sync/runs/reports.ts'
import { cancelRun } from '../sync/runs/cancel.ts'
import { type AdminCaller, endpoint } from './caller.ts'
import { run, runDetails } from './run-schemas.ts'
import { bodyOf, directoryId, organizationId, runId } from './schemas.ts'
import { tags } from './tags.ts'

const tag = tags.runs.name
const path = '/organizations/{organization}/runs'
const params = { organization: organizationId, id: runId } as const

export const nextCursor = {
  type: ['string', 'null'],
  description: 'What to send as `cursor` for the next page; null where there is none.',
  examples: [null],
} as const

const firstErrors = 20

/** The actor of what an administrator asks of a directory. */
export function actFor({ tokenId, requestId, at }: AdminCaller, organization: string, directory: string): Actor {
  const who = { organizationId: organization, directoryId: directory, tokenId, requestId, at }
  return { ...who, view: 'organization', restoresUsers: false }
}

const request = endpoint({
  operationId: 'requestRun',
  tag,
  method: 'post',
  path: '/organizations/{organization}/directories/{id}/runs',
  summary: 'Ask for a run',
  description: `It begins at once where the directory has none under way; otherwise the answer is that one. A preview reads and plans, and changes
    nothing: it says what a run would do, and whether it would have to wait for approval.`,
  scopes: ['admin'],
  params: { organization: organizationId, id: directoryId },
  body: bodyOf([], {
    type: {
      enum: ['full', 'incremental'],
      default: 'incremental',
      description:
        '`full` reads everything, and finds who is gone; `incremental` what has changed, where the source can tell.',
    },
    preview: { type: 'boolean', default: false, description: 'Whether it only plans.', examples: [true] },
    includeGroups: { type: 'boolean', default: true, description: 'Whether groups are read, too.', examples: [true] },
  }),
  status: 202,
  answer: run,
  errors: [409],
  run: ({ caller, params: { organization, id }, body: { type, preview, includeGroups } }) =>
    requestRun(caller.sync, actFor(caller, organization, id), id, { type, isPreview: preview, includeGroups }),
})

const list = endpoint({
  operationId: 'listRuns',
  tag,
  method: 'get',
  path,
  summary: 'List runs',
  description: 'The latest first.',
  scopes: ['admin'],
  params: { organization: organizationId },
  query: {
    directoryId: { ...directoryId, description: 'Only those of this directory.' },
    limit: { type: 'integer', minimum: 1, maximum: 500, default: 50, description: 'How many at most.' },
    cursor: cursorParameter,
  },
  status: 200,
  answer: objectOf({ data: { type: 'array', items: run }, nextCursor }),
  run: async ({ caller: { db, at }, params: { organization }, query: { cursor, limit, directoryId: of } }) => {
    const window = { limit, after: readCursor(cursor)?.id, ...(of !== undefined && { directoryId: of }) }
    const { items, next } = await listRunReports(db, organization, window, at)
    return { data: items, nextCursor: next === undefined ? null : writeCursor({ id: next }) }
  },
})

const read = endpoint({
  operationId: 'readRun',
  tag,
  method: 'get',
  path: `${path}/{id}`,
  summary: 'Read a run',
  scopes: ['admin'],
  params,
  status: 200,
  answer: runDetails,
  run: async ({ caller: { db, at }, params: { organization, id } }) => {
    const key = { organizationId: organization, id }
    const report = await readRunReport(db, key, at)
    const { items: errors } = await listErrors(db, key, { limit: firstErrors })
    return { ...report, errors }
  },
})

const cancel = endpoint({
  operationId: 'cancelRun',
  tag,
  method: 'post',
  path: `${path}/{id}/cancel`,
  summary: 'Cancel a run',
  description: `Ends one that is queued or waits; one that is running ends behind the page or the batch that it is at, and what it applied stays.
    One that has ended stays as it is.`,
  scopes: ['admin'],
  params,
  status: 200,
  answer: run,
  run: async ({ caller, params: { organization, id } }) => {
    const { db, at } = caller
    const { directoryId: directory } = await readRunReport(db, { organizationId: organization, id }, at)
    await cancelRun(db, actFor(caller, organization, directory), id)
    return readRunReport(db, { organizationId: organization, id }, at)
  },
})

const holds = endpoint({
  operationId: 'listHolds',
  tag,
  method: 'get',
  path: '/organizations/{organization}/holds',
  summary: 'List runs that wait for approval',
  description: 'The oldest first; of each directory one at most.',
  scopes: ['admin'],
  params: { organization: organizationId },
  status: 200,
  answer: dataOf(run),
  run: async ({ caller: { db, at }, params: { organization } }) => ({ data: await listHolds(db, organization, at) }),
})

const approve = endpoint({
  operationId: 'approveRun',
  tag,
  method: 'post',
  path: `${path}/{id}/approve`,
  summary: 'Approve a run',
  description: `It reads its source again. Where that says the same as before, exactly the plan that was looked at is applied; where it does not,
    the run plans anew and waits again.`,
  scopes: ['admin'],
  params,
  status: 202,
  answer: run,
  errors: [409],
  run: ({ caller, params: { organization, id } }) => decide(caller, organization, id, approveRun),
})

const reject = endpoint({
  operationId: 'rejectRun',
  tag,
  method: 'post',
  path: `${path}/{id}/reject`,
  summary: 'Reject a run',
  description: 'It ends, and nothing of its plan happens.',
  scopes: ['admin'],
  params,
  status: 200,
  answer: run,
  errors: [409],
  run: ({ caller, params: { organization, id } }) => decide(caller, organization, id, rejectRun),
})

async function decide(
  { db, at, tokenId, reach }: AdminCaller,
  organization: string,
  id: string,
  work: typeof approveRun,
): Promise<object> {
  const key = { organizationId: organization, id }
  const decidedBy = reach === null ? 'operator' : (tokenId ?? 'JWT')
  const decision: Decision = { at, decidedBy }
  await work(db, key, decision)
  return readRunReport(db, key, at)
}

export const runEndpoints: readonly Endpoint<AdminCaller>[] = [request, list, read, cancel, approve, reject, holds]
