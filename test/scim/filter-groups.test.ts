// Filters on the groups of users find by what the users show: groups that hold them directly, and groups that hold those.
import { expect } from 'chai'
import { createTenant, type Tenant } from '../support/app.ts'
import type { Body, ScimClient } from '../support/scim-client.ts'

interface ShownGroup {
  readonly value: string
  readonly display: string
  readonly type: string
}

describe('filters on the groups of users', () => {
  let tenant: Tenant
  let other: ScimClient
  let application: ScimClient
  let ids: Record<string, string>

  // mira is in Search, which is in Engineering, which is in Everybody. jon is in Engineering, and through Search again: Search
  // and Engineering hold each other. ada is in a group of another directory, lea in one that only the application can open to
  // the first directory's; zoe is in none.
  before(async () => {
    tenant = await createTenant()
    const { scim } = tenant
    other = (await tenant.addDirectory('Entra')).scim
    application = await tenant.addApplication(['read', 'write'])
    const [mira, jon, ada, lea, zoe] = await Promise.all(
      ['mira', 'jon', 'ada', 'lea', 'zoe'].map(async (name) => String((await scim.createUser(name))['id'])),
    )
    const create = async (
      client: ScimClient,
      name: string,
      members: readonly (string | undefined)[],
    ): Promise<string> => String((await client.createGroup(name, members as string[]))['id'])
    const search = await create(scim, 'Search', [mira])
    const engineering = await create(scim, 'Engineering', [search, jon])
    const everybody = await create(scim, 'Everybody', [engineering])
    const foreign = await create(other, 'Foreign', [ada])
    const bridge = await create(application, 'Bridge', [lea])
    const over = await create(scim, 'Over', [])
    const add = (group: string, value: string): Promise<unknown> =>
      application.patch(`/Groups/${group}`, [{ op: 'add', path: 'members', value: [{ value }] }])
    await add(search, engineering)
    await add(over, bridge)
    ids = { mira, jon, ada, lea, zoe, search, engineering, everybody, foreign, bridge, over } as Record<string, string>
  })

  /** Checks that a filter finds just the users whose groups, as the client sees them, meet the condition. */
  async function expectShown(
    client: ScimClient,
    filter: string,
    meets: (groups: ShownGroup[]) => boolean,
  ): Promise<void> {
    const names = (body: Body, isMeant: (user: Body) => boolean): string[] =>
      body['Resources'].filter(isMeant).map((user: Body) => user['userName'])
    const all = await client.get('/Users')
    const { status, body, text } = await client.filter('/Users', filter)
    expect(status, text).to.equal(200)
    const expected = names(all.body, (user) => meets(user['groups'] ?? []))
    expect(
      names(body, () => true),
      filter,
    ).to.have.members(expected)
    expect(body['totalResults']).to.equal(expected.length)
  }

  const any =
    (meets: (group: ShownGroup) => boolean) =>
    (groups: ShownGroup[]): boolean =>
      groups.some(meets)

  const cases: readonly (readonly [filter: () => string, meets: (groups: ShownGroup[]) => boolean])[] = [
    [() => `groups.value eq "${ids['everybody']}"`, any(({ value }) => value === ids['everybody'])],
    [() => `groups eq "${ids['engineering']?.toUpperCase()}"`, any(({ value }) => value === ids['engineering'])],
    [
      () => `groups.$ref eq "${tenant.scim.baseUrl}/Groups/${ids['search']}"`,
      any(({ value }) => value === ids['search']),
    ],
    [() => `groups eq "${ids['foreign']}"`, any(({ value }) => value === ids['foreign'])],
    [() => `groups eq "${ids['over']}"`, any(({ value }) => value === ids['over'])],
    [() => `groups eq "${ids['bridge']}"`, any(({ value }) => value === ids['bridge'])],
    [() => `not (groups eq "${ids['search']}")`, (groups) => !groups.some(({ value }) => value === ids['search'])],
    [() => `groups ne "${ids['search']}"`, any(({ value }) => value !== ids['search'])],
    [
      () => `groups eq "${ids['foreign']}" or groups eq "${ids['everybody']}" or userName eq "nobody"`,
      any(({ value }) => value === ids['foreign'] || value === ids['everybody']),
    ],
    [
      () => `groups eq "${ids['everybody']}" or groups[type eq "direct"]`,
      any(({ value, type }) => value === ids['everybody'] || type === 'direct'),
    ],
    [
      () => `groups eq "${ids['everybody']}" and groups eq "${ids['over']}"`,
      (groups) => [ids['everybody'], ids['over']].every((id) => groups.some(({ value }) => value === id)),
    ],
    [() => 'groups[type eq "indirect"]', any(({ type }) => type === 'indirect')],
    [() => 'groups.type eq "Direct"', any(({ type }) => type === 'direct')],
    [() => 'groups[not (type eq "direct")]', any(({ type }) => type !== 'direct')],
    [() => 'not (groups.type eq "direct")', (groups) => !groups.some(({ type }) => type === 'direct')],
    [
      () => `groups[value eq "${ids['search']}" and type eq "indirect"]`,
      any(({ value, type }) => value === ids['search'] && type === 'indirect'),
    ],
    [
      () => 'groups[type eq "indirect"].display eq "engineering"',
      any(({ display, type }) => type === 'indirect' && display === 'Engineering'),
    ],
    [() => 'groups.display sw "every"', any(({ display }) => display.startsWith('Every'))],
    [() => 'not (groups.display co "e")', (groups) => !groups.some(({ display }) => /e/i.test(display))],
    [() => 'groups[display eq "Everybody" and not (value sw "emp")]', any(({ display }) => display === 'Everybody')],
    [() => 'groups pr', (groups) => groups.length > 0],
    [() => 'not (groups pr)', (groups) => groups.length === 0],
    [() => 'groups eq null', (groups) => groups.length === 0],
    [() => 'groups[type eq null]', () => false],
    [() => 'groups[value eq "nobody"]', () => false],
  ]
  for (const [filter, meets] of cases) {
    it(`7644-3.4.2.2-02 finds what the resource shows by ${filter.toString().slice(6)}`, async () => {
      for (const client of [tenant.scim, other, application]) await expectShown(client, filter(), meets)
    })
  }

  it('7644-3.4.2.2-02 finds the members of a group whatever leads them there', async () => {
    const find = async (client: ScimClient, group: string): Promise<string[]> => {
      const { body } = await client.filter('/Users', `groups.value eq "${ids[group]}"`)
      return body['Resources'].map((user: Body) => user['userName'])
    }
    expect(await find(tenant.scim, 'everybody')).to.have.members(['mira', 'jon'])
    expect(await find(tenant.scim, 'search')).to.have.members(['mira', 'jon'])
    expect(await find(tenant.scim, 'over')).to.deep.equal(['lea'])
    expect(await find(tenant.scim, 'bridge')).to.deep.equal([])
    expect(await find(application, 'bridge')).to.deep.equal(['lea'])
    expect(await find(tenant.scim, 'foreign')).to.deep.equal([])
    expect(await find(other, 'foreign')).to.deep.equal(['ada'])
  })
})
