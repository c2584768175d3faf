// Speaks to the management API; every answer is held against /openapi.json.
import { checkAnswer } from './answers.ts'
import { getApp, operatorToken, type Tenant } from './app.ts'
import type { Body, Reply, ScimClient } from './scim-client.ts'

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'

export class AdminClient {
  readonly #scim: ScimClient
  readonly #token: string
  readonly #base: string

  /** Speaks of the tenant's organization; as the operator, unless another token is given. */
  constructor(tenant: Tenant, token = operatorToken) {
    this.#scim = tenant.scim
    this.#token = token
    this.#base = `/organizations/${tenant.organizationId}`
  }

  /** `path` is below /v1/organizations/{id}, or below /v1 with a leading `//`. A string body is sent as it is. */
  async send(method: Method, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Reply> {
    const target = `/v1${path.startsWith('//') ? path.slice(1) : `${this.#base}${path}`}`
    const own = { Authorization: `Bearer ${this.#token}`, 'Content-Type': 'application/json', ...headers }
    const reply = await this.#scim.send(method, `/${target}`, body, own)
    await checkAnswer(method, target, reply)
    return reply
  }

  get(path: string): Promise<Reply> {
    return this.send('get', path)
  }

  post(path: string, body?: unknown): Promise<Reply> {
    return this.send('post', path, body)
  }

  put(path: string, body?: unknown): Promise<Reply> {
    return this.send('put', path, body)
  }

  patch(path: string, body?: unknown): Promise<Reply> {
    return this.send('patch', path, body)
  }

  delete(path: string): Promise<Reply> {
    return this.send('delete', path)
  }

  /** The request log, newest first, with all that was asked until now. */
  async readRequests(): Promise<Body[]> {
    const { app } = await getApp()
    await app.requestLog.flush()
    return (await this.get('/requests')).body['data'] as Body[]
  }
}
