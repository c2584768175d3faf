import { expect } from 'chai'
import fc from 'fast-check'
import { enterprise, type Mapping, type Provider, rollcall, type SourceRecord } from '../../providers/provider.ts'
import type { JsonObject } from '../../server/db/tables.ts'
import { createMapper, type MappedRecord, mergeMapping } from '../../server/sync/mapping/map.ts'
import type { Canonize } from '../../server/sync/services.ts'
import { ScriptedSource } from '../support/scripted-source.ts'

const passThrough: Canonize = (_type, resource) => ({ resource, faults: [] })

const base: Mapping = {
  'emails[type eq "work"].value': 'mail',
  'emails[type eq "work"].primary': { value: true },
  'emails[type eq "home"].value': 'privateMail',
  'emails[type eq "home"].primary': { value: false },
  'name.givenName': 'first',
  'name.familyName': 'last',
}

function map(
  fields: JsonObject,
  mapping: Mapping = {},
  usernameAttribute = 'workEmail',
  canonize = passThrough,
): MappedRecord {
  const mapper = createMapper({ ...base, ...mapping }, { usernameAttribute }, canonize)
  return mapper.map({ id: '1', type: 'user', fields })
}

const rules =
  (mapping: Mapping): unknown =>
  () =>
    createMapper(mapping, { usernameAttribute: 'workEmail' }, passThrough)

