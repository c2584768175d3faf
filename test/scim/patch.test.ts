import { expect } from 'chai'
import type { Condition } from '../../server/directory/condition.ts'
import type { JsonObject } from '../../server/db/tables.ts'
import { AppError } from '../../server/errors.ts'
import { declareResourceTypes } from '../../server/scim/declarations.ts'
import { type MemberOperation, planMembers } from '../../server/scim/member-operations.ts'
import type { Reading } from '../../server/scim/notes.ts'
import { applyOperations, type Patched } from '../../server/scim/patch.ts'
import { readOperations } from '../../server/scim/patch-syntax.ts'
import { compileResourceType, type ResourceType, type SchemaDefinition } from '../../server/scim/schema.ts'
import { createTenant, type Tenant } from '../support/app.ts'
import { enterpriseSchema, groupSchema, patchSchema, userSchema } from '../support/scim-client.ts'

const badgeSchema = 'urn:larkspur:params:scim:schemas:badge:1.0:User'

// What the built-in schemas have no attribute for: immutable, required in an extension, several plain strings.
const badge: SchemaDefinition = {
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
  id: badgeSchema,
  name: 'Badge',
  description: 'The badge of a person',
  attributes: [
    { name: 'number', type: 'string', required: true, mutability: 'immutable' },
    { name: 'doors', type: 'string', multiValued: true },
    { name: 'level', type: 'integer' },
    { name: 'issuedAt', type: 'dateTime' },
    { name: 'printedBy', type: 'string', mutability: 'readOnly' },
  ],
}

const [userType, groupType] = declareResourceTypes().map(({ name, endpoint, schema, extensions }) =>
  compileResourceType(name, endpoint, schema, name === 'User' ? [...extensions, badge] : extensions),
) as [ResourceType, ResourceType]

const work = { value: 'mira@larkspur.example', type: 'work', primary: true }
const home = { value: 'mira@home.example', type: 'home' }
const enterprise = { department: 'Research', manager: { value: 'emp_boss' } }

const mira: JsonObject = {
  schemas: [userSchema, enterpriseSchema],
  userName: 'mira@larkspur.example',
  externalId: 'ext-4471',
  title: 'Botanist',
  active: true,
  name: { givenName: 'Mira', familyName: 'Okafor' },
  emails: [work, home],
  [enterpriseSchema]: enterprise,
}

const growers: JsonObject = { schemas: [groupSchema], displayName: 'Larkspur Growers' }

interface Circumstances {
  readonly resource?: JsonObject
  readonly type?: ResourceType
  readonly strict?: boolean
}

interface Outcome extends Patched {
  readonly notes: readonly string[]
}

function patch(operations: unknown, { resource, type = userType, strict = false }: Circumstances = {}): Outcome {
  const reading: Reading = { strict, notes: [] }
  const read = readOperations({ schemas: [patchSchema], Operations: operations }, reading)
  const patched = applyOperations(resource ?? (type === userType ? mira : growers), read, type, reading)
  return { ...patched, notes: reading.notes.map(({ path, note }) => `${path}: ${note}`) }
}

/** The attributes that the operations change, as they are afterwards; undefined where one is gone. */
function listChanges(operations: unknown, circumstances: Circumstances = {}): Record<string, unknown> {
  const before = circumstances.resource ?? (circumstances.type === groupType ? growers : mira)
  const after = patch(operations, circumstances).resource
  const names = Object.keys({ ...before, ...after }).filter((name) => name !== 'schemas')
  const changed = names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
  return Object.fromEntries(changed.map((name) => [name, after[name]]))
}

function readCode(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    if (error instanceof AppError) return error.code
    throw error
  }
  return 'nothing was thrown'
}

