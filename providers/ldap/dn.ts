// Distinguished names (RFC 4514). Servers write one name in many ways; what is compared is written in one.

/** A distinguished name as it is compared: without regard to case, spaces and ways to escape. */
export function normalizeDn(dn: string): string {
  return split(dn, /[,;]/).map(normalizeRdn).join(',')
}

/** The name of the entry that one is directly below, as it is written; empty where there is none. */
export function readParent(dn: string): string {
  return split(dn, /[,;]/).slice(1).join(',')
}

/** What the first part of a name says, such as `Sales` of `CN=Sales,DC=example`. */
export function readFirstValue(dn: string): string {
  const [first = ''] = split(dn, /[,;]/)
  return unescape(first.slice(first.indexOf('=') + 1)).trim()
}

/** Whether an entry is another one, or anywhere below it; both normalized. */
export function isWithin(dn: string, base: string): boolean {
  return dn === base || dn.endsWith(`,${base}`) || base === ''
}

/** The DNS name of a domain whose entry is `DC=corp,DC=example`; empty where the name is no domain's. */
export function readDomain(dn: string): string {
  const parts = normalizeDn(dn).split(',')
  return parts.every((part) => part.startsWith('dc=')) ? parts.map((part) => part.slice(3)).join('.') : ''
}

function normalizeRdn(rdn: string): string {
  return split(rdn, /\+/).map(normalizePair).toSorted().join('+')
}

function normalizePair(pair: string): string {
  const mark = pair.indexOf('=')
  const value = unescape(pair.slice(mark + 1))
    .trim()
    .replaceAll(/\s+/g, ' ')
    .toLowerCase()
  return `${pair.slice(0, Math.max(mark, 0)).trim().toLowerCase()}=${value.replaceAll(/[\\,+;]/g, '\\$&')}`
}

function split(text: string, separator: RegExp): string[] {
  const parts: string[] = []
  let start = 0
  for (let index = 0; index < text.length; index++) {
    if (text[index] === '\\') index += 1
    else if (separator.test(text[index] ?? '')) {
      parts.push(text.slice(start, index))
      start = index + 1
    }
  }
  return text === '' ? [] : [...parts, text.slice(start)]
}

// Bytes may be written as two hexadecimal digits each, also those of one character.
function unescape(value: string): string {
  return value.replaceAll(/\\(?:([0-9a-f]{2}(?:\\[0-9a-f]{2})*)|(.))/gis, (_all, bytes?: string, character = '') =>
    bytes === undefined ? character : Buffer.from(bytes.replaceAll('\\', ''), 'hex').toString('utf8'),
  )
}
