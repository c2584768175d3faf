// A pull of everybody, or of who has changed. Every request of it says as of when, so that all of its pages show one company.
import { setImmediate } from 'node:timers/promises'
import { readText } from '../json.ts'
import { createListGroups, type ListGroups, pageGroups, type UnlistedGroups } from '../list-groups.ts'
import type { JsonObject, Page, ProviderContext, Scope, Source, SourceFault, SourceRecord } from '../provider.ts'
import { createWorkdayApi, type WorkdayApi } from './api.ts'
import { checkWorkday } from './check.ts'
import { addDays, listUnknownToday, type Read, readAsOfFirstDay, readUnknown } from './coming.ts'
import type { Moment } from './envelope.ts'
import { isRescinded } from './lifecycle.ts'
import type { WorkdaySettings } from './settings.ts'
import { ClockError, connect } from './soap.ts'
import { type AddBalances, createBalanceReader } from './time-off.ts'
import { type Reading, readWorker } from './worker.ts'

/** `asOf` is when the pull looked, an ISO 8601 time; the next pull of changes begins there. `since` is that of the one before. */
export type WorkdayCursor =
  | { stage: 'workers'; asOf: string; page: number; count: number; unlisted: UnlistedGroups }
  | { stage: 'changed'; asOf: string; since: string; after: string; unlisted: UnlistedGroups }
  | { stage: 'coming'; asOf: string; after: string; unlisted: UnlistedGroups }
  | { stage: 'groups'; asOf: string; after: string; unlisted: UnlistedGroups }
  | { stage: 'end'; asOf: string }

type WorkdayPage = Page<WorkdayCursor>

interface Pull {
  readonly api: WorkdayApi
  readonly moment: Moment
  readonly reading: Reading
  readonly addBalances: AddBalances
  readonly signal: AbortSignal
}

/** How long before the last pull looked is looked again: the log may be behind, and clocks differ. */
const overlapMs = 15 * 60_000
/** So many are read before others have their turn. */
const workersAtOnce = 20

export function createWorkdaySource(settings: WorkdaySettings, context: ProviderContext): Source<WorkdayCursor> {
  let opened: WorkdayApi | undefined
  // Only here is seen what a way to sign in lacks, which is an answer of the check.
  const open = (): WorkdayApi => (opened ??= createWorkdayApi(connect(settings, context)))
  return {
    check: () => checkWorkday(open, context.now()),
    pull: (cursor, scope) => pull(open, context, cursor, scope),
  }
}

async function* pull(
  open: () => WorkdayApi,
  { now, signal }: Pick<ProviderContext, 'now' | 'signal'>,
  cursor: WorkdayCursor | undefined,
  scope: Scope,
): AsyncIterable<WorkdayPage> {
  const api = open()
  const isResumed = cursor !== undefined && cursor.stage !== 'end'
  const moment = isResumed ? toMoment(new Date(cursor.asOf)) : await findMoment(api, now())
  const { asOf } = moment
  const groups = scope.groups ? await readGroups(api, moment, isResumed ? cursor.unlisted : {}) : undefined
  const isEverybody = cursor === undefined || cursor.stage === 'workers'
  const addBalances = createBalanceReader(api, scope, moment, isEverybody)
  const pulled: Pull = { api, moment, reading: { scope, groups, today: moment.day }, addBalances, signal }
  const unlisted = (): UnlistedGroups => ({ ...groups?.unlisted })
  if (cursor === undefined || cursor.stage === 'workers') yield* pullWorkers(pulled, cursor, unlisted)
  else if (cursor.stage === 'end') yield* pullChanged(pulled, cursor.asOf, '', unlisted)
  else if (cursor.stage === 'changed') yield* pullChanged(pulled, cursor.since, cursor.after, unlisted)
  if (cursor?.stage !== 'groups') {
    yield* pullComing(pulled, cursor?.stage === 'coming' ? cursor.after : '', unlisted)
  }
  const after = cursor?.stage === 'groups' ? cursor.after : undefined
  for (const { records, last } of pageGroups(groups?.list() ?? [], after, scope.pageSize)) {
    yield { records, cursor: { stage: 'groups', asOf, after: last, unlisted: unlisted() } }
  }
  yield { records: [], cursor: { stage: 'end', asOf } }
}

function toMoment(time: Date): Moment {
  const asOf = time.toISOString()
  return { asOf, day: asOf.slice(0, 10) }
}

// Workday refuses a time that is to come for it, and clocks differ: then its own counts. What is asked costs it little.
async function findMoment(api: WorkdayApi, now: Date): Promise<Moment> {
  const moment = toMoment(now)
  const range = { from: moment.asOf, through: moment.asOf }
  try {
    await api.listWorkers({ ...moment, entered: range })
    return moment
  } catch (error) {
    if (error instanceof ClockError) return toMoment(error.now)
    throw error
  }
}

