import { expect } from 'chai'
import { createTenant } from '../support/app.ts'
import { departmentSchema, personSchema, syncSchema } from '../support/org.ts'
import { sendRaw } from '../support/raw-http.ts'
import type { ScimClient } from '../support/scim-client.ts'
import {
  type Body,
  enterpriseSchema,
  errorSchema,
  groupSchema,
  listSchema,
  patchSchema,
  rollcallSchema,
  searchSchema,
  userSchema,
} from '../support/scim-client.ts'
import { customSchema, expectError, createTenantWith } from '../support/protocol.ts'

describe('discovery', () => {
  let scim: ScimClient
  before(async () => {
    scim = (await createTenant()).scim
  })
  const read = async (path: string): Promise<Body> => {
    const { status, body, text } = await scim.get(path)
    expect(status, `${path} ${text}`).to.equal(200)
    return body
  }

  it('7644-4-01 7643-5-01 7643-5-03 7643-5-05 7644-3.7-01 7644-3.4.2.3-01 7644-3.14-01 IOP-interop-01-01 tells in ServiceProviderConfig what is offered', async () => {
    const config = await read('/ServiceProviderConfig')
    expect(config['schemas']).to.deep.equal(['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'])
    expect(config['patch']).to.deep.equal({ supported: true })
    expect(config['bulk']).to.deep.equal({ supported: true, maxOperations: 1000, maxPayloadSize: 10_485_760 })
    expect(config['filter']).to.deep.equal({ supported: true, maxResults: 1000 })
    expect([config['changePassword'], config['sort'], config['etag']]).to.deep.equal([
      { supported: false },
      { supported: true },
      { supported: true },
    ])
    expect(config['authenticationSchemes'].map((one: Body) => one['type'])).to.deep.equal([
      'oauthbearertoken',
      'oauth2',
    ])
    expect(config).to.not.have.property('interopProfileConformant')
    for (const scheme of config['authenticationSchemes']) expect(scheme).to.include.keys('type', 'name', 'description')
    expect(config['meta']).to.deep.equal({
      resourceType: 'ServiceProviderConfig',
      location: `${scim.baseUrl}/ServiceProviderConfig`,
    })
  })

  it('9967-4-01 lists the events that feeds may tell of, and offers no asynchronous requests', async () => {
    const { securityEvents } = await read('/ServiceProviderConfig')
    const event = 'urn:ietf:params:scim:event'
    expect(securityEvents).to.have.all.keys('asyncRequest', 'eventUris')
    expect(securityEvents.asyncRequest).to.equal('none')
    expect(securityEvents.eventUris).to.have.members([
      ...['feed:add', 'feed:remove'].map((name) => `${event}:${name}`),
      ...['create', 'patch', 'put'].flatMap((name) => [`${event}:prov:${name}:full`, `${event}:prov:${name}:notice`]),
      ...['delete', 'activate', 'deactivate'].map((name) => `${event}:prov:${name}`),
    ])
  })

  it('9967-2.5.1.1-01 answers as usual whoever would rather not wait', async () => {
    const body = { schemas: [userSchema], userName: 'patient' }
    const { status, headers } = await scim.post('/Users', body, { Prefer: 'respond-async, wait=10' })
    expect(status).to.equal(201)
    expect(headers).to.not.have.any.keys('set-txn', 'preference-applied')
  })

  it('7643-5-04 lets strangers read all of it', async () => {
    for (const path of [
      'ServiceProviderConfig',
      'ResourceTypes',
      'Schemas',
      `Schemas/${userSchema}`,
      'ResourceTypes/Group',
    ]) {
      const reply = await sendRaw(scim.baseUrl, `GET /scim/v2/${path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`)
      expect(reply.status, path).to.equal(200)
    }
  })

  it('7644-4-03 7643-6-01 7643-6-02 7643-6-03 7643-6-05 IOP-interop-01-02 IOP-interop-01-06 lists resource types whose schemas and endpoints exist', async () => {
    const list = await read('/ResourceTypes')
    expect([list['schemas'], list['totalResults'], list['itemsPerPage'], list['startIndex']]).to.deep.equal([
      [listSchema],
      5,
      5,
      1,
    ])
    expect(
      list['Resources'].map((type: Body) => [type['id'], type['name'], type['endpoint'], type['schema']]),
    ).to.deep.equal([
      ['User', 'User', '/Users', userSchema],
      ['Group', 'Group', '/Groups', groupSchema],
      ['Person', 'Person', '/OrgChart', personSchema],
      ['Department', 'Department', '/Departments', departmentSchema],
      ['Sync', 'Sync', '/Syncs', syncSchema],
    ])
    for (const type of list['Resources']) {
      expect(type.schemas).to.deep.equal(['urn:ietf:params:scim:schemas:core:2.0:ResourceType'])
      expect(type.description).to.be.a('string').that.is.not.equal('')
      expect(type.meta).to.deep.equal({
        resourceType: 'ResourceType',
        location: `${scim.baseUrl}/ResourceTypes/${type.name}`,
      })
      expect(await read(`/ResourceTypes/${type.name}`)).to.deep.equal(type)
      expect((await read(type.endpoint))['schemas']).to.include(listSchema)
      for (const extension of type.schemaExtensions) expect(extension).to.have.all.keys('schema', 'required')
      for (const urn of [type.schema, ...type.schemaExtensions.map((one: Body) => one['schema'])]) {
        expect((await read(`/Schemas/${urn}`))['id']).to.equal(urn)
      }
    }
    for (const id of ['Nothing', 'users', '__proto__', '%00', encodeURIComponent('Üser')])
      expectError(await scim.get(`/ResourceTypes/${id}`), 404)
  })

  it('7644-4-02 7643-7-01 7643-7-02 7644-4-06 lists schemas, and gives each by its URN in any case and encoding', async () => {
    const list = await read('/Schemas')
    expect([list['schemas'], list['totalResults']]).to.deep.equal([[listSchema], list['Resources'].length])
    const ids: string[] = list['Resources'].map((schema: Body) => schema['id'])
    expect(ids).to.include.members([userSchema, groupSchema, enterpriseSchema, rollcallSchema])
    expect(new Set(ids).size).to.equal(ids.length)
    for (const schema of list['Resources']) {
      const { id } = schema
      expect(schema.schemas).to.deep.equal(['urn:ietf:params:scim:schemas:core:2.0:Schema'])
      expect(schema.meta).to.deep.equal({ resourceType: 'Schema', location: `${scim.baseUrl}/Schemas/${id}` })
      for (const name of ['name', 'description']) expect(schema[name]).to.be.a('string').that.is.not.equal('')
      for (const variant of [id, encodeURIComponent(id), id.toUpperCase(), id.replaceAll(':', '%3a')]) {
        expect(await read(`/Schemas/${variant}`)).to.deep.equal(schema)
      }
    }
    for (const id of ['nothing', `${userSchema}x`, '%00', '__proto__'])
      expectError(await scim.get(`/Schemas/${id}`), 404)
  })

  it('7644-3.1-02 does not publish message schemas', async () => {
    for (const urn of [patchSchema, errorSchema, listSchema, searchSchema])
      expectError(await scim.get(`/Schemas/${urn}`), 404)
    expect((await read('/Schemas'))['Resources'].filter((one: Body) => one['id'].includes(':messages:'))).to.deep.equal(
      [],
    )
  })

  it('7644-4-04 refuses filters with 403, and ignores sorting and paging', async () => {
    for (const path of ['/Schemas', '/ResourceTypes', '/ServiceProviderConfig', `/Schemas/${userSchema}`]) {
      expectError(await scim.get(`${path}?filter=id%20eq%20%22x%22`), 403)
      expectError(await scim.get(`${path}?FILTER=`), 403)
      const whole = await read(path)
      expect(await read(`${path}?startIndex=2&count=1&sortBy=id&sortOrder=descending&count=1`)).to.deep.equal(whole)
    }
  })

  it('7644-4-01 answers each endpoint in any case with its own document', async () => {
    expect(await read('/schemas')).to.deep.equal(await read('/Schemas'))
    expect(await read('/RESOURCETYPES')).to.deep.equal(await read('/ResourceTypes'))
    expect(await read('/serviceproviderconfig')).to.deep.equal(await read('/ServiceProviderConfig'))
  })

  // RFC 7643 section 8.7.1 with its errata: `name type …`, where … is what differs from the defaults.
  const multiValued = (name: string, ...canonical: string[]): string[] => [
    `${name} complex multiValued`,
    `${name}.value string`,
    `${name}.display string`,
    `${name}.type string${canonical.length === 0 ? '' : ` ${canonical.join('|')}`}`,
    `${name}.primary boolean`,
  ]
  const golden: Readonly<Record<string, readonly string[]>> = {
    [userSchema]: [
      'userName string required uniqueness=server',
      'name complex',
      ...['formatted', 'familyName', 'givenName', 'middleName', 'honorificPrefix', 'honorificSuffix'].map(
        (sub) => `name.${sub} string`,
      ),
      'displayName string',
      'nickName string',
      'profileUrl reference caseExact external',
      'title string',
      'userType string',
      'preferredLanguage string',
      'locale string',
      'timezone string',
      'active boolean',
      'password string writeOnly returned=never',
      ...multiValued('emails', 'work', 'home', 'other'),
      ...multiValued('phoneNumbers', 'work', 'home', 'mobile', 'fax', 'pager', 'other'),
      ...multiValued('ims', 'aim', 'gtalk', 'icq', 'xmpp', 'msn', 'skype', 'qq', 'yahoo'),
      ...multiValued('photos', 'photo', 'thumbnail').map((line) =>
        line === 'photos.value string' ? 'photos.value reference caseExact external' : line,
      ),
      'addresses complex multiValued',
      ...['formatted', 'streetAddress', 'locality', 'region', 'postalCode', 'country'].map(
        (sub) => `addresses.${sub} string`,
      ),
      'addresses.type string work|home|other',
      'addresses.primary boolean',
      'groups complex multiValued readOnly',
      'groups.value string readOnly',
      'groups.$ref reference caseExact readOnly User|Group',
      'groups.display string readOnly',
      'groups.type string readOnly direct|indirect',
      ...multiValued('entitlements'),
      ...multiValued('roles'),
      ...multiValued('x509Certificates').map((line) =>
        line === 'x509Certificates.value string' ? 'x509Certificates.value binary caseExact' : line,
      ),
    ],
    [groupSchema]: [
      'displayName string required',
      'members complex multiValued',
      'members.value string immutable',
      'members.display string immutable',
      'members.$ref reference caseExact immutable User|Group',
      'members.type string immutable User|Group',
    ],
    [enterpriseSchema]: [
      ...['employeeNumber', 'costCenter', 'organization', 'division', 'department'].map((name) => `${name} string`),
      'manager complex',
      'manager.value string',
      'manager.$ref reference caseExact User',
      'manager.displayName string readOnly',
    ],
  }

  function describeAttribute(attribute: Body, prefix = ''): string[] {
    const {
      name,
      type,
      required,
      caseExact,
      mutability,
      returned,
      uniqueness,
      canonicalValues,
      referenceTypes,
      subAttributes = [],
    } = attribute
    const parts = [
      `${prefix}${name}`,
      type,
      attribute['multiValued'] ? 'multiValued' : '',
      required ? 'required' : '',
      caseExact ? 'caseExact' : '',
      mutability === 'readWrite' ? '' : mutability,
      returned === 'default' ? '' : `returned=${returned}`,
      uniqueness === 'none' ? '' : `uniqueness=${uniqueness}`,
      canonicalValues?.join('|') ?? '',
      referenceTypes?.join('|') ?? '',
    ]
    const line = parts.filter((part) => part !== '').join(' ')
    return [line, ...subAttributes.flatMap((sub: Body) => describeAttribute(sub, `${prefix}${name}.`))]
  }

  for (const [urn, expected] of Object.entries(golden)) {
    it(`7643-7-17 publishes ${urn} as the standard has it`, async () => {
      const { attributes } = await read(`/Schemas/${urn}`)
      expect(attributes.flatMap((attribute: Body) => describeAttribute(attribute))).to.deep.equal(expected)
    })
  }

  it('7643-2.1-02 7643-7-03 7643-2.3-01 7643-2.3-14 writes out every characteristic of every attribute', async () => {
    const types = ['string', 'boolean', 'decimal', 'integer', 'dateTime', 'binary', 'reference', 'complex']
    const check = (attribute: Body, isSub: boolean): void => {
      const { name, type } = attribute
      expect(name).to.match(name === '$ref' ? /^\$ref$/ : /^[A-Za-z][\w$-]*$/)
      expect(type, name).to.be.oneOf(isSub ? types.slice(0, -1) : types)
      for (const flag of ['multiValued', 'required', 'caseExact'])
        expect(attribute[flag], `${name} ${flag}`).to.be.a('boolean')
      for (const word of ['description', 'mutability', 'returned', 'uniqueness'])
        expect(attribute[word], `${name} ${word}`).to.be.a('string')
      if (type === 'reference') expect(attribute['referenceTypes'], name).to.be.an('array').that.is.not.empty
      if (type === 'complex') for (const sub of attribute['subAttributes']) check(sub, true)
      else expect(attribute).to.not.have.property('subAttributes')
    }
    for (const urn of [
      userSchema,
      groupSchema,
      enterpriseSchema,
      rollcallSchema,
      rollcallSchema.replace('User', 'Group'),
      personSchema,
      departmentSchema,
      syncSchema,
    ]) {
      for (const attribute of (await read(`/Schemas/${urn}`))['attributes']) check(attribute, false)
    }
  })

  it('7643-2.4-02 gives the sub-attributes that every schema shares their one meaning', async () => {
    const shared: Readonly<Record<string, readonly string[]>> = {
      type: ['string'],
      primary: ['boolean'],
      display: ['string'],
      value: ['string', 'decimal', 'reference', 'binary'],
      $ref: ['reference'],
    }
    const seen = new Set<string>()
    for (const schema of (await read('/Schemas'))['Resources']) {
      for (const { name, subAttributes = [] } of schema.attributes) {
        for (const sub of subAttributes) {
          if (shared[sub.name] === undefined) continue
          seen.add(sub.name)
          expect(sub.type, `${schema.id}:${name}.${sub.name}`).to.be.oneOf([...(shared[sub.name] ?? [])])
          expect(sub.multiValued, `${schema.id}:${name}.${sub.name}`).to.equal(false)
          if (sub.name === '$ref') expect(subAttributes.map((one: Body) => one['name'])).to.include('value')
        }
      }
    }
    expect([...seen]).to.have.members(Object.keys(shared))
  })

  it("7643-7-01 7643-6-02 7643-2.2-01 publishes an organization's own attributes to it alone", async () => {
    const own = (await createTenantWith({ name: 'badge', type: 'string' })).scim
    const schema = (await own.get(`/Schemas/${customSchema}`)).body
    expect(schema['attributes']).to.deep.equal([
      {
        name: 'badge',
        type: 'string',
        description: 'badge',
        multiValued: false,
        required: false,
        caseExact: false,
        mutability: 'readWrite',
        returned: 'default',
        uniqueness: 'none',
      },
    ])
    const type = (await own.get('/ResourceTypes/User')).body
    expect(type['schemaExtensions']).to.deep.include({ schema: customSchema, required: false })
    expectError(await scim.get(`/Schemas/${customSchema}`), 404)
    expect((await read('/ResourceTypes/User'))['schemaExtensions']).to.not.deep.include({
      schema: customSchema,
      required: false,
    })
  })
})
