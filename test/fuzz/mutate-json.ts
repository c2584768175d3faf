// Changes one place of a JSON tree, whatever stands there.
import type { Chance } from './chance.ts'
import { isList, type Json, Members, Raw, toJson, write } from './json.ts'
import { drawName, drawValue } from './odd-values.ts'

/** The tree with one place changed. */
export function mutateJson(chance: Chance, tree: Json): Json {
  const places = countPlaces(tree)
  let left = chance.integer(places > 1 ? 1 : 0, Math.max(places - 1, 0))
  // A place is found by counting, depth first, so that every one is as likely as another.
  function walk(value: Json): Json {
    if (left-- === 0) return mutatePlace(chance, value)
    if (value instanceof Members) {
      return new Members(value.entries.map(([name, inner]) => [name, left < 0 ? inner : walk(inner)]))
    }
    if (!(value instanceof Raw) && isListValue(value)) return value.map((inner) => (left < 0 ? inner : walk(inner)))
    return value
  }
  return walk(tree)
}

function isListValue(value: Json): value is readonly Json[] {
  return value !== null && typeof value === 'object' && isList(value)
}

function countPlaces(value: Json): number {
  if (value instanceof Members) return 1 + value.entries.reduce((sum, [, inner]) => sum + countPlaces(inner), 0)
  if (value instanceof Raw || !isListValue(value)) return 1
  return 1 + value.reduce<number>((sum, inner) => sum + countPlaces(inner), 0)
}

function mutatePlace(chance: Chance, value: Json): Json {
  if (value instanceof Members && chance.is(0.6)) return mutateMembers(chance, value)
  if (!(value instanceof Raw) && isListValue(value) && chance.is(0.6)) return mutateList(chance, value)
  if (typeof value === 'string' && chance.is(0.4)) return mutateString(chance, value)
  return chance.weigh<() => Json>([
    [8, () => drawValue(chance)],
    [2, () => [value]],
    [1, () => [value, value]],
    [2, () => toJson({ value })],
    [1, () => toJson({ [drawName(chance)]: value })],
    [1, () => write(value)],
    [1, () => null],
    [1, () => ''],
  ])()
}

function mutateMembers(chance: Chance, { entries }: Members): Members {
  const at = chance.integer(0, Math.max(entries.length - 1, 0))
  const [name, inner] = entries[at] ?? ['', null]
  const others = entries.filter((_, index) => index !== at)
  return new Members(
    chance.weigh<() => readonly (readonly [string, Json])[]>([
      [3, () => others],
      [2, () => [...entries, [name, inner]]],
      [2, () => [...entries, [swapCase(name), inner]]],
      [2, () => [...entries, [chance.is(0.5) ? name : swapCase(name), drawValue(chance)]]],
      [4, () => [...entries, [drawName(chance), drawValue(chance)]]],
      [2, () => [...others, [drawName(chance), inner]]],
      [1, () => [...others, [swapCase(name), inner]]],
      [1, () => entries.toReversed()],
      [1, () => []],
      [1, () => [...entries, ...Array.from({ length: chance.size(1500) }, (_, index) => [`x${index}`, 'x'] as const)]],
    ])(),
  )
}

function mutateList(chance: Chance, list: readonly Json[]): readonly Json[] {
  const at = chance.integer(0, Math.max(list.length - 1, 0))
  const one = list[at] ?? null
  return chance.weigh<() => readonly Json[]>([
    [2, () => []],
    [3, () => [...list, one]],
    [3, () => [...list, drawValue(chance)]],
    [2, () => list.filter((_, index) => index !== at)],
    [1, () => list.toReversed()],
    [1, () => [...list, list]],
    [1, () => [...list, null]],
    [1, () => Array<Json>(countCopies(chance, write(one))).fill(one)],
  ])()
}

// A million characters are enough, for making them takes time in which no answer is read.
function countCopies(chance: Chance, text: string): number {
  return chance.size(Math.max(1, Math.min(2000, 1_000_000 / (text.length + 1))))
}

function mutateString(chance: Chance, text: string): string {
  const at = chance.integer(0, text.length)
  const odd = chance.pick([
    '\u0000',
    '\ud800',
    '"',
    '\\',
    ' ',
    '\n',
    '[',
    ']',
    '.',
    ':',
    '%',
    '\u00e9',
    '\u{1f600}',
    '(',
  ])
  return chance.weigh<() => string>([
    [3, () => text.slice(0, at) + odd + text.slice(at)],
    [2, () => text.slice(0, at)],
    [2, () => swapCase(text)],
    [1, () => ` ${text} `],
    [1, () => text + text],
    [1, () => text.repeat(countCopies(chance, text))],
    [1, () => text.slice(0, at) + text.slice(at + 1)],
  ])()
}

function swapCase(text: string): string {
  return text === text.toUpperCase() ? text.toLowerCase() : text.toUpperCase()
}
