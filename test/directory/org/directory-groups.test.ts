import { expect } from 'chai'
import { query } from '../../../server/db/query.ts'
import type { Actor } from '../../../server/directory/actor.ts'
import {
  type GroupFilter,
  type GroupMembers,
  listDirectoryGroups,
  listGroupMembers,
} from '../../../server/directory/org/directory-groups.ts'
import { testDatabase } from '../../support/postgres.ts'
import { type Company, createCompany, idOf, nameOf } from './company.ts'

const groupExtension = 'urn:ietf:params:scim:schemas:extension:rollcall:2.0:Group'
const first = { limit: 1000, after: undefined }

describe('the groups of a directory', () => {
  let company: Company
  let ids: Record<string, string>

  before(async () => {
    company = await createCompany({ ada: {}, bo: {} })
    const { scim, addDirectory } = company.tenant
    const vpn = await scim.createGroup('VPN-Users', [idOf('ada'), idOf('bo')], {
      externalId: 'ext-vpn',
      [groupExtension]: { description: 'Access from outside', securityGroup: true },
    })
    const news = await scim.createGroup('Newsletter', [vpn['id']], {
      [groupExtension]: { description: 'ÉCLAIR lovers', securityGroup: false },
    })
    const plain = await scim.createGroup('100%_plain')
    const entra = await addDirectory('Entra')
    await query(testDatabase(), `update directories set provider = 'azure_ad' where id = $1`, [entra.directoryId])
    const cloud = await entra.scim.createGroup('Cloud vpn')
    ids = { vpn: vpn['id'], news: news['id'], plain: plain['id'], cloud: cloud['id'] }
  })

  it('say what they are, and how many members they have', async () => {
    const { items } = await listDirectoryGroups(testDatabase(), company.actor, {}, first)
    const [vpn, news] = items
    expect(vpn?.createdAt).to.be.instanceOf(Date)
    expect(vpn).to.deep.equal({
      id: ids['vpn'],
      name: 'VPN-Users',
      description: 'Access from outside',
      source: 'push',
      externalId: 'ext-vpn',
      isSecurityGroup: true,
      memberCount: 2,
      syncedAt: vpn?.createdAt,
      createdAt: vpn?.createdAt,
    })
    expect(news).to.include({ isSecurityGroup: false, memberCount: 1, externalId: null })
    expect(items[2]).to.include({ isSecurityGroup: null, memberCount: 0, description: null })
  })

  const lists: readonly (readonly [GroupFilter, string[]])[] = [
    [{}, ['vpn', 'news', 'plain', 'cloud']],
    [{ search: 'vPn' }, ['vpn', 'cloud']],
    [{ search: 'e\u0301clair' }, ['news']],
    [{ search: 'outside' }, ['vpn']],
    [{ search: '%' }, ['plain']],
    [{ search: 'nothing' }, []],
    [{ isSecurityGroup: true }, ['vpn']],
    [{ isSecurityGroup: false }, ['news', 'plain', 'cloud']],
    [{ source: 'azure_ad' }, ['cloud']],
    [{ source: 'push', search: 'vpn' }, ['vpn']],
    [{ source: 'ldap' }, []],
  ]
  for (const [filter, expected] of lists) {
    it(`are listed by ${JSON.stringify(filter)}, page after page`, async () => {
      for (const limit of [1, 3, 100]) {
        const found: string[] = []
        for (let after: string | undefined, isFirst = true; isFirst || after !== undefined; isFirst = false) {
          const { items, next } = await listDirectoryGroups(testDatabase(), company.actor, filter, { limit, after })
          found.push(...items.map(({ id }) => id))
          after = next
        }
        expect(found).to.deep.equal(expected.map((name) => ids[name]))
      }
    })
  }
})

