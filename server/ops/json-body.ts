// Reads a JSON body: media type, size, UTF-8, depth, then JSON without repeated members.
import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import { AppError } from '../errors.ts'

const maxDepth = 40

// The longest rest of a body that is passed over so that the connection can be used again, in bytes.
const maxPassedOver = 65_536

/** The parsed body; undefined where it is empty. Throws unsupported_media_type, too_large, invalid_syntax, invalid_value. */
export async function readJson(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  const declared = Number(request.headers['content-length'] ?? 0)
  if (declared > maxBytes) throw tooLarge(maxBytes)
  const bytes = await readBytes(request, maxBytes)
  if (bytes.length === 0) return undefined
  checkMediaType(request.headers['content-type'])
  checkEncoding(request.headers['content-encoding'])
  if (!isUtf8(bytes)) throw new AppError('invalid_syntax', 'The body is not UTF-8.')
  const written = countMembers(bytes)
  // A byte order mark is not JSON, but some Windows clients send one.
  const text = bytes.toString('utf8', bytes[0] === 0xef && bytes[1] === 0xbb ? 3 : 0)
  const body = parse(text)
  // JSON.parse lets the last of several members of one name win, in silence.
  if (countKept(body) !== written) {
    throw new AppError('invalid_syntax', 'A member is given twice in one object of the body; send it once.')
  }
  // UTF-8 is well-formed; only an escape can write what is not.
  if (text.includes('\\u')) checkStrings(body)
  return body
}

/**
 * The body as text, without a byte order mark. Throws too_large, unsupported_media_type, invalid_syntax where it is not UTF-8, and
 * invalid_value for a character that cannot be stored.
 */
export async function readText(request: IncomingMessage, maxBytes: number): Promise<string> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes)
  const bytes = await readBytes(request, maxBytes)
  checkEncoding(request.headers['content-encoding'])
  if (!isUtf8(bytes)) throw new AppError('invalid_syntax', 'The text is not UTF-8; save it as such and send it again.')
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '')
  if (!text.includes('\0')) return text
  throw new AppError('invalid_value', 'The text holds the character U+0000, which cannot be stored.')
}

/** Whether the body says that it is of a media type. */
export function isOfMediaType({ headers }: IncomingMessage, mediaType: string): boolean {
  return headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() === mediaType
}

/**
 * Whether the connection can be used again after the answer. Node passes over the rest of a short body by itself. Closing while it
 * is under way would reset the connection, and a reset overtakes the answer.
 */
export function isReadToEnd(request: IncomingMessage): boolean {
  return request.complete || Number(request.headers['content-length'] ?? Infinity) <= maxPassedOver
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new AppError('invalid_syntax', 'The body is not well-formed JSON.')
  }
}

// PostgreSQL keeps neither of the two.
function checkStrings(value: unknown): void {
  if (typeof value === 'string') {
    if (!value.includes('\0') && value.isWellFormed()) return
    throw new AppError(
      'invalid_value',
      'A string holds the character U+0000 or half a surrogate pair, which cannot be stored.',
    )
  }
  if (typeof value === 'object' && value !== null) Object.entries(value).flat().forEach(checkStrings)
}

async function readBytes(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length > maxBytes) throw tooLarge(maxBytes)
      chunks.push(chunk)
    }
  } catch (error) {
    if (error instanceof AppError) throw error
    // Nobody reads the answer, but it is the client that broke off, and no fault of ours.
    throw new AppError('invalid_syntax', 'The body ended before it was whole.', { cause: error })
  }
  return chunks.length === 1 ? (chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(chunks)
}

function tooLarge(maxBytes: number): AppError {
  return new AppError('too_large', `The body is larger than ${maxBytes} bytes.`)
}

// A client that names no type means JSON; some identity providers do so.
function checkMediaType(contentType: string | undefined): void {
  if (contentType === undefined || contentType.trim() === '') return
  const [type, ...parameters] = contentType.toLowerCase().split(';')
  const name = type?.trim() ?? ''
  const charset = parameters.map((one) => one.trim()).find((one) => one.startsWith('charset='))
  const known = name === 'application/scim+json' || name === 'application/json' || name === 'text/json'
  if (!known || (charset !== undefined && !/^charset="?utf-?8"?$/.test(charset))) {
    throw new AppError('unsupported_media_type', 'The body must be application/scim+json or application/json in UTF-8.')
  }
}

function checkEncoding(contentEncoding: string | undefined): void {
  if (contentEncoding === undefined || contentEncoding.toLowerCase() === 'identity') return
  throw new AppError('unsupported_media_type', 'The body must be sent without a Content-Encoding.')
}

const [quote, backslash, colon, openBrace, openBracket, closeBrace, closeBracket] = Buffer.from('"\\:{[}]')

// Counts the members of all objects as they are written, which is the colons outside of strings. This comes before parsing,
// for it looks at the depth, too: no resource nests deeper than a few levels, and what handles values recurses.
function countMembers(bytes: Buffer): number {
  let members = 0
  let depth = 0
  let inString = false
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (inString) {
      if (byte === backslash) at++
      else if (byte === quote) inString = false
    } else if (byte === quote) inString = true
    else if (byte === colon) members++
    else if (byte === openBrace || byte === openBracket) {
      if (++depth > maxDepth) throw new AppError('invalid_syntax', `The body nests deeper than ${maxDepth} levels.`)
    } else if (byte === closeBrace || byte === closeBracket) depth--
  }
  return members
}

function countKept(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const inner: unknown[] = Object.values(value)
  let members = Array.isArray(value) ? 0 : inner.length
  for (const one of inner) members += countKept(one)
  return members
}
