// `rollcall keys`: seals all secrets anew with the first key of ENCRYPTION_KEYS.
import { resealSecrets, type SealedCount } from '../auth/sealed-secrets.ts'
import { createSealer } from '../auth/sealer.ts'
import type { Config } from '../config.ts'
import type { Database } from '../db/connect.ts'
import { AppError } from '../errors.ts'

/**
 * Safe to interrupt, and to repeat. @returns a line for each kind of secret. Throws config_invalid without ENCRYPTION_KEYS, and
 * secret_unreadable once everything else is done where some cannot be opened.
 */
export async function rotateKeys(
  db: Database,
  { ENCRYPTION_KEYS: keys }: Pick<Config, 'ENCRYPTION_KEYS'>,
  print: (line: string) => void,
): Promise<void> {
  if (keys === undefined) {
    throw new AppError(
      'config_invalid',
      'ENCRYPTION_KEYS is not set; put the new key first, and behind it those there were.',
    )
  }
  const counts = await resealSecrets(
    db,
    createSealer(db, keys, () => new Date()),
  )
  for (const { word, total, resealed } of counts) print(`${word}: ${resealed} of ${total} sealed anew`)
  const unreadable = counts.flatMap((one) => one.unreadable)
  if (unreadable.length > 0) throw new AppError('secret_unreadable', explainUnreadable(counts))
}

/** A sentence for each kind of secrets that cannot be opened. */
export function explainUnreadable(counts: readonly SealedCount[]): string {
  return counts
    .filter(({ unreadable }) => unreadable.length > 0)
    .map(({ word, unreadable }) => {
      const [first] = unreadable
      return `${unreadable.length} secrets of ${word} cannot be opened, such as that of ${first?.id}: ${first?.reason}`
    })
    .join(' ')
}