describe('the members of a group', () => {
  async function outline(actor: Actor, id: string, resolveNested = true): Promise<string> {
    const { items, total } = await listGroupMembers(testDatabase(), actor, id, resolveNested, first)
    return `${total}: ${items.map(describeMember).join(' ')}`
  }

  function describeMember({ id, membership, viaGroup }: GroupMembers['items'][number]): string {
    return membership === 'direct' ? nameOf(id) : `${nameOf(id)}<${viaGroup}`
  }

  it('are those who are in it directly, and those of groups in it, with the nearest of these', async () => {
    const { actor, tenant } = await createCompany({ a: {}, b: {}, c: {}, d: {}, e: { core: { displayName: 'Eve' } } })
    const create = async (name: string, members: readonly string[]): Promise<string> =>
      String((await tenant.scim.createGroup(name, members))['id'])
    const deep = await create('Deep', [idOf('c'), idOf('d'), idOf('b')])
    const near = await create('Near', [idOf('b'), deep])
    const other = await create('Other', [idOf('b')])
    const whole = await create('Whole', [idOf('a'), idOf('e'), near, other])
    await tenant.scim.patch(`/Groups/${deep}`, [{ op: 'add', path: 'members', value: [{ value: idOf('a') }] }])
    expect(await outline(actor, whole)).to.equal('5: a b<Near c<Deep d<Deep e')
    expect(await outline(actor, whole, false)).to.equal('2: a e')
    expect(await outline(actor, deep)).to.equal('4: a b c d')
    const { group, items } = await listGroupMembers(testDatabase(), actor, whole, true, first)
    expect(group).to.include({ id: whole, name: 'Whole', memberCount: 4 })
    expect(items.at(-1)).to.deep.equal({
      id: idOf('e'),
      employeeNumber: null,
      email: null,
      displayName: 'Eve',
      title: null,
      department: null,
      location: null,
      status: 'active',
      membership: 'direct',
      viaGroup: null,
    })
  })

  it('are met once where groups hold each other', async () => {
    const { actor, tenant } = await createCompany({ a: {}, b: {}, c: {} })
    const groups: string[] = []
    for (const name of ['a', 'b', 'c'])
      groups.push(String((await tenant.scim.createGroup(`G${name}`, [idOf(name)]))['id']))
    for (const [index, id] of groups.entries()) {
      const value = groups[(index + 1) % 3]
      expect(
        (await tenant.scim.patch(`/Groups/${id}`, [{ op: 'add', path: 'members', value: [{ value }] }])).status,
      ).to.equal(204)
    }
    expect(await outline(actor, groups[0] ?? '')).to.equal('3: a b<Gb c<Gc')
    expect(await outline(actor, groups[1] ?? '')).to.equal('3: a<Ga b c<Gc')
  })

  it('are in pages that go on where they were, whoever comes and goes', async () => {
    const { actor, tenant } = await createCompany({ a: {}, b: {}, c: {}, d: {}, e: {} })
    const inner = await tenant.scim.createGroup('Inner', [idOf('b'), idOf('d')])
    const outer = String((await tenant.scim.createGroup('Outer', [idOf('a'), idOf('c'), idOf('d'), inner['id']]))['id'])
    const read = (after?: string): Promise<GroupMembers> =>
      listGroupMembers(testDatabase(), actor, outer, true, { limit: 2, after })
    const page = await read()
    expect([page.total, ...page.items.map(describeMember)]).to.deep.equal([4, 'a', 'b<Inner'])
    await tenant.scim.delete(`/Users/${idOf('b')}`)
    await tenant.scim.patch(`/Groups/${inner['id']}`, [{ op: 'add', path: 'members', value: [{ value: idOf('e') }] }])
    const next = await read(page.next)
    expect([next.total, ...next.items.map(describeMember)]).to.deep.equal([4, 'c', 'd'])
    const last = await read(next.next)
    expect([...last.items.map(describeMember), last.next]).to.deep.equal(['e<Inner', undefined])
  })

  it('of 200 groups one in the other are found', async () => {
    const { actor, tenant } = await createCompany({ ada: {} })
    let inner = await tenant.scim.createGroup('G0', [idOf('ada')])
    for (let depth = 1; depth < 200; depth++) inner = await tenant.scim.createGroup(`G${depth}`, [inner['id']])
    expect(await outline(actor, String(inner['id']))).to.equal('1: ada<G0')
  })

  it('of an unknown group, or one of another organization, are not found', async () => {
    const { actor } = await createCompany({})
    const other = await createCompany({})
    const { id } = await other.tenant.scim.createGroup('Theirs')
    for (const unknown of ['grp_nothing', String(id)]) {
      const error = await listGroupMembers(testDatabase(), actor, unknown, true, first).then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      expect(error).to.include({ code: 'not_found', message: `There is no group ${unknown}.` })
    }
  })

  it('see the whole organization, whatever the directory', async () => {
    const { tenant } = await createCompany({ ada: {} })
    const { id } = await tenant.scim.createGroup('Group', [idOf('ada')])
    const other = await tenant.addDirectory('Other')
    const actor = {
      ...(await createCompany({})).actor,
      organizationId: tenant.organizationId,
      directoryId: other.directoryId,
    }
    expect(await outline(actor, String(id))).to.equal('1: ada')
  })
})
