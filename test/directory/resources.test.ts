// Resources of types of one's own as the database has them: what each write leaves, many writers at once, organizations kept
// apart, and the indexes that requests are answered by.
import { expect } from 'chai'
import type { CompiledQuery } from 'kysely'
import { createId } from '../../server/db/ids.ts'
import { query } from '../../server/db/query.ts'
import type { Actor } from '../../server/directory/actor.ts'
import type { Page } from '../../server/directory/listing.ts'
import { countResources, listResources } from '../../server/directory/list-query.ts'
import { listKeys } from '../../server/directory/resource-keys.ts'
import { listOwnResources } from '../../server/directory/resources.ts'
import { declareResourceTypes } from '../../server/scim/declarations.ts'
import { compileFilter } from '../../server/scim/filter.ts'
import { compileResourceType, type ResourceType } from '../../server/scim/schema.ts'
import { readResourceTypes } from '../../server/scim/schema-files.ts'
import { clock, createTenant, type Tenant } from '../support/app.ts'
import { testDatabase } from '../support/postgres.ts'
import { spyOn } from '../support/spy.ts'
import { expectError } from '../support/protocol.ts'
import {
  create,
  device,
  deviceSchema,
  exampleFolder,
  schemaFile,
  type Served,
  typeFile,
  warrantySchema,
  withTypes,
  withTypesOf,
} from '../support/resource-types.ts'
import { type Body, type Reply, searchSchema } from '../support/scim-client.ts'

const withDevices = (work: (served: Served) => Promise<void>, tenant?: Tenant): Promise<void> =>
  withTypesOf(exampleFolder, work, tenant)
const range = (length: number): number[] => Array.from({ length }, (_, index) => index)
const statuses = (replies: readonly Reply[]): number[] => replies.map((reply) => reply.status).toSorted((a, b) => a - b)
const ask = <Row>({ organizationId }: Tenant, text: string): Promise<Row[]> =>
  query<Row>(testDatabase(), text, [organizationId])

/** What must hold of the resources of an organization whatever happened. */
async function checkConsistency(tenant: Tenant): Promise<void> {
  const broken = await ask(
    tenant,
    `select c.resource_id, array_agg(c.version order by c.id) as versions, max(r.version) as version
     from changes c left join (select * from resources where org_id = $1) r on r.id = c.resource_id
     where c.org_id = $1 and c.resource_type = 'Device' group by c.resource_id
     having count(*) <> max(c.version) or count(distinct c.version) <> count(*)
       or (max(r.version) is not null and max(r.version) <> max(c.version))
       or (max(r.version) is null) <> bool_or(c.operation = 'delete')`,
  )
  const untold = await ask(
    tenant,
    `(select resource_type, resource_id, version, resource_type || '.' || operation || 'd' from changes where org_id = $1)
     except (select resource_type, resource_id, version, type from outbox where org_id = $1)`,
  )
  const unmade = await ask(
    tenant,
    `(select resource_type, resource_id, version from outbox where org_id = $1 and resource_type <> 'Directory')
     except (select resource_type, resource_id, version from changes where org_id = $1)`,
  )
  const claimed = await ask(
    tenant,
    `select coalesce(r.id, v.resource_id) as id, v.value_key, r.resource ->> 'serialNumber' as serial
     from (select * from resources where org_id = $1) r
     full join (select * from unique_values where org_id = $1) v on v.resource_id = r.id
     where to_json(r.resource ->> 'serialNumber')::text is distinct from v.value_key or v.attribute <> 'serialNumber'`,
  )
  const counted = await ask(
    tenant,
    `select part, sum(count)::int as count from resource_counts where org_id = $1 and table_name = 'resources'
     group by 1 having sum(count) <> (select count(*) from resources r where r.org_id = $1 and r.resource_type = part)`,
  )
  expect([broken, untold, unmade, claimed, counted]).to.deep.equal([[], [], [], [], []])
}

