import { expect } from 'chai'
import { readRefusal } from '../../providers/ldap/bind.ts'
import type { LdapCursor } from '../../providers/ldap/cursor.ts'
import { isWithin, normalizeDn } from '../../providers/ldap/dn.ts'
import { createFrameCheck } from '../../providers/ldap/frames.ts'
import { ldap } from '../../providers/ldap/index.ts'
import type { LdapSettings } from '../../providers/ldap/settings.ts'
import {
  type Authentication,
  type Page,
  ProviderError,
  type Scope,
  type Source,
  type SourceRecord,
} from '../../providers/provider.ts'
import { addPeople } from './company.ts'
import { catchError, describeConformance, listUsers, type Subject } from './conformance.ts'
import type { FakeRequest } from './fake-server.ts'
import { writeElement } from './ldap-ber.ts'
import { describePerson, domain, type LdapFake, nameGroup, startLdapFake, toGuid } from './ldap-fake.ts'
import { collect, createScope, openSource, type Opened } from './source.ts'

describeConformance(ldap, async (): Promise<Subject> => {
  const fake = await startLdapFake()
  const { company, account, settings } = fake
  const hide = (...names: readonly string[]) => {
    return () => names.forEach((name) => account.hidden.add(name.toLowerCase()))
  }
  return {
    fake,
    company,
    settings,
    wrongSettings: { ...settings, bindPassword: 'wRoNg-pAsSwOrd-that-nobody-knows' },
    permissions: {
      People: { takeAway: () => company.people.clear() },
      Attributes: { takeAway: hide('mail', 'sn'), missing: ['mail', 'sn'] },
      'Account status': { takeAway: hide('userAccountControl'), missing: ['accountStatus'] },
      Groups: { takeAway: () => (account.seesGroups = false) },
      Changes: { takeAway: hide('uSNChanged', 'whenChanged') },
      'Deleted objects': { takeAway: () => (account.seesDeleted = false) },
    },
    slowDown: [{ status: 429 }],
    hide: (field) => account.hidden.add(field === 'accountStatus' ? 'useraccountcontrol' : field.toLowerCase()),
    expectFields: (id) => describePerson(company, id),
  }
})

