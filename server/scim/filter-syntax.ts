// Reads the filter language of RFC 7644 section 3.4.2.2 into a tree of names and literals. What the names mean is decided
// against a schema, in filter.ts. One pass, no backtracking: the cost is that of the length.
import { AppError } from '../errors.ts'
import type { Comparison, Operand } from '../directory/condition.ts'
import { type Reading, repair } from './notes.ts'

export type Syntax =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Syntax[] }
  | { readonly kind: 'not'; readonly of: Syntax }
  | { readonly kind: 'present'; readonly name: string }
  | { readonly kind: 'compare'; readonly name: string; readonly comparison: Comparison; readonly value: Literal }
  /** `attr[…]`, and the form `attr[…].sub op value` that Entra sends: `then` has the name of the sub-attribute. */
  | { readonly kind: 'value'; readonly name: string; readonly of: Syntax; readonly then: Syntax | undefined }

export interface Literal {
  readonly value: Operand
  /** Whether it was in quotes: some clients leave them out. */
  readonly quoted: boolean
}

const maxLength = 10_000
const maxDepth = 50

const comparisons: ReadonlySet<string> = new Set(['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'])

/**
 * Throws invalid_filter, with the place in the text. Unless the reading is strict, a word without quotes is a string, as
 * authentik, WSO2 and Entra's own samples have it, and a quote may follow the operator at once, as in a sample of RFC 7644.
 */
export function parseFilter(text: string, reading: Reading): Syntax {
  if (text.length > maxLength)
    throw new AppError('invalid_filter', `The filter is longer than ${maxLength} characters.`)
  const reader = new Reader(text, reading)
  const syntax = reader.readOr(0)
  reader.expectEnd()
  return syntax
}

export interface PathSyntax {
  readonly name: string
  readonly filter: Syntax | undefined
  readonly sub: string | undefined
}

/**
 * Reads the path of a PATCH operation: `attr`, `attr.sub`, `attr[filter]`, `attr[filter].sub`. Throws invalid_path, and
 * invalid_filter for what is between the brackets.
 */
export function parsePath(text: string, reading: Reading): PathSyntax {
  if (text.length > maxLength) throw new AppError('invalid_path', `path is longer than ${maxLength} characters.`)
  const reader = new Reader(text.trim(), reading)
  const name = reader.takeName()
  if (name === undefined)
    throw new AppError('invalid_path', `path '${shorten(text)}' does not begin with an attribute name.`)
  const filter = reader.takeBracket(0)
  const sub = filter === undefined ? undefined : reader.takeSub()
  if (!reader.atEnd())
    throw new AppError('invalid_path', `path '${shorten(text)}' cannot be read from position ${reader.position}.`)
  return { name, filter, sub }
}

class Reader {
  position = 0
  readonly #text: string
  readonly #reading: Reading

  constructor(text: string, reading: Reading) {
    this.#text = text
    this.#reading = reading
  }

  readOr(depth: number): Syntax {
    return this.#readChain('or', () => this.#readChain('and', () => this.#readTerm(depth)))
  }

  // `a and b and c` is one node with three parts, so that long chains nest no deeper than short ones.
  #readChain(kind: 'and' | 'or', readPart: () => Syntax): Syntax {
    const first = readPart()
    const of = [first]
    while (this.#takeWord(kind)) of.push(readPart())
    return of.length === 1 ? first : { kind, of }
  }

  #readTerm(depth: number): Syntax {
    if (depth > maxDepth) throw this.#fail(`nests deeper than ${maxDepth} levels`)
    if (this.#takeNot()) return { kind: 'not', of: this.#readGroup(depth) }
    this.#skipSpace()
    if (this.#text[this.position] === '(') return this.#readGroup(depth)
    return this.#readExpression(depth)
  }

  #readGroup(depth: number): Syntax {
    this.#expect('(')
    const inner = this.readOr(depth + 1)
    this.#expect(')')
    return inner
  }

  #readExpression(depth: number): Syntax {
    const name = this.takeName()
    if (name === undefined) throw this.#fail('needs an attribute name')
    const inner = this.takeBracket(depth)
    if (inner === undefined) return this.#readComparison(name)
    const sub = this.takeSub()
    return { kind: 'value', name, of: inner, then: sub === undefined ? undefined : this.#readComparison(sub) }
  }

  #readComparison(name: string): Syntax {
    this.#skipSpace()
    const operator = this.#match(/[A-Za-z]+/y)?.toLowerCase()
    if (operator === 'pr') return { kind: 'present', name }
    if (operator === undefined || !comparisons.has(operator)) {
      throw this.#fail(
        `needs an operator after '${shorten(name)}' (eq, ne, co, sw, ew, gt, ge, lt, le, pr), not '${operator ?? ''}'`,
      )
    }
    return { kind: 'compare', name, comparison: operator as Comparison, value: this.#readLiteral(name) }
  }

  #readLiteral(name: string): Literal {
    const hasSpace = this.#text[this.position] === ' '
    if (!hasSpace) this.#repair(name, 'no space before the value', 'needs a space before the value')
    this.#skipSpace()
    const string = this.#match(/"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*"/y)
    if (string !== undefined) return { value: JSON.parse(string) as string, quoted: true }
    const word = this.#match(/[^\s()[\]"'“”‘’]+/y)
    if (word === undefined) throw this.#fail('needs a value: a string in double quotes, a number, true, false or null')
    if (word === 'true' || word === 'false') return { value: word === 'true', quoted: false }
    if (word === 'null') return { value: null, quoted: false }
    const isNumber = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(word)
    if (isNumber) return { value: Number(word), quoted: false }
    this.#repair(name, 'a word without quotes was read as a string', `needs double quotes around '${shorten(word)}'`)
    return { value: word, quoted: false }
  }

  #repair(name: string, note: string, strictly: string): void {
    repair(this.#reading, shorten(name), note, () => this.#fail(strictly))
  }

  /** An attribute name with its URN and sub-attribute, or undefined. */
  takeName(): string | undefined {
    this.#skipSpace()
    return this.#match(/[A-Za-z$][\w$.:\-/#%]*/y)
  }

  takeSub(): string | undefined {
    return this.#match(/\.[A-Za-z$][\w$-]*/y)?.slice(1)
  }

  takeBracket(depth: number): Syntax | undefined {
    if (this.#text[this.position] !== '[') return undefined
    this.position++
    const inner = this.readOr(depth + 1)
    this.#expect(']')
    return inner
  }

  atEnd(): boolean {
    this.#skipSpace()
    return this.position === this.#text.length
  }

  expectEnd(): void {
    if (!this.atEnd()) throw this.#fail('has something that does not belong there')
  }

  // `not` is a word only before a parenthesis; an attribute may be called so.
  #takeNot(): boolean {
    this.#skipSpace()
    return this.#match(/not(?=\s*\()/iy) !== undefined
  }

  #takeWord(word: 'and' | 'or'): boolean {
    this.#skipSpace()
    return this.#match(word === 'and' ? /and(?=[\s(])/iy : /or(?=[\s(])/iy) !== undefined
  }

  #expect(character: string): void {
    this.#skipSpace()
    if (this.#text[this.position] !== character) throw this.#fail(`needs '${character}'`)
    this.position++
  }

  #skipSpace(): void {
    while (this.#text[this.position] === ' ') this.position++
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.position
    const found = pattern.exec(this.#text)?.[0]
    if (found !== undefined) this.position += found.length
    return found
  }

  #fail(what: string): AppError {
    return new AppError('invalid_filter', `The filter ${what}, at position ${this.position + 1}.`)
  }
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
