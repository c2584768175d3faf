import { ProviderError } from '../provider.ts'

/**
 * The text of a CSV file, whatever a spreadsheet has written it as: UTF-8, or UTF-16 in either order, with or without a byte order mark.
 * Throws ProviderError `settings` for bytes that are neither, for guessing among the encodings of single bytes would spoil names.
 */
export function decodeCsv(bytes: Uint8Array): string {
  const encoding = findEncoding(bytes)
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch {
    throw new ProviderError('settings', 'The file is not encoded as UTF-8. Save it as “CSV UTF-8”, and try again.')
  }
}

// A header begins with a quote or a Latin letter, of which UTF-16 makes one byte that is zero.
function findEncoding([first, second]: Uint8Array): string {
  if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0)) return 'utf-16le'
  if ((first === 0xfe && second === 0xff) || (first === 0 && second !== 0)) return 'utf-16be'
  return 'utf-8'
}
