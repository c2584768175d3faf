// What the files of the example add to discovery and to users, and schemas as others would bring them.
import { expect } from 'chai'
import { testDatabase } from '../support/postgres.ts'
import { expectError } from '../support/protocol.ts'
import {
  badgeSchema,
  create,
  device,
  deviceSchema,
  exampleFolder,
  resourceTypeSchema,
  schemaFile,
  schemaSchema,
  typeFile,
  warrantySchema,
  widget,
  widgets,
  widgetSchema,
  withTypes,
  withTypesOf,
} from '../support/resource-types.ts'
import { type Body, enterpriseSchema, rollcallSchema, type ScimClient, userSchema } from '../support/scim-client.ts'

async function read(scim: ScimClient, path: string): Promise<Body> {
  const { status, body, text } = await scim.get(path)
  expect(status, `${path} ${text}`).to.equal(200)
  return body
}

const badge = (attributes: Body): Body => ({ schemas: [userSchema, badgeSchema], [badgeSchema]: attributes })
const userWithBadge: Body = typeFile('User', userSchema, {
  schemaExtensions: [{ schema: badgeSchema, required: true }],
})

describe('discovery of what files declare', () => {
  it('IOP-interop-01-02 7644-3.2-01 7643-6-01 7643-6-02 7643-6-03 7643-6-05 lists types and schemas as they are served, and no others', () =>
    withTypesOf(exampleFolder, async ({ scim }) => {
      const types = (await read(scim, '/ResourceTypes'))['Resources'] as Body[]
      expect(types.map((type) => [type['id'], type['name'], type['endpoint']])).to.deep.equal([
        ['User', 'User', '/Users'],
        ['Group', 'Group', '/Groups'],
        ['Device', 'Device', '/Devices'],
        ['Person', 'Person', '/OrgChart'],
        ['Department', 'Department', '/Departments'],
        ['Sync', 'Sync', '/Syncs'],
      ])
      const deviceType = await read(scim, '/ResourceTypes/Device')
      expect(deviceType).to.deep.equal({
        schemas: [resourceTypeSchema],
        id: 'Device',
        name: 'Device',
        endpoint: '/Devices',
        description: 'Devices of the company',
        schema: deviceSchema,
        schemaExtensions: [{ schema: warrantySchema, required: false }],
        meta: { resourceType: 'ResourceType', location: `${scim.baseUrl}/ResourceTypes/Device` },
      })
      expect(types[2]).to.deep.equal(deviceType)
      expect(types[0]?.['schemaExtensions'].map((one: Body) => one['schema'])).to.deep.equal([
        enterpriseSchema,
        rollcallSchema,
        badgeSchema,
      ])
      for (const { endpoint } of types) expect((await read(scim, endpoint))['totalResults']).to.equal(0)
      const named = types.flatMap((type) => [
        type['schema'],
        ...type['schemaExtensions'].map((one: Body) => one['schema']),
      ])
      const published = ((await read(scim, '/Schemas'))['Resources'] as Body[]).map((schema) => schema['id'] as string)
      const ofTheProtocol = ['Schema', 'ResourceType', 'ServiceProviderConfig'].map(
        (name) => `urn:ietf:params:scim:schemas:core:2.0:${name}`,
      )
      expect(published.filter((id) => !ofTheProtocol.includes(id))).to.have.members([...new Set(named)])
      for (const id of named) expect((await read(scim, `/Schemas/${id}`))['id']).to.equal(id)
    }))

  it('7643-7-02 7643-7-03 gives every characteristic of every attribute', () =>
    withTypesOf(exampleFolder, async ({ scim }) => {
      for (const id of [deviceSchema, warrantySchema, badgeSchema]) {
        const schema = await read(scim, `/Schemas/${id}`)
        expect(schema['schemas']).to.deep.equal([schemaSchema])
        expect(schema['meta']).to.deep.equal({ resourceType: 'Schema', location: `${scim.baseUrl}/Schemas/${id}` })
        expect(schema).to.include.keys('name', 'description')
        const check = (attribute: Body): void => {
          expect(attribute, `${id} ${attribute['name']}`).to.include.all.keys(
            ...['name', 'type', 'multiValued', 'description', 'required', 'caseExact', 'mutability', 'returned'],
            'uniqueness',
          )
          if (attribute['type'] === 'reference') expect(attribute['referenceTypes']).to.be.an('array').that.is.not.empty
          expect('subAttributes' in attribute).to.equal(attribute['type'] === 'complex')
          for (const sub of attribute['subAttributes'] ?? []) check(sub)
        }
        for (const attribute of schema['attributes']) check(attribute)
      }
      const { attributes } = await read(scim, `/Schemas/${deviceSchema}`)
      expect(attributes[0]).to.deep.equal({
        name: 'serialNumber',
        type: 'string',
        multiValued: false,
        description: 'What the manufacturer printed on it',
        required: true,
        caseExact: true,
        mutability: 'immutable',
        returned: 'default',
        uniqueness: 'server',
      })
    }))

  it('7643-3.1-17 keeps id, externalId, meta and schemas as the standard has them, whatever a schema says', () => {
    const wrong = [
      { name: 'id', mutability: 'readWrite', returned: 'never' },
      { name: 'externalId', type: 'integer', required: true },
      { name: 'META', mutability: 'readWrite', type: 'string' },
      { name: 'schemas', returned: 'never' },
      { name: 'colour' },
    ]
    return withTypes(widgets(...wrong), async ({ scim }) => {
      const { attributes } = await read(scim, `/Schemas/${widgetSchema}`)
      expect(attributes.map((one: Body) => one['name'])).to.deep.equal(['colour'])
      const created = await create(scim, '/Widgets', widget({ id: 'mine', meta: 'mine', colour: 'red' }))
      expect(created['id']).to.match(/^res_/)
      expect(created['meta']).to.include({ resourceType: 'Widget', version: 'W/"1"' })
      expect(created['schemas']).to.deep.equal([widgetSchema])
      const path = `/Widgets/${created['id']}`
      expectError(await scim.patch(path, [{ op: 'replace', path: 'id', value: 'mine' }]), 400, 'mutability')
      const named = await scim.patch(path, [{ op: 'add', path: 'externalId', value: 'text' }])
      expect(named.body).to.include({ externalId: 'text', id: created['id'] })
    })
  })
})

