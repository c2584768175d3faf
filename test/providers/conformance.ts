// What every provider keeps to, whatever it reads: called with a provider and a fake of its source.
import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect } from 'chai'
import {
  employmentStatuses,
  enterprise,
  type JsonObject,
  type Page,
  type Provider,
  ProviderError,
  rollcall,
  type SettingsProperty,
  type SourceRecord,
  transforms,
} from '../../providers/provider.ts'
import { addPeople, type Company } from './company.ts'
import type { FakeAnswer, FakeServer } from './fake-server.ts'
import { collect, createScope, listMappedFields, openSource, type Opened, type OpenOptions } from './source.ts'

export interface Subject {
  readonly fake: FakeServer
  readonly company: Company
  readonly settings: JsonObject
  /** As the settings, but for what signs in. */
  readonly wrongSettings: JsonObject
  /** By the name of the check that looks at it. */
  readonly permissions: Readonly<Record<string, Permission>>
  /** What the source answers who asks too often. */
  readonly slowDown: readonly FakeAnswer[]
  /** False where the source does not say who was erased: they are missing from the next full pull. */
  readonly tellsErased?: boolean
  /** Keeps a field back of everybody. */
  hide(field: string): void
  /** What company knows of somebody as fields of the source. */
  expectFields(personId: string): JsonObject
}

export interface Permission {
  takeAway(): void
  /** Fields that will be missing then. */
  readonly missing?: readonly string[]
}

/**
 * Describes a provider; `start` starts a fake for each test, with the three people of the company. `docs` is the folder of its page, and of
 * the list of all.
 */
