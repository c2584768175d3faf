import { expect } from 'chai'
import { AppError } from '../../server/errors.ts'
import { declareResourceTypes } from '../../server/scim/declarations.ts'
import { compileFilter } from '../../server/scim/filter.ts'
import { parseFilter, parsePath, type Syntax } from '../../server/scim/filter-syntax.ts'
import type { Reading } from '../../server/scim/notes.ts'
import { compileResourceType, type ResourceType } from '../../server/scim/schema.ts'
import { createTenant } from '../support/app.ts'
import { expectError } from '../support/protocol.ts'
import { enterpriseSchema, groupSchema, rollcallSchema, type ScimClient, userSchema } from '../support/scim-client.ts'

const [userType, groupType] = declareResourceTypes().map((type) => compileResourceType(type)) as [
  ResourceType,
  ResourceType,
]

const lenient = (): Reading => ({ strict: false, notes: [] })
const read = (filter: string): Syntax => parseFilter(filter, lenient())
const readPath = (path: string): ReturnType<typeof parsePath> => parsePath(path, lenient())

function codeOf(work: () => unknown): string {
  try {
    work()
    return 'none'
  } catch (error) {
    return error instanceof AppError ? error.code : String(error)
  }
}

/** The tree with every chain and group in parentheses, so that precedence shows. */
function show(syntax: Syntax): string {
  switch (syntax.kind) {
    case 'and':
    case 'or':
      return `(${syntax.of.map(show).join(` ${syntax.kind} `)})`
    case 'not':
      return `not ${show(syntax.of)}`
    case 'present':
      return syntax.name
    case 'compare':
      return `${syntax.name} ${syntax.comparison} ${JSON.stringify(syntax.value.value)}`
    case 'value':
      return `${syntax.name}[${show(syntax.of)}]${syntax.then === undefined ? '' : `.${show(syntax.then)}`}`
  }
}

