// What the fuzzer draws from. Each request has a stream of its own, so that one can be made again without those before it.
import { createRandom, drawInteger, pickOne, type Random } from '../../server/sample/random.ts'

export class Chance {
  readonly #random: Random

  constructor(seed: number, number: number) {
    this.#random = createRandom(seed, number)
  }

  /** True with this probability. */
  is(probability: number): boolean {
    return this.#random() < probability
  }

  /** From `from` to `to`, both included. */
  integer(from: number, to: number): number {
    return drawInteger(this.#random, from, to)
  }

  pick<T>(choices: readonly T[]): T {
    return pickOne(this.#random, choices)
  }

  /** One of the choices, each `[weight, choice]`. */
  weigh<T>(choices: readonly (readonly [number, T])[]): T {
    let left = this.#random() * choices.reduce((sum, [weight]) => sum + weight, 0)
    for (const [weight, choice] of choices) {
      left -= weight
      if (left < 0) return choice
    }
    return this.pick(choices)[1]
  }

  /** Changes the value as many times as is drawn of `[weight, times]`. */
  change<T>(value: T, times: readonly (readonly [number, number])[], change: (value: T) => T): T {
    return Array.from({ length: this.weigh(times) }).reduce<T>((changed) => change(changed), value)
  }

  /** Some of the choices, in their order. */
  some<T>(choices: readonly T[], probability = 0.5): T[] {
    return choices.filter(() => this.is(probability))
  }

  list<T>(from: number, to: number, make: () => T): T[] {
    return Array.from({ length: this.integer(from, to) }, make)
  }

  /** Mostly small, and now and then as large as `to`. */
  size(to: number): number {
    return Math.floor(to ** this.#random())
  }
}
