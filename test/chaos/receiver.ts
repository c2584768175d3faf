// The receiver's process, as who starts and kills it sees it.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { FromReceiver, Reception } from './receiver-process.ts'

const script = path.resolve(import.meta.dirname, 'receiver-process.ts')

export class ChaosReceiver {
  readonly #file: string
  readonly #refusal: number
  #child: ChildProcess | undefined
  #port = 0
  #known = 0
  #waiting: { readonly count: number; readonly resolve: () => void }[] = []

  /** `file` is where it writes what it gets; `refusal` is how probable it is that it answers 503 to an event that it does not know. */
  constructor(file: string, refusal: number) {
    this.#file = file
    this.#refusal = refusal
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/`
  }

  /** On the port that it had, once it has one. */
  async start(): Promise<void> {
    const child = fork(script, [this.#file, String(this.#port), String(this.#refusal)])
    this.#child = child
    child.on('message', ({ port, known }: FromReceiver) => {
      this.#port = port
      this.#known = known
      for (const { resolve } of this.#waiting.filter(({ count }) => count <= known)) resolve()
      this.#waiting = this.#waiting.filter(({ count }) => count > known)
    })
    await once(child, 'message')
  }

  /** Until it knows so many different events. */
  async knows(count: number): Promise<void> {
    if (this.#known >= count) return
    await new Promise<void>((resolve) => this.#waiting.push({ count, resolve }))
  }

  async kill(): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const closed = once(child, 'close')
    child.kill('SIGKILL')
    await closed
  }

  /** In the order in which they came; one that was being written when it was killed is left out. */
  list(): Reception[] {
    return readFileSync(this.#file, 'utf8')
      .split('\n')
      .flatMap((line) => {
        try {
          return [JSON.parse(line) as Reception]
        } catch {
          return []
        }
      })
  }
}
