// Looks up whom the records of a batch could be about.
import {
  findByAddress,
  findByEmployeeNumber,
  findByExternalId,
  findDeleted,
  findDeletedByName,
  type Found,
  type KnownPerson,
  readPeople,
} from '../../directory/known-people.ts'
import type { Standing } from './lifecycle.ts'
import { type Claimant, type Incumbent, type Match, matchRecord, type Suspects } from './match.ts'
import { type PersonRecord, readSiblings } from './records.ts'
import type { Claim, Planning } from './planning.ts'

/** A record with where it stands and whom it is about. */
export interface MatchedRecord {
  readonly record: PersonRecord
  readonly standing: Standing
  readonly match: Match
  /** The user as they are, where they are one already. */
  readonly person: KnownPerson | undefined
}

/** `isLate`: they share keys with records that were planned before them. */
export async function matchRecords(
  planning: Planning,
  records: readonly PersonRecord[],
  isLate: boolean,
): Promise<{ readonly matched: readonly MatchedRecord[]; readonly people: ReadonlyMap<string, KnownPerson> }> {
  const standings = new Map(records.map((record) => [record.sourceId, planning.stand(record.facts)]))
  const found = await lookUp(planning, records)
  const incumbents = await readIncumbents(planning, records, standings, found)
  const matched = records.map((record): MatchedRecord => {
    const standing = standings.get(record.sourceId) ?? planning.stand(record.facts)
    const claimant = toClaimant(record, standing)
    const own = findOwn(record, found.people)
    const claim = isLate ? findClaim(planning, record, own) : undefined
    const match =
      claim === undefined
        ? matchRecord(claimant, toSuspects(record, own, found, incumbents))
        : matchClaim(claimant, claim, own)
    return { record, standing, match, person: 'userId' in match ? found.people.get(match.userId) : undefined }
  })
  return { matched, people: found.people }
}

interface LookedUp {
  readonly people: ReadonlyMap<string, KnownPerson>
  readonly byExternalId: Found
  readonly byNumber: Found
  readonly byEmail: Found
  readonly deleted: ReadonlySet<string>
  readonly deletedByName: Found
}

async function lookUp({ run, population }: Planning, records: readonly PersonRecord[]): Promise<LookedUp> {
  const { organizationId, directory, services } = run
  const { db } = services
  const ownIds = records.flatMap(({ known }) => known?.resourceId ?? [])
  const people = await readPeople(db, organizationId, directory.id, ownIds)
  const lost = records.filter((record) => findOwn(record, people) === undefined)
  const { hasUsers, hasLinks, hasDeleted } = population
  const sourceIds = hasLinks ? lost.map(({ sourceId }) => sourceId) : []
  const byExternalId = await findByExternalId(db, organizationId, directory.id, sourceIds)
  const others = hasUsers ? lost.filter(({ sourceId }) => !byExternalId.has(sourceId)) : []
  const numbers = others.flatMap(({ employeeNumberKey }) => employeeNumberKey ?? [])
  const byNumber = await findByEmployeeNumber(db, organizationId, [...new Set(numbers)])
  const emails = others.flatMap(({ emailKeys }) => emailKeys)
  const byEmail = await findByAddress(db, organizationId, [...new Set(emails)])
  const ids = new Set([...byExternalId.values(), ...byNumber.values(), ...byEmail.values()].flat())
  for (const [id, person] of await readPeople(db, organizationId, directory.id, [...ids])) people.set(id, person)
  const restorable = directory.restoreUsers && hasDeleted ? lost : []
  const lostIds = restorable.flatMap(({ known }) => known?.resourceId ?? [])
  const names = restorable.flatMap(({ userNameKey }) => userNameKey ?? [])
  return {
    people,
    byExternalId,
    byNumber,
    byEmail,
    deleted: await findDeleted(db, organizationId, lostIds),
    deletedByName: await findDeletedByName(db, organizationId, directory.id, [...new Set(names)]),
  }
}

async function readIncumbents(
  planning: Planning,
  records: readonly PersonRecord[],
  standings: ReadonlyMap<string, Standing>,
  { people, byExternalId, byNumber, byEmail }: LookedUp,
): Promise<ReadonlyMap<string, readonly Incumbent[]>> {
  const users = new Set([...byExternalId.values(), ...byNumber.values(), ...byEmail.values()].flat())
  for (const record of records) {
    const own = findOwn(record, people)
    // Who is active and spoke goes on doing so.
    const isPlain = record.known?.speaks === true && standings.get(record.sourceId)?.kind === 'active'
    if (own !== undefined && !isPlain) users.add(own)
  }
  const incumbents = new Map<string, Incumbent[]>()
  for (const sibling of await readSiblings(planning.run, [...users])) {
    const list = incumbents.get(sibling.userId) ?? []
    list.push(toIncumbent(planning, sibling))
    incumbents.set(sibling.userId, list)
  }
  return incumbents
}

