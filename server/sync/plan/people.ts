// Plans the records of people, batch by batch.
import type { JsonObject } from '../../db/tables.ts'
import { createId } from '../../db/ids.ts'
import { findByUserName, type KnownPerson, readPeople } from '../../directory/known-people.ts'
import { prepareUserName } from '../../directory/keys.ts'
import type { Candidates } from './candidates.ts'
import {
  freeName,
  isKnownSo,
  joinNotes,
  nameOperation,
  type Restatement,
  restate,
  stateRecord,
  toDifference,
} from './changes.ts'
import { decideFate, type Fate, type Note } from './fate.ts'
import type { Match } from './match.ts'
import { checkCircle, createManagerFinder, type FoundManager } from './managers.ts'
import { planOrphan } from './orphans.ts'
import { type PersonRecord, readResources, readSiblings } from './records.ts'
import { listKeys, type MatchedRecord, matchRecords, toClaimant, toIncumbent } from './suspects.ts'
import type { DraftChange } from './writer.ts'
import type { Planning } from './planning.ts'
import type { ChangePlan } from '../runs/run.ts'

/**
 * Plans a batch in its order.
 * @returns the source ids of records whose userName somebody still has who may give it up in this run: they are to be planned once more,
 * late
 */
export async function planPeople(
  planning: Planning,
  candidates: Candidates,
  records: readonly PersonRecord[],
  isLate: boolean,
): Promise<string[]> {
  const { matched, people } = await matchRecords(planning, records, isLate)
  const fates = matched.map((found): Fated => {
    const one = { ...found, match: contest(planning, found) }
    const fate = decideFate(planning, one)
    return { ...one, fate, userId: enter(planning, candidates, one, fate) }
  })
  const findManager = await createManagerFinder(planning, candidates, records)
  const states = fates.filter(({ fate }) => fate.kind === 'state')
  const contents = await readResources(
    planning.run,
    states.map(({ record }) => record),
  )
  const above = new Map<string, string | null>()
  const drafts: Draft[] = []
  for (const one of fates) drafts.push(await draft(planning, one, findManager(one.record), contents, above))
  return settleNames(planning, drafts, people, isLate)
}

interface Fated extends MatchedRecord {
  readonly fate: Fate
  /** Of whoever the record is about from now on. */
  readonly userId: string | null
}

/** What is planned for a record, before it is known whether the userName is free. */
interface Draft {
  readonly one: Fated
  readonly change: DraftChange | undefined
  /** The key of a userName that somebody gets. */
  readonly nameKey: string | undefined
}

// Somebody whom a record of this run spoke for already, though they have nothing in common but the person.
function contest({ claimedUsers }: Planning, { match, record }: MatchedRecord): Match {
  if (match.kind !== 'known') return match
  const by = claimedUsers.get(match.userId)
  if (by === undefined || by === record.sourceId) return match
  if (match.by === 'source_id') return { kind: 'superseded', userId: match.userId, by }
  return { kind: 'refused', code: 'ambiguous', detail: `The record ${by} was taken for the same person.` }
}

// From here on others can report to the person.
function enter(planning: Planning, { contested, managers }: Candidates, one: MatchedRecord, fate: Fate): string | null {
  const { record, match, standing } = one
  const userId = findUserId(planning, one, fate)
  if (userId === null) return null
  if (managers.has(record.sourceId)) planning.users.set(record.sourceId, userId)
  const speaks = fate.kind === 'create' || fate.kind === 'restore' || fate.kind === 'state'
  if (!speaks) return userId
  const shared = listKeys(record).filter((key) => contested.has(key))
  for (const key of shared) planning.claims.set(key, { ...toClaimant(record, standing), userId })
  const isFound = match.kind === 'known' && match.by !== 'source_id'
  if (shared.length > 0 || isFound) planning.claimedUsers.set(userId, record.sourceId)
  return userId
}

// It is somebody else after all, or nobody.
function withdraw({ users, claims, claimedUsers }: Planning, { record, userId }: Fated): void {
  const { sourceId } = record
  users.delete(sourceId)
  for (const key of listKeys(record)) if (claims.get(key)?.sourceId === sourceId) claims.delete(key)
  if (userId !== null && claimedUsers.get(userId) === sourceId) claimedUsers.delete(userId)
}

