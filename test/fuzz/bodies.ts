// Bodies as clients send them: whole resources, patches in each client's dialect, searches, bulks.
import { enterpriseSchema, groupSchema, patchSchema, searchSchema, userSchema } from '../support/scim-client.ts'
import {
  type Catalogue,
  drawAttributeValue,
  drawId,
  drawSingle,
  drawUserName,
  type Ids,
  type Listed,
  type TypeCatalogue,
  type TypeName,
  typeNames,
} from './catalogue.ts'
import type { Chance } from './chance.ts'
import { drawFilter, drawNames, drawPath } from './filters.ts'
import { type Json, Members, toJson } from './json.ts'
import { mutateJson } from './mutate-json.ts'
import { mutateText } from './mutate-text.ts'
import { drawName, drawString, drawValue } from './odd-values.ts'

const bulkSchema = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest'

/** What bodies are made for. */
export interface Setting {
  readonly catalogue: Catalogue
  readonly ids: Ids
  /** Of lists of users, sorted by nothing, two at a time. */
  readonly cursors: readonly string[]
}

export function drawResource(chance: Chance, name: TypeName, { catalogue, ids }: Setting): Json {
  const type = catalogue[name]
  const attributes = drawAttributes(chance, type, ids, chance.pick([0.05, 0.15, 0.5]))
  const core = name === 'User' ? drawUserCore(chance, ids) : name === 'Group' ? drawGroupCore(chance, ids) : []
  const schemas = chance.weigh([
    [10, [type.urn, ...(name === 'User' ? [enterpriseSchema] : [])]],
    [3, [type.urn]],
    [1, [type.urn, ...type.extensions]],
    [1, [type.urn, 'http://schemas.example/2006/11/Other']],
    [0.15, [...type.extensions]],
    [0.15, [name === 'User' ? groupSchema : userSchema]],
  ])
  // Later members win over those drawn from the schema, so that names stay unique.
  const given = new Map<string, Json>([...attributes, ['schemas', schemas], ...core])
  return new Members([...given])
}

function drawUserCore(chance: Chance, ids: Ids): [string, Json][] {
  const userName = drawUserName(chance)
  const all: [string, Json][] = [
    ['userName', userName],
    ['active', chance.pick<Json>([true, true, false, 'True', 'False'])],
    ['externalId', `ext-${chance.integer(0, 300)}`],
    ['name', toJson({ givenName: 'Mira', familyName: 'Okafor', formatted: 'Mira Okafor' })],
    ['emails', toJson([{ value: `${userName}@larkspur.example`, type: 'work', primary: true }])],
    ['groups', []],
    ['password', 'Rk3-random'],
    ['roles', []],
    ['addresses', null],
    ['meta', toJson({ resourceType: 'User' })],
    ['id', chance.pick(ids.own.User)],
    [
      enterpriseSchema,
      toJson({
        department: 'Growing',
        manager: chance.pick<Json>([
          toJson({ value: drawId(chance, ids) }),
          drawId(chance, ids),
          '',
          null,
          toJson([{ value: drawId(chance, ids) }]),
        ]),
      }),
    ],
  ]
  return all.filter(([name]) => name === 'userName' || chance.is(0.4))
}

function drawGroupCore(chance: Chance, ids: Ids): [string, Json][] {
  const all: [string, Json][] = [
    ['displayName', `Growers ${chance.integer(0, 200)}`],
    ['externalId', `grp-${chance.integer(0, 100)}`],
    ['members', drawMembers(chance, ids)],
    ['id', chance.pick(ids.own.Group)],
    ['meta', toJson({ resourceType: 'Group' })],
  ]
  return all.filter(([name]) => name === 'displayName' || chance.is(0.5))
}

function drawMembers(chance: Chance, ids: Ids): Json {
  return chance.list(0, chance.is(0.02) ? 400 : 4, () => {
    const value = chance.is(0.92) ? chance.pick(ids.own.User) : drawId(chance, ids)
    return chance.weigh<() => Json>([
      [8, () => toJson({ value })],
      [2, () => toJson({ value, display: 'Mira', $ref: null, type: 'User' })],
      [1, () => toJson({ value, $ref: `Users/${value}`, type: chance.pick(['Group', 'user', 'x', null]) })],
      [0.5, () => value],
    ])()
  })
}