export function describeConformance(provider: Provider, start: () => Promise<Subject>, docs = 'docs/providers'): void {
  describe(`the provider ${provider.id}, as every provider`, () => {
    let subject: Subject
    let opened: Opened[] = []

    beforeEach(async () => {
      subject = await start()
    })

    afterEach(async () => {
      await Promise.all(opened.map((one) => one.close()))
      opened = []
      await subject.fake.close()
    })

    function open(options: OpenOptions & { settings?: JsonObject } = {}): Opened {
      const defaults = { rateLimit: { requests: 100_000, perMs: 1 }, now: subject.company.now }
      const one = openSource(provider, options.settings ?? subject.settings, { ...defaults, ...options })
      opened.push(one)
      return one
    }

    async function pull(pageSize = 100, cursor?: Page['cursor']): Promise<Page[]> {
      return await collect(open().source.pull(cursor, createScope(provider, { pageSize })))
    }

    it('has settings that are a JSON Schema, in which each setting says what it is and the secrets are marked', () => {
      const ajv = new Ajv2020({ strict: true, allErrors: true, formats: {} })
      const validate = ajv.compile(provider.settings)
      expect(validate(subject.settings), JSON.stringify(validate.errors)).to.equal(true)
      expect(validate({}), 'nothing is no settings').to.equal(false)
      expect(validate({ ...subject.settings, unknown: 1 })).to.equal(false)
      for (const [name, property] of Object.entries(provider.settings.properties)) {
        expect(property.title, name).to.match(/^[A-Z]/)
        expect(property.description, name).to.match(/^[A-Z].*[.]$/)
        // Forms in browsers read them with the flag v, JSON Schema with u.
        for (const flag of ['u', 'v']) expect(() => new RegExp(property.pattern ?? '', flag), name).to.not.throw()
        for (const example of property.examples ?? []) {
          expect(ajv.validate({ ...property }, example), `${name}: ${JSON.stringify(example)}`).to.equal(true)
        }
        const isSecret = /token|secret|password|key$/i.test(name)
        expect(property.writeOnly === true, `${name} is ${isSecret ? 'a' : 'no'} secret`).to.equal(isSecret)
      }
      expect(provider.settings.required.every((name) => name in provider.settings.properties)).to.equal(true)
    })

    it('names what says where secrets go', () => {
      const redirecting = Object.entries(provider.settings.properties).filter(([name, property]) => {
        return /host|server|domain/i.test(name) && takes(property, 'elsewhere.example')
      })
      expect(provider.places ?? []).to.include.members(redirecting.map(([name]) => name))
    })

    it('maps what makes a user, by transforms and statuses that there are', () => {
      const paths = Object.keys(provider.mapping)
      expect(paths).to.include.members([
        'userName',
        'emails[type eq "work"].value',
        'name.givenName',
        'name.familyName',
      ])
      for (const [path, rule] of Object.entries(provider.mapping)) {
        expect(path).to.match(/^(urn:[\w:.-]+:)?[a-z]\w*(\[type eq "\w+"\])?(\.\w+)?$/i)
        const urn = /^(urn:.*):[^:]+$/.exec(path)?.[1]
        if (urn !== undefined) expect([enterprise, rollcall]).to.include(urn)
        if (typeof rule === 'string' || !('from' in rule)) continue
        expect([undefined, ...transforms]).to.include(rule.transform)
      }
      const status = provider.mapping[`${rollcall}:employmentStatus`]
      const table = typeof status === 'object' && 'table' in status ? Object.values(status.table ?? {}) : []
      expect([...employmentStatuses]).to.include.members(table)
    })

    it('has a page that tells of its settings, permissions, attributes and fields', async () => {
      const page = readFileSync(`${docs}/${provider.id}.md`, 'utf8')
      for (const [name, { title }] of Object.entries(provider.settings.properties)) {
        expect(page).to.include(`| \`${name}\` | ${title} |`)
      }
      for (const path of Object.keys(provider.mapping)) expect(page).to.include(`\`${path.replace(/^urn:.*:/, '')}\``)
      for (const field of listMappedFields(provider)) expect(page).to.include(`\`${field}\``)
      for (const { name } of await open().source.check())
        expect(page).to.match(new RegExp(`\\| ${name} \\||\`${name}\``))
      expect(readFileSync(`${docs}/README.md`, 'utf8')).to.include(`[\`${provider.id}\`](${provider.id}.md)`)
    })

    it('gives each mapped field of a person, or a part of those that stand for each other, and nothing that was not asked for by name', async () => {
      const [page] = await pull()
      const names = new Set(page?.records.flatMap(({ fields }) => Object.keys(fields)))
      for (const [path, rule] of Object.entries(provider.mapping)) {
        const from = typeof rule === 'string' ? [rule] : 'from' in rule ? [rule.from].flat() : undefined
        if (from === undefined) continue
        expect(
          from.some((field) => names.has(field)),
          `${path} ← ${from.join(', ')}`,
        ).to.equal(true)
      }
      for (const { field, permission } of provider.required) {
        expect(names.has(field), field).to.equal(true)
        expect(permission).to.not.equal('')
      }
    })

    it('never makes up a field without which a record would be read wrongly', async () => {
      for (const { field } of provider.required) {
        await subject.fake.close()
        subject = await start()
        subject.hide(field)
        const pages: Page[] = []
        const error = await catchError(async () => pages.push(...(await pull())))
        if (error === undefined) {
          const users = listUsers(pages)
          expect(users).to.have.length(3)
          for (const { fields } of users) expect(fields, field).to.not.have.property(field)
        } else expect(error).to.be.an.instanceOf(ProviderError).with.property('kind', 'settings')
      }
    })

    it('asks for a field that somebody mapped beside its own, and leaves out what the source does not know', async () => {
      const fields = [...listMappedFields(provider), 'no.such.field', 'noSuchField']
      const pages = await collect(open().source.pull(undefined, createScope(provider, { fields })))
      const [user] = listUsers(pages)
      expect(user?.fields).to.not.have.any.keys('no.such.field', 'noSuchField')
      expect(listUsers(pages)).to.have.length(3)
    })

    it('reads everybody once, whatever became of them, with what the source says of them', async () => {
      addPeople(subject.company, 20)
      const users = listUsers(await pull())
      expect(users.map(({ id }) => id).toSorted()).to.deep.equal([...subject.company.people.keys()].toSorted())
      for (const user of users) {
        expect(user.id).to.be.a('string')
        expect(user.fields, user.id).to.deep.include(subject.expectFields(user.id))
      }
    })

    it('keeps to the size of pages, and no page has a record twice', async () => {
      addPeople(subject.company, 10)
      for (const pageSize of [1, 4, 100]) {
        const pages = await pull(pageSize)
        for (const { records } of pages) expect(records.length).to.be.at.most(pageSize)
        const keys = pages.flatMap(({ records }) => records.map(({ type, id }) => `${type} ${id}`))
        expect(keys).to.have.length(new Set(keys).size)
        expect(listUsers(pages)).to.have.length(13)
        const said = pages[0]?.totalPages
        if (said !== undefined) expect(said).to.be.within(pages.length - 1, pages.length + 1)
      }
    })

    it('goes on from every cursor with what is left, also after the cursor has been JSON', async () => {
      addPeople(subject.company, 6)
      const pages = await pull(2)
      expect(pages.length).to.be.at.least(5)
      for (const [index, { cursor }] of pages.slice(0, -1).entries()) {
        expect(cursor, `page ${index}`).to.not.equal(undefined)
        const stored = JSON.parse(JSON.stringify(cursor)) as Page['cursor']
        expect(stored).to.deep.equal(cursor)
        const rest = await pull(2, stored)
        expect(rest.flatMap(({ records }) => records)).to.deep.equal(
          pages.slice(index + 1).flatMap(({ records }) => records),
        )
      }
    })

    it('gives the same twice where nothing changed', async () => {
      addPeople(subject.company, 6)
      const records = async (): Promise<SourceRecord[]> => (await pull(5)).flatMap((page) => page.records)
      expect(await records()).to.deep.equal(await records())
    })

    it('puts people into groups that it gives, each once and under a name of its own', async () => {
      const pages = await pull()
      const groups = pages.flatMap(({ records }) => records.filter(({ type }) => type === 'group'))
      if (!provider.capabilities.includes('groups')) {
        expect(groups).to.deep.equal([])
        return
      }
      const ids = groups.map(({ id }) => id)
      const names = groups.map(({ fields }) => fields['displayName'])
      expect(ids).to.have.length(new Set(ids).size)
      expect(names).to.have.length(new Set(names).size)
      // Either of both says it.
      const records = pages.flatMap((page) => page.records)
      const members = records.flatMap((record) => record.members ?? [])
      const used = records.flatMap((record) => [
        ...(record.groups ?? []),
        ...(record.members ?? []).map(() => record.id),
      ])
      expect(records.map(({ id }) => id)).to.include.members(members.map(({ id }) => id))
      expect(used.length).to.be.at.least(3)
      expect(ids).to.include.members(used)
    })

    it('gives no groups, and nobody in one, where none are wanted', async () => {
      const pages = await collect(open().source.pull(undefined, createScope(provider, { groups: false })))
      const records = pages.flatMap((page) => page.records)
      expect(records.map(({ type }) => type)).to.not.include('group')
      expect(records.filter(({ groups }) => groups !== undefined)).to.deep.equal([])
    })

    it('reads a company without people', async () => {
      for (const id of subject.company.people.keys()) subject.company.people.delete(id)
      expect(listUsers(await pull())).to.deep.equal([])
    })

    it('ends when the run is cancelled, with the reason', async () => {
      addPeople(subject.company, 10)
      const controller = new AbortController()
      const { source } = open({ signal: controller.signal })
      const error = await catchError(async () => {
        for await (const page of source.pull(undefined, createScope(provider, { pageSize: 2 }))) {
          expect(page.records).to.have.length(2)
          controller.abort(new Error('cancelled by hand'))
        }
      })
      expect(error?.message).to.equal('cancelled by hand')
    })

    it('ends when the run is cancelled while the source does not answer', async () => {
      const controller = new AbortController()
      subject.fake.fail('silent')
      subject.fake.onRequest = () => controller.abort(new Error('cancelled by hand'))
      const { source } = open({ signal: controller.signal })
      const error = await catchError(() => collect(source.pull(undefined, createScope(provider))))
      expect(error?.message).to.equal('cancelled by hand')
    })

    it('waits as it is told where it asks too often, and then goes on', async () => {
      for (const answer of subject.slowDown) {
        const one = open()
        subject.fake.fail(answer, { times: 2 })
        expect(listUsers(await collect(one.source.pull(undefined, createScope(provider))))).to.have.length(3)
        expect(one.waited()).to.be.within(5000, 130_000)
      }
    })

    it('keeps to its own rate', async () => {
      addPeople(subject.company, 100)
      const { requests, perMs } = provider.rateLimit
      const one = open({ rateLimit: provider.rateLimit })
      while (subject.fake.requests.length <= 2 * requests) {
        await collect(one.source.pull(undefined, createScope(provider, { pageSize: 1 })))
      }
      const rounds = Math.floor((subject.fake.requests.length - 1) / requests)
      expect(rounds).to.be.at.least(2)
      expect(one.waited()).to.be.at.least(rounds * perMs)
    })

    it('tries again what fails in passing, and says transient of what goes on failing', async () => {
      subject.fake.fail('broken')
      subject.fake.fail({ status: 502, body: '<html><title>Bad gateway</title></html>' })
      expect(listUsers(await pull())).to.have.length(3)
      subject.fake.fail({ status: 500 }, { times: 20 })
      expect(await catchError(() => pull()))
        .to.be.an.instanceOf(ProviderError)
        .with.property('kind', 'transient')
    })

    it('says unexpected of an answer that is not what the source documents', async () => {
      for (const failure of [
        { status: 200, body: '<html>Sign in</html>' },
        { status: 200, json: { surprise: true } },
      ]) {
        const one = open()
        subject.fake.fail(failure, { times: 3 })
        const error = await catchError(() => collect(one.source.pull(undefined, createScope(provider))))
        expect(error, JSON.stringify(failure)).to.be.an.instanceOf(ProviderError).with.property('kind', 'unexpected')
        await subject.fake.close()
        subject = await start()
      }
    })

    it('says settings of credentials that are refused, and does not try them again', async () => {
      const one = open({ settings: subject.wrongSettings })
      const error = await catchError(() => collect(one.source.pull(undefined, createScope(provider))))
      expect(error).to.be.an.instanceOf(ProviderError).with.property('kind', 'settings')
      expect(subject.fake.requests).to.have.length(1)
    })

    it('checks the connection: sign-in and each permission are well', async () => {
      const checks = await open().source.check()
      expect(checks.filter(({ ok }) => !ok)).to.deep.equal([])
      expect(checks[0]?.name).to.equal('sign_in')
      expect(checks.map(({ name }) => name)).to.include.members(Object.keys(subject.permissions))
      for (const { detail } of checks) expect(detail).to.match(/[.]$/)
    })

    it('checks the connection: wrong credentials are an answer, asked once', async () => {
      const checks = await open({ settings: subject.wrongSettings }).source.check()
      expect(checks.map(({ name, ok }) => ({ name, ok }))).to.deep.equal([{ name: 'sign_in', ok: false }])
      expect(subject.fake.requests).to.have.length(1)
    })

    it('checks the connection: names each permission that is missing, and what will be missing for it', async () => {
      for (const [name, { missing: fields }] of Object.entries(subject.permissions)) {
        await subject.fake.close()
        subject = await start()
        subject.permissions[name]?.takeAway()
        const checks = await open().source.check()
        const missing = checks.filter(({ ok }) => !ok)
        expect(
          missing.map((check) => check.name),
          name,
        ).to.deep.equal([name])
        expect(missing[0]?.missing, name).to.deep.equal(fields)
        expect(missing[0]?.detail).to.match(/[.]$/)
      }
    })

    it('checks the connection: a source that is away is an error, for it says nothing of the settings', async () => {
      subject.fake.fail({ status: 500 }, { times: 20 })
      const error = await catchError(() => open().source.check())
      expect(error).to.be.an.instanceOf(ProviderError).with.property('kind', 'transient')
    })

    it('tells no secret in an error or a check, whatever the source quotes', async () => {
      const said = [await describeError(() => collect(pullWith(subject.wrongSettings)))]
      said.push(JSON.stringify(await open({ settings: subject.wrongSettings }).source.check()))
      const wrong = listSecrets(provider, subject.wrongSettings, subject.fake)
      await subject.fake.close()
      subject = await start()
      await collect(pullWith(subject.settings))
      const right = listSecrets(provider, subject.settings, subject.fake)
      for (const status of [400, 403, 409, 500]) {
        await subject.fake.close()
        subject = await start()
        subject.fake.fail({ status, json: { error: `got ${right.join(' and ')}` } }, { times: 50 })
        said.push(await describeError(() => collect(pullWith(subject.settings))))
      }
      for (const secret of [...wrong, ...right]) expect(said.join('\n')).to.not.include(secret)
    })

    function pullWith(settings: JsonObject): AsyncIterable<Page> {
      return open({ settings }).source.pull(undefined, createScope(provider))
    }

    if (provider.capabilities.includes('incremental')) describeIncremental()

    function letAnHourPass(): void {
      subject.company.now = new Date(subject.company.now.getTime() + 60 * 60_000)
    }

    function describeIncremental(): void {
      it('reads who was hired, changed and erased since the last page of a pull, and nobody else', async () => {
        addPeople(subject.company, 5)
        letAnHourPass()
        const cursor = (await pull()).at(-1)?.cursor
        const [changed, erased] = [...subject.company.people.keys()]
        letAnHourPass()
        subject.company.change(changed ?? '', { title: 'Director' })
        subject.company.erase(erased ?? '')
        const hired = subject.company.hire({ firstName: 'Noor', lastName: 'Vos' })
        const pages = await pull(1, cursor)
        expect(listUsers(pages).map(({ id }) => id)).to.have.members([changed, hired.id])
        const told = subject.tellsErased === false ? [] : [erased]
        expect(pages.flatMap(({ deletedIds }) => deletedIds ?? [])).to.deep.equal(told)
        for (const { records } of pages) expect(records.length).to.be.at.most(1)
      })

      it('reads nobody where nothing changed, and says where to go on', async () => {
        letAnHourPass()
        const first = await pull()
        const pages = await pull(100, first.at(-1)?.cursor)
        expect(listUsers(pages)).to.deep.equal([])
        expect(pages.at(-1)?.cursor).to.not.equal(undefined)
      })

      it('loses no change that is made while it reads changes', async () => {
        addPeople(subject.company, 5)
        const cursor = (await pull()).at(-1)?.cursor
        letAnHourPass()
        const ids = [...subject.company.people.keys()]
        for (const id of ids) subject.company.change(id, { title: 'Director' })
        const [first] = await pull(2, cursor)
        letAnHourPass()
        subject.company.change(ids[0] ?? '', { title: 'Chair' })
        const rest = await pull(2, first?.cursor)
        const next = await pull(2, rest.at(-1)?.cursor)
        const seen = new Map(
          [first, ...rest, ...next].flatMap((page) => page?.records ?? []).map((one) => [one.id, one]),
        )
        expect([...seen.keys()]).to.include.members(ids)
        expect(seen.get(ids[0] ?? '')?.fields).to.deep.include(subject.expectFields(ids[0] ?? ''))
      })
    }
  })
}

