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
