// One connection to a directory: bound once, asked one thing after the other. It is not opened again by itself, as ldapts would do, for then
// it would be nobody's.
import {
  Client,
  type Control,
  type Filter,
  NoSuchObjectError,
  PasswordPolicyControl,
  ResultCodeError,
  type SearchOptions,
} from 'ldapts'
import type { TLSSocket } from 'node:tls'
import { type ProviderContext, ProviderError } from '../provider.ts'
import { type LdapEntry, readEntry } from './entry.ts'
import { explainFailure } from './failure.ts'
import { createFrameCheck } from './frames.ts'
import type { LdapSettings } from './settings.ts'
import { openTls } from './tls.ts'

export interface LdapSearch {
  readonly base: string
  readonly scope?: 'base' | 'one' | 'sub'
  readonly filter: Filter
  readonly attributes: readonly string[]
  readonly controls?: readonly Control[]
  /** Not more entries than that, where not all are wanted. */
  readonly atMost?: number
  /** Nothing is found where the base is not there, may not be seen, or is with another server. */
  readonly isOptional?: boolean
}

/** What a server says of a name and a password. */
export interface BindAnswer {
  /** The result code; 0 is welcome. */
  readonly code: number
  /** In the server's words. They may quote what it was sent. */
  readonly said: string
  /** The error of its password policy (draft-behera-ldap-password-policy section 6.2), where it has one and says so. */
  readonly policyError: number | undefined
}

export interface LdapConnection {
  readonly isOpen: boolean
  /** Signs in. Throws ProviderError where there is no answer. */
  bind(name: string, password: string): Promise<BindAnswer>
  /** An entry by its name; undefined where there is none, or none that may be seen. Throws ProviderError, as `search` does. */
  read(dn: string, attributes: readonly string[]): Promise<LdapEntry | undefined>
  /** Pages of at most 1000 entries. */
  search(search: LdapSearch): AsyncGenerator<readonly LdapEntry[], void>
  close(): void
}

const answerMs = 120_000
const maxBytes = { message: 32 * 1024 * 1024, answer: 128 * 1024 * 1024 }
/** What Active Directory gives at once. */
const pageSize = 1000
/** Bytes, which are no text. */
const binaries = ['objectGUID', 'objectSid', 'invocationId']

/** Opens a connection that nobody has signed in to yet. Throws ProviderError. */
export async function openConnection(
  settings: LdapSettings,
  { resolve, signal }: Pick<ProviderContext, 'resolve' | 'signal'>,
): Promise<LdapConnection> {
  const socket = await openTls(settings, await resolve(settings.host), signal)
  const unlessEnded = watch(socket, signal, settings.host)
  const client = new Client({ url: 'ldap://directory', timeout: answerMs, createConnection: () => socket })

  async function run<Result>(doing: string, work: () => Promise<Result>): Promise<Result> {
    try {
      return await unlessEnded(work())
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof ResultCodeError)) socket.destroy()
      throw explainFailure(error, doing)
    }
  }

  const readOnce = async (dn: string, attributes: readonly string[]): Promise<LdapEntry | undefined> => {
    try {
      const options: SearchOptions = { scope: 'base', attributes: [...attributes], explicitBufferAttributes: binaries }
      const [entry] = (await client.search(dn, { ...options, timeLimit: answerMs / 1000 })).searchEntries
      return entry && readEntry(entry)
    } catch (error) {
      if (error instanceof NoSuchObjectError) return undefined
      throw error
    }
  }

  return {
    get isOpen() {
      return !socket.destroyed
    },
    bind: async (name, password) => {
      const policy = new PasswordPolicyControl()
      const answer = await run('sign in', () => bindOnce(client, { name, password, policy }))
      return { ...answer, policyError: policy.value?.error }
    },
    read: (dn, attributes) => run(`read ${dn === '' ? 'what the server is' : dn}`, () => readOnce(dn, attributes)),
    search: async function* ({ base, scope = 'sub', filter, attributes, controls = [], isOptional = false, atMost }) {
      const pages = client.searchPaginated(
        base,
        {
          scope,
          filter,
          attributes: [...attributes],
          explicitBufferAttributes: binaries,
          paged: { pageSize },
          ...(atMost !== undefined && { sizeLimit: atMost }),
          timeLimit: answerMs / 1000,
        },
        [...controls],
      )
      for (;;) {
        const page = await run(`search below ${base}`, () => (isOptional ? orNothing(pages.next()) : pages.next()))
        if (page.done === true) return
        yield page.value.searchEntries.map(readEntry)
      }
    },
    close: () => {
      // Whether the server hears it does not matter: the end of the connection says the same.
      void client.unbind().then(
        () => socket.destroy(),
        () => socket.destroy(),
      )
    },
  }
}

// noSuchObject, invalidDNSyntax, insufficientAccessRights, referral.
const absences: readonly number[] = [32, 34, 50, 10]

async function orNothing<Page>(next: Promise<IteratorResult<Page, void>>): Promise<IteratorResult<Page, void>> {
  try {
    return await next
  } catch (error) {
    if (error instanceof ResultCodeError && absences.includes(error.code)) return { done: true, value: undefined }
    throw error
  }
}

interface Binding {
  readonly name: string
  readonly password: string
  readonly policy: PasswordPolicyControl
}

async function bindOnce(
  client: Client,
  { name, password, policy }: Binding,
): Promise<Pick<BindAnswer, 'code' | 'said'>> {
  try {
    await client.bind(name, password, policy)
    return { code: 0, said: '' }
  } catch (error) {
    if (error instanceof ResultCodeError) return { code: error.code, said: error.message }
    throw error
  }
}

/** What some work comes to, or what ended the connection where that came first: ldapts would wait, or say only that something was wrong. */
type UnlessEnded = <Result>(work: Promise<Result>) => Promise<Result>

function watch(socket: TLSSocket, signal: AbortSignal, host: string): UnlessEnded {
  const frames = createFrameCheck(maxBytes)
  const waiting = new Set<(reason: unknown) => void>()
  let ended: { readonly reason: unknown } | undefined
  const end = (reason: unknown): void => {
    ended ??= { reason }
    for (const reject of waiting) reject(ended.reason)
    socket.destroy()
  }
  const abort = (): void => end(signal.reason)
  socket.on('data', (chunk: Buffer) => {
    const fault = frames.look(chunk)
    if (fault !== undefined) end(new ProviderError('unexpected', `${host} ${fault}.`))
  })
  socket.on('error', () => end(new ProviderError('transient', `${host} broke the connection.`)))
  socket.on('close', () => {
    signal.removeEventListener('abort', abort)
    end(new ProviderError('transient', `${host} closed the connection.`))
  })
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  // A promise of each work's own: one for all of them would keep what they came to.
  return async (work) => {
    const { promise, reject } = Promise.withResolvers<never>()
    waiting.add(reject)
    frames.begin()
    if (ended !== undefined) reject(ended.reason)
    try {
      return await Promise.race([promise, work])
    } finally {
      waiting.delete(reject)
    }
  }
}
