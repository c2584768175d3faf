// Reading a source: what is stored of it, and that nothing is read twice or lost where it is interrupted.
import { expect } from 'chai'
import { ProviderError } from '../../providers/provider.ts'
import { query } from '../../server/db/query.ts'
import { PageBatch } from '../../server/sync/fetch/batch.ts'
import { clock } from '../support/app.ts'
import { testDatabase } from '../support/postgres.ts'
import type { ScriptedPerson, ScriptedSource } from '../support/scripted-source.ts'
import { type RunRow, TestSync } from '../support/sync.ts'

const person = (id: string, fields: object = {}): ScriptedPerson => ({
  id,
  email: `${id}@example.com`,
  firstName: id,
  lastName: 'Person',
  status: 'active',
  ...fields,
})

const makePeople = (count: number): ScriptedPerson[] => Array.from({ length: count }, (_, index) => person(`p${index}`))

interface Pulled {
  readonly source_id: string
  readonly raw: Record<string, unknown>
}

function listPulled(run: RunRow): Promise<Pulled[]> {
  const text = 'select source_id, raw from pulled_records where org_id = $1 and run_id = $2 order by source_id'
  return query<Pulled>(testDatabase(), text, [run.org_id, run.id])
}

async function listMembers(run: RunRow): Promise<string[]> {
  const text = `select group_id, member_type, stated_by, member_ids from run_members
    where org_id = $1 and run_id = $2 order by stated_by, member_type, group_id`
  const rows = await query<{ group_id: string; member_type: string; stated_by: string; member_ids: string[] }>(
    testDatabase(),
    text,
    [run.org_id, run.id],
  )
  return rows.map((row) => `${row.stated_by}: ${row.member_type}s of ${row.group_id}: ${row.member_ids.join(' ')}`)
}

