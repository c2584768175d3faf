// What BambooHR says in several fields at once.
import { readText } from '../json.ts'
import type { employmentStatuses, Json, JsonObject } from '../provider.ts'

type EmploymentStatus = (typeof employmentStatuses)[number]

interface DerivedField {
  /** The fields that it is made from. */
  readonly from: readonly string[]
  /** Undefined where those say too little. `today` is YYYY-MM-DD. */
  read(fields: JsonObject, today: string): Json | undefined
}

const dayMs = 86_400_000

/** Fields that are made from others: name → how. */
export const derivedFields: Readonly<Record<string, DerivedField>> = {
  displayName: { from: ['preferredName', 'firstName', 'lastName'], read: readDisplayName },
  legalName: { from: ['firstName', 'middleName', 'lastName'], read: readLegalName },
  lifecycle: {
    from: ['status', 'hireDate', 'originalHireDate', 'terminationDate', 'employmentHistoryStatus'],
    read: readLifecycle,
  },
}

function readDisplayName({ displayName, preferredName, firstName, lastName }: JsonObject): string | undefined {
  return readText(displayName) ?? join(readText(preferredName) ?? readText(firstName), readText(lastName))
}

function readLegalName({ firstName, middleName, lastName }: JsonObject): string | undefined {
  return join(readText(firstName), readText(middleName), readText(lastName))
}

function readLifecycle(fields: JsonObject, today: string): EmploymentStatus | null | undefined {
  const status = readText(fields['status'])?.toLowerCase()
  const employment = readText(fields['employmentHistoryStatus'])?.toLowerCase() ?? ''
  if (status === 'active') {
    if (/\bleave\b/.test(employment)) return 'on_leave'
    return /\bsuspen/.test(employment) ? 'suspended' : 'active'
  }
  if (status !== 'inactive') return fields['status'] === undefined ? undefined : null
  return isToCome(fields, today) ? 'pending' : /\bretire/.test(employment) ? 'retired' : 'terminated'
}

// BambooHR makes people Active on their first day, some time of it, in a time zone that it does not tell. Who is hired again keeps the
// record, with the last day of the employment before; who will not come after all has a last day, too, but no such employment.
function isToCome({ hireDate, originalHireDate, terminationDate }: JsonObject, today: string): boolean {
  const yesterday = new Date(Date.parse(today) - dayMs).toISOString().slice(0, 10)
  const [start, end, original] = [readDate(hireDate), readDate(terminationDate), readDate(originalHireDate)]
  if (start === undefined || start <= yesterday) return false
  return end === undefined || end > start || (original !== undefined && original < start && original <= end)
}

function readDate(value: Json | undefined): string | undefined {
  return /^\d{4}-\d{2}-\d{2}/.exec(readText(value) ?? '')?.[0]
}

function join(...names: readonly (string | undefined)[]): string | undefined {
  const known = names.filter((name) => name !== undefined)
  return known.length === 0 ? undefined : known.join(' ')
}
