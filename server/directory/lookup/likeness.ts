// How like one word is to another: whole, as its beginning, or with typing errors.
import type { TypedWord } from './typed.ts'
import { isUnspaced } from './words.ts'

/** How many typing errors a word of a length may have. */
export function countAllowedErrors(length: number): number {
  if (length <= 2) return 0
  if (length <= 5) return 1
  return length <= 9 ? 2 : 3
}

interface Errors {
  /** Between the two words. */
  readonly whole: number
  /** Between the first word and the most like beginning of the second. */
  readonly beginning: number
}

/** Counts letters left out, put in, exchanged, and neighbours in the wrong order (optimal string alignment). */
export function countErrors(typed: string, word: string): Errors {
  let beforeLast: number[] = []
  let last = Array.from({ length: word.length + 1 }, (_, column) => column)
  for (let row = 1; row <= typed.length; row++) {
    const current = [row]
    for (let column = 1; column <= word.length; column++) {
      const same = typed[row - 1] === word[column - 1]
      let errors = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      )
      if (row > 1 && column > 1 && typed[row - 1] === word[column - 2] && typed[row - 2] === word[column - 1]) {
        errors = Math.min(errors, (beforeLast[column - 2] ?? 0) + 1)
      }
      current.push(errors)
    }
    beforeLast = last
    last = current
  }
  return { whole: last[word.length] ?? 0, beginning: Math.min(...last) }
}

/** Whether a word may have been meant: it, or a beginning of it, is near enough to what was typed. */
export function isNear(typed: string, word: string): boolean {
  const allowed = countAllowedErrors(typed.length)
  return mayBeNear(typed, word, allowed) && countErrors(typed, word).beginning <= allowed
}

// Of the first letters at least one stands about where it should. Most words fail that, and need not be compared.
function mayBeNear(typed: string, word: string, allowed: number): boolean {
  if (word.length < typed.length - allowed) return false
  for (let at = 0; at <= allowed; at++) {
    if (word.slice(0, at + allowed + 1).includes(typed.charAt(at))) return true
  }
  return false
}

/** From 0, nothing like it, to 1, the same. */
export type RateWord = (typed: TypedWord, word: string) => number

/** Rates words, each of them once: those of many people are the same. */
export function rateOnce(): RateWord {
  const known = new Map<TypedWord, Map<string, number>>()
  return (typed, word) => {
    const ofTyped = known.get(typed) ?? new Map<string, number>()
    known.set(typed, ofTyped)
    const rate = ofTyped.get(word) ?? rateWord(typed, word)
    ofTyped.set(word, rate)
    return rate
  }
}

/** How like a word is to what was typed. */
export function rateWord({ text, others }: TypedWord, word: string): number {
  const best = rateText(text, word)
  if (best === 1) return 1
  return others.reduce((rate, other) => Math.max(rate, 0.98 * rateText(other, word)), best)
}

function rateText(typed: string, word: string): number {
  if (typed === word) return 1
  const asBeginning = 0.7 + (0.25 * Math.min(typed.length, word.length)) / word.length
  if (word.startsWith(typed)) return asBeginning
  if (isUnspaced(word) && word.includes(typed)) return asBeginning - 0.05
  // In a number every digit counts.
  const allowed = /\p{Nd}/u.test(typed) ? 0 : countAllowedErrors(typed.length)
  if (allowed === 0 || !mayBeNear(typed, word, allowed)) return 0
  const { whole, beginning } = countErrors(typed, word)
  const rates = [
    whole > allowed ? 0 : 1 - whole / Math.max(typed.length, word.length),
    beginning > allowed ? 0 : asBeginning * (1 - beginning / typed.length),
  ]
  // The first letter is seldom mistyped.
  return Math.max(...rates) * (typed[0] === word[0] ? 0.95 : 0.9)
}

/**
 * How well what was typed fits a name of several words: each typed word with the word that it is most like, in any order. A name with
 * words besides fits a little less.
 */
export function rateWords(typed: readonly TypedWord[], name: readonly string[], rate: RateWord = rateWord): number {
  const { likeness, coverage, isOrdered } = matchWords(typed, name, rate)
  return Math.max(0, likeness * (0.85 + 0.15 * coverage) - (isOrdered ? 0 : 0.02))
}

interface Fit {
  /** The share of the typed letters that are found, by how like they are. */
  readonly likeness: number
  /** The share of the name's letters that are in matched words. */
  readonly coverage: number
  readonly isOrdered: boolean
}

interface Pair {
  readonly typed: number
  readonly name: number
  readonly rate: number
}

export function matchWords(typed: readonly TypedWord[], name: readonly string[], rate: RateWord): Fit {
  const pairs: Pair[] = []
  typed.forEach((one, place) => {
    name.forEach((word, at) => {
      const rated = rate(one, word)
      if (rated > 0) pairs.push({ typed: place, name: at, rate: rated })
    })
  })
  pairs.sort((a, b) => b.rate - a.rate)
  const places = new Map<number, number>()
  const taken = new Set<number>()
  let [found, covered] = [0, 0]
  for (const pair of pairs) {
    if (places.has(pair.typed) || taken.has(pair.name)) continue
    places.set(pair.typed, pair.name)
    taken.add(pair.name)
    found += pair.rate * (typed[pair.typed]?.text.length ?? 0)
    covered += name[pair.name]?.length ?? 0
  }
  const order = typed.flatMap((_, place) => places.get(place) ?? [])
  return {
    likeness: found / (countLetters(typed.map(({ text }) => text)) || 1),
    coverage: covered / (countLetters(name) || 1),
    isOrdered: order.every((at, place) => place === 0 || at > (order[place - 1] ?? 0)),
  }
}

function countLetters(words: readonly string[]): number {
  return words.reduce((sum, word) => sum + word.length, 0)
}
