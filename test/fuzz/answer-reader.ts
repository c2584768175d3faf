// Takes HTTP/1.1 answers out of a stream of bytes, one for each request; strict, for a server has no excuse.
export interface Answer {
  readonly status: number
  /** By lower-case name; a header that is given twice is an error. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
}

export class AnswerReader {
  #bytes: Buffer = Buffer.alloc(0)
  #chunks: Buffer[] = []

  push(chunk: Buffer): void {
    this.#chunks.push(chunk)
  }

  /** What came and has not been taken. */
  get rest(): Buffer {
    this.#bytes = this.#chunks.length === 0 ? this.#bytes : Buffer.concat([this.#bytes, ...this.#chunks])
    this.#chunks = []
    return this.#bytes
  }

  /** The next answer once it is whole; those to HEAD have no body. Throws where this is not HTTP. */
  take(method: string): Answer | undefined {
    for (;;) {
      const bytes = this.rest
      const end = bytes.indexOf('\r\n\r\n')
      if (end === -1) return undefined
      const { status, headers } = readHead(bytes.subarray(0, end).toString('latin1'))
      const after = bytes.subarray(end + 4)
      if (status === 100) {
        this.#bytes = after
        continue
      }
      const hasBody = method !== 'HEAD' && status !== 204 && status !== 304
      const taken = hasBody ? takeBody(headers, after) : { body: Buffer.alloc(0), rest: after }
      if (taken === undefined) return undefined
      this.#bytes = taken.rest
      return { status, headers, body: taken.body }
    }
  }
}

function readHead(head: string): { status: number; headers: Map<string, string> } {
  const [first = '', ...lines] = head.split('\r\n')
  const status = /^HTTP\/1\.1 (\d{3}) [\x20-\x7e]*$/.exec(first)?.[1]
  if (status === undefined) throw new Error(`this is no status line: ${JSON.stringify(first.slice(0, 200))}`)
  const headers = new Map<string, string>()
  for (const line of lines) {
    const [, name, value] = /^([\w-]+): ([\t\x20-\x7e\x80-\xff]*)$/.exec(line) ?? []
    if (name === undefined || value === undefined)
      throw new Error(`this is no header: ${JSON.stringify(line.slice(0, 200))}`)
    if (headers.has(name.toLowerCase())) throw new Error(`the header ${name} is given twice`)
    headers.set(name.toLowerCase(), value)
  }
  return { status: Number(status), headers }
}

function takeBody(headers: ReadonlyMap<string, string>, bytes: Buffer): { body: Buffer; rest: Buffer } | undefined {
  if (headers.get('transfer-encoding') === 'chunked') return takeChunks(bytes)
  const length = Number(headers.get('content-length') ?? 0)
  return bytes.length < length ? undefined : { body: bytes.subarray(0, length), rest: bytes.subarray(length) }
}

function takeChunks(bytes: Buffer): { body: Buffer; rest: Buffer } | undefined {
  const chunks: Buffer[] = []
  for (let at = 0; ;) {
    const end = bytes.indexOf('\r\n', at)
    if (end === -1) return undefined
    const size = Number.parseInt(bytes.subarray(at, end).toString('latin1'), 16)
    at = end + 2 + size + 2
    if (Number.isNaN(size)) throw new Error('a chunk has no size')
    if (bytes.length < at) return undefined
    if (size === 0) return { body: Buffer.concat(chunks), rest: bytes.subarray(at) }
    chunks.push(bytes.subarray(end + 2, end + 2 + size))
  }
}
