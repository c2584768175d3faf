/** The time that the tests' server believes in: it runs, and a test may push it forward. */
export class TestClock {
  #aheadMs = 0

  readonly now = (): Date => new Date(Date.now() + this.#aheadMs)

  advance(milliseconds: number): void {
    this.#aheadMs += milliseconds
  }
}
