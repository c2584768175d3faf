// The words of an organization that a typed word may stand for: those that begin so, and those that are like it.
import type { Database } from '../../db/connect.ts'
import { query } from '../../db/query.ts'
import type { Actor } from '../actor.ts'
import { isNear } from './likeness.ts'
import type { TypedWord } from './typed.ts'
import { hasDigit, isUnspaced } from './words.ts'

/** The words that each typed word may stand for; undefined where they are too many to be named. */
export type WordSets = ReadonlyMap<TypedWord, readonly string[] | undefined>

const mostBeginnings = 200
// Behind every letter.
const end = '\u{10ffff}'

/**
 * The words that begin as each typed word. Of what has one or two letters they are too many; of what has digits there are none but the
 * word itself, and so it is of a single letter that stands alone, unless it is of writing without spaces.
 */
export async function findBeginnings(db: Database, actor: Actor, words: readonly TypedWord[]): Promise<WordSets> {
  const sets = new Map<TypedWord, readonly string[] | undefined>()
  for (const word of words) sets.set(word, hasDigit(word.text) || isLoneLetter(words) ? [] : undefined)
  const asked = words.filter(({ text }) => countLetters(text) > 2 && !hasDigit(text))
  const texts = asked.flatMap((word) => [word.text, ...word.others].map((text) => ({ word, text })))
  if (texts.length === 0) return sets
  const lows = texts.map(({ text }) => text)
  const rows = await query<{ place: number; word: string }>(db, beginningsSql, [
    actor.organizationId,
    lows,
    lows.map((text) => text + end),
  ])
  for (const word of asked) {
    const found = rows.filter(({ place }) => texts[place - 1]?.word === word)
    sets.set(word, found.length > mostBeginnings ? undefined : found.map((row) => row.word))
  }
  return sets
}

const beginningsSql = `select k.place, w.word from unnest($2::text[], $3::text[]) with ordinality k(low, high, place)
  cross join lateral (select w.word from name_words w where w.org_id = $1 and w.word >= k.low and w.word < k.high
    order by w.org_id, w.word limit ${mostBeginnings + 1}) w`

/** The words that nobody has as they were typed: they may be mistyped. */
export function listUnknown(words: readonly TypedWord[], sets: WordSets): readonly TypedWord[] {
  return words.filter((word) => {
    const set = sets.get(word)
    return set !== undefined && ![word.text, ...word.others].some((text) => set.includes(text))
  })
}

/** How much of its trigrams a word has to share with what was typed, and how many words are compared. */
interface Width {
  readonly threshold: number
  readonly atMost: number
}

/** Finds nearly every word with one error, and two of three with two. */
export const narrow: Width = { threshold: 0.3, atMost: 60 }

/** Takes twice as long, and finds nine of ten words with two errors. */
export const wide: Width = { threshold: 0.15, atMost: 300 }

/** The sets, each with the words that one of `mistyped` is like, within few errors. Those that are too many to be named stay so. */
export async function addLikeWords(
  db: Database,
  actor: Actor,
  sets: WordSets,
  mistyped: readonly TypedWord[],
  { threshold, atMost }: Width,
): Promise<WordSets> {
  const asked = mistyped.filter((word) => sets.get(word) !== undefined && mayBeMistyped(word.text))
  if (asked.length === 0) return sets
  const texts = asked.map(({ text }) => text)
  const parameters = [actor.organizationId, texts, texts.flatMap(listCorrections), threshold, atMost]
  const found = (await query<{ word: string }>(db, likeSql, parameters)).map(({ word }) => word)
  return new Map([
    ...sets,
    ...asked.map((typed) => {
      const like = found.filter((word) => isNear(typed.text, word))
      return [typed, [...new Set([...(sets.get(typed) ?? []), ...like])]] as const
    }),
  ])
}

// Each is looked up by itself, with a limit: without statistics of the organization the planner might read all of its words.
const likeSql = `select w.word from unnest($3::text[]) c(word)
    cross join lateral (select w.word from name_words w where w.org_id = $1 and w.word = c.word limit 1) w
  union select w.word from unnest($2::text[]) t(word)
    cross join lateral find_similar_words($1, t.word, $4::real, $5::int) w(word)`

// Neighbours in the wrong order, or a letter too many: in short words such errors leave few trigrams.
function listCorrections(word: string): string[] {
  const letters = Array.from(word)
  const shorter = letters.map((_, at) => letters.toSpliced(at, 1).join(''))
  const swapped = letters.slice(1).map((letter, at) => letters.toSpliced(at, 2, letter, letters[at] ?? '').join(''))
  return [...shorter, ...swapped]
}

// Of two letters and of digits each one counts.
function mayBeMistyped(text: string): boolean {
  return countLetters(text) > 2 && !hasDigit(text)
}

function isLoneLetter([first, ...others]: readonly TypedWord[]): boolean {
  return first !== undefined && others.length === 0 && countLetters(first.text) === 1 && !isUnspaced(first.text)
}

function countLetters(text: string): number {
  return Array.from(text).length
}
