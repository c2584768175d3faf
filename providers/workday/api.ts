// What is asked of Workday: workers and organizations (Human_Resources), and balances of time off (Absence_Management).
import { createAnswerError } from '../json.ts'
import type { ListItem } from '../list-groups.ts'
import { type Json, ProviderError } from '../provider.ts'
import { type Moment, type WorkersQuery, writeGetBalances, writeGetOrganizations, writeGetWorkers } from './envelope.ts'
import type { Call } from './soap.ts'
import { find, findAll, readAttribute, readContent } from './xml.ts'

export interface WorkdayApi {
  /** Throws ClockError where the moment is to come for Workday. */
  readWorkers(query: WorkersQuery): Promise<WorkersPage>
  /** WIDs of all that a query finds, in their order. */
  listWorkers(query: Omit<WorkersQuery, 'page' | 'count' | 'referencesOnly'>): Promise<string[]>
  /** Supervisory organizations; undefined where they may not be read. */
  readOrganizations(moment: Moment): Promise<ListItem[] | undefined>
  /** WID → elements `Time_Off_Plan_Balance_Record`, of one worker or of all who have any; undefined where they may not be read. */
  readBalances(moment: Moment, workerId?: string): Promise<Map<string, Json[]> | undefined>
}

export interface WorkersPage {
  /** Elements `Worker`. */
  readonly workers: readonly Json[]
  readonly total: number
  readonly totalPages: number
}

/** The most that one page may have, which is for references only. */
const referencesPage = 999
const organizationsPage = 200
/** Workday works balances out while it answers. */
const balancesPage = 100

export function createWorkdayApi(call: Call): WorkdayApi {
  async function readWorkers(query: WorkersQuery): Promise<WorkersPage> {
    const { body, items } = await call('Human_Resources', writeGetWorkers(query), 'Worker')
    return { workers: items, ...readResults(find(body, 'Get_Workers_Response')) }
  }

  async function readOrganizationPages(moment: Moment): Promise<Json[]> {
    const organizations: Json[] = []
    for (let page = 1, pages = 1; page <= pages; page++) {
      const { body } = await call(
        'Human_Resources',
        writeGetOrganizations({ ...moment, page, count: organizationsPage }),
      )
      const answer = find(body, 'Get_Organizations_Response')
      organizations.push(...findAll(answer, 'Response_Data/Organization'))
      pages = readResults(answer).totalPages
    }
    return organizations
  }

  return {
    readWorkers,
    listWorkers: async (query) => {
      const ids: string[] = []
      for (let page = 1, pages = 1; page <= pages; page++) {
        const answer = await readWorkers({ ...query, page, count: referencesPage, referencesOnly: true })
        ids.push(...answer.workers.map(readWorkerId).filter((id) => id !== undefined))
        pages = answer.totalPages
      }
      return [...new Set(ids)].toSorted()
    },
    readOrganizations: (moment) => {
      return unlessRefused(async () => (await readOrganizationPages(moment)).flatMap(readOrganization))
    },
    readBalances: (moment, workerId) =>
      unlessRefused(async () => {
        const balances = new Map<string, Json[]>()
        for (let page = 1, pages = 1; page <= pages; page++) {
          const { body } = await call(
            'Absence_Management',
            writeGetBalances({ ...moment, page, count: balancesPage, workerId }),
          )
          const answer = find(body, 'Get_Time_Off_Plan_Balances_Response')
          for (const balance of findAll(answer, 'Response_Data/Time_Off_Plan_Balance')) {
            const id = readId(find(balance, 'Employee_Reference'), 'WID')
            const records = findAll(balance, 'Time_Off_Plan_Balance_Data/Time_Off_Plan_Balance_Record')
            if (id !== undefined) balances.set(id, [...(balances.get(id) ?? []), ...records])
          }
          pages = readResults(answer).totalPages
        }
        return balances
      }),
  }
}

// What a security group may not do is an answer: the rest of a pull goes on without it.
async function unlessRefused<Result>(read: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof ProviderError && error.kind === 'settings') return undefined
    throw error
  }
}

/** The WID, which is Workday's own; undefined where there is none. */
export function readWorkerId(worker: Json): string | undefined {
  return readId(find(worker, 'Worker_Reference'), 'WID')
}

/** Of a reference, the id of a type such as `Employee_ID`. */
export function readId(reference: Json | undefined, type: string): string | undefined {
  const id = findAll(reference, 'ID').find((one) => readAttribute(one, 'type') === type)
  return readContent(id)
}

function readResults(answer: Json | undefined): { total: number; totalPages: number } {
  const total = Number(readContent(find(answer, 'Response_Results/Total_Results')) ?? Number.NaN)
  const totalPages = Number(readContent(find(answer, 'Response_Results/Total_Pages')) ?? Number.NaN)
  if (!Number.isInteger(total) || !Number.isInteger(totalPages)) {
    throw createAnswerError('Workday', 'how many results there are')
  }
  return { total, totalPages }
}

function readOrganization(organization: Json): ListItem[] {
  const data = find(organization, 'Organization_Data')
  const id = readContent(find(data, 'Reference_ID')) ?? readOrganizationId(find(organization, 'Organization_Reference'))
  const name = readContent(find(data, 'Name'))
  if (id === undefined || name === undefined) return []
  const parentId = readOrganizationId(find(data, 'Hierarchy_Data/Superior_Organization_Reference'))
  return [{ id, name, ...(parentId !== undefined && { parentId }) }]
}

/** The reference id that a reference to an organization has, or else its WID. */
export function readOrganizationId(reference: Json | undefined): string | undefined {
  return readId(reference, 'Organization_Reference_ID') ?? readId(reference, 'WID')
}
