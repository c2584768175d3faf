// The requests to the OData API that are made (SAP SuccessFactors HXM Suite OData API, version 2).
import { createAnswerError, isObject, readObjects, readText } from '../json.ts'
import { type JsonObject, ProviderError, type ProviderResponse } from '../provider.ts'
import { listNavigations, listProperties } from './fields.ts'
import { isOneOf, writeQuery } from './odata.ts'
import { readFault, type Session } from './session.ts'

export interface SuccessFactorsApi {
  /** Throws ProviderError `settings` where SAP does not take the assertion. What may be read is another question. */
  signIn(): Promise<void>
  /** A page of people who work or worked here. Throws `cursor_expired` where SAP does not know its place any more. */
  readPeople(query: PeopleQuery): Promise<PeoplePage>
  /** All rows of a foundation object that are so on a day; undefined where they may not be read. */
  readFoundation(entity: FoundationEntity, day: string): Promise<JsonObject[] | undefined>
  /** Employments by user ID, of those that may be seen. */
  readEmployments(userIds: readonly string[]): Promise<JsonObject[]>
}

export interface PeopleQuery {
  readonly fields: readonly string[]
  /** What is so on this day is read, YYYY-MM-DD. */
  readonly day: string
  /** A condition of OData. */
  readonly filter: string
  readonly pageSize: number
  /** Where to go on; the beginning where it is left out. */
  readonly place?: Place
  /** Whether to count all whom the filter finds. */
  readonly counts?: boolean
}

/** In a snapshot that SAP keeps, or behind so many people, the last of whom has this id. */
export type Place = { token: string } | { after: string; count: number }

export interface PeoplePage {
  readonly people: readonly JsonObject[]
  /** Where the next page begins; undefined where this is the last one. */
  readonly next: Place | undefined
  readonly total: number | undefined
}

export type FoundationEntity = 'FODepartment' | 'FODivision' | 'FOLocation' | 'FOCostCenter' | 'FOCompany'

const foundationPage = 1000

export function createSuccessFactorsApi(session: Session): SuccessFactorsApi {
  // Properties that the company has not, by `<entity>/<property>`: what may be asked for differs with what is set up.
  const unknown = new Set<string>()
  let keepsSnapshots = true

  async function query(
    entity: string,
    parameters: Readonly<Record<string, string>>,
    properties: readonly string[],
  ): Promise<ProviderResponse> {
    for (;;) {
      const known = properties.filter((property) => !isUnknown(unknown, entity, property))
      const navigations = listNavigations(known)
      const response = await session.read(
        `${entity}?${writeQuery({
          $format: 'json',
          ...parameters,
          $select: known.join(','),
          ...(navigations.length > 0 && { $expand: navigations.join(',') }),
        })}`,
      )
      const found = response.status === 400 ? readUnknown(response) : []
      const added = found.filter((name) => !unknown.has(name))
      if (added.length === 0) return response
      for (const name of added) unknown.add(name)
    }
  }

  async function readSnapshot(wanted: PeopleQuery): Promise<PeoplePage | undefined> {
    const { place, pageSize, counts } = wanted
    const isBeginning = place === undefined
    const response = await query(
      'PerPerson',
      {
        ...describe(wanted),
        customPageSize: String(pageSize),
        paging: 'snapshot',
        ...(counts === true && { $inlinecount: 'allpages' }),
        ...(place !== undefined && 'token' in place && { $skiptoken: place.token }),
      },
      listProperties(wanted.fields),
    )
    if (response.status === 400 && isBeginning) return undefined
    if (response.status === 400) {
      throw new ProviderError(
        'cursor_expired',
        'SAP SuccessFactors does not keep the snapshot any more. It is read anew.',
      )
    }
    const { rows, next, total } = readCollection(response, 'PerPerson')
    if (next === undefined) return { people: rows, next, total }
    const token = readText(URL.parse(next, 'https://localhost')?.searchParams.get('$skiptoken') ?? undefined)
    if (token !== undefined) return { people: rows, next: { token }, total }
    if (isBeginning) return undefined
    throw createAnswerError('SAP SuccessFactors', 'where its next page begins')
  }

  // By numbers, so that somebody who comes or goes moves all behind them: each page begins where somebody is who was read already. Where
  // they are not any more, people have gone, and they are further up.
  async function readNumbered(wanted: PeopleQuery): Promise<PeoplePage> {
    const { pageSize } = wanted
    const place = wanted.place !== undefined && 'after' in wanted.place ? wanted.place : undefined
    const size = place === undefined ? pageSize : pageSize + 1
    for (let skip = Math.max((place?.count ?? 0) - 1, 0); ; skip = Math.max(skip - pageSize, 0)) {
      const { rows, total } = await readFrom(wanted, skip, size)
      const known = place === undefined ? -1 : rows.findIndex((row) => readId(row) === place.after)
      if (place === undefined || known !== -1) {
        const people = rows.slice(known + 1)
        const after = readId(people.at(-1)) ?? place?.after
        const isLast = rows.length < size || after === undefined
        return { people, next: isLast ? undefined : { after, count: skip + rows.length }, total }
      }
      if (skip > 0) continue
      const message = 'Nobody is found after whom SAP SuccessFactors was to be read. It is read anew.'
      throw new ProviderError('cursor_expired', message)
    }
  }

  async function readFrom(wanted: PeopleQuery, skip: number, size: number): Promise<Collection> {
    const parameters = {
      ...describe(wanted),
      $orderby: 'personIdExternal asc',
      $top: String(size),
      $skip: String(skip),
      ...(wanted.counts === true && { $inlinecount: 'allpages' }),
    }
    return readCollection(await query('PerPerson', parameters, listProperties(wanted.fields)), 'PerPerson')
  }

  return {
    signIn: async () => {
      await session.read(`PerPerson?${writeQuery({ $format: 'json', $select: 'personIdExternal', $top: '1' })}`)
    },
    readPeople: async (wanted) => {
      const isNumbered = wanted.place !== undefined && 'after' in wanted.place
      if (keepsSnapshots && !isNumbered) {
        const page = await readSnapshot(wanted)
        if (page !== undefined) return page
        keepsSnapshots = false
      }
      return readNumbered(wanted)
    },
    readFoundation: async (entity, day) => {
      const properties = ['externalCode', 'name', 'status', 'startDate', 'endDate', 'lastModifiedDateTime']
      const nested = entity === 'FOLocation' || entity === 'FOCompany' ? [] : ['parentNav/externalCode']
      const rows: JsonObject[] = []
      for (;;) {
        const parameters = {
          asOfDate: day,
          $orderby: 'externalCode asc',
          $top: String(foundationPage),
          $skip: String(rows.length),
        }
        const response = await query(entity, parameters, [...properties, ...nested])
        if (response.status === 403 || response.status === 404) return undefined
        const page = readCollection(response, entity).rows
        rows.push(...page)
        if (page.length < foundationPage) return rows
      }
    },
    readEmployments: async (userIds) => {
      const filter = isOneOf('userId', userIds)
      const response = await query('EmpEmployment', { $filter: filter }, ['userId', 'personIdExternal'])
      return response.status === 403 ? [] : readCollection(response, 'EmpEmployment').rows
    },
  }
}

