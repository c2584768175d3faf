// What people must have among their keys (words.ts), as the text of a tsquery.
import { listReadings, type TypedWord } from './typed.ts'
import type { WordSets } from './vocabulary.ts'
import { keyOfBeginning, markOf } from './words.ts'

/** Every word, as it was typed; words that were typed apart may also be one. */
export function haveWords(organizationId: string, words: readonly TypedWord[]): string {
  const readings = listReadings(words).map((reading) => {
    return haveAll(reading.map((word) => haveAny(organizationId, listTexts(word))))
  })
  return readings.map((reading) => `(${reading})`).join(' | ')
}

/** For every typed word itself or one of its set; where it has none, a word that begins with the same two letters. */
export function haveSets(organizationId: string, words: readonly TypedWord[], sets: WordSets): string {
  return haveAll(words.map((word) => haveAny(organizationId, listKeys(word, sets))))
}

/** The same of all of the words but one. */
export function haveMostSets(organizationId: string, words: readonly TypedWord[], sets: WordSets): string {
  const each = words.map((word) => haveAny(organizationId, listKeys(word, sets)))
  return each.map((_, left) => `(${haveAll(each.toSpliced(left, 1))})`).join(' | ')
}

/** Words that begin as those do that have no set. undefined where all have one. It is for no index: they are too many. */
export function haveBeginnings(
  organizationId: string,
  words: readonly TypedWord[],
  sets: WordSets,
): string | undefined {
  const many = words.filter((word) => sets.get(word) === undefined)
  if (many.length === 0) return undefined
  const mark = markOf(organizationId)
  return haveAll(
    many.map((word) =>
      listTexts(word)
        .map((text) => `'${mark}${text}':*`)
        .join(' | '),
    ),
  )
}

function listTexts({ text, others }: TypedWord): readonly string[] {
  return [text, ...others]
}

function listKeys(word: TypedWord, sets: WordSets): readonly string[] {
  const texts = listTexts(word)
  const set = sets.get(word) ?? texts.map((text) => keyOfBeginning(Array.from(text).slice(0, 2).join('')))
  return [...new Set([...texts, ...set])]
}

function haveAll(parts: readonly string[]): string {
  return parts.map((part) => `(${part})`).join(' & ')
}

// A word has letters, marks and digits only, and needs no escape.
function haveAny(organizationId: string, keys: readonly string[]): string {
  return keys.map((key) => `'${markOf(organizationId)}${key}'`).join(' | ')
}
