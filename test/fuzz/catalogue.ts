// Every attribute that the server says it has, so that what is added to its schemas is fuzzed without a word here.
import type { AttributeDefinition, SchemaDefinition } from '../../server/scim/schema.ts'
import type { Chance } from './chance.ts'
import { type Json, toJson } from './json.ts'
import { drawValue } from './odd-values.ts'

/** The types of people and groups, and that of the files in resource-types/. */
export const typeNames = ['User', 'Group', 'Probe'] as const
export type TypeName = (typeof typeNames)[number]

export interface Listed {
  /** The extension that the attribute belongs to; undefined for core attributes. */
  readonly urn: string | undefined
  readonly definition: AttributeDefinition
}

export interface TypeCatalogue {
  readonly urn: string
  readonly extensions: readonly string[]
  readonly attributes: readonly Listed[]
}

export type Catalogue = Readonly<Record<TypeName, TypeCatalogue>>

/** What the ids of a world are for. */
export interface Ids {
  readonly own: Readonly<Record<TypeName, readonly string[]>>
  /** Of another organization, or of nobody. */
  readonly foreign: readonly string[]
}

const common: readonly AttributeDefinition[] = [
  { name: 'schemas', type: 'reference', multiValued: true },
  { name: 'id', type: 'string' },
  { name: 'externalId', type: 'string' },
  {
    name: 'meta',
    type: 'complex',
    subAttributes: [
      { name: 'resourceType', type: 'string' },
      { name: 'created', type: 'dateTime' },
      { name: 'lastModified', type: 'dateTime' },
      { name: 'location', type: 'reference' },
      { name: 'version', type: 'string' },
    ],
  },
]

/** From the resources of `/Schemas` and `/ResourceTypes`. */
export function buildCatalogue(
  schemas: readonly SchemaDefinition[],
  types: readonly { id: string; schema: string; schemaExtensions?: readonly { schema: string }[] }[],
): Catalogue {
  const build = (name: TypeName): TypeCatalogue => {
    const type = types.find((one) => one.id === name)
    const urn = type?.schema ?? ''
    const extensions = (type?.schemaExtensions ?? []).map((one) => one.schema)
    const list = (id: string, extension: string | undefined): Listed[] =>
      (schemas.find((one) => one.id === id)?.attributes ?? []).map((definition) => ({ urn: extension, definition }))
    const attributes = [
      ...common.map((definition): Listed => ({ urn: undefined, definition })),
      ...list(urn, undefined),
      ...extensions.flatMap((extension) => list(extension, extension)),
    ]
    return { urn, extensions, attributes }
  }
  return { User: build('User'), Group: build('Group'), Probe: build('Probe') }
}

/** The name as a client may write it: with or without its URN, in some case. */
export function drawAttributeName(chance: Chance, type: TypeCatalogue, { urn, definition }: Listed): string {
  const prefix = urn ?? (chance.is(0.1) ? type.urn : undefined)
  const name = prefix === undefined || chance.is(0.15) ? definition.name : `${prefix}:${definition.name}`
  return chance.is(0.05) ? name.toUpperCase() : name
}

/** A value that an attribute takes, mostly. */
export function drawAttributeValue(chance: Chance, definition: AttributeDefinition, ids: Ids): Json {
  if (chance.is(0.015)) return drawValue(chance)
  if (definition.multiValued !== true) return drawSingle(chance, definition, ids)
  return chance.list(0, chance.is(0.05) ? 60 : 3, () => drawSingle(chance, definition, ids))
}

/** One value of it. */
export function drawSingle(chance: Chance, definition: AttributeDefinition, ids: Ids): Json {
  switch (definition.type) {
    case 'boolean':
      return chance.pick<Json>([true, false, 'True', 'False', 'false'])
    case 'integer':
      return chance.integer(-5, 5000)
    case 'decimal':
      return chance.integer(-500, 5000) / chance.pick([1, 2, 10, 3])
    case 'dateTime':
      return `20${chance.integer(10, 30)}-0${chance.integer(1, 9)}-1${chance.integer(0, 9)}T12:00:00${chance.pick(['Z', '.5Z', '+02:00', ''])}`
    case 'binary':
      return Buffer.from('x'.repeat(chance.integer(0, 40))).toString('base64')
    case 'reference':
      return chance.pick(['https://larkspur.example/p/1', 'Users/1', 'urn:x:y', 'no uri at all', 'http://x:99999/'])
    case 'complex':
      return drawComplex(chance, definition, ids)
    case 'string':
      return drawText(chance, definition, ids)
  }
}

function drawComplex(chance: Chance, definition: AttributeDefinition, ids: Ids): Json {
  const subs = chance.some(definition.subAttributes ?? [], 0.7)
  const entries = subs.map((sub): [string, Json] => {
    if (sub.name === 'primary') return ['primary', chance.is(0.3)]
    if (sub.name === 'value' && /members|manager|groups/.test(definition.name)) return ['value', drawId(chance, ids)]
    return [sub.name, drawAttributeValue(chance, sub, ids)]
  })
  return toJson(Object.fromEntries(entries))
}

export function drawId(chance: Chance, ids: Ids): string {
  return chance.weigh<() => string>([
    [12, () => chance.pick(ids.own.User)],
    [4, () => chance.pick(ids.own.Group)],
    [1, () => chance.pick(ids.own.Probe)],
    [2, () => chance.pick(ids.foreign)],
    [1, () => chance.pick(['nobody', '', '0', '%00', '..', '.search', 'emp_', 'bulkId:u1', 'Users'])],
  ])()
}

const words = [
  'Mira',
  'Okafor',
  'Larkspur',
  'Growers',
  'work',
  'home',
  'other',
  'en-US',
  '4471',
  'Zo\u00eb',
  '\u674e\u96f7',
  'x y',
]

function drawText(chance: Chance, { name, canonicalValues = [] }: AttributeDefinition, ids: Ids): string {
  if (name === 'userName') return drawUserName(chance)
  if (name === 'id') return drawId(chance, ids)
  if (name === 'type' && canonicalValues.length > 0 && chance.is(0.8)) return chance.pick(canonicalValues)
  if (name === 'value' && chance.is(0.5)) return `${drawUserName(chance)}@larkspur.example`
  return chance.is(0.7) ? chance.pick(words) : `${chance.pick(words)} ${chance.integer(0, 500)}`
}

/** Few enough that some are taken. */
export function drawUserName(chance: Chance): string {
  return `${chance.pick(['mira', 'Mira', 'ana', 'zo\u00eb', 'li lei', 'mira+hr', "o'hara"])}-${chance.integer(0, 400)}`
}
