// An organization of the measured installation, spoken to over HTTP: its directory, its runs, and reads of its people.
import { runRound } from '../driver.ts'
import { percentile } from '../results.ts'
import type { Address } from '../servers/process.ts'

/** What a run says of itself. */
export interface MeasuredRun {
  readonly id: string
  readonly status: string
  /** From when it was taken up until it had ended. */
  readonly seconds: number
  readonly stats: Readonly<Record<string, number>>
}

interface RunBody {
  readonly id: string
  readonly status: string
  readonly startedAt: string
  readonly completedAt: string
  readonly stats: Record<string, number>
  readonly failure: unknown
}

export class Company {
  readonly #address: Address
  readonly #id: string
  #directoryId = ''
  #token = ''

  private constructor(address: Address, id: string) {
    this.#address = address
    this.#id = id
  }

  /** A new organization with a directory of the source that answers at once. */
  static async create(address: Address, name: string): Promise<Company> {
    const { id } = await call<{ id: string }>(address, 'POST', '/organizations', { name })
    const company = new Company(address, id)
    const directory = { kind: 'pull', provider: 'instant', name: 'Instant', connection: {} }
    company.#directoryId = (await company.#call<{ id: string }>('POST', '/directories', directory)).id
    const token = { name: 'Reader', scopes: ['read'] }
    company.#token = (await company.#call<{ secret: string }>('POST', '/tokens', token)).secret
    return company
  }

  /** Asks for a full run. */
  async request(): Promise<string> {
    const { id } = await this.#call<RunBody>('POST', `/directories/${this.#directoryId}/runs`, { type: 'full' })
    return id
  }

  async isUnderWay(id: string): Promise<boolean> {
    const { status } = await this.#call<RunBody>('GET', `/runs/${id}`)
    return status === 'queued' || status === 'running'
  }

  /** Waits for the end of a run. Throws where it is not completed. */
  async finish(id: string): Promise<MeasuredRun> {
    while (await this.isUnderWay(id)) await pause(200)
    const { startedAt, completedAt, ...run } = await this.#call<RunBody>('GET', `/runs/${id}`)
    if (run.status !== 'completed') throw new Error(`the run is ${run.status}: ${JSON.stringify(run.failure)}`)
    return { ...run, seconds: (Date.parse(completedAt) - Date.parse(startedAt)) / 1000 }
  }

  /** Milliseconds of each read of one of so many people, one after the other for `seconds`. */
  async read(ids: readonly string[], seconds: number): Promise<readonly number[]> {
    let at = 0
    const { port, path } = this.#address
    const { rows, wrong } = await runRound(port, 1, seconds, () => {
      const target = `${path}/Users/${ids[(at++ * 7919) % ids.length] ?? ''}`
      const text = `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${this.#token}\r\n\r\n`
      const check = ({ status }: { status: number }): string | undefined =>
        status === 200 ? undefined : `answered ${status}`
      return { row: 'get', request: Buffer.from(text), check }
    })
    if (wrong !== undefined) throw new Error(wrong)
    return rows.get('get')?.times ?? []
  }

  /** Ids of a thousand of its people. */
  async listIds(): Promise<string[]> {
    const { port, path } = this.#address
    const url = `http://127.0.0.1:${port}${path}/Users?attributes=id&count=1000`
    const answer = await fetch(url, { headers: { Authorization: `Bearer ${this.#token}` } })
    return ((await answer.json()) as { Resources: { id: string }[] }).Resources.map(({ id }) => id)
  }

  #call<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    return call(this.#address, method, `/organizations/${this.#id}${path}`, body)
  }
}

/** The median of what a reader waits, in milliseconds. */
export function medianOf(times: readonly number[]): number {
  return percentile(times, 0.5)
}

async function call<Answer>({ port, token }: Address, method: string, path: string, body?: unknown): Promise<Answer> {
  const answer = await fetch(`http://127.0.0.1:${port}/v1${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`)
  return JSON.parse(text) as Answer
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
