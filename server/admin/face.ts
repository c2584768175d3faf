// The management API: organizations, directories, tokens, trusted issuers, attributes, the request log. The operator's token
// reaches every organization; a token with the scope `admin` its own, and no other is there for it.
import { timingSafeEqual } from 'node:crypto'
import type { Check } from '../api/check.ts'
import type { Admission, Face } from '../api/endpoint.ts'
import type { Authenticator } from '../auth/authenticator.ts'
import { requireScope } from '../auth/principal.ts'
import { hashToken } from '../auth/tokens.ts'
import type { Database } from '../db/connect.ts'
import { readOrganization } from '../directory/directories.ts'
import { AppError } from '../errors.ts'
import type { EventServices } from '../events/services.ts'
import type { SyncServices } from '../sync/services.ts'
import { accessPolicyEndpoints } from './access-policies.ts'
import { attributeEndpoints } from './attributes.ts'
import { authenticationEndpoints } from './authentication.ts'
import type { AdminCaller } from './caller.ts'
import { connectionEndpoints } from './connection.ts'
import { directoryEndpoints } from './directories.ts'
import { eventEndpoints } from './events.ts'
import { feedPollEndpoints } from './feed-poll.ts'
import { importEndpoints } from './imports.ts'
import { locationEndpoints } from './locations.ts'
import { recordEndpoints } from './records.ts'
import { runChangeEndpoints } from './run-changes.ts'
import { runProgressEndpoints } from './run-progress.ts'
import { runEndpoints } from './runs.ts'
import { feedEndpoints } from './feeds.ts'
import { issuerEndpoints } from './issuers.ts'
import { organizationEndpoints } from './organizations.ts'
import { providerEndpoints } from './providers.ts'
import { requestEndpoints } from './requests.ts'
import { setupLinkEndpoints } from './setup-links.ts'
import { signingKeyEndpoints } from './signing-keys.ts'
import { tags } from './tags.ts'
import { tokenEndpoints } from './tokens.ts'
import { triggerEndpoints } from './triggers.ts'
import { userEndpoints } from './users.ts'
import { webhookEndpoints } from './webhook-endpoints.ts'

export interface AdminParts {
  readonly db: Database
  readonly events: EventServices
  readonly sync: SyncServices
  readonly check: Check
  readonly authenticator: Authenticator
  /** Reaches every organization. */
  readonly operatorToken?: string
}

export function createAdminFace(parts: AdminParts): Face<AdminCaller> {
  const { db, events, sync, check } = parts
  return {
    base: '/v1',
    tags: Object.values(tags),
    scope: 'admin',
    endpoints: [
      ...organizationEndpoints,
      ...providerEndpoints,
      ...directoryEndpoints,
      ...connectionEndpoints,
      ...authenticationEndpoints,
      ...setupLinkEndpoints,
      ...runEndpoints,
      ...runChangeEndpoints,
      ...runProgressEndpoints,
      ...importEndpoints,
      ...locationEndpoints,
      ...tokenEndpoints,
      ...issuerEndpoints,
      ...attributeEndpoints,
      ...requestEndpoints,
      ...userEndpoints,
      ...recordEndpoints,
      ...accessPolicyEndpoints,
      ...eventEndpoints,
      ...webhookEndpoints,
      ...triggerEndpoints,
      ...feedEndpoints,
      ...feedPollEndpoints,
      ...signingKeyEndpoints,
    ],
    admit: async (admission) => {
      const { reach, tokenId } = await signIn(parts, admission)
      const { organization } = admission.params
      if (organization !== undefined) await requireOrganization(db, organization, reach)
      const { requestId, at, signal } = admission
      return { db, events, sync, check, reach, tokenId, requestId, at, signal }
    },
  }
}

async function signIn(
  { operatorToken, authenticator }: AdminParts,
  admission: Admission,
): Promise<Pick<AdminCaller, 'reach' | 'tokenId'>> {
  const { authorization, scopes } = admission
  const secret = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
  if (operatorToken !== undefined && secret !== undefined && isEqual(secret, operatorToken)) {
    return { reach: null, tokenId: null }
  }
  const principal = await authenticator.authenticate(authorization)
  // Who may change everything may also read what happened.
  for (const scope of scopes) if (!principal.scopes.includes('admin')) requireScope(principal, scope)
  return { reach: principal.organizationId, tokenId: principal.tokenId }
}

// In the same time whatever the difference.
function isEqual(secret: string, expected: string): boolean {
  return timingSafeEqual(hashToken(secret), hashToken(expected))
}

// Another organization and none at all give the same answer.
async function requireOrganization(db: Database, organizationId: string, reach: string | null): Promise<void> {
  const missing = new AppError('not_found', 'There is no such organization.')
  if (reach !== null && reach !== organizationId) throw missing
  // What is no id at all, such as U+0000, is not looked for.
  if (!/^org_[0-9a-z]+$/.test(organizationId)) throw missing
  if ((await readOrganization(db, organizationId)) === undefined) throw missing
}
