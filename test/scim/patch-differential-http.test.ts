// PATCH over HTTP against the model of it, on users and on groups with members: what GET returns afterwards, the version, and
// If-Match. The model knows of the schemas what the server publishes. PATCH_SEED runs other requests.
import { expect } from 'chai'
import fc from 'fast-check'
import { clock } from '../support/app.ts'
import { arbitraryBody, arbitraryMembersBody, arbitraryResource } from '../support/patch-arbitrary.ts'
import { applyPatch, type Outcome } from '../support/patch-model.ts'
import type { ModelSchema, ModelType } from '../support/patch-model-paths.ts'
import { isEqual, isObject, type Json, type Resource, toText } from '../support/patch-model-values.ts'
import { testDatabase } from '../support/postgres.ts'
import { createTenantWith, customSchema } from '../support/protocol.ts'
import {
  type Body,
  enterpriseSchema,
  groupSchema,
  type Reply,
  type ScimClient,
  userSchema,
} from '../support/scim-client.ts'

const seed = Number(process.env['PATCH_SEED'] ?? 20_260_131)

const definitions = [
  ...(['string', 'integer', 'decimal', 'boolean', 'dateTime', 'binary', 'reference'] as const).flatMap((type) => [
    { name: `one_${type}`, type },
    { name: `several_${type}`, type, multiValued: true },
  ]),
  { name: 'seal', type: 'string', mutability: 'immutable' },
  {
    name: 'desk',
    type: 'complex',
    subAttributes: [
      { name: 'floor', type: 'integer' },
      { name: 'code', type: 'string', mutability: 'immutable' },
    ],
  },
]

type Kind = 'Users' | 'Groups'

/** A resource as the model has it, and which version that is. */
interface Known {
  readonly id: string
  readonly kind: Kind
  resource: Resource
  version: number
}

interface Request {
  readonly place: number
  readonly body: Resource
  readonly match: 'none' | 'current' | 'stale'
}

describe('PATCH over HTTP against a model of it', function () {
  this.timeout(120_000)

  for (const strict of [false, true]) {
    const which = strict ? 'a strict directory' : 'a directory'
    it(`7644-3.5.2-18 7644-3.5.2-21 7644-3.5.2.1-07 7644-3.5.2.2-07 7644-3.14-03 7644-3.14-05 does what the model does in ${which}, 250 times`, async () => {
      const world = await createWorld(strict)
      const counts = { changed: 0, same: 0, refused: 0, stale: 0 }
      for (const request of world.requests) counts[await world.check(request)]++
      expect(counts.changed).to.be.greaterThan(50)
      expect(Math.min(...Object.values(counts))).to.be.greaterThan(4)
    })
  }
})

async function createWorld(strict: boolean): Promise<World> {
  const tenant = await createTenantWith(...definitions)
  clock.advance(1001) // a token and what it knows of the schema are kept for a second
  const { scim } = tenant
  const types = { Users: await readType(scim, userSchema), Groups: await readType(scim, groupSchema) }
  expect(types.Users.extensions.map(({ id }) => id)).to.include(customSchema)
  const world = new World(scim, types, strict)
  const users = fc.sample(arbitraryResource(choose(types.Users)), { seed, numRuns: 8 })
  for (const [index, resource] of users.entries()) await world.add('Users', { ...resource, userName: `user-${index}` })
  const groups = fc.sample(arbitraryResource(choose(types.Groups)), { seed, numRuns: 4 })
  for (const [index, resource] of groups.entries()) {
    const members = world.ids.slice(index, index + 3).map((value) => ({ value }))
    await world.add('Groups', { ...resource, displayName: `Group ${index}`, members })
  }
  await testDatabase().updateTable('directories').set({ strict }).where('id', '=', tenant.directoryId).execute()
  clock.advance(1001)
  return world
}

// Certificates are real ones in a strict directory; plain texts are all alike.
function choose({ core, extensions }: ModelType): ModelType {
  const few = ({ attributes, ...schema }: ModelType['core']): ModelType['core'] => {
    const chosen = attributes.filter(({ name }) => name !== 'x509Certificates')
    const plain = chosen.filter(({ type, multiValued, required }) => type === 'string' && !multiValued && !required)
    return { ...schema, attributes: chosen.filter((one) => !plain.slice(3).includes(one)) }
  }
  return { core: few(core), extensions: extensions.map(few) }
}

async function readType(scim: ScimClient, core: string): Promise<ModelType> {
  const read = async (urn: string, required: boolean): Promise<ModelSchema> => {
    const { id, attributes } = (await scim.get(`/Schemas/${urn}`)).body
    return { id, attributes, required }
  }
  const { body } = await scim.get('/ResourceTypes')
  const type: Body = body['Resources'].find((one: Body) => one['schema'] === core)
  const extensions = type['schemaExtensions'].map((one: Body) => read(one['schema'], one['required']))
  return { core: await read(core, true), extensions: await Promise.all(extensions) }
}

class World {
  readonly requests: readonly Request[]
  readonly #scim: ScimClient
  readonly #types: Readonly<Record<Kind, ModelType>>
  readonly #strict: boolean
  readonly #known: Known[] = []

  constructor(scim: ScimClient, types: Readonly<Record<Kind, ModelType>>, strict: boolean) {
    this.#scim = scim
    this.#types = types
    this.#strict = strict
    const requests = (places: readonly number[], body: fc.Arbitrary<Resource>, numRuns: number): Request[] => {
      const match = fc.nat(7).map((chance) => (chance === 0 ? 'stale' : chance === 1 ? 'current' : 'none'))
      return fc.sample(fc.record({ place: fc.constantFrom(...places), body, match }), { seed, numRuns })
    }
    const own = types.Groups.core.attributes.find(({ name }) => name === 'members')
    if (own === undefined) throw new Error('groups have no members')
    const users = requests([0, 1, 2, 3, 4, 5, 6, 7], arbitraryBody(choose(types.Users)), 100)
    const groups = requests([8, 9, 10, 11], arbitraryBody(choose(types.Groups)), 50)
    const members = requests([8, 9, 10, 11], arbitraryMembersBody(own), 100)
    this.requests = [...users, ...groups, ...members].map((_, index, all) => all[(index * 7) % all.length] as Request)
  }

