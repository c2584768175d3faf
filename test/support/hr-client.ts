// Speaks to the HR API; every answer is held against /openapi.json.
import { checkAnswer } from './answers.ts'
import type { Body, Reply, ScimClient } from './scim-client.ts'

type Query = Readonly<Record<string, string | number | boolean>>
type Method = 'get' | 'head' | 'post' | 'put' | 'patch' | 'delete' | 'options'

export class HrClient {
  readonly #scim: ScimClient

  /** As an application, with the token of `scim`. */
  constructor(scim: ScimClient) {
    this.#scim = scim
  }

  /** `path` is below /v1/hr, and may have a query. A string body is sent as it is. */
  async send(method: Method, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Reply> {
    const target = `/v1/hr${path}`
    const reply = await this.#scim.send(method, `/${target}`, body, { 'Content-Type': 'application/json', ...headers })
    if (method !== 'options') await checkAnswer(method, target, reply)
    return reply
  }

  get(path: string, query: Query = {}): Promise<Reply> {
    const parameters = new URLSearchParams()
    for (const [name, value] of Object.entries(query)) parameters.set(name, String(value))
    return this.send('get', parameters.size === 0 ? path : `${path}?${parameters.toString()}`)
  }

  post(path: string, body: unknown): Promise<Reply> {
    return this.send('post', path, body)
  }

  /** All that the pages of a list have, page by page. */
  async listPages(path: string, query: Query): Promise<Body[][]> {
    const pages: Body[][] = []
    for (let cursor: string | undefined; pages.length < 1000;) {
      const { body } = await this.get(path, cursor === undefined ? query : { ...query, cursor })
      pages.push(body['data'] as Body[])
      if (body['next_cursor'] === null) return pages
      cursor = String(body['next_cursor'])
    }
    throw new Error(`${path} has no end.`)
  }
}
