// Resource types of one's own over HTTP: the devices of docs/examples, and widgets with whatever attribute a test is about.
import { expect } from 'chai'
import { query } from '../../server/db/query.ts'
import { listStatuses, patch, postUser, readId, runBulk } from '../support/bulk.ts'
import { testDatabase } from '../support/postgres.ts'
import { expectError } from '../support/protocol.ts'
import {
  badgeSchema,
  create,
  device,
  deviceSchema,
  exampleFolder,
  schemaFile,
  type Served,
  typeFile,
  warrantySchema,
  widget,
  widgets,
  widgetSchema,
  withTypes,
  withTypesOf,
} from '../support/resource-types.ts'
import {
  type Body,
  enterpriseSchema,
  groupSchema,
  listSchema,
  type ScimClient,
  searchSchema,
  userSchema,
} from '../support/scim-client.ts'

const withDevices = (work: (served: Served) => Promise<void>): Promise<void> => withTypesOf(exampleFolder, work)

const createDevice = (scim: ScimClient, serialNumber: string, attributes: Body = {}): Promise<Body> =>
  create(scim, '/Devices', device(serialNumber, attributes))

const full = (serialNumber: string): Body =>
  device(serialNumber, {
    schemas: [deviceSchema, warrantySchema],
    externalId: 'asset-7',
    displayName: 'Mira’s laptop',
    category: 'laptop',
    active: true,
    memoryGB: 32,
    price: 1499.5,
    boughtAt: '2026-01-31T12:00:00+01:00',
    owner: { value: 'emp_1', $ref: '../Users/emp_1', display: 'Mira' },
    ports: [
      { value: '00:00:5e:00:53:01', type: 'wired', primary: true },
      { value: '00:00:5e:00:53:02', type: 'wireless' },
    ],
    tags: ['loan', 'Oslo'],
    [warrantySchema]: { until: '2029-01-31T00:00:00Z', provider: 'Quill' },
  })

async function read(scim: ScimClient, path: string): Promise<Body> {
  const { status, body, text } = await scim.get(path)
  expect(status, `${path} ${text}`).to.equal(200)
  return body
}

