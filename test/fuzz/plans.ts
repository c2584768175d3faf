// Which request it is: method, target, headers and body, before they are bytes.
import { lookupSchema, syncSchema } from '../support/org.ts'
import { enterpriseSchema, groupSchema, userSchema } from '../support/scim-client.ts'
import { drawId, type TypeName } from './catalogue.ts'
import type { Chance } from './chance.ts'
import { drawBulk, drawCursor, drawPatch, drawResource, drawSearch, drawSortOrder, type Setting } from './bodies.ts'
import { drawFilter, drawNames } from './filters.ts'
import { drawHeaders, type Header } from './headers.ts'
import { type Json, Members, write } from './json.ts'
import { mutateJson } from './mutate-json.ts'
import { mutateBytes, mutateText } from './mutate-text.ts'
import { drawString, drawValue } from './odd-values.ts'

/** What requests are made for: a server, who may sign in, and what there is. */
export interface Target extends Setting {
  /** `host:port` */
  readonly host: string
  readonly tokens: {
    readonly directory: string
    readonly strictDirectory: string
    readonly application: string
    readonly reader: string
    /** A JWT of a person. */
    readonly person: string
  }
}

export interface Plan {
  readonly method: string
  /** What stands between method and version. */
  readonly target: string
  readonly headers: readonly Header[]
  readonly body: Buffer | undefined
}

export function drawPlan(chance: Chance, target: Target): Plan {
  const { method, path, query, body } = drawCall(chance, target)
  const base = chance.weigh([
    [90, '/scim/v2'],
    [4, '/scim'],
    [0.5, '/SCIM/V2'],
    [0.5, '/scim/v1'],
    [0.5, '/scim/v3'],
    [0.5, '/scim/v2/v2'],
    [0.5, '//scim///v2/'],
    [0.5, `http://${target.host}/scim/v2`],
    [0.2, ''],
  ])
  const full = `${base}${path}${query === '' ? '' : `?${query}`}`
  return {
    method: chance.is(0.005)
      ? chance.pick(['get', 'FOO', 'PROPFIND', 'SEARCH', 'LINK', 'CONNECT', 'TRACE', '', 'G T'])
      : method,
    target: chance.is(0.04) ? mutateText(chance, full) : full,
    headers: drawHeaders(chance, target, body !== undefined, path === '/Me'),
    body: body === undefined ? undefined : drawBytes(chance, body),
  }
}

interface Call {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly body: Json | undefined
}

function drawCall(chance: Chance, target: Target): Call {
  const name = chance.weigh<TypeName>([
    [3, 'User'],
    [2, 'Group'],
    [1, 'Probe'],
  ])
  const call = (method: string, path: string, body?: Json, query = ''): Call => ({ method, path, query, body })
  const id = (): string =>
    chance.weigh<() => string>([
      [18, () => chance.pick(target.ids.own[name])],
      [2, () => chance.pick(target.ids.foreign)],
      [1, () => encode(chance, drawId(chance, target.ids))],
    ])()
  const one = (): string => `/${name}s/${id()}`
  const projection = (): string => (chance.is(0.1) ? drawQuery(chance, target, name, 0.1) : '')
  return chance.weigh<() => Call>([
    [14, () => call('POST', `/${name}s`, drawResource(chance, name, target), projection())],
    [14, () => call('PUT', one(), drawResource(chance, name, target), projection())],
    [26, () => call('PATCH', one(), drawPatch(chance, name, target), projection())],
    [1.5, () => call('DELETE', one())],
    [8, () => call('GET', one(), undefined, drawQuery(chance, target, name, 0.15))],
    [1, () => call('GET', '/Users', undefined, `count=2&cursor=${chance.pick(target.cursors)}`)],
    [14, () => call('GET', `/${name}s`, undefined, drawQuery(chance, target, name, 0.4))],
    [2, () => call('GET', chance.pick(['', '/']), undefined, drawQuery(chance, target, name, 0.4))],
    [
      9,
      () =>
        call(
          'POST',
          chance.pick(['/.search', `/${name}s/.search`]),
          drawSearch(chance, target.catalogue[name], target),
        ),
    ],
    [6, () => call('POST', '/Bulk', drawBulk(chance, target), projection())],
    [2, () => call('PATCH', '/Me', drawPatch(chance, 'User', target))],
    [1, () => call('PUT', '/Me', drawResource(chance, 'User', target))],
    [1, () => call('GET', '/Me', undefined, drawQuery(chance, target, 'User', 0.15))],
    [
      2.5,
      () =>
        call(
          'GET',
          drawDiscovery(chance, target),
          undefined,
          chance.is(0.2) ? drawQuery(chance, target, name, 0.1) : '',
        ),
    ],
    [3, () => drawOrgCall(chance, target)],
    [3, () => drawAnything(chance, target, name)],
  ])()
}