function readId(person: JsonObject | undefined): string | undefined {
  return readText(person?.['personIdExternal'])
}

function describe({ day, filter }: PeopleQuery): Record<string, string> {
  return { $filter: filter, asOfDate: day }
}

/** Of the properties on a path: what SAP calls the entity that they are of. */
const entities: Readonly<Record<string, string>> = {
  personalInfoNav: 'PerPersonal',
  emailNav: 'PerEmail',
  phoneNav: 'PerPhone',
  employmentNav: 'EmpEmployment',
  jobInfoNav: 'EmpJob',
  userNav: 'User',
  managerEmploymentNav: 'EmpEmployment',
}

// Of an entity that is not known here its property is what counts.
function isUnknown(unknown: ReadonlySet<string>, root: string, property: string): boolean {
  const names = property.split('/')
  return names.some((name, index) => {
    const parent = names[index - 1]
    const entity = parent === undefined ? root : entities[parent]
    return [...unknown].some((one) => (entity === undefined ? one.endsWith(`/${name}`) : one === `${entity}/${name}`))
  })
}

// `[COE0021]Invalid property names: EmpJob/jobTitel,User/city. Please check …`
function readUnknown(response: ProviderResponse): string[] {
  const listed = /property names?:\s*([\w/,\s]+)/i.exec(readFault(response).words)?.[1] ?? ''
  return listed.split(/[,\s]+/).filter((name) => /^\w+\/\w+$/.test(name))
}

interface Collection {
  readonly rows: JsonObject[]
  readonly next: string | undefined
  readonly total: number | undefined
}

function readCollection(response: ProviderResponse, entity: string): Collection {
  if (response.status !== 200) throw explainRefusal(response, entity)
  const answer = response.json()
  const data = isObject(answer) ? answer['d'] : undefined
  const rows = isObject(data) ? readObjects(data['results']) : undefined
  if (rows === undefined || !isObject(data)) throw createAnswerError('SAP SuccessFactors', `rows of ${entity}`)
  const count = readText(data['__count'])
  return { rows, next: readText(data['__next']), total: count === undefined ? undefined : Number(count) }
}

function explainRefusal(response: ProviderResponse, entity: string): ProviderError {
  const { code } = readFault(response)
  const named = /^[A-Z][A-Z_0-9]{2,60}$/.test(code) ? ` with ${code}` : ''
  if (response.status === 403) {
    const message = `SAP SuccessFactors refuses ${entity}${named}. Check the permissions of the API user; the test of the connection says which are missing.`
    return new ProviderError('settings', message)
  }
  if (response.status === 404) {
    const message = `SAP SuccessFactors has no ${entity}${named}. Check the API server, and whether the company has Employee Central.`
    return new ProviderError('settings', message)
  }
  return new ProviderError('unexpected', `SAP SuccessFactors does not take a question for ${entity}${named}.`)
}
