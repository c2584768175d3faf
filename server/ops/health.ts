// /livez: the process runs. /readyz: it can serve, which needs the database and its schema, and that it is not stopping.
import { Router } from 'express'
import type { Database } from '../db/connect.ts'
import { query } from '../db/query.ts'

export interface Health {
  readonly router: Router
  /** From now on /readyz says no, so that a balancer sends requests elsewhere. */
  drain(): void
}

const answerWithinMs = 3000

export function createHealth(db: Database): Health {
  let draining = false
  const router = Router()
  router.get('/livez', (_request, response) => {
    response.type('text/plain').send('ok\n')
  })
  router.get('/readyz', async (_request, response) => {
    const reason = draining ? 'shutting down' : await findReason(db)
    response
      .status(reason === undefined ? 200 : 503)
      .type('text/plain')
      .send(`${reason ?? 'ok'}\n`)
  })
  return {
    router,
    drain: () => {
      draining = true
    },
  }
}

async function findReason(db: Database): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('the database does not answer'), answerWithinMs)
  })
  const asked = query(db, 'select 1 from kysely_migration limit 1').then(
    () => undefined,
    () => 'the database cannot be reached',
  )
  try {
    return await Promise.race([asked, timeout])
  } finally {
    clearTimeout(timer)
  }
}
