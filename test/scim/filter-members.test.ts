import { expect } from 'chai'
import { createTenant } from '../support/app.ts'
import { type Body, groupSchema, type ScimClient } from '../support/scim-client.ts'

describe('filters on groups', () => {
  let scim: ScimClient
  let ids: Record<string, string>
  let people: Record<string, string>

  before(async () => {
    scim = (await createTenant()).scim
    people = {}
    for (const name of ['anna', 'ben', 'cleo']) people[name] = String((await scim.createUser(name))['id'])
    const { anna = '', ben = '', cleo = '' } = people
    const core = await scim.createGroup('Core', [anna, ben], { externalId: 'g1' })
    const all = await scim.createGroup(' All ', [core['id'], cleo])
    ids = { core: core['id'], all: all['id'] }
  })
  const idOf = (name: string): string => String(people[name])

  async function findGroups(filter: string): Promise<string> {
    const { status, body, text } = await scim.filter('/Groups', filter)
    expect(status, text).to.equal(200)
    return ['core', 'all']
      .filter((name) => body['Resources'].some((group: Body) => group['id'] === ids[name]))
      .join(' ')
  }
  const groups = (id: string, expected: string, filters: readonly (string | (() => string))[]): void => {
    for (const filter of filters) {
      it(`${id} finds ${expected || 'none'} by ${typeof filter === 'string' ? filter : filter.toString().slice(6)}`, async () => {
        expect(await findGroups(typeof filter === 'string' ? filter : filter())).to.equal(expected)
      })
    }
  }

  groups('7644-3.4.2.2-op-01', 'core', [
    'displayName eq "CORE"',
    'externalId eq "g1"',
    'displayName sw "c"',
    'displayName ne "all"',
  ])
  groups('7644-3.4.2.2-op-01', 'all', [
    'displayName eq " all "',
    'displayName eq "All"',
    'displayName sw " "',
    'not (externalId pr)',
    'externalId eq null',
  ])
  groups('7644-3.4.2.2-complex-15 A-06', 'core', [
    () => `members eq "${idOf('anna')}"`,
    () => `id eq "${ids['core']}" and members eq "${idOf('ben')}"`,
    () => `members.value eq "${idOf('anna')}" and members.value eq "${idOf('ben')}"`,
    () => `members[value eq "${idOf('anna')}" and type eq "user"]`,
    'members.display eq "ben"',
  ])
  groups('7644-3.4.2.2-complex-11', 'core', [
    () => `members.$ref eq "${scim.baseUrl}/Users/${idOf('ben')}"`,
    () => `members[$ref eq "../Users/${idOf('ben')}"]`,
  ])
  groups('7644-3.4.2.2-complex-11', 'all', [
    () => `members eq "${ids['core']}"`,
    'members[type eq "Group"]',
    () => `members.$ref ew "/Groups/${ids['core']}"`,
  ])
  groups('7644-3.4.2.2-op-06', 'core all', [
    'members pr',
    'members ne null',
    'members.display pr',
    'meta.resourceType eq "Group"',
    'source pr',
    'source eq "push"',
  ])
  groups('7644-3.4.2.2-op-06', '', [
    'members eq null',
    'not (members pr)',
    'members[value eq null]',
    'displayName eq null',
    'displayName eq "nobody"',
  ])
  groups('7644-3.4.2.2-op-02', 'core all', [
    'members.type ne "Group"',
    'displayName ne "x"',
    `${groupSchema}:displayName co ""`,
  ])
})
