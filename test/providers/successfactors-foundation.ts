// Departments, divisions, locations, cost centers and companies, as rows.
import type { Row, Tenant } from './successfactors-entities.ts'
import { openEnd, writeDay, writeMoment } from './successfactors-values.ts'

export const foundationSets = [
  { entity: 'FODepartment', property: 'department', navigation: 'departmentNav' },
  { entity: 'FODivision', property: 'division', navigation: 'divisionNav' },
  { entity: 'FOLocation', property: 'location', navigation: 'locationNav' },
  { entity: 'FOCostCenter', property: 'costCenter', navigation: 'costCenterNav' },
  { entity: 'FOCompany', property: 'company', navigation: 'companyNav' },
] as const

export type FoundationSet = (typeof foundationSets)[number]['entity']

/** All objects of a set; each begins in 1900. */
export function listFoundation(entity: FoundationSet, tenant: Tenant): Row[] {
  const { departments, sites } = tenant.company
  if (entity === 'FODepartment') {
    return [...departments.values()].map(({ id, name, parentId }) => {
      const parent = parentId === null ? undefined : departments.get(parentId)
      const parentRow = parent && writeFoundation(entity, parent.id, parent.name, tenant, null)
      return writeFoundation(entity, id, name, tenant, parentRow ?? null)
    })
  }
  if (entity === 'FODivision') return [writeFoundation(entity, 'ENG', 'Engineering', tenant, null)]
  if (entity === 'FOLocation')
    return [...sites.values()].map(({ id, name }) => writeFoundation(entity, id, name, tenant))
  if (entity === 'FOCostCenter') return [writeFoundation(entity, '4711', 'Research', tenant, null)]
  return [writeFoundation(entity, '1710', 'Example GmbH', tenant)]
}

function writeFoundation(
  entity: FoundationSet,
  externalCode: string,
  name: string,
  { modified }: Tenant,
  parent?: Row | null,
): Row {
  const from = '1900-01-01'
  const at = modified.get(`${entity} ${externalCode}`) ?? new Date('2019-01-01T00:00:00Z')
  return {
    type: entity,
    key: `externalCode='${externalCode}',startDate=datetime'${from}T00:00:00'`,
    properties: {
      externalCode,
      name,
      status: 'A',
      startDate: writeDay(from),
      endDate: writeDay(openEnd),
      lastModifiedDateTime: writeMoment(at),
    },
    navigations: parent === undefined ? {} : { parentNav: parent },
    from,
    to: openEnd,
  }
}
