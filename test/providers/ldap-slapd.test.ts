// LDAP as OpenLDAP's server speaks it.
import { expect } from 'chai'
import { Attribute, Change } from 'ldapts'
import { createServer as createPlainServer, type AddressInfo, type Server } from 'node:net'
import { ldap } from '../../providers/ldap/index.ts'
import type { LdapSettings } from '../../providers/ldap/settings.ts'
import { type JsonObject, type Page, ProviderError, type Scope, type SourceRecord } from '../../providers/provider.ts'
import { createCertificate } from '../support/certificate.ts'
import { reader, type Slapd, slapdProgram, startSlapd, suffix } from '../support/slapd.ts'
import { requireProgram } from '../support/system-package.ts'
import { addPeople, createCompany, type NamedCompany } from './company.ts'
import { catchError, listUsers } from './conformance.ts'
import { nameEntry, nameGroup, toUuid, writeGroup, writeLdif } from './ldap-company.ts'
import { collect, createScope, openSource, type Opened } from './source.ts'

describe('LDAP with slapd', () => {
  let company: NamedCompany
  let slapd: Slapd
  let opened: Opened[] = []

  beforeEach(function () {
    requireProgram(this, slapdProgram, 'slapd')
    company = createCompany('101')
  })

  afterEach(async () => {
    await Promise.all(opened.map((one) => one.close()))
    opened = []
    await slapd?.stop()
  })

  async function start(
    more: readonly string[] = [],
    options: { certificate?: ReturnType<typeof createCertificate> } = {},
  ) {
    slapd = await startSlapd({ ldif: [writeLdif(company), ...more].join('\n\n'), ...options })
  }

  function createSettings(more: Partial<LdapSettings> = {}): LdapSettings {
    return {
      host: '127.0.0.1',
      port: more.security === 'starttls' ? slapd.port : slapd.securePort,
      certificateAuthority: slapd.certificate.cert,
      bindName: reader.name,
      bindPassword: reader.password,
      ...more,
    }
  }

  function open(more: Partial<LdapSettings> = {}): Opened {
    const one = openSource(ldap, createSettings(more), { now: new Date() })
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

  const idOf = (person: { firstName: string; lastName: string }): string => toUuid(nameEntry(person))

  async function refuse(more: Partial<LdapSettings>): Promise<ProviderError> {
    const error = await catchError(() => pull({}, undefined, more))
    if (!(error instanceof ProviderError)) throw error ?? new Error('nothing was thrown')
    return error
  }

  it('says of the three people of the company what the directory says', async () => {
    await start()
    const { manager, onLeave, leaver } = company.named
    const pages = await pull()
    expect(listUsers(pages).map(({ id }) => id)).to.have.members([manager, onLeave, leaver].map(idOf))
    expect(find(pages, idOf(leaver)).fields).to.deep.equal({
      uid: 'ines.moreau',
      mail: 'ines.moreau@example.test',
      givenName: 'Ines',
      sn: 'Moreau',
      displayName: 'Ines Moreau',
      cn: 'Ines Moreau',
      title: 'Account Executive',
      telephoneNumber: '+49 30 5550100',
      mobile: '+49 151 5550100',
      l: 'Lisbon',
      employeeNumber: '1002',
      department: 'Sales',
      manager: idOf(manager),
      lastDay: '2026-12-31',
      accountStatus: 'active',
      employeeType: 'Part-Time',
    })
    expect(find(pages, idOf(onLeave)).fields).to.include({ displayName: 'Ada Berg', givenName: 'Adelheid' })
  })

  it('says who is in groups, and which groups are within others', async () => {
    await start()
    const { manager, onLeave, leaver } = company.named
    const pages = await pull()
    const groups = pages.flatMap(({ records }) => records.filter(({ type }) => type === 'group'))
    const told = groups.map(({ fields, members }) => [fields['displayName'], members])
    expect(told).to.have.deep.members([
      [
        'Engineering',
        [
          { id: toUuid(nameGroup('Platform')), type: 'group' },
          { id: idOf(manager), type: 'user' },
        ],
      ],
      ['Platform', [{ id: idOf(onLeave), type: 'user' }]],
      ['Sales', [{ id: idOf(leaver), type: 'user' }]],
    ])
    expect(find(pages, toUuid(nameGroup('Sales'))).fields).to.deep.equal({
      displayName: 'Sales',
      description: 'All of Sales',
    })
  })

  it('says who is in groups whose members have unique names', async () => {
    await start()
    const { leaver, manager } = company.named
    const uniqueMember = [`${nameEntry(leaver)}#'0101'B`, nameEntry(manager)]
    await slapd.change((client) =>
      client.add(nameGroup('Unique'), { objectClass: 'groupOfUniqueNames', cn: 'Unique', uniqueMember }),
    )
    const groups = (await pull()).flatMap(({ records }) => records.filter(({ type }) => type === 'group'))
    const unique = groups.find(({ fields }) => fields['displayName'] === 'Unique')
    expect(unique?.members).to.have.deep.members([leaver, manager].map((one) => ({ id: idOf(one), type: 'user' })))
  })

  it('reads the same with LDAPS and with StartTLS', async () => {
    await start()
    const plain = await pull({}, undefined, { security: 'starttls' })
    expect(plain.flatMap(({ records }) => records)).to.deep.equal((await pull()).flatMap(({ records }) => records))
    expect(listUsers(plain)).to.have.length(3)
  })

  it('takes a certificate authority whose lines became spaces in a form', async () => {
    await start()
    const certificateAuthority = slapd.certificate.cert.replaceAll('\n', ' ')
    expect(listUsers(await pull({}, undefined, { certificateAuthority }))).to.have.length(3)
  })

  it('says settings of a certificate authority that is no certificate', async () => {
    await start()
    for (const body of ['', 'AAAA', slapd.certificate.key.replaceAll(/-----.*-----/g, '')]) {
      const certificateAuthority = `-----BEGIN CERTIFICATE-----${body}-----END CERTIFICATE-----`
      const error = await refuse({ certificateAuthority })
      expect(error.message).to.equal('The certificate authority is no certificate as PEM. Give all of its file.')
      expect(error.kind).to.equal('settings')
    }
  })

  it('signs in to nobody whose certificate it cannot trust, with either way', async () => {
    await start()
    for (const security of ['ldaps', 'starttls'] as const) {
      const strange = createCertificate().cert
      const error = await refuse({ security, certificateAuthority: strange })
      expect(error).to.include({ kind: 'settings' })
      expect(error.message).to.match(/has a certificate (that only it vouches for|of an authority that is not trusted)/)
      const { certificateAuthority: _, ...usual } = createSettings({ security })
      const one = openSource(ldap, usual)
      opened.push(one)
      expect(await catchError(() => collect(one.source.pull(undefined, createScope(ldap))))).to.include({
        kind: 'settings',
      })
    }
  })

  it('signs in to nobody whose certificate is for another name, with either way', async () => {
    await start()
    for (const security of ['ldaps', 'starttls'] as const) {
      const { context } = open()
      const there = { ...context, resolve: () => Promise.resolve('127.0.0.1') }
      const named = (host: string) => ldap.open(createSettings({ security, host }), there)
      expect((await named('localhost').check())[0]).to.include({ name: 'sign_in', ok: true })
      const [check] = await named('directory.example.test').check()
      expect(check).to.include({ name: 'sign_in', ok: false })
      expect(check?.detail).to.include('has a certificate for another name')
    }
  })

  it('signs in to nobody whose certificate has expired', async () => {
    await start([], { certificate: createCertificate({ until: Date.now() - 86_400_000 }) })
    const error = await refuse({})
    expect(error).to.include({ kind: 'settings' })
    expect(error.message).to.include('has a certificate that has expired')
  })

  it('says transient where nobody listens, or the server hangs up on TLS', async () => {
    await start()
    expect(await refuse({ port: slapd.port })).to.include({ kind: 'transient' })
    const { port } = slapd
    await slapd.stop()
    expect(await refuse({ port, security: 'starttls' })).to.include({ kind: 'transient' })
  })

  it('says settings of a wrong password, of an account that nobody knows, and of a base that is not there', async () => {
    await start()
    const wrong = await refuse({ bindPassword: 'wrong' })
    expect(wrong).to.include({ kind: 'settings' })
    expect(wrong.message).to.include('refuses the account or its password')
    expect(await refuse({ bindName: `cn=nobody,${suffix}` })).to.include({ kind: 'settings' })
    const base = await refuse({ baseDn: `ou=Nowhere,${suffix}` })
    expect(base).to.include({ kind: 'settings' })
    expect(base.message).to.include('has no such entry')
    expect(await refuse({ baseDn: 'no=such=name,,' })).to.include({ kind: 'settings' })
    expect(await refuse({ userFilter: '(&(objectClass=person)' })).to.include({ kind: 'settings' })
    expect(await refuse({ timeZone: 'Mars/Olympus' })).to.include({ kind: 'settings' })
  })

  async function setPassword(dn: string, password: string): Promise<void> {
    await slapd.change(async (client) => {
      await client.modify(dn, replace('userPassword', password))
    })
  }

  function replace(type: string, ...values: string[]): Change {
    return new Change({ operation: 'replace', modification: new Attribute({ type, values }) })
  }

  it('reads more people than the server gives at once, in pages', async () => {
    addPeople(company, 40)
    await start()
    const pages = await pull({ pageSize: 7 })
    expect(listUsers(pages).map(({ id }) => id)).to.deep.equal([...company.people.values()].map(idOf).toSorted())
    for (const { records } of pages) expect(records.length).to.be.at.most(7)
  })

  it('gives a large group in parts, and goes on in the middle of it', async () => {
    addPeople(company, 1600)
    const everybody = [...company.people.values()].map(nameEntry)
    await start([writeGroup('Everybody', everybody)])
    const pages = await pull({ fields: ['mail'] })
    const id = toUuid(nameGroup('Everybody'))
    const parts = pages.filter(({ records }) => records.some((record) => record.id === id))
    const members = parts.flatMap(({ records }) => records.find((record) => record.id === id)?.members ?? [])
    expect(parts.length).to.be.at.least(2)
    expect(members.map((member) => member.id).toSorted()).to.deep.equal(
      [...company.people.values()].map(idOf).toSorted(),
    )
    const at = pages.indexOf(parts[0] ?? { records: [] })
    const rest = await pull({ fields: ['mail'] }, pages[at]?.cursor)
    expect(rest.flatMap(({ records }) => records)).to.deep.equal(pages.slice(at + 1).flatMap(({ records }) => records))
  }).timeout(30_000)

  it('reads who has changed since, by the time of their last change', async () => {
    addPeople(company, 10)
    await start()
    const cursor = (await pull()).at(-1)?.cursor
    expect(cursor).to.deep.nested.include({ stage: 'end', 'to.by': 'modifyTimestamp' })
    expect(listUsers(await pull({}, cursor))).to.deep.equal([])
    const { onLeave, leaver } = company.named
    await slapd.change(async (client) => {
      await client.modify(nameEntry(leaver), replace('title', 'Director'))
      await client.modify(nameEntry(onLeave), replace('telephoneNumber'))
      await client.modify(nameGroup('Sales'), replace('member', nameEntry(onLeave)))
    })
    const pages = await pull({}, cursor)
    expect(listUsers(pages).map(({ id }) => id)).to.have.members([idOf(leaver), idOf(onLeave)])
    expect(find(pages, idOf(leaver)).fields).to.include({ title: 'Director', manager: idOf(company.named.manager) })
    expect(find(pages, idOf(onLeave)).fields).to.not.have.property('telephoneNumber')
    const groups = pages.flatMap(({ records }) => records.filter(({ type }) => type === 'group'))
    expect(groups.map(({ fields, members }) => [fields['displayName'], members])).to.deep.equal([
      ['Sales', [{ id: idOf(onLeave), type: 'user' }]],
    ])
  })

  it('says that everything must be read anew where changes cannot be seen', async () => {
    await start()
    await slapd.change(async () => undefined)
    const cursor = { stage: 'end', to: { by: 'nothing', at: new Date().toISOString() } } as const
    expect(await catchError(() => pull({}, cursor))).to.include({ kind: 'cursor_expired' })
    const long = { stage: 'end', to: { by: 'modifyTimestamp', at: '2026-01-01T00:00:00Z' } } as const
    expect(await catchError(() => pull({}, long))).to.include({ kind: 'cursor_expired' })
  })

  it('knows somebody by the same id who has another name and another place', async () => {
    await start()
    const { onLeave, manager } = company.named
    await slapd.change(async (client) => {
      await client.modifyDN(nameEntry(onLeave), 'uid=ada+cn=Ada\\, of Berg,ou=services,dc=example,dc=test')
      await client.modify(
        nameEntry(manager),
        replace('manager', 'CN=Ada\\2c of  Berg+UID=Ada, OU=Services,DC=example,DC=test'),
      )
    })
    const pages = await pull()
    expect(find(pages, idOf(onLeave)).fields).to.include({ givenName: 'Adelheid' })
    expect(find(pages, idOf(manager)).fields).to.include({ manager: idOf(onLeave) })
  })

  it('says the name of a manager whom it does not read', async () => {
    await start()
    const { leaver } = company.named
    await slapd.change((client) => client.modify(nameEntry(leaver), replace('manager', reader.name)))
    for (const pages of [await pull(), await pull({}, (await pull()).at(-1)?.cursor)]) {
      expect(find(pages, idOf(leaver)).fields['manager']).to.equal(reader.name)
    }
  })

  it('reads only who is in a group, directly or through others, also where they go round in a circle', async () => {
    addPeople(company, 9)
    await start([
      writeGroup('App', [nameGroup('Engineering')]),
      writeGroup('Round', [nameGroup('App'), nameGroup('Round'), nameEntry(company.named.leaver)]),
    ])
    await slapd.change((client) =>
      client.modify(
        nameGroup('Engineering'),
        new Change({ operation: 'add', modification: new Attribute({ type: 'member', values: [nameGroup('Round')] }) }),
      ),
    )
    const onlyGroup = nameGroup('App').toUpperCase()
    const pages = await pull({}, undefined, { onlyGroup })
    const within = [...company.people.values()].filter(
      ({ departmentId }) => departmentId !== company.named.leaver.departmentId,
    )
    expect(listUsers(pages).map(({ id }) => id)).to.have.members([...within, company.named.leaver].map(idOf))
    expect((await refuse({ onlyGroup: nameGroup('None') })).message).to.include('shows no group')
  })

  it('reads everybody anew where somebody came into the group whose members are read', async () => {
    await start()
    const more = { onlyGroup: nameGroup('Engineering') }
    const cursor = (await pull({}, undefined, more)).at(-1)?.cursor
    expect(listUsers(await pull({}, cursor, more))).to.deep.equal([])
    await slapd.change((client) => client.modify(nameGroup('Sales'), replace('description', 'Others')))
    expect(listUsers(await pull({}, cursor, more))).to.deep.equal([])
    await slapd.change((client) =>
      client.modify(nameGroup('Platform'), replace('member', nameEntry(company.named.leaver))),
    )
    expect(await catchError(() => pull({}, cursor, more))).to.include({ kind: 'cursor_expired' })
  })

  it('sees who is locked for good, and not who is locked for a while, as suspended', async () => {
    await start()
    const { manager, leaver, onLeave } = company.named
    await slapd.change(async (client) => {
      await client.modify(nameEntry(leaver), replace('pwdAccountLockedTime', '000001010000Z'))
      await client.modify(nameEntry(onLeave), replace('pwdAccountLockedTime', '20261120080000Z'))
      await client.modify(nameEntry(manager), replace('userAccountControl', '514'))
    })
    const pages = await pull()
    const told = [manager, onLeave, leaver].map((one) => find(pages, idOf(one)).fields['accountStatus'])
    expect(told).to.deep.equal(['suspended', 'active', 'suspended'])
  })

  it('has nobody to read where the account may see nothing, and says so', async () => {
    await start()
    const more = { bindName: nameEntry(company.named.leaver), bindPassword: 'pass-of-Ines' }
    const [signIn, people] = await open(more).source.check()
    expect([signIn?.ok, people?.ok]).to.deep.equal([true, false])
    expect(people?.detail).to.include('Check what the account may read')
  })

  it('checks what is there of a directory that is not Active Directory', async () => {
    await start()
    const checks = await open().source.check()
    expect(checks.map(({ name, ok }) => [name, ok])).to.deep.equal([
      ['sign_in', true],
      ['People', true],
      ['Attributes', true],
      ['Account status', true],
      ['Groups', true],
      ['Changes', true],
    ])
  })

  describe('signing in', () => {
    async function signIn(userName: string, password: string, more: Partial<LdapSettings> = {}): Promise<JsonObject> {
      return { ...(await open(more).source.authenticate?.(userName, password)) }
    }

    it('lets in who has the password, by their name or address in any case, with either way', async () => {
      await start()
      const { onLeave } = company.named
      for (const security of ['ldaps', 'starttls'] as const) {
        for (const name of ['adelheid.berg', 'Adelheid.Berg', 'ada.berg@example.test']) {
          expect(await signIn(name, 'pass-of-Adelheid', { security })).to.deep.equal({
            ok: true,
            userId: idOf(onLeave),
          })
        }
      }
    })

    it('refuses a wrong password, and none at all, which the server would take for nobody', async () => {
      await start()
      expect(await signIn('ines.moreau', 'wrong')).to.deep.equal({ ok: false, reason: 'credentials' })
      expect(await signIn('ines.moreau', '')).to.deep.equal({ ok: false, reason: 'credentials' })
    })

    it('knows nobody by a pattern, nor two people by one name, nor who is not read', async () => {
      await start()
      const { leaver, manager } = company.named
      for (const name of ['*', 'ines*', 'ines.moreau)(uid=*', '', 'rollcall', '\0']) {
        expect(await signIn(name, 'pass-of-Ines'), name).to.deep.equal({ ok: false, reason: 'unknown' })
      }
      await slapd.change((client) => client.modify(nameEntry(manager), replace('mail', leaver.email ?? '')))
      expect(await signIn('ines.moreau@example.test', 'pass-of-Ines')).to.deep.equal({ ok: false, reason: 'unknown' })
      const more = { onlyGroup: nameGroup('Engineering') }
      expect(await signIn('ines.moreau', 'pass-of-Ines', more)).to.deep.equal({ ok: false, reason: 'unknown' })
    })

    it('says locked after too many attempts, each of which was made once', async () => {
      await start()
      for (let attempts = 0; attempts < 3; attempts++) {
        expect(await signIn('ines.moreau', 'wrong')).to.deep.equal({ ok: false, reason: 'credentials' })
      }
      expect(await signIn('ines.moreau', 'pass-of-Ines')).to.deep.equal({ ok: false, reason: 'locked' })
      expect(await signIn('adelheid.berg', 'pass-of-Adelheid')).to.include({ ok: true })
    })

    it('says expired of a password that must be changed first', async () => {
      await start()
      await setPassword(nameEntry(company.named.leaver), 'given-by-the-administrator')
      await slapd.change((client) => client.modify(nameEntry(company.named.leaver), replace('pwdReset', 'TRUE')))
      expect(await signIn('ines.moreau', 'given-by-the-administrator')).to.deep.equal({ ok: false, reason: 'expired' })
    })

    it('says with an error that the server is away, or does not take the account that reads', async () => {
      await start()
      expect(await catchError(() => signIn('ines.moreau', 'pass-of-Ines', { bindPassword: 'wrong' }))).to.include({
        kind: 'settings',
      })
      await slapd.stop()
      expect(await catchError(() => signIn('ines.moreau', 'pass-of-Ines'))).to.include({ kind: 'transient' })
    })
  })

  describe('StartTLS', () => {
    let server: Server | undefined

    afterEach(() => server?.close())

    /** Answers the request for TLS with some bytes, and keeps all that it hears. */
    async function listen(answer: Buffer): Promise<{ port: number; heard: Buffer[] }> {
      const heard: Buffer[] = []
      server = createPlainServer((socket) => {
        socket.on('error', () => undefined)
        socket.on('data', (chunk: Buffer) => {
          heard.push(chunk)
          if (heard.length === 1) socket.write(answer)
        })
      })
      await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
      return { port: (server.address() as AddressInfo).port, heard }
    }

    const success = Buffer.from('300c02010178070a010004000400', 'hex')

    it('ends where the server does not offer it, answers nonsense, or says more than that before TLS has begun', async () => {
      await start()
      const refused = Buffer.from('300c02010178070a010204000400', 'hex')
      for (const answer of [
        refused,
        Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'),
        Buffer.concat([success, success]),
      ]) {
        const { port, heard } = await listen(answer)
        expect(await refuse({ port, security: 'starttls' }), answer.toString()).to.include({ kind: 'settings' })
        expect(Buffer.concat(heard).toString('latin1')).to.not.include(reader.password)
        server?.close()
      }
    })
  })
})