describe('mapping a record', () => {
  it('puts values where the paths say, and keeps what the source said', () => {
    const fields = { mail: ' Ada@Example.com ', first: 'Ada', last: 'Lovelace', number: 42, boss: 7, city: 'London' }
    const record = map(fields, {
      [`${enterprise}:employeeNumber`]: 'number',
      [`${enterprise}:manager.value`]: 'boss',
      'addresses[type eq "work"].locality': 'city',
      title: { from: ['position', 'first'] },
    })
    expect(record.resource).to.deep.equal({
      emails: [{ type: 'work', value: 'Ada@Example.com', primary: true }],
      name: { givenName: 'Ada', familyName: 'Lovelace' },
      addresses: [{ type: 'work', locality: 'London' }],
      title: 'Ada',
      userName: 'ada@example.com',
      [enterprise]: { employeeNumber: '42' },
    })
    expect(record.raw).to.deep.equal(fields)
    expect(record).to.deep.include({
      sourceId: '1',
      userNameKey: 'ada@example.com',
      employeeNumberKey: '42',
      emailKeys: ['ada@example.com'],
    })
    expect(record.facts).to.include({ name: 'Ada Lovelace', manager: '7' })
  })

  it('leaves out what has no value: nothing, null, spaces, an empty list', () => {
    const fields = { mail: 'a@x.example', first: null, last: '  ', nick: [], other: '' }
    const { resource } = map(fields, { nickName: 'nick', title: 'missing', displayName: { from: ['other', 'nick'] } })
    expect(resource).to.deep.equal({
      emails: [{ type: 'work', value: 'a@x.example', primary: true }],
      userName: 'a@x.example',
    })
  })

  it('looks values up in a table in any case, with a rule for all others', () => {
    const type = `${rollcall}:employmentType`
    const read = (said: string, table: Record<string, string>): unknown =>
      (map({ kind: said }, { [type]: { from: 'kind', table } }).resource[rollcall] as JsonObject | undefined)?.[
        'employmentType'
      ]
    expect(read('Full Time', { 'full time': 'full_time' })).to.equal('full_time')
    expect(read('Temp', { 'full time': 'full_time' })).to.equal(undefined)
    expect(read('Temp', { 'full time': 'full_time', '*': 'temporary' })).to.equal('temporary')
  })

  it('keeps apart what depends on the day, on others and on the office', () => {
    const record = map(
      {
        state: 'Employed',
        boss: 'b',
        access: 'Inactive',
        place: 'Berlin',
        begin: '2020-01-01',
        mailOfBoss: 'b@x.example',
      },
      {
        [`${rollcall}:employmentStatus`]: { from: 'state', table: { employed: 'active' } },
        [`${enterprise}:manager`]: 'boss',
        active: 'access',
        [`${rollcall}:location`]: 'place',
        [`${rollcall}:startDate`]: 'begin',
        [`${rollcall}:managerEmail`]: 'mailOfBoss',
      },
    )
    expect(record.facts).to.deep.equal({
      name: null,
      status: 'active',
      unknownStatus: null,
      access: false,
      startDate: '2020-01-01',
      endDate: null,
      manager: 'b',
      managerEmail: 'b@x.example',
      location: 'Berlin',
      faults: [],
    })
    expect(record.resource).to.not.have.any.keys('active', enterprise)
    expect(record.resource[rollcall]).to.include({ employmentStatus: 'active', location: 'Berlin' })
  })

  it('tells a status that it does not know, and one that is missing, from no rule for it', () => {
    const status = { [`${rollcall}:employmentStatus`]: { from: 'state', table: { employed: 'active' } } }
    expect(map({ state: 'Gardening' }, status).facts).to.include({ status: null, unknownStatus: 'Gardening' })
    expect(map({}, status).facts).to.include({ status: null, unknownStatus: '' })
    expect(map({}).facts).to.include({ status: null, unknownStatus: null })
    expect(map({ state: 'On leave' }, { [`${rollcall}:employmentStatus`]: 'state' }).facts.status).to.equal('on_leave')
  })

  it('stores no status of who has not begun', () => {
    const record = map({ state: 'pending' }, { [`${rollcall}:employmentStatus`]: 'state' })
    expect(record.facts.status).to.equal('pending')
    expect(record.resource).to.not.have.property(rollcall)
  })

  it('reads days in the forms that sources use, and never moves them', () => {
    const cases: Readonly<Record<string, string | undefined>> = {
      '2026-02-03': '2026-02-03',
      '2026-2-3': '2026-02-03',
      '2026-02-03T23:59:59-11:00': '2026-02-03',
      '2026-02-03T00:00:00Z': '2026-02-03',
      '2026-02-03Z': '2026-02-03',
      '2026-02-03+14:00': '2026-02-03',
      '2026-02-03 10:00': '2026-02-03',
      '2026/02/03': '2026-02-03',
      '20260203': '2026-02-03',
      '20260203083000.0Z': '2026-02-03',
      '3.2.2026': '2026-02-03',
      '13/02/2026': '2026-02-13',
      '02/13/2026': '2026-02-13',
      '02/02/2026': '2026-02-02',
      '3 Feb 2026': '2026-02-03',
      '03-Feb-2026': '2026-02-03',
      'February 3rd, 2026': '2026-02-03',
      '/Date(1770076800000)/': '2026-02-03',
      '/Date(1770076800000+0000)/': '2026-02-03',
      '1770076800000': '2026-02-03',
      '134145504000000000': '2026-02-03',
      '0000-00-00': undefined,
      '9223372036854775807': undefined,
      '0': undefined,
    }
    for (const [said, day] of Object.entries(cases)) {
      const { facts } = map({ begin: said }, { [`${rollcall}:startDate`]: 'begin' })
      expect([facts.startDate, facts.faults], said).to.deep.equal([day ?? null, []])
    }
    for (const said of ['02/03/2026', '2026-02-30', 'soon', '31.11.2026', 'Smarch 1, 2026']) {
      const { facts } = map({ begin: said }, { [`${rollcall}:startDate`]: 'begin' })
      expect(facts.startDate, said).to.equal(null)
      expect(facts.faults).to.deep.equal([
        `${rollcall}:startDate: “${said}” is no date that can be read without doubt.`,
      ])
    }
  })

  it('reads yes and no', () => {
    const words = { yes: true, TRUE: true, 1: true, Active: true, no: false, false: false, 0: false, inactive: false }
    for (const [word, is] of Object.entries(words)) expect(map({ a: word }, { active: 'a' }).facts.access).to.equal(is)
    expect(map({ a: true }, { active: 'a' }).facts.access).to.equal(true)
    const { facts } = map({ a: 'perhaps' }, { active: 'a' })
    expect([facts.access, facts.faults]).to.deep.equal([null, ['active: “perhaps” is neither yes nor no.']])
  })

  it('takes userName from the address at work or from what the setting names, and matches by no address at home', () => {
    const fields = { mail: 'Ada@Example.com', privateMail: 'ada@home.example', login: 'AdaL' }
    expect(map(fields, { userName: 'login' }).resource['userName']).to.equal('ada@example.com')
    expect(map(fields, { userName: 'login' }, 'userName').resource['userName']).to.equal('AdaL')
    expect(map(fields, { nickName: 'login' }, 'nickName').userNameKey).to.equal('adal')
    expect(map(fields).emailKeys).to.deep.equal(['ada@example.com'])
    const home = map({ privateMail: 'ada@home.example' })
    expect(home.resource).to.not.have.property('userName')
    expect([home.userNameKey, home.emailKeys]).to.deep.equal([null, []])
  })

  it('says what the schema did not take', () => {
    const record = map({ mail: 'a@x.example', first: 'A' }, {}, 'workEmail', (_type, { name: _, ...resource }) => ({
      resource,
      faults: ['name is not in the schema.'],
    }))
    expect(record.facts.faults).to.deep.equal(['name is not in the schema.'])
    expect(record.resource).to.not.have.property('name')
  })

  it('maps groups', () => {
    const mapper = createMapper(base, { usernameAttribute: 'workEmail' }, passThrough)
    const of = (fields: JsonObject): MappedRecord => mapper.map({ id: 'g', type: 'group', fields })
    const extension = 'urn:ietf:params:scim:schemas:extension:rollcall:2.0:Group'
    expect(of({ displayName: ' Sales ', description: 'Sells', securityGroup: 'yes' })).to.deep.include({
      type: 'group',
      resource: { displayName: 'Sales', [extension]: { description: 'Sells', securityGroup: true } },
    })
    expect(of({ displayName: null }).resource).to.deep.equal({ displayName: 'g' })
  })

  it('leaves out what PostgreSQL cannot store', () => {
    const record = map({ mail: 'a\0@x.example', 'fi\0eld': { deep: ['\ud800x'] }, first: '\0' })
    expect(JSON.stringify(record)).to.not.match(/\\u0000|\\ud800/)
    expect(record.emailKeys).to.deep.equal(['a@x.example'])
  })

  it('never fails, whatever the source says', () => {
    const value = fc.jsonValue() as fc.Arbitrary<JsonObject[string]>
    const names = ['mail', 'privateMail', 'first', 'last', 'a', 'b', 'c', 'd']
    const fields = fc.record(Object.fromEntries(names.map((name) => [name, fc.option(value, { nil: null })])))
    const mapping: Mapping = {
      active: 'a',
      [`${rollcall}:startDate`]: 'b',
      [`${rollcall}:employmentStatus`]: { from: ['c', 'd'], table: { x: 'active', '*': 'terminated' } },
      [`${enterprise}:manager.value`]: 'd',
      'photos[primary eq true].value': 'c',
      nickName: { from: 'a', transform: 'lowercase' },
    }
    fc.assert(
      fc.property(fields, (drawn) => {
        const { facts } = map(drawn, mapping)
        expect(facts.startDate === null || /^\d{4}-\d\d-\d\d$/.test(facts.startDate)).to.equal(true)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('the rules of a mapping', () => {
  const provider: Provider = new ScriptedSource().provider

  it('are the provider’s with the directory’s over them, whatever the case of a path', () => {
    const merged = mergeMapping(provider, { TITLE: 'jobTitle', nickName: null, 'name.middleName': 'middle' })
    expect(merged).to.not.have.any.keys('title', 'nickName')
    expect(merged).to.deep.include({ TITLE: 'jobTitle', 'name.middleName': 'middle' })
  })

  it('map address, first and last name always, but may take them from elsewhere', () => {
    const names = ['emails[type eq "work"].value', 'name.givenName', 'name.familyName']
    const removed = mergeMapping(provider, Object.fromEntries(names.map((name) => [name, null])))
    expect(removed).to.include.keys(names)
    expect(mergeMapping(provider, { 'Emails[Type EQ "work"].value': 'other' })).to.deep.include({
      'Emails[Type EQ "work"].value': 'other',
    })
  })

  it('ask the source for the fields that they need', () => {
    const mapper = createMapper(base, { usernameAttribute: 'workEmail' }, passThrough)
    expect(mapper.fields).to.deep.equal(['mail', 'privateMail', 'first', 'last'])
  })

  it('have a digest that changes with them, and with where userName comes from', () => {
    const digest = (mapping: Mapping, usernameAttribute = 'workEmail'): string =>
      createMapper(mapping, { usernameAttribute }, passThrough).digest
    const reversed = Object.fromEntries(Object.entries(base).toReversed())
    expect(digest(reversed)).to.equal(digest(base))
    expect(digest({ ...base, title: 'x' })).to.not.equal(digest(base))
    expect(digest(base, 'nickName')).to.not.equal(digest(base))
  })

  it('are refused with the attribute that is wrong', () => {
    const wrong: Readonly<Record<string, unknown>> = {
      'na me': 'x',
      'emails[type eq work].value': 'x',
      'emails[type eq "work"]': 'x',
      a: '',
      b: 7,
      c: {},
      d: { from: [] },
      e: { from: 'x', transform: 'rot13' },
      f: { from: 'x', table: { y: 7 } },
      g: { value: 7 },
      h: { value: 'x', from: 'y' },
      i: { from: 'x', default: 'y' },
    }
    for (const [path, rule] of Object.entries(wrong)) {
      expect(rules({ [path]: rule } as Mapping), path).to.throw(path)
      expect(() => mergeMapping(provider, { [path]: rule } as JsonObject), path).to.throw(path)
    }
  })
})

describe('a mapped record', () => {
  it('is the same however often it is mapped', () => {
    const mapper = createMapper(base, { usernameAttribute: 'workEmail' }, passThrough)
    const record: SourceRecord = { id: '1', type: 'user', fields: { mail: 'a@x.example', first: 'A' } }
    expect(mapper.map(record)).to.deep.equal(mapper.map(record))
  })
})