/** The people of some pages. */
export function listUsers(pages: readonly Page[]): SourceRecord[] {
  return pages.flatMap(({ records }) => records.filter(({ type }) => type === 'user'))
}

/** What a piece of work throws; undefined where it throws nothing. */
export async function catchError(work: () => Promise<unknown>): Promise<Error | undefined> {
  try {
    await work()
  } catch (error) {
    if (error instanceof Error) return error
    throw error
  }
}

async function describeError(work: () => Promise<unknown>): Promise<string> {
  const error = await catchError(work)
  expect(error).to.be.an.instanceOf(ProviderError)
  const { message, stack, cause } = error ?? {}
  return `${message} ${stack} ${cause instanceof Error ? `${cause.message} ${cause.stack}` : ''}`
}

// As they are, and as they were sent.
function listSecrets(provider: Provider, settings: JsonObject, { requests }: FakeServer): string[] {
  const names = Object.entries(provider.settings.properties).filter(([, { writeOnly }]) => writeOnly === true)
  const sent = requests.map(({ headers }) => headers.authorization?.split(' ').at(-1))
  const secrets = [...new Set([...names.map(([name]) => settings[name]), ...sent])]
  expect(secrets.length, 'secrets, and as they were sent').to.be.at.least(2)
  return secrets.filter((secret) => typeof secret === 'string')
}

function takes(property: SettingsProperty, value: string): boolean {
  return new Ajv2020({ strict: true, formats: {} }).validate({ ...property }, value)
}
