import { expect } from 'chai'
import { clock, createTenant } from '../support/app.ts'
import type { ScimClient } from '../support/scim-client.ts'
import { groupSchema } from '../support/scim-client.ts'
import { expectError, user } from '../support/protocol.ts'

describe('versions of a resource', () => {
  let scim: ScimClient
  let path: string
  beforeEach(async () => {
    scim = (await createTenant()).scim
    path = `/Users/${(await scim.createUser('mira', { title: 'A' }))['id']}`
  })

  it('7644-3.14-01 7644-3.14-03 7643-3.1-13 7644-3.5.1-12 IOP-interop-01-14 changes the tag with the resource, and not otherwise', async () => {
    const first = await scim.get(path)
    expect(first.body['meta'].lastModified).to.equal(first.body['meta'].created)
    expect((await scim.get(path)).headers['etag']).to.equal(first.headers['etag'])
    for (const reply of [
      await scim.put(path, user({ title: 'A' })),
      await scim.patch(path, [{ op: 'replace', path: 'title', value: 'A' }]),
    ]) {
      expect(reply.headers['etag']).to.equal(first.headers['etag'])
      expect(reply.body['meta']).to.deep.equal(first.body['meta'])
    }
    clock.advance(5)
    const changed = await scim.put(path, user({ title: 'B' }))
    expect(changed.headers['etag']).to.not.equal(first.headers['etag'])
    expect(Date.parse(changed.body['meta'].lastModified)).to.be.greaterThan(Date.parse(first.body['meta'].lastModified))
    expect(changed.body['meta'].created).to.equal(first.body['meta'].created)
  })

  const matches = ['W/"1"', '"1"', 'w/"1"', '1', '*', ' * ', '"x", W/"1"', 'W/"9" , "1","2"', '"a,b", W/"1"']
  const differs = ['W/"2"', '"x"', '2', 'W/"11"', '"W/1"', 'W/"2", "3"', 'garbage', '"', 'W/""']

  for (const tag of matches) {
    it(`7644-3.14-04 7644-3.14-08 HTTP-9110-02 answers 304 to If-None-Match: ${tag}`, async () => {
      for (const query of ['', '?attributes=userName']) {
        const reply = await scim.get(path + query, { 'If-None-Match': tag })
        expect([reply.status, reply.text, reply.headers['etag']]).to.deep.equal([304, '', 'W/"1"'])
      }
      expect((await scim.send('head', path, undefined, { 'If-None-Match': tag })).status).to.equal(304)
    })
    it(`7644-3.14-05 writes with If-Match: ${tag}`, async () => {
      expect((await scim.put(path, user({ title: 'B' }), { 'If-Match': tag })).status).to.equal(200)
    })
  }
  for (const tag of differs) {
    it(`7644-3.14-04 answers the resource to If-None-Match: ${tag}`, async () => {
      expect((await scim.get(path, { 'If-None-Match': tag })).status).to.equal(200)
    })
    it(`7644-3.14-05 refuses If-Match: ${tag} and changes nothing`, async () => {
      const [before, headers] = [(await scim.get(path)).body, { 'If-Match': tag }]
      expectError(await scim.put(path, user({ title: 'B' }), headers), 412)
      expectError(await scim.patch(path, [{ op: 'remove', path: 'title' }], headers), 412)
      expectError(await scim.delete(path, headers), 412)
      expect((await scim.get(path)).body).to.deep.equal(before)
    })
  }

  it('7644-3.14-05 holds for groups too', async () => {
    const { id } = await scim.createGroup('Core')
    const stale = { 'If-Match': 'W/"7"' }
    expectError(await scim.put(`/Groups/${id}`, { schemas: [groupSchema], displayName: 'x' }, stale), 412)
    expectError(await scim.patch(`/Groups/${id}`, [{ op: 'remove', path: 'members' }], stale), 412)
    expectError(await scim.delete(`/Groups/${id}`, stale), 412)
    expect((await scim.get(`/Groups/${id}`, { 'If-None-Match': 'W/"1"' })).status).to.equal(304)
    expect((await scim.delete(`/Groups/${id}`, { 'If-Match': 'W/"1"' })).status).to.equal(204)
  })

  it('7644-3.14-06 answers 404 to If-Match on an unknown id', async () => {
    for (const endpoint of ['/Users', '/Groups']) {
      for (const tag of ['*', 'W/"1"']) {
        const body = endpoint === '/Users' ? user() : { schemas: [groupSchema], displayName: 'x' }
        expectError(await scim.put(`${endpoint}/nobody`, body, { 'If-Match': tag }), 404)
        expectError(
          await scim.patch(`${endpoint}/nobody`, [{ op: 'remove', path: 'externalId' }], { 'If-Match': tag }),
          404,
        )
        expectError(await scim.delete(`${endpoint}/nobody`, { 'If-Match': tag }), 404)
      }
    }
  })

  it('7644-3.14-07 lets exactly one of several writers with the same tag win', async () => {
    const writes = Array.from({ length: 8 }, (_, index) =>
      scim.put(path, user({ title: `T${index}` }), { 'If-Match': 'W/"1"' }),
    )
    const statuses = (await Promise.all(writes)).map((reply) => reply.status)
    expect(statuses.toSorted((a, b) => a - b)).to.deep.equal([200, 412, 412, 412, 412, 412, 412, 412])
    expect((await scim.get(path)).headers['etag']).to.equal('W/"2"')
  })
})
