// Sub-attributes that can be set only once, through PUT and PATCH.
import { expect } from 'chai'
import { createTenantWith, customSchema, expectError, user } from '../support/protocol.ts'
import type { Body, Reply, ScimClient } from '../support/scim-client.ts'

const definition = {
  name: 'place',
  type: 'complex',
  subAttributes: [
    { name: 'floor', type: 'integer' },
    { name: 'code', type: 'string', mutability: 'immutable' },
  ],
}

describe('an immutable sub-attribute', () => {
  let scim: ScimClient
  let path: string
  beforeEach(async () => {
    scim = (await createTenantWith(definition)).scim
    path = `/Users/${(await scim.createUser('mira', { [customSchema]: { place: { floor: 1 } } }))['id']}`
  })

  const put = (place?: Body | null): Promise<Reply> =>
    scim.put(path, user(place === undefined ? {} : { [customSchema]: { place } }))
  const readPlace = async (): Promise<unknown> => (await scim.get(path)).body[customSchema]

  it('7644-3.5.1-05 7643-7-07 is set by PUT while it has no value, and then kept', async () => {
    expect((await put({ floor: 1, code: 'A' })).body[customSchema]).to.deep.equal({ place: { floor: 1, code: 'A' } })
    expect((await put({ floor: 2, code: 'A' })).body[customSchema]).to.deep.equal({ place: { floor: 2, code: 'A' } })
    expectError(await put({ floor: 3, code: 'B' }), 400, 'mutability')
    expect(await readPlace()).to.deep.equal({ place: { floor: 2, code: 'A' } })
    for (const place of [{ code: '' }, null, undefined]) {
      expect((await put(place)).body[customSchema]).to.deep.equal({ place: { code: 'A' } })
    }
    expect((await put({ floor: 4 })).body[customSchema]).to.deep.equal({ place: { floor: 4, code: 'A' } })
  })

  it('7644-3.5.2-11 7643-7-07 is set by PATCH while it has no value, and then kept', async () => {
    const code = `${customSchema}:place.code`
    const patch = (operation: unknown): Promise<Reply> => scim.patch(path, [operation])
    const set = await patch({ op: 'add', path: code, value: 'A' })
    expect(set.body[customSchema]).to.deep.equal({ place: { floor: 1, code: 'A' } })
    for (const operation of [
      { op: 'replace', path: code, value: 'B' },
      { op: 'remove', path: code },
      { op: 'remove', path: `${customSchema}:place` },
      { op: 'remove', path: customSchema },
      { op: 'replace', value: { [customSchema]: { place: { code: 'B' } } } },
    ]) {
      expectError(await patch(operation), 400, 'mutability')
    }
    expect(await readPlace()).to.deep.equal({ place: { floor: 1, code: 'A' } })
  })
})
