import { AppError } from '../../errors.ts'
import type { Endpoint } from '../endpoint.ts'
import type { Exchange } from '../exchange.ts'

/**
 * Whom or what the caller does not see at its own address has nothing to show below it either: an identity provider works with its
 * own groups, and with people whom it has not deleted. Throws not_found.
 */
export async function requireSeen(exchange: Exchange, endpoint: Endpoint): Promise<void> {
  const { actor, baseUrl, id } = exchange
  if (actor.view === 'organization') return
  const rendering = { baseUrl, omits: new Set(['groups', 'members']), adds: new Set<string>() }
  if ((await endpoint.read(exchange, id, rendering)) !== undefined) return
  throw new AppError('not_found', `There is no ${endpoint.typeName.toLowerCase()} ${id}.`)
}
