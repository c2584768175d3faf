// Starts a server as a process of its own, and watches its memory and its use of the processor.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'

export interface Memory {
  readonly peakMb: number
  readonly currentMb: number
}

/** Where a server is, as it says itself in one line of JSON. */
export interface Address {
  readonly port: number
  /** What precedes /Users. */
  readonly path: string
  readonly token: string
}

export class ServerProcess {
  readonly #child: ChildProcess
  #output = ''

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  /** Starts a script; `read` finds the address in a line of the output. Throws where the process ends first. */
  static async start(
    args: readonly string[],
    environment: Readonly<Record<string, string>>,
    read: (line: string) => Address | undefined = readAddress,
  ): Promise<{ process: ServerProcess; address: Address }> {
    const child = spawn(process.execPath, [...args], {
      env: { PATH: process.env['PATH'] ?? '', NODE_ENV: 'production', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const started = new ServerProcess(child)
    const address = new Promise<Address>((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr]) {
        createInterface({ input: stream }).on('line', (line) => {
          started.#output = `${started.#output}${line}\n`.slice(-4000)
          const found = read(line)
          if (found !== undefined) resolve(found)
        })
      }
      child.once('close', () => reject(new Error(`${args.join(' ')} ended:\n${started.#output}`)))
    })
    return { process: started, address: await address }
  }

  /** Peak and current resident memory; zero where the system does not tell. */
  async readMemory(): Promise<Memory> {
    const text = await readFile(`/proc/${this.#child.pid}/status`, 'utf8').catch(() => '')
    const read = (name: string): number => {
      return Math.round(Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(text)?.[1] ?? 0) / 1024)
    }
    return { peakMb: read('VmHWM'), currentMb: read('VmRSS') }
  }

  readCpuMs(): Promise<number> {
    return readCpuMs(this.#child.pid ?? 0)
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const closed = once(this.#child, 'close')
    this.#child.kill('SIGTERM')
    const forced = setTimeout(() => this.#child.kill('SIGKILL'), 10_000)
    await closed
    clearTimeout(forced)
  }
}

function readAddress(line: string): Address | undefined {
  return line.startsWith('{"port":') ? (JSON.parse(line) as Address) : undefined
}

// sysconf(_SC_CLK_TCK), which is 100 on every Linux that Node runs on.
const tickMs = 10

/** How long a process has had a processor, all its threads together; zero where the system does not tell. */
export async function readCpuMs(pid: number): Promise<number> {
  return sumTicks(await readStat(pid), 2)
}

/** The same of a process and all its children, living and dead. */
export async function readFamilyCpuMs(parent: number): Promise<number> {
  const pids = (await readdir('/proc').catch(() => [])).map(Number).filter((pid) => pid > 0)
  const stats = await Promise.all(pids.map(readStat))
  const children = stats.filter((fields) => Number(fields[1]) === parent)
  return sumTicks(await readStat(parent), 4) + children.reduce((sum, fields) => sum + sumTicks(fields, 2), 0)
}

// utime, stime, cutime and cstime (proc_pid_stat(5)), counted from behind the name of the program
function sumTicks(fields: readonly string[], count: 2 | 4): number {
  return fields.slice(11, 11 + count).reduce((sum, field) => sum + Number(field), 0) * tickMs
}

// The name of the program stands in brackets and may hold anything.
async function readStat(pid: number): Promise<string[]> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}
