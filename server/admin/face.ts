// The management API: organizations, directories, tokens, trusted issuers, attributes, the request log. The operator's token
// reaches every organization; a token with the scope `admin` its own, and no other is there for it.
import { timingSafeEqual } from 'node:crypto'
import type { Admission, Face } from '../api/endpoint.ts'
import type { Authenticator } from '../auth/authenticator.ts'
import { requireScope } from '../auth/principal.ts'
import { hashToken } from '../auth/tokens.ts'
import type { Database } from '../db/connect.ts'
import { readOrganization } from '../directory/directories.ts'
import { AppError } from '../errors.ts'
import { attributeEndpoints } from './attributes.ts'
import type { AdminCaller } from './caller.ts'
import { directoryEndpoints } from './directories.ts'
import { issuerEndpoints } from './issuers.ts'
import { organizationEndpoints } from './organizations.ts'
import { requestEndpoints } from './requests.ts'
import { tags } from './tags.ts'
import { tokenEndpoints } from './tokens.ts'

export interface AdminParts {
  readonly db: Database
  readonly authenticator: Authenticator
  /** Reaches every organization. */
  readonly operatorToken?: string
}

export function createAdminFace(parts: AdminParts): Face<AdminCaller> {
  const { db } = parts
  return {
    base: '/v1',
    tags: Object.values(tags),
    scope: 'admin',
    endpoints: [
      ...organizationEndpoints,
      ...directoryEndpoints,
      ...tokenEndpoints,
      ...issuerEndpoints,
      ...attributeEndpoints,
      ...requestEndpoints,
    ],
    admit: async (admission) => {
      const reach = await signIn(parts, admission)
      const { organization } = admission.params
      if (organization !== undefined) await requireOrganization(db, organization, reach)
      return { db, reach, requestId: admission.requestId, at: admission.at }
    },
  }
}

async function signIn({ operatorToken, authenticator }: AdminParts, admission: Admission): Promise<string | null> {
  const { authorization, scopes } = admission
  const secret = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
  if (operatorToken !== undefined && secret !== undefined && isEqual(secret, operatorToken)) return null
  const principal = await authenticator.authenticate(authorization)
  for (const scope of scopes) requireScope(principal, scope)
  return principal.organizationId
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
