// Whoever does what the tokens of a full feed say has what Rollcall has; and every token is what RFC 9967 says.
import { expect } from 'chai'
import fc from 'fast-check'
import { declareResourceTypes } from '../../server/scim/declarations.ts'
import { compileResourceType, type ResourceType } from '../../server/scim/schema.ts'
import { createTenant } from '../support/app.ts'
import { createFeedWorld } from '../support/feeds.ts'
import {
  type Body,
  enterpriseSchema,
  groupSchema,
  type Reply,
  type ScimClient,
  userSchema,
} from '../support/scim-client.ts'
import { expectSecurityEvent } from '../support/security-event-rules.ts'

/** What a client does: a number picks one of the resources that there are. */
type Step =
  | { readonly kind: 'create' | 'replace' | 'patch'; readonly pick: number; readonly attributes: Body }
  | { readonly kind: 'delete'; readonly pick: number }
  | {
      readonly kind: 'createGroup' | 'replaceGroup'
      readonly pick: number
      readonly name: string
      readonly members: readonly number[]
    }
  | { readonly kind: 'join' | 'leave'; readonly pick: number; readonly members: readonly number[] }
  | { readonly kind: 'deleteGroup'; readonly pick: number }

const word = fc.constantFrom('a', 'B', 'ç "x"')
const some = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.option(value, { nil: undefined, freq: 1 })
const drafts: fc.Arbitrary<Body> = fc.record(
  {
    externalId: fc.uuid(),
    displayName: word,
    title: word,
    active: fc.boolean(),
    password: fc.constant('secret-of-theirs'),
    name: fc.record({ givenName: some(word), familyName: some(word) }),
    emails: fc.uniqueArray(fc.record({ value: fc.emailAddress(), type: fc.constantFrom('work', 'home') }), {
      selector: ({ value }) => value.toLowerCase(),
      maxLength: 2,
    }),
    [enterpriseSchema]: fc.record({
      department: some(word),
      costCenter: some(word),
      manager: some(fc.record({ value: fc.nat(9).map((at) => `pick-${at}`) })),
    }),
  },
  { requiredKeys: [] },
)
const pick = fc.nat(3)
const members = fc.uniqueArray(pick, { maxLength: 4 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('create'), pick, attributes: drafts }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('replace', 'patch'), pick, attributes: drafts }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete'), pick }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('createGroup', 'replaceGroup'), pick, name: word, members }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('join', 'leave'), pick, members }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('deleteGroup'), pick }) },
)
const beginning: readonly Step[] = [
  { kind: 'create', pick: 0, attributes: { name: { givenName: 'a', familyName: 'B' }, title: 'a' } },
  { kind: 'create', pick: 0, attributes: {} },
  { kind: 'createGroup', pick: 0, name: 'a', members: [0] },
]

/** An identity provider that knows what it has made. */
class Writer {
  readonly userIds: string[] = []
  readonly groupIds: string[] = []
  readonly #scim: ScimClient
  #names = 0

  constructor(scim: ScimClient) {
    this.#scim = scim
  }

  async write(one: Step): Promise<void> {
    const ids = 'name' in one || 'members' in one || one.kind === 'deleteGroup' ? this.groupIds : this.userIds
    const id = ids[one.pick % Math.max(1, ids.length)]
    const reply = await this.#send(one, id)
    if (reply === undefined) return
    expect(reply.status, reply.text).to.be.within(200, 204)
    if (one.kind.startsWith('create')) ids.push(reply.body['id'])
    if (one.kind.startsWith('delete')) ids.splice(ids.indexOf(id ?? ''), 1)
  }

  async #send(one: Step, id: string | undefined): Promise<Reply | undefined> {
    if (one.kind === 'create') return this.#scim.post('/Users', this.#describe(one.attributes))
    if (one.kind === 'createGroup') return this.#scim.post('/Groups', this.#describeGroup(one.name, one.members))
    if (id === undefined) return undefined
    switch (one.kind) {
      case 'replace':
        return this.#scim.put(`/Users/${id}`, this.#describe(one.attributes))
      case 'patch':
        return this.#scim.patch(`/Users/${id}`, [{ op: 'replace', value: this.#fill(one.attributes) }])
      case 'delete':
        return this.#scim.delete(`/Users/${id}`)
      case 'replaceGroup':
        return this.#scim.put(`/Groups/${id}`, this.#describeGroup(one.name, one.members))
      case 'join':
        return this.#scim.patch(`/Groups/${id}`, [
          { op: 'add', path: 'members', value: this.#listMembers(one.members) },
        ])
      case 'leave':
        return this.#scim.patch(`/Groups/${id}`, [
          { op: 'remove', path: 'members', value: this.#listMembers(one.members) },
        ])
      case 'deleteGroup':
        return this.#scim.delete(`/Groups/${id}`)
    }
  }

  #describe(attributes: Body): Body {
    return { schemas: [userSchema, enterpriseSchema], userName: `user-${this.#names++}`, ...this.#fill(attributes) }
  }

  #describeGroup(displayName: string, places: readonly number[]): Body {
    return {
      schemas: [groupSchema],
      displayName: `${displayName}-${this.#names++}`,
      members: this.#listMembers(places),
    }
  }

  #listMembers(places: readonly number[]): Body[] {
    const ids = new Set(this.userIds.length === 0 ? [] : places.map((at) => this.#find(at)))
    return [...ids].map((value) => ({ value }))
  }

  #fill(attributes: Body): Body {
    return JSON.parse(JSON.stringify(attributes).replaceAll(/pick-(\d)/g, (_, at) => this.#find(Number(at)))) as Body
  }

  #find(at: number): string {
    return this.userIds[at % Math.max(1, this.userIds.length)] ?? 'nobody'
  }
}

