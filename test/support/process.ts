// Starts Rollcall as a process of its own, as `npm start` does, and watches what it prints.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { startEmbeddedPostgres } from '../../server/db/embedded/start.ts'

const main = path.resolve(import.meta.dirname, '../../server/main.ts')

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export class RollcallProcess {
  readonly child: ChildProcess
  /** Settles when the process is gone. */
  readonly exit: Promise<Exit>
  output = ''
  #waiting: (() => void)[] = []

  constructor(args: readonly string[], environment: Readonly<Record<string, string>>) {
    const inherited = { PATH: process.env['PATH'] ?? '' }
    this.child = spawn(process.execPath, [main, ...args], {
      env: { ...inherited, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.output += chunk.toString('utf8')
        this.#wake()
      })
    }
    this.exit = new Promise((resolve) => {
      this.child.once('close', (code, signal) => {
        resolve({ code, signal })
        this.#wake()
      })
    })
  }

  /** Waits until the output matches; fails where the process ends first. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.output)
      if (match !== null) return match
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        throw new Error(
          `Rollcall ended (${this.child.exitCode ?? this.child.signalCode}) before printing ${pattern}:\n${this.output}`,
        )
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  /** The base URL, once it serves. */
  async baseUrl(): Promise<string> {
    return (await this.until(/serves SCIM at\s+(http\S+)/))[1] ?? ''
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    this.child.kill(signal)
    return this.exit
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resume of waiting) resume()
  }
}

/** A DATA_DIR for one test, and the processes that use it; all of it goes away at the end. */
export class Installation {
  readonly dataDir: string
  readonly #processes: RollcallProcess[] = []

  private constructor(dataDir: string) {
    this.dataDir = dataDir
  }

  static async create(): Promise<Installation> {
    return new Installation(await mkdtemp(path.join(tmpdir(), 'rollcall-start-')))
  }

  run(args: readonly string[], environment: Readonly<Record<string, string>> = {}): RollcallProcess {
    const started = new RollcallProcess(args, { DATA_DIR: this.dataDir, PORT: '0', ...environment })
    this.#processes.push(started)
    return started
  }

  async serve(
    environment: Readonly<Record<string, string>> = {},
  ): Promise<{ process: RollcallProcess; baseUrl: string }> {
    const started = this.run(['serve'], environment)
    return { process: started, baseUrl: await started.baseUrl() }
  }

  async remove(): Promise<void> {
    for (const one of this.#processes) {
      if (one.child.exitCode === null && one.child.signalCode === null) await one.stop('SIGKILL')
    }
    // What was killed leaves its PostgreSQL behind: adopt it, to stop it.
    await (await startEmbeddedPostgres(this.dataDir)).stop()
    await this.forget()
  }

  /** Removes the folder of an installation that never started the embedded PostgreSQL. */
  async forget(): Promise<void> {
    await rm(this.dataDir, { recursive: true, force: true })
  }
}
