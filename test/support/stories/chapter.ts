// Stories tell what an identity provider sends and check what it needs to read. A chapter makes all that it works with, under
// names that nobody else has, so chapters can run in any order, side by side, and against any server.
import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import { errorSchema, listSchema, type Body, type Reply, type ScimClient } from '../scim-client.ts'

export type StoryClient = Pick<ScimClient, 'baseUrl' | 'send' | 'get' | 'post' | 'put' | 'patch' | 'delete' | 'filter'>

export interface Chapter {
  /** A sentence: what the identity provider does, and what becomes of it. */
  readonly title: string
  tell(scim: StoryClient): Promise<void>
}

type Headers = Readonly<Record<string, string>>

/** The client, with headers on every request. */
export function withHeaders(scim: StoryClient, headers: Headers): StoryClient {
  return {
    baseUrl: scim.baseUrl,
    send: (method, path, body, more) => scim.send(method, path, body, { ...headers, ...more }),
    get: (path, more) => scim.get(path, { ...headers, ...more }),
    post: (path, body, more) => scim.post(path, body, { ...headers, ...more }),
    put: (path, body, more) => scim.put(path, body, { ...headers, ...more }),
    patch: (path, operations, more) => scim.patch(path, operations, { ...headers, ...more }),
    delete: (path, more) => scim.delete(path, { ...headers, ...more }),
    filter: (endpoint, filter, rest?: string) =>
      scim.get(`${endpoint}?filter=${encodeURIComponent(filter)}${rest ?? ''}`, headers),
  }
}

/** A name that nobody else has: `mira.okafor-3f2a9c1b`. */
export function makeUnique(name: string): string {
  return `${name}-${randomUUID().slice(0, 8)}`
}

/** Expects a status and returns the reply; the answer is shown where the status is another. */
export function expectStatus(reply: Reply, status: number): Reply {
  expect(reply.status, reply.text).to.equal(status)
  if (status === 204) expect(reply.text).to.equal('')
  else expect(reply.headers['content-type']).to.match(/^application\/(scim\+)?json/)
  return reply
}

/** Expects 200 with a user or a group that says where it is and which version it has. */
export function expectResource(reply: Reply, status: number, location: string): Body {
  const { body, headers } = expectStatus(reply, status)
  expect(body['id']).to.be.a('string').that.is.not.empty
  expect(body['meta'].location).to.equal(`${location}/${body['id']}`)
  expect(headers['location']).to.equal(body['meta'].location)
  expect(headers['etag']).to.equal(body['meta'].version)
  return body
}

/** Expects a ListResponse with numbers for numbers, and returns its resources. */
export function expectList(reply: Reply, total?: number): Body[] {
  const { body } = expectStatus(reply, 200)
  expect(body['schemas']).to.deep.equal([listSchema])
  for (const name of ['totalResults', 'startIndex', 'itemsPerPage']) expect(body[name], name).to.be.a('number')
  expect(body['Resources']).to.be.an('array').with.length(body['itemsPerPage'])
  if (total !== undefined) expect(body['totalResults']).to.equal(total)
  return body['Resources'] as Body[]
}

/** Expects a SCIM error, whose status is text. */
export function expectError(reply: Reply, status: number, scimType?: string): void {
  const { body } = expectStatus(reply, status)
  expect(body['schemas']).to.deep.equal([errorSchema])
  expect(body['status']).to.equal(String(status))
  expect(body['detail']).to.be.a('string').that.is.not.empty
  expect(body['scimType']).to.equal(scimType)
}

/** The ids of the members of a group. */
export async function listMembers(scim: StoryClient, groupId: string): Promise<string[]> {
  const { body } = expectStatus(await scim.get(`/Groups/${groupId}`), 200)
  return ((body['members'] ?? []) as { value: string }[]).map((member) => member.value)
}
