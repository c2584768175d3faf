// Which files are taken, which are refused and with what words, and what becomes of resources when the files change.
import { expect } from 'chai'
import { createApp } from '../../server/app.ts'
import { readConfig } from '../../server/config.ts'
import { AppError } from '../../server/errors.ts'
import { createLogger } from '../../server/ops/logger.ts'
import { declareResourceTypes } from '../../server/scim/declarations.ts'
import { listRedefinitions, readResourceTypes } from '../../server/scim/schema-files.ts'
import type { ResourceTypeDefinition } from '../../server/scim/schema.ts'
import { clock, createTenant } from '../support/app.ts'
import { departmentSchema, personSchema, syncSchema } from '../support/org.ts'
import { testDatabase } from '../support/postgres.ts'
import { expectError } from '../support/protocol.ts'
import {
  badgeSchema,
  create,
  exampleFolder,
  resourceTypeSchema,
  schemaFile,
  schemaSchema,
  typeFile,
  widget,
  widgets,
  widgetSchema,
  withFolder,
  withTypes,
  withTypesOf,
} from '../support/resource-types.ts'
import { type Body, enterpriseSchema, groupSchema, listSchema, userSchema } from '../support/scim-client.ts'

const readTypes = (folder: string): ResourceTypeDefinition[] => readResourceTypes(folder, declareResourceTypes())
const listNames = (types: readonly ResourceTypeDefinition[]): string[] => types.map(({ name }) => name)

/** What a folder is refused with. */
async function refusal(contents: Readonly<Record<string, unknown>>): Promise<string> {
  return withFolder(contents, (folder) => {
    try {
      readTypes(folder)
    } catch (error) {
      expect(error).to.be.instanceOf(AppError).and.to.include({ code: 'config_invalid' })
      const { message } = error as AppError
      expect(message).to.match(/^ROLLCALL_SCHEMAS_DIR: .+\.$/s)
      return message.replaceAll(folder, '')
    }
    return `taken: ${JSON.stringify(contents)}`
  })
}

/** The same for widgets with an attribute that is wrong. */
const refusalOf = (...attributes: readonly Body[]): Promise<string> => refusal({ 'a.json': widgets(...attributes) })

const optional = (schema: string): Body => ({ schemaExtensions: [{ schema, required: false }] })

