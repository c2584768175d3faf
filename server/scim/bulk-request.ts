// Reads a BulkRequest (RFC 7644 section 3.7): the message as a whole, and what each of its operations asks of which endpoint.
import { requireScope } from '../auth/principal.ts'
import { AppError } from '../errors.ts'
import type { Exchange, Handler } from './exchange.ts'
import { type Reading, repair } from './notes.ts'
import { lowerNames, maxOperations } from './patch-syntax.ts'
import { orgTypes } from './org/types.ts'
import { isObject } from './resource.ts'
import type { ResourceHandlers } from './resource-handlers.ts'

/** A resource type that operations may name. */
export interface BulkEndpoint {
  /** Such as `/Users`. */
  readonly path: string
  readonly typeName: string
  readonly handlers: ResourceHandlers
}

export interface BulkRequest {
  readonly operations: readonly BulkOperation[]
  /** How many errors end it; Infinity where it goes on whatever happens. */
  readonly failOnErrors: number
}

export type BulkOperation = Task | Refusal

interface Operation {
  /** `Operations[3]` */
  readonly place: string
  readonly method: string
  /** Empty where none is given. */
  readonly bulkId: string
}

/** What is to be done, and allowed to whoever signed in. */
export interface Task extends Operation {
  readonly method: Method
  readonly endpoint: BulkEndpoint
  readonly handler: Handler
  /** The id in the path, which may be `bulkId:…`; empty with POST. */
  readonly id: string
  /** What If-Match would say; empty where it would not be sent. */
  readonly version: string
  /** undefined with DELETE. */
  readonly data: unknown
}

/** What will not be done, and why. */
export interface Refusal extends Operation {
  readonly error: AppError
}

export function isTask(operation: BulkOperation): operation is Task {
  return 'handler' in operation
}

type Method = 'POST' | 'PUT' | 'PATCH' | 'DELETE'

const handlerNames = { POST: 'create', PUT: 'replace', PATCH: 'patch', DELETE: 'remove' } as const
const methods = Object.keys(handlerNames) as readonly Method[]

const bulkRequest = 'urn:ietf:params:scim:api:messages:2.0:bulkrequest'

/**
 * Takes the body of a request apart. What is wrong with a single operation becomes its refusal; what is wrong with the
 * message is thrown: invalid_syntax, invalid_value, too_large.
 */
export function readBulkRequest(exchange: Exchange, endpoints: readonly BulkEndpoint[]): BulkRequest {
  const { body } = exchange
  if (!isObject(body)) throw new AppError('invalid_syntax', 'The body must be a JSON object.')
  const { schemas, operations, failonerrors } = lowerNames(body)
  if (!Array.isArray(schemas) || !schemas.some((one) => typeof one === 'string' && one.toLowerCase() === bulkRequest)) {
    throw new AppError('invalid_syntax', 'schemas must name urn:ietf:params:scim:api:messages:2.0:BulkRequest.')
  }
  if (!Array.isArray(operations) || operations.length === 0) {
    throw new AppError('invalid_syntax', 'Operations must be an array that is not empty.')
  }
  if (operations.length > maxOperations) {
    throw new AppError('too_large', `Operations has ${operations.length} entries; at most ${maxOperations} are taken.`)
  }
  const members = operations.map((operation, index) => {
    if (!isObject(operation)) throw new AppError('invalid_syntax', `Operations[${index}] must be an object.`)
    return lowerNames(operation)
  })
  const repeated = listRepeated(members.map((operation) => operation['bulkid']))
  return {
    operations: members.map((operation, index) =>
      readOperation(operation, `Operations[${index}]`, repeated, exchange, endpoints),
    ),
    failOnErrors: readFailOnErrors(failonerrors),
  }
}

function readFailOnErrors(given: unknown): number {
  if (given === undefined || given === null) return Infinity
  if (typeof given === 'number' && Number.isInteger(given) && given > 0) return given
  throw new AppError('invalid_value', 'failOnErrors must be an integer greater than 0.')
}

function listRepeated(bulkIds: readonly unknown[]): ReadonlySet<unknown> {
  const seen = new Set<unknown>()
  const repeated = new Set<unknown>()
  for (const bulkId of bulkIds) (seen.has(bulkId) ? repeated : seen).add(bulkId)
  return repeated
}