describe('the rows of resources of one’s own', () => {
  it('leave one version, one change and one event for each write that changes something, and none for others', () =>
    withDevices(async ({ scim, tenant }) => {
      const { id } = await create(scim, '/Devices', device('C02X', { tags: ['a'], externalId: 'x' }))
      const path = `/Devices/${id}`
      const provider = `${warrantySchema}:provider`
      expect((await scim.put(path, device('C02X', { tags: ['a'], externalId: 'x' }))).status).to.equal(200)
      expect((await scim.patch(path, [{ op: 'add', path: 'tags', value: 'a' }])).status).to.equal(200)
      expectError(await scim.patch(path, [{ op: 'add', path: 'memoryGB', value: 'x' }]), 400, 'invalidValue')
      const until = '2029-01-31T00:00:00Z'
      await scim.patch(path, [{ op: 'add', value: { tags: ['b'], [warrantySchema]: { until, provider: 'Quill' } } }])
      await scim.patch(path, [
        { op: 'replace', path: 'externalId', value: 'y' },
        { op: 'remove', path: provider },
      ])
      expect((await scim.delete(path)).status).to.equal(204)

      const changes = await ask<Body>(
        tenant,
        `select resource_type, resource_id, operation, version, difference, directory_id, token_id is not null as signed
         from changes where org_id = $1 order by id`,
      )
      const common = { resource_type: 'Device', resource_id: id, directory_id: tenant.directoryId, signed: true }
      expect(changes).to.deep.equal([
        {
          ...common,
          operation: 'create',
          version: 1,
          difference: { serialNumber: { after: 'C02X' }, tags: { after: ['a'] }, externalId: { after: 'x' } },
        },
        {
          ...common,
          operation: 'update',
          version: 2,
          difference: {
            tags: { before: ['a'], after: ['a', 'b'] },
            [`${warrantySchema}:until`]: { after: until },
            [provider]: { after: 'Quill' },
          },
        },
        {
          ...common,
          operation: 'update',
          version: 3,
          difference: { externalId: { before: 'x', after: 'y' }, [provider]: { before: 'Quill' } },
        },
        {
          ...common,
          operation: 'delete',
          version: 4,
          difference: {
            serialNumber: { before: 'C02X' },
            tags: { before: ['a', 'b'] },
            [`${warrantySchema}:until`]: { before: until },
            externalId: { before: 'y' },
          },
        },
      ])
      const events = await ask<Body>(
        tenant,
        `select type, version, data from outbox where org_id = $1 and resource_type = 'Device' order by id`,
      )
      expect(events).to.deep.equal([
        { type: 'Device.created', version: 1, data: null },
        { type: 'Device.updated', version: 2, data: null },
        { type: 'Device.updated', version: 3, data: null },
        { type: 'Device.deleted', version: 4, data: null },
      ])
      const tombstones = await ask<Body>(
        tenant,
        'select resource_id, resource_type, directory_id, record from tombstones where org_id = $1',
      )
      expect(tombstones).to.deep.equal([
        {
          resource_id: id,
          resource_type: 'Device',
          directory_id: tenant.directoryId,
          record: {
            externalId: 'y',
            resource: {
              schemas: [deviceSchema, warrantySchema],
              serialNumber: 'C02X',
              tags: ['a', 'b'],
              [warrantySchema]: { until },
            },
          },
        },
      ])
      await checkConsistency(tenant)
    }))

  it('go with their organization', () =>
    withDevices(async ({ scim, tenant }) => {
      await create(scim, '/Devices', device('C02X'))
      await query(testDatabase(), 'delete from organizations where org_id = $1', [tenant.organizationId])
      for (const table of ['resources', 'unique_values', 'resource_counts'])
        expect(await ask(tenant, `select * from ${table} where org_id = $1`), table).to.deep.equal([])
    }))
})

