// Speaks SCIM over HTTP, as any client would; nothing is checked here.
import type supertest from 'supertest'

export const userSchema = 'urn:ietf:params:scim:schemas:core:2.0:User'
export const groupSchema = 'urn:ietf:params:scim:schemas:core:2.0:Group'
export const enterpriseSchema = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
export const rollcallSchema = 'urn:ietf:params:scim:schemas:extension:rollcall:2.0:User'
export const patchSchema = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'
export const listSchema = 'urn:ietf:params:scim:api:messages:2.0:ListResponse'
export const errorSchema = 'urn:ietf:params:scim:api:messages:2.0:Error'
export const searchSchema = 'urn:ietf:params:scim:api:messages:2.0:SearchRequest'

/** What a resource, a list or an error has; a test reads what it expects to be there. */
export interface Body {
  [name: string]: any // oxlint-disable-line typescript/no-explicit-any -- tests look into JSON of every shape
}

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Body
  readonly text: string
}

type Headers = Readonly<Record<string, string>>
type Method = 'get' | 'head' | 'post' | 'put' | 'patch' | 'delete' | 'options'

export class ScimClient {
  readonly token: string
  /** `http://127.0.0.1:port/scim/v2` */
  readonly baseUrl: string
  readonly #agent: ReturnType<typeof supertest>

  constructor(agent: ReturnType<typeof supertest>, origin: string, token: string) {
    this.#agent = agent
    this.baseUrl = `${origin}/scim/v2`
    this.token = token
  }

  /** `path` is below /scim/v2, or absolute with a leading `//`. A string body is sent as it is. */
  async send(method: Method, path: string, body?: unknown, headers: Headers = {}): Promise<Reply> {
    const target = path.startsWith('//') ? path.slice(1) : `/scim/v2${path}`
    const agent = this.#agent
    const request = agent[method](target)
      .set({ Authorization: `Bearer ${this.token}`, 'Content-Type': 'application/scim+json', ...headers })
      .buffer(true)
      .parse((response, done) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => done(null, Buffer.concat(chunks).toString('utf8')))
      })
    const response = await (body === undefined
      ? request
      : request.send(typeof body === 'string' ? body : JSON.stringify(body)))
    const text = typeof response.body === 'string' ? response.body : ''
    const isJson = /json/.test(response.headers['content-type'] ?? '') && text !== ''
    return {
      status: response.status,
      headers: response.headers,
      body: isJson ? (JSON.parse(text) as Body) : {},
      text,
    }
  }

  /** The same server, spoken to with another token. */
  withToken(token: string): ScimClient {
    return new ScimClient(this.#agent, this.baseUrl.slice(0, -'/scim/v2'.length), token)
  }

  get(path: string, headers?: Headers): Promise<Reply> {
    return this.send('get', path, undefined, headers)
  }

  post(path: string, body: unknown, headers?: Headers): Promise<Reply> {
    return this.send('post', path, body, headers)
  }

  put(path: string, body: unknown, headers?: Headers): Promise<Reply> {
    return this.send('put', path, body, headers)
  }

  delete(path: string, headers?: Headers): Promise<Reply> {
    return this.send('delete', path, undefined, headers)
  }

  /** Sends the operations in a PatchOp. */
  patch(path: string, operations: readonly unknown[], headers?: Headers): Promise<Reply> {
    return this.send('patch', path, { schemas: [patchSchema], Operations: operations }, headers)
  }

  /** Lists `/Users` or `/Groups` by a filter. */
  filter(endpoint: string, filter: string, rest = ''): Promise<Reply> {
    return this.get(`${endpoint}?filter=${encodeURIComponent(filter)}${rest}`)
  }

  /** Creates a user and returns it; the test fails where that does. */
  async createUser(userName: string, attributes: Body = {}): Promise<Body> {
    return this.#create('/Users', { schemas: [userSchema], userName, ...attributes })
  }

  /** Creates a group with members given by id, and returns it. */
  async createGroup(displayName: string, memberIds: readonly string[] = [], attributes: Body = {}): Promise<Body> {
    const members = memberIds.map((value) => ({ value }))
    return this.#create('/Groups', { schemas: [groupSchema], displayName, members, ...attributes })
  }

  async #create(path: string, resource: Body): Promise<Body> {
    const reply = await this.post(path, resource)
    if (reply.status !== 201) throw new Error(`POST ${path} answered ${reply.status}: ${reply.text}`)
    return reply.body
  }
}
