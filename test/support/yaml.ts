// As much of YAML as OpenAPI documents are written in by programs: maps and lists by indentation, quoted and plain texts over several
// lines, {} and []. No anchors, no block texts, no comments; what stands in lines of its own within a text is joined by spaces.
import type { Json, JsonObject } from '../../providers/provider.ts'

interface Reader {
  readonly lines: readonly string[]
  at: number
}

const keyPattern = /^('(?:[^']|'')*'|"(?:[^"\\]|\\.)*"|[^\s'"[\]{}](?:(?!: |:$).)*):(?: (.*))?$/

/** Throws where a line is neither. */
export function readYaml(text: string): Json {
  const reader = { lines: text.split('\n').filter((line) => line.trim() !== ''), at: 0 }
  const value = readBlock(reader, 0)
  if (reader.at < reader.lines.length) throw new Error(`line ${reader.at + 1} is no YAML that is read here`)
  return value
}

function indentOf(line: string | undefined): number {
  return line === undefined ? -1 : line.length - line.trimStart().length
}

function readBlock(reader: Reader, indent: number): Json {
  return isItem(reader.lines[reader.at], indent) ? readList(reader, indent) : readMap(reader, indent)
}

function isItem(line: string | undefined, indent: number): line is string {
  return indentOf(line) === indent && /^- |^-$/.test(line?.trimStart() ?? '')
}

function readList(reader: Reader, indent: number): Json[] {
  const items: Json[] = []
  for (let line = reader.lines[reader.at]; isItem(line, indent); line = reader.lines[reader.at]) {
    const rest = line.slice(indent + 2)
    if (keyPattern.test(rest)) {
      // The first key of a map stands behind the dash.
      const lines = reader.lines.with(reader.at, `${' '.repeat(indent + 2)}${rest}`)
      const within = { lines, at: reader.at }
      items.push(readMap(within, indent + 2))
      reader.at = within.at
    } else {
      reader.at += 1
      items.push(readScalar(reader, rest, indent))
    }
  }
  return items
}

function readMap(reader: Reader, indent: number): JsonObject {
  const map: JsonObject = {}
  for (let line = reader.lines[reader.at]; indentOf(line) === indent; line = reader.lines[reader.at]) {
    const [, key, value] = keyPattern.exec(line?.slice(indent) ?? '') ?? []
    if (key === undefined) return map
    reader.at += 1
    map[readKey(key)] = readValue(reader, value ?? '', indent)
  }
  return map
}

function readValue(reader: Reader, text: string, indent: number): Json {
  if (text !== '') return readScalar(reader, text, indent)
  const next = reader.lines[reader.at]
  if (indentOf(next) > indent) return readBlock(reader, indentOf(next))
  return isItem(next, indent) ? readList(reader, indent) : null
}

// What looks like a number is none as a key.
function readKey(key: string): string {
  const word = readWord(key)
  return typeof word === 'string' ? word : key
}

// A text goes on in lines that are further in, a quoted one to its end.
function readScalar(reader: Reader, start: string, indent: number): Json {
  let text = start
  const isOpen = (): boolean => {
    if (text.startsWith("'")) return !/^'(?:[^']|'')*'$/.test(text)
    if (text.startsWith('"')) return !/^"(?:[^"\\]|\\.)*"$/.test(text)
    return indentOf(reader.lines[reader.at]) > indent
  }
  while (isOpen()) {
    const line = reader.lines[reader.at++]
    if (line === undefined) throw new Error('a quoted text has no end')
    const isJoined = text.startsWith('"') && text.endsWith('\\')
    text = isJoined ? `${text.slice(0, -1)}${line.trimStart()}` : `${text} ${line.trimStart()}`
  }
  return readWord(text)
}

function readWord(text: string): Json {
  if (text.startsWith("'")) return text.slice(1, -1).replaceAll("''", "'")
  if (text.startsWith('"'))
    return text.slice(1, -1).replaceAll(/\\(.)/g, (_all, letter: string) => escapes[letter] ?? letter)
  if (text === '{}') return {}
  if (text === '[]') return []
  if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text)
  return text in words ? (words[text] ?? null) : text
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t' }
const words: Readonly<Record<string, boolean | null>> = { true: true, false: false, null: null }
