// Changes as they are written, from what was decided of a record.
import { compareResources, type Difference } from '../../directory/authority.ts'
import { differenceJson } from '../../directory/changes.ts'
import type { KnownPerson } from '../../directory/known-people.ts'
import { type Location, nameKey } from '../../directory/locations.ts'
import { findKept, stateWord, type Word } from '../../directory/person.ts'
import type { UserResource } from '../../directory/user-record.ts'
import type { JsonObject } from '../../db/tables.ts'
import { composeUser, readWord } from '../apply/resource.ts'
import type { Note } from './fate.ts'
import type { PersonRecord } from './records.ts'
import type { DraftChange } from './writer.ts'
import type { Planning } from './planning.ts'
import type { ChangeCode, ChangePlan, RecordState } from '../runs/run.ts'

/** What a directory would say of somebody, against what it says. */
export interface Restatement {
  readonly wanted: UserResource
  readonly differences: ReadonlyMap<string, Difference>
  readonly word: Word
  readonly isLinked: boolean
  /** Attributes that stay as another directory set them. */
  readonly kept: readonly string[]
}

/** What `plan` would make of somebody; `content` is what the record says. */
export function restate(
  { run, offices }: Planning,
  person: KnownPerson,
  content: JsonObject | undefined,
  plan: ChangePlan,
): Restatement {
  const said = readWord(person, run.directory.id)
  const contents = new Map(content === undefined ? [] : [[0, content]])
  const change = { ...emptyChange, plan }
  const wanted = composeUser(change, { contents, offices: withOffice(offices, plan.location) }, said)
  const differences = compareResources(said ?? {}, wanted)
  // Then it is not this directory's to say.
  if (plan.active === undefined) differences.delete('active')
  const word = stateWord(person, run.directory.id, wanted, false, true)
  const kept = word.shared ? findKept(person, word, wanted, true).map(({ attribute }) => attribute) : []
  return { wanted, differences, word, isLinked: said !== undefined, kept }
}

const emptyChange = {
  position: 0,
  resourceType: 'User',
  sourceId: null,
  resourceId: null,
  operation: 'update',
  version: null,
  name: null,
  code: null,
  detail: null,
} as const

// An office that is yet to be made differs from any that is there.
function withOffice(offices: Planning['offices'], name: string | null | undefined): ReadonlyMap<string, Location> {
  if (name === undefined || name === null || name.trim() === '' || offices.has(nameKey(name))) return offices
  const office = { id: '', name: name.trim(), timeZone: null, createdAt: new Date(0) }
  return new Map([[nameKey(name), office]])
}

/** The operation that takes somebody from what they are to what they would be. */
export function nameOperation(
  person: KnownPerson,
  { word, isLinked }: Restatement,
): 'link' | 'activate' | 'deactivate' | 'update' {
  const was = person.resource['active'] !== false
  const is = word.resource['active'] !== false
  if (was && !is) return 'deactivate'
  if (!isLinked) return 'link'
  return is && !was ? 'activate' : 'update'
}

export function toDifference({ differences }: Restatement): JsonObject {
  return differenceJson(new Map(differences))
}

export function stateRecord(
  { hash, runId }: PersonRecord,
  state: Omit<RecordState, 'hash' | 'runId' | 'dueAt'> & { readonly dueAt: Date | null },
): RecordState {
  return { hash, runId, ...state, dueAt: state.dueAt?.toISOString() ?? null }
}

/** Whether nothing of the record would be noted anew. */
export function isKnownSo({ known }: PersonRecord, userId: string | null, state: RecordState): boolean {
  return (
    known !== null &&
    known.hash === state.hash &&
    known.runId === state.runId &&
    known.resourceId === userId &&
    known.speaks === state.speaks &&
    known.problem === state.problem &&
    known.isMissing === state.isMissing &&
    (known.dueAt?.toISOString() ?? null) === state.dueAt
  )
}

/** One code for a change, the first of the notes', and all that is to be said. */
export function joinNotes(notes: readonly (Note | undefined)[]): { code: ChangeCode | null; detail: string | null } {
  const said = notes.filter((note) => note !== undefined)
  const detail = said.map((note) => note.detail).join(' ')
  return { code: said[0]?.code ?? null, detail: detail === '' ? null : detail }
}

/** Frees the userName of somebody who has left, for somebody else has it now. */
export function freeName(planning: Planning, leaver: KnownPerson): DraftChange {
  const { userName } = leaver.resource
  const name = `${typeof userName === 'string' ? userName : leaver.userNameKey}#${leaver.id}`
  planning.freed.set(leaver.id, name)
  planning.renamed.add(leaver.id)
  const { displayName } = leaver.resource
  const restatement = restate(planning, leaver, undefined, { userName: name })
  return {
    resourceType: 'User',
    sourceId: null,
    resourceId: leaver.id,
    operation: 'update',
    version: leaver.version,
    name: typeof displayName === 'string' ? displayName : leaver.userNameKey,
    code: null,
    detail: 'It has left, and somebody else has its userName now.',
    plan: { userName: name, difference: toDifference(restatement) },
  }
}
