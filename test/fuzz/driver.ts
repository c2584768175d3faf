// Sends the requests over several connections at once, judges every answer, and checks what must hold between them.
import { inspect } from 'node:util'
import { type FuzzRequest, makeRequest } from './bytes.ts'
import { Connection, type Outcome } from './connection.ts'
import { checkInvariants, sweep } from './invariants.ts'
import { judge } from './oracle.ts'
import type { World } from './world.ts'

const connections = 8
const refreshEvery = 500
const maxPerKind = 3

export interface Complaint {
  readonly sentence: string
  /** undefined where it is of no one request. */
  readonly request: FuzzRequest | undefined
}

export interface Report {
  /** A few of each kind. */
  readonly complaints: readonly Complaint[]
  /** How often each kind was found. */
  readonly kinds: ReadonlyMap<string, number>
  readonly statuses: ReadonlyMap<number, number>
  readonly slowest: readonly { readonly number: number; readonly milliseconds: number }[]
}

export interface Run {
  readonly seed: number
  readonly from: number
  readonly count: number
  /** After how many requests the invariants are checked; they are at the end in any case. */
  readonly checkEvery: number
  readonly onOutcome?: (outcome: Outcome) => void
  readonly onChecked?: (sent: number) => void | Promise<void>
}

/** Sends `count` requests, the first of them number `from`; ends early where the server cannot be asked how it is. */
export async function fuzz(world: World, run: Run): Promise<Report> {
  const driver = new Driver(world, run)
  const end = run.from + run.count
  for (let from = run.from; from < end; from += run.checkEvery) {
    const next = Math.min(end, from + run.checkEvery)
    try {
      await driver.send(from, next)
      await driver.check()
    } catch (error) {
      driver.complain(`until request ${next} the server got into such a state: ${inspect(error)}`, undefined)
      break
    }
    await run.onChecked?.(next - run.from)
  }
  return driver.report
}

class Driver {
  readonly #world: World
  readonly #run: Run
  readonly #complaints: Complaint[] = []
  readonly #kinds = new Map<string, number>()
  readonly #statuses = new Map<number, number>()
  #slowest: { number: number; milliseconds: number }[] = []

  constructor(world: World, run: Run) {
    this.#world = world
    this.#run = run
  }

  get report(): Report {
    return { complaints: this.#complaints, kinds: this.#kinds, statuses: this.#statuses, slowest: this.#slowest }
  }

  async send(from: number, end: number): Promise<void> {
    for (let at = from; at < end; at += refreshEvery) {
      await this.#sendAll(at, Math.min(end, at + refreshEvery))
      await this.#world.refresh()
    }
  }

  async check(): Promise<void> {
    for (const sentence of await checkInvariants(this.#world)) this.complain(sentence, undefined)
    await sweep(this.#world)
  }

  async #sendAll(from: number, end: number): Promise<void> {
    const { target } = this.#world
    let next = from
    const take = (): FuzzRequest | undefined => (next < end ? makeRequest(this.#run.seed, next++, target) : undefined)
    await Promise.all(Array.from({ length: connections }, () => this.#work(take)))
  }

  async #work(take: () => FuzzRequest | undefined): Promise<void> {
    let connection = this.#connect()
    for (let request = take(); request !== undefined;) {
      if (!isOrdinary(request)) {
        await this.#sendAlone(request)
        request = take()
        continue
      }
      const batch = [request]
      let following = take()
      while (
        batch.at(-1)?.isPipelined === true &&
        batch.length < 4 &&
        following !== undefined &&
        canFollow(following)
      ) {
        batch.push(following)
        following = take()
      }
      connection = await this.#exchange(connection, batch)
      request = following
    }
    connection.destroy()
  }

  /** Returns the connection for the next requests. */
  async #exchange(connection: Connection, batch: readonly FuzzRequest[]): Promise<Connection> {
    const open = connection.isClosed ? this.#connect() : connection
    const outcomes = await open.exchange(batch)
    const unanswered: FuzzRequest[] = []
    for (const [index, request] of batch.entries()) {
      const outcome = outcomes[index]
      // What was sent behind a request that ended the connection is sent again.
      if (index > 0 && outcome?.kind === 'closed' && outcome.received.length === 0) unanswered.push(request)
      else if (outcome !== undefined) this.#judge(request, outcome)
    }
    const last = outcomes.at(-1)
    const closes = last?.kind !== 'answered' || last.answer.headers.get('connection') === 'close'
    if (closes) open.destroy()
    const following = closes ? this.#connect() : open
    return unanswered.length === 0 ? following : this.#exchange(following, unanswered)
  }

  async #sendAlone(request: FuzzRequest): Promise<void> {
    const connection = this.#connect()
    if (request.leaves !== 'never') await connection.leave(request)
    else for (const outcome of await connection.exchangeUnframed(request)) this.#judge(request, outcome)
  }

  #judge(request: FuzzRequest, outcome: Outcome): void {
    for (const sentence of judge(request, outcome, this.#world.other.canary)) this.complain(sentence, request)
    this.#run.onOutcome?.(outcome)
    if (outcome.kind !== 'answered') return
    const { answer, milliseconds } = outcome
    this.#statuses.set(answer.status, (this.#statuses.get(answer.status) ?? 0) + 1)
    this.#slowest = [...this.#slowest, { number: request.number, milliseconds }]
      .toSorted((a, b) => b.milliseconds - a.milliseconds)
      .slice(0, 5)
  }

  /** Keeps what is wrong, with a request or in general. */
  complain(sentence: string, request: FuzzRequest | undefined): void {
    const kind = sentence.replace(/\S*\d\S*/g, '…').slice(0, 60)
    const times = (this.#kinds.get(kind) ?? 0) + 1
    this.#kinds.set(kind, times)
    if (times <= maxPerKind) this.#complaints.push({ sentence, request })
  }

  #connect(): Connection {
    const { hostname, port } = new URL(this.#world.baseUrl)
    return new Connection(hostname, Number(port))
  }
}

// Node drops the connection at CONNECT, and what it has not answered yet with it.
function isOrdinary(request: FuzzRequest): boolean {
  return request.isFramed && request.leaves === 'never' && request.method !== 'CONNECT'
}

// A connection that is reset loses the answers to those before, too.
function canFollow(request: FuzzRequest): boolean {
  return isOrdinary(request) && !request.mayReset
}
