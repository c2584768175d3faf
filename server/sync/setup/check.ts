// Tests a connection: whether the source lets it in, what of it can be seen, and which attributes will be missing where it cannot.
import {
  type Check,
  type Mapping,
  type MappingRule,
  type Provider,
  ProviderError,
} from '../../../providers/provider.ts'
import type { JsonValue } from '../../db/tables.ts'
import {
  type DirectoryKey,
  type PullDirectory,
  readPullDirectory,
  recordChecks,
} from '../../directory/pull-directories.ts'
import { AppError } from '../../errors.ts'
import { requireProvider } from './connection.ts'
import { mergeMapping } from '../mapping/map.ts'
import type { SyncServices } from '../services.ts'
import { askSource } from '../source/ask.ts'

export interface ConnectionCheck {
  /** `sign_in`, or the name of a permission. */
  readonly name: string
  readonly ok: boolean
  /** A sentence: what was seen, and what to do where it is not ok. */
  readonly detail: string
  /** SCIM attributes that will be missing for want of it. */
  readonly missing: readonly string[]
  /** Whether runs fail for want of it. */
  readonly isNeeded: boolean
}

export interface CheckedConnection {
  readonly at: Date
  /** Whether runs can do their work. */
  readonly ok: boolean
  readonly checks: readonly ConnectionCheck[]
}

const timeoutMs = 60_000

/**
 * Asks the source, and keeps what it said. What passes by itself, such as a source that is busy, is told and not kept. Throws not_found,
 * conflict where there is no connection.
 */
export async function checkConnection(
  services: SyncServices,
  key: DirectoryKey,
  gone: AbortSignal,
): Promise<CheckedConnection> {
  const { db, now, providers } = services
  // Before anything is read: what is connected meanwhile was not checked.
  const at = now()
  const directory = await readPullDirectory(db, key.organizationId, key.id)
  const provider = requireProvider(providers, directory)
  const { checks, passes } = await ask(services, directory, provider, gone)
  const checked = { at, ok: isUsable(checks), checks }
  if (!passes)
    await recordChecks(
      db,
      key,
      at,
      checks.map(({ missing, ...check }) => ({ ...check, missing: [...missing] })),
    )
  return checked
}

interface Answer {
  readonly checks: readonly ConnectionCheck[]
  /** Whether it says nothing of the connection. */
  readonly passes: boolean
}

async function ask(
  services: SyncServices,
  directory: PullDirectory,
  provider: Provider,
  gone: AbortSignal,
): Promise<Answer> {
  try {
    const said = await askSource(services, directory, provider, { timeoutMs, gone }, (source) => source.check())
    const mapping = mergeMapping(provider, directory.mapping)
    return { checks: said.map((check) => describe(check, provider, mapping)), passes: false }
  } catch (error) {
    if (error instanceof ProviderError) return refuse(error.message, error.kind !== 'settings')
    const isLocked = error instanceof AppError && error.code === 'secret_unreadable'
    if (isLocked) return refuse(`${error.message} Set it, or give the secrets of the connection again.`, false)
    throw error
  }
}

function refuse(detail: string, passes: boolean): Answer {
  return { checks: [{ name: 'sign_in', ok: false, detail, missing: [], isNeeded: true }], passes }
}

/** What the last test found; undefined where there was none since the directory was connected. */
export function readChecks({
  checks,
  checkedAt,
  connectedAt,
}: {
  readonly checks: JsonValue
  readonly checkedAt: Date | null
  readonly connectedAt: Date | null
}): CheckedConnection | undefined {
  if (checkedAt === null || connectedAt === null || checkedAt < connectedAt || !Array.isArray(checks)) return undefined
  const kept = checks as unknown as readonly ConnectionCheck[]
  return { at: checkedAt, ok: isUsable(kept), checks: kept }
}

function isUsable(checks: readonly ConnectionCheck[]): boolean {
  return checks.every(({ ok, isNeeded }) => ok || !isNeeded)
}

function describe({ name, ok, detail, missing = [] }: Check, provider: Provider, mapping: Mapping): ConnectionCheck {
  const isNeeded = name === 'sign_in' || provider.required.some(({ field }) => missing.includes(field))
  const attributes = Object.entries(mapping).filter(([, rule]) => listFields(rule).some((one) => missing.includes(one)))
  return { name, ok, detail, missing: attributes.map(([path]) => path), isNeeded }
}

function listFields(rule: MappingRule): readonly string[] {
  if (typeof rule === 'string') return [rule]
  if ('value' in rule) return []
  return typeof rule.from === 'string' ? [rule.from] : rule.from
}