describe('an extension from a file', () => {
  it('7643-3-04 7643-3-06 7643-3.3-04 7644-3.5.2-13 of users is written, filtered, returned and taken away like any other', () =>
    withTypesOf(exampleFolder, async ({ scim }) => {
      const mira = await scim.createUser('mira', badge({ number: 'B-1', zones: ['lab', 'roof'] }))
      expect(mira['schemas']).to.deep.equal([userSchema, badgeSchema])
      expect(mira[badgeSchema]).to.deep.equal({ number: 'B-1', zones: ['lab', 'roof'] })
      const nora = await scim.createUser('nora')
      expect(nora['schemas']).to.deep.equal([userSchema])
      const path = `/Users/${nora['id']}`
      const added = await scim.patch(path, [{ op: 'add', path: `${badgeSchema}:zones`, value: ['roof'] }])
      expect(added.body['schemas']).to.deep.equal([userSchema, badgeSchema])

      const find = async (filter: string): Promise<string[]> =>
        (await scim.filter('/Users', filter, '&attributes=userName')).body['Resources'].map(
          (one: Body) => one['userName'],
        )
      expect(await find(`${badgeSchema}:number eq "B-1"`)).to.deep.equal(['mira'])
      expect(await find(`${badgeSchema}:number eq "b-1"`)).to.deep.equal([])
      expect(await find(`${badgeSchema}:zones eq "ROOF"`)).to.deep.equal(['mira', 'nora'])
      expect(await find(`not (${badgeSchema}:number pr)`)).to.deep.equal(['nora'])
      const cut = await read(scim, `/Users/${mira['id']}?attributes=${badgeSchema}:number`)
      expect(cut[badgeSchema]).to.deep.equal({ number: 'B-1' })

      const removed = await scim.patch(path, [{ op: 'remove', path: badgeSchema }])
      expect(removed.body).to.not.have.property(badgeSchema)
      expect(removed.body['schemas']).to.deep.equal([userSchema])
      expectError(await scim.post('/Groups', { ...badge({ number: '1' }), displayName: 'x' }), 400, 'invalidValue')
    }))

  it('7643-3.3-02 that is required must be there, with its required attributes; one that is not may be left out', () =>
    withTypes(
      [
        schemaFile(badgeSchema, [
          { name: 'number', required: true },
          { name: 'zones', multiValued: true },
        ]),
        userWithBadge,
        schemaFile(widgetSchema, [{ name: 'colour' }]),
        schemaFile(warrantySchema, [{ name: 'until', required: true }, { name: 'provider' }]),
        schemaFile('urn:example:Label', [{ name: 'text', required: true }, { name: 'size' }]),
        typeFile('Widget', widgetSchema, {
          schemaExtensions: [
            { schema: warrantySchema, required: true },
            { schema: 'urn:example:Label', required: false },
          ],
        }),
      ],
      async ({ scim, tenant }) => {
        const before = await tenant.scim.createUser('before')
        const user = { schemas: [userSchema], userName: 'mira' }
        const good = { ...user, ...badge({ number: 'B-1' }) }
        expectError(await scim.post('/Users', user), 400, 'invalidValue')
        expectError(await scim.post('/Users', { ...good, ...badge({ zones: ['x'] }) }), 400, 'invalidValue')
        const { id } = await create(scim, '/Users', good)
        expectError(await scim.put(`/Users/${id}`, user), 400, 'invalidValue')
        expectError(await scim.patch(`/Users/${id}`, [{ op: 'remove', path: badgeSchema }]), 400, 'mutability')
        expectError(
          await scim.patch(`/Users/${id}`, [{ op: 'remove', path: `${badgeSchema}:number` }]),
          400,
          'mutability',
        )
        // Who was there before the extension is read, and must get it with the next write.
        const path = `/Users/${before['id']}`
        expect((await read(scim, path))['userName']).to.equal('before')
        expectError(await scim.patch(path, [{ op: 'replace', path: 'title', value: 'x' }]), 400, 'invalidValue')
        const completed = await scim.patch(path, [
          { op: 'replace', path: 'title', value: 'x' },
          { op: 'add', path: `${badgeSchema}:number`, value: 'B-2' },
        ])
        expect(completed.status, completed.text).to.equal(200)

        const schemas = [widgetSchema, warrantySchema]
        expectError(await scim.post('/Widgets', widget()), 400, 'invalidValue')
        expectError(
          await scim.post('/Widgets', widget({ schemas, [warrantySchema]: { provider: 'Quill' } })),
          400,
          'invalidValue',
        )
        const made = await create(scim, '/Widgets', widget({ schemas, [warrantySchema]: { until: 'May' } }))
        expect(made['schemas']).to.deep.equal(schemas)
        const label = { [`urn:example:Label`]: { size: 'L' } }
        expectError(await scim.patch(`/Widgets/${made['id']}`, [{ op: 'add', value: label }]), 400, 'invalidValue')
      },
    ))

  it('of users is part of what each directory says of a person', () =>
    withTypesOf(exampleFolder, async ({ scim, tenant }) => {
      const { token } = await tenant.addDirectory('HR')
      const hr = scim.withToken(token)
      const { id } = await scim.createUser('mira', badge({ number: 'B-1' }))
      const heard = await hr.patch(`/Users/${id}`, [
        { op: 'add', value: { [badgeSchema]: { number: 'B-2', zones: ['lab'] } } },
      ])
      expect(heard.body[badgeSchema]).to.deep.equal({ number: 'B-1', zones: ['lab'] })
      const silent = await scim.patch(`/Users/${id}`, [{ op: 'remove', path: `${badgeSchema}:number` }])
      expect(silent.body[badgeSchema]).to.deep.equal({ number: 'B-2', zones: ['lab'] })
    }))

  it('7644-3.10-01 is told from a schema whose URN is the beginning of its own', () => {
    const [longer, longest] = [`${widgetSchema}:Origin`, `${widgetSchema}:Origin:Plant`]
    const documents = [
      schemaFile(widgetSchema, [{ name: 'place' }]),
      schemaFile(longer, [{ name: 'place' }]),
      schemaFile(longest, [{ name: 'place' }]),
      typeFile('Widget', widgetSchema, {
        schemaExtensions: [
          { schema: longer, required: false },
          { schema: longest, required: false },
        ],
      }),
    ]
    return withTypes(documents, async ({ scim }) => {
      const [first, second, third] = [
        await create(scim, '/Widgets', widget({ place: 'x' })),
        await create(scim, '/Widgets', widget({ [longer]: { place: 'x' } })),
        await create(scim, '/Widgets', widget({ [longest]: { place: 'x' } })),
      ].map((one) => one['id'] as string)
      const expected = { [widgetSchema]: first, [longer]: second, [longest]: third }
      for (const [urn, id] of Object.entries(expected)) {
        const { body } = await scim.filter('/Widgets', `${urn}:place eq "X"`)
        expect(
          body['Resources']?.map((one: Body) => one['id']),
          urn,
        ).to.deep.equal([id])
        const patched = await scim.patch(`/Widgets/${id}`, [{ op: 'replace', path: `${urn}:place`, value: 'y' }])
        expect(patched.status, patched.text).to.equal(200)
        const cut = await read(scim, `/Widgets/${id}?attributes=${urn}:place`)
        expect(urn === widgetSchema ? cut : cut[urn], urn).to.include({ place: 'y' })
      }
    })
  })

  it('7644-3.3-10 7644-3.3-11 ignores what the schema does not have, and refuses it in a strict directory', () =>
    withTypesOf(exampleFolder, async ({ scim, tenant }) => {
      const odd = device('C02X', { colour: 'red', owner: { value: 'x', since: 'May' }, [badgeSchema]: { number: '1' } })
      const taken = await create(scim, '/Devices', odd)
      expect(taken).to.not.have.any.keys('colour', badgeSchema)
      expect(taken['owner']).to.deep.equal({ value: 'x' })
      const added = await create(
        scim,
        '/Devices',
        device('C02Z', { [warrantySchema]: { until: '2029-01-31T00:00:00Z' } }),
      )
      expect(added['schemas']).to.deep.equal([deviceSchema, warrantySchema])
      const { token } = await tenant.addDirectory('strict')
      await testDatabase()
        .updateTable('directories')
        .set({ strict: true })
        .where('org_id', '=', tenant.organizationId)
        .execute()
      const strict = scim.withToken(token)
      expectError(await strict.post('/Devices', device('C02Y', { colour: 'red' })), 400, 'invalidSyntax')
      expectError(
        await strict.post('/Devices', device('C02Y', { [badgeSchema]: { number: '1' } })),
        400,
        'invalidSyntax',
      )
      await create(strict, '/Devices', device('C02Y'))
    }))
})

