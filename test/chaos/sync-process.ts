// A process that syncs, which may be killed. Arguments: where the database is, how far its clock is ahead in milliseconds, and an
// organization whose runs it does one after the other until there is none; without one it does what a server does beside its requests.
import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { startBackground } from '../../server/background.ts'
import { createSealer } from '../../server/auth/sealer.ts'
import { readConfig } from '../../server/config.ts'
import { connect, type Database } from '../../server/db/connect.ts'
import { query } from '../../server/db/query.ts'
import { createLogger } from '../../server/ops/logger.ts'
import { createOutgoing } from '../../server/ops/outgoing.ts'
import { declareResourceTypes } from '../../server/scim/declarations.ts'
import { OrganizationSchemas } from '../../server/scim/organization-schema.ts'
import { createSyncServices } from '../../server/sync-services.ts'
import { doRun } from '../../server/sync/engine/engine.ts'
import type { RunKey } from '../../server/sync/runs/run.ts'
import { httpProvider } from './http-source.ts'

const allow = '127.0.0.1'
const againAfterMs = 20

const [url = '', ahead = '0', organizationId] = process.argv.slice(2)
const db = connect({ url, poolSize: 5 })
const now = (): Date => new Date(Date.now() + Number(ahead))
const logger = createLogger('warn')

if (organizationId === undefined) await serve()
else await doAll(db, organizationId)

async function serve(): Promise<void> {
  const config = readConfig({ OUTGOING_ALLOW: allow })
  const background = await startBackground({ config, db, logger, now, sources: [httpProvider] })
  process.send?.('ready')
  process.once('message', () => void background.stop().then(() => db.destroy().then(() => process.disconnect())))
}

async function doAll(on: Database, of: string): Promise<void> {
  const services = createSyncServices({
    db: on,
    now,
    logger,
    sealer: createSealer(on, undefined, now),
    outgoing: createOutgoing({ allow }),
    schemas: new OrganizationSchemas(on, declareResourceTypes()),
    sources: [httpProvider],
  })
  const text = `select org_id as "organizationId", id from sync_runs where org_id = $1 and status in ('queued', 'running')`
  for (;;) {
    const [run] = await query<RunKey>(on, text, [of])
    if (run === undefined) break
    await doRun(services, run, randomUUID(), new AbortController().signal)
    await wait(againAfterMs)
  }
  await on.destroy()
  process.disconnect()
}
