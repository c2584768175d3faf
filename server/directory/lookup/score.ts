// How well a person fits what was typed, and by what: the name, an address or the employee number.
import type { JsonObject } from '../../db/tables.ts'
import { matchWords, rateOnce, type RateWord, rateWords } from './likeness.ts'
import type { Match } from './lookup.ts'
import { listReadings, type Typed, type TypedWord } from './typed.ts'
import { dropTitles, foldWords, isNumber, localPart, readDigits } from './words.ts'

/** What of a person is compared. */
export interface Candidate {
  readonly id: string
  readonly display_name: string | null
  readonly nick_name: string | null
  readonly name: JsonObject | null
  readonly email_keys: readonly string[]
  readonly user_name_key: string
  readonly employee_number_key: string | null
}

type Field = Match['field']

interface Score {
  /** From 0 to 1. */
  readonly score: number
  /** Which one fits best. */
  readonly field: Field
}

/** Says of people how well they fit. */
export function createScorer(typed: Typed): (person: Candidate) => Score {
  const readings = listReadings(typed.words)
  const rateWord = rateOnce()
  const rate = (words: readonly string[]): number =>
    Math.max(...readings.map((reading) => rateWords(reading, words, rateWord)))
  // What is written like an address means one, where it fits both.
  const isAddress = typed.piece !== undefined && /[._@\p{Nd}]/u.test(typed.piece)
  return (person) => {
    const names = listNames(person)
    const scores: readonly Score[] = [
      { field: 'display_name', score: Math.max(0, ...names.map(rate)) * (isAddress ? 0.95 : 1) },
      { field: 'email', score: Math.max(...listAddresses(person).map((address) => rateAddress(typed, address, rate))) },
      {
        field: 'employee_id',
        score: rateNumber(typed.words, person.employee_number_key, names[0] ?? [], rateWord),
      },
    ]
    return scores.reduce((best, one) => (one.score > best.score ? one : best))
  }
}

// The ways in which the person may be called, each as its words.
function listNames({
  display_name: displayName,
  nick_name: nickName,
  name,
}: Candidate): readonly (readonly string[])[] {
  const read = (part: string): string[] => {
    const text = name?.[part]
    return typeof text === 'string' ? foldWords(text) : []
  }
  const [given, middle, family] = [read('givenName'), read('middleName'), read('familyName')]
  const parts = [...given, ...middle, ...family]
  const ways = [
    dropTitles(foldWords(displayName ?? '')),
    parts.length === 0 ? dropTitles(read('formatted')) : [...given, ...family],
    parts,
    // Pierre-Luc as pierreluc, de la Cruz as delacruz.
    [given.join(''), ...middle, family.join('')].filter((word) => word !== ''),
    nickName === null ? [] : [...foldWords(nickName), ...family],
  ]
  const byText = new Map(ways.map((words) => [words.join(' '), words]))
  byText.delete('')
  return [...byText.values()]
}

function listAddresses({ email_keys: emails, user_name_key: userName }: Candidate): readonly string[] {
  return [...new Set([...emails, userName])]
}

function rateAddress({ piece }: Typed, address: string, rate: (words: readonly string[]) => number): number {
  const local = localPart(address)
  const asWords = 0.96 * rate(foldWords(local))
  if (piece === undefined) return asWords
  if (piece === address) return 1
  if (piece === local) return 0.98
  const text = piece.includes('@') ? address : local
  return text.startsWith(piece) ? Math.max(asWords, 0.8 + (0.17 * piece.length) / text.length) : asWords
}

function rateNumber(
  words: readonly TypedWord[],
  number: string | null,
  name: readonly string[],
  rateWord: RateWord,
): number {
  if (number === null) return 0
  const whole = foldWords(number).join('')
  const digits = readDigits(number)
  const typed = words.map(({ text }) => text).join('')
  if (!/\p{Nd}/u.test(typed)) return 0
  if (typed === whole) return 1
  if (isNumber(typed) && readDigits(typed) === digits) return 0.95
  if (whole.startsWith(typed)) return 0.6 + (0.3 * typed.length) / whole.length
  if (digits.startsWith(typed)) return 0.55 + (0.3 * typed.length) / digits.length
  if (words.length === 1) return 0
  // The number and the name, too.
  const { likeness } = matchWords(words, [words.some(({ text }) => text === whole) ? whole : digits, ...name], rateWord)
  return 0.95 * likeness
}
