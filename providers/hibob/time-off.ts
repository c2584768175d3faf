// Requests for time off (https://apidocs.hibob.com, "Read a list of who's out of the office").
import { type Absence, type AbsenceOf, type Absences, groupAbsences } from '../absences.ts'
import { readText } from '../json.ts'
import type { JsonObject } from '../provider.ts'

/** Reads what Bob says of who is out; what has no first day is an hour here and there, and left out. */
export function readAbsences(outs: readonly JsonObject[], today: string): Absences {
  return groupAbsences(outs.flatMap(readAbsence), today)
}

function readAbsence(out: JsonObject): AbsenceOf[] {
  const [personId, value] = [readText(out['employeeId']), readText(out['requestId'])]
  const [startDate, endDate] = [readText(out['startDate']), readText(out['endDate'])]
  if (personId === undefined || value === undefined || startDate === undefined) return []
  // The name that is meant for everybody; the other one may be nobody's business.
  const type = readText(out['policyTypeDisplayName'])
  const isApproved = readText(out['status'])?.toLowerCase() !== 'pending'
  const absence: Absence = {
    value,
    ...(type !== undefined && { type }),
    startDate,
    ...(endDate !== undefined && { endDate }),
    status: isApproved ? 'approved' : 'requested',
  }
  return [{ personId, absence }]
}
