// How many attempts begin in a second.

/** Hands out turns: evenly, and a tenth of a second's worth at once at most. */
export class Pace {
  #perSecond: number
  #turns = 1
  #countedAt = performance.now()

  constructor(perSecond: number) {
    this.#perSecond = perSecond
  }

  /** From now on so many. */
  change(perSecond: number): void {
    this.#count()
    this.#perSecond = perSecond
  }

  /** Takes a turn, where there is one. */
  take(): boolean {
    this.#count()
    if (this.#turns < 1) return false
    this.#turns -= 1
    return true
  }

  /** How long until there is a turn, in milliseconds. */
  get waitMs(): number {
    this.#count()
    return Math.max(0, ((1 - this.#turns) / this.#perSecond) * 1000)
  }

  #count(): void {
    const now = performance.now()
    const most = Math.max(1, this.#perSecond / 10)
    this.#turns = Math.min(most, this.#turns + ((now - this.#countedAt) / 1000) * this.#perSecond)
    this.#countedAt = now
  }
}