describe('reading a source', () => {
  it('asks for the fields that the mapping needs, for groups where they are wanted, and for no more at once than set', async () => {
    const sync = await TestSync.create({ settings: { pageSize: 7 } })
    sync.source.people = makePeople(8)
    await sync.run()
    await sync.run({ includeGroups: false })
    await sync.set({ syncGroups: false })
    await sync.run()
    await sync.set({ groupFilter: ['g1'] })
    await sync.run()
    const scopes = sync.source.pulls.map(({ scope }) => scope)
    expect(scopes.map(({ groups }) => groups)).to.deep.equal([true, false, false, true])
    expect(scopes[0]?.pageSize).to.equal(7)
    expect(scopes[0]?.fields).to.include.members(['email', 'firstName', 'status', 'manager'])
    await sync.map({ nickName: 'knownAs' })
    await sync.run()
    expect(sync.source.pulls.at(-1)?.scope.fields).to.include('knownAs').and.not.include('nickName')
  })

  it('goes on behind the last page that was stored, where an error came in between', async () => {
    const sync = await TestSync.create()
    sync.source.people = makePeople(2500)
    sync.source.failAt(18, new ProviderError('transient', 'It is away.'))
    const run = await sync.run()
    expect(run).to.deep.include({ status: 'queued', stage: 'fetch' })
    expect(run.progress).to.include({ pages: 17, records: 1700 })
    clock.advance(120_000)
    await sync.settle()
    const ended = await sync.readRun(run.id)
    expect(ended.status).to.equal('completed')
    expect(ended.progress).to.include({ pages: 25, records: 2500 })
    expect(sync.source.pulls[1]?.cursor).to.include({ offset: 1700 })
    expect(await listPulled(ended)).to.have.lengthOf(2500)
    expect(ended.field_counts).to.include({ email: 2500, id: 2500 })
  })

  it('begins anew where the source does not know its place any more, or the rules have changed meanwhile', async () => {
    const sync = await TestSync.create()
    sync.source.people = makePeople(2300)
    const away = new ProviderError('transient', 'It is away.')
    const interrupt = async (): Promise<RunRow> => {
      sync.source.failAt(18, away)
      const run = await sync.run()
      expect(run.progress).to.include({ records: 1700 })
      return run
    }
    const resume = async ({ id }: RunRow): Promise<RunRow> => {
      clock.advance(120_000)
      await sync.settle()
      return sync.readRun(id)
    }
    const first = await interrupt()
    sync.source.failAt(1, new ProviderError('cursor_expired', 'It has forgotten.'))
    const ended = await resume(first)
    expect(ended).to.deep.include({ status: 'completed', attempt: 1 })
    expect(ended.progress).to.include({ pages: 23, records: 2300 })
    expect(sync.source.pulls.slice(1).map(({ cursor }) => cursor === undefined)).to.deep.equal([false, true])

    const second = await interrupt()
    await sync.map({ nickName: 'lastName' })
    const again = await resume(second)
    expect(again).to.deep.include({ status: 'completed' })
    expect(again.progress).to.include({ records: 2300 })
    expect(await listPulled(again)).to.have.lengthOf(2300)
    expect((await sync.readPerson('p3'))?.['nickName']).to.equal('Person')
  }).timeout(20_000)

  it('says in one digest what was read, wherever pages end and whatever comes first', async () => {
    const people = [...makePeople(30), person('x', { groups: ['g1', 'g2'] })]
    const read = async (pageSize: number, change: (source: ScriptedSource) => void): Promise<string | null> => {
      const sync = await TestSync.create({ settings: { pageSize } })
      sync.source.groups = [
        { id: 'g1', displayName: 'One' },
        { id: 'g2', displayName: 'Two' },
      ]
      sync.source.people = people
      change(sync.source)
      return (await sync.run()).digest
    }
    const digest = await read(100, () => undefined)
    expect(digest).to.be.a('string').that.has.lengthOf(43)
    expect(await read(7, () => undefined)).to.equal(digest)
    expect(await read(7, (source) => (source.people = people.toReversed()))).to.equal(digest)
    expect(await read(7, (source) => source.change('x', { groups: ['g2', 'g1'] }))).to.equal(digest)
    expect(await read(7, (source) => source.change('x', { groups: ['g1'] }))).not.to.equal(digest)
    expect(await read(7, (source) => source.change('p1', { title: 'Clerk' }))).not.to.equal(digest)
    expect(await read(7, (source) => source.remove('p1'))).not.to.equal(digest)
  })

  it('stores nothing of a record that says what it said before, in whatever order', async () => {
    const sync = await TestSync.create()
    sync.source.people = [person('a', { title: 'Clerk', list: [{ x: 1, y: 2 }] }), person('b')]
    expect(await listPulled(await sync.run())).to.have.lengthOf(2)
    const [a, b] = sync.source.people
    sync.source.people = [
      Object.fromEntries(Object.entries({ ...a, list: [{ y: 2, x: 1 }] }).toReversed()) as ScriptedPerson,
      { ...b, id: 'b', groups: ['g1'] },
    ]
    expect(await listPulled(await sync.run())).to.deep.equal([])
    sync.source.change('a', { list: [{ x: 1, y: 3 }] })
    const changed = await listPulled(await sync.run())
    expect(changed.map(({ source_id }) => source_id)).to.deep.equal(['a'])
  })

  it('counts in how many records of people a field has a value, be it a list of nothing', async () => {
    const sync = await TestSync.create()
    sync.source.groups = [{ id: 'g1', displayName: 'One', description: 'Of all' }]
    sync.source.people = [
      person('a', { title: 'Clerk', phone: null }),
      person('b', { title: '', absences: [] }),
      person('c'),
    ]
    const { field_counts } = await sync.run()
    expect(field_counts).to.deep.equal({ id: 3, email: 3, firstName: 3, lastName: 3, status: 3, title: 1, absences: 1 })
  })

  it('keeps what is said of members, from either side, and that there are none', async () => {
    const sync = await TestSync.create()
    sync.source.groups = [
      {
        id: 'g1',
        displayName: 'One',
        members: [
          { id: 'a', type: 'user' },
          { id: 'g2', type: 'group' },
        ],
      },
      { id: 'g2', displayName: 'Two', members: [] },
      { id: 'g3', displayName: 'Three', groups: ['g1'] },
    ]
    sync.source.people = [person('a', { groups: ['g3', 'g3'] }), person('b', { groups: [] }), person('c')]
    expect(await listMembers(await sync.run())).to.deep.equal([
      'group: groups of g1: g2',
      'group: users of g1: a',
      'group: users of g2: ',
      'member: groups of g1: g3',
      'member: users of : b',
      'member: users of g3: a',
    ])
  })

  it('goes on without records that cannot be read, and says which', async () => {
    const sync = await TestSync.create()
    const long = 'x'.repeat(1001)
    sync.source.people = [person('a'), person(long, { email: 'long@example.com' })]
    sync.source.faults = [{ record: 'line 12', message: 'The line has too many columns.' }]
    const run = await sync.run()
    expect(run).to.deep.include({ status: 'completed', error_count: 2 })
    expect(run.errors).to.deep.equal([
      { code: 'unreadable', message: 'The line has too many columns.', recordId: 'line 12' },
      { code: 'unreadable', message: 'The id is longer than 1000 bytes.', recordId: long.slice(0, 80) },
    ])
    expect(await sync.listPeople()).to.have.keys('a@example.com')
  })

  it('stores texts that PostgreSQL has no place for, without what it has none for', async () => {
    const sync = await TestSync.create()
    sync.source.people = [person('a\0b', { email: 'a@example.com', title: 'Cl\0erk \ud800', groups: ['g\0'] })]
    const run = await sync.run()
    const [pulled] = await listPulled(run)
    expect(pulled?.source_id).to.equal('ab')
    expect(pulled?.raw).to.include({ title: 'Clerk \ufffd' })
  })

  it('takes the later one of a record that comes twice', async () => {
    const sync = await TestSync.create({ settings: { pageSize: 1 } })
    sync.source.people = [person('a', { title: 'Clerk' }), person('a', { title: 'Chief' })]
    await sync.run()
    expect((await sync.readPerson('a'))?.['title']).to.equal('Chief')
  })

  it('keeps all parts of a group’s members, on one page or on several', async () => {
    const digests: (string | null)[] = []
    for (const pageSize of [1, 100]) {
      const sync = await TestSync.create({ settings: { pageSize } })
      const part = (...ids: string[]): object => ({ members: ids.map((id) => ({ id, type: 'user' })) })
      sync.source.groups = [
        { id: 'g1', displayName: 'One', ...part('a', 'b') },
        { id: 'g1', displayName: 'One', ...part('b', 'c') },
      ]
      sync.source.people = ['a', 'b', 'c'].map((id) => person(id))
      const run = await sync.run()
      expect(await listMembers(run)).to.deep.equal(['group: users of g1: a b c'])
      digests.push(run.digest)
    }
    expect(digests[0]).to.equal(digests[1])
  })

  it('stops where a source leads from a page to the same page again', async () => {
    const sync = await TestSync.create()
    const { provider } = sync.source
    const records = [{ id: 'a', type: 'user', fields: {} }] as const
    const circle = {
      ...provider,
      open: () => ({
        check: () => Promise.resolve([]),
        async *pull() {
          for (;;) yield await Promise.resolve({ records, cursor: 'same' })
        },
      }),
    }
    const id = await sync.request()
    await sync.doDue({ ...sync.services, providers: new Map([['scripted', circle]]) })
    expect((await sync.readRun(id)).failure).to.deep.equal({
      kind: 'unexpected',
      message: 'Scripted source leads from a page to the same page again.',
    })
  })

  it('reads a source that has no cursors from the beginning again', async () => {
    const sync = await TestSync.create()
    const { provider } = sync.source
    let pulls = 0
    const plain = {
      ...provider,
      open: () => ({
        check: () => Promise.resolve([]),
        async *pull() {
          pulls++
          for (let page = 0; page < 15; page++) {
            if (pulls === 1 && page === 12) throw new ProviderError('transient', 'It is away.')
            const records = Array.from({ length: 100 }, (_, index) => {
              const { id, ...fields } = person(`p${page * 100 + index}`)
              return { id, type: 'user' as const, fields: fields as Record<string, string> }
            })
            yield await Promise.resolve({ records })
          }
        },
      }),
    }
    const services = { ...sync.services, providers: new Map([['scripted', plain]]) }
    const id = await sync.request()
    await sync.doDue(services)
    expect((await sync.readRun(id)).progress).to.include({ records: 1200 })
    clock.advance(120_000)
    await sync.doDue(services)
    const run = await sync.readRun(id)
    expect(run).to.deep.include({ status: 'completed' })
    expect(run.progress).to.include({ pages: 15, records: 1500 })
    expect(Object.keys(await sync.listPeople())).to.have.lengthOf(1500)
  })
})

describe('pages that are stored together', () => {
  it('know that somebody is back who was deleted on an earlier one', () => {
    const batch = new PageBatch()
    batch.add({ records: [], deletedIds: ['1', '2'] }, 1)
    batch.add({ records: [{ id: '1', type: 'user', fields: {} }] }, 2)
    expect(batch.deletedIds).to.deep.equal(['2'])
  })
})
