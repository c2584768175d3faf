// Synchronization through the HR API.
import { expect } from 'chai'
import { createDirectory } from '../../server/directory/directories.ts'
import { clock, createTenant, type Tenant } from '../support/app.ts'
import { HrClient } from '../support/hr-client.ts'
import { testDatabase } from '../support/postgres.ts'

describe('synchronization in the HR API', () => {
  let tenant: Tenant
  let hr: HrClient
  beforeEach(async () => {
    tenant = await createTenant()
    hr = new HrClient(await tenant.addApplication(['hr', 'write']))
    for (const provider of ['workday', 'bamboohr']) {
      await createDirectory(
        testDatabase(),
        tenant.organizationId,
        { kind: 'pull', provider, name: provider },
        clock.now(),
      )
    }
  })

  it('is incremental and with groups, where nothing is said', async () => {
    const reply = await hr.post('/sync', { source: 'workday' })
    expect(reply.status).to.equal(202)
    expect(reply.body).to.include({
      source: 'workday',
      sync_type: 'incremental',
      include_groups: true,
      status: 'queued',
    })
    expect(reply.body['estimated_duration_ms']).to.equal(null)
    const full = await hr.post('/sync', { source: 'bamboohr', sync_type: 'full', include_groups: false })
    expect(full.body).to.include({ source: 'bamboohr', sync_type: 'full', include_groups: false })
  })

  it('of a source is not begun twice', async () => {
    const first = await hr.post('/sync', { source: 'workday' })
    const second = await hr.post('/sync', { source: 'workday', sync_type: 'full' })
    expect([second.status, second.body['sync_id']]).to.deep.equal([202, first.body['sync_id']])
  })

  it('has a status: of the run that is named, of the latest of a source, or of the latest', async () => {
    const workday = (await hr.post('/sync', { source: 'workday' })).body['sync_id']
    clock.advance(5)
    const bamboo = (await hr.post('/sync', { source: 'bamboohr' })).body['sync_id']
    const read = async (query: Record<string, string>): Promise<unknown> =>
      (await hr.get('/sync/status', query)).body['sync_id']
    expect(await read({})).to.equal(bamboo)
    expect(await read({ source: 'workday' })).to.equal(workday)
    expect(await read({ sync_id: String(workday) })).to.equal(workday)
    expect(await read({ sync_id: String(workday), source: 'workday' })).to.equal(workday)
    const wrong = await hr.get('/sync/status', { sync_id: String(workday), source: 'bamboohr' })
    expect([wrong.status, wrong.body['error'].param]).to.deep.equal([404, 'source'])
    const stranger = new HrClient(await (await createTenant()).addApplication(['hr', 'write']))
    expect((await stranger.get('/sync/status', { sync_id: String(workday) })).status).to.equal(404)
    expect((await stranger.get('/sync/status')).status).to.equal(404)
    expect((await stranger.post('/sync', { source: 'workday' })).status).to.equal(404)
  })

  it('tells what could not be done', async () => {
    const { sync_id: id } = (await hr.post('/sync', { source: 'workday' })).body
    const errors = [{ code: 'invalid_value', message: 'userName is taken.', recordId: 'w-1' }]
    const at = clock.now()
    const times = { started_at: at, completed_at: at }
    const change = { status: 'failed', ...times, errors: JSON.stringify(errors) } as const
    await testDatabase().updateTable('sync_runs').set(change).where('id', '=', id).execute()
    const { body } = await hr.get('/sync/status', { sync_id: id })
    expect(body).to.deep.include({
      status: 'failed',
      duration_ms: 0,
      errors: [{ code: 'invalid_value', message: 'userName is taken.', record_id: 'w-1' }],
      next_sync_token: null,
    })
  })
})
