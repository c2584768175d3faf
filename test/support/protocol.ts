// What the protocol's tests share.
import { expect } from 'chai'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createApp } from '../../server/app.ts'
import { readConfig } from '../../server/config.ts'
import { addCustomAttribute, type CustomDefinition } from '../../server/directory/custom-attributes.ts'
import { createLogger } from '../../server/ops/logger.ts'
import { clock, createTenant, type Tenant } from './app.ts'
import { testDatabase } from './postgres.ts'
import { type Body, errorSchema, type Reply, userSchema } from './scim-client.ts'

export const customSchema = 'urn:ietf:params:scim:schemas:extension:custom:2.0:User'

export function expectError({ status, headers, body }: Reply, expected: number, scimType?: string): void {
  expect([status, body['scimType']], JSON.stringify(body)).to.deep.equal([expected, scimType])
  expect(headers['content-type']).to.equal('application/scim+json')
  expect(body['schemas']).to.deep.equal([errorSchema])
  expect(body['status']).to.equal(String(expected))
  expect(body['detail'])
    .to.be.a('string')
    .that.matches(/^[^\n]+[.…]$/)
}

/** A tenant whose directory reads requests to the letter. */
export async function createStrictTenant(): Promise<Tenant> {
  const tenant = await createTenant()
  await testDatabase().updateTable('directories').set({ strict: true }).where('id', '=', tenant.directoryId).execute()
  return tenant
}

/** A tenant whose users have attributes of its own. */
export async function createTenantWith(...definitions: readonly CustomDefinition[]): Promise<Tenant> {
  const tenant = await createTenant()
  for (const definition of definitions) {
    await addCustomAttribute(testDatabase(), tenant.organizationId, { resourceType: 'User', definition }, clock.now())
  }
  return tenant
}

/** Runs an application of its own over the test database. */
export async function withApp(
  settings: Record<string, string>,
  work: (origin: string) => Promise<void>,
): Promise<void> {
  const parts = { config: readConfig(settings), db: testDatabase(), logger: createLogger('silent'), now: clock.now }
  const server = createServer(createApp(parts).listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    server.close()
  }
}

export const user = (attributes: Body = {}): Body => ({ schemas: [userSchema], userName: 'mira', ...attributes })
