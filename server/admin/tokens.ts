import type { Endpoint } from '../api/endpoint.ts'
import { component, dataOf, objectOf } from '../api/schema.ts'
import { createToken, listTokens, revokeToken } from '../auth/tokens.ts'
import { AppError } from '../errors.ts'
import { type AdminCaller, endpoint } from './caller.ts'
import { bodyOf, name, organizationId, ownDirectoryId, time, tokenId } from './schemas.ts'
import { tags } from './tags.ts'

const tag = tags.tokens.name

const tokenName = { ...name, description: 'What it is for.', examples: ['Ticket system'] } as const
const scopes = {
  type: 'array',
  minItems: 1,
  uniqueItems: true,
  items: { enum: ['read', 'write', 'hr', 'events', 'authenticate', 'admin'] },
  description: `\`read\` and \`write\` are for SCIM, \`hr\` for the HR API, \`events\` for events and feeds, \`authenticate\` for signing
    people in at their source, \`admin\` for the management of the organization.`,
  examples: [['hr']],
} as const
const directoryId = {
  ...ownDirectoryId,
  description: 'The directory that it acts for; null for an application.',
  examples: [null],
} as const

const token = component('Token', 'A token, without its secret.', {
  id: tokenId,
  directoryId,
  name: tokenName,
  hint: { type: 'string', description: 'The end of the secret.', examples: ['x4Zk'] },
  scopes,
  createdAt: time('When it was made.'),
  expiresAt: time('When it ends by itself; null for never.', ['string', 'null']),
  lastUsedAt: time('When it was last used; null for never.', ['string', 'null']),
  revokedAt: time('When it was revoked; null where it was not.', ['string', 'null']),
})

const list = endpoint({
  operationId: 'listTokens',
  tag,
  method: 'get',
  path: '/organizations/{organization}/tokens',
  summary: 'List tokens',
  description: 'The newest first, without those obtained by OAuth.',
  scopes: ['admin'],
  params: { organization: organizationId },
  status: 200,
  answer: dataOf(token),
  run: async ({ caller: { db }, params }) => ({ data: await listTokens(db, params.organization) }),
})

const create = endpoint({
  operationId: 'createToken',
  tag,
  method: 'post',
  path: '/organizations/{organization}/tokens',
  summary: 'Make a token',
  description: 'Its secret is shown this once. A directory has two that live at most.',
  scopes: ['admin'],
  params: { organization: organizationId },
  body: bodyOf(['name', 'scopes'], {
    name: tokenName,
    scopes,
    directoryId,
    expiresAt: {
      type: ['string', 'null'],
      format: 'date-time',
      description: 'When it ends by itself; never where it is left out or null.',
      examples: ['2027-03-01T09:00:00Z'],
    },
  }),
  status: 201,
  answer: objectOf({
    id: tokenId,
    secret: { type: 'string', description: 'What is sent behind `Authorization: Bearer`.', examples: ['rc_…'] },
  }),
  errors: [409],
  run: async ({ caller: { db, at }, params, body }) => {
    const { expiresAt = null, directoryId: directory = null, ...named } = body
    const expiry = expiresAt === null ? null : new Date(expiresAt)
    if (expiry !== null && expiry <= at) {
      throw new AppError('invalid_value', 'expiresAt must lie in the future.', { data: { param: 'expiresAt' } })
    }
    const wanted = { ...named, organizationId: params.organization, directoryId: directory, expiresAt: expiry }
    return createToken(db, wanted, at)
  },
})

const revoke = endpoint({
  operationId: 'revokeToken',
  tag,
  method: 'delete',
  path: '/organizations/{organization}/tokens/{id}',
  summary: 'Revoke a token',
  description: 'It ends within a second on every process, and with it the access tokens obtained by it.',
  scopes: ['admin'],
  params: { organization: organizationId, id: tokenId },
  status: 204,
  run: ({ caller: { db, at }, params }) => revokeToken(db, params.organization, params.id, at),
})

export const tokenEndpoints: readonly Endpoint<AdminCaller>[] = [list, create, revoke]
