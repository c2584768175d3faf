// Requests for time off, who is out, and balances. A key that may not see requests gets none, without a word; who is out is for everybody.
import { type Absence, type AbsenceOf, type Absences, findHorizon, groupAbsences, moveDay } from '../absences.ts'
import { isObject, readText } from '../json.ts'
import type { JsonObject } from '../provider.ts'
import type { BambooApi } from './api.ts'

export interface TimeOff {
  /** Undefined where they may not be read. */
  readonly absences: Absences | undefined
  /** Ids of those whose time off is another one than at a day before. */
  readonly movedIds: readonly string[]
}

/** Leaves by these names last, and make somebody be on leave. A holiday does not, nor what is called sick or annual leave. */
const longLeave = /\b(?:parental|maternity|paternity|adoption|sabbatical)\b|\bleave of absence\b/i

/** Reads time off of today and the year to come; `since` (YYYY-MM-DD) is the day as of which it was read before, where it was. */
export async function readTimeOff(api: BambooApi, today: string, since?: string): Promise<TimeOff> {
  // Days are those of the company, wherever that is.
  const from = since === undefined ? today : moveDay(since, -1)
  const to = findHorizon(today)
  const requests = await api.readTimeOffRequests(from, to)
  const outs = await api.readWhosOut(today, to)
  if (requests === undefined && outs === undefined) return { absences: undefined, movedIds: [] }
  const absences = (requests ?? []).flatMap(readRequest)
  const known = new Set((requests ?? []).map(({ id }) => readText(id)))
  const others = (outs ?? []).filter(({ id }) => !known.has(readText(id))).flatMap(readOut)
  const moved = since === undefined ? [] : (requests ?? []).filter((request) => isMoved(request, from, today))
  return {
    absences: groupAbsences([...absences, ...others], today),
    movedIds: moved.map(({ employeeId }) => readText(employeeId)).filter((id) => id !== undefined),
  }
}

/** Whether one of somebody's absences of today is a leave by its name. */
export function isOnLeave(absences: readonly Absence[], today: string): boolean {
  return absences.some(
    ({ type = '', startDate, status }) => longLeave.test(type) && startDate <= today && status === 'approved',
  )
}

/** What is left, as values of `<rollcall>:leaveBalances`; undefined where it may not be read. */
export async function readBalances(api: BambooApi, employeeId: string, day: string): Promise<JsonObject[] | undefined> {
  const balances = await api.readBalances(employeeId, day)
  return balances?.flatMap(({ name, units, balance, end }) => {
    const [type, value] = [readText(name), Number(readText(balance))]
    const unit = readText(units)
    if (type === undefined || !Number.isFinite(value)) return []
    return [{ type, value, ...(unit !== undefined && { unit }), asOf: readText(end) ?? day }]
  })
}

function readRequest(request: JsonObject): AbsenceOf[] {
  const { status, type } = request
  const word = isObject(status) ? readText(status['status']) : undefined
  if (word !== 'approved' && word !== 'requested') return []
  const name = isObject(type) ? readText(type['name']) : undefined
  return writeAbsence(request, { status: word, ...(name !== undefined && { type: name }) })
}

function readOut(out: JsonObject): AbsenceOf[] {
  return out['type'] === 'timeOff' ? writeAbsence(out, { status: 'approved' }) : []
}

function writeAbsence(said: JsonObject, more: Pick<Absence, 'status' | 'type'>): AbsenceOf[] {
  const [personId, value] = [readText(said['employeeId']), readText(said['id'])]
  const [startDate, endDate] = [readText(said['start']), readText(said['end'])]
  if (personId === undefined || value === undefined || startDate === undefined) return []
  return [{ personId, absence: { value, startDate, ...(endDate !== undefined && { endDate }), ...more } }]
}

// It was asked for, granted or taken back, begins, or has ended.
function isMoved({ start, end, created, status }: JsonObject, from: string, today: string): boolean {
  const changed = isObject(status) ? status['lastChanged'] : undefined
  if ([created, changed].some((day) => (readText(day) ?? '') >= from)) return true
  const [first, last] = [readText(start) ?? '', readText(end) ?? '']
  return (first >= from && first <= today) || (last >= from && last < today)
}