describe('many writers of resources of one’s own', () => {
  it('7643-7-14 7644-3.3-07 create a unique value once', () =>
    withDevices(async ({ scim, tenant }) => {
      const replies = await Promise.all(range(20).map(() => scim.post('/Devices', device('C02X'))))
      expect(statuses(replies)).to.deep.equal([201, ...range(19).map(() => 409)])
      for (const reply of replies.filter(({ status }) => status === 409)) expectError(reply, 409, 'uniqueness')
      expect((await scim.get('/Devices')).body['totalResults']).to.equal(1)
      await checkConsistency(tenant)
    }))

  it('are written again where PostgreSQL broke a deadlock', () => {
    const schema = 'urn:example:Slot'
    const documents = [schemaFile(schema, [{ name: 'place', uniqueness: 'server' }]), typeFile('Slot', schema)]
    return withTypes(documents, async ({ scim, tenant }) => {
      const slot = (place: string): Body => ({ schemas: [schema], place })
      const [a, b] = [await create(scim, '/Slots', slot('a')), await create(scim, '/Slots', slot('b'))]
      const waiting = `select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%unique_values%'`
      const other = await testDatabase().startTransaction().execute()
      const [organization, bId, aId] = [tenant.organizationId, b['id'], a['id']]
      const take = `update unique_values set value_key = 'wanted' where org_id = $1 and resource_id = $2`
      await query(other, take, [organization, bId])
      const writing = scim.put(`/Slots/${aId}`, slot('wanted'))
      while ((await query(testDatabase(), waiting)).length === 0);
      // The write has waited longer, and is therefore the one that is broken off.
      const lock = 'select 1 from resources where org_id = $1 and id = $2 for update'
      expect(await query(other, lock, [organization, aId])).to.have.length(1)
      await other.rollback().execute()
      expect((await writing).body['place']).to.equal('wanted')
    })
  })

  it('never swap unique values, and lose none', () => {
    const schema = 'urn:example:Slot'
    const documents = [schemaFile(schema, [{ name: 'place', uniqueness: 'server' }]), typeFile('Slot', schema)]
    return withTypes(documents, async ({ scim, tenant }) => {
      const slot = (place: string): Body => ({ schemas: [schema], place })
      for (const round of range(5)) {
        const [left, right] = [`left ${round}`, `right ${round}`]
        const [a, b] = [await create(scim, '/Slots', slot(left)), await create(scim, '/Slots', slot(right))]
        const replies = await Promise.all([
          scim.put(`/Slots/${a['id']}`, slot(right)),
          scim.put(`/Slots/${b['id']}`, slot(left)),
          scim.post('/Slots', slot(left)),
        ])
        expect(statuses(replies)).to.deep.equal([409, 409, 409])
        const kept = await Promise.all([a, b].map(async ({ id }) => (await scim.get(`/Slots/${id}`)).body['place']))
        expect(kept).to.deep.equal([left, right])
      }
      // What one gives up, one of those who wait for it gets.
      const holder = await create(scim, '/Slots', slot('wanted'))
      const [moved, ...others] = await Promise.all([
        scim.put(`/Slots/${holder['id']}`, slot('elsewhere')),
        ...range(10).map(() => scim.post('/Slots', slot('wanted'))),
      ])
      expect(moved?.status).to.equal(200)
      expect(others.filter(({ status }) => status === 201).length).to.be.at.most(1)
      expect(others.every(({ status }) => status === 201 || status === 409)).to.equal(true)
      const held = await ask<{ count: number }>(
        tenant,
        `select count(*)::int as count from resources where org_id = $1 group by resource ->> 'place' having count(*) > 1`,
      )
      expect(held).to.deep.equal([])
    })
  })

  it('keep what each of them changes, and every version', () =>
    withDevices(async ({ scim, tenant }) => {
      const { id } = await create(scim, '/Devices', device('C02X'))
      const replies = await Promise.all(
        range(20).map((index) => scim.patch(`/Devices/${id}`, [{ op: 'add', path: 'tags', value: [`tag ${index}`] }])),
      )
      expect(statuses(replies)).to.deep.equal(range(20).map(() => 200))
      const { body } = await scim.get(`/Devices/${id}`)
      expect(body['tags']).to.have.members(range(20).map((index) => `tag ${index}`))
      expect(body['meta'].version).to.equal('W/"21"')
      expect(new Set(replies.map(({ headers }) => headers['etag'])).size).to.be.at.most(20)
      await checkConsistency(tenant)
    }))

  it('7644-3.14-07 with the same If-Match have one winner', () =>
    withDevices(async ({ scim, tenant }) => {
      const { id } = await create(scim, '/Devices', device('C02X'))
      const replies = await Promise.all(
        range(10).map((index) =>
          index % 2 === 0
            ? scim.put(`/Devices/${id}`, device('C02X', { memoryGB: index + 1 }), { 'If-Match': 'W/"1"' })
            : scim.patch(`/Devices/${id}`, [{ op: 'add', path: 'memoryGB', value: index + 1 }], {
                'If-Match': 'W/"1"',
              }),
        ),
      )
      expect(statuses(replies)).to.deep.equal([200, ...range(9).map(() => 412)])
      expect((await scim.get(`/Devices/${id}`)).body['meta'].version).to.equal('W/"2"')
      await checkConsistency(tenant)
    }))

  it('create, change, delete and count at once, and agree at the end', () =>
    withDevices(async ({ scim, tenant }) => {
      const work = async (index: number): Promise<number[]> => {
        const seen: number[] = []
        for (const round of range(4)) {
          const reply = await scim.post('/Devices', device(`SN-${(index + round) % 5}`))
          seen.push(reply.status)
          const { Resources } = (await scim.get('/Devices')).body as { Resources: Body[] }
          const { id } = Resources[index % Math.max(Resources.length, 1)] ?? { id: 'res_none' }
          seen.push((await scim.patch(`/Devices/${id}`, [{ op: 'add', path: 'memoryGB', value: index }])).status)
          if (round % 2 === 1) seen.push((await scim.delete(`/Devices/${id}`)).status)
        }
        return seen
      }
      const seen = (await Promise.all(range(8).map(work))).flat()
      expect(seen.filter((status) => ![200, 201, 204, 404, 409].includes(status))).to.deep.equal([])
      const { body } = await scim.get('/Devices?count=1000')
      expect(body['totalResults']).to.equal(body['Resources'].length)
      await checkConsistency(tenant)
    }))

  it('7644-3.5.2-18 write all of a request or nothing', () =>
    withDevices(async ({ scim, tenant }) => {
      await create(scim, '/Devices', device('taken'))
      const read = (): Promise<Body[][]> =>
        Promise.all(
          ['resources', 'unique_values', 'changes', 'outbox', 'resource_counts'].map((table) =>
            ask<Body>(tenant, `select * from ${table} where org_id = $1 order by 1, 2, 3`),
          ),
        )
      const before = await read()
      expectError(await scim.post('/Devices', device('taken')), 409, 'uniqueness')
      expectError(await scim.post('/Devices', device('C02X', { memoryGB: 'much' })), 400, 'invalidValue')
      expectError(await scim.post('/Devices', device('C02X', { displayName: 'a\u0000b' })), 400, 'invalidValue')
      expect(await read()).to.deep.equal(before)
    }))
})

