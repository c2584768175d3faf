// The fake of SAP SuccessFactors against SAP's metadata. It is not ours to give away: where nobody put it beside the repository, or says where
// it is with ROLLCALL_PROVIDER_SPECS, there is nothing to compare with.
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import type { Json, JsonObject } from '../../providers/provider.ts'
import { successfactors } from '../../providers/successfactors/index.ts'
import { addPeople } from './company.ts'
import { readFilter } from './odata-filter.ts'
import { collect, createScope, openSource } from './source.ts'
import { startSuccessFactorsFake, type SuccessFactorsFake } from './successfactors-fake.ts'
import { createRsaKey } from './successfactors-keys.ts'
import { listElements, parseXml, toLocalName, type XmlElement } from './xml-signature.ts'

interface EntityType {
  /** Property → its attributes. */
  readonly properties: ReadonlyMap<string, XmlElement['attributes']>
  readonly navigations: ReadonlySet<string>
  readonly key: readonly string[]
}

const folder = path.join(
  process.env['ROLLCALL_PROVIDER_SPECS'] ?? path.join('..', 'shared', 'providers', 'specs'),
  'successfactors',
)
const files = [
  'ECPersonalInformation',
  'ECEmploymentInformation',
  'ECFoundationOrganization.trimmed',
  'PLTUserManagement',
]

/** Each file is one service's view. Between them companies have these, as Microsoft and others ask for them. */
const between: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  PerPerson: { employmentNav: 'EmpEmployment', personEmpTerminationInfoNav: 'PersonEmpTerminationInfo' },
  PerEmail: { emailTypeNav: 'PicklistOption' },
  PerPhone: { phoneTypeNav: 'PicklistOption' },
  EmpEmployment: { userNav: 'User', jobInfoNav: 'EmpJob' },
  EmpJob: {
    departmentNav: 'FODepartment',
    divisionNav: 'FODivision',
    locationNav: 'FOLocation',
    costCenterNav: 'FOCostCenter',
    companyNav: 'FOCompany',
    managerEmploymentNav: 'EmpEmployment',
    emplStatusNav: 'PicklistOption',
    employmentTypeNav: 'PicklistOption',
    employeeClassNav: 'PicklistOption',
    // Every property with a picklist has one.
    regularTempNav: 'PicklistOption',
  },
}

const forms: Readonly<Record<string, RegExp>> = {
  'Edm.String': /^"/,
  'Edm.Int64': /^"-?\d+"$/,
  'Edm.Decimal': /^"-?\d+(\.\d+)?"$/,
  'Edm.Int32': /^-?\d+$/,
  'Edm.Double': /^-?\d+(\.\d+)?$/,
  'Edm.Boolean': /^(true|false)$/,
  'Edm.DateTime': /^"\/Date\(-?\d+\)\/"$/,
  'Edm.DateTimeOffset': /^"\/Date\(-?\d+\+0000\)\/"$/,
}

describe('the fake of SAP SuccessFactors and SAP’s metadata', () => {
  it('answers with entities that there are, and is asked for what can be asked for', async function () {
    const entities = readEntities()
    if (entities === undefined) return this.skip()
    const fake = await startSuccessFactorsFake(createRsaKey())
    const answers: Json[] = []
    const queries: { readonly entity: string; readonly query: URLSearchParams }[] = []
    fake.onAnswer = ({ path: place, query }, { json, status }) => {
      const [, entity] = /^\/odata\/v2\/(\w+)$/.exec(place) ?? []
      if (entity === undefined || status !== 200) return
      queries.push({ entity, query })
      answers.push(json ?? null)
    }
    addPeople(fake.company, 20)
    await use(fake.settings)
    fake.account.snapshots = 'refused'
    fake.account.absent.add('EmpJob/managerEmploymentNav')
    await use(fake.settings)
    await askForAll(fake)
    await fake.close()
    const seen = new Set<string>()
    for (const answer of answers) for (const row of readResults(answer)) checkRow(row, entities, seen)
    expect([...seen].toSorted()).to.deep.equal([
      'EmpEmployment',
      'EmpJob',
      'FOCompany',
      'FOCostCenter',
      'FODepartment',
      'FODivision',
      'FOLocation',
      'PerEmail',
      'PerPerson',
      'PerPersonal',
      'PerPhone',
      'PersonEmpTerminationInfo',
      'PicklistOption',
      'User',
    ])
    expect(queries.map(({ entity }) => entity)).to.include.members(['PerPerson', 'EmpEmployment', 'FODepartment'])
    for (const { entity, query } of queries) checkQuery(entity, query, entities)
  })
})

function readEntities(): ReadonlyMap<string, EntityType> | undefined {
  const found = files.map((name) => path.join(folder, `${name}.edmx`)).filter((file) => existsSync(file))
  if (found.length < files.length) {
    const advice = 'ROLLCALL_PROVIDER_SPECS says where vendors’ documents are'
    process.stdout.write(`      skipped: there is not all of SAP’s metadata in ${folder}; ${advice}\n`)
    return undefined
  }
  const types = found.flatMap((file) => listTypes(parseXml(readFileSync(file, 'utf8'))))
  return new Map(types.map((type) => [type.attributes['Name'] ?? '', readType(type)]))
}

function listTypes(element: XmlElement): XmlElement[] {
  return listElements(element).flatMap((child) =>
    toLocalName(child.name) === 'EntityType' ? [child] : listTypes(child),
  )
}

