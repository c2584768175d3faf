import type { Endpoint } from '../api/endpoint.ts'
import { component, dataOf } from '../api/schema.ts'
import { createIssuer, listIssuers, removeIssuer } from '../auth/issuers.ts'
import { type AdminCaller, endpoint } from './caller.ts'
import { bodyOf, issuerId, madeOf, name, organizationId, ownDirectoryId } from './schemas.ts'
import { tags } from './tags.ts'

const tag = tags.issuers.name

const issuerName = { ...name, description: 'The claim `iss`.', examples: ['https://id.larkspur.example'] } as const
const audience = { ...name, description: 'What the claim `aud` must name.', examples: ['rollcall'] } as const
// Keys come over TLS; loopback is for trying things out.
const jwksUri = {
  type: 'string',
  pattern: '^(https://[^/?#\\s]+|http://(127\\.0\\.0\\.1|localhost|\\[::1\\])(:\\d+)?)(/|$)',
  format: 'uri',
  description: 'Where its keys are.',
  examples: ['https://id.larkspur.example/keys'],
} as const
const directoryId = {
  ...ownDirectoryId,
  description: 'The directory that requests act for; null for applications.',
  examples: [null],
} as const

const issuer = component('Issuer', 'Whose JWTs are trusted.', {
  id: issuerId,
  issuer: issuerName,
  audience,
  jwksUri,
  directoryId,
})

const list = endpoint({
  operationId: 'listIssuers',
  tag,
  method: 'get',
  path: '/organizations/{organization}/issuers',
  summary: 'List issuers',
  scopes: ['admin'],
  params: { organization: organizationId },
  status: 200,
  answer: dataOf(issuer),
  run: async ({ caller: { db }, params }) => ({ data: await listIssuers(db, params.organization) }),
})

const create = endpoint({
  operationId: 'createIssuer',
  tag,
  method: 'post',
  path: '/organizations/{organization}/issuers',
  summary: 'Trust an issuer',
  description: `The scopes of its JWTs come from the claims \`scope\`, \`scp\` or \`roles\`. A pair of issuer and audience is one
    organization's.`,
  scopes: ['admin'],
  params: { organization: organizationId },
  body: bodyOf(['issuer', 'audience', 'jwksUri'], { issuer: issuerName, audience, jwksUri, directoryId }),
  status: 201,
  answer: madeOf(issuerId),
  errors: [409],
  run: async ({ caller: { db, at }, params, body }) => ({
    id: await createIssuer(db, params.organization, { ...body, directoryId: body.directoryId ?? null }, at),
  }),
})

const remove = endpoint({
  operationId: 'removeIssuer',
  tag,
  method: 'delete',
  path: '/organizations/{organization}/issuers/{id}',
  summary: 'Trust an issuer no more',
  scopes: ['admin'],
  params: { organization: organizationId, id: issuerId },
  status: 204,
  run: ({ caller: { db }, params }) => removeIssuer(db, params.organization, params.id),
})

export const issuerEndpoints: readonly Endpoint<AdminCaller>[] = [list, create, remove]
