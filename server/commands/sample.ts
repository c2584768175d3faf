// `rollcall sample`: loads a fictitious company, through the same functions that every other write goes through.
import PQueue from 'p-queue'
import { createId } from '../db/ids.ts'
import type { Database } from '../db/connect.ts'
import type { JsonObject } from '../db/tables.ts'
import { query } from '../db/query.ts'
import { transaction } from '../db/transaction.ts'
import type { Actor } from '../directory/actor.ts'
import { createGroup } from '../directory/groups.ts'
import { enterpriseUser } from '../directory/user-record.ts'
import { insertUsers, type NewUser } from '../directory/user-writes.ts'
import { createSampleCompany, type SampleCompany } from '../sample/company.ts'
import type { SamplePerson } from '../sample/people.ts'
import { requireDirectory, requireOrganization } from './tokens.ts'

const batchSize = 500
const batchesAtOnce = 3

export interface SampleRequest {
  readonly size: number
  readonly organization: string
  readonly directory: string
  readonly seed: number | undefined
}

export interface SampleReport {
  readonly company: string
  readonly people: number
  readonly groups: number
}

/** Throws uniqueness where the directory has the company already. */
export async function loadSample(db: Database, request: SampleRequest, now: Date): Promise<SampleReport> {
  const organizationId = await requireOrganization(db, request.organization)
  const directoryId = await requireDirectory(db, organizationId, request.directory)
  const actor: Actor = {
    organizationId,
    directoryId,
    view: 'directory',
    restoresUsers: false,
    tokenId: null,
    requestId: null,
    at: now,
  }
  const company = createSampleCompany({
    size: request.size,
    now,
    ...(request.seed === undefined ? {} : { seed: request.seed }),
  })
  const ids = await loadPeople(db, actor, company)
  const groups = await loadGroups(db, actor, company, ids)
  // Statistics for the planner now, and not only when autovacuum comes by.
  await query(db, 'analyze users, links, groups, memberships')
  return { company: company.name, people: ids.length, groups }
}

// Managers come first, so their ids are known; batches may be stored in any order, for a manager is only named.
async function loadPeople(db: Database, actor: Actor, company: SampleCompany): Promise<string[]> {
  const queue = new PQueue({ concurrency: batchesAtOnce })
  const ids: string[] = []
  const failures: unknown[] = []
  let batch: NewUser[] = []
  const store = async (users: NewUser[]): Promise<void> => {
    await queue.onSizeLessThan(batchesAtOnce)
    const stored = queue.add(() => transaction(db, (tx) => insertUsers(tx, actor, users, 'create', 1)))
    stored.catch((error: unknown) => failures.push(error))
  }
  for (const person of company.people()) {
    if (failures.length > 0) break
    const id = createId('emp', actor.at)
    ids.push(id)
    batch.push({ id, createdAt: actor.at, externalId: null, resource: toResource(person, ids) })
    if (batch.length < batchSize) continue
    await store(batch)
    batch = []
  }
  if (batch.length > 0) await store(batch)
  await queue.onIdle()
  if (failures.length > 0) throw failures[0]
  return ids
}

function toResource({ resource, managerIndex }: SamplePerson, ids: readonly string[]): JsonObject {
  const managerId = managerIndex === undefined ? undefined : ids[managerIndex]
  if (managerId === undefined) return resource as JsonObject
  const enterprise = resource[enterpriseUser] as JsonObject
  return { ...(resource as JsonObject), [enterpriseUser]: { ...enterprise, manager: { value: managerId } } }
}

async function loadGroups(db: Database, actor: Actor, company: SampleCompany, ids: readonly string[]): Promise<number> {
  const groupIds: string[] = []
  for (const group of company.groups()) {
    const members = [
      ...group.memberIndexes.map((index) => ids[index] ?? ''),
      ...group.groupIndexes.map((index) => groupIds[index] ?? ''),
    ]
    const draft = { resource: group.resource as JsonObject, externalId: null }
    const { id } = await transaction(db, (tx) => createGroup(tx, actor, draft, members))
    groupIds.push(id)
  }
  return groupIds.length
}
