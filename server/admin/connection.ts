// Connecting directories to their sources, and testing that.
import type { Endpoint } from '../api/endpoint.ts'
import type { JsonObject } from '../db/tables.ts'
import { checkConnection } from '../sync/setup/check.ts'
import { connect } from '../sync/setup/connection.ts'
import { type AdminCaller, endpoint } from './caller.ts'
import { checkedConnection, connectionBody, showChecked } from './connection-schemas.ts'
import { directoryId, organizationId } from './schemas.ts'
import { tags } from './tags.ts'

const tag = tags.directories.name
const params = { organization: organizationId, id: directoryId } as const

const set = endpoint({
  operationId: 'setConnection',
  tag,
  method: 'put',
  path: '/organizations/{organization}/directories/{id}/connection',
  summary: 'Connect a directory to its source',
  description: `Says how the source is reached, or mends that in place: all that is known of people and all history stays. Secrets are stored
    sealed and never shown; one that is left out stays as it is, and everything else is replaced. Where more than the secrets changes, it
    may be another source: the next run reads all of it.`,
  scopes: ['admin'],
  params,
  body: connectionBody,
  status: 204,
  errors: [409],
  run: ({ caller, params: { organization, id }, body }) =>
    connect(caller.sync, { organizationId: organization, id }, body as JsonObject, caller, caller.check),
})

const test = endpoint({
  operationId: 'testConnection',
  tag,
  method: 'post',
  path: '/organizations/{organization}/directories/{id}/check',
  summary: 'Test a connection',
  description: `Signs in to the source and looks at each permission that the provider needs; of one that is missing the answer says which
    attributes will be missing, too. Nothing is imported.`,
  scopes: ['admin'],
  params,
  status: 200,
  answer: checkedConnection,
  errors: [409],
  run: async ({ caller: { sync, signal }, params: { organization, id } }) =>
    showChecked(await checkConnection(sync, { organizationId: organization, id }, signal)),
})

export const connectionEndpoints: readonly Endpoint<AdminCaller>[] = [set, test]
