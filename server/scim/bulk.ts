// Bulk (RFC 7644 section 3.7): many operations in one request. Each of them goes through the handler that it would go through
// if it was sent alone, in a transaction of its own. What an operation refers to is created before it.
import type { Principal } from '../auth/principal.ts'
import type { Database } from '../db/connect.ts'
import { translateFault } from '../db/faults.ts'
import { transaction } from '../db/transaction.ts'
import { AppError } from '../errors.ts'
import { createCircle, readId } from './bulk-circle.ts'
import {
  findReferences,
  orderComponents,
  replaceReference,
  replaceReferences,
  type Resolve,
} from './bulk-references.ts'
import { type BulkEndpoint, type BulkOperation, isTask, readBulkRequest, type Task } from './bulk-request.ts'
import { answerError } from './errors.ts'
import type { Answer, Exchange, Handler } from './exchange.ts'
import type { Note } from './notes.ts'

/** What Bulk needs of the server that runs it. */
export interface BulkServer {
  now(): Date
  /** Logs what is nobody's fault but ours. */
  report(error: unknown, requestId: string): void
  /** Counts further requests against the limit of whoever signed in. */
  charge(principal: Principal, requests: number): void
}

/** The handler of `/Bulk` over any number of resource types. Each operation is checked for its own scope. */
export function createBulk(endpoints: readonly BulkEndpoint[], server: BulkServer): Handler {
  return {
    scope: undefined,
    takesBody: true,
    handle: async (exchange) => {
      const { operations, failOnErrors } = readBulkRequest(exchange, endpoints)
      server.charge(exchange.principal, operations.length - 1)
      const results = await new Run(exchange, operations, server).finish(failOnErrors)
      return {
        status: 200,
        body: JSON.stringify({
          schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkResponse'],
          Operations: results,
        }),
      }
    },
  }
}

/** An entry of the BulkResponse; `response` is the error, and left out where there is none. */
interface Result {
  readonly method: string | undefined
  readonly bulkId: string | undefined
  readonly location: string | undefined
  readonly version?: string | undefined
  readonly status: string
  readonly response?: unknown
}

class Run {
  readonly #exchange: Exchange
  readonly #operations: readonly BulkOperation[]
  readonly #server: BulkServer
  readonly #byBulkId: ReadonlyMap<string, BulkOperation>
  /** The ids of what was created, by bulkId. */
  readonly #ids = new Map<string, string>()
  readonly #results = new Map<BulkOperation, Result>()
  #errors = 0
  /** Why nothing more is tried, once the database is away. */
  #unavailable: AppError | undefined

  constructor(exchange: Exchange, operations: readonly BulkOperation[], server: BulkServer) {
    this.#exchange = exchange
    this.#operations = operations
    this.#server = server
    this.#byBulkId = new Map(operations.flatMap((one) => (one.bulkId === '' ? [] : [[one.bulkId, one]])))
  }

