// The migration that brings the log: what happened before is told from then on, as it was.
import { expect } from 'chai'
import { migrate } from '../../server/db/migrate.ts'
import { query } from '../../server/db/query.ts'
import { readEvents } from '../../server/events/log.ts'
import { numberEvents } from '../../server/events/numbering.ts'
import { numberingParts } from '../support/event-log.ts'
import { createOldDatabase, insertOldOrganization, migrateUntil, type OldDatabase } from '../support/old-database.ts'

describe('the migration to the event log', () => {
  let old: OldDatabase
  before(async () => {
    old = await createOldDatabase('events')
  })
  after(() => old.remove())

  it('keeps the events that nobody has read yet, in their order', async () => {
    const { db } = old
    await migrateUntil(db, '0013-event-log')
    const at = new Date('2026-01-31T12:00:00Z')
    const { organizationId, directoryId } = await insertOldOrganization(db, at)
    const differences = [
      { userName: { after: 'ana' }, title: { after: 'Clerk' } },
      { title: { before: 'Clerk', after: 'Engineer' } },
      { userName: { before: 'ana' }, title: { before: 'Engineer' } },
    ]
    for (const [index, difference] of differences.entries()) {
      const operation = ['create', 'update', 'delete'][index]
      await query(
        db,
        `with c as (insert into changes (org_id, at, directory_id, resource_type, resource_id, operation, version, difference)
           values ($1, $2, $3, 'User', 'emp_1', $4, $5, $6))
         insert into events (org_id, type, at, resource_type, resource_id, version) values ($1, $7, $2, 'User', 'emp_1', $5)`,
        [organizationId, at, directoryId, operation, index + 1, JSON.stringify(difference), `user.${operation}d`],
      )
    }
    await query(
      db,
      `insert into events (org_id, type, at, resource_type, resource_id, version) values ($1, 'resource.created', $2, 'Device', 'res_1', 1)`,
      [organizationId, at],
    )

    await migrate(db)
    await numberEvents({ ...numberingParts(), db })
    const events = await readEvents(db, organizationId, { after: 0, limit: 10 })
    expect(events.map(({ number, type, data }) => [number, type, data.resource?.['title']])).to.deep.equal([
      [1, 'user.created', 'Clerk'],
      [2, 'user.updated', 'Engineer'],
      [3, 'user.deleted', 'Engineer'],
      [4, 'Device.created', undefined],
    ])
    expect(events[2]?.data.resource).to.deep.include({
      id: 'emp_1',
      userName: 'ana',
      meta: { resourceType: 'User', created: at.toISOString(), lastModified: at.toISOString(), version: 'W/"2"' },
    })
  })
})
