// What filters may have that the standard does not: read and noted, and refused where the directory is strict.
import { expect } from 'chai'
import { AppError } from '../../server/errors.ts'
import { declareResourceTypes } from '../../server/scim/declarations.ts'
import { compileFilter, resolveFilterAcrossTypes } from '../../server/scim/filter.ts'
import { parseFilter } from '../../server/scim/filter-syntax.ts'
import type { Note, Reading } from '../../server/scim/notes.ts'
import { resolveTarget } from '../../server/scim/patch-syntax.ts'
import { compileResourceType, type ResourceType } from '../../server/scim/schema.ts'
import { createTenant, getApp, type Tenant } from '../support/app.ts'
import { testDatabase } from '../support/postgres.ts'
import { createStrictTenant, expectError } from '../support/protocol.ts'
import { type Body, enterpriseSchema, searchSchema } from '../support/scim-client.ts'

const [userType, groupType] = declareResourceTypes().map((type) => compileResourceType(type)) as [
  ResourceType,
  ResourceType,
]

const department = `${enterpriseSchema}:department`

interface Case {
  readonly id: string
  readonly filter: string
  /** The same as the standard has it. */
  readonly standard: string
  readonly notes: readonly string[]
  /** What a strict directory answers. */
  readonly refusal: RegExp
}

const unquoted = 'a word without quotes was read as a string'

const cases: readonly Case[] = [
  {
    id: '7644-3.4.2.2-op-15',
    filter: 'userName eq mira',
    standard: 'userName eq "mira"',
    notes: [`userName: ${unquoted}`],
    refusal: /needs double quotes around 'mira', at position 17/,
  },
  {
    id: '7644-3.4.2.2-op-15',
    filter: 'emails[type eq work and value co mira].display eq Mira',
    standard: 'emails[type eq "work" and value co "mira"].display eq "Mira"',
    notes: [`type: ${unquoted}`, `value: ${unquoted}`, `display: ${unquoted}`],
    refusal: /needs double quotes around 'work'/,
  },
  {
    id: '7644-3.4.2.2-op-10',
    filter: 'active eq "True"',
    standard: 'active eq true',
    notes: ['active: the string "True" was read as true'],
    refusal: /^active eq: needs true or false, without quotes\.$/,
  },
  {
    id: '7644-3.4.2.2-op-10',
    filter: 'emails[primary ne "FALSE"] or not (active eq "false")',
    standard: 'emails[primary ne false] or not (active eq false)',
    notes: ['primary: the string "FALSE" was read as false', 'active: the string "false" was read as false'],
    refusal: /^primary ne: needs true or false, without quotes\.$/,
  },
  {
    id: '7644-3.4.2.2-complex-08',
    filter: 'department eq "R&D"',
    standard: `${department} eq "R&D"`,
    notes: [`department: read as ${department}`],
    refusal: /must name 'department' with its schema, as urn:.*:User:department/,
  },
  {
    id: '7644-3.4.2.2-complex-08',
    filter: 'manager.value pr or manager eq "x"',
    standard: `${enterpriseSchema}:manager.value pr or ${enterpriseSchema}:manager eq "x"`,
    notes: [`manager.value: read as ${enterpriseSchema}:manager.value`, `manager: read as ${enterpriseSchema}:manager`],
    refusal: /must name 'manager.value' with its schema/,
  },
  {
    id: '7644-3.4.2.2-logic-05',
    filter: 'userName eq"mira"',
    standard: 'userName eq "mira"',
    notes: ['userName: no space before the value'],
    refusal: /needs a space before the value, at position 12/,
  },
]

const show = (notes: readonly Note[]): string[] => notes.map(({ path, note }) => `${path}: ${note}`)