async function readGroups(api: WorkdayApi, moment: Moment, unlisted: UnlistedGroups): Promise<ListGroups> {
  return createListGroups({ department: (await api.readOrganizations(moment)) ?? [] }, unlisted)
}

async function* pullWorkers(
  pulled: Pull,
  cursor: (WorkdayCursor & { stage: 'workers' }) | undefined,
  unlisted: () => UnlistedGroups,
): AsyncIterable<WorkdayPage> {
  const { api, moment, reading } = pulled
  // The pages of an interrupted pull have the size that they had.
  const count = cursor?.count ?? reading.scope.pageSize
  for (let page = (cursor?.page ?? 0) + 1; ; page++) {
    const { workers, totalPages } = await api.readWorkers({ ...moment, page, count })
    const content = await writePage(pulled, await readAsOfFirstDay(api, workers, moment), `page ${page}`)
    const groupPages = Math.ceil((reading.groups?.list().length ?? 0) / reading.scope.pageSize)
    const isLast = page >= totalPages
    const asOf = moment.asOf
    yield {
      ...content,
      cursor: isLast
        ? { stage: 'coming', asOf, after: '', unlisted: unlisted() }
        : { stage: 'workers', asOf, page, count, unlisted: unlisted() },
      totalPages: totalPages + groupPages + 1,
    }
    if (isLast) return
  }
}

// What was entered since, and what took effect since and was entered long ago.
async function* pullChanged(
  pulled: Pull,
  since: string,
  after: string,
  unlisted: () => UnlistedGroups,
): AsyncIterable<WorkdayPage> {
  const { api, moment, reading } = pulled
  const from = new Date(Date.parse(since) - overlapMs).toISOString()
  // Days begin at another time where the tenant is.
  const days = { from: `${addDays(since.slice(0, 10), -1)}T00:00:00.000Z`, through: `${moment.day}T23:59:59.999Z` }
  const entered = await api.listWorkers({ ...moment, entered: { from, through: moment.asOf } })
  const effective = await api.listWorkers({ ...moment, effective: days })
  const ids = [...new Set([...entered, ...effective])].toSorted().filter((id) => id > after)
  for (let start = 0; start < ids.length; start += reading.scope.pageSize) {
    const some = ids.slice(start, start + reading.scope.pageSize)
    const { workers } = await api.readWorkers({ ...moment, ids: some, page: 1, count: some.length })
    const content = await writePage(pulled, await readAsOfFirstDay(api, workers, moment), `after ${after}`)
    yield {
      ...content,
      cursor: { stage: 'changed', asOf: moment.asOf, since, after: some.at(-1) ?? '', unlisted: unlisted() },
    }
  }
}

async function* pullComing(pulled: Pull, after: string, unlisted: () => UnlistedGroups): AsyncIterable<WorkdayPage> {
  const { api, moment, reading } = pulled
  const ids = (await listUnknownToday(api, moment)).filter((id) => id > after)
  for (let start = 0; start < ids.length; start += reading.scope.pageSize) {
    const some = ids.slice(start, start + reading.scope.pageSize)
    const content = await writePage(pulled, await readUnknown(api, some, moment), 'to come')
    const last = some.at(-1) ?? ''
    yield { ...content, cursor: { stage: 'coming', asOf: moment.asOf, after: last, unlisted: unlisted() } }
  }
}

// Whose hire was taken back is deleted: they never worked there.
async function writePage(
  { reading, addBalances, signal }: Pull,
  read: readonly Read[],
  place: string,
): Promise<Pick<WorkdayPage, 'records' | 'deletedIds' | 'faults'>> {
  signal.throwIfAborted()
  const records: SourceRecord[] = []
  const employed = new Set<string>()
  const deletedIds: string[] = []
  const faults: SourceFault[] = []
  for (const [index, one] of read.entries()) {
    if (index % workersAtOnce === 0) await setImmediate()
    const { id, status, isToCome } = one
    if (id === undefined) faults.push(explainNobody(status, place, index))
    else if (isRescinded(status)) deletedIds.push(id)
    else {
      records.push(readWorker(id, one, reading))
      if (status['Active'] === true && !isToCome) employed.add(id)
    }
  }
  return {
    records: await addBalances(records, employed),
    ...(deletedIds.length > 0 && { deletedIds }),
    ...(faults.length > 0 && { faults }),
  }
}

function explainNobody(status: JsonObject, place: string, index: number): SourceFault {
  const record = readText(status['Contingent_Worker_ID']) ?? `worker ${index + 1}, ${place}`
  return { record, message: 'Workday gives a worker without a WID. Ask Workday why.' }
}