describe('the body of a PATCH', () => {
  const operation = { op: 'replace', path: 'title', value: 'Gardener' }
  const repeat = (one: unknown, length: number): unknown[] => Array.from({ length }, () => one)
  const read = (body: unknown, strict = false): unknown => readOperations(body, { strict, notes: [] })

  it('takes op and member names in any case', () => {
    const body = {
      SCHEMAS: [patchSchema.toUpperCase()],
      operations: [{ OP: 'RePlace', Path: 'title', VALUE: 'Gardener' }],
    }
    expect(read(body)).to.deep.equal([operation])
  })

  const refused: readonly [string, unknown, string][] = [
    ['no object', [operation], 'invalid_syntax'],
    ['another message', { schemas: [userSchema], Operations: [operation] }, 'invalid_syntax'],
    ['no Operations', { schemas: [patchSchema] }, 'invalid_syntax'],
    ['Operations as an object', { schemas: [patchSchema], Operations: operation }, 'invalid_syntax'],
    ['an operation that is no object', { schemas: [patchSchema], Operations: ['add'] }, 'invalid_syntax'],
    ['an unknown op', { schemas: [patchSchema], Operations: [{ ...operation, op: 'move' }] }, 'invalid_syntax'],
    ['a missing op', { schemas: [patchSchema], Operations: [{ path: 'title', value: 'x' }] }, 'invalid_syntax'],
    ['op twice', { schemas: [patchSchema], Operations: [{ ...operation, Op: 'add' }] }, 'invalid_syntax'],
    ['a path that is no string', { schemas: [patchSchema], Operations: [{ ...operation, path: 7 }] }, 'invalid_path'],
    ['remove without a path', { schemas: [patchSchema], Operations: [{ op: 'remove' }] }, 'no_target'],
    ['remove with an empty path', { schemas: [patchSchema], Operations: [{ op: 'remove', path: '' }] }, 'no_target'],
    ['add without a value', { schemas: [patchSchema], Operations: [{ op: 'add', path: 'title' }] }, 'invalid_value'],
    [
      'replace without a value',
      { schemas: [patchSchema], Operations: [{ op: 'replace', path: 'title' }] },
      'invalid_value',
    ],
    [
      'add without a value where the path does not say all',
      { schemas: [patchSchema], Operations: [{ op: 'add', path: 'roles[value eq "Admin"]' }] },
      'invalid_value',
    ],
    ['1001 operations', { schemas: [patchSchema], Operations: repeat(operation, 1001) }, 'too_large'],
  ]
  for (const [what, body, code] of refused) {
    it(`is refused with ${what}: ${code}`, () => expect(readCode(() => read(body))).to.equal(code))
  }

  it('may hold a thousand operations', () => {
    expect(read({ schemas: [patchSchema], Operations: repeat(operation, 1000) })).to.have.length(1000)
  })

  const lenient: readonly [string, unknown, string][] = [
    ['without schemas', { Operations: [operation] }, 'invalid_syntax'],
    ['without operations in it', { schemas: [patchSchema], Operations: [] }, 'invalid_syntax'],
    ['with path null', { schemas: [patchSchema], Operations: [{ op: 'add', path: null, value: {} }] }, 'invalid_path'],
    [
      'with an empty path',
      { schemas: [patchSchema], Operations: [{ op: 'replace', path: ' ', value: {} }] },
      'invalid_path',
    ],
  ]
  for (const [what, body, code] of lenient) {
    it(`is read ${what}, and refused so in strict mode: ${code}`, () => {
      expect(() => read(body)).not.to.throw()
      expect(readCode(() => read(body, true))).to.equal(code)
    })
  }
})

