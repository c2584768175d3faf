// Filters and paths by their grammar, then spoilt.
import type { AttributeDefinition } from '../../server/scim/schema.ts'
import { type Catalogue, drawAttributeName, drawSingle, type Ids, type TypeCatalogue, typeNames } from './catalogue.ts'
import type { Chance } from './chance.ts'
import { Members, Raw, write } from './json.ts'
import { mutateText } from './mutate-text.ts'
import { drawString, drawValue } from './odd-values.ts'

const operators = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le']

/** A filter for `type`, well-formed more often than not. */
export function drawFilter(chance: Chance, type: TypeCatalogue, ids: Ids): string {
  const filter = chance.weigh<() => string>([
    [20, () => drawLogic(chance, chance.integer(0, 3), () => drawTerm(chance, type, ids))],
    [1, () => drawExtreme(chance, type, ids)],
  ])()
  return spoil(chance, filter)
}

function spoil(chance: Chance, text: string): string {
  return chance.change(
    text,
    [
      [8, 0],
      [2, 1],
      [1, 3],
    ],
    (spoilt) => mutateText(chance, spoilt),
  )
}

function drawLogic(chance: Chance, depth: number, drawLeaf: () => string): string {
  if (depth === 0) return drawLeaf()
  const inner = (): string => drawLogic(chance, depth - 1, drawLeaf)
  return chance.weigh<() => string>([
    [3, inner],
    [3, () => `${inner()} ${chance.pick(['and', 'AND', 'And'])} ${inner()}`],
    [3, () => `${inner()} ${chance.pick(['or', 'OR'])} ${inner()}`],
    [2, () => `(${inner()})`],
    [2, () => `${chance.pick(['not', 'not ', 'NOT'])}(${inner()})`],
  ])()
}

function drawTerm(chance: Chance, type: TypeCatalogue, ids: Ids): string {
  const listed = chance.pick(type.attributes)
  const name = drawAttributeName(chance, type, listed)
  const { definition } = listed
  const subs = definition.subAttributes ?? []
  if (subs.length === 0) return drawComparison(chance, name, definition, ids)
  const sub = chance.pick(subs)
  return chance.weigh<() => string>([
    [4, () => drawComparison(chance, `${name}.${sub.name}`, sub, ids)],
    [1, () => drawComparison(chance, name, sub, ids)],
    [3, () => `${name}[${drawInner(chance, subs, ids)}]`],
    [2, () => `${name}[${drawInner(chance, subs, ids)}].${drawComparison(chance, sub.name, sub, ids)}`],
  ])()
}

function drawInner(chance: Chance, subs: readonly AttributeDefinition[], ids: Ids): string {
  return drawLogic(chance, chance.integer(0, 2), () => {
    const sub = chance.pick(subs)
    return drawComparison(chance, sub.name, sub, ids)
  })
}

function drawComparison(chance: Chance, name: string, definition: AttributeDefinition, ids: Ids): string {
  if (chance.is(0.12)) return `${name} ${chance.pick(['pr', 'PR', 'pr '])}`
  const operator = chance.is(0.1) ? chance.pick(operators).toUpperCase() : chance.pick(operators)
  return `${name} ${operator} ${drawLiteral(chance, definition, ids)}`
}

function drawLiteral(chance: Chance, definition: AttributeDefinition, ids: Ids): string {
  return chance.weigh<() => string>([
    [
      10,
      () => {
        const value = drawSingle(chance, definition, ids)
        return value instanceof Members ? '"Mira"' : write(value)
      },
    ],
    [2, () => JSON.stringify(drawString(chance).slice(0, chance.size(3000)))],
    [
      1,
      () =>
        chance.pick([
          'null',
          'true',
          'false',
          'True',
          'mira',
          '1',
          '-1.5e3',
          '1e400',
          '"',
          '""',
          '\u201cmira\u201d',
          "'mira'",
        ]),
    ],
    [1, () => limit(drawValue(chance))],
  ])()
}

