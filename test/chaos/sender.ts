// Rollcall as a process that may be killed, over a database that stays, with one webhook endpoint and people who change.
import { setTimeout as wait } from 'node:timers/promises'
import { createSealer } from '../../server/auth/sealer.ts'
import { connect, type Database } from '../../server/db/connect.ts'
import { query } from '../../server/db/query.ts'
import { findOrganization } from '../../server/directory/directories.ts'
import { isOutboxEmpty } from '../../server/directory/outbox.ts'
import { changeSubscription, listSubscriptions } from '../../server/events/subscriptions.ts'
import { createWebhookEndpoint } from '../../server/events/webhooks/endpoints.ts'
import { createOutgoing } from '../../server/ops/outgoing.ts'
import { RollcallProcess } from '../support/process.ts'
import { patchSchema, userSchema } from '../support/scim-client.ts'
import { token } from '../support/started.ts'

const allow = '127.0.0.1'
const againAfterMs = 50

export class ChaosSender {
  readonly #url: string
  readonly #db: Database
  #process: RollcallProcess | undefined
  #baseUrl = ''

  constructor(url: string) {
    this.#url = url
    this.#db = connect({ url, poolSize: 2 })
  }

  /** What it has printed since it was started. */
  get output(): string {
    return this.#process?.output ?? ''
  }

  async start(): Promise<void> {
    const settings = { ROLLCALL_SCIM_TOKEN: token, OUTGOING_ALLOW: allow, RATE_LIMIT_PER_SECOND: '100000' }
    this.#process = new RollcallProcess(['serve'], { DATABASE_URL: this.#url, PORT: '0', ...settings })
    this.#baseUrl = await this.#process.baseUrl()
  }

  async stop(signal: NodeJS.Signals): Promise<void> {
    await this.#process?.stop(signal)
  }

  async close(): Promise<void> {
    await this.stop('SIGKILL')
    await this.#db.destroy()
  }

  /** Makes an endpoint that takes as much as one may. */
  async addEndpoint(url: string): Promise<void> {
    const now = new Date()
    const outgoing = createOutgoing({ allow })
    const organizationId = await this.#findOrganization()
    const services = { sealer: createSealer(this.#db, undefined, () => now), outgoing }
    const draft = {
      name: 'Chaos',
      types: ['user.*'],
      condition: null,
      enabled: true,
      url,
      concurrency: 32,
      maxPerSecond: 1000,
    }
    const compile = (): never => {
      throw new Error('there is no condition')
    }
    await createWebhookEndpoint(this.#db, { ...services, compile }, organizationId, draft, now)
    await outgoing.close()
  }

  async enable(enabled: boolean): Promise<void> {
    const organizationId = await this.#findOrganization()
    const [endpoint] = await listSubscriptions(this.#db, organizationId, 'webhook')
    await changeSubscription(this.#db, organizationId, 'webhook', endpoint?.id ?? '', { enabled }, new Date())
  }

  /** Until all that happened is in the log. */
  async numbered(): Promise<void> {
    while (!(await isOutboxEmpty(this.#db))) await wait(againAfterMs)
  }

  /** Creates a person; until somebody answers. Returns the id. */
  async create(userName: string): Promise<string> {
    const body = { schemas: [userSchema], userName }
    const { status, body: made } = await this.#send('POST', '/Users', body)
    if (status === 201) return made.id ?? ''
    // It was done, and who was to say so was killed.
    const filter = encodeURIComponent(`userName eq "${userName}"`)
    const { body: found } = await this.#send('GET', `/Users?filter=${filter}`)
    return found.Resources?.[0]?.id ?? ''
  }

  /** Changes a person; until somebody answers. Returns the version. */
  async change(id: string, value: string): Promise<number> {
    const body = { schemas: [patchSchema], Operations: [{ op: 'replace', path: 'nickName', value }] }
    const { body: changed } = await this.#send('PATCH', `/Users/${id}`, body)
    return Number(/\d+/.exec(changed.meta?.version ?? '')?.[0])
  }

  /** Until so many attempts in a row have failed. */
  async counts(failures: number): Promise<void> {
    const text = 'select 1 from subscriptions where org_id = $1 and failures >= $2'
    const organizationId = await this.#findOrganization()
    while ((await query(this.#db, text, [organizationId, failures])).length === 0) await wait(againAfterMs)
  }

  /** Until everything that happened is told. Returns the numbers of the events that the endpoint had to hear of. */
  async settled(): Promise<number[]> {
    const organizationId = await this.#findOrganization()
    for (;;) {
      const [state] = await query<{ is_told: boolean }>(
        this.#db,
        `select not exists (select from outbox) and s.taken_number = o.last_event
           and not exists (select from deliveries d where d.subscription_id = s.id and d.state = 'waiting') as is_told
         from subscriptions s join organizations o using (org_id) where s.org_id = $1`,
        [organizationId],
      )
      if (state?.is_told === true) break
      await wait(againAfterMs)
    }
    const text = `select number from events where org_id = $1 and type like 'user.%' order by number`
    const rows = await query<{ number: number }>(this.#db, text, [organizationId])
    return rows.map(({ number }) => number)
  }

  async #findOrganization(): Promise<string> {
    const id = await findOrganization(this.#db, 'default')
    if (id === undefined) throw new Error('there is no organization')
    return id
  }

  async #send(method: string, target: string, body?: unknown): Promise<{ status: number; body: Answer }> {
    for (;;) {
      try {
        const response = await fetch(`${this.#baseUrl}${target}`, {
          method,
          headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/scim+json' },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        })
        const answer = (await response.json()) as Answer
        if (response.status < 500) return { status: response.status, body: answer }
      } catch {
        // It was killed, and is started again.
      }
      await wait(againAfterMs)
    }
  }
}

interface Answer {
  readonly id?: string
  readonly meta?: { readonly version: string }
  readonly Resources?: readonly { readonly id: string }[]
}