// The org queries, with parameters of their own beside those of every list.
function drawOrgCall(chance: Chance, target: Target): Call {
  const { own } = target.ids
  const id = (): string => (chance.is(0.85) ? chance.pick(own.User) : encode(chance, drawId(chance, target.ids)))
  const path = chance.weigh<() => string>([
    [3, () => `/Users/${id()}/directReports`],
    [3, () => `/Users/${id()}/chain`],
    [3, () => '/OrgChart'],
    [3, () => `/Groups/${chance.is(0.85) ? chance.pick(own.Group) : id()}/members`],
    [2, () => '/Departments'],
    [1, () => `/Departments/${chance.is(0.5) ? 'dep_' : ''}${id()}`],
    [4, () => '/Users/.lookup'],
    [2, () => '/Syncs'],
    [1, () => `/Syncs/${id()}`],
  ])()
  const isWrite = path === '/Users/.lookup' || (path === '/Syncs' && chance.is(0.7))
  const list = drawQuery(chance, target, 'User', 0.1)
  const parameters: [string, () => string][] = [
    ['direction', () => chance.pick(['up', 'down', 'DOWN', 'sideways'])],
    ['maxDepth', () => chance.pick(['1', '2', '100', '101', '0', '-1', '1e1', '9'.repeat(40)])],
    ['includeInactive', () => chance.pick(['true', 'false', 'True', '1'])],
    ['resolveNested', () => chance.pick(['true', 'false', ''])],
    ['rootId', id],
    ['department', () => encode(chance, chance.pick(['Research', '', drawString(chance).slice(0, 100)]))],
  ]
  const chosen = parameters.filter(() => chance.is(0.25)).map(([name, draw]) => `${name}=${draw()}`)
  const query = [...chosen, ...(list === '' ? [] : [list])].join('&')
  return {
    method: isWrite ? 'POST' : 'GET',
    path,
    query,
    body: isWrite ? drawOrgBody(chance, target, path) : undefined,
  }
}

function drawOrgBody(chance: Chance, target: Target, path: string): Json {
  const isLookup = path === '/Users/.lookup'
  const all: [string, Json][] = [
    ['schemas', [isLookup ? lookupSchema : syncSchema]],
    ...(isLookup
      ? ([
          [
            'query',
            chance.is(0.6) ? chance.pick(['mira', 'okafor mira', '@larkspur', '44', 'Zoé', '']) : drawString(chance),
          ],
          ['limit', chance.pick<Json>([1, 5, 20, 21, 0, '3', 1.5])],
          ['status', chance.pick<Json>(['active', 'any', 'suspended', 'gone', null])],
          ['attributes', drawNames(chance, target.catalogue, 2)],
        ] as [string, Json][])
      : ([
          ['source', chance.pick<Json>(['fuzz-hr', 'fuzz-hr', 'nowhere', '', 7])],
          ['syncType', chance.pick<Json>(['full', 'incremental', 'manual', 'none', null])],
          ['includeGroups', chance.pick<Json>([true, false, 'True', 'no'])],
        ] as [string, Json][])),
  ]
  return new Members(all.filter(([name]) => chance.is(name === 'query' || name === 'source' ? 0.97 : 0.6)))
}

function drawDiscovery(chance: Chance, { catalogue }: Target): string {
  const schema = chance.pick([
    userSchema,
    groupSchema,
    enterpriseSchema,
    ...catalogue.User.extensions,
    'urn:nothing',
    'User',
  ])
  return chance.pick([
    '/ServiceProviderConfig',
    '/ServiceProviderConfig/1',
    '/Schemas',
    `/Schemas/${schema}`,
    `/Schemas/${encodeURIComponent(schema).toLowerCase()}`,
    `/Schemas/${schema}/attributes`,
    '/ResourceTypes',
    '/ResourceTypes/User',
    '/ResourceTypes/group',
    '/ResourceTypes/__proto__',
    '/Schemas/constructor',
  ])
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'QUERY', 'PURGE', 'MERGE']

