// A whole Rollcall in a process of its own, as `rollcall serve` is, with the source that answers at once beside the others. The first
// argument is how many people that has. Prints where it is, as the other servers of the benchmark do; ROLLCALL_ADMIN_TOKEN is the operator's.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createApp } from '../../server/app.ts'
import { startBackground } from '../../server/background.ts'
import { readConfig } from '../../server/config.ts'
import { connect } from '../../server/db/connect.ts'
import { migrate } from '../../server/db/migrate.ts'
import { startFlushing } from '../../server/ops/chores.ts'
import { createLogger } from '../../server/ops/logger.ts'
import { createInstantProvider } from './source.ts'

const [people = '0'] = process.argv.slice(2)
const config = readConfig({ ...process.env, RATE_LIMIT_PER_SECOND: '1000000' })
const now = (): Date => new Date()
const logger = createLogger('warn')
const db = connect({ url: config.DATABASE_URL ?? '', poolSize: config.DATABASE_POOL_SIZE })
await migrate(db)
const parts = { config, db, logger, now, sources: [createInstantProvider(Number(people))] }
const app = createApp(parts)
const server = createServer(app.listener)
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const endFlushing = startFlushing({ ...app, logger })
const background = await startBackground(parts)
const { port } = server.address() as AddressInfo
const token = config.ROLLCALL_ADMIN_TOKEN ?? ''
process.stdout.write(`${JSON.stringify({ port, path: '/scim/v2', token })}\n`)

process.once('SIGTERM', () => {
  app.drain()
  server.closeAllConnections()
  server.close()
  void Promise.all([background.stop(), endFlushing()]).then(() => db.destroy())
})