describe('the folder of schemas', () => {
  it('holds one document, an array, or a list as other servers give it in each .json file, and whatever else', async () => {
    const [schema, type] = widgets({ name: 'colour' })
    const gadgets = [schemaFile('urn:example:Gadget', [{ name: 'size' }]), typeFile('Gadget', 'urn:example:Gadget')]
    const meta = { resourceType: 'Schema', location: 'https://other.example/Schemas/x' }
    const contents = {
      'a-type.json': { ...type, id: 'Widget', meta },
      'b-schema.json': { ...schema, meta },
      'c-list.json': { schemas: [listSchema], totalResults: 2, Resources: gadgets },
      'd-array.json': [],
      'notes.txt': 'these are our widgets',
    }
    await withFolder(contents, (folder) => {
      expect(listNames(readTypes(folder))).to.deep.equal(['User', 'Group', 'Widget', 'Gadget'])
    })
    await withFolder({}, (folder) => expect(listNames(readTypes(folder))).to.deep.equal(['User', 'Group']))
    expect(listNames(readTypes(exampleFolder))).to.deep.equal(['User', 'Group', 'Device'])
    expect(listNames(readResourceTypes(undefined, declareResourceTypes()))).to.deep.equal(['User', 'Group'])
  })

  it('must be there, with files that are JSON and hold schemas and resource types', async () => {
    expect(() => readTypes('/nowhere')).to.throw(AppError, 'the folder /nowhere cannot be read')
    expect(await refusal({ 'a.json': '{"schemas": [' })).to.match(/\/a\.json: .*JSON/)
    expect(await refusal({ 'a.json': 'null' })).to.include('/a.json: the document must be object')
    expect(await refusal({ 'a.json': {} })).to.include(`the document must have required property 'schemas'`)
    expect(await refusal({ 'a.json': { schemas: ['urn:x:y'], id: 'urn:x:y' } })).to.include('urn:x:y must have')
    expect(await refusal({ 'a.json': [typeFile('Widget', widgetSchema), 7] })).to.include('the document must be object')
  })

  it('7643-2.1-02 refuses names that are no attribute names', async () => {
    for (const name of ['1bad', 'a b', 'a.b', 'urn:x', '_a', '', 'ä', '$value', 'constructor', 'toString'])
      expect(await refusalOf({ name }), name).to.match(
        /\/a\.json: urn:example:Widget.*(must match pattern|choose another)/,
      )
    const complex = (name: string): Body => ({ name: 'c', type: 'complex', subAttributes: [{ name }] })
    expect(await refusalOf(complex('1bad'))).to.include('c subAttributes 1bad name must match pattern')
    await withFolder({ 'a.json': widgets(complex('$ref'), { name: 'a-b_c$9' }) }, (folder) => {
      expect(listNames(readTypes(folder))).to.include('Widget')
    })
    for (const type of ['valueOf', 'Directory', 'webhookEndpoint', 'Membership']) {
      expect(await refusal({ 'a.json': [typeFile(type, widgetSchema), widgets({ name: 'a' })[0]] })).to.include(
        `${type} cannot be the name of a resource type`,
      )
    }
  })

  it('7643-2.3-01 refuses types that the standard does not have, and says which it has', async () => {
    expect(await refusalOf({ name: 'serial', type: 'uuid' })).to.include(
      '/a.json: urn:example:Widget attributes serial type must be equal to one of the allowed values: string, boolean, decimal',
    )
  })

  it('7643-2.3-14 refuses complex attributes within complex ones, and those without parts', async () => {
    const inner = { name: 'inner', type: 'complex', subAttributes: [{ name: 'value' }] }
    expect(await refusalOf({ name: 'outer', type: 'complex', subAttributes: [inner] })).to.include(
      '/a.json: urn:example:Widget:outer.inner is complex within a complex attribute',
    )
    expect(await refusalOf({ name: 'outer', type: 'complex' })).to.include('outer is complex and needs subAttributes')
    expect(await refusalOf({ ...inner, type: 'string' })).to.include('must be complex')
  })

  it('refuses attributes that could not be kept to', async () => {
    const part = (rest: Body): Body => ({ name: 'whole', type: 'complex', subAttributes: [{ name: 'part', ...rest }] })
    const secret = { mutability: 'writeOnly', returned: 'never' }
    const unique = { uniqueness: 'server' }
    const refused: readonly (readonly [Body | readonly Body[], string])[] = [
      [[{ name: 'a' }, { name: 'A' }], 'A is declared twice'],
      [{ name: 'a', colour: 'red' }, 'attributes a has colour, which means nothing there'],
      [{ name: 'a', returned: 'sometimes' }, 'allowed values: always, never, default, request'],
      [{ name: 'a', mutability: 'writeOnly' }, 'a is writeOnly, so that returned must be never'],
      [{ name: 'a', ...secret, required: true }, 'a is a secret'],
      [{ name: 'a', returned: 'never', required: true }, 'a is a secret'],
      [part(secret), 'whole.part is a secret'],
      [{ name: 'a', uniqueness: 'global' }, 'a has uniqueness global'],
      [{ name: 'a', ...unique, multiValued: true }, 'a has uniqueness server'],
      [{ name: 'a', ...unique, type: 'dateTime' }, 'a has uniqueness server'],
      [{ ...part({}), ...unique }, 'whole has uniqueness server'],
      [part(unique), 'whole.part has uniqueness server'],
      [{ name: 'whole', type: 'complex', subAttributes: [{ name: 'primary' }] }, 'whole.primary must be boolean'],
    ]
    for (const [attributes, words] of refused) {
      expect(await refusalOf(...(Array.isArray(attributes) ? attributes : [attributes]))).to.include(words)
    }
  })

  it('refuses schemas that are there already, that nothing has, or whose URN is none', async () => {
    const type = typeFile('Widget', widgetSchema)
    const schema = schemaFile(widgetSchema, [{ name: 'a' }])
    const custom = 'urn:ietf:params:scim:schemas:extension:custom:2.0:User'
    const reserved = [
      ...[userSchema, groupSchema, enterpriseSchema.toUpperCase(), schemaSchema, resourceTypeSchema, custom],
      ...[personSchema, departmentSchema, syncSchema],
    ]
    for (const id of reserved) {
      expect(await refusal({ 'a.json': [type, { ...schema, id }] }), id).to.include(`the schema ${id} is built in`)
    }
    const again = { ...schema, id: widgetSchema.toUpperCase() }
    expect(await refusal({ 'a.json': [type, schema], 'b.json': again })).to.include(
      '/b.json: the schema URN:EXAMPLE:WIDGET is declared twice',
    )
    expect(
      await refusal({ 'a.json': type, 'b.json': [schema, schemaFile('urn:example:Lost', [{ name: 'a' }])] }),
    ).to.include('/b.json: no resource type has the schema urn:example:Lost')
    for (const id of ['Widget', 'urn:x', 'urn:example:a b', 'urn:example:(a)', 'https://example.com/Widget'])
      expect(await refusal({ 'a.json': [type, { ...schema, id }] }), id).to.include('id must match pattern')
  })

  it('refuses resource types whose name, endpoint or schemas are not theirs to have', async () => {
    const schema = schemaFile(widgetSchema, [{ name: 'a' }])
    const other = schemaFile('urn:example:Other', [{ name: 'a' }])
    const type = typeFile('Widget', widgetSchema)
    const others = typeFile('Other', 'urn:example:Other')
    const refused: readonly (readonly [readonly Body[], string])[] = [
      [[schema, { ...type, endpoint: '/users' }], 'the endpoint /users is taken'],
      [[schema, { ...type, endpoint: '/Bulk' }], 'the endpoint /Bulk is taken'],
      [[schema, { ...type, endpoint: '/V2' }], 'the endpoint /V2 is taken'],
      [[schema, { ...type, endpoint: '/departments' }], 'the endpoint /departments is taken'],
      [[schema, { ...type, endpoint: '/Syncs' }], 'the endpoint /Syncs is taken'],
      [[schema, { ...type, name: 'person' }], 'there is another resource type Person'],
      [[typeFile('Desk', departmentSchema)], `${departmentSchema} is for people and groups`],
      [[schema, { ...type, endpoint: 'Widgets' }], 'Widget endpoint must match pattern'],
      [[schema, { ...type, endpoint: '/a/b' }], 'Widget endpoint must match pattern'],
      [[schema, { ...type, name: 'my widget' }], 'name must match pattern'],
      [[schema, type, other, { ...others, endpoint: '/WIDGETS' }], 'the endpoint /WIDGETS is taken'],
      [[schema, type, other, { ...others, name: 'widget' }], 'there is another resource type Widget'],
      [[schema, typeFile('Widget', 'urn:example:Gone')], 'no file has the schema urn:example:Gone'],
      [[schema, { ...type, ...optional('urn:example:Gone') }], 'no file has the schema urn:example:Gone'],
      [[schema, { ...type, ...optional(widgetSchema) }], 'names the schema urn:example:Widget twice'],
      [[schema, { ...type, ...optional(enterpriseSchema) }], `${enterpriseSchema} is for people and groups`],
      [[typeFile('Employee', userSchema)], `${userSchema} is for people and groups`],
      [
        [schema, { ...type, schemaExtensions: [{ schema: 'urn:example:Other' }] }],
        `must have required property 'required'`,
      ],
      [[schema, typeFile('User', userSchema, { endpoint: '/People', ...optional(widgetSchema) })], 'User is built in'],
      [[schema, typeFile('User', widgetSchema)], 'User is built in'],
      [
        [typeFile('User', userSchema, { schemaExtensions: [{ schema: enterpriseSchema, required: true }] })],
        'there required is false',
      ],
      [
        [
          schemaFile(badgeSchema, [{ name: 'number', uniqueness: 'server' }]),
          typeFile('User', userSchema, optional(badgeSchema)),
        ],
        `${badgeSchema}:number has uniqueness, which only resource types of one's own can have`,
      ],
    ]
    for (const [documents, words] of refused) expect(await refusal({ 'a.json': documents })).to.include(words)
  })

  it('may add extensions to users and groups in several files, naming those that are there', async () => {
    const known = { schema: enterpriseSchema, required: false }
    const documents = {
      'a.json': [
        schemaFile(badgeSchema, [{ name: 'number' }]),
        typeFile('User', userSchema, { schemaExtensions: [known, { schema: badgeSchema, required: false }] }),
      ],
      'b.json': [
        schemaFile('urn:example:Desk', [{ name: 'floor' }]),
        typeFile('User', userSchema, optional('urn:example:Desk')),
        typeFile('Group', groupSchema, optional('urn:example:Desk')),
      ],
    }
    await withFolder(documents, (folder) => {
      const [user, group] = readTypes(folder)
      const urns = (type: ResourceTypeDefinition | undefined): string[] | undefined =>
        type?.extensions.map(({ schema }) => schema.id)
      expect(urns(user)?.slice(-2)).to.deep.equal([badgeSchema, 'urn:example:Desk'])
      expect(urns(user)?.filter((urn) => urn === enterpriseSchema)).to.have.length(1)
      expect(urns(group)?.at(-1)).to.equal('urn:example:Desk')
    })
  })

  it('7643-3.3-03 warns at the start where an extension has an attribute of the core’s name', async () => {
    const documents = [
      schemaFile(badgeSchema, [{ name: 'USERNAME' }, { name: 'number' }]),
      typeFile('User', userSchema, optional(badgeSchema)),
    ]
    await withFolder({ 'a.json': documents }, (folder) => {
      expect(listRedefinitions(readTypes(folder))).to.deep.equal([`${badgeSchema}:USERNAME`])
      const lines: string[] = []
      const logger = createLogger('info', { write: (line) => lines.push(line) })
      createApp({ config: readConfig({ ROLLCALL_SCHEMAS_DIR: folder }), db: testDatabase(), logger, now: clock.now })
      expect(lines).to.have.length(1)
      expect(JSON.parse(lines[0] ?? '')).to.include({ level: 40, attribute: `${badgeSchema}:USERNAME` })
    })
    expect(listRedefinitions(readTypes(exampleFolder))).to.deep.equal([])
    expect(listRedefinitions(declareResourceTypes())).to.deep.equal([])
  })
})

