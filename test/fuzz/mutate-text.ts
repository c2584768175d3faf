// Changes text or bytes without knowing what they mean.
import type { Chance } from './chance.ts'

const oddCharacters = [
  '"',
  "'",
  '\\',
  '{',
  '}',
  '[',
  ']',
  '(',
  ')',
  ',',
  ':',
  '.',
  '$',
  '%',
  '&',
  '=',
  '+',
  '#',
  '?',
  '/',
  ';',
  '*',
  ' ',
  '\t',
  '\u0000',
  '\u0001',
  '\u007f',
  '\u0085',
  '\u00a0',
  '\u00e9',
  '\u2028',
  '\u201c',
  '\u201d',
  '\ufeff',
  '\u{1f600}',
  '-',
  '1',
  'e',
  'x',
]

/** The text with one piece inserted, removed, repeated, moved or replaced. */
export function mutateText(chance: Chance, text: string): string {
  const from = chance.integer(0, text.length)
  const to = Math.min(text.length, from + chance.size(20))
  const [before, piece, after] = [text.slice(0, from), text.slice(from, to), text.slice(to)]
  return chance.weigh<() => string>([
    [5, () => before + chance.pick(oddCharacters) + piece + after],
    [3, () => before + after],
    [3, () => before + chance.pick(oddCharacters) + after],
    [2, () => before + piece + piece + after],
    [2, () => before],
    [1, () => after + piece + before],
    [1, () => before + chance.pick(oddCharacters).repeat(chance.size(5000)) + piece + after],
    [1, () => before + piece.repeat(chance.size(500)) + after],
  ])()
}

const oddBytes: readonly Buffer[] = [
  [0xff],
  [0xfe, 0xff],
  [0xef, 0xbb, 0xbf],
  [0xc3],
  [0xc0, 0xaf],
  [0xed, 0xa0, 0x80],
  [0xf5, 0x80, 0x80, 0x80],
  [0x80],
  [0x00],
].map((bytes) => Buffer.from(bytes))

/** The bytes cut, flipped, or with what is not UTF-8 among them. */
export function mutateBytes(chance: Chance, bytes: Buffer): Buffer {
  const at = chance.integer(0, bytes.length)
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)]
  return chance.weigh<() => Buffer>([
    [3, () => Buffer.concat([before, chance.pick(oddBytes), after])],
    [2, () => before],
    [1, () => Buffer.concat([chance.pick(oddBytes), bytes])],
    [1, () => Buffer.concat([bytes, chance.pick(oddBytes)])],
    [1, () => Buffer.from(bytes.toString('utf8'), 'utf16le')],
    [1, () => Buffer.concat([bytes, bytes])],
    [2, () => flipBit(chance, bytes)],
  ])()
}

function flipBit(chance: Chance, bytes: Buffer): Buffer {
  const flipped = Buffer.from(bytes)
  const at = chance.integer(0, Math.max(bytes.length - 1, 0))
  if (bytes.length > 0) flipped[at] = (flipped[at] ?? 0) ^ (1 << chance.integer(0, 7))
  return flipped
}
