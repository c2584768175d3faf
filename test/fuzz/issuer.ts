// An issuer of JWTs for people, which is what /Me is for.
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { Database } from '../../server/db/connect.ts'

const audience = 'https://fuzz.example'

export interface Issuer {
  /** A token that speaks for the user. */
  sign(userId: string): Promise<string>
  /** Serves the keys until it is closed. */
  readonly keys: Server
}

/** Makes the directory trust an issuer. */
export async function trustIssuer(db: Database, organizationId: string, directoryId: string): Promise<Issuer> {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const body = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'fuzz', alg: 'ES256', use: 'sig' }] })
  const keys = createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(body)
  })
  keys.listen(0, '127.0.0.1')
  await once(keys, 'listening')
  const issuer = `https://issuer-${randomUUID()}.example`
  const row = {
    org_id: organizationId,
    id: `iss_${randomUUID()}`,
    directory_id: directoryId,
    issuer,
    audience,
    jwks_uri: `http://127.0.0.1:${(keys.address() as AddressInfo).port}/`,
    created_at: new Date(),
  }
  await db.insertInto('issuers').values(row).execute()
  const sign = (userId: string): Promise<string> =>
    new SignJWT({ scope: 'read write' })
      .setProtectedHeader({ alg: 'ES256', kid: 'fuzz' })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(userId)
      .setExpirationTime('2d')
      .sign(privateKey)
  return { sign, keys }
}
