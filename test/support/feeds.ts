// Feeds as receivers see them: over real HTTPS, tokens verified against the keys that the application publishes.
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { readConfig } from '../../server/config.ts'
import { createEventServices } from '../../server/event-services.ts'
import { createFeedChannel } from '../../server/events/feeds/channel.ts'
import { createFeed, type FeedDraft } from '../../server/events/feeds/feeds.ts'
import type { EventServices } from '../../server/events/services.ts'
import { createOutgoing } from '../../server/ops/outgoing.ts'
import { declareResourceTypes } from '../../server/scim/declarations.ts'
import { OrganizationSchemas } from '../../server/scim/organization-schema.ts'
import type { ResourceTypeDefinition } from '../../server/scim/schema.ts'
import { clock, createTenant, getApp, type Tenant } from './app.ts'
import { type Certificate, createCertificate } from './certificate.ts'
import { startTestEngine } from './events.ts'
import { testDatabase } from './postgres.ts'
import type { Body, Reply, ScimClient } from './scim-client.ts'

/** The payload of a verified token, and its `jti` beside it. */
export interface Received {
  readonly jti: string
  readonly claims: Body
}

export interface FeedWorld {
  readonly tenant: Tenant
  readonly services: EventServices
  /** Signs in with a token of the organization with the scope `events`. */
  readonly application: ScimClient
  /** Makes a feed; it is polled, and full, unless the draft says otherwise. */
  addFeed(draft?: Partial<FeedDraft>): Promise<string>
  /** Lets all that is due happen. */
  settle(): Promise<void>
  /** Lets all that is due happen, and fetches, verifies and acknowledges all that a feed has. */
  drain(feedId: string): Promise<Received[]>
}

export const audience = 'https://receiver.example'

export interface FeedWorldParts {
  /** The authority that is trusted beside the usual ones; what is pushed may go to loopback. */
  readonly ca?: string
  readonly types?: readonly ResourceTypeDefinition[]
  /** A new one unless it is given. */
  readonly tenant?: Tenant
}

/** An organization with feeds. */
export async function createFeedWorld(parts: FeedWorldParts = {}): Promise<FeedWorld> {
  const { ca, types = declareResourceTypes(), tenant = await createTenant() } = parts
  const services = createServices(ca, types)
  const engine = startTestEngine(tenant, { feed: createFeedChannel(services) }, [...types])
  const application = await tenant.addApplication(['events'])
  const { organizationId } = tenant
  let feeds = 0
  return {
    tenant,
    services,
    application,
    settle: () => engine.settle(),
    addFeed: (draft = {}) =>
      createFeed(
        testDatabase(),
        services,
        organizationId,
        { ...usual, name: `Feed ${feeds++}`, ...draft },
        clock.now(),
      ),
    drain: async (feedId) => {
      await engine.settle()
      const keys = await readKeys()
      const received: Received[] = []
      for (let ack: string[] = []; ;) {
        const { sets } = expectPolled(await poll(application, feedId, { returnImmediately: true, ack }))
        ack = Object.keys(sets)
        if (ack.length === 0) return received
        for (const [jti, token] of Object.entries(sets)) received.push({ jti, claims: await verify(token, keys) })
        await engine.settle()
      }
    },
  }
}

const usual: FeedDraft = {
  name: 'Feed',
  audience,
  method: 'poll',
  mode: 'full',
  url: null,
  tokenId: null,
  authorizationHeader: null,
  types: ['*'],
  condition: null,
  enabled: true,
}

function createServices(ca: string | undefined, types: readonly ResourceTypeDefinition[]): EventServices {
  const config = readConfig({})
  const schemas = new OrganizationSchemas(testDatabase(), types)
  const services = createEventServices({ config, db: testDatabase(), now: clock.now, schemas })
  return { ...services, outgoing: createOutgoing({ allow: '127.0.0.0/8', ...(ca !== undefined && { ca }) }) }
}

export function poll(client: ScimClient, feedId: string, body: unknown): Promise<Reply> {
  return client.send('post', `//v1/feeds/${feedId}/poll`, body, { 'Content-Type': 'application/json' })
}

export interface Polled {
  readonly sets: Readonly<Record<string, string>>
  readonly moreAvailable: boolean
}

export function expectPolled({ status, headers, body, text }: Reply): Polled {
  expect(status, text).to.equal(200)
  expect(headers['content-type']).to.match(/^application\/json\b/)
  expect(body).to.have.all.keys('sets', 'moreAvailable')
  return body as unknown as Polled
}

/** What is published at /.well-known/jwks.json. */
export async function readKeys(): Promise<JSONWebKeySet> {
  const { origin } = await getApp()
  const response = await fetch(`${origin}/.well-known/jwks.json`)
  return (await response.json()) as JSONWebKeySet
}

/** The claims of a token, whose header, signature, issuer and audience are as they must be. */
export async function verify(token: string, keys?: JSONWebKeySet): Promise<Body> {
  const keySet = createLocalJWKSet(keys ?? (await readKeys()))
  const { payload } = await jwtVerify(token, keySet, {
    issuer: 'http://localhost:3000',
    audience,
    typ: 'secevent+jwt',
    algorithms: ['ES256'],
    currentDate: clock.now(),
  })
  return payload
}

export interface PushedRequest {
  readonly method: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: string
}

export interface PushAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface PushReceiver {
  readonly url: string
  readonly certificate: Certificate
  readonly requests: readonly PushedRequest[]
  /** What the next requests are answered with, in turn; then 202. */
  answerWith(...answers: readonly PushAnswer[]): void
  close(): void
}

/** A receiver of tokens (RFC 8935) with a certificate of its own. */
export async function startPushReceiver(): Promise<PushReceiver> {
  const certificate = createCertificate()
  const requests: PushedRequest[] = []
  const answers: PushAnswer[] = []
  const server: Server = createServer(certificate, (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', headers } = request
      requests.push({ method, headers, body: Buffer.concat(chunks).toString('utf8') })
      const { status, headers: own, body } = answers.shift() ?? { status: 202 }
      response.writeHead(status, { ...own }).end(body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/events`,
    certificate,
    requests,
    answerWith: (...next) => answers.push(...next),
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
