// Bulk requests, and what every answer to one must look like.
import { expect } from 'chai'
import {
  type Body,
  errorSchema,
  groupSchema,
  patchSchema,
  type Reply,
  type ScimClient,
  userSchema,
} from './scim-client.ts'

export const bulkSchema = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest'

export function sendBulk(scim: ScimClient, operations: readonly unknown[], rest: Body = {}): Promise<Reply> {
  return scim.post('/Bulk', { schemas: [bulkSchema], Operations: operations, ...rest })
}

/** The results; the test fails where the answer is not a BulkResponse. */
export async function runBulk(scim: ScimClient, operations: readonly unknown[], rest: Body = {}): Promise<Body[]> {
  const reply = await sendBulk(scim, operations, rest)
  expect(reply.status, reply.text).to.equal(200)
  expect(reply.headers['content-type']).to.equal('application/scim+json')
  expect(reply.body).to.have.all.keys('schemas', 'Operations')
  expect(reply.body['schemas']).to.deep.equal(['urn:ietf:params:scim:api:messages:2.0:BulkResponse'])
  const results = reply.body['Operations'] as Body[]
  for (const result of results) expectResult(result)
  return results
}

function expectResult(result: Body): void {
  const shown = JSON.stringify(result)
  expect(result['status'], shown).to.match(/^[2345]\d\d$/)
  if (result['status'] < '300') {
    expect(result, shown).to.include.keys('method', 'location').and.not.have.property('response')
    return
  }
  const { schemas, status, detail } = result['response'] as Body
  expect([schemas, status], shown).to.deep.equal([[errorSchema], result['status']])
  expect(detail, shown).to.be.a('string').that.is.not.empty
  if (result['method'] === 'POST') expect(result, shown).to.not.have.property('location')
}

export function listStatuses(results: readonly Body[]): string[] {
  return results.map((result) => result['status'] as string)
}

export function readId(result: Body | undefined): string {
  return String(result?.['location']).split('/').at(-1) ?? ''
}

export const postUser = (bulkId: string, userName: string, attributes: Body = {}): Body => ({
  method: 'POST',
  path: '/Users',
  bulkId,
  data: { schemas: [userSchema], userName, ...attributes },
})

export const postGroup = (
  bulkId: string,
  displayName: string,
  members: readonly string[] = [],
  rest: Body = {},
): Body => ({
  method: 'POST',
  path: '/Groups',
  bulkId,
  data: { schemas: [groupSchema], displayName, members: members.map((value) => ({ value })), ...rest },
})

export const patch = (path: string, ...operations: readonly Body[]): Body => ({
  method: 'PATCH',
  path,
  data: { schemas: [patchSchema], Operations: operations },
})
