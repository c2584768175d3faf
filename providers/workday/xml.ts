// As much of XML as Workday's services speak. Entities are not expanded: what an answer declares has no place in SOAP.
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { isObject } from '../json.ts'
import type { Json } from '../provider.ts'

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  // Workday's answers have one namespace but for that of SOAP, and their prefixes may change.
  removeNSPrefix: true,
  parseTagValue: false,
  parseAttributeValue: false,
  processEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
})

/** Undefined where the text is no XML, is cut off, or declares a document type. */
export function parseXml(text: string): Json | undefined {
  if (/<!DOCTYPE/i.test(text) || XMLValidator.validate(text) !== true) return undefined
  const document: Json = parser.parse(text)
  return document
}

/**
 * Cuts elements out of a text, such as `Worker`, which must not be within each other: a large answer is read one by one, so that whatever
 * else the process does has its turn.
 */
export function cutElements(
  text: string,
  name: string,
): { readonly rest: string; readonly elements: readonly string[] } {
  const elements: string[] = []
  const rest = text.replaceAll(new RegExp(`<(\\w+:)?${name}(?:\\s[^>]*)?>[^]*?</\\1${name}>`, 'g'), (element) => {
    elements.push(element)
    return ''
  })
  return { rest, elements }
}

/** All elements at a path such as `Worker_Data/Personal_Data`, below one element. */
export function findAll(element: Json | undefined, path: string): Json[] {
  let found: Json[] = element === undefined ? [] : [element]
  for (const name of path.split('/')) {
    found = found.flatMap((one) => {
      const inner = isObject(one) ? one[name] : undefined
      return inner === undefined ? [] : inner
    })
  }
  return found
}

/** The first one at a path. */
export function find(element: Json | undefined, path: string): Json | undefined {
  return findAll(element, path)[0]
}

/** The text of an element, without spaces around it; undefined where there is none. */
export function readContent(element: Json | undefined): string | undefined {
  const raw = isObject(element) ? element['#text'] : element
  if (typeof raw !== 'string') return undefined
  const text = decode(raw).trim()
  return text === '' ? undefined : text
}

export function readAttribute(element: Json | undefined, name: string): string | undefined {
  const raw = isObject(element) ? element[`@${name}`] : undefined
  return typeof raw === 'string' && raw !== '' ? decode(raw) : undefined
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

function decode(text: string): string {
  return text.replaceAll(/&(?:#x([\da-f]{1,6})|#(\d{1,7})|(\w+));/gi, (all: string, hex, decimal, name) => {
    if (typeof name === 'string') return entities[name] ?? all
    const code = typeof hex === 'string' ? Number.parseInt(hex, 16) : Number(decimal)
    return code <= 0x10_ff_ff ? String.fromCodePoint(code) : all
  })
}

/** For texts and attributes. */
export function escapeXml(text: string): string {
  return text.replaceAll(/[<>&"']/g, (character) => {
    const name = Object.keys(entities).find((one) => entities[one] === character)
    return `&${name};`
  })
}
