// Looks at the bytes of a connection before anything reads them: whether they are LDAP messages (RFC 4511 section 4.1.1), and how long.

const maxLengthBytes = 4

export interface FrameCheck {
  /** Says what is wrong with what has come, or nothing. */
  look(chunk: Buffer): string | undefined
  /** Counts what comes anew: something else is asked. */
  begin(): void
}

/** The most bytes of one message, and of all that are the answer to one question. */
export interface FrameLimits {
  readonly message: number
  readonly answer: number
}

/** Each message is a SEQUENCE (0x30) that says how long it is. */
export function createFrameCheck(limits: FrameLimits): FrameCheck {
  let heard = 0
  // The bytes of the present message that are still to come; while its head is not whole, the head.
  let rest = 0
  let head: number[] = []

  function readHead(byte: number): string | undefined {
    head.push(byte)
    const [tag, first = 0, ...more] = head
    if (tag !== 0x30) return 'answered with what is no LDAP'
    if (head.length < 2) return undefined
    const count = first < 0x80 ? 0 : first & 0x7f
    if (first === 0x80 || count > maxLengthBytes) return 'answered with what is no LDAP'
    if (more.length < count) return undefined
    rest = count === 0 ? first : more.reduce((length, one) => length * 256 + one, 0)
    head = []
    return rest > limits.message ? explainLength(limits.message) : undefined
  }

  function lookAtFrames(chunk: Buffer): string | undefined {
    for (let place = 0; place < chunk.length;) {
      if (rest > 0) {
        const step = Math.min(rest, chunk.length - place)
        rest -= step
        place += step
        continue
      }
      const fault = readHead(chunk[place] ?? 0)
      if (fault !== undefined) return fault
      place += 1
    }
    return undefined
  }

  return {
    look: (chunk) => {
      heard += chunk.length
      return heard > limits.answer ? explainLength(limits.answer) : lookAtFrames(chunk)
    },
    begin: () => {
      heard = 0
    },
  }
}

function explainLength(bytes: number): string {
  return `answers with more than ${bytes} bytes`
}
