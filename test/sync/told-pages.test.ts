// What a source tells in pages that a list of people cannot: deletions before and after records, groups in parts, places that it forgets.
import { expect } from 'chai'
import { type Page, ProviderError } from '../../providers/provider.ts'
import { clock } from '../support/app.ts'
import { checkConsistency } from '../support/consistency.ts'
import type { Body, ScimClient } from '../support/scim-client.ts'
import { type RunRow, tellStats, TestSync } from '../support/sync.ts'
import { tellGroup, tellUser, ToldSource } from '../support/told-source.ts'

describe('pages of a source', () => {
  let source: ToldSource
  let sync: TestSync
  let application: ScimClient

  beforeEach(async () => {
    source = new ToldSource()
    const settings = { massChangeGuard: { share: null, number: null }, orphanedUsers: 'delete' } as const
    sync = await TestSync.create({ provider: source.provider, settings })
    application = await sync.tenant.addApplication(['read'])
  })
  afterEach(() => checkConsistency(sync.tenant))

  async function run(type: 'full' | 'incremental' = 'incremental'): Promise<RunRow> {
    clock.advance(1000)
    const done = await sync.run({ isFull: type === 'full', type })
    expect(done.status, JSON.stringify(done.failure ?? done.hold)).to.equal('completed')
    return done
  }

  /** Lets a run that was put off go on. */
  async function goOn({ id }: RunRow): Promise<RunRow> {
    clock.advance(600_000)
    await sync.settle()
    return sync.readRun(id)
  }

  async function listGroups(): Promise<Record<string, string[]>> {
    const { body } = await application.get('/Groups?count=100')
    return Object.fromEntries(
      (body['Resources'] as Body[]).map(({ displayName, members = [] }) => {
        return [displayName, (members as Body[]).map(({ display }) => nameOf(String(display))).toSorted()]
      }),
    )
  }

  async function listPeople(): Promise<string[]> {
    return Object.keys(await sync.listPeople()).map(nameOf)
  }

  async function readId(sourceId: string): Promise<unknown> {
    return (await sync.readPerson(sourceId))?.['id']
  }

  /** Two pages, stored together, or each for itself because the source was away in between. */
  const ways = ['at once', 'one after the other'] as const
  async function tellBoth(way: (typeof ways)[number], ...pages: readonly Partial<Page>[]): Promise<RunRow> {
    if (way === 'at once') {
      source.tell(...pages)
      return run()
    }
    const [first, ...rest] = pages
    source.tell(first ?? {}, new ProviderError('transient', 'It is away.'))
    source.tell(...rest)
    clock.advance(1000)
    const interrupted = await sync.run({ isFull: false, type: 'incremental' })
    expect(interrupted.status).to.equal('queued')
    return goOn(interrupted)
  }

  describe('with ids of what is deleted', () => {
    beforeEach(async () => {
      source.tell({ records: [tellGroup('law', ['ana', 'ben']), tellGroup('tax'), tellUser('ana'), tellUser('ben')] })
      await run('full')
    })

    it('take groups away, too, and make nothing of ids that nobody has', async () => {
      source.tell({ deletedIds: ['law', 'nobody', 'nothing'] })
      const done = await run()
      expect(tellStats(done)).to.include({ groupsDeleted: 1 })
      expect(done.errors).to.deep.equal([])
      expect(await listGroups()).to.deep.equal({ tax: [] })
      expect(await listPeople()).to.deep.equal(['ana', 'ben'])
      source.tell({ deletedIds: ['law', 'nobody', 'nothing'] })
      expect(await sync.tellChanges((await run()).id)).to.deep.equal({})
    })

    for (const way of ways) {
      it(`leave who comes after that, ${way}, as the same person and the same group`, async () => {
        const before = await readId('ana')
        const back = { records: [tellUser('ana', { title: 'Judge' }), tellGroup('law', ['ana'])] }
        const done = await tellBoth(way, { deletedIds: ['ana', 'law'] }, back)
        expect(tellStats(done)).to.include({ usersUpdated: 1 }).and.not.have.any.keys('usersDeleted', 'groupsDeleted')
        expect(await readId('ana')).to.equal(before)
        expect(await listGroups()).to.deep.equal({ law: ['ana'], tax: [] })
      })

      it(`take away who came before that, ${way}`, async () => {
        const told = { records: [tellUser('ana', { title: 'Judge' }), tellGroup('law', ['ana', 'ben'])] }
        await tellBoth(way, told, { deletedIds: ['ana', 'law'] })
        expect(await listPeople()).to.deep.equal(['ben'])
        expect(await listGroups()).to.deep.equal({ tax: [] })
      })

      it(`never bring who came before that and was unknown, ${way}`, async () => {
        await tellBoth(way, { records: [tellUser('eve'), tellGroup('art', ['ben'])] }, { deletedIds: ['eve', 'art'] })
        expect(await listPeople()).to.deep.equal(['ana', 'ben'])
        expect(await listGroups()).to.have.all.keys('law', 'tax')
      })
    }

    it('take a group away of which somebody comes who was in it', async () => {
      source.tell({ deletedIds: ['law'], records: [tellUser('ana', { title: 'Judge' }, ['tax'])] })
      const done = await run()
      expect(done.errors).to.deep.equal([])
      expect(await sync.tellChanges(done.id)).to.deep.equal({ ana: 'update', law: 'delete missing', tax: 'update' })
      expect(await listGroups()).to.deep.equal({ tax: ['ana'] })
    })

    it('bring back under the old id who comes in a later run', async () => {
      const before = await readId('ana')
      source.tell({ deletedIds: ['ana'] })
      expect(tellStats(await run())).to.include({ usersDeleted: 1 })
      source.tell({ records: [tellUser('ana')] })
      await run()
      expect(await readId('ana')).to.equal(before)
    })
  })

  describe('with a group in parts', () => {
    for (const way of ways) {
      it(`make one group of all of them, ${way}, and no more than of those of the last run`, async () => {
        source.tell({ records: ['ana', 'ben', 'cem', 'dua'].map((id) => tellUser(id)) })
        await run('full')
        const first = [{ records: [tellGroup('law', ['ana', 'ben'])] }, { records: [tellGroup('law', ['cem'])] }]
        await tellBoth(way, ...first)
        expect(await listGroups()).to.deep.equal({ law: ['ana', 'ben', 'cem'] })
        await tellBoth(way, { records: [tellGroup('law', ['dua'])] }, { records: [tellGroup('law', ['ana'])] })
        expect(await listGroups()).to.deep.equal({ law: ['ana', 'dua'] })
      })
    }
  })

  describe('with a record that changes while it is read', () => {
    for (const way of ways) {
      it(`count as it comes last, ${way}, also where that is what was known before`, async () => {
        source.tell({ records: [tellUser('ana', { title: 'Clerk' }), tellUser('ben', { title: 'Clerk' })] })
        await run('full')
        const done = await tellBoth(
          way,
          { records: [tellUser('ana', { title: 'Judge' }), tellUser('ben', { title: 'Usher' })] },
          { records: [tellUser('ana', { title: 'Clerk' }), tellUser('ben', { title: 'Judge' })] },
        )
        expect(await sync.tellChanges(done.id)).to.deep.equal({ ben: 'update' })
        expect((await sync.readPerson('ana'))?.['title']).to.equal('Clerk')
        expect((await sync.readPerson('ben'))?.['title']).to.equal('Judge')
      })
    }
  })

  describe('of a source that forgets its place', () => {
    const forgotten = new ProviderError('cursor_expired', 'It has forgotten.')

    beforeEach(async () => {
      source.tell({ records: [tellGroup('law', ['ana', 'ben']), tellUser('ana'), tellUser('ben'), tellUser('cem')] })
      await run('full')
    })

    it('are read anew from the first, in the middle of changes, and nothing counts that came before', async () => {
      source.tell({ records: [tellUser('ana', { title: 'Old' }), tellUser('eve')], deletedIds: ['ben'] }, forgotten)
      source.tell({ records: [tellGroup('law', ['ben']), tellUser('ana', { title: 'New' }), tellUser('ben')] })
      const done = await run()
      expect(done.is_full).to.equal(true)
      expect(source.cursors.slice(1)).to.deep.equal(['after 1', undefined])
      expect(await sync.tellChanges(done.id)).to.deep.equal({
        ana: 'update',
        cem: 'delete missing',
        law: 'update',
      })
      expect(await listPeople()).to.deep.equal(['ana', 'ben'])
      expect((await sync.readPerson('ana'))?.['title']).to.equal('New')
    })

    it('are read anew from the first, in the middle of everything', async () => {
      source.tell({ records: [tellUser('ana', { title: 'Old' }), tellUser('eve')] }, forgotten)
      source.tell({ records: [tellGroup('law', ['ben']), tellUser('ana'), tellUser('ben'), tellUser('cem')] })
      const done = await run('full')
      expect(await sync.tellChanges(done.id)).to.deep.equal({ law: 'update' })
      expect(source.cursors.slice(1)).to.deep.equal([undefined, undefined])
    })

    it('are read anew where it forgets while it is away', async () => {
      source.tell({ records: [tellUser('eve')] }, new ProviderError('transient', 'It is away.'))
      source.tell(forgotten)
      source.tell({ records: [tellGroup('law', []), tellUser('ana'), tellUser('ben'), tellUser('cem')] })
      const done = await goOn(await sync.run({ isFull: false, type: 'incremental' }))
      expect(done).to.include({ status: 'completed', is_full: true })
      expect(await sync.tellChanges(done.id)).to.deep.equal({ law: 'update' })
    })

    it('are given up where it forgets again and again what it has just begun, and everything stays', async () => {
      for (let time = 0; time < 10; time++) source.tell({ records: [tellUser('eve')] }, forgotten)
      let done = await sync.run({ isFull: false, type: 'incremental' })
      for (let attempt = 1; attempt < 5; attempt++) {
        expect(done).to.include({ status: 'queued', attempt })
        clock.advance(7_200_000)
        await sync.settle()
        done = await sync.readRun(done.id)
      }
      expect(done).to.deep.include({
        status: 'failed',
        failure: { kind: 'cursor_expired', message: 'It has forgotten.' },
      })
      expect(await listPeople()).to.deep.equal(['ana', 'ben', 'cem'])
    })
  })

  describe('with two records of one person, who is employed anew', () => {
    beforeEach(async () => {
      source.tell({
        records: [tellUser('c1', { email: 'ana@larkspur.example', employeeNumber: '7' }), tellUser('ben')],
      })
      await run('full')
    })

    it('keep the person where the old record ends and the new one comes at once', async () => {
      const before = await readId('c1')
      const ended = { email: 'ana@larkspur.example', employeeNumber: '7', status: 'terminated' }
      source.tell({
        records: [
          tellUser('c1', ended),
          tellUser('e1', { email: 'ana@larkspur.example', employeeNumber: '7', title: 'Judge' }),
          tellUser('ben', { manager: 'e1' }),
        ],
      })
      const done = await run()
      expect(done.errors).to.deep.equal([])
      expect(await readId('e1')).to.equal(before)
      expect(await sync.listPeople()).to.deep.equal({ 'ana@larkspur.example': true, 'ben@larkspur.example': true })
      expect(await sync.readPerson('e1')).to.deep.include({ title: 'Judge', active: true })
    })

    it('keep the person where the new record is there before the old one ends, and after', async () => {
      const before = await readId('c1')
      source.tell({ records: [tellUser('e1', { email: 'ana@larkspur.example', employeeNumber: '7', title: 'Judge' })] })
      await run()
      source.tell({
        records: [tellUser('c1', { email: 'ana@larkspur.example', employeeNumber: '7', status: 'terminated' })],
      })
      await run()
      expect(await readId('e1')).to.equal(before)
      expect(await sync.readPerson('e1')).to.deep.include({ title: 'Judge', active: true })
      source.tell({ deletedIds: ['c1'] })
      await run()
      expect(await sync.readPerson('e1')).to.deep.include({ id: before, active: true })
    })
  })
})

function nameOf(userName: string): string {
  return userName.replace('@larkspur.example', '')
}
