import { expect } from 'chai'
import { readOperations } from '../../server/scim/patch-syntax.ts'
import {
  badgeSchema,
  deskSchema,
  enterprise,
  home,
  listChanges,
  mira,
  patch,
  readCode,
  userType,
  work,
} from '../support/patch-in-memory.ts'
import { enterpriseSchema, patchSchema, rollcallSchema, userSchema } from '../support/scim-client.ts'

describe('the body of a PATCH', () => {
  const operation = { op: 'replace', path: 'title', value: 'Gardener' }
  const repeat = (one: unknown, length: number): unknown[] => Array.from({ length }, () => one)
  const read = (body: unknown, strict = false): unknown => readOperations(body, { strict, notes: [] })

  it('7644-3.5.2-02 7644-3.5.2-03 takes op and member names in any case', () => {
    const body = {
      SCHEMAS: [patchSchema.toUpperCase()],
      operations: [{ OP: 'RePlace', Path: 'title', VALUE: 'Gardener' }],
    }
    expect(read(body)).to.deep.equal([operation])
  })

  const form = (...operations: unknown[]): unknown => ({ schemas: [patchSchema], Operations: operations })
  const refused: readonly [string, string, unknown, string][] = [
    ['7644-3.5.2-02', 'no object', [operation], 'invalid_syntax'],
    ['7644-3.5.2-02', 'another message', { schemas: [userSchema], Operations: [operation] }, 'invalid_syntax'],
    ['7644-3.5.2-02', 'no Operations', { schemas: [patchSchema] }, 'invalid_syntax'],
    ['7644-3.5.2-02', 'an object of Operations', { schemas: [patchSchema], Operations: operation }, 'invalid_syntax'],
    ['7644-3.5.2-02', 'an operation that is no object', form('add'), 'invalid_syntax'],
    ['7644-3.5.2-03', 'an unknown op', form({ ...operation, op: 'move' }), 'invalid_syntax'],
    ['7644-3.5.2-03', 'a missing op', form({ path: 'title', value: 'x' }), 'invalid_syntax'],
    ['7644-3.5.2-03 A-01', 'op twice', form({ ...operation, Op: 'add' }), 'invalid_syntax'],
    ['7644-3.5.2-05', 'a path that is no string', form({ ...operation, path: 7 }), 'invalid_path'],
    ['7644-3.5.2-04 7644-3.5.2.2-01', 'remove without a path', form({ op: 'remove' }), 'no_target'],
    ['7644-3.5.2-04 7644-3.5.2.2-01', 'remove with an empty path', form({ op: 'remove', path: '' }), 'no_target'],
    ['7644-3.5.2.1-01', 'add without a value', form({ op: 'add', path: 'title' }), 'invalid_value'],
    ['7644-3.5.2.3-02', 'replace without a value', form({ op: 'replace', path: 'title' }), 'invalid_value'],
    [
      '7644-3.5.2.1-01',
      'add without a value where the path does not say all',
      form({ op: 'add', path: 'roles[value eq "Admin"]' }),
      'invalid_value',
    ],
    ['7644-3.5.2-22', '1001 operations', form(...repeat(operation, 1001)), 'too_large'],
  ]
  for (const [ids, what, body, code] of refused) {
    it(`${ids} is refused with ${what}: ${code}`, () => expect(readCode(() => read(body))).to.equal(code))
  }

  it('7644-3.5.2-22 may hold a thousand operations', () => {
    expect(read(form(...repeat(operation, 1000)))).to.have.length(1000)
  })

  const lenient: readonly [string, string, unknown, string][] = [
    ['7644-3.5.2-02', 'without schemas', { Operations: [operation] }, 'invalid_syntax'],
    ['7644-3.5.2-02', 'without operations in it', form(), 'invalid_syntax'],
    ['7644-3.5.2-05', 'with path null', form({ op: 'add', path: null, value: {} }), 'invalid_path'],
    ['7644-3.5.2-05', 'with an empty path', form({ op: 'replace', path: ' ', value: {} }), 'invalid_path'],
  ]
  for (const [ids, what, body, code] of lenient) {
    it(`${ids} is read ${what}, and refused so in strict mode: ${code}`, () => {
      expect(() => read(body)).not.to.throw()
      expect(readCode(() => read(body, true))).to.equal(code)
    })
  }
})