/** A receiver that does what it is told, under ids of its own. */
class Replica {
  readonly ids = new Map<string, string>()
  readonly scim: ScimClient

  constructor(scim: ScimClient) {
    this.scim = scim
  }

  async apply(claims: Body): Promise<void> {
    const { id, uri } = claims['sub_id']
    for (const [name, payload] of Object.entries(claims['events']) as [string, Body][]) {
      const reply = await this.#do(
        name.replace('urn:ietf:params:scim:event:', ''),
        String(uri),
        this.translate(payload),
      )
      if (reply === undefined) continue
      expect(reply.status, `${JSON.stringify(claims)} ${reply.text}`).to.be.within(200, 204)
      if (name.endsWith('create:full')) this.ids.set(id, reply.body['id'])
    }
  }

  #do(event: string, uri: string, payload: Body): Promise<Reply> | undefined {
    const target = this.translate(uri)
    if (event === 'prov:create:full') return this.scim.post(uri.slice(0, uri.lastIndexOf('/')), payload['data'])
    if (event === 'prov:patch:full') return this.scim.send('patch', target, payload['data'])
    if (event === 'prov:delete') return this.scim.delete(target)
    return undefined // what the operations have done already
  }

  translate<Value>(value: Value): Value {
    let text = JSON.stringify(value)
    for (const [from, to] of this.ids) text = text.replaceAll(from, to)
    return JSON.parse(text) as Value
  }
}

const ignored = new Set(['id', 'meta', 'groups', '$ref'])

function strip(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strip).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([name]) => !ignored.has(name))
  return Object.fromEntries(entries.map(([name, one]) => [name, strip(one)]))
}

async function readAll(scim: ScimClient): Promise<Map<string, unknown>> {
  const lists = await Promise.all(['/Users', '/Groups'].map((endpoint) => scim.get(`${endpoint}?count=1000`)))
  return new Map(lists.flatMap(({ body }) => body['Resources'] as Body[]).map((one) => [one['id'], strip(one)]))
}

describe('a receiver of a full feed', () => {
  const types = new Map<string, ResourceType>(
    declareResourceTypes().map((type) => [type.endpoint, compileResourceType(type)]),
  )
  const typeOf = (claims: Body): ResourceType => {
    const type = types.get(`/${claims['sub_id'].uri.split('/')[1]}`)
    if (type === undefined) throw new Error(`${claims['sub_id'].uri} is of no type`)
    return type
  }

  it('9967-2.2-03 9967-2.2-04 9967-2.2-05 9967-2.1-04 has what Rollcall has, whatever was changed, by tokens of the right shape', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 10, maxLength: 40, size: 'max' }),
        fc.integer({ min: 1, max: 40 }),
        async (steps, split) => {
          const world = await createFeedWorld()
          const [full, notice] = [await world.addFeed(), await world.addFeed({ mode: 'notice' })]
          const replica = new Replica((await createTenant()).scim)
          const writer = new Writer(world.tenant.scim)
          const received: Body[] = []
          for (const part of [beginning, steps.slice(0, split), steps.slice(split)]) {
            for (const one of part) await writer.write(one)
            for (const { claims } of await world.drain(full)) received.push(claims)
          }
          const noticed = await world.drain(notice)
          for (const claims of [...received, ...noticed.map((one) => one.claims)])
            expectSecurityEvent(claims, typeOf(claims))
          expect(noticed.map(({ claims }) => claims['txn'])).to.deep.equal(received.map((claims) => claims['txn']))
          expect(JSON.stringify([received, noticed])).to.not.include('secret-of-theirs')
          for (const claims of received) await replica.apply(claims)
          const original = await readAll(world.tenant.scim)
          const copied = await readAll(replica.scim)
          expect([...copied.keys()]).to.have.members([...original.keys()].map((id) => replica.translate(id)))
          for (const [id, one] of original)
            expect(copied.get(replica.translate(id))).to.deep.equal(strip(replica.translate(one)))
        },
      ),
      { numRuns: 15 },
    )
  }).timeout(120_000)
})
