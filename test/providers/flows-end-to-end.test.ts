// What happens at sources between one run and the next, and in the middle of one, through the whole engine.
import { expect } from 'chai'
import { entra } from '../../providers/entra/index.ts'
import { ldap } from '../../providers/ldap/index.ts'
import { okta } from '../../providers/okta/index.ts'
import { personio } from '../../providers/personio/index.ts'
import type { Provider } from '../../providers/provider.ts'
import { successfactors } from '../../providers/successfactors/index.ts'
import { checkConsistency } from '../support/consistency.ts'
import { createProviderSync, type ProviderSync } from '../support/provider-sync.ts'
import type { Body } from '../support/scim-client.ts'
import { tellStats } from '../support/sync.ts'
import { addPeople, departments, sites } from './company.ts'
import { startEntraFake } from './entra-fake.ts'
import { fakedSources, type StartedFake } from './faked-sources.ts'
import { startLdapFake } from './ldap-fake.ts'
import { startOktaFake } from './okta-fake.ts'
import { startPersonioFake } from './personio-fake.ts'
import { startSuccessFactorsFake } from './successfactors-fake.ts'
import { createRsaKey } from './successfactors-keys.ts'

const settings = { massChangeGuard: { share: null, number: null }, pageSize: 5 }

/** Those who tell the first day of somebody who is to come. Others have an account, or have not. */
const tellsFirstDays = ['hibob', 'bamboohr', 'workday', 'sap_successfactors', 'personio']

/** Those who name a manager whom they do not show. */
const namesUnseen = ['hibob', 'bamboohr', 'personio', 'okta', 'azure_ad']

for (const { provider, start } of fakedSources) {
  describe(`the people of ${provider.name}, run by run`, () => {
    let fake: StartedFake
    let flow: ProviderSync

    beforeEach(async () => {
      fake = await start()
      flow = await createProviderSync(provider, fake, { settings })
    })
    afterEach(async () => {
      await checkConsistency(flow.sync.tenant)
      await fake.close()
    })

    const next = provider.capabilities.includes('incremental') ? 'incremental' : 'full'

    if (tellsFirstDays.includes(provider.id)) {
      it('are inactive before their first day, and active on it without another word of the source', async () => {
        await flow.run()
        const { id } = fake.company.hire({
          firstName: 'Noor',
          lastName: 'Vos',
          status: 'hired',
          startDate: '2026-12-01',
        })
        flow.passDays(1)
        await flow.run(next)
        const asked = fake.requests.length
        expect(await flow.sync.readPerson(id)).to.deep.include({ active: false, displayName: 'Noor Vos' })
        flow.passDays(9)
        await flow.sync.settle()
        expect((await flow.sync.readPerson(id))?.['active']).to.equal(false)
        flow.passDays(2)
        await flow.sync.settle()
        expect((await flow.sync.readPerson(id))?.['active']).to.equal(true)
        expect(fake.requests.length).to.equal(asked)
      })
    }

    it('have no manager where the source does not show them, and have them once it does', async () => {
      const { manager, onLeave, leaver } = fake.company.named
      fake.company.people.delete(manager.id)
      const first = await flow.sync.tellChanges((await flow.run()).id)
      const operation = namesUnseen.includes(provider.id) ? 'create manager_unknown' : 'create'
      for (const { id } of [onLeave, leaver]) {
        expect(first[id]).to.equal(operation)
        expect(await readManager(id)).to.equal(undefined)
      }
      fake.company.people.set(manager.id, manager)
      fake.company.change(manager.id, {})
      flow.passDays(1)
      // Who names them is known without being read again.
      await flow.run(namesUnseen.includes(provider.id) ? next : 'full')
      for (const { id } of [onLeave, leaver]) expect(await readManager(id)).to.equal('Mo Lindqvist')
    })

    async function readManager(id: string): Promise<unknown> {
      const person = await flow.sync.readPerson(id)
      const said = person?.['urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'] as
        { manager?: { displayName?: string } } | undefined
      return said?.manager?.displayName
    }
  })
}

interface Forgetful {
  readonly fake: StartedFake
  /** Whether that is also where changes begin; otherwise these begin at a time. */
  readonly forgetsChanges: boolean
  /** Makes all places unknown that it has named. */
  forget(): void
}

