// Reading one user, looking one up, and listing pages.
import { type Answer, Connection } from '../driver.ts'
import { connections } from '../options.ts'
import { type BenchServer, formatRequest } from '../servers/server.ts'
import { identify } from '../users.ts'
import { compareUser, readAnswer, readList } from './answers.ts'
import { type Bench, type Load, type Scenario, walkUsers } from './scenario.ts'

const pageLength = 100
const deepPages = 20

export const reads: readonly Scenario[] = [
  readOne('get_by_id', (_, id) => `/Users/${id}`, readUser),
  readOne('get_by_id_without_groups', (_, id) => `/Users/${id}?excludedAttributes=groups`, readUser),
  readOne('filter_userName_eq', (index) => filterUsers(`userName eq "${identify(index).userName}"`), readFound),
  readOne('filter_externalId_eq', (index) => filterUsers(`externalId eq "${identify(index).externalId}"`), readFound),
  readOne(
    'filter_work_email_eq',
    (index) => filterUsers(`emails[type eq "work"].value eq "${identify(index).workEmail}"`),
    readFound,
  ),
  { ...describe('list_100_first'), prepare: (bench) => prepareFirstPage('list_100_first', '', bench) },
  {
    ...describe('list_100_first_without_groups'),
    prepare: (bench) => prepareFirstPage('list_100_first_without_groups', '&excludedAttributes=groups', bench),
  },
  {
    ...describe('list_100_deep_by_cursor'),
    prepare: (bench) => (bench.server.hasCursors ? prepareByCursor(bench) : prepareByIndex(bench)),
  },
]

function describe(name: string): Omit<Scenario, 'prepare'> {
  return { name, family: name, rows: [name], writes: false, suits: hasPages, isBurst: false }
}

function hasPages({ userIds }: BenchServer): boolean {
  return userIds.length > 4 * pageLength
}

function readOne(
  name: string,
  target: (index: number, id: string) => string,
  check: (answer: Answer, index: number, id: string) => string | undefined,
): Scenario {
  return {
    ...describe(name),
    suits: () => true,
    prepare: async (bench) => {
      const walk = walkUsers(bench, connections)
      const { server } = bench
      return {
        next: (connection) => {
          const index = walk(connection)
          const id = server.userIds[index] ?? ''
          const request = formatRequest(server, 'GET', target(index, id))
          return { row: name, request, check: (answer) => check(answer, index, id) }
        },
      }
    },
  }
}

function readUser(answer: Answer, index: number, id: string): string | undefined {
  const user = readAnswer(answer, 200)
  return typeof user === 'string' ? user : compareUser(user, index, id)
}

function readFound(answer: Answer, index: number, id: string): string | undefined {
  const found = readList(answer, 1, 1)
  return typeof found === 'string' ? found : compareUser(found[0], index, id)
}

function filterUsers(filter: string): string {
  return `/Users?filter=${encodeURIComponent(filter)}`
}

async function prepareFirstPage(row: string, more: string, { server, total }: Bench): Promise<Load> {
  const request = formatRequest(server, 'GET', `/Users?startIndex=1&count=${pageLength}${more}`)
  const check = (answer: Answer): string | undefined => findMistake(readList(answer, total, pageLength))
  return { next: () => ({ row, request, check }) }
}

// From the first page to the middle, as a client would; then a few pages from there, again and again.
async function prepareByCursor({ server, total }: Bench): Promise<Load> {
  const connection = await Connection.open(server.port)
  const { middle, end } = findMiddle(server)
  const pages: { request: Buffer; firstId: unknown }[] = []
  let target = `/Users?cursor=&count=${pageLength}`
  try {
    for (let page = 0; page < end; page++) {
      const request = formatRequest(server, 'GET', target)
      const answer = await connection.send(request)
      const resources = readList(answer, total, pageLength)
      if (typeof resources === 'string') throw new Error(`${server.name} on the way to the middle: ${resources}`)
      if (page >= middle) pages.push({ request, firstId: resources[0]?.['id'] })
      const list = readAnswer(answer, 200)
      const cursor = typeof list === 'string' ? '' : String(list['nextCursor'])
      target = `/Users?cursor=${encodeURIComponent(cursor)}&count=${pageLength}`
    }
  } finally {
    connection.close()
  }
  return sendPages(pages, total)
}

// Who has no cursors is asked for the same pages by index.
async function prepareByIndex({ server, total }: Bench): Promise<Load> {
  const { middle, end } = findMiddle(server)
  const pages = Array.from({ length: end - middle }, (_, page) => {
    const startIndex = (middle + page) * pageLength + 1
    return {
      request: formatRequest(server, 'GET', `/Users?startIndex=${startIndex}&count=${pageLength}`),
      firstId: undefined,
    }
  })
  return sendPages(pages, total)
}

function findMiddle({ userIds }: BenchServer): { middle: number; end: number } {
  const all = Math.floor(userIds.length / pageLength)
  const middle = Math.floor(all / 2)
  return { middle, end: Math.min(middle + deepPages, all) }
}

function sendPages(pages: readonly { request: Buffer; firstId: unknown }[], total: number): Load {
  let sent = 0
  const row = 'list_100_deep_by_cursor'
  return {
    next: () => {
      const page = pages[sent++ % pages.length]
      if (page === undefined) return undefined
      const { request, firstId } = page
      const check = (answer: Answer): string | undefined => {
        const resources = readList(answer, total, pageLength)
        if (typeof resources === 'string') return resources
        return firstId === undefined || resources[0]?.['id'] === firstId ? undefined : 'another page than before'
      }
      return { row, request, check }
    },
  }
}

function findMistake(result: unknown): string | undefined {
  return typeof result === 'string' ? result : undefined
}