function findUserId({ run }: Planning, { match }: MatchedRecord, fate: Fate): string | null {
  switch (fate.kind) {
    case 'create':
      return createId('emp', run.startedAt)
    case 'restore':
      return match.kind === 'deleted' ? match.userId : null
    case 'state':
    case 'orphan':
      return fate.person.id
    case 'leave':
      return fate.userId
  }
}

async function draft(
  planning: Planning,
  one: Fated,
  manager: FoundManager,
  contents: ReadonlyMap<string, JsonObject>,
  above: Map<string, string | null>,
): Promise<Draft> {
  const { fate, record } = one
  switch (fate.kind) {
    case 'create':
    case 'restore':
      return draftNew(planning, one, fate, manager)
    case 'state':
      return draftState(planning, one, fate, await checkCircle(planning, fate.person, manager, above), contents)
    case 'orphan':
      return { one, change: planOrphan(planning, record, one.standing, fate.person, fate.cause), nameKey: undefined }
    case 'leave':
      return { one, change: draftLeft(one, fate), nameKey: undefined }
  }
}

function draftNew(
  { run }: Planning,
  one: Fated,
  fate: Extract<Fate, { kind: 'create' | 'restore' }>,
  { managerId, code, detail }: FoundManager,
): Draft {
  const { record, standing, userId } = one
  const problem = code ?? (record.facts.faults.length > 0 ? 'invalid_value' : null)
  const plan: ChangePlan = {
    ...planStanding(fate.active, standing.employmentStatus),
    managerId,
    ...planLocation(run, record),
    record: stateRecord(record, { speaks: true, problem, dueAt: standing.dueAt, isMissing: false }),
  }
  const change: DraftChange = {
    resourceType: 'User',
    sourceId: record.sourceId,
    resourceId: userId,
    operation: fate.kind,
    version: null,
    name: record.facts.name,
    ...joinNotes([code === null ? undefined : { code, detail: detail ?? '' }, readFaults(record), fate.note]),
    plan,
  }
  return { one, change, nameKey: record.userNameKey ?? undefined }
}

function draftState(
  planning: Planning,
  one: Fated,
  fate: Extract<Fate, { kind: 'state' }>,
  found: FoundManager,
  contents: ReadonlyMap<string, JsonObject>,
): Draft {
  const { record, standing } = one
  const { person } = fate
  const freed = planning.freed.get(person.id) ?? findFreedName(one, person)
  const plan: ChangePlan = {
    ...planStanding(fate.active, standing.employmentStatus),
    managerId: found.managerId,
    ...planLocation(planning.run, record),
    ...(freed !== undefined && { userName: freed }),
  }
  const content = contents.get(record.sourceId)
  const restatement = restate(planning, person, content, plan)
  const change = stateChange(one, fate, found, plan, restatement)
  if (change?.operation === 'keep' || change === undefined) return { one, change, nameKey: undefined }
  if (found.managerId !== person.managerId) planning.moved.set(person.id, found.managerId)
  const { userName } = restatement.word.resource
  const nameKey = typeof userName === 'string' ? prepareUserName(userName) : undefined
  return { one, change, nameKey: nameKey === person.userNameKey || freed !== undefined ? undefined : nameKey }
}

function stateChange(
  { record, standing }: Fated,
  fate: Extract<Fate, { kind: 'state' }>,
  found: FoundManager,
  plan: ChangePlan,
  restatement: Restatement,
): DraftChange | undefined {
  const { person } = fate
  const problem = found.code ?? fate.problem ?? (record.facts.faults.length > 0 ? 'invalid_value' : null)
  const state = stateRecord(record, { speaks: true, problem, dueAt: standing.dueAt, isMissing: false })
  const isSame = restatement.isLinked && restatement.differences.size === 0 && person.externalId === record.sourceId
  if (isSame && isKnownSo(record, person.id, state)) return undefined
  const operation = isSame ? 'keep' : nameOperation(person, restatement)
  const manager: Note | undefined = found.code === null ? undefined : { code: found.code, detail: found.detail ?? '' }
  const ended: Note | undefined =
    operation === 'deactivate' && standing.kind === 'ended' ? { code: 'ended', detail: explainEnd(record) } : undefined
  const kept = isSame ? undefined : explainKept(restatement.kept)
  return {
    resourceType: 'User',
    sourceId: record.sourceId,
    resourceId: person.id,
    operation,
    version: person.version,
    name: record.facts.name,
    ...joinNotes([ended, manager, fate.note, readFaults(record), kept]),
    plan: { ...plan, ...(!isSame && { difference: toDifference(restatement) }), record: state },
  }
}

