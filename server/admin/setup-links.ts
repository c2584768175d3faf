// Setup links: what an administrator sends to somebody who has no account here.
import type { Endpoint } from '../api/endpoint.ts'
import { component, dataOf, objectOf } from '../api/schema.ts'
import {
  createSetupLink,
  listSetupLinks,
  maxLinkDays,
  revokeSetupLink,
  setupLinkStates,
  usualLinkDays,
  writeSetupUrl,
} from '../sync/setup/setup-links.ts'
import { type AdminCaller, endpoint } from './caller.ts'
import { bodyOf, directoryId, organizationId, setupLinkId, time } from './schemas.ts'
import { tags } from './tags.ts'

const tag = tags.setupLinks.name
const path = '/organizations/{organization}/directories/{directory}/setup-links'
const params = { organization: organizationId, directory: directoryId } as const

const expiresAt = time('When it ends by itself.')

const setupLink = component('SetupLink', 'A setup link, without its secret.', {
  id: setupLinkId,
  state: { enum: setupLinkStates, description: 'Whether it can be used.' },
  createdAt: time('When it was made.'),
  expiresAt,
  openedAt: time('When it was first used; null before.', ['string', 'null']),
  finishedAt: time('When whoever has it said that they are done; null before.', ['string', 'null']),
  revokedAt: time('When it was revoked; null where it was not.', ['string', 'null']),
})

const list = endpoint({
  operationId: 'listSetupLinks',
  tag,
  method: 'get',
  path,
  summary: 'List setup links',
  description: 'Of a directory, the newest first.',
  scopes: ['admin'],
  params,
  status: 200,
  answer: dataOf(setupLink),
  run: async ({ caller: { db, at }, params: { organization, directory } }) => ({
    data: await listSetupLinks(db, { organizationId: organization, id: directory }, at),
  }),
})

const create = endpoint({
  operationId: 'createSetupLink',
  tag,
  method: 'post',
  path,
  summary: 'Make a setup link',
  description:
    'The link is shown this once: only a hash of its secret is kept. It reaches this one directory, and nothing else.',
  scopes: ['admin'],
  params,
  body: bodyOf([], {
    days: {
      type: 'integer',
      minimum: 1,
      maximum: maxLinkDays,
      default: usualLinkDays,
      description: 'How long it lives.',
      examples: [usualLinkDays],
    },
  }),
  status: 201,
  answer: objectOf({
    id: setupLinkId,
    url: {
      type: 'string',
      description: 'What to send. The secret is behind the `#`, so that it is in no log on the way.',
      examples: ['https://people.larkspur.example/setup#setup_…'],
    },
    expiresAt,
  }),
  errors: [409],
  run: async ({ caller: { sync, events, at }, params: { organization, directory }, body }) => {
    const { secret, ...made } = await createSetupLink(
      sync,
      { organizationId: organization, id: directory },
      body.days,
      at,
    )
    return { ...made, url: writeSetupUrl(events.publicUrl, secret) }
  },
})

const revoke = endpoint({
  operationId: 'revokeSetupLink',
  tag,
  method: 'delete',
  path: `${path}/{id}`,
  summary: 'Revoke a setup link',
  scopes: ['admin'],
  params: { ...params, id: setupLinkId },
  status: 204,
  run: ({ caller: { db, at }, params: { organization, directory, id } }) =>
    revokeSetupLink(db, { organizationId: organization, id: directory }, id, at),
})

export const setupLinkEndpoints: readonly Endpoint<AdminCaller>[] = [list, create, revoke]
