import type { Endpoint } from '../api/endpoint.ts'
import { component, dataOf } from '../api/schema.ts'
import { transaction } from '../db/transaction.ts'
import { changeDirectory, createDirectory, listDirectories } from '../directory/directories.ts'
import { ensureBuiltInTriggers, followDirectories } from '../events/triggers/built-in.ts'
import { type AdminCaller, endpoint } from './caller.ts'
import { bodyOf, directoryId, madeOf, name, organizationId, time } from './schemas.ts'
import { tags } from './tags.ts'

const tag = tags.directories.name

const directoryName = { ...name, description: 'No other of the organization has it.', examples: ['Entra'] } as const
const strict = {
  type: 'boolean',
  description: 'Whether requests are read to the letter of the standard.',
  examples: [false],
} as const
const restoreUsers = {
  type: 'boolean',
  description: 'Whether a user that it deleted comes back under the old id when it makes them again.',
  examples: [false],
} as const
const sendInvitations = {
  type: 'boolean',
  description: 'Whether people whom it brings, or activates, get the mail of the built-in trigger `invitation`.',
  examples: [false],
} as const
const sendOffboardingEmails = {
  type: 'boolean',
  description: 'Whether people whom it deactivates get the mail of the built-in trigger `offboarding`.',
  examples: [false],
} as const
const provider = {
  type: 'string',
  pattern: '^[a-z][a-z0-9_]{0,49}$',
  description: 'What kind of source it is, such as `azure_ad`, `okta` or `workday`.',
  examples: ['azure_ad'],
} as const

const directory = component('Directory', 'A connection to one source.', {
  id: directoryId,
  kind: {
    enum: ['push', 'pull', 'manual'],
    description: 'Whether it sends, is pulled from, or holds what applications write.',
  },
  provider: { ...provider, type: ['string', 'null'] },
  name: directoryName,
  strict,
  restoreUsers,
  sendInvitations,
  sendOffboardingEmails,
  createdAt: time('When it was made.'),
})

const list = endpoint({
  operationId: 'listDirectories',
  tag,
  method: 'get',
  path: '/organizations/{organization}/directories',
  summary: 'List directories',
  scopes: ['admin'],
  params: { organization: organizationId },
  status: 200,
  answer: dataOf(directory),
  run: async ({ caller: { db }, params }) => ({ data: await listDirectories(db, params.organization) }),
})

const create = endpoint({
  operationId: 'createDirectory',
  tag,
  method: 'post',
  path: '/organizations/{organization}/directories',
  summary: 'Make a directory',
  scopes: ['admin'],
  params: { organization: organizationId },
  body: bodyOf(['kind', 'name'], {
    kind: { const: 'push', description: 'It sends.' },
    name: directoryName,
    provider,
  }),
  status: 201,
  answer: madeOf(directoryId),
  errors: [409],
  run: async ({ caller: { db, at, requestId }, params, body }) => ({
    id: await createDirectory(db, params.organization, { ...body, provider: body.provider ?? null }, at, requestId),
  }),
})

const change = endpoint({
  operationId: 'changeDirectory',
  tag,
  method: 'patch',
  path: '/organizations/{organization}/directories/{id}',
  summary: 'Change a directory',
  description: 'What is left out stays.',
  scopes: ['admin'],
  params: { organization: organizationId, id: directoryId },
  body: bodyOf([], { name: directoryName, strict, restoreUsers, sendInvitations, sendOffboardingEmails }),
  status: 204,
  errors: [409],
  run: async ({ caller: { db, ...request }, params: { organization, id }, body }) => {
    const isOfMails = body.sendInvitations !== undefined || body.sendOffboardingEmails !== undefined
    if (isOfMails) await ensureBuiltInTriggers(db, organization, request.at)
    await transaction(db, async (tx) => {
      await changeDirectory(tx, organization, id, body, request)
      if (isOfMails) await followDirectories(tx, organization, request.at)
    })
  },
})

export const directoryEndpoints: readonly Endpoint<AdminCaller>[] = [list, create, change]
