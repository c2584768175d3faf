// The HR API at /v1/hr: people, org chart, groups and synchronization for applications, over the queries of server/directory.
import type { Face } from '../api/endpoint.ts'
import type { Authenticator } from '../auth/authenticator.ts'
import { requireScope, toActor } from '../auth/principal.ts'
import type { Database } from '../db/connect.ts'
import type { HrCaller } from './caller.ts'
import { employeeEndpoints } from './employees.ts'
import { groupEndpoints } from './groups.ts'
import { lookupEndpoints } from './lookup.ts'
import { organizationEndpoints } from './organization.ts'
import { syncEndpoints } from './sync.ts'
import { tags } from './tags.ts'

export interface HrParts {
  readonly db: Database
  readonly authenticator: Authenticator
}

export function createHrFace({ db, authenticator }: HrParts): Face<HrCaller> {
  return {
    base: '/v1/hr',
    tags: Object.values(tags),
    scope: 'hr',
    endpoints: [
      ...employeeEndpoints,
      ...organizationEndpoints,
      ...lookupEndpoints,
      ...groupEndpoints,
      ...syncEndpoints,
    ],
    admit: async ({ authorization, scopes, requestId, at }) => {
      const principal = await authenticator.authenticate(authorization)
      for (const scope of scopes) requireScope(principal, scope)
      return { db, actor: { ...toActor(principal, requestId, at), view: 'organization' } }
    },
  }
}
