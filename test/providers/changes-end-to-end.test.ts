// Runs that read only what has changed, from each source that can say it, through the whole engine.
import { expect } from 'chai'
import { query } from '../../server/db/query.ts'
import { checkConsistency } from '../support/consistency.ts'
import { testDatabase } from '../support/postgres.ts'
import { createProviderSync, type ProviderSync } from '../support/provider-sync.ts'
import { type RunRow, tellStats } from '../support/sync.ts'
import { readSyncState } from '../support/sync-state.ts'
import { addPeople, departments, type NamedPeople, type Person } from './company.ts'
import { fakedSources, type StartedFake } from './faked-sources.ts'

const settings = {
  massChangeGuard: { share: null, number: null },
  pageSize: 10,
  orphanedUsers: 'delete',
} as const

/** How often a source is asked at most: where four people have changed, and where nobody has. */
const requests: Readonly<Record<string, { readonly some: number; readonly none: number }>> = {
  bamboohr: { some: 7, none: 4 },
  workday: { some: 10, none: 6 },
  sap_successfactors: { some: 7, none: 7 },
  personio: { some: 13, none: 8 },
  okta: { some: 8, none: 8 },
  azure_ad: { some: 8, none: 3 },
  // Each member of a group that has changed is looked up, unless there are more than fifty.
  ldap: { some: 50, none: 6 },
}

/** Those who say who was erased; of others it is seen by the next run of everything. */
const tellsErased = ['bamboohr', 'okta', 'azure_ad', 'ldap']

for (const { provider, start } of fakedSources) {
  if (!provider.capabilities.includes('incremental')) continue
  const { some = 0, none = 0 } = requests[provider.id] ?? {}

  describe(`runs of changes from ${provider.name}`, () => {
    let fake: StartedFake
    let named: NamedPeople
    let changes: ProviderSync
    let everything: ProviderSync

    beforeEach(async () => {
      fake = await start()
      named = fake.company.named
      addPeople(fake.company, 40)
      changes = await createProviderSync(provider, fake, { settings })
      everything = await createProviderSync(provider, fake, { settings })
      // Until nobody is away any more but who is on leave.
      changes.passDays(7)
      for (const one of [changes, everything]) await complete(one, 'full')
      changes.passDays(1)
    })

    afterEach(async () => {
      for (const { sync } of [changes, everything]) await checkConsistency(sync.tenant)
      await fake.close()
    })

    async function complete(one: ProviderSync, type: 'full' | 'incremental'): Promise<RunRow> {
      const run = await one.run(type)
      expect(run.status, JSON.stringify(run.failure ?? run.hold)).to.equal('completed')
      expect(Object.values(await one.sync.tellChanges(run.id)).join()).to.not.match(/error|invalid/)
      expect(run.is_full).to.equal(type === 'full')
      return run
    }

    it('end where a run of everything ends, and read only who has changed', async () => {
      const { company } = fake
      const { onLeave, leaver } = named
      const other = findPerson('Bea')
      const joined = company.hire({ firstName: 'Noor', lastName: 'Vos', managerId: leaver.id })
      company.change(onLeave.id, { status: 'employed', leave: null, title: 'Principal Engineer' })
      company.change(leaver.id, { departmentId: departments.platform.id, managerId: other.id })
      company.change(other.id, { status: 'terminated', endDate: '2026-11-20' })
      const run = await complete(changes, 'incremental')
      expect(await listRead(run)).to.deep.equal([onLeave.id, leaver.id, other.id, joined.id].toSorted())
      expect(tellStats(run)).to.include({ usersCreated: 1, usersUpdated: 2, usersDisabled: 1 })
      expect(changes.listRequests().length).to.be.at.most(some)

      await complete(everything, 'full')
      await expectSameState()
      expect(tellStats(await complete(changes, 'full'))).to.have.all.keys('totalProcessed')
    })

    it('read nobody where nobody has changed', async () => {
      const run = await complete(changes, 'incremental')
      expect(await listRead(run)).to.deep.equal([])
      expect(await changes.sync.tellChanges(run.id)).to.deep.equal({})
      expect(changes.listRequests().length).to.be.at.most(none)
    })

    it('tell who was erased, or leave that to the next run of everything', async () => {
      const erased = findPerson('Chidi')
      fake.company.erase(erased.id)
      const run = await complete(changes, 'incremental')
      const isTold = tellsErased.includes(provider.id)
      expect(tellStats(run).usersDeleted).to.equal(isTold ? 1 : undefined)
      expect((await changes.sync.readPerson(erased.id)) === undefined).to.equal(isTold)
      await complete(everything, 'full')
      if (!isTold) await complete(changes, 'full')
      await expectSameState()
    })

    it('go on from where the one before ended, run after run', async () => {
      const { company } = fake
      for (const title of ['First', 'Second', 'Third']) {
        company.change(named.manager.id, { title })
        changes.passDays(1)
        const run = await complete(changes, 'incremental')
        expect(await listRead(run)).to.include(named.manager.id)
        expect((await changes.sync.readPerson(named.manager.id))?.['title']).to.equal(title)
        changes.passDays(1)
      }
    })

    async function listRead({ id }: RunRow): Promise<string[]> {
      const text = `select distinct i.id from run_pages p cross join lateral unnest(p.user_ids) i(id)
        where p.org_id = $1 and p.run_id = $2 order by 1`
      const rows = await query<{ id: string }>(testDatabase(), text, [changes.sync.organizationId, id])
      return rows.map((row) => row.id).toSorted()
    }

    async function expectSameState(): Promise<void> {
      const one = await readSyncState(changes.sync.organizationId)
      const other = await readSyncState(everything.sync.organizationId)
      for (const part of ['users', 'links', 'groups', 'memberships']) expect(one[part], part).to.deep.equal(other[part])
    }

    function findPerson(firstName: string): Person {
      const person = [...fake.company.people.values()].find((one) => one.firstName === firstName)
      if (person === undefined) throw new Error(`nobody is called ${firstName}`)
      return person
    }
  })
}