  get ids(): string[] {
    return this.#known.map(({ id }) => id)
  }

  async add(kind: Kind, resource: Resource): Promise<void> {
    const reply = await this.#scim.post(`/${kind}`, resource)
    expect(reply.status, reply.text).to.equal(201)
    this.#known.push({ id: reply.body['id'], kind, resource: simplify(reply.body), version: 1 })
  }

  /** Sends a request and compares what became of it. */
  async check({ place, body: template, match }: Request): Promise<'changed' | 'same' | 'refused' | 'stale'> {
    const known = this.#known[place]
    if (known === undefined) throw new Error(`there is no resource ${place}`)
    const { id, kind, resource, version } = known
    const body = JSON.parse(this.#nameMembers(JSON.stringify(template))) as Resource
    const expected = this.#expect(known, body)
    const path = `/${kind}/${id}`
    const tag = match === 'stale' ? `W/"${version + 1}", "x"` : `W/"${version}"`
    const reply = await this.#scim.send('patch', path, body, match === 'none' ? {} : { 'If-Match': tag })
    const shown = (): string =>
      JSON.stringify(
        { strict: this.#strict, match, resource, body, expected: show(expected), reply: reply.text },
        null,
        2,
      )

    if (match === 'stale' && reply.status === 412) {
      await this.#compare(known, reply, shown)
      return 'stale'
    }
    if ('refusals' in expected) {
      expect([400, 409], shown()).to.include(reply.status)
      expect([...expected.refusals], shown()).to.include(reply.body['scimType'])
      await this.#compare(known, reply, shown)
      return 'refused'
    }
    expect([match, reply.status], shown()).to.deep.equal([
      match === 'stale' ? 'none' : match,
      kind === 'Users' ? 200 : 204,
    ])
    const changed = !isEqual(sortMembers(expected.resource), sortMembers(resource))
    known.resource = expected.resource
    if (changed) known.version++
    await this.#compare(known, reply, shown)
    return changed ? 'changed' : 'same'
  }

  async #compare({ id, kind, resource, version }: Known, reply: Reply, shown: () => string): Promise<void> {
    const { status, headers, body } = await this.#scim.get(`/${kind}/${id}`)
    expect(status).to.equal(200)
    expect(simplify(body), shown()).to.deep.equal(sortMembers(resource))
    expect([headers['etag'], body['meta'].version], shown()).to.deep.equal([`W/"${version}"`, `W/"${version}"`])
    if (reply.status < 300) expect(reply.headers['etag'], shown()).to.equal(`W/"${version}"`)
    if (reply.status === 200) expect(reply.body, shown()).to.deep.equal(body)
  }

  /** What the model says, and that names are unique and no group is in itself. */
  #expect({ id, kind, resource }: Known, body: Resource): Outcome {
    const describe = (member: string): Resource | undefined => this.#describe(member)
    const outcome = applyPatch(resource, body, this.#types[kind], this.#strict, describe)
    const name = kind === 'Users' ? 'userName' : 'displayName'
    const others = this.#known.filter((other) => other.kind === kind && other.id !== id)
    const refusals = new Set<string>()
    if ('refusals' in outcome) {
      for (const refusal of outcome.refusals) refusals.add(refusal)
      // A group whose members do not exist may have the name of another one, too.
      if (kind === 'Groups') refusals.add('uniqueness')
    } else {
      const { [name]: given, members } = outcome.resource
      if (others.some((other) => fold(other.resource[name]) === fold(given))) refusals.add('uniqueness')
      if (Array.isArray(members) && members.some((one) => isObject(one) && one['value'] === id))
        refusals.add('invalidValue')
    }
    return refusals.size === 0 ? outcome : { refusals }
  }

  #describe(id: string): Resource | undefined {
    const found = this.#known.find((one) => one.id === id)
    if (found === undefined) return undefined
    const { displayName, userName } = found.resource
    return { value: id, type: found.kind === 'Users' ? 'User' : 'Group', display: displayName ?? userName ?? '' }
  }

  // Four users, a group, and a group that is sometimes the one itself.
  #nameMembers(text: string): string {
    const ids = [0, 1, 2, 3, 8, 9].map((place) => this.#known[place]?.id ?? '')
    return text.replace(/member-(\d)/g, (_, digit: string) => ids[Number(digit)] ?? '')
  }
}

/** A resource as a client sends it: without what the server sets. */
function simplify(body: Body): Resource {
  const { id: _, meta: __, groups: ___, ...resource }: Resource = structuredClone(body)
  const enterprise = resource[enterpriseSchema]
  if (isObject(enterprise) && isObject(enterprise['manager'])) {
    enterprise['manager'] = { value: enterprise['manager']['value'] ?? '' }
  }
  return sortMembers(resource)
}

// A group has members in no order.
function sortMembers(resource: Resource): Resource {
  const { members } = resource
  if (!Array.isArray(members)) return resource
  const ids = members.map((member) => toText(isObject(member) && member['value']))
  return { ...resource, members: ids.toSorted().map((value) => ({ value })) }
}

function fold(name: Json | undefined): string {
  return toText(name).trim().toLowerCase()
}

function show(outcome: Outcome): unknown {
  return 'resource' in outcome ? outcome : { refusals: [...outcome.refusals] }
}
