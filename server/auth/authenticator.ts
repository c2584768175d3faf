// From the Authorization header to a principal.
import { AppError } from '../errors.ts'
import type { JwtVerifier } from './jwt.ts'
import type { LastUsed } from './last-used.ts'
import type { Principal } from './principal.ts'
import type { RateLimiter } from './rate-limiter.ts'
import type { TokenLookup } from './token-lookup.ts'

export class Authenticator {
  readonly #tokens: TokenLookup
  readonly #jwts: JwtVerifier
  readonly #lastUsed: LastUsed
  readonly #limiter: RateLimiter

  constructor(tokens: TokenLookup, jwts: JwtVerifier, lastUsed: LastUsed, limiter: RateLimiter) {
    this.#tokens = tokens
    this.#jwts = jwts
    this.#lastUsed = lastUsed
    this.#limiter = limiter
  }

  /** Throws unauthorized, rate_limited, database_unavailable. */
  async authenticate(authorization: string | undefined): Promise<Principal> {
    if (authorization === undefined) throw new AppError('unauthorized')
    const secret = readBearer(authorization)
    const principal = secret === undefined ? undefined : await this.#find(secret)
    if (principal === undefined) {
      throw new AppError(
        'unauthorized',
        'The credentials are wrong, expired or revoked. Send Authorization: Bearer with a live token.',
        {
          data: { sent: 1 },
        },
      )
    }
    this.#limiter.take(nameBucket(principal))
    if (principal.tokenId !== null) this.#lastUsed.mark(principal.organizationId, principal.tokenId)
    return principal
  }

  /** Counts further requests of a principal, which are done whatever the limit is; those that follow wait for them. */
  charge(principal: Principal, requests: number): void {
    this.#limiter.charge(nameBucket(principal), requests)
  }

  // A token that the operator chose may look like a JWT and be none.
  async #find(secret: string): Promise<Principal | undefined> {
    const looksLikeJwt = secret.startsWith('ey') && secret.split('.').length === 3
    const principal = looksLikeJwt ? await this.#jwts.find(secret) : undefined
    return principal ?? this.#tokens.find(secret)
  }
}

function nameBucket({ tokenId, organizationId, directoryId }: Principal): string {
  return tokenId ?? `${organizationId}/${directoryId}`
}

/** The token of `Bearer …`, the scheme in any case (RFC 6750 section 2.1), or undefined. */
function readBearer(authorization: string): string | undefined {
  return /^bearer +([\w\-.~+/]+=*)$/i.exec(authorization.trim())?.[1]
}