describe('the filter language', () => {
  const trees: readonly (readonly [id: string, filter: string, tree: string])[] = [
    ['7644-3.4.2.2-logic-02', 'a pr or b pr and c pr', '(a or (b and c))'],
    ['7644-3.4.2.2-logic-02', '(a pr or b pr) and c pr', '((a or b) and c)'],
    ['7644-3.4.2.2-logic-02', 'not (a pr) and b pr', '(not a and b)'],
    ['7644-3.4.2.2-logic-02', 'a pr and b pr or c pr and d pr', '((a and b) or (c and d))'],
    ['7644-3.4.2.2-logic-03', 'not(a pr)', 'not a'],
    ['7644-3.4.2.2-logic-03', 'NOT ( not  (a pr) )', 'not not a'],
    ['7644-3.4.2.2-logic-03', 'not pr', 'not'],
    ['7644-3.4.2.2-logic-04', 'a pr and b pr and c pr', '(a and b and c)'],
    ['7644-3.4.2.2-logic-05', '  a   eq   "x"  ', 'a eq "x"'],
    ['7644-3.4.2.2-logic-05', 'a eq"x"', 'a eq "x"'],
    ['7644-3.4.2.2-04', 'a EQ "x" AND b Pr oR c nE 1', '((a eq "x" and b) or c ne 1)'],
    ['7644-3.4.2.2-op-11', 'a eq null', 'a eq null'],
    ['7644-3.4.2.2-op-12', 'a eq true or a eq false', '(a eq true or a eq false)'],
    ['7644-3.4.2.2-op-13', 'a eq -1.5e1 or a eq 0 or a gt 2E-2', '(a eq -15 or a eq 0 or a gt 0.02)'],
    ['7644-3.4.2.2-op-14', String.raw`a eq "\"\\\/\b\f\n\r\t\u00e9"`, `a eq ${JSON.stringify('"\\/\b\f\n\r\té')}`],
    ['7644-3.4.2.2-op-14', String.raw`a eq "\ud83d\ude00 ) and ( or ]"`, 'a eq "😀 ) and ( or ]"'],
    ['7644-3.4.2.2-op-15', 'a eq mira', 'a eq "mira"'],
    ['7644-3.4.2.2-op-15', 'a eq mira@larkspur.example and b pr', '(a eq "mira@larkspur.example" and b)'],
    ['7644-3.4.2.2-complex-05', 'a[(b eq 1 or c eq 2) and not (d pr)]', 'a[((b eq 1 or c eq 2) and not d)]'],
    ['7644-3.4.2.2-complex-07', 'urn:x:2.0:User:a.b eq 1', 'urn:x:2.0:User:a.b eq 1'],
    ['7644-3.4.2.2-complex-07', 'urn:x:2.0:User:a[b pr]', 'urn:x:2.0:User:a[b]'],
    ['7644-3.4.2.2-complex-11', 'members.$ref eq "x"', 'members.$ref eq "x"'],
    ['7644-3.4.2.2-complex-16', 'a[b eq 1].c eq 2', 'a[b eq 1].c eq 2'],
  ]
  for (const [id, filter, tree] of trees) {
    it(`${id} reads ${filter}`, () => expect(show(read(filter))).to.equal(tree))
  }

  const malformed: readonly (readonly [id: string, filter: string])[] = [
    ...['', ' ', '()', '( )', 'not ()', '[]'].map((filter) => ['7644-3.4.2.2-05', filter] as const),
    ...['a regex "x"', 'a = "x"', 'a == 1', 'a np', 'a'].map((filter) => ['7644-3.4.2.2-06', filter] as const),
    ...[
      '(a pr',
      'a pr)',
      '((a pr)',
      'a[b pr',
      'a b pr]',
      'a[b pr)',
      '(a pr]',
      'a eq',
      'a eq ',
      'a pr pr',
      'a pr b pr',
      'a eq "x" "y"',
      "a eq 'x'",
      'a eq “x”',
      'a eq "x',
      'a eq x"y',
      'a pr and',
      'a pr and and b pr',
      'and a pr',
      'a pr or',
      'or',
      'a pr xor b pr',
      '1a eq 1',
      '.a pr',
      'a..b eq',
      '"a" eq 1',
      'a eq (1)',
      'a[b pr].',
      'a[b pr].c',
      'a[b pr]c pr',
      'a [b pr]',
      'a	eq 1',
      'a eq 1\xA0',
      'a,b pr',
    ].map((filter) => ['7644-3.4.2.2-07', filter] as const),
    ['7644-3.4.2.2-logic-03', 'not a pr'],
    ['7644-3.4.2.2-op-14', 'a eq "line\nbreak"'],
    ['7644-3.4.2.2-op-14', 'a eq "\u0000"'],
    ['7644-3.4.2.2-op-14', String.raw`a eq "\x"`],
    ['7644-3.4.2.2-op-14', String.raw`a eq "\u12"`],
    ['7644-3.4.2.2-op-14', String.raw`a eq "x\"`],
  ]
  for (const [id, filter] of malformed) {
    it(`${id} refuses ${JSON.stringify(filter)}`, () => expect(codeOf(() => read(filter))).to.equal('invalid_filter'))
  }

  it('7644-3.4.2.2-06 names the operator that it does not know, and the place', () => {
    expect(() => read('userName regex "x"')).to.throw(/'regex'.*position 15/)
  })

  it('7644-3.4.2.2-03 bounds length and depth, and refuses beyond them at once', () => {
    expect(codeOf(() => read(`a eq "${'x'.repeat(9993)}"`))).to.equal('none')
    expect(codeOf(() => read(`a eq "${'x'.repeat(9994)}"`))).to.equal('invalid_filter')
    expect(codeOf(() => read(`${'('.repeat(50)}a pr${')'.repeat(50)}`))).to.equal('none')
    const started = performance.now()
    for (const open of ['(', 'not (', 'a[', '(a pr or ']) {
      expect(codeOf(() => read(`${open.repeat(51)}a pr`))).to.equal('invalid_filter')
      expect(codeOf(() => read(open.repeat(5000)))).to.equal('invalid_filter')
    }
    expect(codeOf(() => read('('.repeat(10_000)))).to.equal('invalid_filter')
    expect(codeOf(() => read('x'.repeat(10_000_000)))).to.equal('invalid_filter')
    expect(codeOf(() => read(`a eq "${'\\'.repeat(9000)}`))).to.equal('invalid_filter')
    expect(performance.now() - started).to.be.lessThan(500)
  })

  it('7644-3.4.2.2-logic-04 reads chains of 200 terms', () => {
    const chain = read(Array.from({ length: 200 }, (_, index) => `userName eq "u${index}"`).join(' or '))
    expect(chain).to.have.property('kind', 'or')
    expect(chain).to.have.property('of').with.length(200)
  })
})

