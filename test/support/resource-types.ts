// Applications that serve resource types of one's own.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import supertest from 'supertest'
import { createTenant, type Tenant } from './app.ts'
import { withApp } from './protocol.ts'
import { type Body, ScimClient } from './scim-client.ts'

/** The files that docs/resource-types.md shows: devices, and a badge for users. */
export const exampleFolder = path.resolve(import.meta.dirname, '../../docs/examples/resource-types')
export const deviceSchema = 'urn:example:params:scim:schemas:1.0:Device'
export const warrantySchema = 'urn:example:params:scim:schemas:extension:1.0:Warranty'
export const badgeSchema = 'urn:example:params:scim:schemas:extension:1.0:Badge'

export const schemaSchema = 'urn:ietf:params:scim:schemas:core:2.0:Schema'
export const resourceTypeSchema = 'urn:ietf:params:scim:schemas:core:2.0:ResourceType'

export const device = (serialNumber: string, attributes: Body = {}): Body => ({
  schemas: [deviceSchema],
  serialNumber,
  ...attributes,
})

/** A schema as a file has it. */
export const schemaFile = (id: string, attributes: readonly Body[], rest: Body = {}): Body => ({
  schemas: [schemaSchema],
  id,
  name: id.slice(id.lastIndexOf(':') + 1),
  attributes,
  ...rest,
})

/** A resource type as a file has it. */
export const typeFile = (name: string, schema: string, rest: Body = {}): Body => ({
  schemas: [resourceTypeSchema],
  name,
  endpoint: `/${name}s`,
  schema,
  ...rest,
})

export const widgetSchema = 'urn:example:Widget'

/** A resource type of widgets with these attributes. */
export const widgets = (...attributes: readonly Body[]): Body[] => [
  schemaFile(widgetSchema, attributes),
  typeFile('Widget', widgetSchema),
]

export const widget = (attributes: Body = {}): Body => ({ schemas: [widgetSchema], ...attributes })

/** Runs the work with a folder that has one file for each of the contents: JSON, or text as it is. */
export async function withFolder<Result>(
  contents: Readonly<Record<string, unknown>>,
  work: (folder: string) => Result | Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(path.join(tmpdir(), 'rollcall-schemas-'))
  try {
    for (const [name, content] of Object.entries(contents)) {
      writeFileSync(path.join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))
    }
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export interface Served {
  readonly tenant: Tenant
  /** Speaks as the push directory of the tenant with the application that serves the types. */
  readonly scim: ScimClient
}

/** Runs the work against an application that serves the types of a folder. */
export async function withTypesOf(
  folder: string,
  work: (served: Served) => Promise<void>,
  tenant?: Tenant,
): Promise<void> {
  const known = tenant ?? (await createTenant())
  await withApp({ ROLLCALL_SCHEMAS_DIR: folder, RATE_LIMIT_PER_SECOND: '100000' }, async (origin) => {
    await work({ tenant: known, scim: new ScimClient(supertest(origin), origin, known.directoryToken) })
  })
}

/** The same for one file with these documents. */
export function withTypes(
  documents: readonly Body[],
  work: (served: Served) => Promise<void>,
  tenant?: Tenant,
): Promise<void> {
  return withFolder({ 'types.json': documents }, (folder) => withTypesOf(folder, work, tenant))
}

/** Creates a resource and returns it; the test fails where that does. */
export async function create(scim: ScimClient, endpoint: string, resource: Body): Promise<Body> {
  const reply = await scim.post(endpoint, resource)
  if (reply.status !== 201) throw new Error(`POST ${endpoint} answered ${reply.status}: ${reply.text}`)
  return reply.body
}
