import { expect } from 'chai'
import { query } from '../../server/db/query.ts'
import { sweep } from '../../server/ops/chores.ts'
import { clock, createTenant, getApp, type Tenant } from '../support/app.ts'
import { testDatabase } from '../support/postgres.ts'

const day = 86_400_000

async function count(table: 'tombstones' | 'request_log', { organizationId }: Tenant): Promise<number> {
  const [row] = await query<{ count: number }>(
    testDatabase(),
    `select count(*)::int as count from ${table} where org_id = $1`,
    [organizationId],
  )
  return row?.count ?? 0
}

describe('chores', () => {
  it('remove tombstones and request log entries when they are old enough, and not before', async () => {
    const tenant = await createTenant()
    const user = await tenant.scim.createUser('leaver')
    await tenant.scim.delete(`/Users/${user['id']}`)
    const { app } = await getApp()
    await app.requestLog.flush()
    expect([await count('tombstones', tenant), await count('request_log', tenant)]).to.deep.equal([1, 2])

    const retention = { db: testDatabase(), tombstoneDays: 30, requestLogDays: 10 }
    await sweep({ ...retention, now: () => new Date(clock.now().getTime() + 9 * day) })
    expect([await count('tombstones', tenant), await count('request_log', tenant)]).to.deep.equal([1, 2])
    await sweep({ ...retention, now: () => new Date(clock.now().getTime() + 11 * day) })
    expect([await count('tombstones', tenant), await count('request_log', tenant)]).to.deep.equal([1, 0])
    await sweep({ ...retention, now: () => new Date(clock.now().getTime() + 31 * day) })
    expect([await count('tombstones', tenant), await count('request_log', tenant)]).to.deep.equal([0, 0])
  })
})
