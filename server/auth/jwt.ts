// JWTs of the issuers that an organization trusts: signature by JWKS, issuer, audience, times, and scopes from the claims.
import { createRemoteJWKSet, decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose'
import type { Database } from '../db/connect.ts'
import { query } from '../db/query.ts'
import type { Scope } from '../db/tables.ts'
import { reading } from '../db/transaction.ts'
import { AppError } from '../errors.ts'
import { type Principal, principalColumns, type PrincipalRow, toPrincipal } from './principal.ts'
import { scopes } from './tokens.ts'

// Signatures only: a token whose key we would have to share with its issuer is not taken.
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']
const clockToleranceSeconds = 30

interface Issuer extends PrincipalRow {
  readonly audience: string
  readonly jwks_uri: string
}

type KeySet = ReturnType<typeof createRemoteJWKSet>

export class JwtVerifier {
  readonly #db: Database
  readonly #now: () => Date
  readonly #keySets = new Map<string, KeySet>()

  constructor(db: Database, now: () => Date) {
    this.#db = db
    this.#now = now
  }

  /** undefined where the JWT is not one that an organization trusts. Throws database_unavailable. */
  async find(jwt: string): Promise<Principal | undefined> {
    const claims = readClaims(jwt)
    if (claims?.iss === undefined) return undefined
    const audiences = [claims.aud ?? []].flat()
    const [issuer, another] = await reading(() => query<Issuer>(this.#db, issuerSql, [claims.iss, audiences]))
    // A token for two audiences that we serve does not say for which of them it is used here.
    if (issuer === undefined || another !== undefined) return undefined
    const verified = await this.#verify(jwt, claims.iss, issuer)
    return verified === undefined
      ? undefined
      : toPrincipal(issuer, { scopes: readScopes(verified), tokenId: null, subject: verified.sub ?? null })
  }

  async #verify(jwt: string, iss: string, issuer: Issuer): Promise<JWTPayload | undefined> {
    try {
      const { payload } = await jwtVerify(jwt, this.#keySet(issuer.jwks_uri), {
        issuer: iss,
        audience: issuer.audience,
        algorithms,
        clockTolerance: clockToleranceSeconds,
        requiredClaims: ['exp'],
        currentDate: this.#now(),
      })
      return payload
    } catch (error) {
      if (isKeySetUnreachable(error)) {
        throw new AppError('database_unavailable', 'The keys of the token’s issuer cannot be fetched.', {
          cause: error,
        })
      }
      return undefined
    }
  }

  #keySet(uri: string): KeySet {
    const known = this.#keySets.get(uri)
    if (known !== undefined) return known
    const keySet = createRemoteJWKSet(new URL(uri), { timeoutDuration: 5000 })
    this.#keySets.set(uri, keySet)
    return keySet
  }
}

// A wrong key is the caller's fault; a key set that does not answer is not, and must not look like a revoked token.
function isKeySetUnreachable(error: unknown): boolean {
  if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) return true
  return !(error instanceof errors.JOSEError) || error.code === 'ERR_JOSE_GENERIC'
}

function readClaims(jwt: string): JWTPayload | undefined {
  try {
    return decodeJwt(jwt)
  } catch {
    return undefined
  }
}

const issuerSql = `select i.audience, i.jwks_uri, i.directory_id is not null as for_directory, ${principalColumns}
  from issuers i
  join organizations o on o.org_id = i.org_id
  join directories d on d.org_id = i.org_id and (d.id = i.directory_id or i.directory_id is null and d.kind = 'manual')
  where i.issuer = $1 and i.audience = any($2::text[])`

// `scope` (RFC 8693), `scp` (Okta, Entra), `roles` (Entra application permissions); "scim" is what IPSIE asks for.
function readScopes(claims: JWTPayload): Scope[] {
  const named = [claims['scope'], claims['scp'], claims['roles']].flatMap((claim) => {
    if (typeof claim === 'string') return claim.split(' ')
    return Array.isArray(claim) ? claim.filter((one) => typeof one === 'string') : []
  })
  const plain = named.map((name) => name.replace(/^rollcall[:.]/, ''))
  return scopes.filter(
    (scope) => plain.includes(scope) || (plain.includes('scim') && (scope === 'read' || scope === 'write')),
  )
}
