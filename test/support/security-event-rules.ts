// What every SCIM event must be (RFC 9967 sections 2.1 to 2.4), written down without the code that makes them.
import { expect } from 'chai'
import { resolveTarget } from '../../server/scim/patch-syntax.ts'
import type { ResourceType } from '../../server/scim/schema.ts'
import { type Body, patchSchema } from './scim-client.ts'

const prefix = 'urn:ietf:params:scim:event:'
const withAttributes = ['prov:create:notice', 'prov:patch:notice', 'prov:put:notice']
const withData = ['prov:create:full', 'prov:patch:full', 'prov:put:full']
const empty = ['prov:delete', 'prov:activate', 'prov:deactivate', 'feed:add', 'feed:remove']

/** Fails where the claims of a token are no SCIM event of a resource of the type. */
export function expectSecurityEvent(claims: Body, type: ResourceType): void {
  expect(claims).to.have.all.keys('iss', 'iat', 'jti', 'aud', 'txn', 'toe', 'sub_id', 'events')
  expect(claims['iat']).to.be.a('number').that.satisfies(Number.isInteger)
  for (const name of ['iss', 'jti', 'aud', 'txn']) expect(claims[name], name).to.be.a('string').that.is.not.equal('')
  const { sub_id: subject, events } = claims
  expect(subject).to.include.all.keys('format', 'uri', 'id')
  expect(Object.keys(subject)).to.have.length.at.most(4)
  expect([subject.format, subject.uri]).to.deep.equal(['scim', `${type.endpoint}/${subject.id}`])
  const names = Object.keys(events).map((uri) => uri.slice(prefix.length))
  expect(names).to.have.length.at.least(1)
  expect(Object.keys(events).every((uri) => uri.startsWith(prefix))).to.equal(true)
  // What happens to a resource at once is one of these, and what belongs to it.
  const states = names.filter((name) => name === 'prov:activate' || name === 'prov:deactivate')
  expect(names.length - states.length).to.be.at.most(1)
  if (states.length > 0) expect(names.filter((name) => !/^prov:(patch|put):/.test(name))).to.deep.equal(states)
  for (const name of names) expectPayload(name, events[prefix + name], type)
}

function expectPayload(name: string, payload: Body, type: ResourceType): void {
  expect(payload).to.not.have.property('sub_id')
  if (empty.includes(name)) {
    expect(payload, name).to.deep.equal({})
    return
  }
  expect(payload['version'], name).to.match(/^W\/"\d+"$/)
  if (withAttributes.includes(name)) {
    expect(payload).to.have.all.keys('version', 'attributes')
    expect(payload['attributes']).to.be.an('array').that.is.not.empty
    for (const path of payload['attributes']) expectPath(path, type)
    return
  }
  expect(withData, name).to.include(name)
  expect(payload).to.have.all.keys('version', 'data')
  if (name === 'prov:patch:full') expectPatch(payload['data'], type)
  else expect(payload['data']['schemas']).to.include(type.schema.id)
}

function expectPatch(data: Body, type: ResourceType): void {
  expect(data).to.have.all.keys('schemas', 'Operations')
  expect(data['schemas']).to.deep.equal([patchSchema])
  expect(data['Operations']).to.be.an('array').that.is.not.empty
  for (const { op, path, ...rest } of data['Operations']) {
    expectPath(path, type)
    expect(Object.keys(rest)).to.deep.equal(op === 'remove' ? [] : ['value'])
    expect(op).to.be.oneOf(['add', 'remove', 'replace'])
  }
}

// As a strict directory reads paths.
function expectPath(path: string, type: ResourceType): void {
  expect(resolveTarget(path, type, { strict: true, notes: [] }), path).not.to.equal(undefined)
}
