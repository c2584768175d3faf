import { expect } from 'chai'
import { createId } from '../../server/db/ids.ts'
import { query } from '../../server/db/query.ts'
import { createChore } from '../../server/ops/chores.ts'
import { createLogger } from '../../server/ops/logger.ts'
import { RequestLog } from '../../server/ops/request-log.ts'
import { clock, createTenant } from '../support/app.ts'
import { testDatabase } from '../support/postgres.ts'

const logger = createLogger('silent')

describe('the request log', () => {
  it('stores each of many entries once, also when it is told to twice at the same time', async () => {
    const { organizationId, directoryId } = await createTenant()
    const log = new RequestLog(testDatabase(), logger)
    for (let number = 0; number < 2500; number++) {
      log.add({
        organizationId,
        id: createId('req', clock.now()),
        at: clock.now(),
        directoryId,
        tokenId: null,
        method: 'POST',
        path: `/${number}`,
        status: 201,
        durationMs: 1,
        error: null,
        notes: [],
        userAgent: null,
      })
    }
    await Promise.all([log.flush(), log.flush()])
    const [row] = await query<{ rows: number; paths: number }>(
      testDatabase(),
      'select count(*)::int as rows, count(distinct path)::int as paths from request_log where org_id = $1',
      [organizationId],
    )
    expect(row).to.deep.equal({ rows: 2500, paths: 2500 })
  })

  it('is not written again while it is still being written, and is after that', async () => {
    let runs = 0
    const finish: (() => void)[] = []
    const chore = createChore(logger, 'a chore', () => {
      runs++
      return new Promise((resolve) => finish.push(resolve))
    })
    chore()
    chore()
    expect(runs).to.equal(1)
    finish[0]?.()
    await new Promise((resolve) => setImmediate(resolve))
    chore()
    expect(runs).to.equal(2)
  })
})