describe('PATCH operations', () => {
  interface Form {
    /** The requirements that add, replace and remove prove. */
    readonly ids: readonly [add: string, replace: string, remove: string]
    readonly form: string
    readonly path: string
    readonly value: unknown
    readonly add: Record<string, unknown>
    /** The same as add where it is left out. */
    readonly replace?: Record<string, unknown>
    readonly remove: Record<string, unknown>
  }
  const other = { value: 'mira@garden.example', type: 'other' }
  const researchOnly = { department: 'Research' }

  const forms: readonly Form[] = [
    {
      ids: ['7644-3.5.2.1-06', '7644-3.5.2.3-03', '7644-3.5.2.2-02'],
      form: 'an attribute',
      path: 'title',
      value: 'Gardener',
      add: { title: 'Gardener' },
      remove: { title: undefined },
    },
    {
      ids: ['7644-3.5.2.1-03', '7644-3.5.2.3-04', '7644-3.5.2.2-07'],
      form: 'an absent attribute',
      path: 'nickName',
      value: 'Mi',
      add: { nickName: 'Mi' },
      remove: {},
    },
    {
      ids: ['7644-3.5.2-12', '7644-3.5.2-12', '7644-3.5.2.2-07'],
      form: 'a sub-attribute of what is absent',
      path: `${rollcallSchema}:locations.display`,
      value: 'North',
      add: { [rollcallSchema]: { locations: [{ display: 'North' }] } },
      remove: {},
    },
    {
      ids: ['7644-3.5.2.1-06', '7644-3.5.2.3-03', '7644-3.5.2.2-02'],
      form: 'a boolean',
      path: 'active',
      value: false,
      add: { active: false },
      remove: { active: undefined },
    },
    {
      ids: ['7644-3.5.2-12', '7644-3.5.2-12', '7644-3.5.2.2-02'],
      form: 'a sub-attribute',
      path: 'name.givenName',
      value: 'Miriam',
      add: { name: { givenName: 'Miriam', familyName: 'Okafor' } },
      remove: { name: { familyName: 'Okafor' } },
    },
    {
      ids: ['7644-3.5.2.1-04', '7644-3.5.2.3-05 A-07', '7644-3.5.2.2-02'],
      form: 'a complex attribute, which is merged',
      path: 'name',
      value: { middleName: 'Adaeze', givenName: 'Miriam' },
      add: { name: { familyName: 'Okafor', middleName: 'Adaeze', givenName: 'Miriam' } },
      remove: { name: undefined },
    },
    {
      ids: ['7644-3.5.2.1-05', '7644-3.5.2.3-03', '7644-3.5.2.2-03'],
      form: 'an attribute with several values',
      path: 'emails',
      value: [other],
      add: { emails: [work, home, other] },
      replace: { emails: [other] },
      remove: { emails: undefined },
    },
    {
      ids: ['7644-3.5.2-12', '7644-3.5.2-12', '7644-3.5.2-12'],
      form: 'the sub-attribute of every value',
      path: 'emails.display',
      value: 'Mira',
      add: {
        emails: [
          { ...work, display: 'Mira' },
          { ...home, display: 'Mira' },
        ],
      },
      remove: {},
    },
    {
      ids: ['7644-3.5.2.1-10', '7644-3.5.2.3-06', '7644-3.5.2.2-04'],
      form: 'the values that meet a filter',
      path: 'emails[type eq "work"]',
      value: other,
      add: { emails: [{ ...other, primary: true }, home] },
      replace: { emails: [other, home] },
      remove: { emails: [home] },
    },
    {
      ids: ['7644-3.5.2.1-10', '7644-3.5.2.3-07', '7644-3.5.2.2-05'],
      form: 'a sub-attribute of the values that meet a filter',
      path: 'emails[type eq "work" and value ew "example"].value',
      value: 'okafor@larkspur.example',
      add: { emails: [{ ...work, value: 'okafor@larkspur.example' }, home] },
      remove: { emails: [{ type: 'work', primary: true }, home] },
    },
    {
      ids: ['7644-3.5.2-13', '7644-3.5.2-13', '7644-3.5.2-13'],
      form: 'an extension, which is merged',
      path: enterpriseSchema,
      value: { costCenter: '42' },
      add: { [enterpriseSchema]: { ...enterprise, costCenter: '42' } },
      remove: { [enterpriseSchema]: undefined },
    },
    {
      ids: ['7644-3.5.2-12', '7644-3.5.2-12', '7644-3.5.2-12'],
      form: 'an attribute of an extension',
      path: `${enterpriseSchema}:department`,
      value: 'Gardens',
      add: { [enterpriseSchema]: { department: 'Gardens', manager: { value: 'emp_boss' } } },
      remove: { [enterpriseSchema]: { manager: { value: 'emp_boss' } } },
    },
    {
      ids: ['7644-3.5.2-12', '7644-3.5.2-12', '7644-3.5.2-12'],
      form: 'a sub-attribute of an extension',
      path: `${enterpriseSchema}:manager.value`,
      value: 'emp_other',
      add: { [enterpriseSchema]: { ...enterprise, manager: { value: 'emp_other' } } },
      remove: { [enterpriseSchema]: researchOnly },
    },
    {
      ids: ['7644-3.5.2-12', '7644-3.5.2-12', '7644-3.5.2-12'],
      form: 'an attribute of an extension without its URN',
      path: 'manager',
      value: { value: 'emp_other' },
      add: { [enterpriseSchema]: { ...enterprise, manager: { value: 'emp_other' } } },
      remove: { [enterpriseSchema]: researchOnly },
    },
    {
      ids: ['7644-3.5.2-12', '7644-3.5.2-12', '7644-3.5.2-12'],
      form: 'a core attribute with its URN',
      path: `${userSchema}:name.familyName`,
      value: 'Lind',
      add: { name: { givenName: 'Mira', familyName: 'Lind' } },
      remove: { name: { givenName: 'Mira' } },
    },
    {
      ids: ['7644-3.5.2-12', '7644-3.5.2-12', '7644-3.5.2-12'],
      form: 'core values with their URN',
      path: `${userSchema}:emails[type eq "home"].value`,
      value: 'm@home.example',
      add: { emails: [work, { ...home, value: 'm@home.example' }] },
      remove: { emails: [work, { type: 'home' }] },
    },
    {
      ids: ['7644-3.5.2.1-05', '7644-3.5.2.3-03', '7644-3.5.2.2-03'],
      form: 'plain values',
      path: `${badgeSchema}:doors`,
      value: ['North', 'East'],
      add: { [badgeSchema]: { number: '7', doors: ['South', 'North', 'East'] } },
      replace: { [badgeSchema]: { number: '7', doors: ['North', 'East'] } },
      remove: { [badgeSchema]: { number: '7' } },
    },
    {
      ids: ['7644-3.5.2.1-10', '7644-3.5.2.3-06', '7644-3.5.2.2-04'],
      form: 'the plain values that meet a filter',
      path: `${badgeSchema}:doors[value eq "south"]`,
      value: 'North',
      add: { [badgeSchema]: { number: '7', doors: ['North'] } },
      remove: { [badgeSchema]: { number: '7' } },
    },
  ]
  for (const { ids, form, path, value, add, replace = add, remove } of forms) {
    const resource = path.startsWith(badgeSchema) ? { ...mira, [badgeSchema]: { number: '7', doors: ['South'] } } : mira
    const outcomes = [['add', add] as const, ['replace', replace] as const, ['remove', remove] as const]
    for (const [index, [op, expected]] of outcomes.entries()) {
      const operation = op === 'remove' ? { op, path } : { op, path, value }
      it(`${ids[index]} ${op} ${form}: ${path}`, () => {
        expect(listChanges([operation], { resource })).to.deep.equal(expected)
      })
      it(`7644-3.5.2-12 ${op} ${form}, the path in capitals`, () => {
        expect(listChanges([{ ...operation, path: path.toUpperCase() }], { resource })).to.deep.equal(expected)
      })
    }
    if (!path.includes('[')) {
      it(`replace twice with the same changes nothing: ${path}`, () => {
        const operation = { op: 'replace', path, value }
        const { resource: once } = patch([operation], { resource })
        expect(patch([operation], { resource: once }).resource).to.deep.equal(once)
      })
    }
  }

  const members: readonly [string, string, Record<string, unknown>, Record<string, unknown>][] = [
    ['7644-3.5.2.1-03', 'plain', { TITLE: 'Gardener', nickName: 'Mi' }, { title: 'Gardener', nickName: 'Mi' }],
    [
      '7644-3.5.2-12',
      'dotted',
      { 'name.GivenName': 'Miriam' },
      { name: { givenName: 'Miriam', familyName: 'Okafor' } },
    ],
    [
      '7644-3.5.2-12',
      'with a filter',
      { 'emails[type eq "home"].value': 'm@home.example' },
      { emails: [work, { ...home, value: 'm@home.example' }] },
    ],
    [
      '7644-3.5.2-12',
      'URN:attr',
      { [`${enterpriseSchema}:department`]: 'Gardens' },
      { [enterpriseSchema]: { department: 'Gardens', manager: enterprise.manager } },
    ],
    [
      '7644-3.5.2-12',
      'URN:attr.sub',
      { [`${enterpriseSchema.toLowerCase()}:Manager.value`]: 'emp_other' },
      { [enterpriseSchema]: { department: 'Research', manager: { value: 'emp_other' } } },
    ],
    [
      '7644-3.5.2-14',
      'URN container',
      { [enterpriseSchema.toUpperCase()]: { Department: 'Gardens', 'manager.value': 'emp_other', schemas: [] } },
      { [enterpriseSchema]: { department: 'Gardens', manager: { value: 'emp_other' } } },
    ],
    [
      '7644-3.5.2-10 A-16',
      'what the server sets',
      { id: 'emp_0', schemas: [], meta: { version: '1' }, groups: [{ value: 'g' }], title: 'Gardener' },
      { title: 'Gardener' },
    ],
    [
      '7644-3.5.2-07 A-17',
      'what the schema does not have',
      {
        shoeSize: 38,
        'shoe size': 38,
        'name.shoe': 38,
        [`${enterpriseSchema}:shoe`]: 38,
        'urn:larkspur:x': {},
        title: 'Gardener',
      },
      { title: 'Gardener' },
    ],
  ]
  for (const op of ['add', 'replace'] as const) {
    const whole = op === 'add' ? '7644-3.5.2.1-02' : '7644-3.5.2.3-01'
    for (const [ids, form, value, expected] of members) {
      it(`${whole} ${ids} ${op} without a path: ${form}`, () => {
        expect(listChanges([{ op, value }])).to.deep.equal(expected)
      })
    }
    for (const value of ['title', ['title'], 7, null]) {
      it(`${whole} ${op} without a path refuses ${JSON.stringify(value)}`, () => {
        expect(readCode(() => patch([{ op, value }]))).to.equal('invalid_syntax')
      })
    }
  }

  it('7644-3.5.2-07 7644-3.5.2-10 A-16 A-17 notes what it ignores in an object of attributes', () => {
    expect(patch([{ op: 'replace', value: { id: 'emp_0', shoeSize: 38 } }]).notes).to.deep.equal([
      'id: set by the server: ignored',
      'shoeSize: not in the schema: ignored',
    ])
  })

  it('7644-3.5.2-07 A-17 refuses unknown attributes of an object in strict mode', () => {
    for (const value of [{ shoeSize: 38 }, { 'name.shoe': 38 }, { 'emails[type eq "work"].shoe': 38 }]) {
      expect(listChanges([{ op: 'replace', value }])).to.deep.equal({})
      expect(readCode(() => patch([{ op: 'replace', value }], { strict: true }))).to.equal('invalid_syntax')
    }
  })

  it('A-01 refuses an object that names an attribute twice in different case', () => {
    for (const value of [{ title: 'A', TITLE: 'B' }, { [enterpriseSchema]: { department: 'A', Department: 'B' } }]) {
      expect(readCode(() => patch([{ op: 'add', value }]))).to.equal('invalid_syntax')
    }
  })

  it('7644-3.5.2-12 reads an attribute of an extension without its URN with a note, and strictly not at all', () => {
    const operations = [{ op: 'replace', path: 'department', value: 'Gardens' }]
    expect(patch(operations).notes).to.deep.equal([`department: read as ${enterpriseSchema}:department`])
    expect(readCode(() => patch(operations, { strict: true }))).to.equal('invalid_path')
    const object = [{ op: 'replace', value: { department: 'Gardens' } }]
    expect(readCode(() => patch(object, { strict: true }))).to.equal('invalid_syntax')
  })

  describe('refuse', () => {
    const refused: readonly [string, string, unknown, string][] = [
      ['7644-3.5.2-07', 'shoeSize', 38, 'invalid_path'],
      ['7644-3.5.2-07', 'name.shoeSize', 38, 'invalid_path'],
      ['7644-3.5.2-07', `${enterpriseSchema}:shoeSize`, 38, 'invalid_path'],
      ['7644-3.5.2-07', 'urn:larkspur:unknown:title', 'x', 'invalid_path'],
      ['7644-3.5.2-05 7644-3.5.2-06', '/emails/0', 'x', 'invalid_path'],
      ['7644-3.5.2-05 7644-3.5.2-06', 'emails.0', 'x', 'invalid_path'],
      ['7644-3.5.2-05 7644-3.5.2-06', 'emails[0]', 'x', 'invalid_filter'],
      ['7644-3.5.2-05 A-21', 'emails[', 'x', 'invalid_path'],
      ['7644-3.5.2-05 A-21', 'emails[type eq "work"', 'x', 'invalid_path'],
      ['7644-3.5.2-05', 'emails]', 'x', 'invalid_path'],
      ['7644-3.5.2-05', 'emails[type eq "work"].', 'x', 'invalid_path'],
      ['7644-3.5.2-07', 'emails[type eq "work"].shoe', 'x', 'invalid_path'],
      ['7644-3.5.2-05', 'emails[type eq "work"].value.x', 'x', 'invalid_path'],
      ['7644-3.5.2-05', 'emails[type eq "work"]value', 'x', 'invalid_path'],
      ['7644-3.5.2-05', 'emails.type[value eq "x"]', 'x', 'invalid_path'],
      ['7644-3.5.2-05', 'a b', 'x', 'invalid_path'],
      ['7644-3.5.2-05', 'x'.repeat(10_001), 'x', 'invalid_path'],
      ['7644-3.5.2-08 A-21', 'emails[type eq]', 'x', 'invalid_filter'],
      ['7644-3.5.2-08 A-21', 'emails[type regex "x"]', 'x', 'invalid_filter'],
      ['7644-3.5.2-08 A-21', 'emails["work"]', 'x', 'invalid_filter'],
      ['7644-3.5.2-08 A-21', 'emails[]', 'x', 'invalid_filter'],
      ['7644-3.5.2-08 A-21', 'emails[shoe eq "x"]', 'x', 'invalid_filter'],
      ['7644-3.5.2-08 A-21', 'emails[primary eq "maybe"]', 'x', 'invalid_filter'],
      ['7644-3.5.2-08 A-21', 'emails[emails[type eq "x"]]', 'x', 'invalid_filter'],
      ['7644-3.5.2-08', 'name[givenName eq "Mira"]', 'x', 'invalid_filter'],
      ['7644-3.5.2-09 7644-3.5.2-10 A-16', 'id', 'emp_0', 'mutability'],
      ['7644-3.5.2-09 7644-3.5.2-10 A-16', 'meta.created', '2026-01-31T12:00:00Z', 'mutability'],
      ['7644-3.5.2-09 7644-3.5.2-10 A-16', 'groups', [{ value: 'g' }], 'mutability'],
      ['7644-3.5.2-09 7644-3.5.2-10 A-16', `${badgeSchema}:printedBy`, 'x', 'mutability'],
      ['7644-3.5.2-09', 'title', 7, 'invalid_value'],
      ['7644-3.5.2-09', 'title', ['a', 'b'], 'invalid_value'],
      ['7644-3.5.2-09', 'active', 'yes', 'invalid_value'],
      ['7644-3.5.2-09', 'name', 'Mira', 'invalid_value'],
      ['7644-3.5.2-09', 'emails', [[home]], 'invalid_value'],
      ['7643-2.4-03 7644-3.5.2-19', 'emails', [work, { ...home, primary: true }], 'invalid_value'],
      ['7644-3.5.2-09', enterpriseSchema, 'x', 'invalid_value'],
      ['7644-3.5.2-09', `${badgeSchema}:level`, 1.5, 'invalid_value'],
      ['7644-3.5.2-09', `${badgeSchema}:issuedAt`, 'today', 'invalid_value'],
      ['7644-3.5.2-09', 'x509Certificates', [{ value: 'not base64!' }], 'invalid_value'],
      ['7644-3.5.2.1-11 7644-3.5.2.3-08', 'emails[type ne "work" and type ne "home"].value', 'x', 'no_target'],
      ['7644-3.5.2.1-11 7644-3.5.2.3-08', 'emails[type eq "fax" or type eq "pager"].value', 'x', 'no_target'],
      ['7644-3.5.2.1-11 7644-3.5.2.3-08', 'emails[type eq "fax" and type eq "pager"].value', 'x', 'no_target'],
    ]
    for (const [ids, path, value, code] of refused) {
      const shown = path.length > 60 ? `${path.slice(0, 20)}…` : path
      it(`${ids} ${shown} = ${JSON.stringify(value)}: ${code}`, () => {
        for (const strict of [false, true]) {
          const read = (operation: unknown): string => readCode(() => patch([operation], { strict }))
          expect(read({ op: 'replace', path, value })).to.equal(code)
          if (code !== 'invalid_value') expect(read({ op: 'add', path, value })).to.equal(code)
          if (code !== 'invalid_value' && code !== 'no_target') expect(read({ op: 'remove', path })).to.equal(code)
        }
      })
    }

    it('7644-3.5.2-08 words without quotes in the filter of a path, in strict mode', () => {
      const operations = [{ op: 'replace', path: 'emails[type eq home].display', value: 'Home' }]
      expect(listChanges(operations)).to.deep.equal({ emails: [work, { ...home, display: 'Home' }] })
      expect(readCode(() => patch(operations, { strict: true }))).to.equal('invalid_filter')
    })

    for (const path of ['userName', 'USERNAME', `${userSchema}:userName`, 'id', 'meta', 'groups']) {
      it(`7644-3.5.2.2-06 the removal of ${path}: mutability`, () =>
        expect(readCode(() => patch([{ op: 'remove', path }]))).to.equal('mutability'))
    }

    for (const value of [null, '']) {
      it(`7644-3.5.2.1-12 a required attribute made ${JSON.stringify(value)}: invalid_value`, () => {
        expect(readCode(() => patch([{ op: 'replace', path: 'userName', value }]))).to.equal('invalid_value')
      })
    }

    it('7644-3.5.2-13 the removal of an extension with an attribute that is set for good', () => {
      const resource = { ...mira, [badgeSchema]: { number: '7' } }
      expect(readCode(() => patch([{ op: 'remove', path: badgeSchema }], { resource }))).to.equal('mutability')
    })

    it('7644-3.5.2-13 7644-3.5.2.2-06 the removal of an extension that every resource must have', () => {
      const { extensions } = userType
      const required = [...extensions].map(([urn, extension]) => [urn, { ...extension, required: true }] as const)
      const type = { ...userType, extensions: new Map(required) }
      const operations = [{ op: 'remove', path: deskSchema }]
      expect(readCode(() => patch(operations, { resource: mira, type }))).to.equal('mutability')
    })

    it('7644-3.5.2.1-12 an extension without its required attribute', () => {
      expect(readCode(() => patch([{ op: 'add', path: `${badgeSchema}:level`, value: 2 }]))).to.equal('invalid_value')
    })
  })

  describe('on an immutable attribute', () => {
    const path = `${badgeSchema}:number`
    const resource = { ...mira, [badgeSchema]: { number: '7' } }

    it('7644-3.5.2-11 set it while it has no value', () => {
      for (const op of ['add', 'replace']) {
        expect(listChanges([{ op, path, value: '7' }])).to.deep.equal({ [badgeSchema]: { number: '7' } })
      }
    })
    it('7644-3.5.2-11 may repeat its value', () =>
      expect(listChanges([{ op: 'replace', path, value: '7' }], { resource })).to.deep.equal({}))
    it('7644-3.5.2-11 cannot change it', () => {
      expect(readCode(() => patch([{ op: 'replace', path, value: '8' }], { resource }))).to.equal('mutability')
      expect(
        readCode(() => patch([{ op: 'replace', path: badgeSchema, value: { number: '8' } }], { resource })),
      ).to.equal('mutability')
      expect(readCode(() => patch([{ op: 'remove', path }], { resource }))).to.equal('mutability')
    })
  })

  describe('on what can be set only once in an extension, or in a complex attribute', () => {
    const key = { value: 'front', cut: 'A' }
    const place = { floor: 2, code: 'B7' }
    const resource = { ...mira, [deskSchema]: { seal: 'S', place, keys: [key] } }
    const keep = (operation: unknown): void => {
      for (const strict of [false, true]) {
        expect(
          readCode(() => patch([operation], { resource, strict })),
          JSON.stringify(operation),
        ).to.equal('mutability')
      }
    }
    const change = (operation: unknown): unknown => patch([operation], { resource }).resource[deskSchema]

    it('7644-3.5.2-11 7644-3.5.2-13 keep it when the extension would go', () => {
      keep({ op: 'remove', path: deskSchema })
      keep({ op: 'replace', path: deskSchema, value: null })
      keep({ op: 'replace', value: { [deskSchema]: null } })
    })
    it('7644-3.5.2-11 keep a sub-attribute', () => {
      const path = `${deskSchema}:place`
      keep({ op: 'replace', path: `${path}.code`, value: 'C1' })
      keep({ op: 'remove', path: `${path}.code` })
      keep({ op: 'add', path, value: { code: 'C1' } })
      keep({ op: 'replace', path, value: { code: null } })
      keep({ op: 'remove', path })
      expect(change({ op: 'replace', path, value: { code: 'B7', floor: 3 } })).to.deep.equal({
        seal: 'S',
        place: { floor: 3, code: 'B7' },
        keys: [key],
      })
    })
    it('7644-3.5.2-11 A-08 keep it within a value, though that can be removed and replaced', () => {
      const path = `${deskSchema}:keys`
      keep({ op: 'replace', path: `${path}[value eq "front"].cut`, value: 'B' })
      keep({ op: 'remove', path: `${path}.cut` })
      keep({ op: 'add', path: `${path}[value eq "front"]`, value: { cut: 'B' } })
      keep({ op: 'add', path, value: { value: 'front', cut: 'B' } })
      const rest = { seal: 'S', place }
      expect(change({ op: 'remove', path: `${path}[value eq "front"]` })).to.deep.equal(rest)
      const back = { value: 'back', cut: 'B' }
      for (const replaced of [`${path}[value eq "front"]`, path]) {
        expect(change({ op: 'replace', path: replaced, value: [back] })).to.deep.equal({ ...rest, keys: [back] })
      }
    })
  })

  describe('on what only the server sets, or nobody keeps', () => {
    for (const [ids, path, note] of [
      ['7644-3.5.2-10 A-16', `${enterpriseSchema}:manager.displayName`, 'set by the server: ignored'],
      ['7644-3.5.2-10 A-16', `${enterpriseSchema}:manager.$ref`, 'set by the server: ignored'],
      ['7643-4.1-10', 'password', 'not kept, for Rollcall stores no secrets of people: ignored'],
    ] as const) {
      it(`${ids} ignore ${path} with a note, and refuse it in strict mode`, () => {
        const operations = [{ op: 'replace', path, value: 'x' }]
        expect(listChanges(operations)).to.deep.equal({})
        expect(patch(operations).notes.join()).to.include(note)
        expect(readCode(() => patch(operations, { strict: true }))).to.equal('mutability')
      })
    }
  })

  describe('that clear', () => {
    const cleared: readonly [string, unknown, Record<string, unknown>][] = [
      ['title', [null], { title: undefined }],
      ['name', [{ givenName: '' }], { name: { familyName: 'Okafor' } }],
      ['title', null, { title: undefined }],
      ['title', '', { title: undefined }],
      ['title', [], { title: undefined }],
      ['name', null, { name: undefined }],
      ['name', '', { name: undefined }],
      ['name.givenName', null, { name: { familyName: 'Okafor' } }],
      ['name.givenName', '', { name: { familyName: 'Okafor' } }],
      ['name', { givenName: null, familyName: '' }, { name: undefined }],
      ['emails', null, { emails: undefined }],
      ['emails', '', { emails: undefined }],
      ['emails', [], { emails: undefined }],
      ['emails[type eq "work"]', null, { emails: [home] }],
      ['emails[type eq "home"].type', '', { emails: [work, { value: home.value }] }],
      ['manager', null, { [enterpriseSchema]: researchOnly }],
      ['manager', '', { [enterpriseSchema]: researchOnly }],
      ['manager', [], { [enterpriseSchema]: researchOnly }],
      ['manager', { value: '' }, { [enterpriseSchema]: researchOnly }],
      ['manager', { value: null, $ref: null, displayName: null }, { [enterpriseSchema]: researchOnly }],
      ['manager.value', '', { [enterpriseSchema]: researchOnly }],
      [enterpriseSchema, null, { [enterpriseSchema]: undefined }],
      [enterpriseSchema, { department: null, manager: null }, { [enterpriseSchema]: undefined }],
    ]
    for (const [path, value, expected] of cleared) {
      it(`7644-3.5.2.3-02 ${value === '' ? 'A-19 ' : ''}replace ${path} with ${JSON.stringify(value)}`, () => {
        expect(listChanges([{ op: 'replace', path, value }])).to.deep.equal(expected)
        expect(listChanges([{ op: 'replace', value: { [path]: value } }])).to.deep.equal(expected)
      })
    }

    for (const path of [
      'title',
      'name',
      'name.givenName',
      'emails',
      'emails[type eq "work"].value',
      'emails[type eq "fax"].value',
      'manager',
      enterpriseSchema,
    ]) {
      it(`7644-3.5.2.1-01 add null to ${path} changes nothing`, () => {
        expect(listChanges([{ op: 'add', path, value: null }])).to.deep.equal({})
        expect(listChanges([{ op: 'add', value: { [path]: null } }])).to.deep.equal({})
      })
    }

    it('nothing where a complex value is added with null in it', () => {
      expect(listChanges([{ op: 'add', path: 'name', value: { givenName: null } }])).to.deep.equal({})
    })

    it('A-19 "" as no value of any type', () => {
      const resource = { ...mira, [badgeSchema]: { number: '7', level: 3, issuedAt: '2026-01-31T12:00:00Z' } }
      for (const name of ['level', 'issuedAt']) {
        const operations = [{ op: 'replace', path: `${badgeSchema}:${name}`, value: '' }]
        expect(patch(operations, { resource }).resource[badgeSchema]).not.to.have.property(name)
      }
    })

    it('7644-3.5.2-15 the schema of an extension with its last attribute', () => {
      const operations = [
        { op: 'remove', path: `${enterpriseSchema}:department` },
        { op: 'remove', path: 'manager' },
      ]
      expect(patch(operations).resource['schemas']).to.deep.equal([userSchema])
    })
  })

  describe('on schemas', () => {
    const core = userSchema.toUpperCase()
    const known: readonly unknown[] = [
      { op: 'add', path: 'schemas', value: [badgeSchema] },
      { op: 'add', path: 'schemas', value: [core, enterpriseSchema] },
      { op: 'replace', path: 'schemas', value: [enterpriseSchema, core, badgeSchema] },
      { op: 'remove', path: 'schemas', value: [badgeSchema] },
      { op: 'remove', path: `schemas[value eq "${badgeSchema}"]` },
    ]
    for (const operation of known) {
      it(`7644-3.5.2-16 may say what there is no data of: ${JSON.stringify(operation)}`, () => {
        for (const strict of [false, true]) {
          const { resource, notes } = patch([operation], { strict })
          expect(resource).to.deep.equal(mira)
          expect(notes.filter((note) => note.startsWith('schemas: ') && !note.includes('only the listed'))).to.be.empty
        }
      })
    }
    const refused: readonly [unknown, string, string][] = [
      [{ op: 'add', path: 'schemas', value: ['urn:x:y'] }, 'urn:x:y is unknown: ignored', 'invalid_syntax'],
      [
        { op: 'replace', path: 'schemas', value: [userSchema] },
        `${enterpriseSchema} was kept: there is data of it`,
        'mutability',
      ],
      [
        { op: 'remove', path: 'schemas', value: [enterpriseSchema] },
        `${enterpriseSchema} was kept: there is data of it`,
        'mutability',
      ],
      [
        { op: 'remove', path: `schemas[value eq "${core}"]` },
        `${userSchema} was kept: there is data of it`,
        'mutability',
      ],
      [{ op: 'remove', path: 'schemas' }, `${userSchema} was kept: there is data of it`, 'mutability'],
    ]
    for (const [operation, note, code] of refused) {
      it(`7644-3.5.2-16 change nothing with a note, and are refused in strict mode: ${JSON.stringify(operation)}`, () => {
        const { resource, notes } = patch([operation])
        expect(resource).to.deep.equal(mira)
        expect(notes).to.include(`schemas: ${note}`)
        expect(readCode(() => patch([operation], { strict: true }))).to.equal(code)
      })
    }
    it('7644-3.5.2-16 7644-3.5.2-15 name an extension before its data', () => {
      const { resource } = patch(
        [
          { op: 'add', path: 'schemas', value: [badgeSchema] },
          { op: 'add', path: `${badgeSchema}:number`, value: '7' },
        ],
        { strict: true },
      )
      expect(resource['schemas']).to.deep.equal([userSchema, enterpriseSchema, badgeSchema])
    })
    it('7644-3.5.2-16 may leave out an extension whose data has just gone', () => {
      const { resource } = patch(
        [
          { op: 'remove', path: enterpriseSchema },
          { op: 'replace', path: 'schemas', value: [userSchema] },
        ],
        { strict: true },
      )
      expect(resource['schemas']).to.deep.equal([userSchema])
    })
    it('7644-3.5.2-15 find the schema of what they wrote', () => {
      const { resource } = patch([{ op: 'add', path: `${badgeSchema}:number`, value: '7' }])
      expect(resource['schemas']).to.deep.equal([userSchema, enterpriseSchema, badgeSchema])
    })
  })

  describe('on the primary value', () => {
    const unset = { ...work, primary: false }
    const primaries: readonly [string, unknown, unknown[]][] = [
      [
        'add one',
        { op: 'add', path: 'emails', value: [{ ...other, primary: true }] },
        [unset, home, { ...other, primary: true }],
      ],
      [
        'add one without a path',
        { op: 'add', value: { emails: { ...other, primary: true } } },
        [unset, home, { ...other, primary: true }],
      ],
      ['add one that is there already', { op: 'add', path: 'emails', value: [work] }, [work, home]],
      [
        'set it by a filter',
        { op: 'replace', path: 'emails[type eq "home"].primary', value: true },
        [unset, { ...home, primary: true }],
      ],
      [
        '7644-3.5.2.3-09 replace a value',
        { op: 'replace', path: 'emails[type eq "home"]', value: { ...other, primary: true } },
        [unset, { ...other, primary: true }],
      ],
      [
        'merge into a value',
        { op: 'add', path: 'emails[type eq "home"]', value: { primary: true } },
        [unset, { ...home, primary: true }],
      ],
      [
        'make one by a filter',
        { op: 'replace', path: 'emails[type eq "other" and primary eq true].value', value: other.value },
        [unset, home, { ...other, primary: true }],
      ],
      [
        'set it on several, of which the last counts',
        { op: 'replace', path: 'emails.primary', value: true },
        [unset, { ...home, primary: true }],
      ],
      ['take it away', { op: 'replace', path: 'emails[primary eq true].primary', value: false }, [unset, home]],
    ]
    for (const [what, operation, emails] of primaries) {
      it(`7643-2.4-03 7644-3.5.2-19 ${what}: at most one stays`, () => {
        expect(patch([operation]).resource['emails']).to.deep.equal(emails)
      })
    }
    it('7643-2.4-03 7643-2.4-06 leave no two that differed in that alone', () => {
      const resource = { ...mira, emails: [work, unset] }
      const { resource: after } = patch([{ op: 'add', path: 'emails', value: { ...other, primary: true } }], {
        resource,
      })
      expect(after['emails']).to.deep.equal([unset, { ...other, primary: true }])
    })
  })

  describe('on a filter that nothing meets', () => {
    const path = 'phoneNumbers[type eq "mobile"].value'

    it('7644-3.5.2.1-11 add makes the value from what the filter says', () => {
      const expected = { phoneNumbers: [{ type: 'mobile', value: '+47 900 00 000' }] }
      for (const strict of [false, true]) {
        expect(listChanges([{ op: 'add', path, value: '+47 900 00 000' }], { strict })).to.deep.equal(expected)
      }
    })
    it('7644-3.5.2.3-08 A-04 replace makes it too, with a note, and is refused in strict mode', () => {
      const operations = [{ op: 'replace', path, value: '+47 900 00 000' }]
      expect(listChanges(operations)).to.deep.equal({ phoneNumbers: [{ type: 'mobile', value: '+47 900 00 000' }] })
      expect(patch(operations).notes).to.deep.equal(['phoneNumbers.value: no value met the filter: one was made'])
      expect(readCode(() => patch(operations, { strict: true }))).to.equal('no_target')
    })
    it('7644-3.5.2.1-11 A-04 makes a whole value with all that the filter says of it', () => {
      const operations = [
        { op: 'add', path: 'addresses[type eq "work" and country eq "NO"]', value: { locality: 'Bergen' } },
      ]
      expect(listChanges(operations)).to.deep.equal({
        addresses: [{ type: 'work', country: 'NO', locality: 'Bergen' }],
      })
    })
    it('7644-3.5.2.2-07 A-03 remove changes nothing', () => {
      expect(
        listChanges([
          { op: 'remove', path },
          { op: 'remove', path: 'emails[type eq "fax"]' },
        ]),
      ).to.deep.equal({})
    })
    it('makes nothing out of nothing', () => {
      expect(listChanges([{ op: 'replace', path, value: '' }])).to.deep.equal({})
    })
    it('makes a value that is all in the filter', () => {
      const operations = [{ op: 'add', path: 'roles[value eq "Admin"]', value: { value: 'Admin' } }]
      expect(listChanges(operations)).to.deep.equal({ roles: [{ value: 'Admin' }] })
    })
    it('7644-3.5.2-09 7644-3.5.2-10 takes no more from the filter than a client may say', () => {
      const add = (filter: string): unknown => [
        { op: 'add', path: `${deskSchema}:keys[${filter}].value`, value: 'back' },
      ]
      expect(listChanges(add('cutBy eq "me"'))).to.deep.equal({ [deskSchema]: { keys: [{ value: 'back' }] } })
      expect(readCode(() => patch(add('level eq 1.5')))).to.equal('invalid_value')
    })
  })

  describe('that remove with a value', () => {
    const removals: readonly [string, unknown, unknown][] = [
      ['a list', [{ value: home.value }], [work]],
      ['one object', { value: home.value, $ref: null }, [work]],
      ['another case', [{ VALUE: 'MIRA@HOME.EXAMPLE', type: 'Home' }], [work]],
      ['primary said to be false', [{ ...home, primary: false }], [work]],
      ['the string of a boolean', [{ value: work.value, primary: 'True' }], [home]],
      ['something that is not there', [{ value: 'nobody@larkspur.example' }], [work, home]],
      ['something that is there, but not so', [{ value: home.value, type: 'work' }], [work, home]],
      ['an empty list', [], [work, home]],
      ['a list of nothing', [null, {}, ''], [work, home]],
      ['null, which is no value', null, undefined],
    ]
    for (const [what, value, emails] of removals) {
      it(`7644-3.5.2.2-08 A-02 take only what is listed: ${what}`, () => {
        expect(patch([{ op: 'remove', path: 'emails', value }]).resource['emails']).to.deep.equal(emails)
      })
    }
    it('7644-3.5.2.2-08 A-02 take plain values', () => {
      const resource = { ...mira, [badgeSchema]: { number: '7', doors: ['North', 'South'] } }
      const { resource: after } = patch([{ op: 'remove', path: `${badgeSchema}:doors`, value: ['north'] }], {
        resource,
      })
      expect(after[badgeSchema]).to.deep.equal({ number: '7', doors: ['South'] })
    })
  })

  it('7644-3.5.2.1-10 7644-3.5.2.2-04 7644-3.5.2.2-05 7644-3.5.2.3-06 7644-3.5.2.3-07 change every value that the filter finds', () => {
    const second = { value: 'okafor@larkspur.example', type: 'work', display: 'Okafor' }
    const resource = { ...mira, emails: [work, second, home] }
    const change = (operation: unknown): unknown => patch([operation], { resource }).resource['emails']
    const path = 'emails[type eq "work"]'
    for (const op of ['add', 'replace']) {
      expect(change({ op, path: `${path}.display`, value: 'M' })).to.deep.equal([
        { ...work, display: 'M' },
        { ...second, display: 'M' },
        home,
      ])
    }
    expect(change({ op: 'add', path, value: { display: 'M' } })).to.deep.equal([
      { ...work, display: 'M' },
      { ...second, display: 'M' },
      home,
    ])
    expect(change({ op: 'replace', path, value: other })).to.deep.equal([other, home])
    expect(change({ op: 'remove', path })).to.deep.equal([home])
    expect(change({ op: 'remove', path: `${path}.display` })).to.deep.equal([
      work,
      { value: second.value, type: 'work' },
      home,
    ])
  })

  it('7644-3.5.2.2-05 leave no value that has nothing left', () => {
    const resource = { ...mira, roles: [{ value: 'Admin' }, { value: 'Cook', type: 'Kitchen' }] }
    const { resource: after } = patch([{ op: 'remove', path: 'roles[value pr].value' }], { resource })
    expect(after['roles']).to.deep.equal([{ type: 'Kitchen' }])
    const alone = { ...mira, roles: [{ value: 'Admin' }] }
    expect(patch([{ op: 'remove', path: 'roles.value' }], { resource: alone }).resource).not.to.have.property('roles')
  })

  it('7644-3.5.2.1-09 make the complex attribute that a sub-attribute belongs to', () => {
    const { name: _, ...resource } = mira
    for (const op of ['add', 'replace']) {
      for (const strict of [false, true]) {
        const operations = [{ op, path: 'name.givenName', value: 'Miriam' }]
        expect(patch(operations, { resource, strict }).resource['name']).to.deep.equal({ givenName: 'Miriam' })
      }
    }
  })

  it('7644-3.5.2.1-05 add to a sub-attribute with several values', () => {
    const resource = { ...mira, [deskSchema]: { place: { drawers: ['top'] } } }
    const path = `${deskSchema}:place.drawers`
    const drawers = (operation: unknown): unknown => patch([operation], { resource }).resource[deskSchema]
    expect(drawers({ op: 'add', path, value: ['low', 'top'] })).to.deep.equal({ place: { drawers: ['top', 'low'] } })
    expect(drawers({ op: 'replace', path, value: ['low'] })).to.deep.equal({ place: { drawers: ['low'] } })
    expect(drawers({ op: 'remove', path })).to.equal(undefined)
  })

  it('7643-2.4-06 7644-3.5.2.1-07 add to the value whose type and value are there already', () => {
    const add = (value: unknown): unknown => listChanges([{ op: 'add', path: 'emails', value }])
    expect(add({ value: home.value, type: 'home' })).to.deep.equal({})
    expect(add({ value: work.value, type: 'work' })).to.deep.equal({})
    expect(add([{ ...home, display: 'Mira' }, home])).to.deep.equal({ emails: [work, { ...home, display: 'Mira' }] })
    expect(add({ ...home, primary: true })).to.deep.equal({
      emails: [
        { ...work, primary: false },
        { ...home, primary: true },
      ],
    })
    expect(add({ value: 'MIRA@home.example', type: 'Home' })).to.deep.equal({
      emails: [work, { value: 'MIRA@home.example', type: 'Home' }],
    })
    expect(add({ value: home.value })).to.deep.equal({ emails: [work, home, { value: home.value }] })
  })

  it('7643-2.4-06 7644-3.5.2.1-08 collapse the same value given twice', () => {
    expect(patch([{ op: 'add', path: 'emails', value: [other, home, other] }]).resource['emails']).to.deep.equal([
      work,
      home,
      other,
    ])
  })

  it('7644-3.5.2-17 apply in order, each to the outcome of the one before', () => {
    const operations = [
      { op: 'remove', path: 'emails' },
      { op: 'add', path: 'emails', value: [other] },
      { op: 'replace', path: 'emails[type eq "other"].type', value: 'work' },
      { op: 'replace', path: 'title', value: 'A' },
      { op: 'replace', value: { title: 'B' } },
    ]
    expect(listChanges(operations)).to.deep.equal({ title: 'B', emails: [{ ...other, type: 'work' }] })
  })

  it('leave the resource that they are given alone', () => {
    const before = structuredClone(mira)
    patch([
      { op: 'replace', path: 'emails[type eq "work"].value', value: 'x@larkspur.example' },
      { op: 'remove', path: 'name.givenName' },
    ])
    expect(mira).to.deep.equal(before)
  })

  it('treat __proto__ as a name like any other', () => {
    const operations = JSON.parse('[{"op":"add","value":{"__proto__":{"title":"x"},"constructor":1}}]') as unknown
    expect(listChanges(operations)).to.deep.equal({})
    expect(readCode(() => patch([{ op: 'add', path: '__proto__', value: 'x' }]))).to.equal('invalid_path')
  })
})