describe('resources of one’s own of another organization', () => {
  it('are neither seen nor changed nor deleted, and their unique values tell nothing', () =>
    withDevices(async ({ scim, tenant }) => {
      const foreign = await createTenant()
      const stranger = scim.withToken(foreign.directoryToken)
      const secret = await create(
        scim,
        '/Devices',
        device('zanzibar', { externalId: 'zanzibar', displayName: 'zanzibar', notes: 'zanzibar' }),
      )
      const path = `/Devices/${secret['id']}`
      const before = (await scim.get(path)).text
      expectError(await stranger.get(path), 404)
      expectError(await stranger.put(path, device('zanzibar')), 404)
      expectError(await stranger.patch(path, [{ op: 'add', path: 'displayName', value: 'x' }]), 404)
      expectError(await stranger.delete(path), 404)
      const lists = [
        await stranger.get('/Devices'),
        await stranger.get('/'),
        await stranger.filter('/Devices', `id eq "${secret['id']}" or serialNumber eq "zanzibar"`),
        await stranger.filter('/Devices', 'externalId eq "zanzibar"'),
        await stranger.filter('/Devices', 'displayName co "zanz"'),
        await stranger.filter('', `meta.location eq "${secret['meta'].location}"`),
        await stranger.post('/Devices/.search', { schemas: [searchSchema], sortBy: 'displayName' }),
      ]
      for (const { status, body, text } of lists) {
        expect([status, body['totalResults']], text).to.deep.equal([200, 0])
        expect(text).to.not.include('zanzibar')
      }
      const own = await create(stranger, '/Devices', device('zanzibar'))
      expect((await stranger.get('/Devices')).body['totalResults']).to.equal(1)
      expectError(await scim.get(`/Devices/${own['id']}`), 404)
      expect((await scim.get(path)).text).to.equal(before)
      expect((await stranger.delete(`/Devices/${own['id']}`)).status).to.equal(204)
      expectError(await scim.post('/Devices', device('zanzibar')), 409, 'uniqueness')
      await checkConsistency(tenant)
      await checkConsistency(foreign)
    }))

  it('belong to all directories and applications of their own one', () =>
    withDevices(async ({ scim, tenant }) => {
      const { token } = await tenant.addDirectory('HR')
      const hr = scim.withToken(token)
      const reader = scim.withToken((await tenant.addApplication(['read'])).token)
      const { id } = await create(scim, '/Devices', device('C02X', { externalId: 'x' }))
      for (const client of [hr, reader]) {
        expect((await client.get(`/Devices/${id}`)).body).to.include({ serialNumber: 'C02X', externalId: 'x' })
        expect((await client.get('/Devices')).body['totalResults']).to.equal(1)
      }
      expectError(await reader.delete(`/Devices/${id}`), 403)
      expectError(await reader.post('/Devices', device('C02Y')), 403)
      expectError(await hr.post('/Devices', device('C02X')), 409, 'uniqueness')
      expect((await hr.put(`/Devices/${id}`, device('C02X', { displayName: 'HR' }))).status).to.equal(200)
      expect((await scim.get(`/Devices/${id}`)).body)
        .to.include({ displayName: 'HR' })
        .and.not.have.property('externalId')
      expect((await hr.delete(`/Devices/${id}`)).status).to.equal(204)
      expectError(await scim.get(`/Devices/${id}`), 404)
    }))
})

