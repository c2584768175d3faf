// What becomes of a record: whether it makes somebody, changes somebody, or nothing comes of it, and why. Without looking anything up.
import type { KnownPerson } from '../../directory/known-people.ts'
import { asObject, rollcallUser } from '../../directory/user-record.ts'
import { readWord } from '../apply/resource.ts'
import type { Standing } from './lifecycle.ts'
import type { PersonRecord } from './records.ts'
import type { MatchedRecord } from './suspects.ts'
import type { Planning } from './planning.ts'
import type { ChangeCode, Operation } from '../runs/run.ts'

export type Fate =
  | { readonly kind: 'create' | 'restore'; readonly active: boolean | undefined; readonly note: Note | undefined }
  | {
      readonly kind: 'state'
      readonly person: KnownPerson
      readonly active: boolean | undefined
      readonly note: Note | undefined
      /** What stays to be looked at again. */
      readonly problem: ChangeCode | null
    }
  /** The directory's people who are no longer, or not any more, to be imported. */
  | { readonly kind: 'orphan'; readonly person: KnownPerson; readonly cause: OrphanCause }
  | {
      readonly kind: 'leave'
      readonly operation: Extract<Operation, 'keep' | 'skip' | 'error'>
      readonly note: Note
      readonly userId: string | null
      readonly dueAt: Date | null
      readonly isMissing: boolean
    }

export type OrphanCause = 'missing' | 'filtered' | 'deleted' | 'ended'

export interface Note {
  readonly code: ChangeCode
  readonly detail: string
}

export function decideFate(planning: Planning, matched: MatchedRecord): Fate {
  const { match, record, person } = matched
  switch (match.kind) {
    case 'refused':
      return leave('error', match, record.known?.resourceId ?? null)
    case 'superseded':
      return leave(
        'keep',
        { code: 'superseded', detail: `The record ${match.by} says what is so of this person.` },
        match.userId,
      )
    case 'known':
      if (person === undefined) throw new Error(`the user of ${record.sourceId} was not read`)
      return decideKnown(planning, matched, person, match.by)
    case 'new':
    case 'deleted':
      return decideNew(planning, matched, match.kind === 'new' ? 'create' : 'restore')
  }
}

function decideNew(planning: Planning, { record, standing }: MatchedRecord, kind: 'create' | 'restore'): Fate {
  const { run, allowed } = planning
  if (allowed !== undefined && !allowed.has(record.sourceId)) {
    return leave('skip', { code: 'filtered', detail: 'It is in none of the groups of groupFilter.' }, null)
  }
  const reason = findObstacle(run.isFirst, standing, record)
  if (reason !== undefined) {
    return leave(
      'skip',
      { code: 'not_active', detail: reason },
      null,
      standing.kind === 'not_begun' ? standing.dueAt : null,
    )
  }
  if (record.emailKeys.length === 0) {
    return leave('skip', { code: 'no_email', detail: 'It has no work e-mail address. Add one at the source.' }, null)
  }
  if (record.userNameKey === null) {
    const detail = `It has no userName: ${run.settings.usernameAttribute} has no value that can be one.`
    return leave('error', { code: 'invalid_value', detail }, null)
  }
  const active = standing.active === true ? run.settings.activateUsers || undefined : standing.active
  const note: Note | undefined =
    standing.kind === 'not_begun'
      ? { code: 'not_begun', detail: `It begins on ${record.facts.startDate ?? 'a day to come'}.` }
      : undefined
  return { kind, active, note }
}

function findObstacle(isFirst: boolean, standing: Standing, { facts }: PersonRecord): string | undefined {
  if (standing.kind === 'ended') return 'It has left, and was never here.'
  if (standing.kind === 'unknown') {
    return facts.unknownStatus === ''
      ? 'It has no status.'
      : `Its status “${facts.unknownStatus}” is none that the mapping knows; say in the mapping what it means.`
  }
  if (!isFirst || standing.kind === 'active') return undefined
  return standing.kind === 'held'
    ? 'It has no access today, and the first sync imports only who is active.'
    : 'It has not begun, and the first sync imports only who is active.'
}

function decideKnown(
  planning: Planning,
  { record, standing }: MatchedRecord,
  person: KnownPerson,
  by: 'source_id' | 'employee_number' | 'email',
): Fate {
  const { run, allowed, returned } = planning
  const said = readWord(person, run.directory.id)
  if (said === undefined && by !== 'source_id') {
    const obstacle = findLinkObstacle(planning, standing, record, by)
    if (obstacle !== undefined) return leave('skip', obstacle, null)
  }
  const known = record.known
  if (known !== null && known.isMissing && !returned.has(record.sourceId)) {
    // A day has come for somebody whom the source does not return.
    return { kind: 'orphan', person, cause: standing.kind === 'ended' ? 'ended' : 'missing' }
  }
  // A run that reads only what has changed knows of nobody that they are in no group any more.
  if (allowed?.has(record.sourceId) === false && (run.isFull || known?.problem === 'filtered')) {
    return { kind: 'orphan', person, cause: 'filtered' }
  }
  const isInactive = person.resource['active'] === false
  if (isInactive && standing.active === true && !run.directory.restoreUsers && wasOut(record, said)) {
    const code = known?.isMissing === true || known?.problem === 'missing' ? 'missing' : 'ended'
    const detail = 'It is back at the source, but stays inactive: restoreUsers is off.'
    return { kind: 'state', person, active: undefined, note: { code, detail }, problem: code }
  }
  const active = standing.active === true ? run.settings.activateUsers || undefined : standing.active
  const note = explainStanding(standing, record)
  return { kind: 'state', person, active, note, problem: note?.code ?? null }
}

// What somebody else brought is taken up as what is new is.
function findLinkObstacle(
  { run, allowed }: Planning,
  standing: Standing,
  record: PersonRecord,
  by: 'employee_number' | 'email',
): Note | undefined {
  const reason =
    standing.kind === 'ended' && by === 'employee_number' && !run.isFirst
      ? undefined
      : findObstacle(run.isFirst, standing, record)
  if (reason !== undefined) return { code: 'not_active', detail: reason }
  if (allowed === undefined || allowed.has(record.sourceId)) return undefined
  return { code: 'filtered', detail: 'It is in none of the groups of groupFilter.' }
}

function explainStanding(standing: Standing, { facts }: PersonRecord): Note | undefined {
  if (standing.kind !== 'unknown') return undefined
  const detail =
    facts.unknownStatus === ''
      ? 'It has no status, so whether it is active was left as it is.'
      : `Its status “${facts.unknownStatus}” is none that the mapping knows, so whether it is active was left as it is.`
  return { code: 'invalid_value', detail }
}

const outProblems: ReadonlySet<ChangeCode> = new Set(['missing', 'ended', 'filtered'])

// Whether this directory had made them inactive because they had left, or were gone.
function wasOut({ known }: PersonRecord, said: ReturnType<typeof readWord>): boolean {
  if (known === null || said === undefined) return false
  if (known.isMissing || (known.problem !== null && outProblems.has(known.problem))) return true
  const status = asObject(said[rollcallUser])?.['employmentStatus']
  return said['active'] === false && (status === 'terminated' || status === 'retired')
}

function leave(
  operation: Extract<Operation, 'keep' | 'skip' | 'error'>,
  { code, detail }: Note,
  userId: string | null,
  dueAt: Date | null = null,
): Fate {
  return { kind: 'leave', operation, note: { code, detail }, userId, dueAt, isMissing: false }
}