describe('what a filter may ask', () => {
  const compiled = (filter: string, type = userType): string => codeOf(() => compileFilter(filter, type, lenient()))
  const table = (id: string, code: string, filters: readonly string[], type = userType): void => {
    for (const filter of filters)
      it(`${id} ${code === 'none' ? 'takes' : 'refuses'} ${filter}`, () =>
        expect(compiled(filter, type)).to.equal(code))
  }

  table('7644-3.4.2.2-complex-02 A-06', 'invalid_filter', [
    'name eq "Mira"',
    'addresses eq "x"',
    'meta eq "x"',
    'name.givenName.x eq "a"',
  ])
  table('7644-3.4.2.2-09 7644-3.4.2.2-complex-08', 'invalid_filter', [
    'shoeSize eq 44',
    'shoeSize pr',
    'name.shoe eq "x"',
    'urn:x:User:userName pr',
    'constructor pr',
    '__proto__ eq "x"',
    'userName.value eq "x"',
    'members pr',
    `${groupSchema}:displayName pr`,
    `${enterpriseSchema} pr`,
    `${userSchema} pr`,
    `${userSchema}: pr`,
  ])
  table('7644-3.4.2.2-complex-04', 'invalid_filter', [
    'emails[userName eq "x"]',
    'emails[shoe pr]',
    'name[givenName eq "x"]',
    'title[value eq "x"]',
  ])
  table('7644-3.4.2.2-complex-06', 'invalid_filter', [
    'emails[type[x eq 1]]',
    'emails[emails[type eq "x"]]',
    'emails.value[type eq "work"]',
  ])
  table('7644-3.4.2.2-complex-16', 'invalid_filter', [
    'emails[type eq "work"].shoe eq "x"',
    'emails[type eq "work"].value.x eq "y"',
  ])
  table('7644-3.4.2.2-complex-14 7643-4.1-13', 'invalid_filter', [
    'password eq "x"',
    'password pr',
    `${userSchema}:PASSWORD sw "a"`,
  ])
  table('7644-3.4.2.2-op-08', 'invalid_filter', [
    'active gt true',
    'active le false',
    'emails.primary ge true',
    'x509Certificates.value ge "AA=="',
  ])
  table('7644-3.4.2.2-op-09', 'invalid_filter', [
    'active co "tr"',
    'meta.created sw "2026"',
    `${rollcallSchema}:leaveBalances.value ew 1`,
    'emails[primary co true]',
  ])
  table('7644-3.4.2.2-op-10', 'invalid_filter', [
    'active eq "maybe"',
    'active eq 1',
    'userName eq 5',
    'userName eq true',
    'meta.created gt "yesterday"',
    'meta.created gt 2026',
    `${rollcallSchema}:leaveBalances.value eq "2"`,
    'emails[type eq 1]',
  ])
  table('7644-3.4.2.2-op-12', 'invalid_filter', ['active eq TRUE', 'active eq True'])
  table('7644-3.4.2.2-op-10', 'none', ['active eq "true"', 'active eq "False"', 'active ne "TRUE"'])
  table('7644-3.4.2.2-op-11', 'none', [
    'title eq null',
    'title ne null',
    'active eq null',
    'meta.created ne null',
    'emails[type eq null]',
  ])
  table('7644-3.4.2.2-op-11', 'invalid_filter', ['title gt null', 'title co null', 'active ge null', 'title pr null'])
  table(
    '7644-3.4.2.2-op-13',
    'invalid_filter',
    ['01', '.5', '1.', '+1', '0x10', '1e', 'NaN', 'Infinity'].map(
      (number) => `${rollcallSchema}:leaveBalances.value eq ${number}`,
    ),
  )
  table('7644-3.4.2.2-op-14', 'invalid_filter', [
    String.raw`userName eq "a\u0000"`,
    String.raw`emails[value co "\u0000"]`,
  ])
  table(
    '7643-2.3-07 7644-3.4.2.2-op-10',
    'invalid_filter',
    [
      '2026',
      '2026-01-31',
      '2026-02-30T10:00:00Z',
      '2026-13-01T00:00:00Z',
      '2026-01-01T25:00:00Z',
      '2026-01-01 10:00:00Z',
      '0000-01-01T00:00:00Z',
      '12026-01-01T00:00:00Z',
      '-0044-03-15T00:00:00Z',
      '2026-01-01T00:00:00+16:00',
      '2026-01-01T00:00:60Z',
      'Tue Mar 01 2022 10:00:00 GMT+0100 (CET)',
    ].map((time) => `meta.created gt "${time}"`),
  )
  table(
    '7643-2.3-07',
    'none',
    [
      '2026-01-01T00:00:00Z',
      '2026-01-01T00:00:00',
      '2024-02-29T23:59:59.123456789+14:00',
      '0001-01-01T00:00:00-14:00',
      '9999-12-31T23:59:59Z',
    ].map((time) => `meta.created gt "${time}"`),
  )
  table('7644-3.10-01', 'none', [
    `${userSchema}:userName eq "x"`,
    `${userSchema.toUpperCase()}:NAME.GIVENNAME eq "x"`,
    `${enterpriseSchema}:manager.value eq "x"`,
    `${userSchema}:emails[type eq "work"]`,
    `${enterpriseSchema}:manager eq "x"`,
    `${userSchema}:id pr`,
    `${userSchema}:meta.created pr`,
  ])
  table('7644-3.4.2.2-complex-07', 'invalid_filter', [
    'urn:ietf:params:scim:schemas:core:2.0:Users:userName pr',
    'urn:ietf:params:scim:schemas:core:2 pr',
  ])
  table(
    '7644-3.4.2.2-complex-15 7644-3.4.2.2-complex-11',
    'none',
    ['members eq "x"', 'members.$ref eq "x"', 'members[type eq "User"]', 'externalId eq "x"'],
    groupType,
  )
})