function readType(type: XmlElement): EntityType {
  const children = (name: string): XmlElement[] =>
    listElements(type).filter((child) => toLocalName(child.name) === name)
  const toName = ({ attributes }: XmlElement): string => attributes['Name'] ?? ''
  return {
    properties: new Map(children('Property').map((property) => [toName(property), dropPrefixes(property)])),
    navigations: new Set(children('NavigationProperty').map(toName)),
    key: children('Key').flatMap((key) => listElements(key).map(toName)),
  }
}

// The files have different prefixes for the same things.
function dropPrefixes({ attributes }: XmlElement): XmlElement['attributes'] {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [toLocalName(name), value]))
}

// All that the provider asks: a check, a pull of everybody, and one of who has changed.
async function use(settings: JsonObject): Promise<void> {
  const now = new Date('2026-11-20T09:00:00Z')
  const { source, close } = openSource(successfactors, settings, { now, rateLimit: { requests: 100_000, perMs: 1 } })
  try {
    expect((await source.check()).filter(({ ok }) => !ok)).to.deep.equal([])
    const fields = ['employmentNav/userNav/username', 'employmentNav/jobInfoNav/seqNumber']
    const scope = createScope(successfactors, { pageSize: 10 })
    const pages = await collect(source.pull(undefined, { ...scope, fields: [...scope.fields, ...fields] }))
    await collect(source.pull(pages.at(-1)?.cursor, scope))
  } finally {
    await close()
  }
}

// Without $select: all that the fake has.
async function askForAll({ requests, settings }: SuccessFactorsFake): Promise<void> {
  const authorization = requests.at(-1)?.headers.authorization ?? ''
  const navigations = [
    'personalInfoNav',
    'emailNav',
    'phoneNav',
    'personEmpTerminationInfoNav',
    'employmentNav/userNav',
    'employmentNav/jobInfoNav',
  ]
  const query = `$format=json&asOfDate=2026-11-20&$expand=${navigations.join(',')}`
  const { status } = await fetch(`${settings.baseUrl}/odata/v2/PerPerson?${query}`, { headers: { authorization } })
  expect(status).to.equal(200)
}

function readResults(answer: Json): JsonObject[] {
  const { d } = answer as { d: { results: JsonObject[] } }
  return d.results
}

function checkRow(row: JsonObject, entities: ReadonlyMap<string, EntityType>, seen: Set<string>): void {
  const { __metadata: metadata, ...values } = row
  const { type, uri } = metadata as { type: string; uri: string }
  const name = type.replace(/^SFOData\./, '')
  seen.add(name)
  const entity = entities.get(name)
  // Picklists are a service of their own.
  if (entity === undefined) expect(name).to.equal('PicklistOption')
  if (entity !== undefined && entity.key.length > 1) for (const key of entity.key) expect(uri).to.include(`${key}=`)
  for (const [property, value] of Object.entries(values)) {
    const place = `${name}/${property}`
    const rows = listRows(value)
    if (rows !== undefined) {
      const isKnown = entity?.navigations.has(property) === true || between[name]?.[property] !== undefined
      expect(isKnown, place).to.equal(true)
      for (const next of rows) checkRow(next, entities, seen)
    } else if (entity !== undefined && value !== null) checkValue(entity, property, value, place)
  }
}

// Undefined for what is no navigation.
function listRows(value: Json | undefined): JsonObject[] | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  if (value['__deferred'] !== undefined) return []
  return Array.isArray(value['results']) ? (value['results'] as JsonObject[]) : [value]
}

function checkValue(
  { properties, navigations }: EntityType,
  property: string,
  value: Json | undefined,
  place: string,
): void {
  if (/^customString\d+$/.test(property) || navigations.has(property)) return
  const { Type: type } = properties.get(property) ?? {}
  expect(type, place).to.be.a('string')
  expect(JSON.stringify(value), place).to.match(forms[type ?? ''] ?? /^$/)
}

function checkQuery(root: string, query: URLSearchParams, entities: ReadonlyMap<string, EntityType>): void {
  const filter = readFilter(query.get('$filter') ?? '')
  for (const name of filter?.paths ?? []) expect(isAllowed(root, name, 'filterable', entities), name).to.equal(true)
  const [order] = (query.get('$orderby') ?? '').split(' ')
  if (order !== undefined && order !== '') expect(isAllowed(root, order, 'sortable', entities), order).to.equal(true)
  for (const name of (query.get('$select') ?? '').split(',')) {
    expect(name === '' || isAllowed(root, name, 'visible', entities), name).to.equal(true)
  }
}

function isAllowed(root: string, name: string, flag: string, entities: ReadonlyMap<string, EntityType>): boolean {
  const [first = '', ...rest] = name.split('/')
  if (rest.length > 0) return isAllowed(between[root]?.[first] ?? own[first] ?? '', rest.join('/'), flag, entities)
  if (root === 'PicklistOption') return true
  const attributes = entities.get(root)?.properties.get(first)
  return attributes !== undefined && attributes[flag] !== 'false'
}

/** Navigations that the files themselves have → where they lead. */
const own: Readonly<Record<string, string>> = {
  personalInfoNav: 'PerPersonal',
  emailNav: 'PerEmail',
  phoneNav: 'PerPhone',
  parentNav: 'FODepartment',
}