const forgetfulSources: readonly { readonly provider: Provider; start(): Promise<Forgetful> }[] = [
  {
    provider: entra,
    start: async () => {
      const fake = await startEntraFake()
      return { fake, forgetsChanges: true, forget: () => fake.expireLinks() }
    },
  },
  {
    provider: successfactors,
    start: async () => {
      const fake = await startSuccessFactorsFake(createRsaKey())
      return { fake, forgetsChanges: false, forget: () => fake.forgetSnapshots() }
    },
  },
  {
    provider: personio,
    start: async () => {
      const fake = await startPersonioFake()
      const forget = (): void => {
        fake.account.forgetsCursors = true
        fake.onAnswer = (_request, { status }) => {
          if (status === 400) fake.account.forgetsCursors = false
        }
      }
      return { fake, forgetsChanges: false, forget }
    },
  },
  {
    provider: ldap,
    start: async () => {
      const fake = await startLdapFake()
      const forget = (): void => {
        fake.account.invocationId = 'b3b2c1d0-0102-4304-8506-070809000102'
      }
      return { fake, forgetsChanges: true, forget }
    },
  },
]

for (const { provider, start } of forgetfulSources) {
  describe(`a pull of ${provider.name}, which forgets its place`, () => {
    let source: Forgetful
    let flow: ProviderSync

    beforeEach(async () => {
      source = await start()
      addPeople(source.fake.company, 40)
      flow = await createProviderSync(provider, source.fake, { settings })
      flow.passDays(1)
    })
    afterEach(async () => {
      await checkConsistency(flow.sync.tenant)
      await source.fake.close()
    })

    it('begins anew after an interruption, and has everybody once', async () => {
      const { fake, forget } = source
      await flow.run()
      const usual = flow.listRequests().length
      fake.company.change(fake.company.named.manager.id, { title: 'Director' })
      flow.passDays(1)
      let asked = 0
      fake.fail({ status: 200, body: 'This is no answer.' }, { when: () => ++asked === Math.ceil(usual * 0.7) })
      const interrupted = await flow.run()
      expect(interrupted.status).to.equal('queued')
      forget()
      flow.passDays(1)
      await flow.sync.settle()
      const done = await flow.sync.readRun(interrupted.id)
      expect(done, JSON.stringify(done.failure)).to.include({ status: 'completed', is_full: true })
      expect(await flow.sync.tellChanges(done.id)).to.deep.equal({ [fake.company.named.manager.id]: 'update' })
      expect(fake.requests.length).to.be.above(2.5 * usual)
    })

    it('reads everything where it does not know any more since when, and ends at the same', async () => {
      const { fake, forget } = source
      await flow.run()
      fake.company.change(fake.company.named.manager.id, { title: 'Director' })
      flow.passDays(1)
      forget()
      const done = await flow.run('incremental')
      expect(done, JSON.stringify(done.failure)).to.include({ status: 'completed' })
      expect(tellStats(done)).to.include({ usersUpdated: 1 })
      expect(await flow.sync.tellChanges(done.id)).to.deep.equal({ [fake.company.named.manager.id]: 'update' })
      expect(done.is_full).to.equal(source.forgetsChanges)
    })
  })
}

/** Sources that tell a group in parts beyond so many members. */
const partedGroups: readonly { readonly provider: Provider; readonly count: number; start(): Promise<StartedFake> }[] =
  [
    {
      provider: entra,
      count: 40,
      start: async () => {
        const fake = await startEntraFake()
        fake.account.membersOfItem = 3
        return fake
      },
    },
    { provider: okta, count: 250, start: () => startOktaFake() },
    { provider: ldap, count: 1510, start: () => startLdapFake() },
  ]

for (const { provider, count, start } of partedGroups) {
  it(`a group of ${count} people of ${provider.name}, told in parts, has all of them, and loses who leaves it`, async () => {
    const fake = await start()
    try {
      const { company } = fake
      addPeople(company, count)
      const ids = [...company.people.keys()]
      for (const id of ids)
        company.change(id, { siteId: sites.berlin.id, status: 'employed', startDate: '2024-03-01', endDate: null })
      const flow = await createProviderSync(provider, fake, { settings: { ...settings, pageSize: 100 } })
      const application = await flow.sync.tenant.addApplication(['read'])
      const countMembers = async (): Promise<number> => {
        const filter = encodeURIComponent('displayName eq "Berlin"')
        const { body } = await application.get(`/Groups?filter=${filter}`)
        return (body['Resources'] as Body[]).flatMap(({ members }) => members as Body[]).length
      }
      flow.passDays(1)
      expect((await flow.run()).status).to.equal('completed')
      expect(await countMembers()).to.equal(ids.length)
      flow.passDays(1)
      company.change(ids[5] ?? '', { siteId: sites.lisbon.id })
      company.hire({ firstName: 'Noor', lastName: 'Vos', departmentId: departments.sales.id, siteId: sites.berlin.id })
      company.change(ids.at(-1) ?? '', { siteId: sites.lisbon.id })
      const done = await flow.run('incremental')
      expect(done).to.include({ status: 'completed', is_full: false })
      expect(await countMembers()).to.equal(ids.length - 1)
      await checkConsistency(flow.sync.tenant)
    } finally {
      await fake.close()
    }
  }).timeout(60_000)
}