describe('Active Directory', () => {
  let fake: LdapFake
  let opened: Opened[] = []

  beforeEach(async () => {
    fake = await startLdapFake()
  })

  afterEach(async () => {
    await Promise.all(opened.map((one) => one.close()))
    opened = []
    await fake.close()
  })

  function open(more: Partial<LdapSettings> = {}): Opened {
    const options = { rateLimit: { requests: 100_000, perMs: 1 }, now: fake.company.now }
    const one = openSource(ldap, { ...fake.settings, ...more }, options)
    opened.push(one)
    return one
  }

  async function pull(
    scope: Partial<Scope> = {},
    cursor?: Page['cursor'],
    more: Partial<LdapSettings> = {},
  ): Promise<Page[]> {
    return await collect(open(more).source.pull(cursor, createScope(ldap, scope)))
  }

  function find(pages: readonly Page[], id: string): SourceRecord {
    const record = pages.flatMap(({ records }) => records).find((one) => one.id === id)
    if (record === undefined) throw new Error(`${id} did not come`)
    return record
  }

  /** Members of a group by its name, of all its parts. */
  function listMembers(pages: readonly Page[], name: string): string[] | undefined {
    const parts = pages.flatMap(({ records }) =>
      records.filter(({ type, fields }) => type === 'group' && fields['displayName'] === name),
    )
    return parts.length === 0
      ? undefined
      : parts.flatMap(({ members }) => members?.map(({ id }) => id) ?? []).toSorted()
  }

  const listIds = (pages: readonly Page[]): string[] => listUsers(pages).map(({ id }) => id)
  const everybody = (): string[] => [...fake.company.people.keys()].toSorted()

  function letAnHourPass(hours = 1): void {
    fake.company.now = new Date(fake.company.now.getTime() + hours * 60 * 60_000)
  }

  it('says of the three people of the company what the directory says', async () => {
    const { manager, leaver } = fake.company.named
    expect(find(await pull(), leaver.id)).to.deep.equal({
      id: '0f1e2d3c-4b5a-6978-8796-000000000103',
      type: 'user',
      fields: {
        userPrincipalName: 'ines.moreau@corp.example.test',
        mail: 'ines.moreau@example.test',
        givenName: 'Ines',
        sn: 'Moreau',
        displayName: 'Ines Moreau',
        cn: 'Ines Moreau',
        title: 'Account Executive',
        telephoneNumber: '+49 30 5550100',
        mobile: '+49 151 5550100',
        facsimileTelephoneNumber: '+49 30 5550198',
        streetAddress: '1 Example Street',
        l: 'Lisbon',
        st: 'Lisbon',
        postalCode: '10115',
        c: 'PT',
        employeeID: '1002',
        company: 'Example',
        division: 'Europe',
        department: 'Sales',
        manager: manager.id,
        physicalDeliveryOfficeName: 'Lisbon',
        lastDay: '2026-12-31',
        accountStatus: 'active',
        employeeType: 'Part-Time',
      },
    })
  })

  it('says that an account is suspended that is disabled, and nothing of a last day that there is not', async () => {
    const { onLeave, leaver } = fake.company.named
    fake.company.change(leaver.id, { status: 'terminated' })
    const pages = await pull()
    expect(find(pages, leaver.id).fields).to.include({ accountStatus: 'suspended' })
    expect(find(pages, onLeave.id).fields).to.include({ accountStatus: 'active', lastDay: null })
  })

  it('says the last day in the time zone of those who set it', async () => {
    const { leaver } = fake.company.named
    const days = []
    // The fake's accounts end at midnight in UTC, when it is still the evening before in New York.
    for (const timeZone of ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Tokyo']) {
      days.push(find(await pull({}, undefined, { timeZone }), leaver.id).fields['lastDay'])
    }
    expect(days).to.deep.equal(['2026-12-31', '2027-01-01', '2026-12-31', '2027-01-01'])
  })

  it('gives any attribute that is mapped, several values as a list, and what is no text in base64', async () => {
    const { onLeave } = fake.company.named
    const fields = [
      'sAMAccountName',
      'objectClass',
      'memberOf',
      'OBJECTSID',
      'no.such.field',
      'userPassword',
      'mail;x=y',
    ]
    const { fields: told } = find(await pull({ fields }), onLeave.id)
    expect(told).to.deep.include({
      sAMAccountName: 'adelheid.berg',
      objectClass: ['top', 'person', 'organizationalPerson', 'user'],
      memberOf: [nameGroup('Platform'), nameGroup('Berlin')],
    })
    expect(told['OBJECTSID']).to.match(/^AQUAAAAAAAUVAAAA[\w+/]+=*$/)
    expect(told).to.not.have.any.keys('no.such.field', 'userPassword', 'mail;x=y')
  })

  it('leaves out computers, and accounts that are nobody’s unless every account is wanted', async () => {
    expect(listIds(await pull())).to.deep.equal(everybody())
    const all = await pull({}, undefined, { everyAccount: true })
    const names = listUsers(all).map(({ fields }) => fields['cn'])
    expect(names).to.include.members(['krbtgt', 'PARTNER$', 'Room Oslo']).and.to.not.include('LAPTOP-7')
  })

  it('reads whom the filter finds, below the base', async () => {
    const { manager } = fake.company.named
    const userFilter = '(&(objectClass=user)(|(title=*head*)(title=Head of Engineering)))'
    expect(listIds(await pull({}, undefined, { userFilter }))).to.deep.equal([manager.id])
    expect(listIds(await pull({}, undefined, { baseDn: `OU=Staff,${domain}` }))).to.deep.equal(everybody())
    expect(listIds(await pull({}, undefined, { baseDn: `CN=Users,${domain}` }))).to.deep.equal([])
    const listNames = async (more: Partial<LdapSettings>): Promise<unknown[]> => {
      const records = (await pull({}, undefined, more)).flatMap((page) => page.records)
      return records.filter(({ type }) => type === 'group').map(({ fields }) => fields['displayName'])
    }
    expect(await listNames({ groupFilter: '(cn=Sales)' })).to.deep.equal(['Sales'])
    expect(await listNames({ groupBaseDn: `CN=Users,${domain}` })).to.deep.equal(['Domain Users'])
    expect(await listNames({ baseDn: `OU=Staff,${domain}` })).to.deep.equal([])
  })

  it('reads everybody where the server gives few at once', async () => {
    addPeople(fake.company, 20)
    fake.account.maxPage = 3
    const pages = await pull()
    expect(listIds(pages)).to.deep.equal(everybody())
    expect(listMembers(pages, 'Domain Users')).to.deep.equal(everybody())
  })

  it('needs the id of everybody', async () => {
    fake.account.hidden.add('objectguid')
    const error = await catchError(() => pull())
    expect(error).to.be.an.instanceOf(ProviderError).with.property('kind', 'settings')
    expect(error?.message).to.include('objectGUID')
  })

  describe('groups', () => {
    it('have members that the server gives in ranges, in parts, and go on in the middle of them', async () => {
      addPeople(fake.company, 20)
      fake.account.maxValues = 3
      const pages = await pull()
      const engineering = [...fake.company.people.values()].filter(({ departmentId }) => departmentId === '263342115')
      const expected = [...engineering.map(({ id }) => id), toGuid('263342116')]
      expect(expected.length).to.be.greaterThan(6)
      expect(listMembers(pages, 'Engineering')).to.deep.equal(expected.toSorted())
      for (const [index, { cursor }] of pages.slice(0, -1).entries()) {
        const rest = await pull({}, JSON.parse(JSON.stringify(cursor)) as Page['cursor'])
        const records = pages.slice(index + 1).flatMap((page) => page.records)
        expect(rest.flatMap((page) => page.records)).to.deep.equal(records)
      }
    })

    it('are all read where the one is gone in the middle of which a pull stopped', async () => {
      const { manager, onLeave, leaver } = fake.company.named
      const members = [manager, onLeave, leaver].map(({ firstName, lastName }) =>
        `${firstName}.${lastName}`.toLowerCase(),
      )
      fake.account.maxValues = 1
      fake.account.groups.set('First', { within: `OU=Groups,${domain}`, members })
      fake.account.groups.set('Second', { within: `OU=Groups,${domain}`, members })
      const pages = await pull()
      const first = pages.find(({ records }) => records.at(-1)?.id === toGuid('900'))
      expect(first?.cursor).to.deep.nested.include({ 'left.of': 'member', 'left.from': 1 })
      const rest = await pull({}, first?.cursor, { groupFilter: '(&(objectClass=group)(!(cn=First)))' })
      expect(listMembers(rest, 'First')).to.equal(undefined)
      expect(listMembers(rest, 'Second')).to.have.length(3)
    })

    it('have those as members whose primary group they are, in parts where they are many', async () => {
      addPeople(fake.company, 1600)
      const pages = await pull({ fields: ['mail'] })
      expect(listMembers(pages, 'Domain Users')).to.deep.equal(everybody())
      const parts = pages.filter(({ records }) => records.some(({ id }) => id === toGuid('513')))
      expect(parts.length).to.be.at.least(2)
      const at = pages.indexOf(parts[0] ?? { records: [] })
      const rest = await pull({ fields: ['mail'] }, pages[at]?.cursor)
      expect(rest.flatMap(({ records }) => records)).to.deep.equal(
        pages.slice(at + 1).flatMap(({ records }) => records),
      )
    }).timeout(30_000)

    it('have a name of their own, though one may be called as another', async () => {
      fake.account.groups.set('Sales', { within: `OU=Berlin,${domain}`, members: ['ines.moreau'] })
      const groups = (await pull()).flatMap(({ records }) => records.filter(({ type }) => type === 'group'))
      expect(groups.map(({ fields }) => fields['displayName'])).to.include.members([
        `Sales (OU=Groups,${domain})`,
        `Sales (OU=Berlin,${domain})`,
        'Engineering',
      ])
    })

    it('are within each other as the directory says, and have no members that are not read', async () => {
      fake.account.groups.set('One', { within: `OU=Groups,${domain}`, members: ['Two', 'mo.lindqvist'] })
      fake.account.groups.set('Two', {
        within: `OU=Groups,${domain}`,
        members: ['One', 'Two', `CN=LAPTOP-7,CN=Users,${domain}`, 'CN=S-1-5-11,CN=ForeignSecurityPrincipals,DC=other'],
      })
      const pages = await pull()
      expect(find(pages, toGuid('900')).members).to.have.deep.members([
        { id: toGuid('901'), type: 'group' },
        { id: fake.company.named.manager.id, type: 'user' },
      ])
      expect(find(pages, toGuid('901')).members).to.deep.equal([{ id: toGuid('900'), type: 'group' }])
    })

    it('decide who is read, directly, through others, round in a circle, and by the primary group', async () => {
      const { manager, onLeave, leaver } = fake.company.named
      const hired = fake.company.hire({ firstName: 'Noor', lastName: 'Vos' })
      fake.account.groups.set('App', { within: `OU=Groups,${domain}`, members: ['Inner'] })
      fake.account.groups.set('Inner', { within: `OU=Groups,${domain}`, members: ['App', 'ines.moreau'] })
      const only = async (name: string): Promise<string[]> =>
        listIds(await pull({}, undefined, { onlyGroup: nameGroup(name).toLowerCase() }))
      expect(await only('App')).to.deep.equal([leaver.id])
      expect(await only('Engineering')).to.have.members([manager.id, onLeave.id, hired.id])
      fake.account.primaryGroups.set(hired.id, 901)
      expect(await only('App')).to.have.members([leaver.id, hired.id])
      const error = await catchError(() => only('Nothing'))
      expect(error).to.include({ kind: 'settings' })
      expect(error?.message).to.include('shows no group')
    })
  })

  describe('changes', () => {
    async function readCursor(more: Partial<LdapSettings> = {}): Promise<LdapCursor> {
      const cursor = (await pull({}, undefined, more)).at(-1)?.cursor as LdapCursor | undefined
      if (cursor === undefined) throw new Error('there is no cursor')
      return cursor
    }

    it('are those that the server has counted since, of people and of who is in groups', async () => {
      const { manager, leaver } = fake.company.named
      const cursor = await readCursor()
      expect(cursor).to.deep.nested.include({ 'to.by': 'uSNChanged', 'to.invocationId': fake.account.invocationId })
      fake.company.change(leaver.id, { departmentId: '263342116' })
      const pages = await pull({}, cursor)
      expect(listIds(pages)).to.deep.equal([leaver.id])
      expect(find(pages, leaver.id).fields).to.include({ department: 'Platform', manager: manager.id })
      expect(listMembers(pages, 'Sales')).to.deep.equal([])
      expect(listMembers(pages, 'Platform')).to.deep.equal([fake.company.named.onLeave.id, leaver.id])
      expect(listMembers(pages, 'Domain Users')).to.equal(undefined)
      expect(listMembers(pages, 'Engineering')).to.equal(undefined)
    })

    it('are told of a group that somebody new has as their primary one, though it has not changed', async () => {
      const cursor = await readCursor()
      const hired = fake.company.hire({ firstName: 'Noor', lastName: 'Vos' })
      const pages = await pull({}, cursor)
      expect(listIds(pages)).to.deep.equal([hired.id])
      expect(listMembers(pages, 'Domain Users')).to.deep.equal(everybody())
    })

    it('find the members of a large group without asking for each', async () => {
      addPeople(fake.company, 200)
      const cursor = await readCursor()
      fake.account.groups.set('All', {
        within: `OU=Groups,${domain}`,
        members: [...fake.company.people.values()].map(({ firstName, lastName }) =>
          `${firstName}.${lastName}`.toLowerCase(),
        ),
      })
      fake.requests.length = 0
      expect(listMembers(await pull({}, cursor), 'All')).to.deep.equal(everybody())
      expect(fake.requests.length).to.be.below(20)
    })

    it('cannot be told by another server, one that was restored, or one that has forgotten', async () => {
      const cursor = await readCursor()
      const refuse = async (given: Page['cursor']): Promise<void> => {
        expect(await catchError(() => pull({}, given))).to.include({ kind: 'cursor_expired' })
      }
      if (cursor.stage !== 'end' || cursor.to.by !== 'uSNChanged') throw new Error('it is another cursor')
      await refuse({ ...cursor, to: { ...cursor.to, usn: '99999999' } })
      fake.account.invocationId = 'b3b2c1d0-0102-4304-8506-070809000102'
      await refuse(cursor)
      const present = await readCursor()
      letAnHourPass(24 * 61)
      await refuse(present)
    })

    it('end a pull that goes on at another server than it began', async () => {
      addPeople(fake.company, 5)
      const [first] = await pull({ pageSize: 2 })
      fake.account.invocationId = 'b3b2c1d0-0102-4304-8506-070809000102'
      expect(await catchError(() => pull({ pageSize: 2 }, first?.cursor))).to.include({ kind: 'cursor_expired' })
    })

    it('are found by time where the server is the domain, that is any of its servers', async () => {
      await fake.close()
      fake = await startLdapFake({ name: 'corp.example.test' })
      const { leaver } = fake.company.named
      const openDomain = (): Source => {
        const { context } = open()
        const there = { ...context, resolve: () => Promise.resolve('127.0.0.1') }
        return ldap.open({ ...fake.settings, host: 'CORP.example.test' }, there)
      }
      letAnHourPass(2)
      const cursor = (await collect(openDomain().pull(undefined, createScope(ldap)))).at(-1)?.cursor
      expect(cursor).to.deep.nested.include({ 'to.by': 'whenChanged' })
      fake.account.invocationId = 'b3b2c1d0-0102-4304-8506-070809000102'
      expect(listIds(await collect(openDomain().pull(cursor, createScope(ldap))))).to.deep.equal([])
      letAnHourPass()
      fake.company.change(leaver.id, { title: 'Director' })
      const next = await collect(openDomain().pull(cursor, createScope(ldap)))
      expect(listIds(next)).to.deep.equal([leaver.id])
      // Changes take their time to get to another server: those of an hour before are looked at again.
      const again = await collect(openDomain().pull(next.at(-1)?.cursor, createScope(ldap)))
      expect(listIds(again)).to.deep.equal([leaver.id])
      const asked = fake.requests.flatMap((one) => (one.method === 'SEARCH' ? one.body : []))
      expect(asked.some((body) => /whenChanged.{1,4}20261120\d{6}\.0Z/s.test(body))).to.equal(true)
    })

    it('are not asked for where nobody is seen to have any', async () => {
      fake.account.hidden.add('usnchanged')
      const cursor = await readCursor()
      expect(cursor).to.deep.nested.include({ 'to.by': 'nothing' })
      const error = await catchError(() => pull({}, cursor))
      expect(error).to.include({ kind: 'cursor_expired' })
    })

    it('come without who was deleted where the account may not see that', async () => {
      const cursor = await readCursor()
      fake.company.erase(fake.company.named.leaver.id)
      fake.account.seesDeleted = false
      const pages = await pull({}, cursor)
      expect(pages.flatMap(({ deletedIds }) => deletedIds ?? [])).to.deep.equal([])
      fake.account.seesDeleted = true
      const seen = await pull({}, cursor)
      expect(seen.flatMap(({ deletedIds }) => deletedIds ?? [])).to.deep.equal([fake.company.named.leaver.id])
    })

    it('read everybody anew where the group has changed whose members are read', async () => {
      const { leaver } = fake.company.named
      const more = { onlyGroup: nameGroup('Engineering') }
      const cursor = await readCursor(more)
      fake.company.change(leaver.id, { title: 'Director' })
      expect(listIds(await pull({}, cursor, more))).to.deep.equal([])
      fake.company.change(leaver.id, { departmentId: '263342116' })
      expect(await catchError(() => pull({}, cursor, more))).to.include({ kind: 'cursor_expired' })
    })
  })

  describe('the connection', () => {
    const isSearch = ({ method }: FakeRequest): boolean => method === 'SEARCH'

    it('is opened and signed in to again where it breaks, wherever that is', async () => {
      addPeople(fake.company, 20)
      fake.account.maxPage = 5
      const usual = (await pull({ pageSize: 7 })).flatMap(({ records }) => records)
      const { length } = fake.requests
      for (let at = 1; at < length; at += 3) {
        fake.requests.length = 0
        fake.onRequest = () => {
          if (fake.requests.length === at) fake.hangUp()
        }
        const records = (await pull({ pageSize: 7 })).flatMap((page) => page.records)
        expect(records, `broken at ${at}`).to.deep.equal(usual)
        const binds = fake.requests.filter(({ method }) => method === 'BIND')
        expect(binds, `broken at ${at}`).to.have.length(2)
      }
    })

    it('is not opened again with a password that is wrong meanwhile', async () => {
      addPeople(fake.company, 20)
      const pages = open().source.pull(undefined, createScope(ldap, { pageSize: 5 }))
      const error = await catchError(async () => {
        for await (const page of pages) {
          expect(page.records).to.have.length(5)
          fake.requests.length = 0
          fake.settings.bindPassword = 'changed-by-the-administrator'
          fake.hangUp()
        }
      })
      expect(error).to.be.an.instanceOf(ProviderError).with.property('kind', 'settings')
      expect(fake.requests.map(({ method }) => method)).to.deep.equal(['BIND'])
    })

    it('waits for a server that is busy in the middle of a search, and gives nobody twice', async () => {
      addPeople(fake.company, 20)
      fake.account.maxPage = 5
      let searches = 0
      fake.fail({ status: 429 }, { when: (request) => isSearch(request) && ++searches === 5 })
      const one = open()
      expect(listIds(await collect(one.source.pull(undefined, createScope(ldap))))).to.deep.equal(everybody())
      expect(one.waited()).to.equal(5000)
    })

    it('is closed when a pull ends, however it ends', async () => {
      addPeople(fake.company, 5)
      await pull()
      for await (const page of open().source.pull(undefined, createScope(ldap, { pageSize: 2 }))) {
        expect(page.records).to.have.length(2)
        break
      }
      fake.fail({ status: 403 }, { when: isSearch })
      await catchError(() => pull())
      await open().source.check()
      await fake.untilAlone()
    })

    for (const [data, words] of [
      ['52e', 'refuses the account or its password'],
      ['525', 'knows no such account'],
      ['532', 'has expired'],
      ['533', 'is disabled'],
      ['701', 'has expired'],
      ['773', 'must be changed'],
      ['775', 'is locked'],
    ] as const) {
      it(`says why the account that reads is refused: data ${data}`, async () => {
        const { manager } = fake.company.named
        fake.account.passwords.set(manager.id, { password: 'right', data })
        const bindName = `CN=Mo Lindqvist \\2B101,OU=Staff,${domain}`
        const [check] = await open({ bindName, bindPassword: 'right' }).source.check()
        expect(check).to.include({ name: 'sign_in', ok: false })
        expect(check?.detail).to.include(words)
      })
    }
  })

  describe('signing in', () => {
    async function signIn(userName: string, password: string): Promise<Authentication | undefined> {
      return await open().source.authenticate?.(userName, password)
    }

    it('lets in who has the password, by any of their names', async () => {
      const { onLeave } = fake.company.named
      fake.account.passwords.set(onLeave.id, { password: 'pässwörd of Ada' })
      for (const name of ['adelheid.berg', 'ADELHEID.BERG@corp.example.test', 'ada.berg@example.test']) {
        expect(await signIn(name, 'pässwörd of Ada')).to.deep.equal({ ok: true, userId: onLeave.id })
      }
    })

    for (const [data, reason] of [
      ['525', 'unknown'],
      ['52e', 'credentials'],
      ['530', 'disabled'],
      ['531', 'disabled'],
      ['532', 'expired'],
      ['533', 'disabled'],
      ['701', 'expired'],
      ['773', 'expired'],
      ['775', 'locked'],
      ['abc', 'credentials'],
    ] as const) {
      it(`says ${reason} of data ${data}, and tries once`, async () => {
        const { onLeave } = fake.company.named
        fake.account.passwords.set(onLeave.id, { password: 'right', data })
        expect(await signIn('adelheid.berg', 'right')).to.deep.equal({ ok: false, reason })
        expect(fake.requests.filter(({ method }) => method === 'BIND')).to.have.length(2)
      })
    }

    it('says nothing to who has no password, though the server would', async () => {
      expect(await signIn('adelheid.berg', '')).to.deep.equal({ ok: false, reason: 'credentials' })
      expect(fake.requests).to.deep.equal([])
    })

    it('knows nobody who is not read', async () => {
      for (const name of ['krbtgt', 'LAPTOP-7', '*', 'nobody']) {
        expect(await signIn(name, 'any')).to.deep.equal({ ok: false, reason: 'unknown' })
      }
    })

    it('does not try a password again where the connection breaks', async () => {
      let binds = 0
      fake.fail('broken', { when: ({ method }) => method === 'BIND' && ++binds === 2 })
      expect(await catchError(() => signIn('adelheid.berg', 'any'))).to.include({ kind: 'transient' })
      expect(binds).to.equal(2)
    })

    it('says with an error what is no answer to it', async () => {
      let binds = 0
      fake.fail({ status: 500 }, { when: ({ method }) => method === 'BIND' && ++binds === 2 })
      expect(await catchError(() => signIn('adelheid.berg', 'any'))).to.include({ kind: 'transient' })
      expect(binds).to.equal(2)
    })
  })
})

