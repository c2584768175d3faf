// Keys for OAuth clients that there are only in tests.
import { generateKeyPairSync } from 'node:crypto'

/** An RSA key as PEM, with or without a passphrase. */
export function createRsaKey(passphrase?: string): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const cipher = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase }
  return privateKey.export({ type: 'pkcs8', format: 'pem', ...cipher }).toString()
}
