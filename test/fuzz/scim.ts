// SCIM as the fuzzer itself speaks it, to set up and to check.
import type { Body } from '../support/scim-client.ts'

export interface ScimReply {
  readonly status: number
  readonly text: string
  readonly body: Body
}

/** Sends to `baseUrl` with a token; nothing is checked. */
export class Scim {
  readonly #baseUrl: string
  readonly #token: string

  constructor(baseUrl: string, token: string) {
    this.#baseUrl = baseUrl
    this.#token = token
  }

  async send(method: string, path: string, body?: unknown): Promise<ScimReply> {
    const headers = { Authorization: `Bearer ${this.#token}`, 'Content-Type': 'application/scim+json' }
    const response = await fetch(`${this.#baseUrl}${path}`, {
      method,
      headers,
      signal: AbortSignal.timeout(30_000),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, text, body: text === '' ? {} : (JSON.parse(text) as Body) }
  }

  /** Sends and returns the body; throws where the status is another one. */
  async expect(status: number, method: string, path: string, body?: unknown): Promise<Body> {
    const reply = await this.send(method, path, body)
    if (reply.status !== status)
      throw new Error(`${method} ${path} answered ${reply.status}: ${reply.text.slice(0, 500)}`)
    return reply.body
  }

  /** Every resource of an endpoint, page by page. */
  async listAll(endpoint: string): Promise<Body[]> {
    const all: Body[] = []
    for (;;) {
      const page = await this.expect(200, 'GET', `${endpoint}?startIndex=${all.length + 1}&count=200`)
      const resources = page['Resources'] as Body[]
      all.push(...resources)
      if (resources.length > 0) continue
      if (all.length === page['totalResults']) return all
      throw new Error(`${endpoint} has ${all.length} resources and says that it has ${page['totalResults']}`)
    }
  }
}

/** Does the work for every item, eight at a time. */
export async function forEach<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items]
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: 8 }, worker))
}