describe('distinguished names', () => {
  for (const [one, other] of [
    ['CN=Ada Berg,DC=Example', 'cn=ada berg, dc=example'],
    ['CN=Berg\\, Ada,DC=Example', 'cn=berg\\2c ada,dc=example'],
    ['CN=Zoë,DC=x', 'cn=Zo\\C3\\AB,dc=x'],
    ['CN=A+UID=b,DC=x', 'uid=B+cn=a,dc=x'],
    ['CN=a\\\\41,DC=x', 'cn=a\\5c41,dc=x'],
    ['CN=two  spaces ;DC=x', 'cn=two spaces,dc=x'],
    ['CN=a\\+b,DC=x', 'cn=a\\2Bb,dc=x'],
  ] as const) {
    it(`are the same: ${one} and ${other}`, () => {
      expect(normalizeDn(one)).to.equal(normalizeDn(other))
    })
  }

  it('are not the same where only the marks between their parts are', () => {
    expect(normalizeDn('CN=a\\,DC=x')).to.not.equal(normalizeDn('CN=a,DC=x'))
    expect(normalizeDn('CN=a\\+UID=b,DC=x')).to.not.equal(normalizeDn('CN=a+UID=b,DC=x'))
  })

  it('are below others by whole parts', () => {
    expect(isWithin('cn=a,dc=x', 'dc=x')).to.equal(true)
    expect(isWithin('dc=x', 'dc=x')).to.equal(true)
    expect(isWithin('cn=a,adc=x', 'dc=x')).to.equal(false)
  })
})