function drawAttributes(chance: Chance, type: TypeCatalogue, ids: Ids, share: number): [string, Json][] {
  const draw = (listed: readonly Listed[]): [string, Json][] =>
    listed.map(({ definition }) => [definition.name, drawAttributeValue(chance, definition, ids)])
  const drawOf = (urn: string | undefined): [string, Json][] => {
    const own = type.attributes.filter((one) => one.urn === urn)
    const chosen = own.filter(() => chance.is(share))
    if (urn !== undefined && chosen.length === 0) return []
    const needed = own.filter((one) => one.definition.required === true && !chosen.includes(one))
    return draw(chance.is(0.95) ? [...chosen, ...needed] : chosen)
  }
  const extensions = type.extensions.map((urn): [string, Json] => [urn, new Members(drawOf(urn))])
  return [
    ...drawOf(undefined),
    ...extensions.filter(([, members]) => members instanceof Members && members.entries.length > 0),
  ]
}

export function drawPatch(chance: Chance, name: TypeName, setting: Setting): Json {
  const Operations = chance.list(chance.is(0.03) ? 0 : 1, chance.is(0.02) ? 80 : 3, () =>
    drawOperation(chance, name, setting),
  )
  return toJson({ schemas: chance.is(0.97) ? [patchSchema] : undefined, Operations })
}

function drawOperation(chance: Chance, name: TypeName, setting: Setting): Json {
  const { catalogue, ids } = setting
  const op = chance.pick(['add', 'replace', 'remove', 'Add', 'Replace', 'Remove'])
  const member = (): Json => toJson([{ value: drawId(chance, ids) }])
  const ofPath = (): Json => {
    const { path, definition, one } = drawPath(chance, catalogue[name], ids)
    const value = one ? drawSingle(chance, definition, ids) : drawAttributeValue(chance, definition, ids)
    return toJson({ op, path, value: /remove/i.test(op) && chance.is(0.7) ? undefined : value })
  }
  return chance.weigh<() => Json>([
    [10, ofPath],
    [3, () => toJson({ op: chance.pick(['add', 'replace', 'Replace']), value: drawPathless(chance, name, setting) })],
    [
      1,
      () =>
        toJson({ op, path: chance.pick([null, '', 'active']), value: chance.pick<Json>(['False', true, null, '']) }),
    ],
    [name === 'Group' ? 5 : 0, () => toJson({ op, path: 'members', value: member() })],
    [name === 'Group' ? 2 : 0, () => toJson({ op, path: `members[value eq "${drawId(chance, ids)}"]` })],
    [name === 'Group' ? 1 : 0, () => toJson({ op: 'remove', path: 'members', value: { members: member() } })],
    [name === 'Group' ? 1 : 0, () => toJson({ op: 'replace', path: 'members', value: drawMembers(chance, ids) })],
    [
      name === 'User' ? 1 : 0,
      () => toJson({ op, path: 'manager', value: chance.pick<Json>([drawId(chance, ids), '', member()]) }),
    ],
    [
      name === 'User' ? 2 : 0,
      () =>
        toJson({
          op,
          path: `${chance.pick(['emails', 'phoneNumbers', 'addresses'])}[type eq "${chance.pick(['work', 'home', 'x'])}"].${chance.pick(['value', 'primary', 'formatted', 'type'])}`,
          value: chance.pick<Json>(['x', 'True', true, null]),
        }),
    ],
    [0.5, () => drawValue(chance)],
  ])()
}

// Keys are names, dotted names, names with their URN, or whole extensions.
function drawPathless(chance: Chance, name: TypeName, { catalogue, ids }: Setting): Json {
  const type = catalogue[name]
  const entries = chance.list(0, 5, (): [string, Json] => {
    if (chance.is(0.05)) return [drawName(chance), drawValue(chance)]
    const { path, definition } = drawPath(chance, type, ids)
    return [path, drawAttributeValue(chance, definition, ids)]
  })
  return new Members(chance.is(0.3) ? [['id', drawId(chance, ids)], ['schemas', [type.urn]], ...entries] : entries)
}

