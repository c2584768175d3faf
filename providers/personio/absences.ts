// Absences, now and to come.
import { isObject, readText } from '../json.ts'
import type { Json, JsonObject, SourceRecord } from '../provider.ts'
import type { PersonioApi } from './api.ts'
import type { Reading } from './person.ts'

const field = 'absences'
/** What is no absence any more. */
const withdrawn = ['REJECTED', 'CANCELLED', 'CANCELED', 'DELETED']

/** The records with their absences, where these are wanted and may be read. */
export async function addAbsences(
  api: PersonioApi,
  records: readonly SourceRecord[],
  { scope, names, today }: Reading,
): Promise<readonly SourceRecord[]> {
  if (!scope.fields.includes(field) || records.length === 0) return records
  const absences = await api.readAbsences(
    records.map(({ id }) => id),
    today,
  )
  if (absences === undefined) return records
  const byPerson = Map.groupBy(absences, ({ person }) => readIdOf(person))
  return records.map((record) => {
    const own = (byPerson.get(record.id) ?? []).flatMap((absence) => {
      return readAbsence(absence, today, (id) => names.findAbsenceType(id)) ?? []
    })
    const sorted = own.toSorted((one, other) => (one.startDate < other.startDate ? -1 : 1))
    return { ...record, fields: { ...record.fields, [field]: sorted } }
  })
}

type Absence = JsonObject & { startDate: string }

function readAbsence(
  absence: JsonObject,
  today: string,
  findType: (id: string) => string | undefined,
): Absence | undefined {
  const startDate = readDay(absence['starts_from'])
  const endDate = readDay(absence['ends_at'])
  const { approval } = absence
  const status = isObject(approval) ? readText(approval['status']) : undefined
  const isOver = endDate !== undefined && endDate < today
  if (startDate === undefined || isOver || withdrawn.includes(status?.toUpperCase() ?? '')) return undefined
  const value = readText(absence['id'])
  const typeId = readIdOf(absence['absence_type'])
  return {
    ...(value !== undefined && { value }),
    ...(typeId !== undefined && { type: findType(typeId) ?? typeId }),
    startDate,
    ...(endDate !== undefined && { endDate }),
    ...(status !== undefined && { status: status.toLowerCase() }),
  }
}

function readIdOf(value: Json | undefined): string | undefined {
  return isObject(value) ? readText(value['id']) : undefined
}

// The day where the office is: times have no zone.
function readDay(value: Json | undefined): string | undefined {
  return /^\d{4}-\d{2}-\d{2}/.exec((isObject(value) ? readText(value['date_time']) : undefined) ?? '')?.[0]
}
