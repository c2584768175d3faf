// An organization with all that its triggers speak to: a mail server, and a receiver of what goes to Slack and to webhooks.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import supertest from 'supertest'
import { createApp } from '../../server/app.ts'
import { readConfig } from '../../server/config.ts'
import { createEventServices } from '../../server/event-services.ts'
import { createTriggerChannel } from '../../server/events/triggers/channel.ts'
import { createLogger } from '../../server/ops/logger.ts'
import { declareResourceTypes } from '../../server/scim/declarations.ts'
import { OrganizationSchemas } from '../../server/scim/organization-schema.ts'
import { AdminClient } from './admin-client.ts'
import { clock, createTenant, operatorToken, type Tenant } from './app.ts'
import { startTestEngine } from './events.ts'
import { type MailServer, startMailServer } from './mail-server.ts'
import { testDatabase } from './postgres.ts'
import { type Receiver, startReceiver } from './receiver.ts'
import { type Body, ScimClient } from './scim-client.ts'

export interface TriggerWorld {
  readonly tenant: Tenant
  readonly scim: ScimClient
  /** Of an application that may send mails, and requests to this machine. */
  readonly admin: AdminClient
  readonly mail: MailServer
  readonly receiver: Receiver
  /** Does what is due. */
  settle(): Promise<void>
  /** Makes a trigger, and answers what the API does. */
  addTrigger(trigger: Body): Promise<Body>
  close(): Promise<void>
}

export async function startTriggerWorld(): Promise<TriggerWorld> {
  const tenant = await createTenant()
  const [mail, receiver] = await Promise.all([startMailServer(), startReceiver()])
  const config = readConfig({
    ROLLCALL_ADMIN_TOKEN: operatorToken,
    RATE_LIMIT_PER_SECOND: '100000',
    OUTGOING_ALLOW: 'private',
    SMTP_URL: mail.url,
    MAIL_FROM: 'Rollcall <rollcall@larkspur.example>',
  })
  const db = testDatabase()
  const { now } = clock
  const app = createApp({ config, db, logger: createLogger('silent'), now })
  const server = createServer(app.listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const services = createEventServices({
    config,
    db,
    now,
    schemas: new OrganizationSchemas(db, declareResourceTypes()),
  })
  const engine = startTestEngine(tenant, { trigger: createTriggerChannel(db, services) })
  const scim = new ScimClient(supertest(server), origin, tenant.directoryToken)
  const admin = new AdminClient({ ...tenant, scim })
  return {
    tenant,
    scim,
    admin,
    mail,
    receiver,
    settle: () => engine.settle(),
    addTrigger: async (trigger) => {
      const reply = await admin.post('/triggers', trigger)
      if (reply.status !== 201) throw new Error(reply.text)
      return reply.body
    },
    close: async () => {
      app.drain()
      services.mailer?.close()
      await services.outgoing.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await Promise.all([mail.close(), receiver.close()])
    },
  }
}
