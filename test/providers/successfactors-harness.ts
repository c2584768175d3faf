// What the tests of SAP SuccessFactors have in common: a fake for each of them, and pulls from it.
import type { JsonObject, Page, Scope, SourceRecord } from '../../providers/provider.ts'
import { successfactors } from '../../providers/successfactors/index.ts'
import type { Person } from './company.ts'
import { listUsers } from './conformance.ts'
import { collect, createScope, openSource, type Opened, type OpenOptions } from './source.ts'
import { type EmploymentRecord, listEmployments } from './successfactors-entities.ts'
import { type FakeOptions, startSuccessFactorsFake, type SuccessFactorsFake } from './successfactors-fake.ts'
import { createRsaKey } from './successfactors-keys.ts'

export const job = 'employmentNav/jobInfoNav'
export const titleField = `${job}/jobTitle`
export const statusField = `${job}/emplStatusNav/externalCode`

/** The key of the OAuth client, and one that is nobody's. */
export const privateKey = createRsaKey()
export const otherKey = createRsaKey()

/** Starts a fake for each test of a describe block. */
export class SuccessFactorsHarness {
  #fake: SuccessFactorsFake | undefined
  #opened: Opened[] = []

  constructor() {
    beforeEach(() => this.start())
    afterEach(() => this.#close())
  }

  get fake(): SuccessFactorsFake {
    if (this.#fake === undefined) throw new Error('the fake runs only within tests')
    return this.#fake
  }

  /** In place of the one that runs. */
  async start(options: FakeOptions = {}): Promise<void> {
    await this.#close()
    this.#fake = await startSuccessFactorsFake(privateKey, options)
  }

  async #close(): Promise<void> {
    await Promise.all(this.#opened.map((one) => one.close()))
    this.#opened = []
    await this.#fake?.close()
    this.#fake = undefined
  }

  open(options: OpenOptions = {}, settings: JsonObject = this.fake.settings): Opened {
    const defaults = { rateLimit: { requests: 100_000, perMs: 1 }, now: this.fake.company.now }
    const one = openSource(successfactors, settings, { ...defaults, ...options })
    this.#opened.push(one)
    return one
  }

  async pull(scope: Partial<Scope> = {}, cursor?: Page['cursor']): Promise<Page[]> {
    return await collect(this.open().source.pull(cursor, createScope(successfactors, scope)))
  }

  async readUser(id: string, scope: Partial<Scope> = {}): Promise<SourceRecord> {
    const user = listUsers(await this.pull(scope)).find((one) => one.id === id)
    if (user === undefined) throw new Error(`${id} did not come`)
    return user
  }

  async readChanged(cursor: Page['cursor']): Promise<SourceRecord[]> {
    return listUsers(await this.pull({}, cursor))
  }

  /** Where a pull of everybody ends. */
  async readCursor(): Promise<Page['cursor']> {
    return (await this.pull()).at(-1)?.cursor
  }

  setDay(day: string): void {
    this.fake.company.now = new Date(`${day}T09:00:00Z`)
  }

  /** An hour is more than is looked at twice. */
  letAnHourPass(): void {
    this.fake.company.now = new Date(this.fake.company.now.getTime() + 60 * 60_000)
  }

  listTokenRequests(): URLSearchParams[] {
    const requests = this.fake.requests.filter(({ path }) => path === '/oauth/token')
    return requests.map(({ body }) => new URLSearchParams(body))
  }

  listQueries(entity: string): URLSearchParams[] {
    return this.fake.requests.filter(({ path }) => path === `/odata/v2/${entity}`).map(({ query }) => query)
  }

  /** The one employment that somebody has, changed, as often as there are changes. */
  setEmployment(person: Person, ...changes: readonly Partial<EmploymentRecord>[]): void {
    const { tenant } = this.fake
    const [known] = listEmployments(person, tenant)
    if (known === undefined) throw new Error(`${person.id} has no employment`)
    tenant.employments.set(
      person.id,
      changes.map((change) => ({ ...known, ...change })),
    )
  }
}