describe('devices in the manner of RFC 9944', () => {
  const core = 'urn:ietf:params:scim:schemas:core:2.0:Device'
  const extension = (name: string): string => `urn:ietf:params:scim:schemas:extension:${name}:2.0:Device`
  const [mab, ble, dpp] = ['ethernet-mab', 'ble', 'dpp'].map(extension) as [string, string, string]
  const appSchema = 'urn:ietf:params:scim:schemas:core:2.0:EndpointApp'
  const optional = (schema: string): Body => ({ schema, required: false })
  const address = { name: 'deviceMacAddress', required: true, uniqueness: 'none', description: 'A MAC address' }
  const documents = [
    schemaFile(core, [
      { name: 'displayName', description: 'What people call it' },
      { name: 'active', type: 'boolean', required: true, description: 'Whether it may use the network' },
      { name: 'mudUrl', type: 'reference', caseExact: true, referenceTypes: ['external'], description: 'Its MUD file' },
      {
        name: 'groups',
        type: 'complex',
        multiValued: true,
        mutability: 'readOnly',
        subAttributes: [{ name: 'value', mutability: 'readOnly' }],
      },
    ]),
    schemaFile(mab, [address]),
    schemaFile(ble, [
      { name: 'versionSupport', multiValued: true, required: true },
      address,
      { name: 'isRandom', type: 'boolean' },
      { name: 'irk', mutability: 'writeOnly', returned: 'never' },
      { name: 'mobility', type: 'boolean' },
      { name: 'pairingMethods', multiValued: true, caseExact: true },
    ]),
    schemaFile(dpp, [
      { name: 'dppVersion', type: 'integer', required: true },
      { name: 'bootstrappingMethod', multiValued: true },
      { name: 'bootstrapKey', mutability: 'writeOnly', returned: 'never' },
      { name: 'serialNumber' },
    ]),
    schemaFile(appSchema, [
      {
        name: 'applicationType',
        required: true,
        mutability: 'immutable',
        canonicalValues: ['deviceControl', 'telemetry'],
      },
      { name: 'applicationName', required: true, caseExact: true, uniqueness: 'server' },
    ]),
    typeFile('Device', core, { schemaExtensions: [mab, ble, dpp].map(optional) }),
    typeFile('EndpointApp', appSchema),
  ]

  it('DEV-RFC9944-01 are served from files', () =>
    withTypes(documents, async ({ scim }) => {
      const sent: Body = {
        schemas: [core, ble, dpp],
        displayName: 'Heart monitor',
        active: true,
        mudUrl: 'https://quill.example/heart.json',
        [ble]: {
          versionSupport: ['5.3'],
          deviceMacAddress: '2C:54:91:88:C9:E2',
          isRandom: false,
          irk: 'secret',
          mobility: true,
        },
        [dpp]: { dppVersion: 2, bootstrappingMethod: ['QR'], bootstrapKey: 'secret', serialNumber: '4774LH2b4044' },
      }
      const { id, meta, ...created } = await create(scim, '/Devices', sent)
      const { irk: _, ...keptBle } = sent[ble]
      const { bootstrapKey: __, ...keptDpp } = sent[dpp]
      expect(created).to.deep.equal({ ...sent, [ble]: keptBle, [dpp]: keptDpp })
      expect(meta.resourceType).to.equal('Device')
      const found = await scim.filter('/Devices', `${ble}:deviceMacAddress eq "2c:54:91:88:c9:e2" and active eq true`)
      expect(found.body['Resources'].map((one: Body) => one['id'])).to.deep.equal([id])
      const patched = await scim.patch(`/Devices/${id}`, [
        { op: 'replace', path: 'active', value: false },
        { op: 'add', path: `${mab}:deviceMacAddress`, value: '2C:54:91:88:C9:E3' },
      ])
      expect(patched.body).to.deep.include({
        active: false,
        schemas: [core, mab, ble, dpp],
        [mab]: { deviceMacAddress: '2C:54:91:88:C9:E3' },
      })
      const app = { schemas: [appSchema], applicationType: 'telemetry', applicationName: 'monitor.quill.example' }
      await create(scim, '/EndpointApps', app)
      expectError(await scim.post('/EndpointApps', app), 409, 'uniqueness')
      expectError(await scim.post('/Devices', { schemas: [core], displayName: 'x' }), 400, 'invalidValue')
    }))
})
