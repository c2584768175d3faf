// ServiceProviderConfig, ResourceTypes and Schemas (RFC 7644 section 4), served by scimmy-routers from what declarations.ts
// declared. Around it: what scimmy gets wrong or cannot know (scim-compliance.md) is corrected on the way out, and the
// organization's own attributes join. Anyone may read these documents; a token adds its organization's schema.
import type { NextFunction, Request, RequestHandler, Response } from 'express'
import SCIMMYRouters from 'scimmy-routers'
import type { JsonObject, JsonValue } from '../db/tables.ts'
import { AppError } from '../errors.ts'
import type { OrganizationSchema } from './organization-schema.ts'
import { orgTypes } from './org/types.ts'
import { isObject } from './resource.ts'
import type { ResourceType, SchemaDefinition } from './schema.ts'
import { maxOperations } from './patch-syntax.ts'
import { cursorTimeout } from './cursors.ts'
import { defaultCount, maxCount } from './search.ts'

export interface Discovery {
  /** The document at a path such as `/Schemas/urn:…`. Throws not_found, filter_forbidden. */
  read(path: string, hasFilter: boolean, schema: OrganizationSchema, baseUrl: string): Promise<string>
}

/** What is offered that is for the installation to say. */
export interface Offer {
  /** Of a body. */
  readonly maxPayloadSize: number
  /** The SCIM events that feeds may tell of (RFC 9967). */
  readonly eventUris: readonly string[]
}

/** Builds the routers once; scimmy keeps its settings for the whole process. */
export function createDiscovery(offer: Offer): Discovery {
  const routers = createRouters()
  return {
    async read(path, hasFilter, schema, baseUrl) {
      if (hasFilter) throw new AppError('filter_forbidden', 'Discovery endpoints cannot be filtered.')
      const [endpoint = '', id] = path
        .split('/')
        .filter((part) => part !== '')
        .map(decodeURIComponent)
      switch (endpoint.toLowerCase()) {
        case 'schemas':
          return readSchemas(id, schema, baseUrl, () => ask(routers, '/Schemas'))
        case 'resourcetypes':
          return readResourceTypes(id, await ask(routers, '/ResourceTypes'), schema, baseUrl)
        default:
          return JSON.stringify(correctConfig(await ask(routers, '/ServiceProviderConfig'), baseUrl, offer))
      }
    },
  }
}

function createRouters(): RequestHandler {
  // Signing in happens before this; the routers insist on a handler of their own.
  return new SCIMMYRouters({ type: 'bearer', handler: () => '' })
}

// Calls the routers as a function: a request in, the object that they would send out.
function ask(routers: RequestHandler, url: string): Promise<JsonObject> {
  return new Promise((resolve, reject) => {
    const request = { method: 'GET', url, baseUrl: '', originalUrl: url, headers: {}, query: {} } as unknown as Request
    const response = {
      setHeader: () => response,
      status: () => response,
      send: (document: unknown) => resolve(JSON.parse(JSON.stringify(document)) as JsonObject),
    } as unknown as Response
    const next: NextFunction = (error?: unknown) => reject(error instanceof Error ? error : new AppError('not_found'))
    routers(request, response, next)
  })
}

async function readSchemas(
  id: string | undefined,
  schema: OrganizationSchema,
  baseUrl: string,
  askScimmy: () => Promise<JsonObject>,
): Promise<string> {
  const definitions = listTypes(schema).flatMap((type) => type.definitions)
  const ours = new Map(definitions.map((definition) => [definition.id.toLowerCase(), definition]))
  if (id === undefined) {
    const { Resources } = await askScimmy()
    const served = (Array.isArray(Resources) ? Resources : []).filter(isObject) as JsonObject[]
    const others = served.filter((one) => !ours.has(readName(one['id']).toLowerCase()))
    const all = [...[...ours.values()].map(toJson), ...others].map((one) =>
      locate(one, 'Schema', `${baseUrl}/Schemas/${readName(one['id'])}`),
    )
    return formatDiscoveryList(all)
  }
  const found = ours.get(id.toLowerCase())
  if (found === undefined) throw new AppError('not_found', 'There is no such schema.')
  return JSON.stringify(locate(toJson(found), 'Schema', `${baseUrl}/Schemas/${found.id}`))
}

function readResourceTypes(
  id: string | undefined,
  document: JsonObject,
  schema: OrganizationSchema,
  baseUrl: string,
): string {
  const served = (Array.isArray(document['Resources']) ? document['Resources'] : []).filter(isObject) as JsonObject[]
  const types = listTypes(schema).map((type) => {
    const described = served.find(({ name }) => name === type.name)
    return locate({ ...described, ...describeType(type) }, 'ResourceType', `${baseUrl}/ResourceTypes/${type.name}`)
  })
  if (id === undefined) return formatDiscoveryList(types)
  const found = types.find((type) => type['id'] === id)
  if (found === undefined) throw new AppError('not_found', 'There is no such resource type.')
  return JSON.stringify(found)
}

function listTypes({ types }: OrganizationSchema): ResourceType[] {
  return [...types.values(), ...orgTypes]
}

function describeType({ name, endpoint, description, schema, extensions }: ResourceType): JsonObject {
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:ResourceType'],
    id: name,
    name,
    endpoint,
    description,
    schema: schema.id,
    schemaExtensions: [...extensions.values()].map(({ id, required }) => ({ schema: id, required })),
  }
}

// What the server does, whatever scimmy was told: the routers switch features on that are ours to offer or not.
function correctConfig(document: JsonObject, baseUrl: string, { maxPayloadSize, eventUris }: Offer): JsonObject {
  const config: JsonObject = {
    ...document,
    documentationUri: new URL('/docs', baseUrl).href,
    patch: { supported: true },
    // authentik chunks its PATCHes by maxOperations, too.
    bulk: { supported: true, maxOperations, maxPayloadSize },
    filter: { supported: true, maxResults: maxCount },
    changePassword: { supported: false },
    sort: { supported: true },
    etag: { supported: true },
    // RFC 9865 section 4
    pagination: {
      cursor: true,
      index: true,
      defaultPaginationMethod: 'index',
      defaultPageSize: defaultCount,
      maxPageSize: maxCount,
      cursorTimeout,
    },
    // RFC 9967 section 4
    securityEvents: { asyncRequest: 'none', eventUris: [...eventUris] },
    authenticationSchemes: describeSchemes(document['authenticationSchemes']),
  }
  return locate(config, 'ServiceProviderConfig', `${baseUrl}/ServiceProviderConfig`)
}

function describeSchemes(schemes: JsonValue | undefined): JsonValue {
  const served = (Array.isArray(schemes) ? schemes : []).filter(isObject) as JsonObject[]
  const bearer = served.find((one) => one['type'] === 'oauthbearertoken')
  return [
    { ...bearer, primary: true },
    {
      type: 'oauth2',
      name: 'OAuth 2.0 client credentials',
      description: 'A token id and the token as client id and secret, exchanged at /oauth/token for an access token',
      specUri: 'https://datatracker.ietf.org/doc/html/rfc6749',
    },
  ]
}

function toJson(definition: SchemaDefinition): JsonObject {
  return definition as unknown as JsonObject
}

function locate(document: JsonObject, resourceType: string, location: string): JsonObject {
  return { ...document, meta: { resourceType, location } }
}

function formatDiscoveryList(resources: readonly JsonObject[]): string {
  return JSON.stringify({
    schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
    totalResults: resources.length,
    startIndex: 1,
    itemsPerPage: resources.length,
    Resources: resources,
  })
}

function readName(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : ''
}