describe('the bytes of an LDAP connection', () => {
  const limits = { message: 1000, answer: 5000 }

  /** What is said of bytes that come in pieces of a size. */
  function look(bytes: Buffer, size: number): string | undefined {
    const frames = createFrameCheck(limits)
    for (let start = 0; start < bytes.length; start += size) {
      const fault = frames.look(bytes.subarray(start, start + size))
      if (fault !== undefined) return fault
    }
    return undefined
  }

  it('are taken where they are messages, however they are cut', () => {
    const messages = [3, 127, 128, 300, 1000].map((length) => writeElement(0x30, Buffer.alloc(length, 0x41)))
    const bytes = Buffer.concat([...messages, Buffer.from([0x30])])
    for (const size of [1, 2, 3, 7, 64, 5000]) expect(look(bytes, size)).to.equal(undefined)
  })

  it('are refused where they are none, or too many', () => {
    for (const size of [1, 5000]) {
      expect(look(Buffer.from('HTTP/1.1 400'), size)).to.equal('answered with what is no LDAP')
      expect(look(Buffer.from('3080', 'hex'), size)).to.equal('answered with what is no LDAP')
      expect(look(Buffer.from('30850100000000', 'hex'), size)).to.equal('answered with what is no LDAP')
      expect(look(writeElement(0x30, Buffer.alloc(1001)), size)).to.equal('answers with more than 1000 bytes')
    }
  })

  it('are refused where an answer does not end, and counted anew for the next one', () => {
    const message = writeElement(0x30, Buffer.alloc(900))
    const frames = createFrameCheck(limits)
    for (let count = 0; count < 5; count++) expect(frames.look(message)).to.equal(undefined)
    frames.begin()
    for (let count = 0; count < 5; count++) expect(frames.look(message)).to.equal(undefined)
    expect(frames.look(message)).to.equal('answers with more than 5000 bytes')
  })
})

describe('what an LDAP server says of a bind', () => {
  it('is a reason by its code, by its policy before that, and otherwise an error', () => {
    const read = (code: number, more: { said?: string; policyError?: number } = {}) =>
      readRefusal({ code, said: more.said ?? '', policyError: more.policyError })
    expect(read(0)).to.equal(undefined)
    expect([19, 32, 48, 49, 53].map((code) => read(code))).to.deep.equal([
      'locked',
      'unknown',
      'credentials',
      'credentials',
      'disabled',
    ])
    expect([0, 1, 2].map((policyError) => read(49, { policyError }))).to.deep.equal(['expired', 'locked', 'expired'])
    expect(read(0, { policyError: 2 })).to.equal('expired')
    expect(read(49, { said: 'data 775, v4563 Code: 0x31' })).to.equal('locked')
    // Only of a bind that is refused, and not of what somebody is called.
    expect(read(53, { said: 'data 775' })).to.equal('disabled')
    for (const [code, kind] of [
      [51, 'rate_limited'],
      [52, 'transient'],
      [8, 'settings'],
      [80, 'unexpected'],
    ] as const) {
      expect(() => read(code))
        .to.throw(ProviderError)
        .with.property('kind', kind)
    }
  })
})
