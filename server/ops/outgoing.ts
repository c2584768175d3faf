// Requests to where others say: over TLS, not to private addresses, without redirects, with an end. What a name leads to is looked up
// where the connection is made, and the connection goes to what was checked: a name that changes its address in between gains nothing.
import type { LookupAddress } from 'node:dns'
import { lookup as lookupName } from 'node:dns/promises'
import { isIP, type LookupFunction } from 'node:net'
import { getCACertificates } from 'node:tls'
import { callbackify } from 'node:util'
import { Agent, buildConnector, type Dispatcher } from 'undici'
import { AppError } from '../errors.ts'
import { explainFault } from './outgoing-faults.ts'
import { type OutgoingRules, readOutgoingRules } from './outgoing-rules.ts'

export interface OutgoingRequest {
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** All of it, in milliseconds; 15 seconds where it is left out. */
  readonly timeoutMs?: number
  /** TLS even where OUTGOING_ALLOW would do without. */
  readonly requiresTls?: boolean
  /** The most bytes of an answer that is wanted whole: a longer one is an error. Without it the first 64 kB are kept. */
  readonly maxAnswerBytes?: number
  /** Ends the request; `send` then throws its reason. */
  readonly signal?: AbortSignal
}

export interface OutgoingAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** The first 64 kB, or all of it where `maxAnswerBytes` says how much that may be. */
  readonly body: string
}

export interface OutgoingOptions {
  /** As OUTGOING_ALLOW. */
  readonly allow?: string
  /** Certificate authorities to trust beside the usual ones, as PEM (for tests; operators have NODE_EXTRA_CA_CERTS). */
  readonly ca?: string
  /** What knows the addresses of names; without it the system. */
  readonly lookup?: Lookup
}

/** All addresses of a name. */
export type Lookup = (hostname: string) => Promise<readonly LookupAddress[]>

export interface Outgoing {
  /** Throws OutgoingError, which says in words what kept it from an answer. A redirect is an answer. */
  send(request: OutgoingRequest): Promise<OutgoingAnswer>
  /** Throws invalid_value for a URL that nothing would be sent to, as far as that can be said without looking up its name. */
  check(url: string, options?: { readonly requiresTls?: boolean }): void
  /** An address of a host that may be connected to over TLS, for what is no HTTP. Throws OutgoingError. */
  resolve(host: string): Promise<string>
  close(): Promise<void>
}

/** `refused`: nothing is sent there; `too_long`: the answer is; `failed`: anything else, which may be different the next time. */
export type OutgoingFault = 'refused' | 'too_long' | 'failed'

export class OutgoingError extends Error {
  readonly fault: OutgoingFault

  constructor(fault: OutgoingFault, message: string) {
    super(message)
    this.fault = fault
  }
}

const usualTimeoutMs = 15_000
const keptBytes = 65_536
/** Of a URL that is stored, and of one that is sent to, for that may have a long query. */
const maxUrlLength = 2000
const maxSentUrlLength = 8000

/** Throws config_invalid where `allow` is not a list of hosts and networks. */
export function createOutgoing(options: OutgoingOptions): Outgoing {
  const rules = readOutgoingRules(options.allow)
  const find = share(options.lookup ?? ((hostname) => lookupName(hostname, { all: true })))
  const agent = new Agent({
    connect: createConnector(rules, find, options),
    keepAliveTimeout: 4000,
    keepAliveMaxTimeout: 30_000,
    // A name that has moved is found again.
    maxRequestsPerClient: 1000,
    allowH2: false,
  })
  return {
    send: async (request) => {
      const { requiresTls = false, timeoutMs = usualTimeoutMs } = request
      request.signal?.throwIfAborted()
      const fault = findFault(rules, request.url, requiresTls, maxSentUrlLength)
      if (fault !== undefined) throw new OutgoingError('refused', fault)
      const url = new URL(request.url)
      try {
        const timeout = AbortSignal.timeout(timeoutMs)
        const signal = request.signal === undefined ? timeout : AbortSignal.any([request.signal, timeout])
        return await orAborted(signal, send(agent, url, request, signal))
      } catch (error) {
        request.signal?.throwIfAborted()
        if (error instanceof OutgoingError) throw error
        throw new OutgoingError('failed', explainFault(error, url.host, timeoutMs))
      }
    },
    check: (url, { requiresTls = false } = {}) => {
      const fault = findFault(rules, url, requiresTls, maxUrlLength)
      if (fault !== undefined) throw new AppError('invalid_value', fault, { data: { param: 'url' } })
    },
    resolve: async (host) => {
      const addresses = isIP(host) === 0 ? await findAddresses(find, host) : [{ address: host }]
      const isRefused = !rules.isAllowedHost(host) && addresses.some(({ address }) => !isReachable(rules, address))
      if (isRefused) throw new OutgoingError('refused', explainRefusal(host))
      const [first] = addresses
      if (first === undefined) throw new OutgoingError('failed', `${host} is no name that can be found.`)
      return first.address
    },
    close: () => agent.destroy(),
  }
}