describe('files that changed between two starts', () => {
  it('leave the resources of a type that is gone alone, and give them back with it', async () => {
    const tenant = await createTenant()
    let id = ''
    await withTypesOf(
      exampleFolder,
      async ({ scim }) => {
        const schemas = ['urn:example:params:scim:schemas:1.0:Device']
        id = (await create(scim, '/Devices', { schemas, serialNumber: 'C02X', displayName: 'Spare' }))['id']
      },
      tenant,
    )
    await withTypes(
      widgets({ name: 'colour' }),
      async ({ scim }) => {
        for (const reply of [
          await scim.get('/Devices'),
          await scim.get(`/Devices/${id}`),
          await scim.get(`/Widgets/${id}`),
        ])
          expectError(reply, 404)
        expectError(await scim.delete(`/Devices/${id}`), 404)
        expect((await scim.get('/')).body['totalResults']).to.equal(0)
        expectError(await scim.get('/ResourceTypes/Device'), 404)
      },
      tenant,
    )
    await withTypesOf(
      exampleFolder,
      async ({ scim }) => {
        expect((await scim.get(`/Devices/${id}`)).body).to.include({ serialNumber: 'C02X', displayName: 'Spare' })
        expect((await scim.get('/Devices')).body['totalResults']).to.equal(1)
        const again = { schemas: ['urn:example:params:scim:schemas:1.0:Device'], serialNumber: 'C02X' }
        expectError(await scim.post('/Devices', again), 409, 'uniqueness')
      },
      tenant,
    )
  })

  const before = [
    { name: 'kept' },
    { name: 'gone' },
    { name: 'nowNumber' },
    { name: 'nowMany' },
    { name: 'nowOne', multiValued: true },
    { name: 'nowComplex' },
    { name: 'nowSimple', type: 'complex', subAttributes: [{ name: 'value' }] },
    { name: 'nowMoment' },
    { name: 'nowSecret' },
    { name: 'nowHidden' },
    { name: 'nowBoolean', type: 'integer' },
    { name: 'parts', type: 'complex', multiValued: true, subAttributes: [{ name: 'value' }, { name: 'size' }] },
  ]
  const after = [
    { name: 'kept' },
    { name: 'nowNumber', type: 'integer' },
    { name: 'nowMany', multiValued: true },
    { name: 'nowOne' },
    { name: 'nowComplex', type: 'complex', subAttributes: [{ name: 'value' }] },
    { name: 'nowSimple' },
    { name: 'nowMoment', type: 'dateTime' },
    { name: 'nowSecret', mutability: 'writeOnly', returned: 'never' },
    { name: 'nowHidden', returned: 'request' },
    { name: 'nowBoolean', type: 'boolean' },
    {
      name: 'parts',
      type: 'complex',
      multiValued: true,
      subAttributes: [{ name: 'value' }, { name: 'size', type: 'decimal' }],
    },
  ]
  const values: Body = {
    kept: 'k',
    gone: 'g',
    nowNumber: 'seven',
    nowMany: 'one',
    nowOne: ['a', 'b'],
    nowComplex: 'text',
    nowSimple: { value: 'v' },
    nowMoment: 'yesterday',
    nowSecret: 'seen before',
    nowHidden: 'h',
    nowBoolean: 1,
    parts: [{ value: 'p', size: 'L' }],
  }
  const fitting: Body = { kept: 'k', parts: [{ value: 'p' }] }
  const next: Body = {
    nowNumber: 7,
    nowMany: ['one', 'two'],
    nowOne: 'a',
    nowComplex: { value: 'x' },
    nowSimple: 's',
    nowMoment: '2026-01-31T12:00:00Z',
    nowBoolean: true,
  }
  const filters = [
    ...Object.keys(next).map((name) => (name === 'nowComplex' ? 'nowComplex.value pr' : `${name} pr`)),
    'nowNumber gt 0',
    'nowNumber eq 7',
    'nowMany eq "x"',
    'nowOne sw "x"',
    'nowComplex.value eq "x"',
    'nowMoment gt "2020-01-01T00:00:00Z"',
    'nowBoolean eq true',
    'parts[size gt 1]',
    'parts.size eq 1',
  ]

  it('show no value that the attributes of today cannot have, nor fail at it', async () => {
    const tenant = await createTenant()
    const ids: string[] = []
    await withTypes(
      widgets(...before),
      async ({ scim }) => {
        for (let index = 0; index < 3; index++) ids.push((await create(scim, '/Widgets', widget(values)))['id'])
      },
      tenant,
    )
    await withTypes(
      widgets(...after),
      async ({ scim }) => {
        const shown = (resource: Body): Body => {
          const { schemas: _, id: __, meta: ___, ...rest } = resource
          return rest
        }
        const [path, other, third] = ids.map((id) => `/Widgets/${id}`) as [string, string, string]
        expect(shown((await scim.get(path)).body)).to.deep.equal(fitting)
        expect(shown((await scim.get(`${path}?attributes=nowHidden,nowNumber,gone`)).body)).to.deep.equal({
          nowHidden: 'h',
        })
        for (const { name } of after) {
          const list = await scim.get(`/Widgets?sortBy=${name === 'parts' ? 'parts.size' : name}`)
          expect(list.status, `${name} ${list.text}`).to.be.oneOf(name === 'nowSecret' ? [400] : [200])
        }
        for (const filter of filters) expect((await scim.filter('/Widgets', filter)).status, filter).to.equal(200)

        const touched = await scim.patch(path, [{ op: 'replace', path: 'kept', value: 'l' }])
        expect(shown(touched.body), touched.text).to.deep.equal({ ...fitting, kept: 'l' })
        for (const [name, value] of Object.entries(next)) {
          const reply = await scim.patch(other, [{ op: 'add', path: name, value }])
          expect(reply.body[name], reply.text).to.deep.equal(value)
        }
        expect(shown((await scim.get(other)).body)).to.deep.equal({ ...fitting, ...next })
        const put = await scim.put(third, widget(next))
        expect(shown(put.body), put.text).to.deep.equal(next)
        for (const id of ids) expect((await scim.delete(`/Widgets/${id}`)).status).to.equal(204)
      },
      tenant,
    )
  })

  it('do the same to the extensions of users', async () => {
    const tenant = await createTenant()
    const extend = (attributes: readonly Body[]): Body[] => [
      schemaFile(badgeSchema, attributes),
      typeFile('User', userSchema, optional(badgeSchema)),
    ]
    let path = ''
    await withTypes(
      extend(before),
      async ({ scim }) => {
        path = `/Users/${(await scim.createUser('mira', { [badgeSchema]: values }))['id']}`
      },
      tenant,
    )
    await withTypes(
      extend(after),
      async ({ scim }) => {
        expect((await scim.get(path)).body[badgeSchema]).to.deep.equal(fitting)
        for (const filter of filters)
          expect((await scim.filter('/Users', filter.replace(/^/, `${badgeSchema}:`))).status, filter).to.equal(200)
        for (const [name, value] of Object.entries(next)) {
          const reply = await scim.patch(path, [{ op: 'add', path: `${badgeSchema}:${name}`, value }])
          expect(reply.body[badgeSchema][name], reply.text).to.deep.equal(value)
        }
        expect((await scim.get(path)).body[badgeSchema]).to.deep.equal({ ...fitting, ...next })
      },
      tenant,
    )
    // Without the extension nothing can be asked of it, and all else goes on.
    await tenant.scim.patch(path, [{ op: 'add', path: 'title', value: 'x' }])
    expect((await tenant.scim.get(path)).body).to.include({ title: 'x' })
    expectError(await tenant.scim.filter('/Users', `${badgeSchema}:kept pr`), 400, 'invalidFilter')
  })
})
