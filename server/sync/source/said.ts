// What a source says of an error, without what it was sent.
import type { Json, ProviderRequest } from '../../../providers/provider.ts'
import { toLine } from '../../ops/line.ts'

const maxSaidLength = 200
const maxReadLength = 65_536

/** Where sources put the sentence, the best place first. */
const placesOfWords = [
  'error_description',
  'message',
  'errorMessage',
  'errorSummary',
  'detail',
  'error',
  'title',
  'errors',
]

/**
 * The words of an error answer as one line of at most 200 characters that ends like a sentence; empty where there are none. Sources like to
 * quote what they were sent: what stood in headers, form, query and body of the request is left out.
 */
export function readSaid(body: string, request: ProviderRequest): string {
  let said = findWords(body.slice(0, maxReadLength)).replaceAll(/\s+/g, ' ').trim()
  for (const secret of listSecrets(request)) said = said.replaceAll(secret, '…')
  if (said === '') return ''
  const line = toLine(said.length > maxSaidLength ? `${said.slice(0, maxSaidLength)}…` : said)
  return /[.!?…]$/.test(line) ? line : `${line}.`
}

function findWords(body: string): string {
  const text = body.trim()
  if (text.startsWith('<')) return readTitle(text)
  try {
    const parsed: Json = JSON.parse(text)
    return findSentence(parsed) ?? text
  } catch {
    return text
  }
}

// Of a page for people the title says the most; XML has none.
function readTitle(text: string): string {
  const title = /<title[^>]*>([^<]*)</i.exec(text)?.[1]
  return title ?? text.replaceAll(/<[^>]*>/g, ' ')
}

function findSentence(value: Json | undefined): string | undefined {
  if (typeof value === 'string') return value.trim() === '' ? undefined : value
  if (Array.isArray(value)) return findSentence(value[0])
  if (typeof value !== 'object' || value === null) return undefined
  for (const place of placesOfWords) {
    const sentence = findSentence(value[place])
    if (sentence !== undefined) return sentence
  }
  return undefined
}

// Longest first: one may be a part of another. Short ones are in every text by chance.
function listSecrets(request: ProviderRequest): string[] {
  const sent = Object.entries(request.headers ?? {}).flatMap(([name, value]) => readHeader(name, value))
  const secrets = [...sent, ...Object.values(request.form ?? {})].filter(({ length }) => length >= 4)
  const values = [...new URL(request.url).searchParams.values(), request.body ?? '', ...listStrings(request.json)]
  return [...secrets, ...values.filter(({ length }) => length >= 8)].toSorted((a, b) => b.length - a.length)
}

function readHeader(name: string, value: string): string[] {
  if (/^(accept|content-type)$/i.test(name)) return []
  const [, scheme, token] = /^(\w+) +(.+)$/.exec(value) ?? []
  if (token === undefined) return [value]
  if (scheme?.toLowerCase() !== 'basic') return [value, token]
  const [user = '', password = ''] = Buffer.from(token, 'base64').toString('utf8').split(/:(.*)/s)
  return [value, token, user, password]
}

function listStrings(value: Json | undefined): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
  return Object.values(value).filter((one) => typeof one === 'string')
}