describe('the paths of PATCH', () => {
  it('7644-3.5.2-05 7644-3.5.2-12 reads names, sub-attributes and value filters', () => {
    expect(readPath('name.givenName')).to.deep.equal({ name: 'name.givenName', filter: undefined, sub: undefined })
    expect(readPath(`${enterpriseSchema}:manager`)).to.have.property('name', `${enterpriseSchema}:manager`)
    const { name, filter, sub } = readPath(`${userSchema}:emails[type eq "a].b"].value`)
    expect([name, filter === undefined ? '' : show(filter), sub]).to.deep.equal([
      `${userSchema}:emails`,
      'type eq "a].b"',
      'value',
    ])
  })

  for (const path of [
    '',
    ' ',
    '/emails/0',
    'emails]',
    'a b',
    'emails[type eq "x"].value.x',
    'emails[type eq "x"]value',
    '[type pr]',
    '0',
    '1name',
    '"a"',
  ]) {
    it(`7644-3.5.2-05 7644-3.5.2-06 A-21 refuses ${JSON.stringify(path)}`, () =>
      expect(codeOf(() => readPath(path))).to.equal('invalid_path'))
  }

  for (const path of ['emails[type regex "x"]', 'emails[type eq]', 'emails[]', `emails${'[a'.repeat(60)}`]) {
    it(`7644-3.5.2-08 A-21 refuses the filter in ${path.slice(0, 40)}`, () =>
      expect(codeOf(() => readPath(path))).to.equal('invalid_filter'))
  }

  it('7644-3.4.2.2-03 bounds the length of paths', () =>
    expect(codeOf(() => readPath('x'.repeat(10_001)))).to.equal('invalid_path'))
})

describe('what a filter is answered', () => {
  let scim: ScimClient
  before(async () => {
    scim = (await createTenant()).scim
    await scim.createUser('Ben')
  })

  it('7644-3.4.2.2-01 is offered, and works', async () => {
    expect((await scim.get('/ServiceProviderConfig')).body['filter'].supported).to.equal(true)
    expect((await scim.filter('/Users', 'userName eq "ben"')).body['totalResults']).to.equal(1)
  })

  it('7644-3.4.2.2-06 7644-3.4.2.2-07 answers 400 invalidFilter, and says what it does not understand', async () => {
    for (const [filter, detail] of [
      ['userName regex "x"', /operator after 'userName' .*, not 'regex', at position 15/],
      ['userName eq "x', /needs a value/],
      ['(title pr', /needs '\)'/],
      ['shoeSize eq 44', /names 'shoeSize', which User does not have/],
    ] as const) {
      const reply = await scim.filter('/Users', filter)
      expectError(reply, 400, 'invalidFilter')
      expect(reply.body['detail']).to.match(detail)
    }
  })

  it('7644-3.4.2-05 answers 200 and an empty list where nothing matches', async () => {
    const { status, body } = await scim.filter('/Users', 'userName eq "nobody"')
    expect(status).to.equal(200)
    expect(body).to.deep.equal({
      schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
      totalResults: 0,
      startIndex: 1,
      itemsPerPage: 0,
      Resources: [],
    })
  })
})