// Who gave their userName up does not want it back, unless they are.
function findFreedName({ standing }: Fated, { id, resource }: KnownPerson): string | undefined {
  const { userName } = resource
  return standing.kind === 'ended' && typeof userName === 'string' && userName.endsWith(`#${id}`) ? userName : undefined
}

function explainEnd({ facts }: PersonRecord): string {
  return facts.endDate === null ? 'It has left.' : `Its last day is ${facts.endDate}.`
}

function explainKept(kept: readonly string[]): Note | undefined {
  if (kept.length === 0) return undefined
  return { code: 'kept', detail: `Stays as another directory set it: ${kept.join(', ')}.` }
}

function readFaults({ facts }: PersonRecord): Note | undefined {
  return facts.faults.length === 0
    ? undefined
    : { code: 'invalid_value', detail: facts.faults.join(' ').slice(0, 2000) }
}

function planStanding(active: boolean | undefined, employmentStatus: string | null | undefined): ChangePlan {
  return { ...(active !== undefined && { active }), ...(employmentStatus !== undefined && { employmentStatus }) }
}

function planLocation({ settings }: Planning['run'], { facts }: PersonRecord): ChangePlan {
  return settings.autoAssignLocations ? { location: facts.location } : {}
}

function draftLeft({ record, userId }: Fated, fate: Extract<Fate, { kind: 'leave' }>): DraftChange | undefined {
  const { code, detail } = fate.note
  const state = stateRecord(record, { speaks: false, problem: code, dueAt: fate.dueAt, isMissing: fate.isMissing })
  if (fate.operation === 'keep' && isKnownSo(record, userId, state)) return undefined
  const { sourceId, facts } = record
  const { operation } = fate
  const about = { resourceType: 'User', sourceId, resourceId: userId, version: null, name: facts.name } as const
  return { ...about, operation, code, detail, plan: { record: state } }
}

// userNames that others have: those who have left give theirs up, and of those who get another one in this run it is free later.
async function settleNames(
  planning: Planning,
  drafts: readonly Draft[],
  people: ReadonlyMap<string, KnownPerson>,
  isLate: boolean,
): Promise<string[]> {
  const { run, writer } = planning
  const { organizationId, directory } = run
  const { db } = run.services
  const keys = planning.population.hasUsers ? drafts.flatMap(({ nameKey }) => nameKey ?? []) : []
  const taken = await findByUserName(db, organizationId, [...new Set(keys)])
  const deferred: string[] = []
  for (const { one, change, nameKey } of drafts) {
    if (change === undefined) continue
    const [holderId] = nameKey === undefined ? [] : (taken.get(nameKey) ?? [])
    if (holderId === undefined || holderId === change.resourceId || planning.renamed.has(holderId)) {
      if (nameKey !== undefined && one.person !== undefined) planning.renamed.add(one.person.id)
      await writer.add([change])
      continue
    }
    const leaverId = one.match.kind === 'new' ? one.match.leaver : undefined
    if (leaverId !== holderId && !isLate) {
      withdraw(planning, one)
      deferred.push(one.record.sourceId)
      continue
    }
    const holder =
      people.get(holderId) ?? (await readPeople(db, organizationId, directory.id, [holderId])).get(holderId)
    if (holder !== undefined && (await hasLeft(planning, holder.id)))
      await writer.add([freeName(planning, holder), change])
    else await writer.add([refuseName(planning, one, change)])
  }
  return deferred
}

async function hasLeft(planning: Planning, userId: string): Promise<boolean> {
  const records = (await readSiblings(planning.run, [userId])).map((record) => toIncumbent(planning, record))
  return records.length > 0 && records.every(({ isThere, standing }) => !isThere || standing === 'ended')
}

function refuseName(planning: Planning, one: Fated, change: DraftChange): DraftChange {
  const { record, person } = one
  if (person === undefined) withdraw(planning, one)
  const code = 'user_name_taken'
  const state = stateRecord(record, {
    speaks: person !== undefined && (record.known?.speaks ?? false),
    problem: code,
    dueAt: null,
    isMissing: false,
  })
  return {
    ...change,
    resourceId: person?.id ?? null,
    operation: 'error',
    code,
    detail: 'Somebody else has its userName. Give each person their own.',
    plan: { record: state },
  }
}
