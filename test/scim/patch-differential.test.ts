// PATCH in memory against a second implementation of it that shares nothing with the server: random operations, good and bad,
// on random resources. PATCH_SEED runs others; what disagrees is shrunk to the smallest such case.
import { isDeepStrictEqual } from 'node:util'
import { expect } from 'chai'
import fc from 'fast-check'
import { AppError } from '../../server/errors.ts'
import { declareResourceTypes } from '../../server/scim/declarations.ts'
import { applyOperations } from '../../server/scim/patch.ts'
import { readOperations } from '../../server/scim/patch-syntax.ts'
import { compileResourceType, type ResourceType, type SchemaDefinition } from '../../server/scim/schema.ts'
import { arbitraryBody, arbitraryResource } from '../support/patch-arbitrary.ts'
import { applyPatch, type Outcome } from '../support/patch-model.ts'
import type { ModelType } from '../support/patch-model-paths.ts'
import type { Resource } from '../support/patch-model-values.ts'

const seed = Number(process.env['PATCH_SEED'] ?? 20_260_131)

const define = (id: string, attributes: SchemaDefinition['attributes']): SchemaDefinition => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
  id,
  name: 'Extension',
  description: 'Attributes of every kind',
  attributes,
})

const types = ['string', 'integer', 'decimal', 'boolean', 'dateTime', 'binary', 'reference'] as const

// Every kind of attribute that an organization can add, and those that it cannot: readOnly and required ones.
const kinds = define('urn:larkspur:params:scim:schemas:kinds:1.0:User', [
  ...types.map((type) => ({ name: `one_${type}`, type })),
  ...types.map((type) => ({ name: `several_${type}`, type, multiValued: true })),
  { name: 'exact', type: 'string', caseExact: true },
  { name: 'seal', type: 'string', mutability: 'immutable' },
  { name: 'seals', type: 'string', multiValued: true, mutability: 'immutable' },
  { name: 'printedBy', type: 'string', mutability: 'readOnly' },
  {
    name: 'desk',
    type: 'complex',
    subAttributes: [
      { name: 'floor', type: 'integer' },
      { name: 'code', type: 'string', mutability: 'immutable' },
      { name: 'drawers', type: 'string', multiValued: true },
      { name: 'printedBy', type: 'string', mutability: 'readOnly' },
    ],
  },
  {
    name: 'keys',
    type: 'complex',
    multiValued: true,
    subAttributes: [
      { name: 'value', type: 'string', caseExact: true, required: true },
      { name: 'type', type: 'string' },
      { name: 'level', type: 'integer' },
      { name: 'cut', type: 'string', mutability: 'immutable' },
      { name: 'printedBy', type: 'string', mutability: 'readOnly' },
      { name: 'primary', type: 'boolean' },
    ],
  },
])

const contract = define('urn:larkspur:params:scim:schemas:contract:1.0:User', [
  { name: 'number', type: 'string', required: true },
  { name: 'hours', type: 'decimal' },
])

interface Subject {
  readonly type: ResourceType
  readonly model: ModelType
  readonly resources: readonly Resource[]
}

// Members are rows: see patch-differential-http.test.ts. Certificates are real ones in a strict directory. Plain texts are all alike.
function choose(definition: SchemaDefinition): SchemaDefinition {
  const chosen = definition.attributes.filter(({ name }) => name !== 'members' && name !== 'x509Certificates')
  const plain = chosen.filter(({ type, multiValued, required }) => type === 'string' && !multiValued && !required)
  return { ...definition, attributes: chosen.filter((one) => !plain.slice(3).includes(one) || one.name === 'password') }
}

const subjects = declareResourceTypes().map((definition): Subject => {
  const added = definition.name === 'Group' ? [] : [kinds, contract].map((schema) => ({ schema, required: false }))
  const schema = choose(definition.schema)
  const chosen = definition.extensions.map((extension) => ({ ...extension, schema: choose(extension.schema) }))
  const extensions = [...chosen, ...added]
  const model = {
    core: schema,
    extensions: extensions.map((extension) => ({ ...extension.schema, required: extension.required })),
  }
  return {
    type: compileResourceType({ ...definition, schema, extensions }),
    model,
    resources: fc.sample(arbitraryResource(model), { seed, numRuns: 300 }),
  }
})

function applyServer(resource: Resource, body: unknown, type: ResourceType, strict: boolean): Outcome {
  const reading = { strict, notes: [] }
  try {
    return { resource: applyOperations(resource, readOperations(body, reading), type, reading).resource }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { refusals: new Set([error.code.replace(/_(.)/, (_, letter: string) => letter.toUpperCase())]) }
  }
}

describe('PATCH against a model of it', function () {
  this.timeout(60_000)

  it('7644-3.5.2-09 7644-3.5.2-12 7644-3.5.2-17 7644-3.5.2-19 does what the model does, 20 000 times', () => {
    const counts: Record<string, number> = {}
    const property = fc.property(fc.oneof(...subjects.map(arbitraryCase)), ({ name, resource, body, strict }) => {
      const subject = subjects.find(({ type }) => type.name === name)
      if (subject === undefined) throw new Error(`there is no ${name}`)
      const expected = applyPatch(resource, body, subject.model, strict)
      const outcome = compare(resource, expected, applyServer(resource, body, subject.type, strict))
      counts[outcome] = (counts[outcome] ?? 0) + 1
    })
    fc.assert(property, { seed, numRuns: 20_000 })
    // A test of operations that are all refused, or all change nothing, would prove little.
    const refusals = ['invalidFilter', 'invalidPath', 'invalidSyntax', 'invalidValue', 'mutability', 'noTarget']
    expect(counts).to.have.all.keys(...refusals, 'changed', 'same', 'one of several')
    expect(counts['changed']).to.be.greaterThan(6000)
    for (const refusal of refusals) expect(counts[refusal], refusal).to.be.greaterThan(200)
  })
})

interface Case {
  readonly name: string
  readonly resource: Resource
  readonly body: Resource
  readonly strict: boolean
}

function arbitraryCase({ type, model, resources }: Subject): fc.WeightedArbitrary<Case> {
  const arbitrary = fc.record({
    name: fc.constant(type.name),
    resource: fc.constantFrom(...resources),
    body: arbitraryBody(model),
    strict: fc.boolean(),
  })
  return { weight: type.name === 'User' ? 9 : 1, arbitrary }
}

/** What became of it, in both the same. */
function compare(before: Resource, expected: Outcome, actual: Outcome): string {
  if ('resource' in expected && 'resource' in actual) {
    if (!isDeepStrictEqual(actual.resource, expected.resource)) expect(actual.resource).to.deep.equal(expected.resource)
    return isDeepStrictEqual(actual.resource, before) ? 'same' : 'changed'
  }
  if ('resource' in expected) throw new Error(`refused: ${show(actual)}`)
  if ('resource' in actual) throw new Error(`not refused: ${show(expected)}`)
  const [refusal = ''] = actual.refusals
  expect([...expected.refusals]).to.include(refusal)
  return expected.refusals.size === 1 ? refusal : 'one of several'
}

function show(outcome: Outcome): string {
  return 'resource' in outcome ? JSON.stringify(outcome.resource) : [...outcome.refusals].join(' or ')
}