function catchError(work: () => unknown): AppError {
  try {
    work()
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('filters beyond the standard', () => {
  for (const { id, filter, standard, notes, refusal } of cases) {
    it(`${id} ${filter} is read as ${standard} and noted, and strictly refused`, () => {
      const lenient: Reading = { strict: false, notes: [] }
      const strict: Reading = { strict: true, notes: [] }
      const compiled = compileFilter(filter, userType, lenient)
      expect(show(lenient.notes)).to.deep.equal(notes)
      expect(compileFilter(standard, userType, strict)).to.deep.equal(compiled)
      const error = catchError(() => compileFilter(filter, userType, strict))
      expect(error.code).to.equal('invalid_filter')
      expect(error.message).to.match(refusal)
      expect(strict.notes).to.deep.equal([])
    })
  }

  for (const filter of [
    '  userName   eq   "mira"  ',
    'NOT (USERNAME EQ "mira")',
    'not(title pr)',
    'emails[type eq "work"].value eq "x"',
  ]) {
    it(`7644-3.4.2.2-logic-05 7644-3.4.2.2-04 ${filter} is read without a note, and strictly, too`, () => {
      for (const strict of [false, true]) {
        const reading: Reading = { strict, notes: [] }
        compileFilter(filter, userType, reading)
        expect(reading.notes).to.deep.equal([])
      }
    })
  }

  it('7644-3.4.2.2-op-15 notes once what a query over all types has', () => {
    const reading: Reading = { strict: false, notes: [] }
    const syntax = parseFilter('userName eq mira', reading)
    for (const type of [userType, groupType]) resolveFilterAcrossTypes(syntax, type, reading)
    expect(reading.notes).to.have.length(1)
  })

  it('7644-3.4.2.2-op-10 7644-3.4.2.2-op-15 holds for the filters in the paths of PATCH, too', () => {
    for (const [path, note] of [
      ['roles[primary eq "True"].value', 'primary: the string "True" was read as true'],
      ['emails[type eq work]', `type: ${unquoted}`],
    ] as const) {
      const reading: Reading = { strict: false, notes: [] }
      expect(resolveTarget(path, userType, reading)?.condition, path).not.to.equal(undefined)
      expect(show(reading.notes)).to.deep.equal([note])
      const error = catchError(() => resolveTarget(path, userType, { strict: true, notes: [] }))
      expect(error.code).to.equal('invalid_filter')
    }
  })

  describe('over HTTP', () => {
    let lenient: Tenant
    let strict: Tenant
    before(async () => {
      lenient = await createTenant()
      strict = await createStrictTenant()
      for (const { scim } of [lenient, strict]) {
        await scim.createUser('mira', {
          emails: [{ value: 'mira@larkspur.example', type: 'work', display: 'Mira', primary: true }],
          [enterpriseSchema]: { department: 'R&D', manager: { value: 'x' } },
        })
      }
    })

    const list = (tenant: Tenant, filter: string): Promise<{ status: number; body: Body }>[] => [
      tenant.scim.filter('/Users', filter),
      tenant.scim.post('/Users/.search', { schemas: [searchSchema], filter }),
      tenant.scim.post('/.search', { schemas: [searchSchema], filter }),
    ]

    for (const { id, filter, standard } of cases) {
      it(`${id} ${filter} finds what ${standard} finds, and is 400 in a strict directory`, async () => {
        for (const { status, body } of await Promise.all(list(lenient, filter))) {
          expect([status, body['totalResults']]).to.deep.equal([200, 1])
        }
        for (const { status, body } of await Promise.all(list(strict, standard))) {
          expect([status, body['totalResults']]).to.deep.equal([200, 1])
        }
        expectError(await strict.scim.filter('/Users', filter), 400, 'invalidFilter')
        for (const { status, body } of await Promise.all(list(strict, filter))) {
          expect([status, body['scimType']]).to.deep.equal([400, 'invalidFilter'])
        }
      })
    }

    it('7644-3.4.2.2-op-15 the request log has the note', async () => {
      await lenient.scim.filter('/Users', 'userName eq mira')
      await (await getApp()).app.requestLog.flush()
      const { notes } = await testDatabase()
        .selectFrom('request_log')
        .select('notes')
        .where('org_id', '=', lenient.organizationId)
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirstOrThrow()
      expect(notes).to.deep.equal([{ path: 'userName', note: unquoted }])
    })
  })
})
