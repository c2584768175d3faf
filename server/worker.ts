// What `rollcall serve` starts several times where WORKERS is more than 1: the app on the port that all of them share.
// The primary (commands/workers.ts) says with which settings, and when to stop.
import { once } from 'node:events'
import type { FromWorker, ToWorker } from './commands/worker-process.ts'
import { startHttpService } from './commands/http-service.ts'
import type { Config } from './config.ts'
import { openDatabase } from './db/open.ts'
import { AppError } from './errors.ts'
import { createLogger } from './ops/logger.ts'

const reportEveryMs = 100

try {
  const order = once(process, 'message')
  tell({ kind: 'ready' })
  const [message] = (await order) as [ToWorker]
  if (message.kind === 'serve') await serve(message.config)
  process.disconnect()
} catch (error) {
  if (!(error instanceof AppError)) throw error
  tell({ kind: 'failed', code: error.code, message: error.message }, () => process.exit(1))
}

async function serve(config: Config): Promise<void> {
  const logger = createLogger(config.LOG_LEVEL).child({ worker: process.pid })
  const { db } = await openDatabase(config, {
    exclusive: false,
    onError: (error) => logger.warn({ err: error }, 'a database connection was lost'),
  })
  const service = await startHttpService({ config, db, logger })
  const { limiter } = service.app
  const stopping = Promise.withResolvers<void>()
  process.on('message', (message: ToWorker) => {
    if (message.kind === 'follow') limiter.follow(message.taken)
    if (message.kind === 'stop') stopping.resolve()
  })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.resolve())
  const reporting = setInterval(() => {
    const taken = limiter.report()
    if (taken.length > 0) tell({ kind: 'taken', taken })
  }, reportEveryMs)
  tell({ kind: 'serving' })
  await stopping.promise
  await service.stop()
  clearInterval(reporting)
  await db.destroy()
}

function tell(message: FromWorker, onTold: () => void = () => undefined): void {
  process.send?.(message, undefined, undefined, onTold)
}
