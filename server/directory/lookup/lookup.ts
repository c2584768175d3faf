// Finds people by what somebody typed: part of a name, an address or a number, with accents or without, in either order, mistyped.
//
// People are found by keys, the words of what they are called (words.ts), in an index: whole words first, then words that begin
// so, then those that a typed word may have been meant to be, and at last all words but one. Few are taken, and scored here.
import type { Database } from '../../db/connect.ts'
import { reading } from '../../db/transaction.ts'
import type { Actor } from '../actor.ts'
import type { EmployeeStatus } from '../org/employee.ts'
import { findByAddress, findByKeys, findByNumber, type Scope } from './candidates.ts'
import { type Candidate, createScorer } from './score.ts'
import { haveBeginnings, haveMostSets, haveSets, haveWords } from './tsquery.ts'
import { readTyped, type Typed } from './typed.ts'
import { addLikeWords, findBeginnings, listUnknown, narrow, wide, type WordSets } from './vocabulary.ts'
import { hasDigit } from './words.ts'

export interface LookupRequest {
  /** What was typed. */
  readonly query: string
  readonly limit: number
  /** undefined for any. */
  readonly status: EmployeeStatus | undefined
}

export interface Match {
  readonly id: string
  /** From 0 to 1, two decimals. */
  readonly score: number
  readonly field: 'email' | 'display_name' | 'employee_id'
}

// What fits less is not worth showing.
const leastScore = 0.3

/** The best first; of equal ones the one whose name comes first. */
export function findPeople(db: Database, actor: Actor, { query, limit, status }: LookupRequest): Promise<Match[]> {
  return reading(() => search({ db, actor, status }, readTyped(query), limit))
}

async function search(scope: Scope, typed: Typed, limit: number): Promise<Match[]> {
  const { address, words } = typed
  if (address !== undefined) {
    const owners = await findByAddress(scope, address)
    if (owners.length > 0) return rank({ ...typed, piece: address }, owners, limit)
  }
  if (words.length === 0) return []
  const organization = scope.actor.organizationId
  const exact = await findByKeys(scope, haveWords(organization, words))
  if (exact.length >= limit) return rank(typed, exact, limit)
  const sets = await findBeginnings(scope.db, scope.actor, words)
  const beginning = await findByKeys(
    scope,
    haveSets(organization, words, sets),
    haveBeginnings(organization, words, sets),
  )
  const numbered = typed.piece !== undefined && hasDigit(typed.piece) ? await findByNumber(scope, typed.piece) : []
  const found = [...exact, ...beginning, ...numbered]
  const isEnough = exact.length > 0 || found.length >= limit
  const mistyped = isEnough ? [] : await searchMistyped(scope, words, sets, found.length > 0)
  return rank(typed, [...found, ...mistyped], limit)
}

// What takes longer is only tried where nobody is found. A word that somebody has is not likely mistyped.
async function searchMistyped(
  scope: Scope,
  words: Typed['words'],
  sets: WordSets,
  hasFound: boolean,
): Promise<Candidate[]> {
  const { db, actor } = scope
  const organization = actor.organizationId
  const unknown = listUnknown(words, sets)
  const near = await addLikeWords(db, actor, sets, unknown, narrow)
  const meant = near === sets ? [] : await findByKeys(scope, haveSets(organization, words, near))
  if (hasFound || meant.length > 0) return meant
  const most = words.length > 2 ? await findByKeys(scope, haveMostSets(organization, words, near)) : []
  if (most.length > 0) return most
  const known = words.filter((word) => !unknown.includes(word))
  const far = await addLikeWords(db, actor, await addLikeWords(db, actor, sets, known, narrow), unknown, wide)
  const alike = far === sets ? [] : await findByKeys(scope, haveSets(organization, words, far))
  if (alike.length > 0 || words.length === 1) return alike
  return findByKeys(scope, haveMostSets(organization, words, far))
}

function rank(typed: Typed, people: readonly Candidate[], limit: number): Match[] {
  const scoreOf = createScorer(typed)
  const byId = new Map(people.map((person) => [person.id, person]))
  return [...byId.values()]
    .map((person) => ({
      id: person.id,
      name: person.display_name ?? person.user_name_key,
      ...scoreOf(person),
    }))
    .filter(({ score }) => score >= leastScore)
    .toSorted((a, b) => b.score - a.score || compareTexts(a.name, b.name) || compareTexts(a.id, b.id))
    .slice(0, limit)
    .map(({ id, score, field }) => ({ id, score: Math.round(score * 100) / 100, field }))
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
