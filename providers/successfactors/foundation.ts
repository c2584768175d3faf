// Foundation objects: departments, divisions, locations, cost centers and companies. Each is a group, by its code.
import { readText } from '../json.ts'
import type { ListItem, Lists } from '../list-groups.ts'
import type { JsonObject } from '../provider.ts'
import type { FoundationEntity, SuccessFactorsApi } from './api.ts'
import type { ChangedCodes, Since } from './changes.ts'
import { findEffective } from './employment.ts'
import { readDay, readMoment, readRows } from './odata.ts'

export interface FoundationKind {
  /** As groups are called, such as `department:50001`. */
  readonly kind: string
  readonly entity: FoundationEntity
  /** The property of job information that has its code, and the one that leads to it. */
  readonly property: string
  readonly navigation: string
}

export const foundationKinds: readonly FoundationKind[] = [
  { kind: 'department', entity: 'FODepartment', property: 'department', navigation: 'departmentNav' },
  { kind: 'division', entity: 'FODivision', property: 'division', navigation: 'divisionNav' },
  { kind: 'location', entity: 'FOLocation', property: 'location', navigation: 'locationNav' },
  { kind: 'cost_center', entity: 'FOCostCenter', property: 'costCenter', navigation: 'costCenterNav' },
  { kind: 'company', entity: 'FOCompany', property: 'company', navigation: 'companyNav' },
]

/** Kind → its objects on one day; a kind that may not be read is not there. */
export type Foundation = ReadonlyMap<FoundationKind, readonly JsonObject[]>

export async function readFoundation(api: SuccessFactorsApi, day: string): Promise<Foundation> {
  const foundation = new Map<FoundationKind, readonly JsonObject[]>()
  for (const kind of foundationKinds) {
    const rows = await api.readFoundation(kind.entity, day)
    if (rows !== undefined) foundation.set(kind, takeEffective(rows, day))
  }
  return foundation
}

function takeEffective(rows: readonly JsonObject[], day: string): JsonObject[] {
  const byCode = Map.groupBy(rows, ({ externalCode }) => readText(externalCode) ?? '')
  return [...byCode.values()].map((some) => findEffective(some, day)).filter((row) => row !== undefined)
}

/** Those that are in use. */
export function listItems(foundation: Foundation): Lists {
  return Object.fromEntries([...foundation].map(([{ kind }, rows]) => [kind, rows.flatMap(readItem)]))
}

function readItem(row: JsonObject): ListItem[] {
  const [id, name] = [readText(row['externalCode']), readText(row['name'])]
  if (id === undefined || row['status'] === 'I') return []
  const [parent] = readRows(row['parentNav']) ?? []
  const parentId = readText(parent?.['externalCode'])
  return [{ id, name: name ?? id, ...(parentId !== undefined && parentId !== id && { parentId }) }]
}

/** The codes of those that may be otherwise than at a pull before: they have another name, say, or have it from today on. */
export function listChanged(foundation: Foundation, since: Since): ChangedCodes {
  const changed = [...foundation].map(([{ property }, rows]) => {
    const codes = rows.filter((row) => isChanged(row, since)).map(({ externalCode }) => readText(externalCode) ?? '')
    return [property, codes] as const
  })
  return Object.fromEntries(changed.filter(([, codes]) => codes.length > 0))
}

function isChanged({ lastModifiedDateTime, startDate }: JsonObject, { moment, day }: Since): boolean {
  return (readMoment(lastModifiedDateTime) ?? 0) >= Date.parse(moment) || (readDay(startDate) ?? '') >= day
}
