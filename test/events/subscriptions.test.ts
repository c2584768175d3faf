// Who hears of events: making, changing and removing subscriptions, and what they may be about.
import { expect } from 'chai'
import { query } from '../../server/db/query.ts'
import { checkInterest } from '../../server/events/interest.ts'
import {
  changeSubscription,
  createSubscription,
  listSubscriptions,
  readSubscription,
  removeSubscription,
} from '../../server/events/subscriptions.ts'
import { clock, createTenant, type Tenant } from '../support/app.ts'
import { startTestEngine } from '../support/events.ts'
import { testDatabase } from '../support/postgres.ts'
import { addSubscriber, closeReceivers } from '../support/subscriber.ts'

const draft = { name: 'Payroll', types: ['user.*'], condition: null, settings: { url: 'https://payroll.example/' } }

describe('subscriptions', () => {
  let tenant: Tenant
  before(async () => {
    tenant = await createTenant()
  })
  afterEach(closeReceivers)

  const add = (changes: Partial<typeof draft> = {}): Promise<string> =>
    createSubscription(testDatabase(), tenant.organizationId, 'webhook', { ...draft, ...changes }, clock.now())

  it('are read as they were made, and listed by name', async () => {
    const second = await add({ name: 'B' })
    const first = await add({ name: 'A' })
    const listed = await listSubscriptions(testDatabase(), tenant.organizationId, 'webhook')
    expect(listed.map(({ id }) => id)).to.deep.equal([first, second])
    const read = await readSubscription(testDatabase(), tenant.organizationId, 'webhook', first)
    expect(read).to.deep.equal(listed[0])
    expect(read).to.deep.include({
      ...draft,
      name: 'A',
      kind: 'webhook',
      enabled: true,
      disabledReason: null,
      failures: 0,
    })
    expect(first).to.match(/^hook_/)
  })

  it('have names of their own within their kind, whatever the case', async () => {
    await add({ name: 'Taken' })
    const id = await add({ name: 'Free' })
    await fails(add({ name: 'taken' }), 'uniqueness')
    const { organizationId } = tenant
    const rename = { name: 'TAKEN' }
    await fails(changeSubscription(testDatabase(), organizationId, 'webhook', id, rename, clock.now()), 'uniqueness')
    expect(
      await createSubscription(testDatabase(), organizationId, 'trigger', { ...draft, name: 'Taken' }, clock.now()),
    ).to.match(/^trg_/)
  })

  it('are changed in what is given only', async () => {
    const id = await add({ name: 'Changed' })
    const { organizationId } = tenant
    const before = await readSubscription(testDatabase(), organizationId, 'webhook', id)
    const changes = { types: ['group.*'], secrets: 'sealed' }
    clock.advance(1)
    await changeSubscription(testDatabase(), organizationId, 'webhook', id, changes, clock.now())
    const { modifiedAt, ...after } = await readSubscription(testDatabase(), organizationId, 'webhook', id)
    const { modifiedAt: madeAt, ...unchanged } = before
    expect(after).to.deep.equal({ ...unchanged, ...changes })
    expect(modifiedAt).to.be.above(madeAt)
  })

  it('are not found under another kind or organization, and not once they are removed', async () => {
    const id = await add({ name: 'Removed' })
    const { organizationId } = tenant
    const other = await createTenant()
    for (const [of, kind] of [
      [organizationId, 'feed'],
      [other.organizationId, 'webhook'],
    ] as const) {
      await fails(readSubscription(testDatabase(), of, kind, id), 'not_found')
      await fails(changeSubscription(testDatabase(), of, kind, id, { enabled: false }, clock.now()), 'not_found')
      await fails(removeSubscription(testDatabase(), of, kind, id), 'not_found')
    }
    await removeSubscription(testDatabase(), organizationId, 'webhook', id)
    await fails(readSubscription(testDatabase(), organizationId, 'webhook', id), 'not_found')
  })

  it('hear of what they were changed to from then on, and of nothing while they are disabled', async () => {
    const { tenant: owner, id, engine, told } = await addSubscriber()
    const change = (changes: { types?: string[]; enabled?: boolean }): Promise<void> =>
      changeSubscription(testDatabase(), owner.organizationId, 'webhook', id, changes, clock.now())
    await owner.scim.createUser('ada')
    await engine.settle()
    await change({ types: ['group.*'] })
    await owner.scim.createUser('ben')
    await owner.scim.createGroup('Readers')
    await engine.settle()
    await change({ enabled: false })
    await owner.scim.createGroup('Writers')
    await engine.settle()
    expect(told().map(({ type }) => type)).to.deep.equal(['user.created', 'group.created'])
    await change({ enabled: true })
    await engine.settle()
    expect(told().map(({ type }) => type)).to.deep.equal(['user.created', 'group.created', 'group.created'])
  })

  it('take their deliveries with them, also while one is told', async () => {
    const { tenant: owner, id, engine, receiver } = await addSubscriber()
    receiver.answer = (_received, response) => {
      void removeSubscription(testDatabase(), owner.organizationId, 'webhook', id).then(() => response.end())
    }
    await owner.scim.createUser('ada')
    await engine.settle()
    const left = await query(testDatabase(), 'select 1 from deliveries where subscription_id = $1', [id])
    expect(left).to.deep.equal([])
  })

  it('are disabled where their condition is not understood any more', async () => {
    const { tenant: owner, id, engine, read } = await addSubscriber()
    const text = `update subscriptions set condition = 'costCentre eq "1"' where org_id = $1 and id = $2`
    await query(testDatabase(), text, [owner.organizationId, id])
    await owner.scim.createUser('ada')
    await engine.settle()
    const { enabled, disabledReason } = await read()
    expect(enabled).to.equal(false)
    expect(disabledReason).to.match(/^Its condition is not understood any more: /)
  })

  describe('are about', () => {
    const check = (types: string[], condition: string | null = null): Promise<void> => {
      const { compile } = startTestEngine(tenant, {}).parts
      return checkInterest(tenant.organizationId, { types, condition }, compile)
    }

    it('types that there are, alone or all of a kind', async () => {
      for (const types of [['*'], ['user.*'], ['user.created', 'membership.added'], ['sync.queued']]) await check(types)
      for (const types of [[], ['user'], ['user.eaten'], ['User.created.*'], [''], ['constructor'], ['toString']]) {
        await fails(check(types), 'invalid_value')
      }
    })

    it('a condition on one type of resource', async () => {
      await check(['user.*'], 'active eq true and title co "a"')
      await check(['group.updated'], 'displayName sw "a"')
      await fails(check(['user.*', 'group.*'], 'displayName sw "a"'), 'invalid_value')
      await fails(check(['*'], 'displayName sw "a"'), 'invalid_value')
      await fails(check(['user.*'], 'title eq'), 'invalid_filter')
      await fails(check(['user.*'], 'noSuchThing eq "a"'), 'invalid_filter')
    })
  })
})

async function fails(work: Promise<unknown>, code: string): Promise<void> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).to.include({ code })
}
