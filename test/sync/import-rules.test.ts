// The rules by which every import goes, from the source to the directory and the report.
import { expect } from 'chai'
import { ProviderError } from '../../providers/provider.ts'
import type { JsonObject } from '../../server/db/tables.ts'
import { clock } from '../support/app.ts'
import { checkConsistency } from '../support/consistency.ts'
import { readLog } from '../support/event-log.ts'
import { enterpriseSchema } from '../support/scim-client.ts'
import { type RunRow, tellStats, TestSync } from '../support/sync.ts'
import { addressOf, scriptPerson } from '../support/sync-people.ts'

describe('rules of every import', () => {
  let sync: TestSync
  beforeEach(async () => {
    sync = await TestSync.create({ settings: { massChangeGuard: { share: null, number: null } } })
  })
  afterEach(() => checkConsistency(sync.tenant))

  async function run(expected: Record<string, string>, isFull = true): Promise<RunRow> {
    const done = await sync.run({ isFull, type: isFull ? 'full' : 'incremental' })
    expect(done.status, JSON.stringify(done.failure ?? done.hold)).to.equal('completed')
    expect(await sync.tellChanges(done.id)).to.deep.equal(expected)
    return done
  }

  const read = async (sourceId: string): Promise<JsonObject> => {
    const found = await sync.readPerson(sourceId)
    if (found === undefined) throw new Error(`${sourceId} is nobody`)
    return found
  }

  const managerOf = async (sourceId: string): Promise<unknown> => {
    const { manager } = ((await read(sourceId))[enterpriseSchema] ?? {}) as { manager?: JsonObject }
    return manager?.['value']
  }

  /** Events of people, as type and display name. */
  async function listTold(): Promise<string[]> {
    const events = (await readLog(sync.tenant)).filter(({ type }) => type.startsWith('user.'))
    return events.map(({ type, data }) => `${type} ${JSON.stringify(data['resource']?.['nickName'])}`)
  }

  it('runs in the background, and says how far it is', async () => {
    sync.source.people = Array.from({ length: 250 }, (_, index) => scriptPerson(`p${index}`))
    const id = await sync.request()
    expect(await sync.readRun(id)).to.deep.include({ status: 'queued', progress: {}, started_at: null })
    expect(await sync.listPeople()).to.deep.equal({})
    const stages: string[] = []
    sync.source.beforePage = async () => {
      stages.push((await sync.readRun(id)).stage)
    }
    await sync.settle()
    expect(stages).to.deep.equal(['fetch', 'fetch', 'fetch'])
    const { status, stage, progress } = await sync.readRun(id)
    expect({ status, stage }).to.deep.equal({ status: 'completed', stage: 'notify' })
    expect(progress).to.deep.include({ pages: 3, records: 250, planned: 250, applied: 250 })
  })

  it('imports only those who are active at the source with the first sync, and later also those who are to come', async () => {
    const inTenDays = new Date(clock.now().getTime() + 10 * 86_400_000).toISOString().slice(0, 10)
    sync.source.people = [
      scriptPerson('ana'),
      scriptPerson('ben', { status: 'terminated' }),
      scriptPerson('cleo', { status: 'suspended' }),
      scriptPerson('dan', { startDate: inTenDays }),
    ]
    const done = await run({ ana: 'create', ben: 'skip not_active', cleo: 'skip not_active', dan: 'skip not_active' })
    expect(tellStats(done)).to.deep.include({ usersCreated: 1, usersSkipped: 3 })
    expect(await sync.listPeople()).to.deep.equal({ [addressOf('ana')]: true })
    sync.source.people = [...sync.source.people, scriptPerson('eve', { startDate: inTenDays }), scriptPerson('fay')]
    const next = await sync.run()
    expect(await sync.tellChanges(next.id)).to.deep.include({ eve: 'create not_begun', fay: 'create' })
    expect(await sync.listPeople()).to.deep.include({ [addressOf('eve')]: false, [addressOf('fay')]: true })
    clock.advance(11 * 86_400_000)
    await sync.settle()
    expect(await sync.listPeople()).to.deep.include({ [addressOf('eve')]: true, [addressOf('dan')]: true })
  })

  it('creates managers before the people who report to them, and tells it in that order', async () => {
    sync.source.people = [
      scriptPerson('c', { manager: 'b', nickName: 'c' }),
      scriptPerson('b', { manager: 'a', nickName: 'b' }),
      scriptPerson('a', { nickName: 'a' }),
      scriptPerson('d', { manager: 'b', nickName: 'd' }),
    ]
    await run({ a: 'create', b: 'create', c: 'create', d: 'create' })
    expect(await listTold()).to.deep.equal([
      'user.created "a"',
      'user.created "b"',
      'user.created "c"',
      'user.created "d"',
    ])
    expect(await managerOf('c')).to.equal((await read('b'))['id'])
  })

  it('reports circles and managers who are not there, takes the people without, and tries again', async () => {
    sync.source.people = [
      scriptPerson('a', { manager: 'b' }),
      scriptPerson('b', { manager: 'a' }),
      scriptPerson('c', { manager: 'nobody' }),
      scriptPerson('d', { manager: 'd' }),
    ]
    const done = await sync.run()
    expect(done.status).to.equal('completed')
    const told = await sync.tellChanges(done.id)
    expect(told).to.deep.include({ c: 'create manager_unknown', d: 'create manager_cycle' })
    expect([told['a'], told['b']]).to.have.members(['create', 'create manager_cycle'])
    expect([await managerOf('a'), await managerOf('b')].filter((id) => id !== undefined)).to.have.length(1)
    sync.source.people = [...sync.source.people, scriptPerson('nobody')]
    const next = await sync.run()
    expect(await sync.tellChanges(next.id)).to.deep.include({ nobody: 'create', c: 'update' })
    expect(await managerOf('c')).to.equal((await read('nobody'))['id'])
  })

  it('skips who has no e-mail address, and says which and why, each time', async () => {
    sync.source.people = [scriptPerson('ana'), scriptPerson('ben', { email: null, privateEmail: 'ben@home.example' })]
    const done = await run({ ana: 'create', ben: 'skip no_email' })
    expect(tellStats(done)).to.deep.include({ usersCreated: 1, usersSkipped: 1 })
    const [, skipped] = await sync.listChanges(done.id)
    expect(skipped).to.deep.include({ source_id: 'ben', name: 'ben Sample' })
    expect(skipped?.detail).to.match(/e-mail address/)
    await run({ ben: 'skip no_email' })
    sync.source.change('ben', { email: addressOf('ben') })
    await run({ ben: 'create' })
    // Who is known already stays so.
    sync.source.change('ben', { email: null, title: 'Clerk' })
    await sync.run()
    expect(await read('ben')).to.deep.include({ title: 'Clerk', active: true })
  })

  it('finds who is there by the id of the source, the employee number, or the address in any case', async () => {
    const { scim } = sync.tenant
    const byNumber = await scim.createUser('anna.old', { [enterpriseSchema]: { employeeNumber: 'E-1' } })
    const byEmail = await scim.createUser('benny', { emails: [{ value: 'BEN@Larkspur.example' }] })
    const byName = await scim.createUser(addressOf('cleo').toUpperCase())
    sync.source.people = [scriptPerson('ana', { employeeNumber: 'E-1' }), scriptPerson('ben'), scriptPerson('cleo')]
    const done = await sync.run()
    expect(tellStats(done)).to.deep.include({ usersUpdated: 3 })
    expect((await read('ana'))['id']).to.equal(byNumber['id'])
    expect((await read('ben'))['id']).to.equal(byEmail['id'])
    expect((await read('cleo'))['id']).to.equal(byName['id'])
    // By its own id, whatever else has changed.
    sync.source.change('ana', { employeeNumber: 'E-9', email: 'other@larkspur.example' })
    await sync.run()
    expect((await read('ana'))['id']).to.equal(byNumber['id'])
    expect(Object.keys(await sync.listPeople())).to.have.length(3)
  })

  it('leaves alone who could be one of several, and says so', async () => {
    const { scim } = sync.tenant
    for (const userName of ['one', 'two']) {
      await scim.createUser(userName, { [enterpriseSchema]: { employeeNumber: 'E-1' } })
    }
    const before = await sync.listPeople()
    sync.source.people = [scriptPerson('ana', { employeeNumber: 'E-1' }), scriptPerson('ben')]
    const done = await run({ ana: 'error ambiguous', ben: 'create' })
    expect(tellStats(done)).to.deep.include({ usersErrors: 1, usersCreated: 1 })
    expect(done.errors).to.have.length(1)
    expect(done.errors[0]).to.deep.include({ code: 'ambiguous', recordId: 'ana' })
    const { [addressOf('ben')]: _, ...after } = await sync.listPeople()
    expect(after).to.deep.equal(before)
  })

  it('shows at the next run what was created, changed and deleted at the source', async () => {
    sync.source.people = [scriptPerson('ana'), scriptPerson('ben'), scriptPerson('cleo')]
    await run({ ana: 'create', ben: 'create', cleo: 'create' })
    sync.source.change('ana', { title: 'Clerk' })
    sync.source.remove('ben')
    sync.source.people = [...sync.source.people, scriptPerson('dan')]
    await run({ ana: 'update', ben: 'delete', dan: 'create' }, false)
    expect(await read('ana')).to.deep.include({ title: 'Clerk' })
    expect(Object.keys(await sync.listPeople())).to.deep.equal(['ana', 'cleo', 'dan'].map(addressOf))
    await run({}, false)
  })

  it('keeps all that it brought where the connection is broken, and goes on when it is mended', async () => {
    sync.source.people = [scriptPerson('ana'), scriptPerson('ben')]
    await run({ ana: 'create', ben: 'create' })
    sync.source.failAt(1, new ProviderError('settings', 'The token has expired. Make a new one.'))
    const failed = await sync.run()
    expect(failed).to.deep.include({
      status: 'failed',
      failure: { kind: 'settings', message: 'The token has expired. Make a new one.' },
    })
    expect(await sync.listPeople()).to.deep.equal({ [addressOf('ana')]: true, [addressOf('ben')]: true })
    expect(await sync.listRuns()).to.have.length(2)
    sync.source.change('ana', { title: 'Clerk' })
    await run({ ana: 'update' })
  })
})