function readOperation(
  members: Record<string, unknown>,
  place: string,
  repeated: ReadonlySet<unknown>,
  exchange: Exchange,
  endpoints: readonly BulkEndpoint[],
): BulkOperation {
  const bulkId = readText(members['bulkid'])
  try {
    // Which of the operations a reference would mean nobody can know, so none of them is done.
    if (bulkId !== '' && repeated.has(bulkId)) {
      throw new AppError('invalid_value', `${place}.bulkId is given to several operations.`)
    }
    return readTask(members, place, bulkId, exchange, endpoints)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { place, method: readText(members['method']), bulkId, error }
  }
}

function readTask(
  members: Record<string, unknown>,
  place: string,
  bulkId: string,
  exchange: Exchange,
  endpoints: readonly BulkEndpoint[],
): Task {
  const method = readMethod(members['method'], `${place}.method`, exchange.reading)
  const path = readPath(members['path'], `${place}.path`, exchange)
  const { endpoint, id } = findTarget(path, `${place}.path`, endpoints)
  if ((method === 'POST') !== (id === undefined)) {
    const wanted = method === 'POST' ? 'a resource type, not a resource' : 'a resource, not a resource type'
    throw new AppError('method_not_allowed', `${place}: ${method} needs the path of ${wanted}.`)
  }
  const handler = endpoint.handlers[handlerNames[method]]
  if (handler.scope !== undefined) requireScope(exchange.principal, handler.scope)
  if (bulkId === '' && (method === 'POST' || isGiven(members['bulkid']))) {
    throw new AppError('invalid_value', `${place}.bulkId must be a string that is not empty; POST needs one.`)
  }
  const { version, data } = members
  if (isGiven(version) && typeof version !== 'string') {
    throw new AppError('invalid_value', `${place}.version must be a string.`)
  }
  if (handler.takesBody && !isGiven(data)) throw new AppError('invalid_syntax', `${place}: ${method} needs data.`)
  return {
    place,
    method,
    bulkId,
    endpoint,
    handler,
    id: id ?? '',
    version: method === 'POST' ? '' : readText(version),
    data: handler.takesBody ? data : undefined,
  }
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null
}

function readText(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function readMethod(given: unknown, place: string, reading: Reading): Method {
  const method = methods.find((one) => typeof given === 'string' && one === given.toUpperCase())
  const wrong = (): AppError => new AppError('invalid_syntax', `${place} must be POST, PUT, PATCH or DELETE.`)
  if (method === undefined) throw wrong()
  if (method !== given) repair(reading, place, `read as ${method}`, wrong)
  return method
}

/** The parts of a path below the root of the service, decoded. */
function readPath(given: unknown, place: string, { baseUrl, reading }: Exchange): string[] {
  const wrong = (): AppError =>
    new AppError('invalid_syntax', `${place} must be a path below the root of the service, such as /Users.`)
  if (typeof given !== 'string' || given.trim() === '' || /[?#]/.test(given)) throw wrong()
  const below = given.startsWith(`${baseUrl}/`) ? given.slice(baseUrl.length) : given
  const path = below.replace(/^\/?(?:scim\/)?(?:v2\/)?/i, '/')
  if (path !== given) repair(reading, place, `read as ${path}`, wrong)
  try {
    return path
      .split('/')
      .filter((part) => part !== '')
      .map(decodeURIComponent)
  } catch {
    throw new AppError('invalid_syntax', `${place} is not percent-encoded UTF-8.`)
  }
}

// Endpoints that are there, but not for operations of Bulk.
const otherEndpoints: ReadonlySet<string> = new Set([
  '',
  '.search',
  'bulk',
  'me',
  'serviceproviderconfig',
  'resourcetypes',
  'schemas',
  ...orgTypes.map(({ endpoint }) => endpoint.slice(1).toLowerCase()),
])

function findTarget(
  [name = '', id, ...rest]: readonly string[],
  place: string,
  endpoints: readonly BulkEndpoint[],
): { endpoint: BulkEndpoint; id: string | undefined } {
  const lower = name.toLowerCase()
  if (otherEndpoints.has(lower) || id?.toLowerCase() === '.search') {
    throw new AppError(
      'invalid_value',
      `${place} must name a resource type or a resource; nothing else can be in Bulk.`,
    )
  }
  const endpoint = endpoints.find((one) => one.path.toLowerCase() === `/${lower}`)
  if (endpoint === undefined || rest.length > 0) throw new AppError('not_found', `${place}: there is no such endpoint.`)
  if (id?.includes('\0')) throw new AppError('not_found', 'There is no resource with U+0000 in its id.')
  return { endpoint, id }
}
