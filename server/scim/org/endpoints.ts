// The org queries as SCIM endpoints. To add one: a file with its handler, its line here, and what it answers with in types.ts.
import type { Handler } from '../exchange.ts'
import { chain } from './chain.ts'
import { chart } from './chart.ts'
import { department, departments } from './departments.ts'
import { directReports } from './direct-reports.ts'
import { groupMembers } from './group-members.ts'
import { lookup } from './lookup.ts'
import { createSync, sync, syncs } from './syncs.ts'

export interface OrgEndpoint {
  readonly path: string
  readonly get?: Handler
  readonly post?: Handler
}

/** What router.ts mounts; before the resources themselves, for `.lookup` is no id. */
export const orgEndpoints: readonly OrgEndpoint[] = [
  { path: '/Users/.lookup', post: lookup },
  { path: '/Users/:id/directReports', get: directReports },
  { path: '/Users/:id/chain', get: chain },
  { path: '/Groups/:id/members', get: groupMembers },
  { path: '/OrgChart', get: chart },
  { path: '/Departments', get: departments },
  { path: '/Departments/:id', get: department },
  { path: '/Syncs', get: syncs, post: createSync },
  { path: '/Syncs/:id', get: sync },
]