function limit(value: ReturnType<typeof drawValue>): string {
  return (value instanceof Raw ? value.text : write(value)).slice(0, 2000)
}

// What a parser that recurses or backtracks would take for ever over.
function drawExtreme(chance: Chance, type: TypeCatalogue, ids: Ids): string {
  const many = chance.size(12_000)
  const term = drawTerm(chance, type, ids)
  return chance.pick([
    `${'('.repeat(many)}${term}${')'.repeat(many)}`,
    '('.repeat(many),
    ')'.repeat(many),
    'not('.repeat(many) + term,
    'not '.repeat(many),
    'emails['.repeat(many),
    `${'emails[type eq "work" and '.repeat(many % 300)}x${']'.repeat(many % 300)}`,
    Array(Math.min(many, 400)).fill(term).join(' or '),
    Array(Math.min(many, 400)).fill('userName co "a"').join(' and '),
    Array(Math.min(many, 60)).fill('not (emails[value co "x" or not (type eq "y")])').join(' or '),
    `userName eq "${'\\\\'.repeat(many)}`,
    `userName eq "${'\\u0061'.repeat(many % 1600)}"`,
    `userName co "${'%'.repeat(many)}"`,
    `userName co "${'a%_'.repeat(many % 3000)}b"`,
    `${'a.'.repeat(many)}b eq 1`,
    `${'a'.repeat(many)} eq 1`,
    `urn${':a'.repeat(many)} eq 1`,
    `userName${' '.repeat(many)}eq "x"`,
    `userName eq ${'1'.repeat(many)}`,
    `userName eq ${'1e'.repeat(many)}`,
    `meta.created gt "2026-01-01T00:00:00.${'0'.repeat(many)}Z"`,
    `userName eq ${'"'.repeat(many)}`,
  ])
}

/** The path of a PATCH operation, and the definition of what it means, where it means one. */
export function drawPath(
  chance: Chance,
  type: TypeCatalogue,
  ids: Ids,
): { path: string; definition: AttributeDefinition; one: boolean } {
  const listed = chance.pick(type.attributes)
  const { definition } = listed
  const name = drawAttributeName(chance, type, listed)
  const subs = definition.subAttributes ?? []
  const drawn = chance.weigh<() => { path: string; definition: AttributeDefinition; one: boolean }>([
    [5, () => ({ path: name, definition, one: false })],
    [subs.length > 0 ? 3 : 0, () => named(chance.pick(subs), (sub) => `${name}.${sub}`)],
    [subs.length > 0 ? 2 : 0, () => ({ path: `${name}[${drawInner(chance, subs, ids)}]`, definition, one: true })],
    [
      subs.length > 0 ? 3 : 0,
      () => named(chance.pick(subs), (sub) => `${name}[${drawInner(chance, subs, ids)}].${sub}`),
    ],
    [0.3, () => ({ path: chance.pick([type.urn, ...type.extensions]), definition, one: false })],
    [0.3, () => ({ path: drawExtreme(chance, type, ids), definition, one: false })],
    [0.3, () => ({ path: drawString(chance), definition, one: false })],
  ])()
  return chance.is(0.12) ? { ...drawn, path: mutateText(chance, drawn.path) } : drawn
}

function named(
  definition: AttributeDefinition,
  writePath: (name: string) => string,
): { path: string; definition: AttributeDefinition; one: boolean } {
  return { path: writePath(definition.name), definition, one: false }
}

/** What stands in `attributes`, `excludedAttributes` and `sortBy`. */
export function drawNames(chance: Chance, catalogue: Catalogue, count: number): string[] {
  const type = catalogue[chance.pick(typeNames)]
  return Array.from({ length: count }, () => {
    const listed = chance.pick(type.attributes)
    const name = drawAttributeName(chance, type, listed)
    const subs = listed.definition.subAttributes ?? []
    const full = subs.length > 0 && chance.is(0.5) ? `${name}.${chance.pick(subs).name}` : name
    return chance.is(0.1) ? mutateText(chance, full) : chance.is(0.05) ? drawString(chance) : full
  })
}