// undici looks at the signal only once there is a connection; then it sends nothing more. The signal must not hold on to the answer, which
// may be long, until its time is over.
async function orAborted<Result>(signal: AbortSignal, result: Promise<Result>): Promise<Result> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(signal.reason as Error)
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  try {
    return await Promise.race([result, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

async function send(
  agent: Agent,
  url: URL,
  { method, headers, body, maxAnswerBytes }: OutgoingRequest,
  signal: AbortSignal,
): Promise<OutgoingAnswer> {
  const answer = await agent.request({
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    method,
    headers: { 'user-agent': 'Rollcall', ...headers },
    ...(body !== undefined && { body }),
    signal,
  })
  const text = maxAnswerBytes === undefined ? readStart(answer.body) : readWhole(answer.body, url.host, maxAnswerBytes)
  return { status: answer.statusCode, headers: readHeaders(answer), body: await text }
}

function readHeaders({ headers }: Dispatcher.ResponseData): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]))
}

// Leaving the loop early ends the connection: nobody has to read what does not end.
async function readStart(body: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of body) {
    if (!Buffer.isBuffer(chunk)) continue
    chunks.push(chunk)
    length += chunk.length
    if (length >= keptBytes) break
  }
  return Buffer.concat(chunks).subarray(0, keptBytes).toString('utf8')
}

async function readWhole(body: AsyncIterable<unknown>, host: string, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of body) {
    if (!Buffer.isBuffer(chunk)) continue
    chunks.push(chunk)
    length += chunk.length
    if (length > maxBytes) throw new OutgoingError('too_long', `${host} answers with more than ${maxBytes} bytes.`)
  }
  return Buffer.concat(chunks, length).toString('utf8')
}

// What is wrong with a URL, as a sentence.
function findFault(rules: OutgoingRules, text: string, requiresTls: boolean, maxLength: number): string | undefined {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol) || text.length > maxLength) {
    return `url must be an https URL with at most ${maxLength} characters.`
  }
  if (url.username !== '' || url.password !== '') return 'url must have no user name and no password in it.'
  const host = readHost(url.hostname)
  const isAllowed = isIP(host) === 0 ? rules.isAllowedHost(host) : rules.isAllowedAddress(host)
  if (url.protocol === 'http:' && requiresTls) return 'url must begin with https.'
  if (isAllowed) return undefined
  const leadsHome = /(^|\.)localhost\.?$/.test(host)
  if (isIP(host) === 0 ? leadsHome && !isAllowedHome(rules) : !rules.isPublicAddress(host)) return explainRefusal(host)
  // What a name leads to may be allowed; that is seen when it is looked up.
  if (url.protocol === 'http:' && (isIP(host) !== 0 || !rules.hasNetworks)) return explainPlain(host)
  return undefined
}

async function findAddresses(find: Lookup, host: string): Promise<readonly LookupAddress[]> {
  try {
    return await find(host)
  } catch (error) {
    throw new OutgoingError('failed', explainFault(error, host, usualTimeoutMs))
  }
}

function isReachable(rules: OutgoingRules, address: string): boolean {
  return rules.isAllowedAddress(address) || rules.isPublicAddress(address)
}

function isAllowedHome(rules: OutgoingRules): boolean {
  return rules.isAllowedAddress('127.0.0.1') || rules.isAllowedAddress('::1')
}

function readHost(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1')
}

function explainRefusal(host: string): string {
  return `${host} is at an address that is not public. The operator can allow it with OUTGOING_ALLOW.`
}

function explainPlain(host: string): string {
  return `${host} must be called with https. The operator can allow it with OUTGOING_ALLOW.`
}

function createConnector(rules: OutgoingRules, find: Lookup, { ca }: OutgoingOptions): buildConnector.connector {
  const connectWith = (isRefused: (address: string) => boolean, explain: (host: string) => string) =>
    buildConnector({
      allowH2: false,
      timeout: usualTimeoutMs,
      ...(ca !== undefined && { ca: [...getCACertificates('default'), ca] }),
      lookup: createLookup(find, (host, address) => {
        if (!rules.isAllowedHost(host) && isRefused(address)) throw new OutgoingError('refused', explain(host))
      }),
    })
  const secure = connectWith((address) => !isReachable(rules, address), explainRefusal)
  const plain = connectWith((address) => !rules.isAllowedAddress(address), explainPlain)
  return (target, callback) => (target.protocol === 'https:' ? secure : plain)(target, callback)
}

// Looking up takes one of a few threads: requests that ask for the same name at the same time share one.
function share(lookup: Lookup): Lookup {
  const asked = new Map<string, Promise<readonly LookupAddress[]>>()
  return (hostname) => {
    const known = asked.get(hostname)
    if (known !== undefined) return known
    const found = lookup(hostname).finally(() => asked.delete(hostname))
    asked.set(hostname, found)
    return found
  }
}

// One address that is refused refuses the name.
function createLookup(find: Lookup, check: (host: string, address: string) => void): LookupFunction {
  const findChecked = callbackify(async (hostname: string) => {
    const addresses = await find(hostname)
    for (const { address } of addresses) check(hostname, address)
    return addresses
  })
  return (hostname, { all = false }, callback) =>
    findChecked(hostname, (error, addresses) => {
      const first = addresses?.[0]
      if (error !== null) callback(error, '')
      else if (first === undefined) callback(Object.assign(new Error('no address'), { code: 'ENOTFOUND' }), '')
      else if (all) callback(null, [...addresses])
      else callback(null, first.address, first.family)
    })
}
