// Who has changed since a pull. A change of a row leaves the time of the rows beside it as it is, and a row that was written long ago may be
// so from today on; so each part of a person is asked for both.
import { isOneOf, quoteMoment } from './odata.ts'

/** Who is an employee, or was one; without it only who is active comes, and people's children do. */
export const isEmployee =
  "(personEmpTerminationInfoNav/activeEmploymentsCount ne null or employmentNav/userNav/status in 't','f','e','d')"

/** When the pull before began, ISO 8601 in UTC, and the day as of which it read, YYYY-MM-DD. */
export type Since = { moment: string; day: string }

/** Property of job information → codes of foundation objects that have changed. */
export type ChangedCodes = Readonly<Record<string, readonly string[]>>

const modified = [
  '',
  'personalInfoNav/',
  'emailNav/',
  'phoneNav/',
  'employmentNav/',
  'employmentNav/jobInfoNav/',
  'employmentNav/userNav/',
]
const dated = ['personalInfoNav/', 'employmentNav/', 'employmentNav/jobInfoNav/']

/** A condition for those who may be otherwise than at a pull before; `day` is today, YYYY-MM-DD. */
export function writeChanged(since: Since, day: string, codes: ChangedCodes): string {
  const from = quoteMoment(`${since.day}T00:00:00Z`)
  const to = quoteMoment(`${day}T23:59:59Z`)
  const conditions = [
    ...modified.map((path) => `${path}lastModifiedDateTime ge ${quoteMoment(since.moment)}`),
    ...dated.map((path) => `(${path}startDate ge ${from} and ${path}startDate le ${to})`),
    `(personEmpTerminationInfoNav/latestTerminationDate ge ${from} and personEmpTerminationInfoNav/latestTerminationDate le ${to})`,
    ...Object.entries(codes).map(([property, values]) => isOneOf(`employmentNav/jobInfoNav/${property}`, values)),
  ]
  return `${isEmployee} and (${conditions.join(' or ')})`
}
