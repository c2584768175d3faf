import { expect } from 'chai'
import { query } from '../../server/db/query.ts'
import { readExtent } from '../../server/events/log.ts'
import { sweep } from '../../server/ops/chores.ts'
import { clock, createTenant, getApp, type Tenant } from '../support/app.ts'
import { numberAll } from '../support/event-log.ts'
import { testDatabase } from '../support/postgres.ts'

const day = 86_400_000

async function count(
  table: 'tombstones' | 'request_log' | 'events' | 'deliveries',
  { organizationId }: Tenant,
): Promise<number> {
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

    const retention = { db: testDatabase(), tombstoneDays: 30, requestLogDays: 10, eventDays: 60, syncDays: 30 }
    await sweep({ ...retention, now: () => new Date(clock.now().getTime() + 9 * day) })
    expect([await count('tombstones', tenant), await count('request_log', tenant)]).to.deep.equal([1, 2])
    await sweep({ ...retention, now: () => new Date(clock.now().getTime() + 11 * day) })
    expect([await count('tombstones', tenant), await count('request_log', tenant)]).to.deep.equal([1, 0])
    await sweep({ ...retention, now: () => new Date(clock.now().getTime() + 31 * day) })
    expect([await count('tombstones', tenant), await count('request_log', tenant)]).to.deep.equal([0, 0])
  })

  it('remove events from the beginning of the log, and deliveries that have ended', async () => {
    const tenant = await createTenant()
    const { id } = await tenant.scim.createUser('ana')
    await numberAll(tenant)
    const { last } = await readExtent(testDatabase(), tenant.organizationId)
    const then = clock.now()
    await addDelivery(tenant, 'dlv_1', then, then)
    await addDelivery(tenant, 'dlv_2', then, null)
    await addDelivery(tenant, 'dlv_3', then, new Date(then.getTime() + 3 * day))

    const retention = { db: testDatabase(), tombstoneDays: 30, requestLogDays: 10, eventDays: 2, syncDays: 30 }
    await sweep({ ...retention, now: () => new Date(then.getTime() + day) })
    expect([await count('events', tenant), await count('deliveries', tenant)]).to.deep.equal([last, 3])

    await tenant.scim.patch(`/Users/${id}`, [{ op: 'add', path: 'title', value: 'Clerk' }])
    await numberAll(tenant)
    await query(testDatabase(), `update events set at = at + interval '2 days' where org_id = $1 and number > $2`, [
      tenant.organizationId,
      last,
    ])
    await sweep({ ...retention, now: () => new Date(clock.now().getTime() + 3 * day) })
    expect(await readExtent(testDatabase(), tenant.organizationId)).to.deep.equal({ first: last + 1, last: last + 1 })
    expect(await count('deliveries', tenant)).to.equal(2)

    await sweep({ ...retention, now: () => new Date(clock.now().getTime() + 6 * day) })
    expect(await readExtent(testDatabase(), tenant.organizationId)).to.deep.equal({ first: last + 2, last: last + 1 })
    expect(await count('deliveries', tenant)).to.equal(1)
  })

  async function addDelivery(
    { organizationId }: Tenant,
    id: string,
    createdAt: Date,
    endedAt: Date | null,
  ): Promise<void> {
    await query(
      testDatabase(),
      `with s as (insert into subscriptions (org_id, id, kind, name, types, taken_number, created_at, modified_at)
         values ($1, $2 || '_hook', 'webhook', $2, '{*}', 0, $3, $3))
       insert into deliveries (org_id, id, subscription_id, event_number, event_id, event_type, resource_id, origin, state, next_at,
         created_at, ended_at)
       values ($1, $2, $2 || '_hook', 1, 'evt_1', 'user.created', 'emp_1', 'event',
         case when $4::timestamptz is null then 'waiting' else 'delivered' end, case when $4::timestamptz is null then $3 end, $3, $4)`,
      [organizationId, id, createdAt, endedAt],
    )
  }
})
