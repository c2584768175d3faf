// Cursors: where a page of a list ended, in a form that nobody should build upon. Nothing is kept on the server, and nothing in a
// cursor is secret: what a token may not see does not begin behind it either.
import { AppError } from '../errors.ts'

export interface Position {
  /** Of the last one of the page, in the order of the list. */
  readonly id: string
  /** How many came up to it, where the list has no order that lasts. */
  readonly rank?: number
}

const maxLength = 2000

/** What a parameter named cursor must be. */
export const cursorParameter = {
  type: 'string',
  maxLength,
  description: 'The next_cursor of the page before; without it the list begins.',
  examples: ['eyJpZCI6ImVtcF8wMWthcTN2NXc4ZjJnNWM2aDNqcXY0eGVzZCJ9'],
} as const

export function writeCursor(position: Position): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url')
}

/** Throws invalid_cursor for a text that writeCursor did not return. */
export function readCursor(cursor: string | undefined): Position | undefined {
  if (cursor === undefined) return undefined
  const position = parse(cursor)
  if (isPosition(position) && writeCursor(position) === cursor) return position
  throw new AppError('invalid_cursor', 'cursor is none of ours; send a next_cursor as it was, or leave it out.', {
    data: { param: 'cursor' },
  })
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as unknown
  } catch {
    return undefined
  }
}

function isPosition(value: unknown): value is Position {
  if (typeof value !== 'object' || value === null || !('id' in value)) return false
  const { id, rank } = value as { id: unknown; rank?: unknown }
  if (rank !== undefined && !(Number.isSafeInteger(rank) && Number(rank) >= 0)) return false
  return typeof id === 'string' && id !== '' && !id.includes('\0') && id.isWellFormed()
}
