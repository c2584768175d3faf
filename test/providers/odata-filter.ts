// The language of $filter, as far as SAP SuccessFactors documents it: comparisons along navigations, `in`, `and`, `or` and parentheses.
import type { Json } from '../../providers/provider.ts'

/** Whether something matches, by the value that a path leads to. */
type Matches = (read: (path: string) => Json) => boolean

export interface Filter {
  readonly paths: readonly string[]
  readonly matches: Matches
}

type Literal = string | number | boolean | null

const token =
  /\s*(?:(datetimeoffset|datetime)'([^']*)'|'((?:[^']|'')*)'|(-?\d+(?:\.\d+)?)(?![\w/])|([A-Za-z_]\w*(?:\/\w+)*)|([(),]))/y

interface Token {
  readonly kind: 'literal' | 'name' | 'mark'
  readonly value: Literal
}

/** Undefined for what is no filter. */
export function readFilter(text: string): Filter | undefined {
  const tokens = tokenize(text)
  if (tokens === undefined) return undefined
  const paths: string[] = []
  let place = 0

  function take(value: string): boolean {
    const isThere = tokens?.[place]?.kind !== 'literal' && tokens?.[place]?.value === value
    if (isThere) place += 1
    return isThere
  }

  function readLiteral(): Literal | undefined {
    const found = tokens?.[place]
    place += 1
    if (found?.kind === 'literal') return found.value
    const words: Readonly<Record<string, Literal>> = { null: null, true: true, false: false }
    return found?.kind === 'name' ? words[String(found.value)] : undefined
  }

  function readAny(): Matches | undefined {
    const parts = readSeveral(readAll, 'or')
    return parts && ((read) => parts.some((part) => part(read)))
  }

  function readAll(): Matches | undefined {
    const parts = readSeveral(readOne, 'and')
    return parts && ((read) => parts.every((part) => part(read)))
  }

  function readSeveral(readPart: () => Matches | undefined, word: string): Matches[] | undefined {
    const parts: Matches[] = []
    do {
      const part = readPart()
      if (part === undefined) return undefined
      parts.push(part)
    } while (take(word))
    return parts
  }

  function readOne(): Matches | undefined {
    if (take('(')) {
      const within = readAny()
      return take(')') ? within : undefined
    }
    const path = tokens?.[place]
    const operator = tokens?.[place + 1]?.value
    if (path?.kind !== 'name' || typeof operator !== 'string') return undefined
    place += 2
    const values: (Literal | undefined)[] = []
    const isList = operator === 'in'
    do values.push(readLiteral())
    while (take(','))
    if (values.length > 1 && !isList) return undefined
    if (values.includes(undefined)) return undefined
    const compare = comparisons[operator]
    if (compare === undefined) return undefined
    const name = String(path.value)
    paths.push(name)
    return (read) => values.some((value) => compare(toOrder(read(name)), value ?? null))
  }

  const matches = readAny()
  return matches === undefined || place < tokens.length ? undefined : { paths, matches }
}

function tokenize(text: string): Token[] | undefined {
  const tokens: Token[] = []
  token.lastIndex = 0
  while (token.lastIndex < text.trimEnd().length) {
    const match = token.exec(text)
    if (match === null) return undefined
    const [, type, moment, quoted, number, name, mark] = match
    if (type !== undefined) {
      const time = Date.parse(moment?.endsWith('Z') === true ? moment : `${moment}Z`)
      if (Number.isNaN(time)) return undefined
      tokens.push({ kind: 'literal', value: time })
    } else if (quoted !== undefined) tokens.push({ kind: 'literal', value: quoted.replaceAll("''", "'") })
    else if (number !== undefined) tokens.push({ kind: 'literal', value: Number(number) })
    else if (name !== undefined) tokens.push({ kind: 'name', value: name })
    else tokens.push({ kind: 'mark', value: mark ?? '' })
  }
  return tokens
}

const comparisons: Readonly<Record<string, (one: Literal, other: Literal) => boolean>> = {
  eq: (one, other) => one === other,
  in: (one, other) => one === other,
  ne: (one, other) => one !== other,
  lt: (one, other) => isOrdered(one, other, (order) => order < 0),
  le: (one, other) => isOrdered(one, other, (order) => order <= 0),
  gt: (one, other) => isOrdered(one, other, (order) => order > 0),
  ge: (one, other) => isOrdered(one, other, (order) => order >= 0),
}

// Nothing is before nothing, and a number is not before a text.
function isOrdered(one: Literal, other: Literal, isMeant: (order: number) => boolean): boolean {
  if (one === null || other === null || typeof one !== typeof other) return false
  return isMeant(one < other ? -1 : Number(one > other))
}

function toOrder(value: Json): Literal {
  const milliseconds = typeof value === 'string' ? /^\/Date\((-?\d+)/.exec(value)?.[1] : undefined
  if (milliseconds !== undefined) return Number(milliseconds)
  return typeof value === 'object' ? null : value
}
