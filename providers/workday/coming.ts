// Who is hired and has not begun. Workday has little to say of them before their first day, or does not know them at all: they are read as
// of that day.
import type { Json, JsonObject } from '../provider.ts'
import { readWorkerId, type WorkdayApi } from './api.ts'
import type { Moment } from './envelope.ts'
import { readStatusFields } from './fields.ts'
import { isToCome } from './lifecycle.ts'

/** How many days ahead hires are looked for that Workday does not know of today. */
const horizonDays = 90
const dayMs = 86_400_000

export interface Read {
  readonly id: string | undefined
  readonly worker: Json
  /** What says whether they work there, as of the day of the worker. */
  readonly status: JsonObject
  /** Whether the worker is as of a first day that is to come. */
  readonly isToCome: boolean
}

/** The workers of a page; those to come as of their first day. */
export async function readAsOfFirstDay(api: WorkdayApi, workers: readonly Json[], moment: Moment): Promise<Read[]> {
  const read = workers.map((worker) => readOne(worker, false))
  const coming = read.filter(({ status }) => isToCome(status, moment.day))
  const later = new Map((await readAsOf(api, coming, moment)).map((one) => [one.id, one]))
  return read.map((one) => later.get(one.id) ?? one)
}

/** WIDs of those who begin within some months and are not known today, in their order. */
export async function listUnknownToday(api: WorkdayApi, moment: Moment): Promise<string[]> {
  const ids = await api.listWorkers({
    ...moment,
    day: addDays(moment.day, horizonDays),
    effective: {
      from: `${addDays(moment.day, 1)}T00:00:00.000Z`,
      through: `${addDays(moment.day, horizonDays)}T23:59:59.999Z`,
    },
  })
  if (ids.length === 0) return []
  const known = new Set(await listKnown(api, ids, moment))
  return ids.filter((id) => !known.has(id))
}

/** Some of them as of their first day. Who turns out to have begun is left out: they are known today. */
export async function readUnknown(api: WorkdayApi, ids: readonly string[], moment: Moment): Promise<Read[]> {
  const horizon = addDays(moment.day, horizonDays)
  const { workers } = await api.readWorkers({ ...moment, day: horizon, ids, page: 1, count: ids.length })
  const known = workers.map((worker) => readOne(worker, true))
  const read = await readAsOf(
    api,
    known.filter(({ status }) => readStart(status) > moment.day),
    moment,
  )
  return read.toSorted((one, other) => ((one.id ?? '') < (other.id ?? '') ? -1 : 1))
}

// Those who begin on one day are asked for together.
async function readAsOf(api: WorkdayApi, coming: readonly Read[], moment: Moment): Promise<Read[]> {
  const read: Read[] = []
  for (const [day, some] of Map.groupBy(coming, ({ status }) => readStart(status))) {
    const ids = some.flatMap(({ id }) => id ?? [])
    const { workers } = await api.readWorkers({ ...moment, day, ids, page: 1, count: ids.length })
    read.push(...workers.map((worker) => readOne(worker, true)))
  }
  return read
}

function readOne(worker: Json, isComing: boolean): Read {
  return { id: readWorkerId(worker), worker, status: readStatusFields(worker), isToCome: isComing }
}

/** YYYY-MM-DD, so many days later. */
export function addDays(day: string, days: number): string {
  return new Date(Date.parse(day) + days * dayMs).toISOString().slice(0, 10)
}

async function listKnown(api: WorkdayApi, ids: readonly string[], moment: Moment): Promise<string[]> {
  const known: string[] = []
  const size = 100
  for (let start = 0; start < ids.length; start += size) {
    known.push(...(await api.listWorkers({ ...moment, ids: ids.slice(start, start + size) })))
  }
  return known
}

function readStart({ Hire_Date: day }: JsonObject): string {
  return typeof day === 'string' ? day : ''
}
