// What a run plans, shown by previews: nothing is applied but what a test wants to be there before.
import { expect } from 'chai'
import { enterprise } from '../../providers/provider.ts'
import type { JsonObject } from '../../server/db/tables.ts'
import { query } from '../../server/db/query.ts'
import { anonymizeUser } from '../../server/directory/anonymize.ts'
import { transaction } from '../../server/db/transaction.ts'
import type { SyncSettings } from '../../server/sync/setup/settings.ts'
import { clock } from '../support/app.ts'
import { testDatabase } from '../support/postgres.ts'
import type { ScriptedPerson } from '../support/scripted-source.ts'
import { type ChangeRow, TestSync, tellStats } from '../support/sync.ts'

const dayMs = 24 * 3_600_000
const userSchema = 'urn:ietf:params:scim:schemas:core:2.0:User'
const unguarded = { massChangeGuard: { share: null, number: null } } as const

type Fields = Readonly<Record<string, unknown>>

const person = (id: string, fields: Fields = {}): ScriptedPerson => ({
  id,
  email: `${id}@example.com`,
  firstName: 'Pat',
  lastName: id,
  status: 'active',
  ...fields,
})

const day = (offset: number): string => new Date(clock.now().getTime() + offset * dayMs).toISOString().slice(0, 10)

async function create(settings: Partial<SyncSettings> = {}, ...people: readonly ScriptedPerson[]): Promise<TestSync> {
  const sync = await TestSync.create({ settings: { ...unguarded, ...settings } })
  sync.source.people = people
  if (people.length > 0) expect((await sync.run()).status).to.equal('completed')
  return sync
}

/** What a run would do now. */
async function preview(sync: TestSync, request: Parameters<TestSync['run']>[0] = {}): Promise<Record<string, string>> {
  const run = await sync.run({ purpose: 'preview', ...request })
  expect(run.status, JSON.stringify(run.failure)).to.equal('completed')
  return sync.tellChanges(run.id)
}

async function previewOne(sync: TestSync): Promise<ChangeRow> {
  const run = await sync.run({ purpose: 'preview' })
  const [change, ...others] = await sync.listChanges(run.id)
  expect(others).to.deep.equal([])
  if (change === undefined) throw new Error('nothing was planned')
  return change
}

const idOf = async (sync: TestSync, sourceId: string): Promise<string> =>
  (await sync.readRecord(sourceId))?.resource_id ?? ''

const patch = async (sync: TestSync, id: string, path: string, value: unknown): Promise<void> => {
  const { status } = await sync.tenant.scim.patch(`/Users/${id}`, [{ op: 'replace', path, value }])
  expect(status).to.equal(200)
}

