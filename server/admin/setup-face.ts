// What the secret of a setup link reaches: one directory's connection. No other token gets in here, and it gets in nowhere else.
import { declareFor, type Endpoint, type Face } from '../api/endpoint.ts'
import type { Check } from '../api/check.ts'
import { component, objectOf } from '../api/schema.ts'
import type { RateLimiter } from '../auth/rate-limiter.ts'
import type { JsonObject } from '../db/tables.ts'
import { readOrganization } from '../directory/directories.ts'
import { readPullDirectory } from '../directory/pull-directories.ts'
import { checkConnection, readChecks } from '../sync/setup/check.ts'
import { connect, requireProvider, showConnection } from '../sync/setup/connection.ts'
import type { SyncServices } from '../sync/services.ts'
import { finishSetupLink, openSetupLink, type OpenLink } from '../sync/setup/setup-links.ts'
import {
  checkedConnection,
  connectionBody,
  showChecked,
  showConnectionOf,
  shownConnection,
} from './connection-schemas.ts'
import { providerId, providerName, settingsSchema } from './providers.ts'
import { time } from './schemas.ts'

export interface SetupCaller {
  readonly sync: SyncServices
  readonly check: Check
  readonly link: OpenLink
  readonly signal: AbortSignal
  readonly requestId: string
  readonly at: Date
}

const tag = {
  name: 'Setup',
  description: `For whoever has a setup link, and no account: they say how the source of one directory is reached, test that, and finish. The
    bearer token is what is behind the \`#\` of the link; no scope is needed, and no other token is taken.`,
}

const endpoint = declareFor<SetupCaller>()

const read = endpoint({
  operationId: 'readSetup',
  tag: tag.name,
  method: 'get',
  path: '',
  summary: 'Read what is to be set up',
  description: 'This does not use the link up.',
  scopes: [],
  status: 200,
  answer: component('Setup', 'What a setup link is for.', {
    organization: { type: 'string', description: 'Who asks for it.', examples: ['Larkspur'] },
    directory: { type: 'string', description: 'The name of the directory.', examples: ['HR'] },
    provider: objectOf({ id: providerId, name: providerName, settings: settingsSchema }),
    connection: {
      oneOf: [shownConnection, { type: 'null' }],
      description: 'What is filled in; null for nothing.',
      examples: [null],
    },
    test: {
      oneOf: [checkedConnection, { type: 'null' }],
      description: 'The last test of it; null for none.',
      examples: [null],
    },
    expiresAt: time('When the link ends.'),
  }),
  errors: [409, 410],
  run: async ({ caller: { sync, link } }) => {
    const { directory: key, expiresAt } = link
    const [organization, directory] = await Promise.all([
      readOrganization(sync.db, key.organizationId),
      readPullDirectory(sync.db, key.organizationId, key.id),
    ])
    const { id, name, settings } = requireProvider(sync.providers, directory)
    return {
      organization: organization?.name ?? '',
      directory: directory.name,
      provider: { id, name, settings },
      connection: showConnectionOf(await showConnection(sync.sealer, directory)),
      test: showChecked(readChecks(directory)),
      expiresAt,
    }
  },
})

const set = endpoint({
  operationId: 'setUpConnection',
  tag: tag.name,
  method: 'put',
  path: '/connection',
  summary: 'Say how the source is reached',
  description: 'As an administrator does: a secret that is left out stays as it is, everything else is replaced.',
  scopes: [],
  body: connectionBody,
  status: 204,
  errors: [409, 410],
  run: ({ caller, body }) => connect(caller.sync, caller.link.directory, body as JsonObject, caller, caller.check),
})

const test = endpoint({
  operationId: 'testSetup',
  tag: tag.name,
  method: 'post',
  path: '/check',
  summary: 'Test what was said',
  description: 'Signs in to the source and looks at each permission that is needed. Nothing is imported.',
  scopes: [],
  status: 200,
  answer: checkedConnection,
  errors: [409, 410],
  run: async ({ caller: { sync, link, signal } }) => showChecked(await checkConnection(sync, link.directory, signal)),
})

const finish = endpoint({
  operationId: 'finishSetup',
  tag: tag.name,
  method: 'post',
  path: '/finish',
  summary: 'Finish',
  description: 'Uses the link up.',
  scopes: [],
  status: 204,
  errors: [409, 410],
  run: ({ caller: { sync, link, at } }) => finishSetupLink(sync.db, link, at),
})

const endpoints: readonly Endpoint<SetupCaller>[] = [read, set, test, finish]

export interface SetupParts {
  readonly sync: SyncServices
  readonly check: Check
  readonly limiter: RateLimiter
}

export function createSetupFace({ sync, check, limiter }: SetupParts): Face<SetupCaller> {
  return {
    base: '/v1/setup',
    tags: [tag],
    endpoints,
    admit: async ({ authorization, requestId, at, signal }) => {
      const secret = /^bearer +(\S+)$/i.exec(authorization?.trim() ?? '')?.[1]
      const link = await openSetupLink(sync.db, secret, at)
      limiter.take(link.id)
      return { sync, check, link, requestId, at, signal }
    },
  }
}