  /** Performs the operations until `failOnErrors` of them failed. Throws database_unavailable where nothing was done. */
  async finish(failOnErrors: number): Promise<Result[]> {
    const dependencies = new Map(this.#operations.map((one) => [one, this.#listDependencies(one)]))
    for (const { members, isCircular } of orderComponents(dependencies)) {
      if (this.#errors >= failOnErrors) break
      if (isCircular) await this.#performCircle(members.filter(isTask))
      else for (const operation of members) await this.#perform(operation)
    }
    if (this.#unavailable !== undefined && this.#errors === this.#results.size) throw this.#unavailable
    return this.#operations.flatMap((operation) => this.#results.get(operation) ?? [])
  }

  // Only what creates something can be referred to.
  #listDependencies(operation: BulkOperation): Task[] {
    if (!isTask(operation)) return []
    return [...findReferences([operation.id, operation.data])].flatMap((bulkId) => {
      const referred = this.#byBulkId.get(bulkId)
      return referred !== undefined && isTask(referred) && referred.method === 'POST' ? [referred] : []
    })
  }

  async #perform(operation: BulkOperation): Promise<void> {
    const notes: Note[] = []
    try {
      if (this.#unavailable !== undefined) throw this.#unavailable
      if (!isTask(operation)) throw operation.error
      this.#accept(operation, await this.#send(operation, this.#exchange.db, notes, this.#resolve))
    } catch (thrown) {
      this.#fail(operation, thrown)
    }
    this.#note(operation, notes)
  }

  // All of them or none: in one transaction, which is tried again as any other.
  async #performCircle(tasks: readonly Task[]): Promise<void> {
    const notes = new Map<string, Note[]>()
    let last = ''
    try {
      if (this.#unavailable !== undefined) throw this.#unavailable
      const answers = await transaction(this.#exchange.db, (tx) =>
        createCircle(tasks, this.#exchange.schema, this.#resolve, (task, resolve) => {
          last = task.bulkId
          const own: Note[] = []
          notes.set(last, own)
          return this.#send(task, tx, own, resolve)
        }),
      )
      for (const [task, answer] of answers) this.#accept(task, answer)
    } catch (thrown) {
      const isToBlame = (task: Task): boolean => last === '' || task.bulkId === last
      for (const task of tasks) if (isToBlame(task)) this.#fail(task, thrown)
      for (const task of tasks) if (!isToBlame(task)) this.#fail(task, refuseReference(last, true))
    }
    for (const task of tasks) this.#note(task, notes.get(task.bulkId) ?? [])
  }

  async #send(task: Task, db: Database, notes: Note[], resolve: Resolve): Promise<Answer> {
    const { actor, reading } = this.#exchange
    return task.handler.handle({
      ...this.#exchange,
      db,
      actor: { ...actor, at: this.#server.now() },
      reading: { strict: reading.strict, notes },
      headers: task.version === '' ? {} : { 'if-match': task.version },
      query: new Map(),
      id: replaceReference(task.id, resolve) ?? '',
      body: replaceReferences(task.data, resolve),
    })
  }

  readonly #resolve = (bulkId: string): string => {
    const id = this.#ids.get(bulkId)
    if (id === undefined) throw refuseReference(bulkId, this.#byBulkId.has(bulkId))
    return id
  }

  #accept(task: Task, answer: Answer): void {
    const { status, headers } = answer
    const location = headers?.['Location'] ?? this.#locate(task)
    if (task.method === 'POST') this.#ids.set(task.bulkId, readId(answer))
    this.#results.set(task, { ...echo(task), location, version: headers?.['ETag'], status: String(status) })
  }

  #fail(operation: BulkOperation, thrown: unknown): void {
    const requestId = this.#exchange.actor.requestId ?? ''
    const error = this.#unavailable ?? translateFault(thrown)
    if (error !== this.#unavailable) this.#server.report(error, requestId)
    if (error instanceof AppError && error.code === 'database_unavailable') this.#unavailable = error
    this.#errors++
    const { status, body } = answerError(error, requestId)
    const response = JSON.parse(body) as { readonly detail: string }
    this.#note(operation, [{ path: '', note: `${status}: ${response.detail}` }])
    const location = isTask(operation) ? this.#locate(operation) : undefined
    this.#results.set(operation, { ...echo(operation), location, status: String(status), response })
  }

  // What does not exist has no location.
  #locate({ id, endpoint }: Task): string | undefined {
    const known = replaceReference(id, (bulkId) => this.#ids.get(bulkId))
    return known ? `${this.#exchange.baseUrl}${endpoint.path}/${encodeURIComponent(known)}` : undefined
  }

  // One line of the request log stands for all operations.
  #note({ place }: BulkOperation, notes: readonly Note[]): void {
    for (const { path, note } of notes) {
      this.#exchange.reading.notes.push({ path: path === '' ? place : `${place}.${path}`, note })
    }
  }
}

function echo({ method, bulkId }: BulkOperation): Pick<Result, 'method' | 'bulkId'> {
  return { method: method || undefined, bulkId: bulkId || undefined }
}

function refuseReference(bulkId: string, isDeclared: boolean): AppError {
  const why = isDeclared ? 'the operation with this bulkId created nothing' : 'no operation has this bulkId'
  return new AppError('invalid_value', `bulkId:${bulkId} cannot be resolved: ${why}.`)
}
