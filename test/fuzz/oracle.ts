// What must hold of every answer, whatever was asked.
import { errorSchema } from '../support/scim-client.ts'
import type { Answer } from './answer-reader.ts'
import type { FuzzRequest } from './bytes.ts'
import type { Outcome } from './connection.ts'

// RFC 7644 Table 9 and RFC 9865 section 4; uniqueness goes with 409 (RFC 7644 section 3.3).
const badRequests = [
  'invalidFilter',
  'tooMany',
  'mutability',
  'invalidSyntax',
  'invalidPath',
  'noTarget',
  'invalidValue',
  'invalidVers',
  'sensitive',
  'invalidCursor',
  'expiredCursor',
  'invalidCount',
]

/** A stack, a source file or SQL; the fuzzer sends nothing that looks like one. */
const internals =
  /\bat (?:async )?[\w.<>#]+ \(|node:internal|node_modules|\/server\/|\.ts:\d|\bselect\b.*\bfrom\b|\binsert into\b|\bjsonb|\bpg_\w|\brelation "|syntax error at|SQLSTATE|\[object /i

const expected = new Set([200, 201, 204, 304, 400, 401, 403, 404, 405, 409, 412, 413, 415])
/** What Node answers by itself. */
const refusals = new Set([400, 408, 413, 414, 417, 431])
/** Sentences about what is wrong with an outcome; none where nothing is. */
export function judge(request: FuzzRequest, outcome: Outcome, canary: string): string[] {
  switch (outcome.kind) {
    case 'late':
      return ['no answer in time']
    case 'malformed':
      return [`not HTTP: ${outcome.why}`]
    case 'closed':
      return judgeClosing(request, outcome.received)
    case 'answered':
      return judgeAnswer(request, outcome.answer, canary)
  }
}

function judgeClosing(request: FuzzRequest, received: Buffer): string[] {
  const mayBeReset = received.length === 0 && (request.mayReset || request.isOdd)
  if (!request.isFramed || request.method === 'CONNECT' || mayBeReset) return []
  return [received.length === 0 ? 'closed without an answer' : 'closed in the middle of the answer']
}

function judgeAnswer(request: FuzzRequest, { status, headers, body }: Answer, canary: string): string[] {
  const text = body.toString('utf8')
  const shown = `${[...headers.values()].join('\n')}\n${text}`
  const complaints = shown.includes(canary) ? ['the answer holds data of another organization'] : []
  if (headers.has('x-injected')) complaints.push('a header was injected')
  // Node's own answers do not say which request they are of.
  const isRefusal = refusals.has(status) && !headers.has('x-request-id')
  if (isRefusal && (request.isOdd || !request.isFramed)) return [...complaints, ...judgeRefusal(status, text)]
  if (!expected.has(status)) return [...complaints, `status ${status}: ${text.slice(0, 300)}`]
  if (!isScim(request.target)) return complaints
  if (request.method === 'HEAD' || status === 204 || status === 304) return complaints
  return [...complaints, ...judgeMediaType(request, headers), ...judgeBody(request, status, text)]
}

function judgeRefusal(status: number, text: string): string[] {
  return text === '' ? [] : judgeError(parse(text), status)
}

/** Whether the path is below /scim, as the router reads it. */
function isScim(target: string): boolean {
  const path = target.replace(/^https?:\/\/[^/]*/i, '').replace(/\/{2,}/g, '/')
  return /^\/scim(?:[/?]|$)/i.test(path)
}

function judgeMediaType({ accept }: FuzzRequest, headers: ReadonlyMap<string, string>): string[] {
  const type = headers.get('content-type')
  if (type === 'application/scim+json') return []
  if (type === 'application/json' && /application\/json/i.test(accept ?? '')) return []
  return [`Content-Type ${type}`]
}

function judgeBody(request: FuzzRequest, status: number, text: string): string[] {
  const body = parse(text)
  if (status >= 400) return judgeError(body, status)
  const schemas = isObject(body) ? body['schemas'] : undefined
  if (
    !isObject(body) ||
    !Array.isArray(schemas) ||
    schemas.length === 0 ||
    !schemas.every((one) => typeof one === 'string')
  ) {
    return [`a ${status} without schemas: ${text.slice(0, 300)}`]
  }
  if (schemas.includes('urn:ietf:params:scim:api:messages:2.0:ListResponse')) return judgeList(body)
  if (schemas.includes('urn:ietf:params:scim:api:messages:2.0:BulkResponse')) return judgeBulk(body)
  if (request.method !== 'GET' && request.method !== 'POST' && request.method !== 'PUT' && request.method !== 'PATCH')
    return [`a body for ${request.method}: ${text.slice(0, 300)}`]
  return typeof body['id'] === 'string' || !/\/(Users|Groups|Probes|Me)\b/i.test(request.target)
    ? []
    : ['a resource without id']
}

function judgeList(body: Readonly<Record<string, unknown>>): string[] {
  const { totalResults, itemsPerPage, Resources = [] } = body
  if (!Number.isInteger(totalResults) || (totalResults as number) < 0)
    return [`totalResults is ${String(totalResults)}`]
  if (!Array.isArray(Resources) || Resources.length !== (itemsPerPage ?? Resources.length))
    return ['itemsPerPage is not the number of Resources']
  if (Resources.length > (totalResults as number)) return ['more Resources than totalResults']
  return Resources.every((one) => isObject(one) && Array.isArray(one['schemas']))
    ? []
    : ['a listed resource has no schemas']
}

function judgeBulk(body: Readonly<Record<string, unknown>>): string[] {
  const { Operations } = body
  if (!Array.isArray(Operations)) return ['a BulkResponse without Operations']
  return Operations.flatMap((operation): string[] => {
    const status = isObject(operation) ? operation['status'] : undefined
    if (!isObject(operation) || typeof status !== 'string' || !expected.has(Number(status))) {
      return [`a bulk operation ended so: ${JSON.stringify(operation).slice(0, 300)}`]
    }
    return Number(status) < 400 ? [] : judgeError(operation['response'], Number(status))
  })
}

function judgeError(body: unknown, status: number): string[] {
  if (!isObject(body)) return [`a ${status} without a SCIM error`]
  const { schemas, scimType, detail } = body
  const complaints: string[] = []
  if (!Array.isArray(schemas) || schemas.length !== 1 || schemas[0] !== errorSchema)
    complaints.push('an error without its schema')
  if (body['status'] !== String(status))
    complaints.push(`an error of ${status} with status ${JSON.stringify(body['status'])}`)
  if (scimType !== undefined && !fits(scimType, status))
    complaints.push(`scimType ${JSON.stringify(scimType)} with ${status}`)
  if (
    typeof detail !== 'string' ||
    detail === '' ||
    detail.length > 500 ||
    /\p{Cc}/u.test(detail) ||
    !detail.isWellFormed()
  ) {
    complaints.push(`detail is no line: ${JSON.stringify(detail)?.slice(0, 300)}`)
  } else if (internals.test(detail)) complaints.push(`detail shows internals: ${detail}`)
  return complaints
}

function fits(scimType: unknown, status: number): boolean {
  if (status === 409) return scimType === 'uniqueness'
  return status === 400 && typeof scimType === 'string' && badRequests.includes(scimType)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
