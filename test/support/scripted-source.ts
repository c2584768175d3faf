// A source whose people, groups and mistakes a test sets, and changes between runs.
import {
  type Check,
  enterprise,
  type Json,
  type JsonObject,
  type Mapping,
  type Page,
  type Provider,
  type ProviderError,
  rollcall,
  type Scope,
  type Source,
  type SourceFault,
  type SourceMember,
  type SourceRecord,
} from '../../providers/provider.ts'

/** Whatever stands beside `id` and `groups` is a field of the source. */
export interface ScriptedPerson {
  readonly id: string
  /** Ids of the groups that the person is directly in. */
  readonly groups?: readonly string[]
  readonly [field: string]: unknown
}

export interface ScriptedGroup {
  readonly id: string
  readonly displayName: string
  readonly description?: string
  readonly securityGroup?: boolean
  /** Ids of the groups that it is directly in. */
  readonly groups?: readonly string[]
  readonly members?: readonly SourceMember[]
}

/** Of plain fields, such as `email`, `firstName` and `startDate`. */
export const plainMapping: Mapping = {
  'emails[type eq "work"].value': { from: 'email', transform: 'lowercase' },
  'emails[type eq "work"].primary': { value: true },
  'emails[type eq "home"].value': { from: 'privateEmail', transform: 'lowercase' },
  'name.givenName': 'firstName',
  'name.familyName': 'lastName',
  displayName: 'displayName',
  nickName: 'nickName',
  title: 'title',
  'phoneNumbers[type eq "work"].value': 'phone',
  active: { from: 'access', transform: 'boolean' },
  [`${enterprise}:employeeNumber`]: 'employeeNumber',
  [`${enterprise}:department`]: 'department',
  [`${enterprise}:division`]: 'division',
  [`${enterprise}:costCenter`]: 'costCenter',
  [`${enterprise}:manager.value`]: 'manager',
  [`${rollcall}:managerEmail`]: { from: 'managerEmail', transform: 'lowercase' },
  [`${rollcall}:location`]: 'location',
  [`${rollcall}:startDate`]: { from: 'startDate', transform: 'date' },
  [`${rollcall}:endDate`]: { from: 'endDate', transform: 'date' },
  [`${rollcall}:employmentStatus`]: 'status',
  [`${rollcall}:employmentType`]: 'employmentType',
}

/** Everything is in the order in which it was set: groups first, then people. */
export class ScriptedSource {
  people: readonly ScriptedPerson[] = []
  groups: readonly ScriptedGroup[] = []
  /** Records that cannot be read, told with the first page. */
  faults: readonly SourceFault[] = []
  /** What is said to be deleted beside what an incremental pull finds missing. */
  deletedIds: readonly string[] = []
  checks: readonly Check[] = [{ name: 'sign_in', ok: true, detail: 'Signed in.' }]
  /** What happens before a page is returned, which begins at 1 in each pull: time for a test to interfere. */
  beforePage: (page: number, signal: AbortSignal) => void | Promise<void> = () => undefined
  /** What each pull was asked: from which cursor, and for what. */
  readonly pulls: { readonly cursor: Json | undefined; readonly scope: Scope }[] = []
  readonly provider: Provider
  readonly #errors: { readonly page: number; readonly error: ProviderError; times: number }[] = []
  // What was known of each record in which revision; null is one that is gone.
  readonly #known = new Map<string, { readonly text: string | null; readonly revision: number }>()
  #revision = 0

  constructor(changes: Partial<Omit<Provider, 'open'>> = {}) {
    this.provider = {
      id: 'scripted',
      name: 'Scripted source',
      settings: { type: 'object', additionalProperties: false, required: [], properties: {} },
      rateLimit: { requests: 1000, perMs: 1000 },
      mapping: plainMapping,
      required: [],
      capabilities: ['users', 'groups', 'incremental'],
      ...changes,
      open: (_settings, { signal }): Source => ({
        check: () => Promise.resolve([...this.checks]),
        pull: (cursor, scope) => this.#pull(cursor, scope, signal),
      }),
    }
  }

  /** Throws in place of a page, so many times. */
  failAt(page: number, error: ProviderError, times = 1): void {
    this.#errors.push({ page, error, times })
  }

