// What the standard says of the text of some attributes beyond their type. A strict directory is held to it; others have what
// they send stored and noted, because identity providers compare it with what they read back.
import { X509Certificate } from 'node:crypto'

export interface Format {
  /** What a value has to be, for messages. */
  readonly name: string
  readonly matches: (value: string) => boolean
}

const user = 'urn:ietf:params:scim:schemas:core:2.0:User'

const url: Format = { name: 'an absolute URL', matches: (value) => !/\s/.test(value) && URL.canParse(value) }

// RFC 7643 section 4.1, by the attribute's URN.
const formats: ReadonlyMap<string, Format> = new Map([
  [`${user}:profileUrl`, url],
  [`${user}:photos.value`, url],
  [`${user}:locale`, { name: 'a language tag such as en-US', matches: isLanguageTag }],
  [
    `${user}:preferredLanguage`,
    { name: 'a list of languages as Accept-Language has it', matches: (value) => value.split(',').every(isRange) },
  ],
  [`${user}:timezone`, { name: 'a time zone of the IANA database such as Europe/Oslo', matches: isTimeZone }],
  [`${user}:emails.value`, { name: 'an e-mail address', matches: isMailbox }],
  [`${user}:addresses.country`, { name: 'an ISO 3166-1 alpha-2 code such as NO', matches: isCountry }],
  [`${user}:x509Certificates.value`, { name: 'exactly one DER certificate', matches: isCertificate }],
])

const uri: Format = { name: 'a URI', matches: (value) => URL.canParse(value, 'https://relative.invalid/') }

/** The format of the attribute with this URN, such as `urn:…:User:emails.value`, where it has one. */
export function findFormat(urn: string, type: string): Format | undefined {
  return formats.get(urn) ?? (type === 'reference' ? uri : undefined)
}

// RFC 5646 in outline; RFC 7643 section 4.1.1 lets underscores pass.
function isLanguageTag(text: string): boolean {
  return /^(?:[a-z]{2,8}|[ix](?=[-_]))(?:[-_][a-z\d]{1,8})*$/i.test(text)
}

// RFC 9110 section 12.5.4.
function isRange(text: string): boolean {
  return /^[ \t]*(?:\*|[a-z]{1,8}(?:-[a-z\d]{1,8})*)(?:[ \t]*;[ \t]*q=(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?[ \t]*$/i.test(
    text,
  )
}

const timeZones = new Set(Intl.supportedValuesOf('timeZone'))

// The set has one name for each zone; the constructor knows the others, and takes offsets, which are no zones.
function isTimeZone(text: string): boolean {
  if (timeZones.has(text)) return true
  if (!/^[a-z]/i.test(text)) return false
  try {
    Intl.DateTimeFormat('en', { timeZone: text })
    return true
  } catch {
    return false
  }
}

// RFC 5321 sections 4.1.2 and 4.5.3.1, in outline; letters beyond ASCII are RFC 6531.
function isMailbox(text: string): boolean {
  return (
    /^(?:[^\s@"]+|"(?:[^"\\]|\\.)+")@[^\s@.]+(?:\.[^\s@.]+)*$/.test(text) &&
    Buffer.byteLength(text) <= 254 &&
    Buffer.byteLength(text.slice(0, text.lastIndexOf('@'))) <= 64
  )
}

const countries = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' })

function isCountry(text: string): boolean {
  const code = text.toUpperCase()
  return /^[A-Z]{2}$/.test(code) && code !== 'ZZ' && countries.of(code) !== undefined
}

// The parser stops after the first certificate, and reads PEM, too; what it read must be all there is.
function isCertificate(text: string): boolean {
  const bytes = Buffer.from(text, 'base64')
  try {
    return new X509Certificate(bytes).raw.equals(bytes)
  } catch {
    return false
  }
}
