// The source that does not exist: people in pages, to whoever has the key.
import type { JsonObject } from '../../../providers/provider.ts'
import { type Company, createCompany, type NamedCompany, type Person } from '../company.ts'
import { type FakeAnswer, type FakeServer, startFakeServer } from '../fake-server.ts'

export interface StaffbookFake extends FakeServer {
  readonly company: NamedCompany
  readonly settings: { apiKey: string; baseUrl: string }
  /** Fields that the key may not see: they are left out. */
  readonly hidden: Set<string>
}

export const slowDown: FakeAnswer = { status: 429, headers: { 'Retry-After': '7' }, json: { error: 'slow down' } }

export async function startStaffbookFake(): Promise<StaffbookFake> {
  const company = createCompany()
  const hidden = new Set<string>()
  const apiKey = 'kEy-of-the-staffbook'
  const authorization = `Basic ${Buffer.from(`${apiKey}:`).toString('base64')}`
  const server = await startFakeServer(({ path, query, headers }) => {
    if (headers.authorization !== authorization) return { status: 401, json: { error: 'unknown key' } }
    if (path !== '/staff') return { status: 404, json: { error: 'nothing here' } }
    const after = query.get('after') ?? ''
    const rest = [...company.people.values()].filter(({ id }) => after === '' || Number(id) > Number(after))
    const shown = rest.slice(0, Number(query.get('limit')))
    const next = shown.length < rest.length ? (shown.at(-1)?.id ?? null) : null
    return { status: 200, json: { people: shown.map((person) => writePerson(person, company, hidden)), next } }
  })
  return Object.assign(server, { company, hidden, settings: { apiKey, baseUrl: server.origin } })
}

const statuses: Readonly<Record<Person['status'], string>> = {
  hired: 'hired',
  employed: 'works',
  on_leave: 'away',
  garden_leave: 'away',
  terminated: 'gone',
  retired: 'gone',
}

export function writePerson(person: Person, company: Company, hidden: ReadonlySet<string> = new Set()): JsonObject {
  const written: JsonObject = {
    id: person.id,
    email: person.email,
    first: person.preferredName ?? person.firstName,
    last: person.lastName,
    title: person.title,
    department: company.departments.get(person.departmentId)?.name ?? null,
    manager: person.managerId,
    end: person.endDate,
    status: statuses[person.status],
  }
  return Object.fromEntries(Object.entries(written).filter(([name]) => !hidden.has(name)))
}
