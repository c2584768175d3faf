// What had to be repaired, ignored or kept in a request. It goes to the request log, so that an administrator can see what
// a client really sends.
export interface Note {
  /** Attribute path, or the part of the request. */
  readonly path: string
  readonly note: string
}

/** How a request is to be read: strictly by the standard, or with the repairs that real clients need. */
export interface Reading {
  readonly strict: boolean
  readonly notes: Note[]
}

/** Records a repair, and refuses it in strict mode with the given error. */
export function repair(reading: Reading, path: string, note: string, strictError: () => Error): void {
  if (reading.strict) throw strictError()
  reading.notes.push({ path, note })
}
