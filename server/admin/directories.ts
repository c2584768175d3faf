import type { Endpoint } from '../api/endpoint.ts'
import { dataOf } from '../api/schema.ts'
import type { JsonObject } from '../db/tables.ts'
import { transaction } from '../db/transaction.ts'
import { changeDirectory, createDirectory } from '../directory/directories.ts'
import { deleteDirectory } from '../directory/directory-removal.ts'
import { type DirectoryKey, pauseDirectory, readPullDirectory, resumeDirectory } from '../directory/pull-directories.ts'
import { AppError } from '../errors.ts'
import { ensureBuiltInTriggers, followDirectories } from '../events/triggers/built-in.ts'
import { connect } from '../sync/setup/connection.ts'
import { changeRules, type RuleChanges } from '../sync/setup/rules.ts'
import { listSources } from '../sync/setup/sources.ts'
import { type AdminCaller, endpoint } from './caller.ts'
import { connectionBody } from './connection-schemas.ts'
import { directory, directoryDetails, directoryName, flags, mappingChange, settingsBody } from './directory-schemas.ts'
import { showDirectories, showDirectory } from './directory-views.ts'
import { providerId } from './providers.ts'
import { bodyOf, directoryId, madeOf, organizationId } from './schemas.ts'
import { tags } from './tags.ts'

const tag = tags.directories.name
const path = '/organizations/{organization}/directories'
const params = { organization: organizationId, id: directoryId } as const

const list = endpoint({
  operationId: 'listDirectories',
  tag,
  method: 'get',
  path,
  summary: 'List directories',
  scopes: ['admin'],
  params: { organization: organizationId },
  status: 200,
  answer: dataOf(directory),
  run: async ({ caller: { db }, params: { organization } }) => ({ data: await showDirectories(db, organization) }),
})

const create = endpoint({
  operationId: 'createDirectory',
  tag,
  method: 'post',
  path,
  summary: 'Make a directory',
  description: `One that is pulled needs a provider; how its source is reached can be said now or later. It begins with the settings that its
    details show.`,
  scopes: ['admin'],
  params: { organization: organizationId },
  body: bodyOf(['kind', 'name'], {
    kind: { enum: ['push', 'pull'], description: 'Whether it sends, or is pulled from.' },
    name: directoryName,
    provider: providerId,
    connection: connectionBody,
  }),
  status: 201,
  answer: madeOf(directoryId),
  errors: [409],
  run: async ({ caller, params: { organization }, body }) => {
    const { kind, name, provider = null, connection } = body
    if (kind === 'pull') requireKnownProvider(caller, provider)
    if (kind === 'push' && connection !== undefined) {
      const detail = 'connection is for directories that are pulled; this one sends.'
      throw new AppError('invalid_value', detail, { data: { param: 'connection' } })
    }
    return { id: await make(caller, organization, { kind, name, provider }, connection as JsonObject | undefined) }
  },
})

async function make(
  caller: AdminCaller,
  organization: string,
  wanted: { readonly kind: 'push' | 'pull'; readonly name: string; readonly provider: string | null },
  connection: JsonObject | undefined,
): Promise<string> {
  const { db, sync, at, requestId, check } = caller
  // One that is pulled sends offboarding mails from the beginning.
  if (wanted.kind === 'pull') await ensureBuiltInTriggers(db, organization, at)
  // So that the key that seals is known before a transaction holds a connection to the database.
  if (connection !== undefined) await sync.sealer.seal(wanted.name, '')
  return transaction(db, async (tx) => {
    const id = await createDirectory(tx, organization, wanted, at, requestId)
    if (wanted.kind === 'pull') await followDirectories(tx, organization, at)
    if (connection !== undefined)
      await connect({ ...sync, db: tx }, { organizationId: organization, id }, connection, caller, check)
    return id
  })
}

function requireKnownProvider({ sync }: AdminCaller, provider: string | null): void {
  const known = listSources(sync.providers).map(({ id }) => id)
  if (provider !== null && known.includes(provider)) return
  const detail = `provider must be one of ${known.join(', ')}.`
  throw new AppError('invalid_value', detail, { data: { param: 'provider' } })
}

