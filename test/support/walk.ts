// Walks through lists by cursor (RFC 9865), each page checked for what every page must be.
import { expect } from 'chai'
import { type Body, listSchema, type Reply, type ScimClient, searchSchema } from './scim-client.ts'

/** Of a query, by their names in GET. */
export type Parameters = Readonly<Record<string, string | number>>
/** How a query is sent. */
export type Ask = (scim: ScimClient, endpoint: string, parameters: Parameters) => Promise<Reply>

/** By GET. */
export const get: Ask = (scim, endpoint, parameters) => {
  const pairs = Object.entries(parameters).map(([name, value]): [string, string] => [name, String(value)])
  return scim.get(`${endpoint}?${new URLSearchParams(pairs).toString().replaceAll('+', '%20')}`)
}

/** By POST /.search. */
export const post: Ask = (scim, endpoint, parameters) => {
  const split = Object.entries(parameters).map(([name, value]) => [
    name,
    /attributes$/i.test(name) ? String(value).split(',') : value,
  ])
  return scim.post(`${endpoint}/.search`, { schemas: [searchSchema], ...(Object.fromEntries(split) as Body) })
}

/** What a query that is answered finds. */
export async function read(scim: ScimClient, endpoint: string, parameters: Parameters, ask = get): Promise<Body> {
  const reply = await ask(scim, endpoint, parameters)
  expect(reply.status, reply.text).to.equal(200)
  return reply.body
}

/** A page of a walk, checked for what every one of them must be. */
export async function readPage(scim: ScimClient, endpoint: string, parameters: Parameters, ask = get): Promise<Body> {
  const body = await read(scim, endpoint, parameters, ask)
  const { nextCursor, ...rest } = body
  expect(rest).to.have.all.keys('schemas', 'totalResults', 'itemsPerPage', 'Resources')
  expect(body['schemas']).to.deep.equal([listSchema])
  expect(body['itemsPerPage']).to.equal(body['Resources'].length)
  expect(body['itemsPerPage']).to.be.at.most(Number(parameters['count'] ?? 100))
  if (nextCursor !== undefined) expect(nextCursor).to.match(/^[A-Za-z0-9._~-]+$/)
  return body
}

/** All pages, from the first to the one without a nextCursor. */
export async function walk(scim: ScimClient, endpoint: string, parameters: Parameters, ask = get): Promise<Body[]> {
  const pages: Body[] = []
  for (let cursor: unknown = ''; typeof cursor === 'string'; cursor = pages.at(-1)?.['nextCursor']) {
    pages.push(await readPage(scim, endpoint, { ...parameters, cursor }, ask))
    expect(pages.length).to.be.below(100)
  }
  return pages
}

export const resourcesOf = (pages: readonly Body[]): Body[] => pages.flatMap((page) => page['Resources'] as Body[])
export const userNames = (pages: readonly Body[]): string[] =>
  resourcesOf(pages).map((one) => one['userName'] as string)
export const sizesOf = (pages: readonly Body[]): number[] => pages.map((page) => page['Resources'].length as number)
