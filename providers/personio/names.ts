// Names and groups: an employment has ids of org units, an office, a legal entity and cost centers, and other lists have the names.
import { createListGroups, type ListGroups, type ListItem, type UnlistedGroups } from '../list-groups.ts'
import type { PersonioApi } from './api.ts'

export const orgUnitTypes = ['department', 'team'] as const
export type OrgUnitType = (typeof orgUnitTypes)[number]

export interface Names {
  /** Undefined where the name may not be read. */
  findOrgUnit(type: OrgUnitType, id: string): Promise<string | undefined>
  findOffice(id: string): string | undefined
  findLegalEntity(id: string): string | undefined
  findCostCenter(id: string): string | undefined
  /** By the id of the absence type. */
  findAbsenceType(id: string): string | undefined
  readonly groups: ListGroups
}

export interface Wanted {
  readonly fields: readonly string[]
  readonly groups: boolean
}

/** Reads the lists that are wanted. */
export async function readNames(api: PersonioApi, wanted: Wanted, unlisted: UnlistedGroups): Promise<Names> {
  const isWanted = (field: string): boolean => wanted.fields.includes(field)
  const read = (when: boolean, list: () => Promise<ListItem[] | undefined>): Promise<ListItem[] | undefined> => {
    return when ? list() : Promise.resolve(undefined)
  }
  const [department, team, office, legalEntity, costCenter, absenceType] = await Promise.all([
    read(wanted.groups || isWanted('department'), () => api.listOrgUnits('department')),
    read(wanted.groups || isWanted('team'), () => api.listOrgUnits('team')),
    read(wanted.groups || isWanted('office'), () => api.readList('workplaces')),
    read(isWanted('legal_entity'), () => api.readList('legal-entities')),
    read(isWanted('cost_center'), () => api.readList('cost-centers')),
    read(isWanted('absences'), () => api.readList('absence-types')),
  ])
  const lists = { department, team }
  const single = new Map<string, Promise<string | undefined>>()
  return {
    // Listing them is new, and not there for everybody; one by one they can be read by more.
    findOrgUnit: (type, id) => {
      const listed = lists[type]
      if (listed !== undefined) return Promise.resolve(findName(listed, id))
      const key = `${type}:${id}`
      const found = single.get(key) ?? api.readOrgUnit(type, id)
      single.set(key, found)
      return found
    },
    findOffice: (id) => findName(office, id),
    findLegalEntity: (id) => findName(legalEntity, id),
    findCostCenter: (id) => findName(costCenter, id),
    findAbsenceType: (id) => findName(absenceType, id),
    groups: createListGroups({ department: department ?? [], team: team ?? [], office: office ?? [] }, unlisted),
  }
}

function findName(items: readonly ListItem[] | undefined, id: string): string | undefined {
  return items?.find((item) => item.id === id)?.name
}
