import { expect } from 'chai'
import supertest from 'supertest'
import { createApp } from '../../server/app.ts'
import { readConfig } from '../../server/config.ts'
import { AppError } from '../../server/errors.ts'
import { createLogger } from '../../server/ops/logger.ts'
import { answerError } from '../../server/scim/errors.ts'
import type { Note } from '../../server/scim/notes.ts'
import { clock, createTenant, getApp, type Tenant } from '../support/app.ts'
import { testDatabase } from '../support/postgres.ts'
import {
  type Body,
  enterpriseSchema,
  groupSchema,
  patchSchema,
  type Reply,
  ScimClient,
  userSchema,
} from '../support/scim-client.ts'
import { expectError, expectList, expectResource, expectStatus, listMembers } from '../support/stories/chapter.ts'

const address = 'mira@larkspur.example'
const manager = `${enterpriseSchema}:manager`

describe('compatibility with real clients', () => {
  let tenant: Tenant
  let scim: ScimClient
  /** The same directory's identity provider, whose requests are read to the letter. */
  let strict: ScimClient
  beforeEach(async () => {
    tenant = await createTenant()
    scim = tenant.scim
    const other = await tenant.addDirectory('Strict')
    const db = testDatabase()
    await db.updateTable('directories').set({ strict: true }).where('id', '=', other.directoryId).execute()
    strict = other.scim
  })

  const createMira = (attributes: Body = {}): Promise<Body> =>
    scim.createUser(address, { emails: [{ value: address, type: 'work', primary: true }], ...attributes })

  const patchUser = async (id: string, ...operations: unknown[]): Promise<Body> =>
    expectResource(await scim.patch(`/Users/${id}`, operations), 200, `${scim.baseUrl}/Users`)

  /** The notes on the latest request, as `path: note`. */
  async function readNotes(directoryId = tenant.directoryId): Promise<string[]> {
    await (await getApp()).app.requestLog.flush()
    const { notes } = await testDatabase()
      .selectFrom('request_log')
      .select('notes')
      .where('org_id', '=', tenant.organizationId)
      .where('directory_id', '=', directoryId)
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirstOrThrow()
    return (notes as unknown as Note[]).map(({ path, note }) => `${path}: ${note}`)
  }

  const expectNote = async (pattern: RegExp): Promise<void> => {
    const notes = await readNotes()
    expect(
      notes.some((note) => pattern.test(note)),
      notes.join('; '),
    ).to.equal(true)
  }

  /** Expects that a strict directory refuses operations on a user or a group of its own. */
  async function expectRefused(
    endpoint: '/Users' | '/Groups',
    scimType: string,
    ...operations: unknown[]
  ): Promise<void> {
    const own = endpoint === '/Users' ? await strict.createUser('strict') : await strict.createGroup('Strict')
    expectError(await strict.patch(`${endpoint}/${own['id']}`, operations), 400, scimType)
  }

  const createUsers = async (count: number): Promise<string[]> => {
    const users = await Promise.all(Array.from({ length: count }, (_, index) => scim.createUser(`user-${index}`)))
    return users.map((user) => String(user['id']))
  }

  it('C-01: op is read in any case', async () => {
    const { id } = await createMira()
    const user = await patchUser(
      id,
      { op: 'Add', path: 'title', value: 'A' },
      { op: 'REPLACE', path: 'nickName', value: 'Mi' },
    )
    expect(user).to.include({ title: 'A', nickName: 'Mi' })
    expect(await patchUser(id, { op: 'rEmOvE', path: 'title' })).not.to.have.property('title')
    const sameCase = { SCHEMAS: [patchSchema], operations: [{ OP: 'Add', PATH: 'title', Value: 'B' }] }
    expect(expectStatus(await scim.send('patch', `/Users/${id}`, sameCase), 200).body['title']).to.equal('B')
  })

  describe('C-02: booleans as strings', () => {
    for (const [text, value] of [
      ['True', true],
      ['False', false],
      ['true', true],
      ['false', false],
    ] as const) {
      it(`C-02: "${text}" is ${value} in bodies and in PATCH, and is noted`, async () => {
        const user = await createMira({ active: text, emails: [{ value: address, primary: text }] })
        expect([user['active'], user['emails'][0].primary]).to.deep.equal([value, value])
        await expectNote(/^active: the string ".*" was read as/)
        for (const operation of [
          { op: 'Replace', path: 'active', value: text },
          { op: 'Add', path: 'active', value: [text] },
          { op: 'replace', value: { active: text } },
        ]) {
          expect((await patchUser(user['id'], operation))['active'], JSON.stringify(operation)).to.equal(value)
          await expectNote(/^active: the string/)
        }
      })
    }

    it('C-02: filters and the filters of paths take them, quoted or not', async () => {
      const { id } = await createMira()
      for (const filter of [
        'active eq "True"',
        'active eq true',
        'emails[primary eq "true"]',
        'emails.primary eq "True"',
      ]) {
        expectList(await scim.filter('/Users', filter), 1)
      }
      const user = await patchUser(id, { op: 'Replace', path: 'emails[primary eq "True"].display', value: 'Mira' })
      expect(user['emails'][0].display).to.equal('Mira')
    })

    it('C-02: other strings are no booleans, and in strict mode none is', async () => {
      expectError(
        await scim.post('/Users', { schemas: [userSchema], userName: 'x', active: 'yes' }),
        400,
        'invalidValue',
      )
      expectError(
        await strict.post('/Users', { schemas: [userSchema], userName: 'x', active: 'True' }),
        400,
        'invalidValue',
      )
      await expectRefused('/Users', 'invalidValue', { op: 'replace', path: 'active', value: 'False' })
    })
  })

  it('C-03: an object without a path has plain, dotted, URN:attr, URN:attr.sub and URN container keys in any case', async () => {
    const boss = await scim.createUser('boss')
    const { id } = await createMira()
    const value = {
      DisplayName: 'Mira Okafor',
      'name.GIVENNAME': 'Mira',
      [`${enterpriseSchema}:employeeNumber`]: '4471',
      [`${enterpriseSchema.toLowerCase()}:Manager.value`]: boss['id'],
      [enterpriseSchema]: { Department: 'Growing' },
    }
    const user = await patchUser(id, { op: 'replace', value })
    expect(user).to.deep.include({ displayName: 'Mira Okafor', name: { givenName: 'Mira' } })
    expect(user[enterpriseSchema]).to.deep.include({ employeeNumber: '4471', department: 'Growing' })
    expect(user[enterpriseSchema].manager.value).to.equal(boss['id'])
  })

  it('C-04: inside such an object id, schemas, meta and groups are ignored, and noted', async () => {
    const { id } = await createMira()
    const value = {
      id,
      schemas: [userSchema],
      meta: { resourceType: 'User' },
      groups: [{ value: 'g' }],
      title: 'Botanist',
    }
    expect(await patchUser(id, { op: 'replace', value })).to.include({ id, title: 'Botanist' })
    expect(await readNotes()).to.include.members(['id: set by the server: ignored', 'meta: set by the server: ignored'])
    const group = await scim.createGroup('Growers')
    const rename = { id: group['id'], schemas: [groupSchema], displayName: 'Gardeners' }
    expectStatus(await scim.patch(`/Groups/${group['id']}`, [{ op: 'replace', value: rename }]), 204)
    expectError(await scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'id', value: id }]), 400, 'mutability')
  })

  it('C-05: a path of null or "" is none, is noted, and is refused in strict mode', async () => {
    const { id } = await createMira()
    for (const path of [null, '']) {
      clock.advance(1)
      expect(await patchUser(id, { op: 'add', path, value: { title: `with ${path}` } })).to.include({
        title: `with ${path}`,
      })
      await expectNote(/^Operations\[0\]\.path: empty: read as absent/)
      expectError(await scim.patch(`/Users/${id}`, [{ op: 'remove', path }]), 400, 'noTarget')
    }
    await expectRefused('/Users', 'invalidPath', { op: 'replace', path: null, value: { title: 'x' } })
  })

  describe('C-06: remove with a value takes out only what is listed', () => {
    it('C-06: members, as a list, an object, an object of members, or with $ref of null', async () => {
      const ids = await createUsers(5)
      const { id } = await scim.createGroup('Growers', ids)
      const [a, b, c, d, e] = ids
      for (const [value, left] of [
        [[{ $ref: null, value: a }], [b, c, d, e]],
        [{ value: b }, [c, d, e]],
        [{ members: [{ value: c }] }, [d, e]],
        [[{ value: d, display: null, type: 'User', $ref: 'https://elsewhere.example' }], [e]],
        [[], [e]],
        [[{ value: a }], [e]],
      ] as const) {
        expectStatus(await scim.patch(`/Groups/${id}`, [{ op: 'Remove', path: 'members', value }]), 204)
        expect(await listMembers(scim, id)).to.have.members(left)
        await expectNote(/^members: remove with a value: only the listed/)
      }
    })

    it('C-06: values of a user', async () => {
      const roles = [{ value: 'grower' }, { value: 'owner', type: 'app' }]
      const { id } = await createMira({ roles })
      const user = await patchUser(id, {
        op: 'Remove',
        path: 'roles',
        value: [{ value: 'grower', display: null, $ref: null }],
      })
      expect(user['roles']).to.deep.equal([roles[1]])
      await expectNote(/^roles: remove with a value: only the listed/)
      expect(await patchUser(id, { op: 'Remove', path: 'roles', value: { value: 'owner' } })).not.to.have.property(
        'roles',
      )
    })
  })

  it('C-07: a value that no filter finds is made, is noted on replace, and is refused then in strict mode', async () => {
    const { id } = await scim.createUser(address)
    const path = 'emails[type eq "work"].value'
    const user = await patchUser(id, { op: 'Replace', path, value: address })
    expect(user['emails']).to.deep.equal([{ type: 'work', value: address }])
    await expectNote(/^emails\.value: no value met the filter: one was made/)
    const added = await patchUser(id, {
      op: 'Add',
      path: 'phoneNumbers[type eq "mobile"].value',
      value: '+47 900 00 000',
    })
    expect(added['phoneNumbers']).to.deep.equal([{ type: 'mobile', value: '+47 900 00 000' }])
    await expectRefused('/Users', 'noTarget', { op: 'replace', path, value: address })
  })

  describe('C-08: the manager', () => {
    const forms: readonly [string, (id: string) => unknown][] = [
      ['a string', (value) => ({ op: 'Add', path: manager, value })],
      ['an object', (value) => ({ op: 'Add', path: manager, value: { value, $ref: null, displayName: null } })],
      [
        'an array of one',
        (value) => ({ op: 'Add', path: 'manager', value: [{ value, $ref: 'https://elsewhere.example' }] }),
      ],
      ['a string in an object', (value) => ({ op: 'replace', value: { [manager]: value } })],
    ]
    for (const [form, operate] of forms) {
      it(`C-08: is set by ${form}`, async () => {
        const [boss, user] = [await scim.createUser('boss'), await createMira()]
        const patched = await patchUser(user['id'], operate(boss['id']))
        expect(patched[enterpriseSchema].manager).to.deep.equal({
          value: boss['id'],
          $ref: `${scim.baseUrl}/Users/${boss['id']}`,
        })
        if (form !== 'an object') await expectNote(/:manager: .* was read as/)
      })
    }

    it('C-08: is set by a string in a body, too', async () => {
      const boss = await scim.createUser('boss')
      const user = await createMira({ [enterpriseSchema]: { manager: boss['id'] } })
      expect(user[enterpriseSchema].manager.value).to.equal(boss['id'])
    })

    for (const operation of [
      { op: 'Replace', path: manager, value: '' },
      { op: 'Replace', path: manager, value: null },
      { op: 'Replace', path: manager, value: [] },
      { op: 'Replace', path: manager, value: { value: '' } },
      { op: 'Remove', path: manager },
      { op: 'Remove', path: 'manager', value: '' },
      { op: 'Remove', path: `${manager}.value` },
    ]) {
      it(`C-08: is cleared by ${JSON.stringify({ ...operation, path: operation.path.replace(/^.*:/, '…:') })}`, async () => {
        const boss = await scim.createUser('boss')
        const user = await createMira({ [enterpriseSchema]: { manager: { value: boss['id'] } } })
        expect(await patchUser(user['id'], operation)).not.to.have.property(enterpriseSchema)
      })
    }

    it('C-08: is no string and no array in strict mode', async () => {
      await expectRefused('/Users', 'invalidValue', { op: 'add', path: manager, value: 'emp_boss' })
      const own = await strict.createUser('other')
      const operations = [{ op: 'add', path: manager, value: [{ value: own['id'] }] }]
      expectError(await strict.patch(`/Users/${own['id']}`, operations), 400, 'invalidValue')
    })
  })

  it('C-09: a role that is JSON in a string stays that string', async () => {
    const value = '{"id":"r-1","value":"Admin","displayName":"Admin \\"A\\""}'
    const { id } = await createMira({ roles: [{ value }] })
    const user = await patchUser(id, { op: 'Add', path: 'roles', value: [{ value: `${value} ` }] })
    expect(user['roles']).to.deep.equal([{ value }, { value: `${value} ` }])
    expectList(await scim.filter('/Users', `roles[value eq ${JSON.stringify(value)}]`), 1)
    expect(await patchUser(id, { op: 'Add', path: 'roles', value: [{ value }] })).to.deep.equal(user)
  })

  it('C-10: filters compare one value of several, and complex attributes by their value', async () => {
    const boss = await scim.createUser('boss')
    const user = await createMira({ [enterpriseSchema]: { manager: { value: boss['id'] } } })
    const group = await scim.createGroup('Growers', [user['id']])
    for (const filter of [
      `emails[type eq "work"].value eq "${address}"`,
      `emails[type eq "work"].value sw "mira@" and active eq true`,
      `emails eq "${address}"`,
      'emails co "larkspur"',
      `manager eq "${boss['id']}"`,
      `id eq "${user['id']}" and manager eq "${boss['id']}"`,
      `${manager} eq "${boss['id']}"`,
    ]) {
      expect(expectList(await scim.filter('/Users', filter), 1)[0]?.['id'], filter).to.equal(user['id'])
    }
    for (const filter of [`emails[type eq "home"].value eq "${address}"`, `manager eq "${user['id']}"`]) {
      expectList(await scim.filter('/Users', filter), 0)
    }
    for (const filter of [`members eq "${user['id']}"`, `id eq "${group['id']}" and members eq "${user['id']}"`]) {
      expect(expectList(await scim.filter('/Groups', filter), 1)[0]?.['id'], filter).to.equal(group['id'])
    }
    expectList(await scim.filter('/Groups', `members eq "${boss['id']}"`), 0)
  })

  it('C-11: strings in filters need no quotes', async () => {
    const user = await createMira({ externalId: 'jyoung' })
    const group = await scim.createGroup('PRIMARY/system')
    for (const filter of [
      'externalId eq jyoung',
      `userName eq ${address}`,
      `userName Eq ${address} and active eq true`,
      `id eq ${user['id']}`,
    ]) {
      expect(expectList(await scim.filter('/Users', filter), 1)[0]?.['id'], filter).to.equal(user['id'])
    }
    expect(expectList(await scim.filter('/Groups', 'displayName Eq PRIMARY/system'), 1)[0]?.['id']).to.equal(
      group['id'],
    )
    const path = 'emails[type eq work].display'
    expect((await patchUser(user['id'], { op: 'replace', path, value: 'Mira' }))['emails'][0].display).to.equal('Mira')
  })

  it('C-12: schemas and attributes that nobody knows are ignored, noted, and refused in strict mode', async () => {
    const sent = {
      schemas: [userSchema, 'urn:larkspur:unknown:2.0:User'],
      userName: address,
      shoeSize: 38,
      name: { givenName: 'Mira', nickname2: 'Mi' },
      'urn:larkspur:unknown:2.0:User': { shoeSize: 38 },
      [enterpriseSchema]: { department: 'Growing', shoeSize: 38 },
    }
    const created = expectStatus(await scim.post('/Users', sent), 201)
    expect(created.body['schemas']).to.deep.equal([userSchema, enterpriseSchema])
    expect(created.text).not.to.match(/shoe|nickname2|unknown/)
    for (const pattern of [
      /^shoeSize: not in the schema/,
      /^name\.nickname2: not in/,
      /^schemas: urn:larkspur:unknown/,
      /:User:shoeSize: not in/,
    ]) {
      await expectNote(pattern)
    }
    expect(expectStatus(await scim.put(`/Users/${created.body['id']}`, sent), 200).body['name']).to.deep.equal({
      givenName: 'Mira',
    })
    const group = {
      schemas: [groupSchema, 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group'],
      displayName: 'G',
    }
    expectStatus(await scim.post('/Groups', group), 201)
    expectError(await strict.post('/Groups', group), 400, 'invalidSyntax')
    expectError(
      await strict.post('/Users', { schemas: [userSchema], userName: 'x', shoeSize: 38 }),
      400,
      'invalidSyntax',
    )
  })

  it('C-13: one value stands for an array and an array of one for a value, is noted, and is refused in strict mode', async () => {
    const email = { value: address, type: 'work' }
    const { id, ...user } = await scim.createUser('mira', {
      emails: email,
      name: [{ givenName: 'Mira' }],
      title: ['Botanist'],
    })
    expect(user).to.deep.include({ emails: [email], name: { givenName: 'Mira' }, title: 'Botanist' })
    await expectNote(/^emails: a single value was read as an array of one/)
    await expectNote(/^name: an array of one was read as its value/)
    const other = { value: 'mira@garden.example', type: 'other' }
    expect((await patchUser(id, { op: 'add', path: 'emails', value: other }))['emails']).to.deep.equal([email, other])
    expect((await patchUser(id, { op: 'replace', value: { emails: other } }))['emails']).to.deep.equal([other])
    const strictUser = { schemas: [userSchema], userName: 'x' }
    expectError(await strict.post('/Users', { ...strictUser, emails: email }), 400, 'invalidValue')
    expectError(await strict.post('/Users', { ...strictUser, name: [{ givenName: 'Mira' }] }), 400, 'invalidValue')
  })

  it('C-14: null is nothing, wherever it stands', async () => {
    const sent = {
      schemas: [userSchema, enterpriseSchema],
      id: null,
      externalId: null,
      userName: address,
      title: null,
      name: { givenName: 'Mira', familyName: null },
      emails: [null, { value: address, type: null }],
      addresses: null,
      groups: null,
      meta: null,
      [enterpriseSchema]: { department: null, manager: { value: null, $ref: null } },
    }
    const { meta: _, id, ...user } = expectStatus(await scim.post('/Users', sent), 201).body
    expect(user).to.deep.equal({
      schemas: [userSchema],
      userName: address,
      active: true,
      name: { givenName: 'Mira' },
      emails: [{ value: address }],
    })
    expectStatus(await scim.put(`/Users/${id}`, { ...sent, [enterpriseSchema]: null }), 200)
    const value = { title: null, name: { givenName: null }, emails: null, [enterpriseSchema]: null, [manager]: null }
    expect(await patchUser(id, { op: 'replace', value })).not.to.have.any.keys('name', 'emails', enterpriseSchema)
    const { id: groupId } = await scim.createGroup('Growers')
    const members = [{ $ref: null, value: id, display: null, type: null }]
    expectStatus(await scim.patch(`/Groups/${groupId}`, [{ op: 'Add', path: 'members', value: members }]), 204)
    expect(await listMembers(scim, groupId)).to.deep.equal([id])
    expectStatus(
      await scim.put(`/Groups/${groupId}`, {
        schemas: [groupSchema],
        displayName: 'Growers',
        externalId: null,
        members: null,
      }),
      200,
    )
  })

  it('C-15: application/json is taken, and given where nothing else is accepted', async () => {
    const types: readonly [string | undefined, RegExp][] = [
      ['application/json', /^application\/json/],
      ['application/scim+json', /^application\/scim\+json/],
      ['application/json, application/scim+json', /^application\/scim\+json/],
      ['*/*', /^application\/scim\+json/],
    ]
    for (const [index, [accept, expected]] of types.entries()) {
      const headers = {
        'Content-Type': 'application/json; charset=utf-8',
        ...(accept === undefined ? {} : { Accept: accept }),
      }
      const created = await scim.post('/Users', { schemas: [userSchema], userName: `mira-${index}` }, headers)
      expect(expectStatus(created, 201).headers['content-type'], accept).to.match(expected)
      expect((await scim.get('/Users', headers)).headers['content-type'], accept).to.match(expected)
      expect((await scim.get('/Users/nobody', headers)).headers['content-type'], accept).to.match(expected)
    }
    expectError(await scim.post('/Users', '<user/>', { 'Content-Type': 'application/xml' }), 415)
  })

  it('C-16: query parameters that nobody knows are ignored', async () => {
    const { id } = await createMira()
    for (const flag of ['aadOptscim062020', 'AzureAdScimPatch2017', 'aadOptscim062020=1&x=y']) {
      expectList(await scim.get(`/Users?${flag}&filter=userName%20eq%20%22${encodeURIComponent(address)}%22`), 1)
      expectStatus(await scim.get(`/Users/${id}?${flag}`), 200)
      expectStatus(await scim.put(`/Users/${id}?${flag}`, { schemas: [userSchema], userName: address }), 200)
      expectStatus(await scim.get(`/ServiceProviderConfig?${flag}`), 200)
      expectList(await scim.get(`/Groups?${flag}`), 0)
    }
  })

  it('C-17: inactive users are read, listed and found', async () => {
    const { id } = await createMira({ active: false })
    expect((await scim.get(`/Users/${id}`)).body['active']).to.equal(false)
    expectList(await scim.get('/Users'), 1)
    for (const filter of [`userName eq "${address}"`, 'active eq false', `emails.value eq "${address}"`]) {
      expectList(await scim.filter('/Users', filter), 1)
    }
    expectList(await scim.filter('/Users', 'active eq true'), 0)
  })

  it('C-18: replacing members with [] empties a group, and so does removing them without a value', async () => {
    const ids = await createUsers(2)
    const { id } = await scim.createGroup('Growers', ids)
    for (const operation of [
      { op: 'replace', path: 'members', value: [] },
      { op: 'remove', path: 'members' },
      { op: 'replace', value: { members: [] } },
      { op: 'Remove', path: 'members', value: null },
    ]) {
      const value = ids.map((one) => ({ value: one }))
      expectStatus(await scim.patch(`/Groups/${id}`, [{ op: 'add', path: 'members', value }]), 204)
      expectStatus(await scim.patch(`/Groups/${id}`, [operation]), 204)
      expect(await listMembers(scim, id), JSON.stringify(operation)).to.deep.equal([])
    }
  })

  it('C-19: a password is taken, noted, neither stored nor returned', async () => {
    const secret = 'Rk3-random-secret'
    const created = expectStatus(
      await scim.post('/Users', { schemas: [userSchema], userName: address, password: secret }),
      201,
    )
    await expectNote(/^password: not kept/)
    const replies = [
      created,
      await scim.patch(`/Users/${created.body['id']}`, [{ op: 'replace', path: 'password', value: secret }]),
      await scim.put(`/Users/${created.body['id']}`, { schemas: [userSchema], userName: address, password: secret }),
      await scim.get(`/Users/${created.body['id']}?attributes=password`),
    ]
    for (const { text } of replies) expect(text).not.to.match(/password|Rk3/)
    const rows = await testDatabase()
      .selectFrom('users')
      .selectAll()
      .where('org_id', '=', tenant.organizationId)
      .execute()
    const links = await testDatabase()
      .selectFrom('links')
      .selectAll()
      .where('org_id', '=', tenant.organizationId)
      .execute()
    expect(JSON.stringify([rows, links])).not.to.include('Rk3')
    expectError(await scim.filter('/Users', `password eq "${secret}"`), 400, 'invalidFilter')
  })

  it('C-20: credentials of any wrong shape are answered with 401 and a SCIM error', async () => {
    for (const Authorization of [
      'non-token',
      'Bearer',
      'Bearer  ',
      'Bearer a b',
      'Basic bWlyYQ==',
      'Bearer eyJ.x.y',
      `bearer ${'x'.repeat(5000)}`,
      '',
    ]) {
      for (const path of ['/Users', '/Users/1', '/Groups', '/Nowhere'])
        expectError(await scim.get(path, { Authorization }), 401)
    }
  })

  it('C-21: who asks too often is told to wait in whole seconds', async () => {
    const config = readConfig({ RATE_LIMIT_PER_SECOND: '1' })
    const logger = createLogger('debug', { write: () => undefined })
    const at = clock.now()
    const { listener } = createApp({ config, db: testDatabase(), logger, now: () => at })
    const hurried = new ScimClient(supertest(listener), '', tenant.directoryToken)
    let reply: Reply
    do reply = await hurried.get('/Users?count=0')
    while (reply.status === 200)
    expectError(reply, 429)
    expect(reply.headers['retry-after']).to.match(/^[1-9]\d*$/)
    expect(reply.headers['x-rate-limit-retry-after-seconds']).to.equal(reply.headers['retry-after'])
  })

  it('C-21: so is everybody while the database is away', () => {
    const { status, headers } = answerError(new AppError('database_unavailable'), 'req_1')
    expect(status).to.equal(503)
    expect(headers['Retry-After']).to.match(/^[1-9]\d*$/)
  })

  it('C-22: the discovery documents are complete, each at its own address, too', async () => {
    const config = expectStatus(await scim.get('/ServiceProviderConfig'), 200).body
    expect(config).to.include.keys('patch', 'bulk', 'filter', 'changePassword', 'sort', 'etag', 'authenticationSchemes')
    const types = expectList(await scim.get('/ResourceTypes'), 5)
    expect(types.map((type) => type['id'])).to.have.members(['User', 'Group', 'Person', 'Department', 'Sync'])
    for (const type of types) {
      expect(expectStatus(await scim.get(`/ResourceTypes/${type['id']}`), 200).body).to.deep.equal(type)
      expectStatus(await scim.get(`/Schemas/${type['schema']}`), 200)
    }
    for (const schema of expectList(await scim.get('/Schemas'))) {
      expect(expectStatus(await scim.get(`/Schemas/${schema['id']}`), 200).body).to.deep.equal(schema)
    }
    expectError(await scim.get('/ResourceTypes/Robot'), 404)
    expectError(await scim.get('/Schemas/urn:larkspur:unknown'), 404)
  })

  it('C-23: members are added and removed as often as one likes, many at a time, in many operations', async () => {
    const ids = await createUsers(6)
    const { id } = await scim.createGroup('Growers')
    const operations = [
      { op: 'add', path: 'members', value: ids.map((value) => ({ value })) },
      { op: 'add', path: 'members', value: [{ value: ids[0] }, { value: ids[0] }] },
      { op: 'remove', path: `members[value eq "${ids[5]}"]` },
      { op: 'replace', path: 'displayName', value: 'Gardeners' },
    ]
    const first = expectStatus(await scim.patch(`/Groups/${id}`, operations), 204)
    expect(await listMembers(scim, id)).to.have.members(ids.slice(0, 5))
    const again = expectStatus(await scim.patch(`/Groups/${id}`, operations), 204)
    expect(again.headers['etag']).to.equal(first.headers['etag'])
    expectStatus(await scim.patch(`/Groups/${id}`, [{ op: 'remove', path: `members[value eq "${ids[5]}"]` }]), 204)
    expect((await scim.get(`/Groups/${id}`)).headers['etag']).to.equal(first.headers['etag'])
  })

  it('C-24: PATCH answers a user with 200 and a group with 204', async () => {
    const user = await createMira()
    expect((await patchUser(user['id'], { op: 'replace', path: 'title', value: 'Botanist' }))['title']).to.equal(
      'Botanist',
    )
    const { id } = await scim.createGroup('Growers')
    const reply = expectStatus(
      await scim.patch(`/Groups/${id}`, [{ op: 'replace', path: 'displayName', value: 'Gardeners' }]),
      204,
    )
    expect(reply.headers).not.to.have.property('content-type')
  })

  it('C-25: add with the path members[value eq "id"] adds that member, with a value or without', async () => {
    const [a, b] = await createUsers(2)
    const { id } = await scim.createGroup('Growers')
    expectStatus(await scim.patch(`/Groups/${id}`, [{ op: 'add', path: `members[value eq "${a}"]` }]), 204)
    expectStatus(
      await scim.patch(`/Groups/${id}`, [{ op: 'Add', path: `members[value eq "${b}"]`, value: [{ value: b }] }]),
      204,
    )
    expect(await listMembers(scim, id)).to.have.members([a, b])
    expectError(
      await scim.patch(`/Groups/${id}`, [{ op: 'add', path: 'members[value eq "nobody"]' }]),
      400,
      'invalidValue',
    )
  })

  it('C-26: who is disabled stays in their groups', async () => {
    const { id } = await createMira()
    const group = await scim.createGroup('Growers', [id])
    for (const active of ['False', 'True']) {
      const user = await patchUser(id, { op: 'Replace', path: 'active', value: active })
      expect(user['groups'].map((one: Body) => one['value'])).to.deep.equal([group['id']])
      expect(await listMembers(scim, group['id'])).to.deep.equal([id])
    }
    await scim.put(`/Users/${id}`, { schemas: [userSchema], userName: address, active: false })
    expect(await listMembers(scim, group['id'])).to.deep.equal([id])
  })

  describe('C-27: a userName that is an address stands for the mail of who has none', () => {
    const lookups = [
      `emails eq "${address}"`,
      `emails.value eq "${address}"`,
      `emails.value eq "${address.toUpperCase()}"`,
      `emails[value eq "${address}"]`,
      `emails[type eq "work"].value eq "${address}"`,
      `emails[type eq "work" and primary eq "True"].value eq "${address}"`,
      `active eq true and (emails.value eq "${address}" or title eq "x")`,
    ]
    for (const filter of lookups) {
      it(`C-27: ${filter}`, async () => {
        const { id } = await scim.createUser('Mira@Larkspur.example')
        expect(expectList(await scim.filter('/Users', filter), 1)[0]?.['id']).to.equal(id)
        const read = await strict.filter('/Users', filter)
        if (filter.includes('"True"')) expectError(read, 400, 'invalidFilter')
        else expectList(read, 0)
      })
    }

    it('C-27: not for the home address, not for a part of it, and not where the userName is none', async () => {
      await scim.createUser(address)
      await scim.createUser('mira')
      for (const filter of [
        `emails[type eq "home"].value eq "${address}"`,
        'emails.value sw "mira"',
        'emails.value eq "mira"',
        'emails pr',
      ]) {
        expectList(await scim.filter('/Users', filter), 0)
      }
      expectList(await scim.filter('/Users', `not (emails.value eq "${address}")`), 1)
    })

    it('C-27: not for who has other e-mails, nor once they have', async () => {
      const { id } = await scim.createUser(address)
      expectList(await scim.filter('/Users', `emails.value eq "${address}"`), 1)
      await patchUser(id, { op: 'add', path: 'emails', value: [{ value: 'mira@garden.example', type: 'work' }] })
      expectList(await scim.filter('/Users', `emails.value eq "${address}"`), 0)
      expectList(await scim.filter('/Users', 'emails.value eq "mira@garden.example"'), 1)
      await patchUser(id, { op: 'remove', path: 'emails' })
      expectList(await scim.filter('/Users', `emails[type eq "work"].value eq "${address}"`), 1)
    })
  })
})
