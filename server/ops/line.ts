const maxLength = 400

/** A message that quotes a request as a line that can be shown and stored, whatever the request holds. */
export function toLine(text: string): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text
  return cut.replace(/\p{Cc}+/gu, ' ').toWellFormed()
}