describe('a plan', () => {
  it('has managers before those who report to them over many batches, each with the id that the manager will have', async () => {
    const sync = await create()
    const count = 2500
    sync.source.people = Array.from({ length: count }, (_, index) =>
      person(`p${index}`, {
        manager: index === count - 1 ? null : `p${Math.min(count - 1, index + 1 + (index % 40))}`,
      }),
    )
    const run = await sync.run({ purpose: 'preview' })
    const changes = await sync.listChanges(run.id)
    expect(changes.map(({ position }) => position)).to.deep.equal(changes.map((_, index) => index + 1))
    const ids = new Map(changes.map((change) => [change.source_id, change.resource_id]))
    expect(new Set(ids.values()).size).to.equal(count)
    const seen = new Set<string | null>([null])
    for (const { source_id, resource_id, plan } of changes) {
      const said = sync.source.people.find(({ id }) => id === source_id)?.['manager'] as string | null
      expect(plan['managerId']).to.equal(said === null ? null : ids.get(said))
      expect(seen.has(plan['managerId'] as string | null)).to.equal(true)
      seen.add(resource_id)
    }
    expect(tellStats(run)).to.deep.equal({ usersCreated: count, totalProcessed: count })
    expect(run.progress['planned']).to.equal(count)
  }).timeout(60_000)

  it('says what would change of whom, and from which version', async () => {
    const sync = await create({}, person('ada', { title: 'Clerk', phone: '1' }))
    sync.source.change('ada', { title: 'Chief', phone: undefined, department: 'Sales' })
    const change = await previewOne(sync)
    expect(change).to.deep.include({
      operation: 'update',
      version: 1,
      resource_id: await idOf(sync, 'ada'),
      name: 'Pat ada',
    })
    expect(change.plan['difference']).to.deep.equal({
      title: { before: 'Clerk', after: 'Chief' },
      phoneNumbers: { before: [{ type: 'work', value: '1' }] },
      [`${enterprise}:department`]: { after: 'Sales' },
    })
  })

  it('notes a record that says something else without anything coming of it, and plans nothing when it is the same', async () => {
    const sync = await create({}, person('ada'), person('bob', { status: 'terminated' }))
    expect(await preview(sync)).to.deep.equal({})
    sync.source.change('ada', { shoeSize: 38 })
    expect(await preview(sync)).to.deep.equal({ ada: 'keep' })
  })

  it('reads all anew by other rules, and plans only what that changes', async () => {
    const sync = await create({}, person('ada', { title: 'Chief', jobTitle: 'Countess' }), person('bob'))
    await sync.set({ activateUsers: false })
    expect(await preview(sync)).to.deep.equal({})
    await sync.map({ title: 'jobTitle' })
    expect(await preview(sync)).to.deep.equal({ ada: 'update', bob: 'keep' })
  })

  it('takes nobody for missing, nor reads by other rules, where only changes are read', async () => {
    const sync = await create({ orphanedUsers: 'delete' }, person('ada'), person('bob'))
    sync.source.change('ada', { title: 'Chief' })
    expect(await preview(sync, { isFull: false, type: 'incremental' })).to.deep.equal({ ada: 'update' })
  })

  it('links people whom another directory brought, by number or else by address, and says what stays as that set it', async () => {
    const sync = await create()
    const { scim } = sync.tenant
    const ada = { userName: 'ada.l', title: 'Countess', [enterprise]: { employeeNumber: 'A-1' } }
    await scim.post('/Users', { schemas: [userSchema, enterprise], ...ada })
    await scim.post('/Users', { schemas: [userSchema], userName: 'BOB@example.com' })
    sync.source.people = [person('ada', { employeeNumber: 'a-1', title: 'Chief' }), person('bob')]
    const run = await sync.run({ purpose: 'preview' })
    const changes = await sync.listChanges(run.id)
    expect(changes.map(({ operation, code }) => `${operation} ${code}`)).to.deep.equal(['link kept', 'link kept'])
    expect(changes[0]?.detail).to.match(/^Stays as another directory set it: .*title.*\.$/)
    expect(changes[0]?.version).to.equal(1)
  })

  it('hears nothing of who has left or not begun at first, and creates who is to begin, but not who has left, later', async () => {
    const sync = await create()
    sync.source.people = [
      person('ada'),
      person('left', { status: 'terminated' }),
      person('soon', { startDate: day(9) }),
      person('held', { status: 'suspended' }),
    ]
    expect(await preview(sync)).to.deep.equal({
      ada: 'create',
      left: 'skip not_active',
      soon: 'skip not_active',
      held: 'skip not_active',
    })
    sync.source.people = [person('ada')]
    await sync.run()
    sync.source.people = [
      person('ada'),
      person('left2', { status: 'terminated' }),
      person('soon2', { startDate: day(9) }),
      person('held2', { status: 'suspended' }),
    ]
    expect(await preview(sync)).to.deep.equal({ left2: 'skip not_active', soon2: 'create not_begun', held2: 'create' })
  })

  it('says of whom it knows no userName, and of whom somebody else has it', async () => {
    const sync = await create({ usernameAttribute: 'nickName' }, person('ada', { nickName: 'ada' }))
    await sync.tenant.scim.post('/Users', { schemas: [userSchema], userName: 'Grace' })
    sync.source.people = [
      person('ada', { nickName: 'ada' }),
      person('bob'),
      person('eve', { nickName: 'grace' }),
      person('ada2', { nickName: 'ADA' }),
      person('cyd', { nickName: 'cyd' }),
    ]
    expect(await preview(sync)).to.deep.equal({
      bob: 'error invalid_value',
      eve: 'error user_name_taken',
      ada2: 'error user_name_taken',
      cyd: 'create',
    })
  })

  it('leaves somebody as they are whose new userName another one has', async () => {
    const sync = await create({}, person('ada'), person('bob'))
    sync.source.change('bob', { email: 'ada@example.com', title: 'Chief' })
    expect(await preview(sync)).to.deep.equal({ bob: 'error user_name_taken' })
    await sync.run()
    sync.source.change('ada', { email: 'ada.l@example.com' })
    expect(await preview(sync)).to.deep.equal({ ada: 'update', bob: 'update' })
  })

  it('tells of values that the schema does not take, and takes the rest', async () => {
    const sync = await create()
    await sync.map({ flavour: 'flavour', title: 'title' })
    sync.source.people = [person('ada', { flavour: 'mint', title: 'Chief' })]
    const change = await previewOne(sync)
    expect(change).to.include({ operation: 'create', code: 'invalid_value' })
    expect(change.detail).to.include('flavour')
    expect(change.plan['record']).to.include({ problem: 'invalid_value' })
  })

  it('quarantines all but one of many with one address', async () => {
    const sync = await create()
    sync.source.people = ['c', 'b', 'a', 'd'].map((id) => person(id, { email: 'noemail@example.com' }))
    const told = await preview(sync)
    expect(told).to.deep.equal({
      a: 'create',
      b: 'error duplicate_email',
      c: 'error duplicate_email',
      d: 'error duplicate_email',
    })
  })

  it('reports a number that people of two names and addresses have', async () => {
    const sync = await create()
    sync.source.people = ['a', 'b'].map((id) => person(id, { employeeNumber: '7' }))
    expect(await preview(sync)).to.deep.equal({ a: 'create', b: 'error duplicate_employee_number' })
  })

  it('does not take two records for one person who have nothing else in common', async () => {
    const sync = await create()
    const user = { userName: 'ada.l@example.com', [enterprise]: { employeeNumber: '7' } }
    await sync.tenant.scim.post('/Users', { schemas: [userSchema, enterprise], ...user })
    sync.source.people = [person('a', { employeeNumber: '7' }), person('b', { email: 'ada.l@example.com' })]
    expect(await preview(sync)).to.deep.equal({ a: 'link kept', b: 'error ambiguous' })
  })

  it('plans offices where people are linked to them, and no change where they are', async () => {
    const sync = await create({ autoAssignLocations: true }, person('ada', { location: 'Berlin' }), person('bob'))
    expect(await preview(sync)).to.deep.equal({})
    sync.source.change('ada', { location: 'berlin ' })
    expect((await previewOne(sync)).plan['difference']).to.have.all.keys(
      'urn:ietf:params:scim:schemas:extension:rollcall:2.0:User:location',
    )
    sync.source.change('ada', { location: 'Paris' })
    expect((await previewOne(sync)).plan['difference']).to.have.all.keys(
      'urn:ietf:params:scim:schemas:extension:rollcall:2.0:User:location',
      'urn:ietf:params:scim:schemas:extension:rollcall:2.0:User:locations',
    )
  })

  it('brings back who was deleted here while the source has them, or makes them anew where people are not restored', async () => {
    const sync = await create({}, person('ada'), person('bob'))
    const id = await idOf(sync, 'ada')
    await transaction(testDatabase(), async (tx) => {
      const { deleteUser } = await import('../../server/directory/user-removal.ts')
      await deleteUser(tx, sync.actor, id)
    })
    expect(await preview(sync)).to.deep.equal({ ada: 'restore' })
    expect((await previewOne(sync)).resource_id).to.equal(id)
    await sync.setRestoreUsers(false)
    expect(await preview(sync)).to.deep.equal({ ada: 'create' })
    expect((await previewOne(sync)).resource_id).to.not.equal(id)
  })

  it('takes nobody for somebody who was anonymized', async () => {
    const sync = await create({}, person('ada', { employeeNumber: '7' }), person('bob'))
    const id = await idOf(sync, 'ada')
    await transaction(testDatabase(), (tx) => anonymizeUser(tx, sync.actor, id))
    sync.source.change('ada', { title: 'Chief' })
    const change = await previewOne(sync)
    expect(change.operation).to.equal('create')
    expect(change.resource_id).to.not.equal(id)
  })

  describe('of whom the source no longer has', () => {
    const cases: readonly (readonly [Partial<SyncSettings>, string])[] = [
      [{ orphanedUsers: 'ignore' }, 'keep missing'],
      [{ orphanedUsers: 'deactivate' }, 'deactivate missing'],
      [{ orphanedUsers: 'delete' }, 'delete missing'],
      [{ orphanedUsers: 'delete', deletionTiming: 'never' }, 'deactivate missing'],
      [{ orphanedUsers: 'anonymize' }, 'anonymize missing'],
    ]
    for (const [settings, told] of cases) {
      it(`says ${told} with ${JSON.stringify(settings)}`, async () => {
        const sync = await create(settings, person('ada'), person('bob'))
        sync.source.remove('bob')
        expect(await preview(sync)).to.deep.equal({ bob: told })
      })
    }

    it('ends only its own word where others know the person', async () => {
      const sync = await create({ orphanedUsers: 'anonymize' }, person('ada'), person('bob'))
      await patch(sync, await idOf(sync, 'bob'), 'nickName', 'Bobby')
      sync.source.remove('bob')
      expect(await preview(sync)).to.deep.equal({ bob: 'delete missing' })
    })

    it('deletes whom the source calls deleted, whatever becomes of orphans, unless nobody is ever deleted', async () => {
      const sync = await create({}, person('ada'), person('bob'))
      sync.source.remove('bob')
      sync.source.deletedIds = ['bob', 'nobody']
      expect(await preview(sync)).to.deep.equal({ bob: 'delete' })
      await sync.set({ deletionTiming: 'never' })
      expect(await preview(sync)).to.deep.equal({ bob: 'deactivate' })
    })

    it('does what another rule says of those who are missing already', async () => {
      const sync = await create({}, person('ada'), person('bob'))
      sync.source.remove('bob')
      await sync.run()
      await sync.set({ orphanedUsers: 'deactivate' })
      expect(await preview(sync)).to.deep.equal({ bob: 'deactivate missing' })
    })
  })

  describe('of whom is in none of the groups of the filter', () => {
    const groups = [
      { id: 'staff', displayName: 'Staff' },
      { id: 'sales', displayName: 'Sales', groups: ['staff'] },
    ]

    it('treats who was in one as orphans are, and takes them up again when they are back', async () => {
      const sync = await create({ groupFilter: ['staff'], orphanedUsers: 'deactivate' })
      sync.source.groups = groups
      sync.source.people = [person('ada', { groups: ['staff'] }), person('bob', { groups: ['sales'] })]
      await sync.run()
      sync.source.change('bob', { groups: [] })
      expect(await preview(sync)).to.include({ bob: 'deactivate filtered' })
      await sync.run()
      expect(await preview(sync)).to.deep.equal({})
      sync.source.change('bob', { groups: ['sales'] })
      expect(await preview(sync)).to.include({ bob: 'activate' })
    })

    it('takes up who comes into one, and says once who is in none', async () => {
      const sync = await create({ groupFilter: ['Staff'] })
      sync.source.groups = groups
      sync.source.people = [person('ada', { groups: ['staff'] }), person('bob', { groups: [] })]
      expect(await preview(sync)).to.include({ ada: 'create', bob: 'skip filtered' })
      await sync.run()
      expect(await preview(sync)).to.deep.equal({})
      sync.source.change('bob', { groups: ['sales'] })
      expect(await preview(sync)).to.deep.equal({ bob: 'create', sales: 'update' })
    })
  })

  describe('of who is back', () => {
    it('leaves them inactive where people are not restored, says so in each run, and activates them once they are', async () => {
      const sync = await create({}, person('ada'), person('bob'))
      await sync.setRestoreUsers(false)
      sync.source.change('bob', { status: 'terminated' })
      await sync.run()
      sync.source.change('bob', { status: 'active', title: 'Chief' })
      expect(await preview(sync)).to.deep.equal({ bob: 'update ended' })
      await sync.run()
      expect((await sync.readPerson('bob'))?.['active']).to.equal(false)
      sync.source.change('bob', { title: 'Clerk' })
      await sync.run()
      expect((await sync.readPerson('bob'))?.['active']).to.equal(false)
      await sync.setRestoreUsers(true)
      expect(await preview(sync)).to.deep.equal({ bob: 'activate' })
    })

    it('leaves it to others whom to activate where the directory does not', async () => {
      const sync = await create({ activateUsers: false }, person('ada'))
      const id = await idOf(sync, 'ada')
      expect((await sync.readPerson('ada'))?.['active']).to.equal(false)
      await patch(sync, id, 'active', true)
      sync.source.change('ada', { title: 'Chief' })
      await sync.run()
      expect((await sync.readPerson('ada'))?.['active']).to.equal(true)
      sync.source.change('ada', { status: 'terminated' })
      expect(await preview(sync)).to.deep.equal({ ada: 'deactivate ended' })
    })
  })

  it('of a day that has come is of nobody else', async () => {
    const sync = await create({}, person('ada', { endDate: day(1) }), person('bob', { manager: 'nobody' }))
    clock.advance(2 * dayMs)
    await sync.settle()
    const [last] = (await sync.listRuns()).slice(-1)
    expect(last?.purpose).to.equal('lifecycle')
    expect(await sync.tellChanges(last?.id ?? '')).to.deep.equal({ ada: 'deactivate ended' })
  })

  describe('of groups', () => {
    const groups = ['a', 'b'].map((id) => ({ id, displayName: `Group ${id}` }))

    async function grouped(): Promise<TestSync> {
      const sync = await create()
      sync.source.groups = groups
      sync.source.people = [person('ada', { groups: ['a', 'b'] }), person('bob', { groups: ['b'] })]
      const planned = await sync.run({ purpose: 'preview' })
      expect(tellStats(planned)).to.include({ groupsCreated: 2, membershipsAdded: 3 })
      await sync.run()
      return sync
    }

    it('counts who comes and who goes, and leaves alone what is the same', async () => {
      const sync = await grouped()
      expect(await preview(sync)).to.deep.equal({})
      sync.source.people = [person('ada', { groups: ['a'] }), person('bob', { groups: ['a'] })]
      const run = await sync.run({ purpose: 'preview' })
      const changes = await sync.listChanges(run.id)
      expect(changes.map(({ source_id, plan }) => [source_id, plan['members']])).to.deep.equal([
        ['a', { add: 1, remove: 0 }],
        ['b', { add: 0, remove: 2 }],
      ])
    })

    it('removes those that were synced where they are not any more, unless they are to be kept', async () => {
      const sync = await grouped()
      await sync.set({ syncGroups: false })
      expect(await preview(sync)).to.deep.equal({ a: 'delete missing', b: 'delete missing' })
      await sync.set({ preserveGroups: true })
      expect(await preview(sync)).to.deep.equal({})
      await sync.set({ preserveGroups: false })
      await sync.run()
      await sync.set({ syncGroups: true })
      expect(await preview(sync)).to.deep.equal({ a: 'create', b: 'create' })
    })

    it('makes again those that were deleted here', async () => {
      const sync = await grouped()
      const id = (await sync.readRecord('a', 'group'))?.resource_id
      await query(testDatabase(), 'delete from groups where org_id = $1 and id = $2', [sync.organizationId, id])
      expect(await preview(sync)).to.deep.equal({ a: 'create' })
    })

    it('touches none where they are not asked for', async () => {
      const sync = await grouped()
      sync.source.groups = []
      expect(await preview(sync, { includeGroups: false })).to.deep.equal({})
    })

    it('takes those who left out', async () => {
      const sync = await grouped()
      sync.source.change('bob', { status: 'terminated' })
      const run = await sync.run()
      expect(tellStats(run)).to.include({ usersDisabled: 1 })
      const text = 'select 1 from memberships where org_id = $1 and user_id = $2'
      expect(await query(testDatabase(), text, [sync.organizationId, await idOf(sync, 'bob')])).to.deep.equal([])
      expect(await preview(sync)).to.deep.equal({})
    })
  })

  it('says why in a sentence wherever something was left alone', async () => {
    const sync = await create({}, person('ada'), person('old', { status: 'active', email: 'x@example.com' }))
    sync.source.people = [
      person('ada', { manager: 'ada' }),
      person('no', { email: null }),
      person('odd', { status: 'Gardening' }),
      person('dup', { email: 'ADA@example.com' }),
      person('lost', { manager: 'nobody' }),
    ]
    const run = await sync.run({ purpose: 'preview' })
    const changes = await sync.listChanges(run.id)
    expect(changes).to.have.length(6)
    for (const { detail, code } of changes as readonly (ChangeRow & JsonObject)[]) {
      expect(code).to.be.a('string')
      expect(detail).to.match(/^[A-Z].*\.$/)
    }
  })
})