describe('resources of a type of one’s own', () => {
  it('7643-3-05 7643-3.1-11 7643-7-06 are created, read, replaced, patched and deleted', () =>
    withDevices(async ({ scim }) => {
      const created = await scim.post('/Devices', { ...full('C02X'), id: 'mine', meta: { resourceType: 'User' } })
      expect(created.status, created.text).to.equal(201)
      const { id, meta, ...rest } = created.body
      const location = `${scim.baseUrl}/Devices/${id}`
      expect(id).to.match(/^res_[0-9a-z]{26}$/)
      expect(rest).to.deep.equal(full('C02X'))
      expect(meta).to.deep.equal({
        resourceType: 'Device',
        created: meta.created,
        lastModified: meta.created,
        location,
        version: 'W/"1"',
      })
      expect(created.headers).to.include({ location, etag: 'W/"1"', 'content-type': 'application/scim+json' })
      expect(await read(scim, `/Devices/${id}`)).to.deep.equal(created.body)
      for (const filter of ['externalId eq "asset-7"', 'meta.created gt "2020-01-01T00:00:00Z"', `id eq "${id}"`]) {
        expect((await scim.filter('/Devices', filter)).body['totalResults'], filter).to.equal(1)
        expect((await scim.filter('/Devices', `not (${filter})`)).body['totalResults'], filter).to.equal(0)
      }

      const replaced = await scim.put(`/Devices/${id}`, device('C02X', { displayName: 'Spare', tags: ['shelf'] }))
      expect(replaced.status, replaced.text).to.equal(200)
      expect(replaced.body).to.deep.equal({
        ...device('C02X', { id, displayName: 'Spare', tags: ['shelf'] }),
        meta: { ...meta, lastModified: replaced.body['meta'].lastModified, version: 'W/"2"' },
      })

      const patched = await scim.patch(`/Devices/${id}`, [{ op: 'add', path: 'externalId', value: 'asset-8' }])
      expect([patched.status, patched.body['externalId'], patched.headers['etag']]).to.deep.equal([
        200,
        'asset-8',
        'W/"3"',
      ])
      expect((await scim.delete(`/Devices/${id}`)).status).to.equal(204)
      for (const reply of [
        await scim.get(`/Devices/${id}`),
        await scim.put(`/Devices/${id}`, device('C02X')),
        await scim.patch(`/Devices/${id}`, [{ op: 'remove', path: 'externalId' }]),
        await scim.delete(`/Devices/${id}`),
      ])
        expectError(reply, 404)
      expect((await read(scim, '/Devices'))['totalResults']).to.equal(0)
    }))

  it('7644-3.4.1-03 7644-3.2-01 are served at the endpoint of their type and at no other', () =>
    withDevices(async ({ scim }) => {
      const ids = {
        Devices: (await createDevice(scim, 'C02X'))['id'],
        Users: (await scim.createUser('mira'))['id'],
        Groups: (await scim.createGroup('Ops'))['id'],
      }
      const bodies: Body = {
        Devices: device('C02X'),
        Users: { schemas: [userSchema], userName: 'mira' },
        Groups: { schemas: [groupSchema], displayName: 'Ops' },
      }
      for (const [endpoint, id] of Object.entries(ids)) {
        for (const other of Object.keys(ids)) {
          const expected = endpoint === other ? 200 : 404
          expect((await scim.get(`/${other}/${id}`)).status, `${other}/${id}`).to.equal(expected)
          if (endpoint === other) continue
          expectError(await scim.put(`/${other}/${id}`, bodies[other]), 404)
          expectError(await scim.patch(`/${other}/${id}`, [{ op: 'add', path: 'externalId', value: 'x' }]), 404)
          expectError(await scim.delete(`/${other}/${id}`), 404)
        }
        expect((await read(scim, `/${endpoint}`))['Resources'].map((one: Body) => one['id'])).to.deep.equal([id])
      }
      expect((await read(scim, `/devices/${ids.Devices}`))['id']).to.equal(ids.Devices)
      expectError(await scim.post('/Devices', bodies['Users']), 400, 'invalidValue')
      expectError(await scim.post('/Users', { ...device('C02Y'), userName: 'nora' }), 400, 'invalidValue')
    }))

  it('7644-3.14-02 7644-3.14-03 7644-3.14-04 7644-3.14-05 7644-3.14-06 7644-3.14-08 have ETags that conditions are compared with', () =>
    withDevices(async ({ scim }) => {
      const { id } = await createDevice(scim, 'C02X')
      const path = `/Devices/${id}`
      const unchanged = await scim.put(path, device('C02X'))
      expect([unchanged.status, unchanged.headers['etag']]).to.deep.equal([200, 'W/"1"'])
      const changed = await scim.patch(path, [{ op: 'add', path: 'displayName', value: 'Spare' }])
      expect([changed.headers['etag'], changed.body['meta'].version]).to.deep.equal(['W/"2"', 'W/"2"'])
      for (const tag of ['W/"2"', '"2"', 'W/"1", W/"2"', '*']) {
        const reply = await scim.get(`${path}?attributes=displayName`, { 'If-None-Match': tag })
        expect([reply.status, reply.text, reply.headers['etag']], tag).to.deep.equal([304, '', 'W/"2"'])
      }
      expect((await scim.get(path, { 'If-None-Match': 'W/"1"' })).status).to.equal(200)
      const stale = { 'If-Match': 'W/"1"' }
      expectError(await scim.put(path, device('C02X'), stale), 412)
      expectError(await scim.patch(path, [{ op: 'remove', path: 'displayName' }], stale), 412)
      expectError(await scim.delete(path, stale), 412)
      expect(await read(scim, path)).to.deep.equal(changed.body)
      expectError(await scim.delete('/Devices/res_nothing', { 'If-Match': '*' }), 404)
      expect((await scim.put(path, device('C02X'), { 'If-Match': 'W/"1", "2"' })).headers['etag']).to.equal('W/"3"')
      expect((await scim.delete(path, { 'If-Match': '*' })).status).to.equal(204)
    }))

  it('7644-3.7-17 are written by bulk, also with references to what else it makes', () =>
    withDevices(async ({ scim }) => {
      const old = await createDevice(scim, 'old')
      const post = (bulkId: string, data: Body): Body => ({ method: 'POST', path: '/Devices', bulkId, data })
      const results = await runBulk(scim, [
        post('a', device('C02X', { owner: { value: 'bulkId:mira' }, tags: ['bulkId:b'] })),
        postUser('mira', 'mira'),
        post('b', device('C02Y')),
        post('c', device('old')),
        patch(`/Devices/${old['id']}`, { op: 'add', path: 'displayName', value: 'Old' }),
        { method: 'PUT', path: '/Devices/bulkId:b', data: device('C02Y', { displayName: 'New' }) },
        { method: 'DELETE', path: `/Devices/${old['id']}`, version: 'W/"1"' },
      ])
      expect(listStatuses(results)).to.deep.equal(['201', '201', '201', '409', '200', '200', '412'])
      expect(results[3]?.['response'].scimType).to.equal('uniqueness')
      const [laptop, mira, spare] = results.slice(0, 3).map(readId)
      expect(await read(scim, `/Devices/${laptop}`)).to.deep.include({ owner: { value: mira }, tags: [spare] })
      expect(await read(scim, `/Devices/${spare}`)).to.include({ displayName: 'New' })
      expect(await read(scim, `/Devices/${old['id']}`)).to.include({ displayName: 'Old' })
    }))

  it('7644-3.4.3-01 7644-3.4.2.1-01 7644-3.4.2.1-03 are searched at their endpoint and, with all others, at the root', () =>
    withDevices(async ({ scim }) => {
      const laptop = await createDevice(scim, 'C02X', { displayName: 'beta', externalId: 'x' })
      const mira = await scim.createUser('mira', { displayName: 'alpha', externalId: 'x' })
      const ops = await scim.createGroup('gamma', [], { externalId: 'y' })
      const search = async (path: string, rest: Body): Promise<string[]> => {
        const { status, body, text } = await scim.post(`${path}/.search`, { schemas: [searchSchema], ...rest })
        expect([status, body['schemas']], text).to.deep.equal([200, [listSchema]])
        expect(body['totalResults']).to.equal(body['Resources'].length)
        return body['Resources'].map((one: Body) => one['id'])
      }
      expect(await search('/Devices', { filter: 'externalId eq "x"' })).to.deep.equal([laptop['id']])
      expect(await search('/Users', {})).to.deep.equal([mira['id']])
      expect(await search('/Groups', {})).to.deep.equal([ops['id']])
      const byName = [mira, laptop, ops].map((one) => one['id'])
      expect(await search('', { sortBy: 'displayName' })).to.deep.equal(byName)
      expect(await search('', { sortBy: 'displayName', sortOrder: 'descending' })).to.deep.equal(byName.toReversed())
      expect(await search('', { filter: 'externalId eq "x"', sortBy: 'displayName' })).to.deep.equal(byName.slice(0, 2))
      expect(await search('', { filter: 'meta.resourceType eq "Device"' })).to.deep.equal([laptop['id']])
      expect(await search('', { filter: 'serialNumber eq "C02X" or members pr' })).to.deep.equal([laptop['id']])
      expect(await search('', { filter: `schemas eq "${deviceSchema}"` })).to.deep.equal([laptop['id']])
    }))

  it('7644-3.4.2.3-02 7644-3.4.2.3-03 7644-3.4.2.3-06 7644-3.4.2.3-07 7644-3.4.2.3-08 9865-2.2-01 are sorted by attributes of every kind, and paged by index and by cursor', () =>
    withDevices(async ({ scim }) => {
      const values = [
        { displayName: 'b', memoryGB: 9, price: 0.5, boughtAt: '2026-01-31T12:00:00+02:00', active: false },
        { displayName: 'A', memoryGB: 10, price: -2, boughtAt: '2026-01-31T11:00:00Z', active: true },
        { displayName: 'É', memoryGB: -1, price: 1e3, boughtAt: '1999-12-31T23:59:59Z' },
        {},
      ].map((one, index) => ({
        ...one,
        ...(index === 3
          ? {}
          : {
              owner: { display: 'zyx'.charAt(index) },
              ports: [{ value: 'first' }, { value: 'cab'.charAt(index), primary: true }],
              [warrantySchema]: { until: `202${index}-01-01T00:00:00Z`, provider: 'bca'.charAt(index) },
            }),
      }))
      const ids: string[] = []
      for (const [index, one] of values.entries()) {
        const schemas = [deviceSchema, ...(warrantySchema in one ? [warrantySchema] : [])]
        ids.push((await createDevice(scim, `SN-${index}`, { ...one, schemas }))['id'])
      }
      const orders: Readonly<Record<string, readonly number[]>> = {
        displayName: [1, 0, 2, 3],
        memoryGB: [2, 0, 1, 3],
        price: [1, 0, 2, 3],
        boughtAt: [2, 0, 1, 3],
        active: [0, 1, 2, 3],
        'owner.display': [2, 1, 0, 3],
        ports: [1, 2, 0, 3],
        [`${warrantySchema}:provider`]: [2, 0, 1, 3],
        [`${warrantySchema}:until`]: [0, 1, 2, 3],
        serialNumber: [0, 1, 2, 3],
      }
      for (const [sortBy, order] of Object.entries(orders)) {
        const expected = order.map((index) => ids[index])
        const sorted = `/Devices?attributes=id&sortBy=${encodeURIComponent(sortBy)}`
        const whole = await read(scim, sorted)
        expect(
          whole['Resources'].map((one: Body) => one['id']),
          sortBy,
        ).to.deep.equal(expected)
        const walked: string[] = []
        for (let cursor: string | undefined = ''; cursor !== undefined;) {
          const page = await read(scim, `${sorted}&count=1&cursor=${cursor}`)
          expect([page['totalResults'], page['itemsPerPage']]).to.deep.equal([4, 1])
          walked.push(...page['Resources'].map((one: Body) => one['id']))
          cursor = page['nextCursor'] as string | undefined
        }
        expect(walked, sortBy).to.deep.equal(expected)
        const third = await read(scim, `${sorted}&count=1&startIndex=3`)
        expect([third['startIndex'], third['totalResults'], third['Resources'][0].id]).to.deep.equal([
          3,
          4,
          expected[2],
        ])
      }
      expectError(await scim.get('/Devices?sortBy=unlockCode'), 400, 'invalidValue')
    }))
})

