// The app behind an HTTP server: what a process serves with, alone or as one of several workers.
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { type App, createApp } from '../app.ts'
import type { Config } from '../config.ts'
import type { Database } from '../db/connect.ts'
import { AppError } from '../errors.ts'
import { startFlushing } from '../ops/chores.ts'
import { answerClientErrors } from '../ops/client-error.ts'
import type { Logger } from '../ops/logger.ts'

const finishRequestsWithinMs = 5000

/** What is served, by this process or by its workers. */
export interface Service {
  readonly port: number
  /** Finishes the requests under way, and writes what they left in memory. */
  stop(): Promise<void>
}

export interface HttpServiceParts {
  readonly config: Config
  readonly db: Database
  readonly logger: Logger
}

/** Serves from now on. Throws config_invalid for schema files that are wrong, and for a port that cannot be listened on. */
export async function startHttpService({ config, db, logger }: HttpServiceParts): Promise<Service & { app: App }> {
  const app = createApp({ config, db, logger, now: () => new Date() })
  const server = createHttpServer(
    { maxHeaderSize: 65_536, keepAliveTimeout: 65_000, requestTimeout: 120_000 },
    app.listener,
  )
  answerClientErrors(server)
  const port = await listen(server, config)
  const endFlushing = startFlushing({ ...app, logger })
  const stop = async (): Promise<void> => {
    app.drain()
    await close(server)
    await endFlushing()
  }
  return { app, port, stop }
}

/** The port that can be listened on: PORT, or a free one for 0. Throws config_invalid. */
export async function findPort(config: Config): Promise<number> {
  const probe = createServer()
  const port = await listen(probe, config)
  await new Promise((resolve) => probe.close(resolve))
  return port
}

function listen(server: Server, { PORT, HOST }: Config): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? 'the port is in use' : error.message
      reject(new AppError('config_invalid', `PORT ${PORT} of HOST ${HOST} cannot be listened on: ${reason}.`))
    })
    server.listen(PORT, HOST, () => resolve((server.address() as AddressInfo).port))
  })
}

// Requests under way are finished; a connection is closed as soon as it only waits.
async function close(server: HttpServer): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  const closing = setInterval(() => server.closeIdleConnections(), 50)
  const forcing = setTimeout(() => server.closeAllConnections(), finishRequestsWithinMs)
  await closed
  clearInterval(closing)
  clearTimeout(forcing)
}
