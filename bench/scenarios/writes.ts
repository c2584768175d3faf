// Creating and changing users, in the forms that identity providers send.
import { type Answer, Connection } from '../driver.ts'
import { connections } from '../options.ts'
import { type BenchServer, formatRequest } from '../servers/server.ts'
import { enterpriseUser } from '../../server/directory/user-record.ts'
import type { JsonObject } from '../../server/db/tables.ts'
import { describeUser, managerOf } from '../users.ts'
import { compareUser, compareValues, isJson, type Json, readAnswer, readList } from './answers.ts'
import { type Bench, type Load, type Scenario, walkUsers } from './scenario.ts'

const patchSchema = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'
// How many of the users that a round changed are read again.
const rereadUsers = 40

export const writes: readonly Scenario[] = [
  { ...describe('create_user'), prepare: prepareCreate },
  change('put_user', 'PUT', (bench, index) => {
    const title = `Title ${++bench.counter}`
    const body = { ...describeBefore(bench.server, index), id: bench.server.userIds[index] ?? '', title }
    return { body: { ...body, active: !bench.inactive.has(index) }, expected: { title } }
  }),
  change('patch_active_entra', 'PATCH', (bench, index) => {
    const active = toggle(bench, index)
    return { body: patch([{ op: 'Replace', path: 'active', value: active ? 'True' : 'False' }]), expected: { active } }
  }),
  change('patch_active_okta', 'PATCH', (bench, index) => {
    const active = toggle(bench, index)
    return { body: patch([{ op: 'replace', value: { active } }]), expected: { active } }
  }),
  change('patch_five_attributes', 'PATCH', (bench) => {
    const expected = {
      displayName: `Name ${++bench.counter}`,
      title: `Title ${bench.counter}`,
      department: `Department ${bench.counter}`,
      phone: `+1-556-${bench.counter}`,
      locality: `Town ${bench.counter}`,
    }
    const paths = {
      displayName: 'displayName',
      title: 'title',
      department: `${enterpriseUser}:department`,
      phone: 'phoneNumbers[type eq "work"].value',
      locality: 'addresses[type eq "work"].locality',
    }
    const operations = Object.entries(expected).map(([name, value]) => {
      return { op: 'Replace', path: paths[name as keyof typeof paths], value }
    })
    return { body: patch(operations), expected }
  }),
]

function describe(name: string): Omit<Scenario, 'prepare'> {
  return { name, family: name, rows: [name], writes: true, suits: () => true, isBurst: false }
}

function describeBefore(server: BenchServer, index: number): JsonObject {
  const manager = managerOf(index)
  return describeUser(index, manager === undefined ? undefined : server.userIds[manager])
}

function patch(operations: readonly unknown[]): unknown {
  return { schemas: [patchSchema], Operations: operations }
}

function toggle(bench: Bench, index: number): boolean {
  const wasInactive = bench.inactive.delete(index)
  if (!wasInactive) bench.inactive.add(index)
  return wasInactive
}

async function prepareCreate(bench: Bench): Promise<Load> {
  const { server } = bench
  const ids = new Set<unknown>()
  let created = bench.total
  return {
    next: () => {
      const index = created++
      const request = formatRequest(server, 'POST', '/Users', describeBefore(server, index))
      const check = (answer: Answer): string | undefined => {
        const user = readAnswer(answer, 201)
        if (typeof user === 'string') return user
        bench.total++
        if (ids.has(user['id'])) return 'an id that another user has'
        ids.add(user['id'])
        return compareUser(user, index, String(user['id']))
      }
      return { row: 'create_user', request, check }
    },
    verify: async () => {
      const answer = await ask(server, '/Users?startIndex=1&count=1')
      const list = readList(answer, bench.total, 1)
      return typeof list === 'string' ? `afterwards ${list}` : undefined
    },
  }
}

interface Change {
  readonly body: unknown
  /** What the user has to have afterwards. */
  readonly expected: Readonly<Record<string, unknown>>
}

function change(name: string, method: 'PUT' | 'PATCH', plan: (bench: Bench, index: number) => Change): Scenario {
  return {
    ...describe(name),
    prepare: async (bench) => {
      const { server } = bench
      const walk = walkUsers(bench, connections)
      const last = new Map<number, Change['expected']>()
      return {
        next: (connection) => {
          const index = walk(connection)
          const id = server.userIds[index] ?? ''
          const { body, expected } = plan(bench, index)
          last.delete(index)
          last.set(index, expected)
          const request = formatRequest(server, method, `/Users/${id}`, body)
          return { row: name, request, check: (answer) => checkChanged(answer, index, id, expected, method) }
        },
        verify: async () => {
          for (const [index, expected] of [...last].slice(-rereadUsers)) {
            const id = server.userIds[index] ?? ''
            const mistake = checkChanged(await ask(server, `/Users/${id}`), index, id, expected, 'GET')
            if (mistake !== undefined) return `afterwards ${mistake}`
          }
          return undefined
        },
      }
    },
  }
}

function checkChanged(
  answer: Answer,
  index: number,
  id: string,
  expected: Change['expected'],
  method: string,
): string | undefined {
  // Without an answer to look at there is still the reading afterwards.
  if (method === 'PATCH' && answer.status === 204) return undefined
  const user = readAnswer(answer, 200)
  if (typeof user === 'string') return user
  const values = Object.entries(expected).map(([name, value]) => [name, [readValue(user, name), value]] as const)
  return compareUser(user, index, id) ?? compareValues(Object.fromEntries(values))
}

function readValue(user: Json, name: string): unknown {
  const first = (list: unknown): Json => (Array.isArray(list) && isJson(list[0]) ? list[0] : {})
  if (name === 'phone') return first(user['phoneNumbers'])['value']
  if (name === 'locality') return first(user['addresses'])['locality']
  if (name !== 'department') return user[name]
  const extension = user[enterpriseUser]
  return isJson(extension) ? extension['department'] : undefined
}

async function ask(server: BenchServer, target: string): Promise<Answer> {
  const connection = await Connection.open(server.port)
  const answer = await connection.send(formatRequest(server, 'GET', target))
  connection.close()
  return answer
}