// Every method on every route, with any body or none.
function drawAnything(chance: Chance, target: Target, name: TypeName): Call {
  const method = chance.pick(methods)
  const path = chance.weigh<() => string>([
    [
      4,
      () =>
        chance.pick(['', '/', '/Users', '/Groups', '/Me', '/Bulk', '/.search', '/Users/.search', '/Groups/.search']),
    ],
    [2, () => `/${name}s/${encode(chance, drawId(chance, target.ids))}`],
    [2, () => drawDiscovery(chance, target)],
    [
      1,
      () =>
        chance.pick([
          '/Widgets',
          '/Users.scim',
          '/users',
          '/Users/',
          '/Users/x/y',
          '/Bulk/1',
          '/Me/x',
          '/..',
          '/%2e%2e/',
          '/Users/%2e%2e',
        ]),
    ],
    [
      1,
      () =>
        `/${name}s/${chance.pick(['%', '%zz', '%c3', '%00', '%0d%0aX-Injected:%201', '%ed%a0%80', '%2F', '%252F', 'a%5c', ';x=1', '*'])}`,
    ],
    [1, () => `/${encode(chance, drawString(chance))}`],
    [1, () => `/${name}s/${'x'.repeat(chance.size(80_000))}`],
  ])()
  const body = chance.is(0.5) ? undefined : chance.is(0.5) ? drawValue(chance) : drawResource(chance, name, target)
  return { method, path, query: chance.is(0.3) ? drawQuery(chance, target, name, 0.2) : '', body }
}

function drawQuery(chance: Chance, target: Target, name: TypeName, share: number): string {
  const number = (): string =>
    chance.is(0.8)
      ? chance.pick(['0', '1', '2', '10', '100', '1000'])
      : chance.pick(['-1', '1e3', '', 'x', '9'.repeat(30), '1.5', '%2B1', ' 1'])
  const names = (): string => drawNames(chance, target.catalogue, chance.integer(1, 4)).join(',')
  const all: [string, () => string][] = [
    ['filter', () => drawFilter(chance, target.catalogue[name], target.ids)],
    ['sortBy', names],
    ['sortOrder', () => drawSortOrder(chance)],
    ['startIndex', number],
    ['count', number],
    ['attributes', names],
    ['excludedAttributes', names],
    ['cursor', () => drawCursor(chance, target.cursors)],
    [
      chance.pick(['aadOptscim062020', '__proto__', 'constructor', '', 'x[y]', 'filter[]']),
      () => drawString(chance).slice(0, 100),
    ],
  ]
  const rare = new Set(['excludedAttributes', 'cursor', all.at(-1)?.[0]])
  const chosen = all.filter(([parameter]) => chance.is(rare.has(parameter) ? share / 4 : share))
  const parts = chosen.map(
    ([parameter, draw]) => `${chance.is(0.05) ? parameter.toUpperCase() : parameter}=${encode(chance, draw())}`,
  )
  const repeated = chance.is(0.03) ? [...parts, ...parts, ...parts.slice(0, 1).map((part) => `${part}x`)] : parts
  const joined = repeated.join('&')
  return chance.is(0.05) ? mutateText(chance, joined) : joined
}

function encode(chance: Chance, text: string): string {
  const encoded = encodeURIComponent(text.toWellFormed())
  return chance.weigh<() => string>([
    [8, () => encoded],
    [3, () => encoded.replaceAll('%20', '+')],
    [0.3, () => encoded.toLowerCase()],
    [0.3, () => text.replaceAll(' ', '+')],
    [0.3, () => encoded.replaceAll('%', '%25')],
    [0.3, () => encoded.slice(0, -1)],
  ])()
}

function drawBytes(chance: Chance, body: Json): Buffer {
  const mutations = [
    [10, 0],
    [4, 1],
    [1, 2],
    [0.5, 5],
  ] as const
  const text = write(chance.change(body, mutations, (tree) => mutateJson(chance, tree)))
  return chance.weigh<() => Buffer>([
    [60, () => Buffer.from(text)],
    [5, () => Buffer.from(mutateText(chance, text))],
    [3, () => mutateBytes(chance, Buffer.from(text))],
    [1, () => Buffer.from(`\ufeff${text}`)],
    [1, () => Buffer.from(`${' '.repeat(chance.size(20_000))}${text}\r\n\t`)],
    [0.3, () => Buffer.alloc(0)],
    [0.3, () => Buffer.from(chance.pick(['null', '[]', '""', '0', '{}', '[{}]', 'true', '{', '']))],
    [0.2, () => Buffer.alloc(chance.size(12_000_000), chance.pick(['[', '{"a":', ' ', '"', 'x', '1']))],
  ])()
}