  /** Replaces fields of one person. */
  change(id: string, fields: Readonly<Record<string, unknown>>): void {
    this.people = this.people.map((person) => (person.id === id ? { ...person, ...fields } : person))
  }

  remove(...ids: readonly string[]): void {
    this.people = this.people.filter(({ id }) => !ids.includes(id))
  }

  async *#pull(cursor: Json | undefined, scope: Scope, signal: AbortSignal): AsyncGenerator<Page> {
    this.pulls.push({ cursor, scope })
    this.#compare()
    const { since, end: seen, offset } = readCursor(cursor)
    const end = seen ?? this.#revision
    const isChanged = (key: string): boolean => since === null || (this.#known.get(key)?.revision ?? 0) > since
    const records = this.#list(scope).filter((record) => isChanged(keyOf(record)))
    const gone = [...this.#known]
      .filter(
        ([key, { text, revision }]) => since !== null && text === null && revision > since && key.startsWith('user '),
      )
      .map(([key]) => key.slice('user '.length))
    const last = this.provider.capabilities.includes('incremental')
      ? { cursor: { since: end, end: null, offset: 0 } }
      : {}
    const totalPages = Math.max(1, Math.ceil(records.length / scope.pageSize))
    for (let page = 1, at = offset; page === 1 || at < records.length; page++, at += scope.pageSize) {
      await this.beforePage(page, signal)
      signal.throwIfAborted()
      this.#fail(page)
      const isLast = at + scope.pageSize >= records.length
      yield {
        records: records.slice(at, at + scope.pageSize),
        ...(at === 0 && { deletedIds: [...this.deletedIds, ...gone], faults: this.faults }),
        ...(isLast ? last : { cursor: { since, end, offset: at + scope.pageSize } }),
        totalPages,
      }
    }
  }

  #list({ groups: wantsGroups }: Scope): SourceRecord[] {
    const groups = wantsGroups ? this.groups.map(toGroupRecord) : []
    return [...groups, ...this.people.map((person) => toPersonRecord(person, wantsGroups))]
  }

  #compare(): void {
    this.#revision++
    const present = new Map(
      [...this.groups.map(toGroupRecord), ...this.people.map((person) => toPersonRecord(person, true))].map(
        (record) => [keyOf(record), JSON.stringify(record)],
      ),
    )
    for (const [key, text] of present) this.#note(key, text)
    for (const key of this.#known.keys()) if (!present.has(key)) this.#note(key, null)
  }

  #note(key: string, text: string | null): void {
    if (this.#known.get(key)?.text !== text) this.#known.set(key, { text, revision: this.#revision })
  }

  #fail(page: number): void {
    const next = this.#errors.find((one) => one.page === page && one.times > 0)
    if (next === undefined) return
    next.times--
    throw next.error
  }
}

const keyOf = ({ type, id }: SourceRecord): string => `${type} ${id}`

function toPersonRecord({ groups, ...rest }: ScriptedPerson, wantsGroups: boolean): SourceRecord {
  const fields = JSON.parse(JSON.stringify(rest)) as JsonObject
  return { id: rest.id, type: 'user', fields, ...(wantsGroups && groups !== undefined && { groups }) }
}

function toGroupRecord({ id, groups, members, ...fields }: ScriptedGroup): SourceRecord {
  const stated = { ...(groups !== undefined && { groups }), ...(members !== undefined && { members }) }
  return { id, type: 'group', fields, ...stated }
}

interface Place {
  /** What changed after this revision; null is everything. */
  readonly since: number | null
  /** The revision that the pull saw; null where it is yet to begin. */
  readonly end: number | null
  readonly offset: number
}

function readCursor(cursor: Json | undefined): Place {
  if (typeof cursor !== 'object' || cursor === null || Array.isArray(cursor))
    return { since: null, end: null, offset: 0 }
  const { since = null, end = null, offset = 0 } = cursor
  if (typeof offset !== 'number') throw new Error('the cursor is not one of this source')
  return { since: readRevision(since), end: readRevision(end), offset }
}

function readRevision(value: Json): number | null {
  return typeof value === 'number' ? value : null
}
