// `rollcall links`: setup links, which let somebody without an account connect a directory.
import { AppError } from '../errors.ts'
import type { SyncServices } from '../sync/services.ts'
import {
  createSetupLink,
  listSetupLinks,
  maxLinkDays,
  revokeSetupLink,
  usualLinkDays,
  writeSetupUrl,
} from '../sync/setup/setup-links.ts'
import { actFor } from './sync.ts'

export interface LinkPlace {
  readonly organization: string
  /** A name or an id. */
  readonly directory: string
}

/** @returns the link, to be shown once. Throws not_found, invalid_value, conflict. */
export async function createLink(
  services: SyncServices,
  { organization, directory }: LinkPlace,
  days: string | undefined,
  publicUrl: string,
): Promise<string> {
  const { organizationId, directoryId, at } = await actFor(services, organization, directory)
  const key = { organizationId, id: directoryId }
  const { id, secret, expiresAt } = await createSetupLink(services, key, readDays(days), at)
  return `${id}  ${writeSetupUrl(publicUrl, secret)}  until ${expiresAt.toISOString()}`
}

/** One line for each link; never a secret. Throws not_found. */
export async function describeLinks(services: SyncServices, { organization, directory }: LinkPlace): Promise<string[]> {
  const { organizationId, directoryId, at } = await actFor(services, organization, directory)
  const links = await listSetupLinks(services.db, { organizationId, id: directoryId }, at)
  return links.map(({ id, state, expiresAt, openedAt }) => {
    const opened = openedAt === null ? 'never opened' : `opened ${openedAt.toISOString()}`
    return [id, state, `until ${expiresAt.toISOString()}`, opened].join('  ')
  })
}

/** Throws not_found. */
export async function revokeLink(
  services: SyncServices,
  { organization, directory }: LinkPlace,
  id: string,
): Promise<void> {
  const { organizationId, directoryId, at } = await actFor(services, organization, directory)
  await revokeSetupLink(services.db, { organizationId, id: directoryId }, id, at)
}

function readDays(text = String(usualLinkDays)): number {
  const days = Number(text)
  if (Number.isInteger(days) && days >= 1 && days <= maxLinkDays) return days
  throw new AppError('invalid_value', `--days must be a whole number from 1 to ${maxLinkDays}.`)
}
