/** A source of numbers from 0 (included) to 1 (excluded). */
export type Random = () => number

/** One number for each part of the sample that draws. */
export const streams = { blueprint: 0, structure: 1, people: 2, groups: 3, name: 4 } as const

/**
 * A mulberry32 generator. Each `stream` of one seed is a sequence of its own, so that what one part of the sample
 * draws never shifts what another part draws.
 */
export function createRandom(seed: number, stream: number): Random {
  let state = (Math.imul(seed | 0, 0x9e3779b1) ^ Math.imul(stream + 1, 0x85ebca6b)) | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

export function drawInteger(random: Random, from: number, to: number): number {
  return from + Math.floor(random() * (to - from + 1))
}

export function pickOne<T>(random: Random, choices: readonly T[]): T {
  // Every list drawn from is a non-empty constant, and random() stays below 1.
  return choices[Math.floor(random() * choices.length)] as T
}

/** Shares `total` out by weight, at least `minimum` each; the shares add up to `total` exactly. */
export function apportion(total: number, weights: readonly number[], minimum: number): number[] {
  const sum = weights.reduce((soFar, weight) => soFar + weight, 0)
  const spare = total - minimum * weights.length
  let weightSoFar = 0
  let givenSoFar = 0
  return weights.map((weight, position) => {
    weightSoFar += weight
    // The last share takes the rest: a rounded sum of fractions could lose somebody.
    const dueSoFar = position === weights.length - 1 ? spare : Math.floor((spare * weightSoFar) / sum)
    const share = dueSoFar - givenSoFar
    givenSoFar = dueSoFar
    return minimum + share
  })
}
