// The cursors of lists (RFC 9865): where a page ended, sealed, so that a client can neither read nor make one. Nothing is
// kept on the server, so any process can go on where another one stopped, and an abandoned walk costs nothing.
import { createHash } from 'node:crypto'
import { EncryptJWT, errors, jwtDecrypt } from 'jose'
import type { Database } from '../db/connect.ts'
import { readServerKey } from '../db/server-keys.ts'
import type { Position } from '../directory/listing.ts'
import { AppError } from '../errors.ts'
import type { Exchange } from './exchange.ts'
import type { Search } from './search.ts'

/** How many seconds a cursor can be used. */
export const cursorTimeout = 3600

// Compressing costs more than all else about a cursor.
const longKey = 500

/** What has to be known to go on. */
export interface Cursor {
  readonly after: Position
  readonly count: number
  /** How many resources met the filter when the walk began; undefined where there is no filter, and counting costs nothing. */
  readonly total: number | undefined
}

export class Cursors {
  readonly #db: Database
  readonly #now: () => Date
  #key: Promise<Uint8Array> | undefined

  constructor(db: Database, now: () => Date) {
    this.#db = db
    this.#now = now
  }

  /**
   * The text of a cursor for whoever asks now, and for the same search of what `listing` names. Its characters are unreserved
   * in URLs. A long key is compressed, as it is in an index: a userName that fits there fits into a URL.
   */
  async seal(cursor: Cursor, exchange: Exchange, search: Search, listing: string): Promise<string> {
    const { after, count, total } = cursor
    return new EncryptJWT({ key: after.key, id: after.id, count, ...(total === undefined ? {} : { total }) })
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', ...((after.key?.length ?? 0) > longKey ? { zip: 'DEF' } : {}) })
      .setSubject(describeReader(exchange))
      .setAudience(describeSearch(search, listing))
      .setExpirationTime(new Date(this.#now().getTime() + cursorTimeout * 1000))
      .encrypt(await this.#readKey())
  }

  /** Throws expired_cursor, and invalid_cursor, which says the same of what is forged, foreign or of another search. */
  async open(text: string, exchange: Exchange, search: Search, listing: string): Promise<Cursor> {
    if (!isCanonical(text)) throw new AppError('invalid_cursor')
    const key = await this.#readKey()
    try {
      const { payload } = await jwtDecrypt<Position & Omit<Cursor, 'after'>>(text, key, {
        subject: describeReader(exchange),
        audience: describeSearch(search, listing),
        currentDate: this.#now(),
        keyManagementAlgorithms: ['dir'],
        contentEncryptionAlgorithms: ['A256GCM'],
        maxDecompressedLength: Infinity, // nobody else can have sealed it
      })
      return { after: { key: payload.key, id: payload.id }, count: payload.count, total: payload.total }
    } catch (error) {
      throw new AppError(error instanceof errors.JWTExpired ? 'expired_cursor' : 'invalid_cursor')
    }
  }

  #readKey(): Promise<Uint8Array> {
    this.#key ??= readServerKey(this.#db, 'cursors', this.#now()).catch((error: unknown) => {
      this.#key = undefined // the database was away: the next one asks again
      throw error
    })
    return this.#key
  }
}

// The last letters of base64 have bits that mean nothing; with other ones there a changed text would pass.
function isCanonical(text: string): boolean {
  return text.split('.').every((part) => Buffer.from(part, 'base64url').toString('base64url') === part)
}

// A cursor is good for those who see the same resources. What they see is looked at again with every page.
function describeReader({ actor }: Exchange): string {
  return `${actor.organizationId} ${actor.directoryId} ${actor.view}`
}

// Everything but the count, which has an error of its own.
function describeSearch(search: Search, listing: string): string {
  const { filter, sortBy, descending, attributes, excludedAttributes } = search
  const text = JSON.stringify([listing, filter, sortBy, descending, attributes, excludedAttributes])
  return createHash('sha256').update(text).digest('base64url')
}