export function drawSearch(chance: Chance, type: TypeCatalogue, { catalogue, ids, cursors }: Setting): Json {
  const odd: readonly Json[] = [-1, '1', '10', 1.5, 1e9, '', null]
  const number = (): Json => (chance.is(0.8) ? chance.pick([0, 1, 2, 10, 100, 1000, 5000]) : chance.pick(odd))
  const all: [string, Json][] = [
    ['schemas', [searchSchema]],
    ['filter', drawFilter(chance, type, ids)],
    ['sortBy', drawNames(chance, catalogue, 1)[0] ?? ''],
    ['sortOrder', drawSortOrder(chance)],
    ['startIndex', number()],
    ['count', number()],
    ['attributes', drawNames(chance, catalogue, chance.integer(0, 4))],
    ['excludedAttributes', drawNames(chance, catalogue, chance.integer(0, 4))],
    ['cursor', drawCursor(chance, cursors)],
  ]
  const rare = new Set(['cursor', 'excludedAttributes'])
  return new Members(all.filter(([name]) => name === 'schemas' || chance.is(rare.has(name) ? 0.1 : 0.4)))
}

export function drawSortOrder(chance: Chance): string {
  return chance.is(0.9) ? chance.pick(['ascending', 'descending']) : chance.pick(['DESCENDING', 'up', ''])
}

export function drawCursor(chance: Chance, cursors: readonly string[]): string {
  return chance.weigh<() => string>([
    [4, () => ''],
    [3, () => chance.pick(cursors)],
    [2, () => mutateText(chance, chance.pick(cursors))],
    [1, () => drawString(chance).slice(0, 3000)],
  ])()
}

export function drawBulk(chance: Chance, setting: Setting): Json {
  const count = chance.is(0.03) ? chance.size(1500) : chance.integer(0, 6)
  const Operations = Array.from({ length: count }, (_, index) => drawBulkOperation(chance, index, count, setting))
  const failOnErrors = chance.pick<Json>([0, 1, 2, -1, 1.5, '1', null, ''])
  return toJson({ schemas: [bulkSchema], failOnErrors: chance.is(0.3) ? failOnErrors : undefined, Operations })
}

function drawBulkOperation(chance: Chance, index: number, count: number, setting: Setting): Json {
  const name = chance.pick(typeNames)
  const { ids } = setting
  const method = chance.pick(['POST', 'POST', 'POST', 'PUT', 'PATCH', 'PATCH', 'DELETE', 'GET', 'post'])
  const reference = (): string => `bulkId:b${chance.integer(0, count)}`
  const id = chance.weigh<() => string>([
    [5, () => chance.pick(ids.own[name])],
    [3, reference],
    [1, () => drawId(chance, ids)],
  ])()
  const data = /patch/i.test(method) ? drawPatch(chance, name, setting) : drawResource(chance, name, setting)
  const path = /post/i.test(method) ? `/${name}s` : `/${name}s/${id}`
  // Members and managers that other operations of the same request create.
  const refers = chance.is(0.5) && name === 'Group' && /post|put/i.test(method)
  const referring = toJson({
    schemas: [groupSchema],
    displayName: `Bulk ${chance.integer(0, 200)}`,
    members: chance.list(0, 3, () => toJson({ value: reference() })),
  })
  const operation = toJson({
    method,
    path: chance.is(0.03)
      ? chance.pick(['/Bulk', '/.search', '/Me', 'Users', '/v2/Users', '/Users/../Groups', '//', ''])
      : path,
    bulkId: chance.is(0.9) ? `b${chance.is(0.97) ? index : 0}` : chance.pick<Json>([null, 1, '', drawString(chance)]),
    version: chance.is(0.1) ? chance.pick<Json>(['W/"1"', '1', '*', 1, '']) : undefined,
    data: /delete|get/i.test(method) ? undefined : refers ? referring : data,
  })
  return chance.is(0.06) ? mutateJson(chance, operation) : operation
}
