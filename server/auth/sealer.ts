// Seals secrets that have to be read again, such as those that webhooks are signed with, so that the database alone gives nothing away.
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose'
import type { Database } from '../db/connect.ts'
import { readServerKey } from '../db/server-keys.ts'
import { AppError } from '../errors.ts'

export interface Sealer {
  /** `context` says what it is the secret of; it opens only under the same. */
  seal(context: string, secret: string): Promise<string>
  /** Throws secret_unreadable where no key of ENCRYPTION_KEYS opens it. */
  open(context: string, sealed: string): Promise<string>
  /** What another key sealed, sealed anew under its own context; undefined where nothing is to be done. Throws secret_unreadable. */
  reseal(sealed: string): Promise<string | undefined>
  /** Throws secret_unreadable where it cannot be opened under its own context. */
  verify(sealed: string): Promise<void>
}

// Where there is no other key. No key of ENCRYPTION_KEYS can have a name with a hyphen.
const databaseKey = 'server-key'

/**
 * `keys` as in ENCRYPTION_KEYS: the first one seals, all of them open. Without them a key that the database keeps seals; it opens what
 * it has sealed also when there are others later. What is sealed is a JWE (RFC 7516), its context in the protected header as `sub`.
 * Throws config_invalid where two keys have one name.
 */
export function createSealer(db: Database, keys: string | undefined, now: () => Date): Sealer {
  const ring = readKeys(keys)
  const [writing = databaseKey] = ring.keys()
  let ofDatabase: Promise<Uint8Array> | undefined

  function readDatabaseKey(): Promise<Uint8Array> {
    ofDatabase ??= readServerKey(db, 'sealing', now()).catch((error: unknown) => {
      ofDatabase = undefined // the database was away: the next one asks again
      throw error
    })
    return ofDatabase
  }

  async function readKey(name: string): Promise<Uint8Array> {
    const key = name === databaseKey ? await readDatabaseKey() : ring.get(name)
    if (key !== undefined) return key
    throw new AppError(
      'secret_unreadable',
      `A secret was sealed with the key ${name}, which is not in ENCRYPTION_KEYS.`,
    )
  }

  async function seal(context: string, secret: Uint8Array): Promise<string> {
    return new CompactEncrypt(secret)
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: writing, sub: context })
      .encrypt(await readKey(writing))
  }

  async function open(sealed: string, expected?: string): Promise<{ context: string; secret: Uint8Array }> {
    const { kid, sub } = readHeader(sealed)
    const key = await readKey(kid)
    if (typeof sub !== 'string' || (expected !== undefined && sub !== expected)) {
      throw new AppError('secret_unreadable', 'A sealed secret is that of something else.')
    }
    return { context: sub, secret: await decrypt(sealed, key, kid) }
  }

  return {
    seal: (context, secret) => seal(context, Buffer.from(secret)),
    open: async (context, sealed) => Buffer.from((await open(sealed, context)).secret).toString('utf8'),
    reseal: async (sealed) => {
      if (readHeader(sealed).kid === writing) return undefined
      const { context, secret } = await open(sealed)
      return seal(context, secret)
    },
    verify: async (sealed) => {
      await open(sealed)
    },
  }
}

function readKeys(keys: string | undefined): Map<string, Uint8Array> {
  const ring = new Map<string, Uint8Array>()
  for (const entry of keys?.split(',') ?? []) {
    const [name = '', key = ''] = entry.split(':')
    if (ring.has(name)) throw new AppError('config_invalid', `ENCRYPTION_KEYS: two keys have the name ${name}.`)
    ring.set(name, Buffer.from(key, 'base64url'))
  }
  return ring
}

function readHeader(sealed: string): { kid: string; sub: unknown } {
  try {
    const { kid = '', sub } = decodeProtectedHeader(sealed)
    return { kid, sub }
  } catch (error) {
    throw new AppError('secret_unreadable', 'A sealed secret is not what was stored.', { cause: error })
  }
}

async function decrypt(sealed: string, key: Uint8Array, name: string): Promise<Uint8Array> {
  try {
    const allowed = { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] }
    return (await compactDecrypt(sealed, key, allowed)).plaintext
  } catch (error) {
    const detail = `The key ${name} does not open what was sealed with the key of this name; set it to what it was.`
    throw new AppError('secret_unreadable', detail, { cause: error })
  }
}
