// What somebody typed, taken apart.
import { foldCase } from '../keys.ts'
import { dropTitles, foldWords, isNumber, readDigits } from './words.ts'

const maxLength = 200
const maxWords = 6

export interface TypedWord {
  readonly text: string
  /** Other ways to write the same word: ue for ü and u for ue, a number without zeros. */
  readonly others: readonly string[]
}

export interface Typed {
  /** The first whole address in it, in lower case. */
  readonly address: string | undefined
  /** What is looked for; of addresses the part before the domain. */
  readonly words: readonly TypedWord[]
  /** All of it in lower case, where it is one piece: perhaps an address, or the beginning of one. */
  readonly piece: string | undefined
}

/** Only the beginning of a long text is read. */
export function readTyped(query: string): Typed {
  const text = query.slice(0, maxLength).normalize('NFC').trim()
  const address = /[^\s<>()",;:\p{C}]+@[^\s<>()",;:\p{C}]+/u.exec(text)?.[0]
  return {
    address: address === undefined ? undefined : foldCase(address),
    words: readWords(text),
    piece: /\s/u.test(text) ? undefined : foldCase(text),
  }
}

// An address repeats the name that it stands with.
function readWords(text: string): readonly TypedWord[] {
  const withoutDomains = text.replace(/(?<=[^\s@])@\S*/gu, ' ')
  const words = splitWords(withoutDomains)
  const kept =
    withoutDomains === text
      ? words
      : words.filter(({ text: word }, at) => words.findIndex((one) => one.text === word) === at)
  return kept.slice(0, maxWords)
}

function splitWords(text: string): readonly TypedWord[] {
  const spelt = foldWords(text.replace(/[äöüåø]/giu, spellOut))
  const words = foldWords(text).map((word, place) => readWord(word, spelt[place] ?? word))
  const names = new Set(dropTitles(words.map((word) => word.text)))
  return words.filter((word) => names.has(word.text))
}

const spellings: Readonly<Record<string, string>> = { ä: 'ae', ö: 'oe', ü: 'ue', å: 'aa', ø: 'oe' }

function spellOut(letter: string): string {
  return spellings[letter.toLowerCase()] ?? letter
}

function readWord(text: string, spelt: string): TypedWord {
  const others = new Set([spelt, text.replace(/([aou])e/g, '$1'), isNumber(text) ? readDigits(text) : text])
  others.delete(text)
  return { text, others: [...others] }
}

/** The ways to read the words where two that were typed apart may be one: mac donald, EMP 123. The first is as they were typed. */
export function listReadings(words: readonly TypedWord[]): readonly (readonly TypedWord[])[] {
  const pairs = words.slice(1).map((_, place) => joinWords(words, place, place + 2))
  return words.length > 2 ? [words, ...pairs, joinWords(words, 0, words.length)] : [words, ...pairs]
}

function joinWords(words: readonly TypedWord[], from: number, to: number): readonly TypedWord[] {
  const text = words
    .slice(from, to)
    .map((word) => word.text)
    .join('')
  return [...words.slice(0, from), { text, others: [] }, ...words.slice(to)]
}
