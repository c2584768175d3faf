// Just as much of BER (X.690) as LDAP messages need: an element is a tag, a length and bytes, which may be elements.

export interface Element {
  readonly tag: number
  readonly bytes: Buffer
}

/** The first element of some bytes and how long it is in all; undefined where it is not whole yet. */
export function readElement(bytes: Buffer): { readonly element: Element; readonly length: number } | undefined {
  const [tag, first] = bytes
  if (tag === undefined || first === undefined) return undefined
  const count = first < 0x80 ? 0 : first & 0x7f
  if (bytes.length < 2 + count) return undefined
  const length = count === 0 ? first : bytes.readUIntBE(2, count)
  const start = 2 + count
  if (bytes.length < start + length) return undefined
  return { element: { tag, bytes: bytes.subarray(start, start + length) }, length: start + length }
}

/** The elements that an element consists of. */
export function readElements({ bytes }: Element): Element[] {
  const elements: Element[] = []
  for (let rest = bytes; rest.length > 0;) {
    const read = readElement(rest)
    if (read === undefined) throw new Error('an element is cut off')
    elements.push(read.element)
    rest = rest.subarray(read.length)
  }
  return elements
}

export function readInteger({ bytes }: Element): number {
  return bytes.length === 0 ? 0 : bytes.readIntBE(0, bytes.length)
}

export function writeElement(tag: number, ...parts: readonly Buffer[]): Buffer {
  const bytes = Buffer.concat(parts)
  if (bytes.length < 0x80) return Buffer.concat([Buffer.from([tag, bytes.length]), bytes])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([Buffer.from([tag, 0x84]), length, bytes])
}

export function writeText(text: string | Buffer, tag = 0x04): Buffer {
  return writeElement(tag, Buffer.from(text))
}

export function writeInteger(value: number, tag = 0x02): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return writeElement(tag, bytes)
}