describe('PATCH operations', () => {
  interface Form {
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
      form: 'an attribute',
      path: 'title',
      value: 'Gardener',
      add: { title: 'Gardener' },
      remove: { title: undefined },
    },
    { form: 'an absent attribute', path: 'nickName', value: 'Mi', add: { nickName: 'Mi' }, remove: {} },
    { form: 'a boolean', path: 'active', value: false, add: { active: false }, remove: { active: undefined } },
    {
      form: 'a sub-attribute',
      path: 'name.givenName',
      value: 'Miriam',
      add: { name: { givenName: 'Miriam', familyName: 'Okafor' } },
      remove: { name: { familyName: 'Okafor' } },
    },
    {
      form: 'a complex attribute, which is merged',
      path: 'name',
      value: { middleName: 'Adaeze', givenName: 'Miriam' },
      add: { name: { familyName: 'Okafor', middleName: 'Adaeze', givenName: 'Miriam' } },
      remove: { name: undefined },
    },
    {
      form: 'an attribute with several values',
      path: 'emails',
      value: [other],
      add: { emails: [work, home, other] },
      replace: { emails: [other] },
      remove: { emails: undefined },
    },
    {
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
      form: 'the values that meet a filter',
      path: 'emails[type eq "work"]',
      value: other,
      add: { emails: [{ ...other, primary: true }, home] },
      replace: { emails: [other, home] },
      remove: { emails: [home] },
    },
    {
      form: 'a sub-attribute of the values that meet a filter',
      path: 'emails[type eq "work" and value ew "example"].value',
      value: 'okafor@larkspur.example',
      add: { emails: [{ ...work, value: 'okafor@larkspur.example' }, home] },
      remove: { emails: [{ type: 'work', primary: true }, home] },
    },
    {
      form: 'an extension, which is merged',
      path: enterpriseSchema,
      value: { costCenter: '42' },
      add: { [enterpriseSchema]: { ...enterprise, costCenter: '42' } },
      remove: { [enterpriseSchema]: undefined },
    },
    {
      form: 'an attribute of an extension',
      path: `${enterpriseSchema}:department`,
      value: 'Gardens',
      add: { [enterpriseSchema]: { department: 'Gardens', manager: { value: 'emp_boss' } } },
      remove: { [enterpriseSchema]: { manager: { value: 'emp_boss' } } },
    },
    {
      form: 'a sub-attribute of an extension',
      path: `${enterpriseSchema}:manager.value`,
      value: 'emp_other',
      add: { [enterpriseSchema]: { ...enterprise, manager: { value: 'emp_other' } } },
      remove: { [enterpriseSchema]: researchOnly },
    },
    {
      form: 'an attribute of an extension without its URN',
      path: 'manager',
      value: { value: 'emp_other' },
      add: { [enterpriseSchema]: { ...enterprise, manager: { value: 'emp_other' } } },
      remove: { [enterpriseSchema]: researchOnly },
    },
    {
      form: 'a core attribute with its URN',
      path: `${userSchema}:name.familyName`,
      value: 'Lind',
      add: { name: { givenName: 'Mira', familyName: 'Lind' } },
      remove: { name: { givenName: 'Mira' } },
    },
    {
      form: 'core values with their URN',
      path: `${userSchema}:emails[type eq "home"].value`,
      value: 'm@home.example',
      add: { emails: [work, { ...home, value: 'm@home.example' }] },
      remove: { emails: [work, { type: 'home' }] },
    },
    {
      form: 'plain values',
      path: `${badgeSchema}:doors`,
      value: ['North', 'East'],
      add: { [badgeSchema]: { number: '7', doors: ['South', 'North', 'East'] } },
      replace: { [badgeSchema]: { number: '7', doors: ['North', 'East'] } },
      remove: { [badgeSchema]: { number: '7' } },
    },
    {
      form: 'the plain values that meet a filter',
      path: `${badgeSchema}:doors[value eq "south"]`,
      value: 'North',
      add: { [badgeSchema]: { number: '7', doors: ['North'] } },
      remove: { [badgeSchema]: { number: '7' } },
    },
  ]
  for (const { form, path, value, add, replace = add, remove } of forms) {
    const resource = path.startsWith(badgeSchema) ? { ...mira, [badgeSchema]: { number: '7', doors: ['South'] } } : mira
    for (const [op, expected] of Object.entries({ add, replace, remove })) {
      const operation = op === 'remove' ? { op, path } : { op, path, value }
      it(`${op} ${form}: ${path}`, () => expect(listChanges([operation], { resource })).to.deep.equal(expected))
      it(`${op} ${form}, the path in capitals`, () => {
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

  const members: readonly [string, Record<string, unknown>, Record<string, unknown>][] = [
    ['plain', { TITLE: 'Gardener', nickName: 'Mi' }, { title: 'Gardener', nickName: 'Mi' }],
    ['dotted', { 'name.GivenName': 'Miriam' }, { name: { givenName: 'Miriam', familyName: 'Okafor' } }],
    [
      'with a filter',
      { 'emails[type eq "home"].value': 'm@home.example' },
      { emails: [work, { ...home, value: 'm@home.example' }] },
    ],
    [
      'URN:attr',
      { [`${enterpriseSchema}:department`]: 'Gardens' },
      { [enterpriseSchema]: { department: 'Gardens', manager: enterprise.manager } },
    ],
    [
      'URN:attr.sub',
      { [`${enterpriseSchema.toLowerCase()}:Manager.value`]: 'emp_other' },
      { [enterpriseSchema]: { department: 'Research', manager: { value: 'emp_other' } } },
    ],
    [
      'URN container',
      { [enterpriseSchema.toUpperCase()]: { Department: 'Gardens', 'manager.value': 'emp_other', schemas: [] } },
      { [enterpriseSchema]: { department: 'Gardens', manager: { value: 'emp_other' } } },
    ],
    [
      'what the server sets',
      { id: 'emp_0', schemas: [], meta: { version: '1' }, groups: [{ value: 'g' }], title: 'Gardener' },
      { title: 'Gardener' },
    ],
    [
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
    for (const [form, value, expected] of members) {
      it(`${op} without a path: ${form}`, () => expect(listChanges([{ op, value }])).to.deep.equal(expected))
    }
    for (const value of ['title', ['title'], 7, null]) {
      it(`${op} without a path refuses ${JSON.stringify(value)}`, () => {
        expect(readCode(() => patch([{ op, value }]))).to.equal('invalid_syntax')
      })
    }
  }

  it('notes what it ignores in an object of attributes', () => {
    expect(patch([{ op: 'replace', value: { id: 'emp_0', shoeSize: 38 } }]).notes).to.deep.equal([
      'id: set by the server: ignored',
      'shoeSize: not in the schema: ignored',
    ])
  })

  it('refuses unknown attributes of an object in strict mode', () => {
    expect(readCode(() => patch([{ op: 'replace', value: { shoeSize: 38 } }], { strict: true }))).to.equal(
      'invalid_syntax',
    )
  })

  describe('refuse', () => {
    const refused: readonly [string, unknown, string][] = [
      ['shoeSize', 38, 'invalid_path'],
      ['name.shoeSize', 38, 'invalid_path'],
      [`${enterpriseSchema}:shoeSize`, 38, 'invalid_path'],
      ['urn:larkspur:unknown:title', 'x', 'invalid_path'],
      ['/emails/0', 'x', 'invalid_path'],
      ['emails.0', 'x', 'invalid_path'],
      ['emails[', 'x', 'invalid_path'],
      ['emails[type eq "work"', 'x', 'invalid_path'],
      ['emails]', 'x', 'invalid_path'],
      ['emails[type eq "work"].', 'x', 'invalid_path'],
      ['emails[type eq "work"].shoe', 'x', 'invalid_path'],
      ['emails[type eq "work"].value.x', 'x', 'invalid_path'],
      ['emails[type eq "work"]value', 'x', 'invalid_path'],
      ['emails.type[value eq "x"]', 'x', 'invalid_path'],
      ['a b', 'x', 'invalid_path'],
      ['x'.repeat(10_001), 'x', 'invalid_path'],
      ['emails[type eq]', 'x', 'invalid_filter'],
      ['emails[type regex "x"]', 'x', 'invalid_filter'],
      ['emails["work"]', 'x', 'invalid_filter'],
      ['emails[]', 'x', 'invalid_filter'],
      ['emails[shoe eq "x"]', 'x', 'invalid_filter'],
      ['emails[primary eq "maybe"]', 'x', 'invalid_filter'],
      ['emails[emails[type eq "x"]]', 'x', 'invalid_filter'],
      ['name[givenName eq "Mira"]', 'x', 'invalid_filter'],
      ['id', 'emp_0', 'mutability'],
      ['meta.created', '2026-01-31T12:00:00Z', 'mutability'],
      ['groups', [{ value: 'g' }], 'mutability'],
      [`${badgeSchema}:printedBy`, 'x', 'mutability'],
      ['title', 7, 'invalid_value'],
      ['title', ['a', 'b'], 'invalid_value'],
      ['active', 'yes', 'invalid_value'],
      ['name', 'Mira', 'invalid_value'],
      ['emails', [[home]], 'invalid_value'],
      ['emails', [work, { ...home, primary: true }], 'invalid_value'],
      [enterpriseSchema, 'x', 'invalid_value'],
      [`${badgeSchema}:level`, 1.5, 'invalid_value'],
      [`${badgeSchema}:issuedAt`, 'today', 'invalid_value'],
      ['x509Certificates', [{ value: 'not base64!' }], 'invalid_value'],
      ['emails[type ne "work" and type ne "home"].value', 'x', 'no_target'],
      ['emails[type eq "fax" or type eq "pager"].value', 'x', 'no_target'],
    ]
    for (const [path, value, code] of refused) {
      const shown = path.length > 60 ? `${path.slice(0, 20)}…` : path
      it(`${shown} = ${JSON.stringify(value)}: ${code}`, () => {
        expect(readCode(() => patch([{ op: 'replace', path, value }]))).to.equal(code)
        if (code !== 'invalid_value') expect(readCode(() => patch([{ op: 'add', path, value }]))).to.equal(code)
        if (code.startsWith('invalid_') && code !== 'invalid_value') {
          expect(readCode(() => patch([{ op: 'remove', path }]))).to.equal(code)
        }
      })
    }

    for (const path of ['userName', 'USERNAME', `${userSchema}:userName`, 'id', 'meta', 'groups']) {
      it(`the removal of ${path}: mutability`, () =>
        expect(readCode(() => patch([{ op: 'remove', path }]))).to.equal('mutability'))
    }

    for (const value of [null, '']) {
      it(`a required attribute made ${JSON.stringify(value)}: invalid_value`, () => {
        expect(readCode(() => patch([{ op: 'replace', path: 'userName', value }]))).to.equal('invalid_value')
      })
    }

    it('the removal of an extension with a required attribute', () => {
      const resource = { ...mira, [badgeSchema]: { number: '7' } }
      expect(readCode(() => patch([{ op: 'remove', path: badgeSchema }], { resource }))).to.equal('mutability')
    })

    it('an extension without its required attribute', () => {
      expect(readCode(() => patch([{ op: 'add', path: `${badgeSchema}:level`, value: 2 }]))).to.equal('invalid_value')
    })
  })

  describe('on an immutable attribute', () => {
    const path = `${badgeSchema}:number`
    const resource = { ...mira, [badgeSchema]: { number: '7' } }

    it('set it while it has no value', () => {
      expect(listChanges([{ op: 'add', path, value: '7' }])).to.deep.equal({ [badgeSchema]: { number: '7' } })
    })
    it('may repeat its value', () =>
      expect(listChanges([{ op: 'replace', path, value: '7' }], { resource })).to.deep.equal({}))
    it('cannot change it', () => {
      expect(readCode(() => patch([{ op: 'replace', path, value: '8' }], { resource }))).to.equal('mutability')
      expect(
        readCode(() => patch([{ op: 'replace', path: badgeSchema, value: { number: '8' } }], { resource })),
      ).to.equal('mutability')
      expect(readCode(() => patch([{ op: 'remove', path }], { resource }))).to.equal('mutability')
    })
  })

  describe('on what only the server sets, or nobody keeps', () => {
    for (const [path, note] of [
      ['manager.displayName', 'set by the server: ignored'],
      ['manager.$ref', 'set by the server: ignored'],
      ['password', 'not kept, for Rollcall stores no secrets of people: ignored'],
    ] as const) {
      it(`ignore ${path} with a note, and refuse it in strict mode`, () => {
        const operations = [{ op: 'replace', path, value: 'x' }]
        expect(listChanges(operations)).to.deep.equal({})
        expect(patch(operations).notes.join()).to.include(note)
        expect(readCode(() => patch(operations, { strict: true }))).to.equal('mutability')
      })
    }
  })

  describe('that clear', () => {
    const cleared: readonly [string, unknown, Record<string, unknown>][] = [
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
      it(`replace ${path} with ${JSON.stringify(value)}`, () => {
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
      it(`add null to ${path} changes nothing`, () => {
        expect(listChanges([{ op: 'add', path, value: null }])).to.deep.equal({})
        expect(listChanges([{ op: 'add', value: { [path]: null } }])).to.deep.equal({})
      })
    }

    it('nothing where a complex value is added with null in it', () => {
      expect(listChanges([{ op: 'add', path: 'name', value: { givenName: null } }])).to.deep.equal({})
    })

    it('the schema of an extension with its last attribute', () => {
      const operations = [
        { op: 'remove', path: `${enterpriseSchema}:department` },
        { op: 'remove', path: 'manager' },
      ]
      expect(patch(operations).resource['schemas']).to.deep.equal([userSchema])
    })
  })

  describe('on schemas', () => {
    it('change nothing: they follow from the data', () => {
      for (const op of ['add', 'replace', 'remove']) {
        expect(patch([{ op, path: 'schemas', value: [badgeSchema] }]).resource['schemas']).to.deep.equal(
          mira['schemas'],
        )
      }
    })
    it('find the schema of what they wrote', () => {
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
        'replace a value',
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
      ['take it away', { op: 'replace', path: 'emails[primary eq true].primary', value: false }, [unset, home]],
    ]
    for (const [what, operation, emails] of primaries) {
      it(`${what}: at most one stays`, () => expect(patch([operation]).resource['emails']).to.deep.equal(emails))
    }
  })

  describe('on a filter that nothing meets', () => {
    const path = 'phoneNumbers[type eq "mobile"].value'

    it('add makes the value from what the filter says', () => {
      const expected = { phoneNumbers: [{ type: 'mobile', value: '+47 900 00 000' }] }
      for (const strict of [false, true]) {
        expect(listChanges([{ op: 'add', path, value: '+47 900 00 000' }], { strict })).to.deep.equal(expected)
      }
    })
    it('replace makes it too, with a note, and is refused in strict mode', () => {
      const operations = [{ op: 'replace', path, value: '+47 900 00 000' }]
      expect(listChanges(operations)).to.deep.equal({ phoneNumbers: [{ type: 'mobile', value: '+47 900 00 000' }] })
      expect(patch(operations).notes).to.deep.equal(['phoneNumbers.value: no value met the filter: one was made'])
      expect(readCode(() => patch(operations, { strict: true }))).to.equal('no_target')
    })
    it('makes a whole value with all that the filter says of it', () => {
      const operations = [
        { op: 'add', path: 'addresses[type eq "work" and country eq "NO"]', value: { locality: 'Bergen' } },
      ]
      expect(listChanges(operations)).to.deep.equal({
        addresses: [{ type: 'work', country: 'NO', locality: 'Bergen' }],
      })
    })
    it('remove changes nothing', () => {
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
      it(`take only what is listed: ${what}`, () => {
        expect(patch([{ op: 'remove', path: 'emails', value }]).resource['emails']).to.deep.equal(emails)
      })
    }
    it('take plain values', () => {
      const resource = { ...mira, [badgeSchema]: { number: '7', doors: ['North', 'South'] } }
      const { resource: after } = patch([{ op: 'remove', path: `${badgeSchema}:doors`, value: ['north'] }], {
        resource,
      })
      expect(after[badgeSchema]).to.deep.equal({ number: '7', doors: ['South'] })
    })
  })

  it('collapse the same value given twice', () => {
    expect(patch([{ op: 'add', path: 'emails', value: [other, home, other] }]).resource['emails']).to.deep.equal([
      work,
      home,
      other,
    ])
  })

  it('apply in order, each to the outcome of the one before', () => {
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

describe('PATCH operations on members', () => {
  const plan = (operation: unknown, strict = false): readonly MemberOperation[] =>
    patch([operation], { type: groupType, strict }).members

  const planned: readonly [unknown, MemberOperation[]][] = [
    [
      { op: 'add', path: 'members', value: [{ value: 'a' }, { value: 'b', $ref: null }, { value: 'a' }] },
      [{ kind: 'add', ids: ['a', 'b'] }],
    ],
    [{ op: 'add', path: 'members', value: { value: 'a' } }, [{ kind: 'add', ids: ['a'] }]],
    [{ op: 'add', path: 'members', value: 'a' }, [{ kind: 'add', ids: ['a'] }]],
    [{ op: 'add', path: 'members', value: [] }, [{ kind: 'add', ids: [] }]],
    [{ op: 'add', value: { members: [{ value: 'a' }] } }, [{ kind: 'add', ids: ['a'] }]],
    [{ op: 'add', path: 'members[value eq "a"]' }, [{ kind: 'add', ids: ['a'] }]],
    [
      { op: 'add', path: `${groupSchema}:members[value eq "a"]`, value: [{ value: 'a' }] },
      [{ kind: 'add', ids: ['a'] }],
    ],
    [
      { op: 'replace', path: 'members', value: [{ value: 'a', display: 'A', type: 'User' }] },
      [{ kind: 'set', ids: ['a'] }],
    ],
    [{ op: 'replace', path: 'members', value: [] }, [{ kind: 'set', ids: [] }]],
    [{ op: 'replace', path: 'members', value: null }, [{ kind: 'set', ids: [] }]],
    [{ op: 'replace', value: { members: [] } }, [{ kind: 'set', ids: [] }]],
    [{ op: 'remove', path: 'members' }, [{ kind: 'set', ids: [] }]],
    [{ op: 'remove', path: 'members', value: null }, [{ kind: 'set', ids: [] }]],
    [{ op: 'remove', path: 'members', value: [{ value: 'a', $ref: null }] }, [{ kind: 'remove', ids: ['a'] }]],
    [{ op: 'remove', path: 'members', value: { value: 'a' } }, [{ kind: 'remove', ids: ['a'] }]],
    [{ op: 'remove', path: 'members', value: ['a', null] }, [{ kind: 'remove', ids: ['a'] }]],
    [{ op: 'remove', path: 'members', value: { members: [{ value: 'a' }] } }, [{ kind: 'remove', ids: ['a'] }]],
    [{ op: 'remove', path: 'members', value: { members: null } }, [{ kind: 'remove', ids: [] }]],
    [{ op: 'remove', path: 'members', value: [] }, [{ kind: 'remove', ids: [] }]],
    [{ op: 'remove', path: 'members[value eq "a"]' }, [{ kind: 'remove', ids: ['a'] }]],
    [{ op: 'remove', path: 'members[value eq "a" or value eq "b"]' }, [{ kind: 'remove', ids: ['a', 'b'] }]],
  ]
  for (const [operation, expected] of planned) {
    it(`mean ${expected.map(({ kind }) => kind).join()}: ${JSON.stringify(operation)}`, () => {
      expect(plan(operation)).to.deep.equal(expected)
    })
  }

  for (const filter of [
    'type eq "Group"',
    'value ne "a"',
    'value eq "a" and type eq "User"',
    'not (value eq "a")',
    'display sw "Mi"',
  ]) {
    it(`look members up by members[${filter}]`, () => {
      expect(plan({ op: 'remove', path: `members[${filter}]` }).map(({ kind }) => kind)).to.deep.equal(['removeWhere'])
    })
  }

  const refused: readonly [unknown, string][] = [
    [{ op: 'add', path: 'members', value: [{ display: 'Mira' }] }, 'invalid_value'],
    [{ op: 'add', path: 'members', value: 7 }, 'invalid_value'],
    [{ op: 'remove', path: 'members', value: [{ display: 'Mira' }] }, 'invalid_value'],
    [{ op: 'replace', path: 'members[value eq "a"]', value: { value: 'b' } }, 'mutability'],
    [{ op: 'replace', path: 'members[value eq "a"].value', value: 'b' }, 'mutability'],
    [{ op: 'replace', path: 'members.display', value: 'Mira' }, 'mutability'],
    [{ op: 'add', path: 'members[type eq "User"]', value: [{ value: 'a' }] }, 'no_target'],
    [{ op: 'remove', path: 'members[shoe eq "a"]' }, 'invalid_filter'],
    [{ op: 'remove', path: 'members[' }, 'invalid_path'],
    [{ op: 'remove', path: '/members/-' }, 'invalid_path'],
    [{ op: 'remove', path: 'displayName' }, 'mutability'],
    [{ op: 'replace', path: 'displayName', value: '' }, 'invalid_value'],
  ]
  for (const [operation, code] of refused) {
    it(`refuse ${JSON.stringify(operation)}: ${code}`, () => expect(readCode(() => plan(operation))).to.equal(code))
  }

  describe('planned together', () => {
    const add = (...ids: string[]): MemberOperation => ({ kind: 'add', ids })
    const remove = (...ids: string[]): MemberOperation => ({ kind: 'remove', ids })
    const set = (...ids: string[]): MemberOperation => ({ kind: 'set', ids })
    const groups: Condition = { kind: 'constant', value: true }
    const plans: readonly [string, MemberOperation[], unknown][] = [
      ['nothing', [], { kind: 'change', add: [], remove: [] }],
      ['add then remove', [add('a', 'b'), remove('a')], { kind: 'change', add: ['b'], remove: ['a'] }],
      ['remove then add', [remove('a', 'b'), add('a')], { kind: 'change', add: ['a'], remove: ['b'] }],
      ['remove all then add', [set(), add('a'), add('b')], { kind: 'set', ids: ['a', 'b'] }],
      ['add then remove all', [add('a'), set()], { kind: 'set', ids: [] }],
      ['replace then remove', [set('a', 'b'), remove('b')], { kind: 'set', ids: ['a'] }],
      ['replace twice', [set('a'), set('b')], { kind: 'set', ids: ['b'] }],
      [
        'those that meet a filter',
        [add('a'), { kind: 'removeWhere', condition: groups }],
        { kind: 'change', add: ['a'], remove: ['found'] },
      ],
      [
        'replace, then those that meet a filter',
        [set('a', 'found'), { kind: 'removeWhere', condition: groups }],
        { kind: 'set', ids: ['a'] },
      ],
    ]
    for (const [what, operations, expected] of plans) {
      it(what, async () => expect(await planMembers(operations, async () => ['found'])).to.deep.equal(expected))
    }
  })
})

describe('PATCH over HTTP', () => {
  let tenant: Tenant
  beforeEach(async () => {
    tenant = await createTenant()
  })

  it('changes nothing at all where one operation fails', async () => {
    const { scim } = tenant
    const { id } = await scim.createUser('mira', { title: 'Botanist' })
    const before = await scim.get(`/Users/${id}`)
    const failed = await scim.patch(`/Users/${id}`, [
      { op: 'replace', path: 'title', value: 'Gardener' },
      { op: 'replace', path: 'shoeSize', value: 38 },
    ])
    expect(failed.status).to.equal(400)
    expect(failed.body['scimType']).to.equal('invalidPath')
    const after = await scim.get(`/Users/${id}`)
    expect(after.body).to.deep.equal(before.body)
    expect(after.headers['etag']).to.equal(before.headers['etag'])
  })

  it('changes no member where one operation on the group fails', async () => {
    const { scim } = tenant
    const { id: userId } = await scim.createUser('mira')
    const { id } = await scim.createGroup('Growers', [userId])
    const { etag } = (await scim.get(`/Groups/${id}`)).headers
    const failed = await scim.patch(`/Groups/${id}`, [
      { op: 'remove', path: 'members' },
      { op: 'replace', path: 'displayName', value: 'Renamed' },
      { op: 'add', path: 'members', value: [{ value: 'emp_nobody' }] },
    ])
    expect(failed.status).to.equal(400)
    expect(failed.body['scimType']).to.equal('invalidValue')
    const { body, headers } = await scim.get(`/Groups/${id}`)
    expect(body['displayName']).to.equal('Growers')
    expect(body['members']).to.have.length(1)
    expect(headers['etag']).to.equal(etag)
  })

  it('keeps version and time where nothing changes', async () => {
    const { scim } = tenant
    const boss = await scim.createUser('boss')
    const before = await scim.createUser('mira', {
      externalId: 'ext-1',
      title: 'Botanist',
      emails: [work, home],
      schemas: [userSchema, enterpriseSchema],
      [enterpriseSchema]: { department: 'Research', manager: { value: boss['id'] } },
    })
    const { body, headers, status } = await scim.patch(`/Users/${before['id']}`, [
      { op: 'add', path: 'title', value: 'Botanist' },
      { op: 'replace', path: 'active', value: 'True' },
      { op: 'replace', path: 'externalId', value: 'ext-1' },
      { op: 'add', path: 'emails', value: [work] },
      { op: 'replace', path: 'emails[type eq "home"].value', value: home.value },
      { op: 'replace', path: 'manager', value: boss['id'] },
      {
        op: 'replace',
        path: 'manager',
        value: { value: boss['id'], $ref: `${scim.baseUrl}/Users/${boss['id']}`, displayName: 'x' },
      },
      { op: 'remove', path: 'nickName' },
      { op: 'replace', path: 'title', value: 'Gardener' },
      { op: 'replace', path: 'title', value: 'Botanist' },
    ])
    expect(status).to.equal(200)
    expect(headers['etag']).to.equal('W/"1"')
    expect(body).to.deep.equal(before)
  })

  it('keeps the version of a group where its members are there already, or never were', async () => {
    const { scim } = tenant
    const [inside, outside] = [await scim.createUser('inside'), await scim.createUser('outside')]
    const { id, meta } = await scim.createGroup('Growers', [inside['id']])
    for (const operations of [
      [{ op: 'add', path: 'members', value: [{ value: inside['id'] }] }],
      [{ op: 'remove', path: 'members', value: [{ value: outside['id'] }] }],
      [{ op: 'remove', path: `members[value eq "${outside['id']}"]` }],
      [{ op: 'remove', path: 'members[value eq "nobody"]' }],
      [{ op: 'remove', path: 'members[type eq "Group"]' }],
      [{ op: 'replace', path: 'members', value: [{ value: inside['id'] }] }],
      [{ op: 'replace', path: 'displayName', value: 'Growers' }],
      [
        { op: 'remove', path: 'members' },
        { op: 'add', path: 'members', value: [{ value: inside['id'] }] },
      ],
    ]) {
      const { status, headers } = await scim.patch(`/Groups/${id}`, operations)
      expect([status, headers['etag']], JSON.stringify(operations)).to.deep.equal([204, meta.version])
    }
  })

  it('takes If-Match, and answers 412 for another version', async () => {
    const { scim } = tenant
    const { id } = await scim.createUser('mira')
    const title = (value: string): unknown[] => [{ op: 'replace', path: 'title', value }]
    const first = await scim.patch(`/Users/${id}`, title('A'), { 'If-Match': 'W/"1"' })
    expect([first.status, first.headers['etag']]).to.deep.equal([200, 'W/"2"'])
    const stale = await scim.patch(`/Users/${id}`, title('B'), { 'If-Match': 'W/"1"' })
    expect([stale.status, stale.body['status']]).to.deep.equal([412, '412'])
    expect((await scim.get(`/Users/${id}`)).body['title']).to.equal('A')
    expect((await scim.patch(`/Users/${id}`, title('C'), { 'If-Match': '*' })).status).to.equal(200)
    const { id: groupId } = await scim.createGroup('Growers')
    const rename = [{ op: 'replace', path: 'displayName', value: 'Renamed' }]
    expect((await scim.patch(`/Groups/${groupId}`, rename, { 'If-Match': 'W/"9"' })).status).to.equal(412)
    expect((await scim.patch(`/Groups/${groupId}`, rename, { 'If-Match': 'W/"9", W/"1"' })).status).to.equal(204)
  })

  it('answers 409 for a taken userName in any case, and for the taken name of a group', async () => {
    const { scim } = tenant
    await scim.createUser('taken')
    const { id } = await scim.createUser('mira')
    const user = await scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'userName', value: 'TAKEN' }])
    expect([user.status, user.body['scimType']]).to.deep.equal([409, 'uniqueness'])
    await scim.createGroup('Taken')
    const { id: groupId } = await scim.createGroup('Growers')
    const group = await scim.patch(`/Groups/${groupId}`, [{ op: 'replace', path: 'displayName', value: 'taken' }])
    expect([group.status, group.body['scimType']]).to.deep.equal([409, 'uniqueness'])
  })

  it('answers 404 for who is not there', async () => {
    const operations = [{ op: 'replace', path: 'title', value: 'x' }]
    for (const path of ['/Users/emp_nobody', '/Groups/grp_nobody']) {
      const { status, body } = await tenant.scim.patch(path, operations)
      expect([status, body['status']]).to.deep.equal([404, '404'])
    }
  })

  it('takes out the members that a filter finds', async () => {
    const { scim } = tenant
    const [a, b, c] = [
      await scim.createUser('a'),
      await scim.createUser('b'),
      await scim.createUser('c', { displayName: 'Cora' }),
    ]
    const inner = await scim.createGroup('Inner')
    const { id } = await scim.createGroup('Growers', [a['id'], b['id'], c['id'], inner['id']])
    const members = async (): Promise<string[]> => {
      const { body } = await scim.get(`/Groups/${id}`)
      return (body['members'] ?? []).map((member: { value: string }) => member.value)
    }
    await scim.patch(`/Groups/${id}`, [{ op: 'remove', path: 'members[type eq "Group"]' }])
    expect(await members()).to.have.members([a['id'], b['id'], c['id']])
    await scim.patch(`/Groups/${id}`, [{ op: 'remove', path: `members[value eq "${a['id']}" or display eq "Cora"]` }])
    expect(await members()).to.deep.equal([b['id']])
    await scim.patch(`/Groups/${id}`, [
      { op: 'add', path: 'members', value: [{ value: a['id'] }, { value: c['id'] }] },
      { op: 'remove', path: `members[value eq "${a['id']}"]` },
    ])
    expect(await members()).to.have.members([b['id'], c['id']])
    await scim.patch(`/Groups/${id}`, [
      { op: 'replace', path: 'members', value: [{ value: a['id'] }, { value: b['id'] }] },
      { op: 'remove', path: 'members', value: [{ value: b['id'] }] },
    ])
    expect(await members()).to.deep.equal([a['id']])
  })

  it('takes thousands of members in one request', async () => {
    const { scim } = tenant
    const created = await Promise.all(Array.from({ length: 50 }, (_, index) => scim.createUser(`user-${index}`)))
    const { id } = await scim.createGroup('Growers')
    const one = (person: { [name: string]: unknown }): unknown => ({
      op: 'add',
      path: 'members',
      value: [{ value: person['id'] }],
    })
    const operations = Array.from({ length: 1000 }, (_, index) => one(created[index % 50] ?? {}))
    expect((await scim.patch(`/Groups/${id}`, operations)).headers['etag']).to.equal('W/"2"')
    expect((await scim.get(`/Groups/${id}`)).body['members']).to.have.length(50)
    expect((await scim.patch(`/Groups/${id}`, [...operations, one(created[0] ?? {})])).status).to.equal(413)
  })

  it('answers a user with 200 and a group with 204, unless asked for the group', async () => {
    const { scim } = tenant
    const { id } = await scim.createUser('mira')
    const user = await scim.patch(`/Users/${id}?attributes=title`, [{ op: 'add', path: 'title', value: 'Botanist' }])
    expect(user.status).to.equal(200)
    expect(user.body).to.deep.equal({ schemas: [userSchema], id, title: 'Botanist' })
    const { id: groupId } = await scim.createGroup('Growers')
    await scim.patch(`/Groups/${groupId}`, [{ op: 'add', path: 'members', value: [{ value: id }] }])
    const rename = (value: string): unknown[] => [{ op: 'replace', path: 'displayName', value }]
    const silent = await scim.patch(`/Groups/${groupId}`, rename('One'))
    expect([silent.status, silent.text, silent.headers['etag']]).to.deep.equal([204, '', 'W/"3"'])
    expect(silent.headers['location']).to.equal(`${scim.baseUrl}/Groups/${groupId}`)
    const asked = await scim.patch(`/Groups/${groupId}?attributes=displayName`, rename('Two'))
    expect([asked.status, asked.body]).to.deep.equal([200, { schemas: [groupSchema], id: groupId, displayName: 'Two' }])
    const preferred = await scim.patch(`/Groups/${groupId}`, rename('Three'), { Prefer: 'return=representation' })
    expect([preferred.status, preferred.body['members'].length]).to.deep.equal([200, 1])
  })
})
