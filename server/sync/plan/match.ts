// Whom a record is about: by the source's own id, else by employee number, else by e-mail; and which of several records of one person
// says what is so.
import { foldCase } from '../../directory/keys.ts'
import { rankStanding, type StandingKind } from './lifecycle.ts'
import type { ChangeCode } from '../runs/run.ts'

/** What a record is matched by. */
export interface Claimant {
  readonly sourceId: string
  readonly name: string | null
  readonly employeeNumberKey: string | null
  readonly emailKeys: readonly string[]
  readonly standing: StandingKind
}

/** Another record of this directory that is about a user. */
export interface Incumbent extends Claimant {
  /** Whether the source still returns it. */
  readonly isThere: boolean
  readonly speaks: boolean
}

/** Everybody whom a record could be about. */
export interface Suspects {
  /** The user whom the record was about until now, where they are there. */
  readonly own: string | undefined
  /** Whether it was this record that spoke for them. */
  readonly spoke: boolean
  /** The user whom the directory calls so. */
  readonly byExternalId: readonly string[]
  readonly byNumber: readonly string[]
  readonly byEmail: readonly string[]
  /** A user of the record's own that was deleted and can be brought back. */
  readonly deleted: string | undefined
  /** Other records about a user. */
  readonly incumbents: (userId: string) => readonly Incumbent[]
}

export type Match =
  | { readonly kind: 'known'; readonly userId: string; readonly by: 'source_id' | 'employee_number' | 'email' }
  /** Nobody yet; `leaver` is somebody who has left and whose address this one has now. */
  | { readonly kind: 'new'; readonly leaver: string | undefined }
  | { readonly kind: 'deleted'; readonly userId: string }
  /** Another record says what is so of this user. */
  | { readonly kind: 'superseded'; readonly userId: string; readonly by: string }
  | { readonly kind: 'refused'; readonly code: ChangeCode; readonly detail: string }

export function matchRecord(record: Claimant, suspects: Suspects): Match {
  const { own, byExternalId, byNumber, byEmail, deleted } = suspects
  if (own !== undefined) return weighOwn(record, own, suspects)
  const [called, ...otherCalled] = byExternalId
  if (called !== undefined && otherCalled.length === 0) return weighOwn(record, called, suspects)
  const [numbered, ...otherNumbered] = byNumber
  if (otherNumbered.length > 0)
    return refuse('ambiguous', 'Several people have its employee number. Give each their own.')
  if (numbered !== undefined) return weigh(record, numbered, 'employee_number', suspects)
  const [addressed, ...otherAddressed] = byEmail
  if (otherAddressed.length > 0)
    return refuse('ambiguous', 'Several people have its e-mail address. Give each their own.')
  if (addressed !== undefined) return weigh(record, addressed, 'email', suspects)
  return deleted === undefined ? { kind: 'new', leaver: undefined } : { kind: 'deleted', userId: deleted }
}

// The record goes on speaking, unless another one of the same person has more to say.
function weighOwn(record: Claimant, userId: string, { spoke, incumbents }: Suspects): Match {
  const others = incumbents(userId).filter(({ sourceId, isThere }) => isThere && sourceId !== record.sourceId)
  const rank = rankStanding(record.standing)
  const better = others.find(({ standing, speaks }) => {
    const other = rankStanding(standing)
    return other < rank || (other === rank && speaks && !spoke)
  })
  return better === undefined ? { kind: 'known', userId, by: 'source_id' } : supersede(userId, better)
}

function weigh(record: Claimant, userId: string, by: 'employee_number' | 'email', suspects: Suspects): Match {
  const others = suspects.incumbents(userId).filter(({ sourceId }) => sourceId !== record.sourceId)
  const standing = others.filter(({ isThere, standing: kind }) => isThere && kind !== 'ended')
  const [holder] = standing.toSorted((a, b) => rankStanding(a.standing) - rankStanding(b.standing))
  if (holder !== undefined) return weighAgainst(record, userId, by, holder)
  const [former] = others
  if (former === undefined) return { kind: 'known', userId, by }
  if (by === 'employee_number' || isSamePerson(record, former)) {
    // Who has left twice has left.
    return record.standing === 'ended' && former.isThere ? supersede(userId, former) : { kind: 'known', userId, by }
  }
  const { deleted } = suspects
  return deleted === undefined ? { kind: 'new', leaver: userId } : { kind: 'deleted', userId: deleted }
}

function weighAgainst(record: Claimant, userId: string, by: 'employee_number' | 'email', holder: Incumbent): Match {
  const difference = rankStanding(record.standing) - rankStanding(holder.standing)
  if (by === 'employee_number') {
    if (difference < 0) return { kind: 'known', userId, by }
    if (difference > 0 || isCalledSame(record, holder) || !haveOtherAddresses(record, holder))
      return supersede(userId, holder)
    const detail = `The record ${holder.sourceId} has its employee number. Give each person their own.`
    return refuse('duplicate_employee_number', detail)
  }
  if (difference !== 0 && isSamePerson(record, holder)) {
    return difference < 0 ? { kind: 'known', userId, by } : supersede(userId, holder)
  }
  const detail = `The record ${holder.sourceId} has its e-mail address. Give each person their own.`
  return refuse('duplicate_email', detail)
}

/** Whether two records of one address are of one person: they are called the same, and have no two employee numbers. */
export function isSamePerson(a: Claimant, b: Claimant): boolean {
  const [numberA, numberB] = [a.employeeNumberKey, b.employeeNumberKey]
  if (numberA !== null && numberB !== null) return numberA === numberB
  return isCalledSame(a, b)
}

function isCalledSame(a: Claimant, b: Claimant): boolean {
  return a.name !== null && b.name !== null && foldName(a.name) === foldName(b.name)
}

function foldName(name: string): string {
  return foldCase(name).replaceAll(/\s+/g, ' ').trim()
}

function haveOtherAddresses(a: Claimant, b: Claimant): boolean {
  return a.emailKeys.length > 0 && b.emailKeys.length > 0 && !a.emailKeys.some((key) => b.emailKeys.includes(key))
}

function supersede(userId: string, { sourceId }: Claimant): Match {
  return { kind: 'superseded', userId, by: sourceId }
}

function refuse(code: ChangeCode, detail: string): Match {
  return { kind: 'refused', code, detail }
}

/**
 * Records of one pull that share an employee number, an address or a userName, in the order in which they are heard: of each family one
 * first, which is the one that says most, and the others afterwards.
 */
export function sortContested<
  Record extends Claimant & { readonly isKnown: boolean; readonly keys: readonly string[] },
>(records: readonly Record[]): { readonly early: readonly Record[]; readonly late: readonly Record[] } {
  const order = records.toSorted(
    (a, b) =>
      rankStanding(a.standing) - rankStanding(b.standing) ||
      Number(b.isKnown) - Number(a.isKnown) ||
      (a.sourceId < b.sourceId ? -1 : 1),
  )
  const heard = new Set<string>()
  const early: Record[] = []
  const late: Record[] = []
  for (const record of order) {
    if (record.keys.some((key) => heard.has(key))) late.push(record)
    else early.push(record)
    for (const key of record.keys) heard.add(key)
  }
  return { early, late }
}
