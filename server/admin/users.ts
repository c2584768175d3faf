import type { Endpoint } from '../api/endpoint.ts'
import type { Database } from '../db/connect.ts'
import { transaction } from '../db/transaction.ts'
import { anonymizeUser } from '../directory/anonymize.ts'
import { listDirectories } from '../directory/directories.ts'
import { AppError } from '../errors.ts'
import { type AdminCaller, endpoint } from './caller.ts'
import { organizationId, userId } from './schemas.ts'
import { tags } from './tags.ts'

const anonymize = endpoint({
  operationId: 'anonymizeUser',
  tag: tags.users.name,
  method: 'post',
  path: '/organizations/{organization}/users/{id}/anonymize',
  summary: 'Anonymize a user',
  description: `Removes for good what is known of a person, in what is stored and in every log. The record keeps its id, so that
    references to it hold, is inactive, and has the userName \`anonymized-…\`; nothing more can be said of it. Of somebody who was
    deleted, what the logs say goes. It cannot be undone.`,
  scopes: ['admin'],
  params: { organization: organizationId, id: userId },
  status: 204,
  run: async ({ caller: { db, requestId, at }, params: { organization, id } }) => {
    // What an administrator does is the manual directory's doing.
    const directoryId = await findManual(db, organization)
    const rest = { view: 'organization', restoresUsers: false, tokenId: null } as const
    const actor = { organizationId: organization, directoryId, requestId, at, ...rest }
    await transaction(db, (tx) => anonymizeUser(tx, actor, id))
  },
})

async function findManual(db: Database, organization: string): Promise<string> {
  const manual = (await listDirectories(db, organization)).find(({ kind }) => kind === 'manual')
  if (manual === undefined) throw new AppError('not_found', 'There is no such organization.')
  return manual.id
}

export const userEndpoints: readonly Endpoint<AdminCaller>[] = [anonymize]
