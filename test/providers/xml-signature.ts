// XML Signature as its readers do it: parse, take the signature out, canonicalize, compare. It shares nothing with what writes one.
import { createHash, type KeyObject, verify } from 'node:crypto'
import { XMLParser } from 'fast-xml-parser'

export interface XmlElement {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly (XmlElement | string)[]
}

interface ParsedNode {
  readonly [name: string]: ParsedNode[] | Record<string, string> | string | undefined
}

const attributesKey = ':@'
const textKey = '#text'

/** The one element that a document has. Throws where there is none, or more. */
export function parseXml(text: string): XmlElement {
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: '',
    trimValues: false,
    parseTagValue: false,
    parseAttributeValue: false,
    htmlEntities: true,
    ignoreDeclaration: true,
    ignorePiTags: true,
  })
  const nodes = (parser.parse(text) as ParsedNode[]).flatMap(readNode)
  const [element, ...others] = nodes.filter((node) => typeof node !== 'string')
  if (element === undefined || others.length > 0) throw new Error('the document has not one element')
  return element
}

function readNode(node: ParsedNode): (XmlElement | string)[] {
  const { [attributesKey]: attributes = {}, [textKey]: text, ...elements } = node
  if (typeof text === 'string') return [text]
  return Object.entries(elements).map(([name, children]) => ({
    name,
    attributes: attributes as Record<string, string>,
    children: Array.isArray(children) ? children.flatMap(readNode) : [],
  }))
}

/** The first child of a name; the name without its prefix is enough. */
export function findChild(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return listElements(element).find((child) => toLocalName(child.name) === name)
}

export function listElements(element: XmlElement | undefined): XmlElement[] {
  return (element?.children ?? []).filter((child) => typeof child !== 'string')
}

export function readContent(element: XmlElement | undefined): string {
  return (element?.children ?? []).filter((child) => typeof child === 'string').join('')
}

export function toLocalName(name: string): string {
  return name.split(':').at(-1) ?? ''
}

/** Exclusive XML canonicalization (https://www.w3.org/TR/xml-exc-c14n/); `scope` is what prefixes mean around the element. */
export function canonicalize(
  element: XmlElement,
  scope: Readonly<Record<string, string>> = {},
  rendered: Readonly<Record<string, string>> = {},
): string {
  const own = Object.entries(element.attributes)
  const declared = Object.fromEntries(
    own.filter(([name]) => isDeclaration(name)).map(([name, uri]) => [name === 'xmlns' ? '' : name.slice(6), uri]),
  )
  const inScope = { ...scope, ...declared }
  const attributes = own.filter(([name]) => !isDeclaration(name))
  const used = new Set([
    toPrefix(element.name),
    ...attributes.filter(([name]) => name.includes(':')).map(([name]) => toPrefix(name)),
  ])
  const needed = [...used].filter((prefix) => (inScope[prefix] ?? '') !== (rendered[prefix] ?? '')).toSorted()
  const namespaces = needed.map((prefix) => {
    const name = prefix === '' ? 'xmlns' : `xmlns:${prefix}`
    return ` ${name}="${escapeAttribute(inScope[prefix] ?? '')}"`
  })
  const keyed = attributes.map(([name, value]) => {
    const uri = name.includes(':') ? (inScope[toPrefix(name)] ?? '') : ''
    return { key: `${uri}\u0000${toLocalName(name)}`, text: ` ${name}="${escapeAttribute(value)}"` }
  })
  const ordered = keyed.toSorted((one, other) => (one.key < other.key ? -1 : 1)).map(({ text }) => text)
  const shown = { ...rendered, ...Object.fromEntries(needed.map((prefix) => [prefix, inScope[prefix] ?? ''])) }
  const children = element.children.map((child) =>
    typeof child === 'string' ? escapeContent(child) : canonicalize(child, inScope, shown),
  )
  return `<${element.name}${namespaces.join('')}${ordered.join('')}>${children.join('')}</${element.name}>`
}

function isDeclaration(name: string): boolean {
  return name === 'xmlns' || name.startsWith('xmlns:')
}

function toPrefix(name: string): string {
  return name.includes(':') ? (name.split(':')[0] ?? '') : ''
}

function escapeContent(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\r', '&#xD;')
}

function escapeAttribute(text: string): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
  return escaped.replaceAll('\t', '&#x9;').replaceAll('\n', '&#xA;').replaceAll('\r', '&#xD;')
}

const algorithms = {
  CanonicalizationMethod: 'http://www.w3.org/2001/10/xml-exc-c14n#',
  SignatureMethod: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
} as const
const transforms = ['http://www.w3.org/2000/09/xmldsig#enveloped-signature', 'http://www.w3.org/2001/10/xml-exc-c14n#']

/** What is wrong with the enveloped signature of an element; undefined where it is good. */
export function findSignatureFault(element: XmlElement, key: KeyObject): string | undefined {
  const signature = findChild(element, 'Signature')
  const signedInfo = findChild(signature, 'SignedInfo')
  if (signature === undefined || signedInfo === undefined) return 'it has no signature'
  for (const [name, algorithm] of Object.entries(algorithms)) {
    if (findChild(signedInfo, name)?.attributes['Algorithm'] !== algorithm) return `its ${name} is another one`
  }
  const reference = findChild(signedInfo, 'Reference')
  if (reference?.attributes['URI'] !== `#${element.attributes['ID']}`) return 'it signs something else'
  const used = listElements(findChild(reference, 'Transforms')).map(({ attributes }) => attributes['Algorithm'])
  if (used.join(' ') !== transforms.join(' ')) return 'its transforms are others'
  if (findChild(reference, 'DigestMethod')?.attributes['Algorithm'] !== 'http://www.w3.org/2001/04/xmlenc#sha256') {
    return 'its digest is made in another way'
  }
  const bare = { ...element, children: element.children.filter((child) => child !== signature) }
  const digest = createHash('sha256').update(canonicalize(bare)).digest('base64')
  if (readContent(findChild(reference, 'DigestValue')) !== digest) return 'its digest is that of something else'
  const scope = { ds: signature.attributes['xmlns:ds'] ?? '' }
  const value = Buffer.from(readContent(findChild(signature, 'SignatureValue')), 'base64')
  const isGood = verify('sha256', Buffer.from(canonicalize(signedInfo, scope)), key, value)
  return isGood ? undefined : 'its signature is that of another key'
}
