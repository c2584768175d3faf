// The same three people, read from each source through the whole of a run, come out as the same users.
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { renderProviders } from '../../docs/update-providers.ts'
import type { JsonObject } from '../../server/db/tables.ts'
import { getValue, parseMapPath } from '../../server/sync/mapping/path.ts'
import { checkConsistency } from '../support/consistency.ts'
import { createProviderSync } from '../support/provider-sync.ts'
import type { Body, ScimClient } from '../support/scim-client.ts'
import type { NamedCompany, NamedPeople } from './company.ts'
import { fakedSources } from './faked-sources.ts'
import {
  absenceAttribute,
  describePerson,
  differences,
  expectPerson,
  groupAttributes,
  type Told,
} from './same-people.ts'

const names = ['manager', 'onLeave', 'leaver'] as const satisfies readonly (keyof NamedPeople)[]

describe('the same three people of one company', () => {
  for (const { provider, start } of fakedSources) {
    it(`come out of ${provider.name} as the same users, apart from what it cannot know`, async () => {
      const fake = await start()
      try {
        const { sync, run } = await createProviderSync(provider, fake)
        const done = await run()
        expect(done, JSON.stringify(done.failure)).to.include({ status: 'completed' })
        expect(new Set(Object.values(await sync.tellChanges(done.id)))).to.deep.equal(new Set(['create']))
        const application = await sync.tenant.addApplication(['read'])
        const { body } = await application.get('/Users')
        expect(body['Resources']).to.have.length(3)
        for (const name of names) {
          const told = await readPerson(application, body['Resources'] as Body[], fake.company, name)
          expect(told, name).to.deep.equal(expectPerson(provider.id, name, fake.company))
        }
        await checkConsistency(sync.tenant)
      } finally {
        await fake.close()
      }
    })
  }

  it('are told differently only where it is said why, and where it is so', async () => {
    const attributes = new Set<string>()
    for (const { provider, start } of fakedSources) {
      const fake = await start()
      const { company } = fake
      for (const name of names) {
        const known = describePerson(company.named[name], company)
        for (const attribute of Object.keys(known)) attributes.add(attribute)
        const told = expectPerson(provider.id, name, company)
        for (const { attribute, sources, tells } of differences) {
          if (!sources.includes(provider.id) || tells === undefined || !Object.hasOwn(tells, name)) continue
          expect(told[attribute], `${provider.id} ${attribute} ${name}`).to.not.equal(known[attribute])
        }
      }
      await fake.close()
    }
    const ids = fakedSources.map(({ provider }) => provider.id)
    const keys = differences.flatMap(({ attribute, sources }) => sources.map((source) => `${source} ${attribute}`))
    expect(keys).to.have.length(new Set(keys).size)
    for (const { attribute, sources, why } of differences) {
      expect([...attributes]).to.include(attribute)
      expect(ids).to.include.members([...sources])
      expect(why).to.match(/^[a-z].*[^.]$/)
    }
  })

  it('stand in the table of docs/providers/README.md as they are (else run npm run docs)', () => {
    const text = readFileSync('docs/providers/README.md', 'utf8')
    expect(text).to.include('<!-- people -->')
    expect(text).to.equal(renderProviders(text))
  })
})

async function readPerson(
  application: ScimClient,
  users: readonly Body[],
  company: NamedCompany,
  name: keyof NamedPeople,
): Promise<Told> {
  const person = company.named[name]
  const { id } = users.find(({ externalId }) => externalId === person.id) ?? {}
  const user = (await application.get(`/Users/${id}`)).body
  const known = describePerson(person, company)
  const managerId: unknown = getValue(user, parseMapPath(managerPath))
  const day = company.now.toISOString().slice(0, 10)
  const direct = listGroups(user, 'direct')
  const isNamed = (group: string): boolean => {
    return [known[groupAttributes.department], `${known[groupAttributes.department]} (department)`].includes(group)
  }
  const special: Told = {
    [managerPath]: users.find((one) => one['id'] === managerId)?.['userName'] as string | undefined,
    [absenceAttribute]: person.status === 'on_leave' ? findAbsence(user, day) : undefined,
    [groupAttributes.department]: direct.find(isNamed),
    [groupAttributes.site]: direct.find((group) => group === known[groupAttributes.site]),
    [groupAttributes.within]: listGroups(user, 'indirect').join(', ') || undefined,
  }
  return Object.fromEntries(
    Object.keys(known).map((path) => [path, path in special ? special[path] : readText(user, path)]),
  )
}

const managerPath = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value'

function readText(user: JsonObject, path: string): string | undefined {
  const value = getValue(user, parseMapPath(path))
  return typeof value === 'boolean' ? String(value) : (value as string | undefined)
}

function listGroups({ groups = [] }: Body, type: 'direct' | 'indirect'): string[] {
  return (groups as Body[]).filter((group) => group['type'] === type).map(({ display }) => String(display))
}

function findAbsence(user: Body, day: string): string | undefined {
  const { absences = [] } = user['urn:ietf:params:scim:schemas:extension:rollcall:2.0:User'] as Body
  const absence = (absences as Body[]).find(({ status, startDate, endDate }) => {
    return status === 'approved' && startDate <= day && day <= endDate
  })
  return absence?.['type'] as string | undefined
}