const read = endpoint({
  operationId: 'readDirectory',
  tag,
  method: 'get',
  path: `${path}/{id}`,
  summary: 'Read a directory',
  description: 'With all that is set, how it stands, and its latest run; never a secret.',
  scopes: ['admin'],
  params,
  status: 200,
  answer: directoryDetails,
  run: ({ caller: { sync, at }, params: { organization, id } }) =>
    showDirectory(sync, { organizationId: organization, id }, at),
})

const change = endpoint({
  operationId: 'changeDirectory',
  tag,
  method: 'patch',
  path: `${path}/{id}`,
  summary: 'Change a directory',
  description: `What is left out stays. Settings and mapping are for directories that are pulled, settings also for the manual one; the next run
    goes by them, and reads everything where they change what a record means.`,
  scopes: ['admin'],
  params,
  body: bodyOf([], { name: directoryName, ...flags, settings: settingsBody, mapping: mappingChange }),
  status: 204,
  errors: [409],
  run: async ({ caller: { db, sync, at, requestId }, params: { organization, id }, body }) => {
    const { settings, mapping, ...rest } = body
    const isOfMails = rest.sendInvitations !== undefined || rest.sendOffboardingEmails !== undefined
    if (isOfMails) await ensureBuiltInTriggers(db, organization, at)
    const isOfRules = settings !== undefined || mapping !== undefined
    const canonize = isOfRules ? await sync.canonize(organization) : undefined
    await transaction(db, async (tx) => {
      // This locks the directory, also where it changes nothing.
      await changeDirectory(tx, organization, id, rest, { at, requestId })
      if (canonize !== undefined) {
        const key = { organizationId: organization, id }
        await changeRules(tx, sync, canonize, key, { settings, mapping } as RuleChanges, { at, requestId })
      }
      if (isOfMails) await followDirectories(tx, organization, at)
    })
  },
})

const pause = endpoint({
  operationId: 'pauseDirectory',
  tag,
  method: 'post',
  path: `${path}/{id}/pause`,
  summary: 'Pause a directory',
  description: 'No run of it begins by itself until it is resumed; one that is asked for does.',
  scopes: ['admin'],
  params,
  status: 204,
  errors: [409],
  run: async ({ caller, params: { organization, id } }) => {
    const key = { organizationId: organization, id }
    await requirePulled(caller, key)
    await pauseDirectory(caller.db, key, caller)
  },
})

const resume = endpoint({
  operationId: 'resumeDirectory',
  tag,
  method: 'post',
  path: `${path}/{id}/resume`,
  summary: 'Resume a directory',
  description: 'A run that would have begun in between begins at once.',
  scopes: ['admin'],
  params,
  status: 204,
  errors: [409],
  run: async ({ caller, params: { organization, id } }) => {
    const key = { organizationId: organization, id }
    await requirePulled(caller, key)
    await resumeDirectory(caller.db, key, caller)
  },
})

async function requirePulled({ db }: AdminCaller, key: DirectoryKey): Promise<void> {
  const { kind } = await readPullDirectory(db, key.organizationId, key.id)
  if (kind !== 'pull') throw new AppError('conflict', 'Only a directory that is pulled can be paused.')
}

const remove = endpoint({
  operationId: 'deleteDirectory',
  tag,
  method: 'delete',
  path: `${path}/{id}`,
  summary: 'Delete a directory',
  description: `With its connection, tokens, setup links and runs. The people and groups that it brought stay, as those of the manual directory,
    which cannot be deleted.`,
  scopes: ['admin'],
  params,
  status: 204,
  errors: [409],
  run: ({ caller: { db, at, requestId }, params: { organization, id } }) =>
    transaction(db, async (tx) => {
      await deleteDirectory(tx, organization, id, { at, requestId })
      await followDirectories(tx, organization, at)
    }),
})

export const directoryEndpoints: readonly Endpoint<AdminCaller>[] = [list, create, read, change, pause, resume, remove]
