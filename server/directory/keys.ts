// How values are prepared before they are compared. The same functions prepare what is stored and what is asked for, so
// that matching does not depend on the collation of the database.

/**
 * The comparison key of a userName, close to PRECIS UsernameCaseMapped (RFC 8265): width-mapped, composed, case-folded.
 * Spaces are tolerated, for identity providers send them. undefined where nothing is left, or a control character is in it.
 */
export function prepareUserName(userName: string): string | undefined {
  const key = foldUserName(userName.trim())
  if (key === '' || /\p{Cc}/u.test(key)) return undefined
  return key
}

/** The same for a piece of a userName, whose spaces at the ends may be from its middle. */
export function foldUserName(text: string): string {
  return foldCase(mapWidth(text))
}

/** The comparison key of any other string that is not case-exact: composed and in lower case, whatever ends a word. */
export function foldCase(text: string): string {
  return text.normalize('NFC').toLowerCase().replaceAll('ς', 'σ')
}

// Full-width and half-width forms to their ordinary ones; other compatibility characters stay as they are.
function mapWidth(text: string): string {
  return text.replace(/[\uff01-\uffee\u3000]/gu, (character) => character.normalize('NFKC'))
}