/** What a record is compared by, and whether it still counts. */
export function toIncumbent(planning: Planning, record: PersonRecord): Incumbent {
  const { known, sourceId } = record
  const isThere =
    known !== null && (!known.isMissing || planning.returned.has(sourceId)) && !planning.gone.has(sourceId)
  return { ...toClaimant(record, planning.stand(record.facts)), isThere, speaks: known?.speaks ?? false }
}

export function toClaimant(record: PersonRecord, { kind }: Standing): Claimant {
  const { sourceId, facts, employeeNumberKey, emailKeys } = record
  return { sourceId, name: facts.name, employeeNumberKey, emailKeys, standing: kind }
}

function findOwn({ known }: PersonRecord, people: ReadonlyMap<string, KnownPerson>): string | undefined {
  const id = known?.resourceId ?? undefined
  return id !== undefined && people.has(id) ? id : undefined
}

function toSuspects(
  record: PersonRecord,
  own: string | undefined,
  found: LookedUp,
  incumbents: ReadonlyMap<string, readonly Incumbent[]>,
): Suspects {
  const { sourceId, employeeNumberKey, emailKeys, userNameKey, known } = record
  const lost = known?.resourceId ?? undefined
  const [deletedByName] = userNameKey === null ? [] : (found.deletedByName.get(userNameKey) ?? [])
  return {
    own,
    spoke: known?.speaks ?? false,
    byExternalId: found.byExternalId.get(sourceId) ?? [],
    byNumber: employeeNumberKey === null ? [] : (found.byNumber.get(employeeNumberKey) ?? []),
    byEmail: [...new Set(emailKeys.flatMap((key) => found.byEmail.get(key) ?? []))],
    deleted: lost !== undefined && found.deleted.has(lost) ? lost : deletedByName,
    incumbents: (userId) => incumbents.get(userId) ?? [],
  }
}

/** The keys that a record may share with others. */
export function listKeys({ employeeNumberKey, emailKeys, userNameKey }: PersonRecord): string[] {
  const number = employeeNumberKey === null ? [] : [`number ${employeeNumberKey}`]
  const name = userNameKey === null ? [] : [`name ${userNameKey}`]
  return [...number, ...emailKeys.map((key) => `email ${key}`), ...name]
}

interface FoundClaim {
  readonly claim: Claim
  readonly by: 'source_id' | 'number' | 'email' | 'name'
}

function findClaim(
  { claims, claimedUsers }: Planning,
  record: PersonRecord,
  own: string | undefined,
): FoundClaim | undefined {
  for (const key of listKeys(record)) {
    const claim = claims.get(key)
    if (claim === undefined || claim.sourceId === record.sourceId) continue
    if (own === undefined) return { claim, by: toKind(key) }
    // Who was somebody else until now stays so.
    if (own === claim.userId && claimedUsers.get(own) !== record.sourceId) return { claim, by: 'source_id' }
  }
  return undefined
}

function toKind(key: string): FoundClaim['by'] {
  if (key.startsWith('number ')) return 'number'
  return key.startsWith('email ') ? 'email' : 'name'
}

function matchClaim(record: Claimant, { claim, by }: FoundClaim, own: string | undefined): Match {
  const { userId, sourceId } = claim
  if (by === 'source_id') return { kind: 'superseded', userId, by: sourceId }
  if (by === 'name') {
    const detail = `The record ${sourceId} has its userName. Give each person their own.`
    return { kind: 'refused', code: 'user_name_taken', detail }
  }
  const incumbent: Incumbent = { ...claim, isThere: true, speaks: true }
  const found = { byNumber: by === 'number' ? [userId] : [], byEmail: by === 'email' ? [userId] : [] }
  const rest = { own, spoke: false, byExternalId: [], deleted: undefined, incumbents: () => [incumbent] }
  const match = matchRecord(record, { ...rest, ...found })
  return match.kind === 'known' ? { kind: 'superseded', userId, by: sourceId } : match
}