describe('the attributes of a type of one’s own', () => {
  it('7643-2.2-01 have the characteristics of section 2.2 where nothing else is said', () =>
    withTypes(widgets({ name: 'colour' }), async ({ scim }) => {
      const [published] = (await read(scim, `/Schemas/${widgetSchema}`))['attributes']
      expect(published).to.deep.equal({
        name: 'colour',
        type: 'string',
        description: 'colour',
        multiValued: false,
        required: false,
        caseExact: false,
        mutability: 'readWrite',
        returned: 'default',
        uniqueness: 'none',
      })
      const first = await create(scim, '/Widgets', widget())
      const second = await create(scim, '/Widgets', widget({ colour: 'Red' }))
      const third = await create(scim, '/Widgets', widget({ colour: 'Red' }))
      expect([second['colour'], third['colour']]).to.deep.equal(['Red', 'Red'])
      const found = await scim.filter('/Widgets', 'colour eq "rED"')
      expect(found.body['Resources'].map((one: Body) => one['id'])).to.deep.equal([second['id'], third['id']])
      for (const colour of ['blue', 'green']) {
        const reply = await scim.patch(`/Widgets/${first['id']}`, [{ op: 'replace', path: 'colour', value: colour }])
        expect(reply.body['colour']).to.equal(colour)
      }
      expect(await read(scim, `/Widgets/${first['id']}?excludedAttributes=colour`)).to.not.have.property('colour')
      expectError(await scim.post('/Widgets', widget({ colour: 7 })), 400, 'invalidValue')
      expectError(await scim.post('/Widgets', widget({ colour: ['red', 'blue'] })), 400, 'invalidValue')
    }))

  it('7643-2.3-05 7643-2.3-06 7643-2.3-07 take values of their type and no others', () =>
    withTypes(
      widgets(
        { name: 'decimal', type: 'decimal' },
        { name: 'integer', type: 'integer' },
        { name: 'boolean', type: 'boolean' },
        { name: 'moment', type: 'dateTime' },
        { name: 'binary', type: 'binary' },
        { name: 'reference', type: 'reference', referenceTypes: ['external'] },
        { name: 'complex', type: 'complex', subAttributes: [{ name: 'part', type: 'integer' }] },
        { name: 'numbers', type: 'decimal', multiValued: true },
      ),
      async ({ scim }) => {
        const taken: Readonly<Record<string, readonly unknown[]>> = {
          decimal: [1.5, 3, -0.25, 1e21],
          integer: [3, -7, 0, 9007199254740991],
          boolean: [true, false],
          moment: ['2026-02-03T10:00:00+01:00', '2026-02-03T10:00:00.123456Z'],
          binary: ['AQID', 'AQIDBA=='],
          reference: ['https://quill.example/A', '../Widgets/1', 'urn:example:x'],
          complex: [{ part: 3 }],
          numbers: [[1.5, 2], [0]],
        }
        const refused: Readonly<Record<string, readonly unknown[]>> = {
          decimal: ['1.5', true, {}, [1, 2]],
          integer: [3.5, '3', 9007199254740992, 1e300],
          boolean: [1, 'yes'],
          moment: ['2026-02-03', '2026-02-30T10:00:00Z', 0],
          binary: ['!!!', 1],
          reference: [1, {}],
          complex: ['part', 3, { part: 'x' }],
          numbers: [['1.5'], [[1]], [{}]],
        }
        for (const [name, values] of Object.entries(taken)) {
          for (const value of values) {
            const { id, ...created } = await create(scim, '/Widgets', widget({ [name]: value }))
            expect(created[name], name).to.deep.equal(value)
            expect((await read(scim, `/Widgets/${id}`))[name], name).to.deep.equal(value)
          }
        }
        const { totalResults } = await read(scim, '/Widgets')
        const { id } = await create(scim, '/Widgets', widget())
        for (const [name, values] of Object.entries(refused)) {
          for (const value of values) {
            expectError(await scim.post('/Widgets', widget({ [name]: value })), 400, 'invalidValue')
            expectError(await scim.put(`/Widgets/${id}`, widget({ [name]: value })), 400, 'invalidValue')
            expectError(await scim.patch(`/Widgets/${id}`, [{ op: 'add', path: name, value }]), 400, 'invalidValue')
          }
        }
        expect((await read(scim, '/Widgets'))['totalResults']).to.equal(totalResults + 1)
        expect((await read(scim, `/Widgets/${id}`))['meta'].version).to.equal('W/"1"')
      },
    ))

  it('7643-2.3-03 7643-7-04 keep what is sent, in its case, also beyond the canonical values', () =>
    withDevices(async ({ scim }) => {
      const { attributes } = await read(scim, `/Schemas/${deviceSchema}`)
      const category = attributes.find((one: Body) => one['name'] === 'category')
      expect(category.canonicalValues).to.deep.equal(['laptop', 'phone', 'monitor'])
      const { id } = await createDevice(scim, 'AbC', { category: 'Toaster', displayName: 'dEsK' })
      expect(await read(scim, `/Devices/${id}`)).to.include({
        serialNumber: 'AbC',
        category: 'Toaster',
        displayName: 'dEsK',
      })
    }))

  it('7643-7-05 that are read-only are the server’s: ignored in POST and PUT, refused as a PATCH path', () =>
    withTypes(
      widgets(
        { name: 'score', type: 'integer', mutability: 'readOnly', required: true },
        { name: 'size', type: 'complex', subAttributes: [{ name: 'w' }, { name: 'h', mutability: 'readOnly' }] },
      ),
      async ({ scim }) => {
        const created = await create(scim, '/Widgets', widget({ score: 7, size: { w: '1', h: '2' } }))
        expect(created).to.not.have.property('score')
        expect(created['size']).to.deep.equal({ w: '1' })
        const path = `/Widgets/${created['id']}`
        expect((await scim.put(path, widget({ score: 7, size: { w: '1', h: '2' } }))).body).to.deep.equal(created)
        for (const op of ['add', 'replace', 'remove'])
          expectError(await scim.patch(path, [{ op, path: 'score', value: 8 }]), 400, 'mutability')
        expect(await read(scim, path)).to.deep.equal(created)
      },
    ))

  it('7643-7-06 7644-3.5.2-12 7644-3.5.2-14 7644-3.5.2-15 7644-3.5.2-19 are changed by PATCH, whatever their kind', () =>
    withDevices(async ({ scim }) => {
      const ports = (...values: string[]): Body[] => values.map((value) => ({ value }))
      const warranty = { until: '2029-01-31T00:00:00Z', provider: 'Quill' }
      // From the device with `before`, by one operation, to one with `after`; undefined is no value.
      const cases: readonly (readonly [before: Body, operation: Body, after: Body])[] = [
        [{}, { op: 'add', path: 'displayName', value: 'a' }, { displayName: 'a' }],
        [{ displayName: 'a' }, { op: 'replace', path: 'DISPLAYNAME', value: 'b' }, { displayName: 'b' }],
        [{ displayName: 'a' }, { op: 'remove', path: 'displayName' }, { displayName: undefined }],
        [{ displayName: 'a' }, { op: 'replace', path: 'displayName', value: null }, { displayName: undefined }],
        [{ active: true }, { op: 'replace', path: `${deviceSchema}:active`, value: false }, { active: false }],
        [{ memoryGB: 8 }, { op: 'replace', path: 'memoryGB', value: 0 }, { memoryGB: 0 }],
        [{ price: 1 }, { op: 'replace', path: 'price', value: 0.125 }, { price: 0.125 }],
        [{}, { op: 'add', path: 'boughtAt', value: warranty.until }, { boughtAt: warranty.until }],
        [{}, { op: 'add', path: 'owner.value', value: 'x' }, { owner: { value: 'x' } }],
        [
          { owner: { value: 'x' } },
          { op: 'replace', path: 'owner', value: { display: 'y' } },
          { owner: { value: 'x', display: 'y' } },
        ],
        [{ owner: { value: 'x', display: 'y' } }, { op: 'remove', path: 'owner.value' }, { owner: { display: 'y' } }],
        [{ owner: { value: 'x' } }, { op: 'remove', path: 'owner.value' }, { owner: undefined }],
        [{ ports: ports('a') }, { op: 'add', path: 'ports', value: ports('a', 'b') }, { ports: ports('a', 'b') }],
        [{ ports: ports('a') }, { op: 'replace', path: 'ports', value: ports('b') }, { ports: ports('b') }],
        [{ ports: ports('a', 'b') }, { op: 'remove', path: 'ports[value eq "A"]' }, { ports: ports('b') }],
        [
          { ports: [{ value: 'a', primary: true }, { value: 'b' }] },
          { op: 'replace', path: 'ports[value eq "b"].primary', value: true },
          {
            ports: [
              { value: 'a', primary: false },
              { value: 'b', primary: true },
            ],
          },
        ],
        [
          { ports: ports('a') },
          { op: 'replace', path: 'ports[type eq "wired"].value', value: 'c' },
          { ports: [{ value: 'a' }, { type: 'wired', value: 'c' }] },
        ],
        [{ ports: ports('a', 'b') }, { op: 'remove', path: 'ports[not (value eq "a")]' }, { ports: ports('a') }],
        [{ tags: ['a'] }, { op: 'add', path: 'tags', value: ['b', 'a'] }, { tags: ['a', 'b'] }],
        [{ tags: ['a'] }, { op: 'add', path: 'tags', value: 'b' }, { tags: ['a', 'b'] }],
        [{ tags: ['a', 'b'] }, { op: 'remove', path: 'tags[value eq "a"]' }, { tags: ['b'] }],
        [{ tags: ['a', 'b'] }, { op: 'remove', path: 'tags' }, { tags: undefined }],
        [
          {},
          { op: 'add', path: `${warrantySchema}:until`, value: warranty.until },
          { [warrantySchema]: { until: warranty.until } },
        ],
        [
          { [warrantySchema]: warranty },
          { op: 'replace', path: 'provider', value: 'X' },
          { [warrantySchema]: { ...warranty, provider: 'X' } },
        ],
        [
          { [warrantySchema]: warranty },
          { op: 'remove', path: `${warrantySchema}:provider` },
          { [warrantySchema]: { until: warranty.until } },
        ],
        [{}, { op: 'add', path: warrantySchema, value: warranty }, { [warrantySchema]: warranty }],
        [
          {},
          { op: 'add', value: { displayName: 'a', memoryGB: 1, [warrantySchema]: warranty } },
          { displayName: 'a', memoryGB: 1, [warrantySchema]: warranty },
        ],
        [{ externalId: 'x' }, { op: 'replace', path: 'externalId', value: 'y' }, { externalId: 'y' }],
        [{ externalId: 'x' }, { op: 'remove', path: 'externalId' }, { externalId: undefined }],
      ]
      for (const [index, [before, operation, after]] of cases.entries()) {
        const { id, meta, ...created } = await createDevice(scim, `SN-${index}`, { ...before })
        const { status, body, text } = await scim.patch(`/Devices/${id}`, [operation])
        const shown = `${JSON.stringify(operation)} ${text}`
        expect(status, shown).to.equal(200)
        const expected: Body = {
          ...created,
          ...after,
          id,
          meta: { ...meta, lastModified: body['meta'].lastModified, version: 'W/"2"' },
        }
        for (const [name, value] of Object.entries(after)) if (value === undefined) delete expected[name]
        expected['schemas'] = [deviceSchema, ...(warrantySchema in expected ? [warrantySchema] : [])]
        expect(body, shown).to.deep.equal(expected)
        expect(await read(scim, `/Devices/${id}`), shown).to.deep.equal(expected)
      }
    }))

  it('7644-3.5.2-07 7644-3.5.2-09 7644-3.5.2-18 refuse a PATCH as a whole where one of its operations is wrong', () =>
    withDevices(async ({ scim }) => {
      const { id } = await createDevice(scim, 'C02X', { [warrantySchema]: { until: '2029-01-31T00:00:00Z' } })
      const path = `/Devices/${id}`
      const before = await read(scim, path)
      const wrong: readonly (readonly [Body, string])[] = [
        [{ op: 'add', path: 'colour', value: 'red' }, 'invalidPath'],
        [{ op: 'add', path: 'owner.colour', value: 'red' }, 'invalidPath'],
        [{ op: 'add', path: `${badgeSchema}:number`, value: '1' }, 'invalidPath'],
        [{ op: 'add', path: `${enterpriseSchema}:department`, value: '1' }, 'invalidPath'],
        [{ op: 'replace', path: 'ports[colour eq "x"].value', value: '1' }, 'invalidFilter'],
        [{ op: 'replace', path: 'memoryGB', value: 'much' }, 'invalidValue'],
        [{ op: 'replace', path: 'id', value: 'mine' }, 'mutability'],
        [{ op: 'remove', path: 'serialNumber' }, 'mutability'],
        [{ op: 'remove', path: `${warrantySchema}:until` }, 'mutability'],
        [{ op: 'add', path: 'ports', value: [{ primary: true }, { value: 'b', primary: true }] }, 'invalidValue'],
        [{ op: 'remove' }, 'noTarget'],
      ]
      for (const [operation, scimType] of wrong) {
        const first = { op: 'add', path: 'displayName', value: 'changed' }
        expectError(await scim.patch(path, [first, operation]), 400, scimType)
      }
      expect(await read(scim, path)).to.deep.equal(before)
    }))

  it('7643-7-07 7644-3.5.1-05 7644-3.5.2-11 that are immutable are set once, by whatever request', () => {
    const extension = 'urn:example:Widget:Origin'
    const documents = [
      schemaFile(widgetSchema, [
        { name: 'model', mutability: 'immutable' },
        { name: 'colour' },
        { name: 'codes', multiValued: true, mutability: 'immutable' },
        {
          name: 'maker',
          type: 'complex',
          subAttributes: [{ name: 'plant', mutability: 'immutable' }, { name: 'line' }],
        },
      ]),
      schemaFile(extension, [{ name: 'country', mutability: 'immutable' }]),
      typeFile('Widget', widgetSchema, { schemaExtensions: [{ schema: extension, required: false }] }),
    ]
    const values: Body = {
      model: 'M1',
      codes: ['a', 'b'],
      maker: { plant: 'Oslo' },
      [extension]: { country: 'NO' },
    }
    const others: Body = {
      model: 'M2',
      codes: ['a'],
      maker: { plant: 'Rome' },
      [extension]: { country: 'IT' },
    }
    const paths: Readonly<Record<string, string>> = {
      model: 'model',
      codes: 'codes',
      maker: 'maker.plant',
      [extension]: `${extension}:country`,
    }
    return withTypes(documents, async ({ scim }) => {
      const schemas = [widgetSchema, extension]
      for (const [name, value] of Object.entries(values)) {
        const { id } = await create(scim, '/Widgets', widget({ colour: 'red' }))
        const path = `/Widgets/${id}`
        const set = await scim.put(path, widget({ schemas, colour: 'red', [name]: value }))
        expect([set.status, set.body[name]], set.text).to.deep.equal([200, value])
        expect((await scim.put(path, widget({ schemas, colour: 'blue', [name]: value }))).body[name]).to.deep.equal(
          value,
        )
        expect((await scim.put(path, widget({ colour: 'green' }))).body).to.deep.include({
          colour: 'green',
          [name]: value,
        })
        const before = await read(scim, path)
        const other = others[name]
        const inner = name === 'model' || name === 'codes' ? other : Object.values(other as Body)[0]
        for (const reply of [
          await scim.put(path, widget({ schemas, [name]: other })),
          await scim.patch(path, [{ op: 'replace', value: { colour: 'pink', [name]: other } }]),
          await scim.patch(path, [{ op: 'replace', path: paths[name], value: inner }]),
          await scim.patch(path, [{ op: 'remove', path: paths[name] }]),
          await scim.patch(path, [{ op: 'remove', path: name }]),
        ])
          expectError(reply, 400, 'mutability')
        expect(await read(scim, path)).to.deep.equal(before)

        const later = await create(scim, '/Widgets', widget())
        const added = await scim.patch(`/Widgets/${later['id']}`, [{ op: 'add', value: { [name]: value } }])
        expect([added.status, added.body[name]], added.text).to.deep.equal([200, value])
      }
    })
  })

  it('7643-7-08 7643-7-10 7644-3.4.2.2-complex-14 that are secret are taken, and neither kept, returned, filtered nor sorted by', () =>
    withDevices(async ({ scim, tenant }) => {
      const secret = 'correct-horse'
      const created = await scim.post('/Devices', device('C02X', { unlockCode: secret }))
      const path = `/Devices/${created.body['id']}`
      const answers = [
        created,
        await scim.put(path, device('C02X', { unlockCode: secret, displayName: 'a' })),
        await scim.patch(path, [{ op: 'replace', path: 'unlockCode', value: secret }]),
        await scim.patch(path, [{ op: 'add', value: { unlockCode: secret, displayName: 'b' } }]),
        await scim.get(`${path}?attributes=unlockCode,displayName`),
        await scim.get('/Devices?attributes=unlockCode'),
        await scim.get('/Devices?excludedAttributes=displayName'),
      ]
      for (const { status, text } of answers) {
        expect(status, text).to.be.oneOf([200, 201])
        expect(text).to.not.include(secret).and.not.include('unlockCode')
      }
      expectError(await scim.filter('/Devices', `unlockCode eq "${secret}"`), 400, 'invalidFilter')
      expectError(await scim.filter('/Devices', 'unlockCode pr'), 400, 'invalidFilter')
      const rows = await query<{ text: string }>(
        testDatabase(),
        `select to_json(r)::text as text from resources r where org_id = $1
         union all select to_json(c)::text from changes c where org_id = $1`,
        [tenant.organizationId],
      )
      expect(rows).to.have.length(4)
      for (const { text } of rows) expect(text).to.not.include(secret)
    }))

  it('7643-7-09 7643-7-11 that are always returned are, and others as the parameters say', () =>
    withTypes(
      widgets({ name: 'label', returned: 'always' }, { name: 'colour' }, { name: 'size' }),
      async ({ scim }) => {
        const { id } = await create(scim, '/Widgets', widget({ label: 'L', colour: 'red', size: 'M' }))
        const names = async (parameters: string): Promise<string[]> => {
          const one = await read(scim, `/Widgets/${id}?${parameters}`)
          const { Resources } = await read(scim, `/Widgets?${parameters}`)
          expect(Resources).to.deep.equal([one])
          return Object.keys(one).toSorted()
        }
        expect(await names('')).to.deep.equal(['colour', 'id', 'label', 'meta', 'schemas', 'size'])
        expect(await names('attributes=colour')).to.deep.equal(['colour', 'id', 'label', 'schemas'])
        expect(await names('attributes=nothing')).to.deep.equal(['id', 'label', 'schemas'])
        expect(await names('excludedAttributes=colour,label,id')).to.deep.equal([
          'id',
          'label',
          'meta',
          'schemas',
          'size',
        ])
      },
    ))

  it('7643-7-12 7644-3.4.1-04 7644-3.4.2.5-06 that are returned on request are, and to who writes them', () => {
    const extension = 'urn:example:Widget:Hidden'
    const documents = [
      schemaFile(widgetSchema, [
        { name: 'notes', returned: 'request' },
        { name: 'colour' },
        {
          name: 'parts',
          type: 'complex',
          multiValued: true,
          subAttributes: [{ name: 'value' }, { name: 'cost', type: 'decimal', returned: 'request' }],
        },
      ]),
      schemaFile(extension, [{ name: 'grade', returned: 'request' }]),
      typeFile('Widget', widgetSchema, { schemaExtensions: [{ schema: extension, required: false }] }),
    ]
    const all: Body = { notes: 'n', parts: [{ value: 'p', cost: 1.5 }], [extension]: { grade: 'A' } }
    return withTypes(documents, async ({ scim }) => {
      const body = widget({ schemas: [widgetSchema, extension], colour: 'red', ...all })
      const created = await create(scim, '/Widgets', body)
      expect(created).to.deep.include(all)
      const path = `/Widgets/${created['id']}`
      const usual = { colour: 'red', parts: [{ value: 'p' }] }
      const expectHidden = (resource: Body): void => {
        expect(resource).to.deep.include(usual).and.not.have.any.keys('notes', extension)
      }
      expectHidden(await read(scim, path))
      expectHidden(await read(scim, `${path}?excludedAttributes=meta`))
      expectHidden((await read(scim, '/Widgets'))['Resources'][0])
      expectHidden((await scim.post('/Widgets/.search', { schemas: [searchSchema] })).body['Resources'][0])
      const asked = await read(scim, `${path}?attributes=notes,parts.cost,${extension}:grade`)
      expect(asked).to.deep.include({ notes: 'n', parts: [{ cost: 1.5 }], [extension]: { grade: 'A' } })
      expect((await read(scim, '/Widgets?attributes=notes'))['Resources'][0]).to.include({ notes: 'n' })

      expect((await scim.put(path, { ...body, colour: 'blue' })).body).to.deep.include({ ...all, colour: 'blue' })
      expectHidden((await scim.patch(path, [{ op: 'replace', path: 'colour', value: 'red' }])).body)
      const writes: readonly (readonly [Body, Body])[] = [
        [{ op: 'replace', path: 'notes', value: 'm' }, { notes: 'm' }],
        [{ op: 'replace', value: { NOTES: 'o' } }, { notes: 'o' }],
        [{ op: 'replace', path: `${widgetSchema}:notes`, value: 'p' }, { notes: 'p' }],
        [{ op: 'replace', path: 'parts[value eq "p"].cost', value: 2 }, { parts: [{ value: 'p', cost: 2 }] }],
        [{ op: 'replace', path: `${extension}:grade`, value: 'B' }, { [extension]: { grade: 'B' } }],
        [{ op: 'add', path: extension, value: { grade: 'C' } }, { [extension]: { grade: 'C' } }],
        [{ op: 'add', value: { [extension]: { grade: 'D' } } }, { [extension]: { grade: 'D' } }],
      ]
      for (const [operation, expected] of writes) {
        const { status, body: answer, text } = await scim.patch(path, [operation])
        expect(status, text).to.equal(200)
        expect(answer, JSON.stringify(operation)).to.deep.include(expected)
        const kept = Object.keys(all).filter((name) => name in answer && name !== 'parts')
        expect(kept).to.deep.equal(Object.keys(expected).filter((name) => name !== 'parts'))
      }
      expect(await read(scim, `${path}?attributes=notes`)).to.include({ notes: 'p' })
    })
  })

  it('7643-7-14 7643-7-16 that are unique are held by one resource of the type, whatever the request', () => {
    const extension = 'urn:example:Widget:Asset'
    const documents = [
      schemaFile(widgetSchema, [
        { name: 'code', uniqueness: 'server' },
        { name: 'exact', uniqueness: 'server', caseExact: true },
        { name: 'number', type: 'decimal', uniqueness: 'server' },
        { name: 'colour' },
      ]),
      schemaFile(extension, [{ name: 'tag', uniqueness: 'server' }]),
      typeFile('Widget', widgetSchema, { schemaExtensions: [{ schema: extension, required: false }] }),
      typeFile('Gadget', 'urn:example:Gadget'),
      schemaFile('urn:example:Gadget', [{ name: 'code', uniqueness: 'server' }]),
    ]
    const schemas = [widgetSchema, extension]
    return withTypes(documents, async ({ scim }) => {
      const taken: readonly (readonly [Body, Body])[] = [
        [{ code: 'École' }, { code: 'E\u0301COLE' }],
        [{ exact: 'a' }, { exact: 'a' }],
        [{ number: 1.5 }, { number: 1.5 }],
        [{ [extension]: { tag: 'T' } }, { [extension]: { tag: 't' } }],
      ]
      for (const [value, again] of taken) {
        const first = await create(scim, '/Widgets', widget({ schemas, ...value }))
        const second = await create(scim, '/Widgets', widget({ colour: 'red' }))
        const path = `/Widgets/${second['id']}`
        const refusals = [
          await scim.post('/Widgets', widget({ schemas, ...again })),
          await scim.put(path, widget({ schemas, ...again })),
          await scim.patch(path, [{ op: 'add', value: again }]),
          await scim.patch(path, [{ op: 'add', value: again }], { 'If-Match': '*' }),
        ]
        for (const reply of refusals) expectError(reply, 409, 'uniqueness')
        expect(await read(scim, path)).to.deep.equal(second)
        // Its own value is not taken; what is given up, by a change or with the resource, is free.
        const own = await scim.put(`/Widgets/${first['id']}`, widget({ schemas, ...again, colour: 'blue' }))
        expect(own.status, own.text).to.equal(200)
        expect((await scim.put(`/Widgets/${first['id']}`, widget())).status).to.equal(200)
        expect((await scim.put(path, widget({ schemas, ...value }))).status).to.equal(200)
        expect((await scim.delete(path)).status).to.equal(204)
        expect((await scim.put(`/Widgets/${first['id']}`, widget({ schemas, ...again }))).status).to.equal(200)
      }
      for (const one of [{ exact: 'A' }, { exact: 'école' }, { number: 1.25, code: '1.5' }])
        await create(scim, '/Widgets', widget(one))
      await create(scim, '/Gadgets', { schemas: ['urn:example:Gadget'], code: 'École' })
      const random = Array.from({ length: 3000 }, (_, index) => (index * index * 7919).toString(36)).join('')
      expectError(await scim.post('/Widgets', widget({ code: random })), 400, 'invalidValue')
    })
  })
})
