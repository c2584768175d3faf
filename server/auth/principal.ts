import type { Scope } from '../db/tables.ts'
import type { Actor } from '../directory/actor.ts'
import { AppError } from '../errors.ts'

/** Who signed in: what a token, or a JWT, stands for. */
export interface Principal extends Pick<
  Actor,
  'organizationId' | 'directoryId' | 'view' | 'restoresUsers' | 'tokenId'
> {
  readonly scopes: readonly Scope[]
  /** Whether the directory wants requests read to the letter of the standard. */
  readonly strict: boolean
  /** Changes whenever the organization's schema does. */
  readonly schemaVersion: number
  /** The person that a JWT speaks for. */
  readonly subject: string | null
}

/** The columns of `d` (directories) and `o` (organizations) that a principal is made of. */
export const principalColumns = `d.org_id, d.id as directory_id, d.strict, d.restore_users, o.schema_version`

export interface PrincipalRow {
  readonly org_id: string
  readonly directory_id: string
  readonly strict: boolean
  readonly restore_users: boolean
  readonly schema_version: number
  /** Whether the credentials are a directory's; an application's act for the manual directory. */
  readonly for_directory: boolean
}

export function toPrincipal(row: PrincipalRow, who: Pick<Principal, 'scopes' | 'tokenId' | 'subject'>): Principal {
  return {
    organizationId: row.org_id,
    directoryId: row.directory_id,
    view: row.for_directory ? 'directory' : 'organization',
    restoresUsers: row.restore_users,
    strict: row.strict,
    schemaVersion: row.schema_version,
    ...who,
  }
}

/** Throws insufficient_scope where the principal lacks `scope`. */
export function requireScope(principal: Principal, scope: Scope): void {
  if (principal.scopes.includes(scope)) return
  throw new AppError('insufficient_scope', `This needs a token with the scope '${scope}'.`, { data: { scope } })
}

/** The actor of one request. */
export function toActor(principal: Principal, requestId: string, at: Date): Actor {
  const { organizationId, directoryId, view, restoresUsers, tokenId } = principal
  return { organizationId, directoryId, view, restoresUsers, tokenId, requestId, at }
}