interface Plan {
  readonly 'Index Name'?: string
  readonly 'Index Cond'?: string
  readonly Plans?: readonly Plan[]
}

const listIndexes = (plan: Plan): string[] => [
  ...(plan['Index Name'] === undefined ? [] : [plan['Index Name']]),
  ...(plan.Plans ?? []).flatMap(listIndexes),
]

describe('the indexes of resources of one’s own', function () {
  this.timeout(60_000)
  let actor: Actor
  let type: ResourceType

  // Some thousands in the organization, as many of another type there, and others in other organizations.
  before(async () => {
    const definition = readResourceTypes(exampleFolder, declareResourceTypes()).find(({ name }) => name === 'Device')
    if (definition === undefined) throw new Error('the example has no Device')
    type = compileResourceType(definition)
    const tenants = await Promise.all(range(3).map(() => createTenant()))
    // As time mixes them: in the order of no index.
    for (const round of range(10)) {
      for (const typeName of ['Gadget', 'Device']) {
        for (const tenant of tenants) await insert(tenant, typeName, 300 * round)
      }
    }
    await query(testDatabase(), 'analyze resources')
    const [{ organizationId, directoryId }] = tenants as [Tenant]
    const who = { restoresUsers: false, tokenId: null, requestId: null }
    actor = { organizationId, directoryId, view: 'directory', ...who, at: clock.now() }
  })

  async function insert({ organizationId, directoryId }: Tenant, typeName: string, first: number): Promise<void> {
    const rows = range(300).map((row) => {
      const index = first + row
      const resource = {
        schemas: [deviceSchema],
        serialNumber: `SN-${index}`,
        displayName: `Device ${index}`,
        category: 'laptop',
        memoryGB: index,
        price: index + 0.5,
        active: index % 2 === 0,
        owner: { value: `emp_${index % 500}`, $ref: `../Users/emp_${index % 500}`, display: `Person ${index % 500}` },
        ports: [
          { value: `00:${index}`, type: 'wired' },
          { value: `01:${index}`, type: 'wireless' },
        ],
        tags: [`tag ${index % 1000}`],
        notes: `note ${index}`,
        [warrantySchema]: { until: '2029-01-31T00:00:00Z', provider: `Provider ${index % 300}` },
      }
      return { id: createId('res', clock.now()), resource, keys: listKeys(resource), external_id: `asset-${index}` }
    })
    await query(
      testDatabase(),
      `insert into resources (org_id, id, resource_type, directory_id, external_id, resource, keys, created_at, modified_at)
       select $1, r.id, $3, $2, r.external_id, r.resource, r.keys, now(), now()
       from json_to_recordset($4::json) as r(id text, resource jsonb, keys text[], external_id text)`,
      [organizationId, directoryId, typeName, JSON.stringify(rows)],
    )
  }

  /** The indexes that the statements of a list and of its count use, and how many it finds. */
  async function explain(filter: string | undefined, page: Page): Promise<{ indexes: string[]; found: number }> {
    const statements: CompiledQuery[] = []
    const db = testDatabase()
    const spy = spyOn(db, (statement) => {
      statements.push(statement)
      return db.executeQuery(statement)
    })
    const condition = filter === undefined ? undefined : compileFilter(filter, type, { strict: false, notes: [] })
    const rendering = { baseUrl: 'http://localhost/scim/v2', omits: new Set<string>(), adds: new Set<string>() }
    const listed = [listOwnResources(type, { ...rendering, condition, sortBy: undefined })]
    const { resources } = await listResources(spy, actor, rendering.baseUrl, listed, page)
    if (filter !== undefined) await countResources(spy, actor, listed)
    const plans = await Promise.all(
      statements.map(async ({ sql, parameters }) => {
        const [row] = await query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(db, `explain (format json) ${sql}`, parameters)
        return row === undefined ? [] : listIndexes(row['QUERY PLAN'][0].Plan)
      }),
    )
    return { indexes: plans.flat(), found: resources.length }
  }

  const start: Page = { from: 'start', count: 100, descending: false }

  it('find what has a value by the index of keys, whatever the attribute', async () => {
    const filters: Readonly<Record<string, number>> = {
      'serialNumber eq "SN-7"': 1,
      'displayName eq "DEVICE 7"': 1,
      'memoryGB eq 7': 1,
      'price eq 7.5': 1,
      'owner.value eq "emp_7"': 6,
      'owner.$ref eq "../Users/emp_7"': 6,
      'owner eq "emp_7"': 6,
      'owner.display eq "person 7"': 6,
      'ports.value eq "00:7"': 1,
      'ports[type eq "wired" and value eq "00:7"]': 1,
      'ports[type eq "wireless" and value eq "00:7"]': 0,
      'tags eq "tag 7"': 3,
      'tags[value eq "tag 7"]': 3,
      'notes eq "note 7"': 1,
      [`${warrantySchema}:provider eq "provider 7"`]: 10,
      'displayName eq "device 7" and active eq false': 1,
      'active eq false and category pr and tags eq "tag 7"': 3,
      'displayName eq "device 7" or serialNumber eq "SN-8"': 2,
    }
    for (const [filter, expected] of Object.entries(filters)) {
      const { indexes, found } = await explain(filter, start)
      expect(found, filter).to.equal(expected)
      expect(indexes.filter((name) => name === 'resources_keys').length, `${filter}: ${indexes.join()}`).to.be.at.least(
        2,
      )
    }
  })

  it('find an externalId and an id by their own', async () => {
    const byExternalId = await explain('externalId eq "asset-7"', start)
    expect(byExternalId.found).to.equal(1)
    expect(byExternalId.indexes).to.include('resources_external_id')
    const [row] = await query<{ id: string }>(
      testDatabase(),
      `select id from resources where org_id = $1 and resource_type = 'Device' limit 1`,
      [actor.organizationId],
    )
    const byId = await explain(`id eq "${row?.id}"`, start)
    expect(byId.found).to.equal(1)
    expect(byId.indexes.every((name) => name === 'resources_pkey' || name === 'resources_type')).to.equal(true)
  })

  it('list a type from its place in the index of types, also behind a cursor', async () => {
    for (const descending of [false, true]) {
      const page: Page = { ...start, descending }
      const listed = listOwnResources(type, {
        baseUrl: '',
        omits: new Set(),
        adds: new Set(),
        condition: undefined,
        sortBy: undefined,
      })
      const { next } = await listResources(testDatabase(), actor, '', [listed], { ...page, count: 2000 })
      if (next === undefined) throw new Error('there is nothing behind')
      for (const from of ['start', 1, next] as const) {
        const { indexes, found } = await explain(undefined, { ...page, from })
        expect(found).to.equal(100)
        expect(indexes, JSON.stringify(from)).to.include('resources_type')
      }
    }
  })
})
