import { expect } from 'chai'
import supertest from 'supertest'
import { createApp } from '../../server/app.ts'
import { readConfig } from '../../server/config.ts'
import { connect } from '../../server/db/connect.ts'
import { createLogger } from '../../server/ops/logger.ts'
import { getApp } from '../support/app.ts'
import { testDatabase } from '../support/postgres.ts'

const parts = { config: readConfig({}), logger: createLogger('silent'), now: () => new Date() }

describe('health', () => {
  it('is live and ready while everything is there', async () => {
    const { server } = await getApp()
    expect((await supertest(server).get('/livez')).status).to.equal(200)
    expect((await supertest(server).get('/readyz')).status).to.equal(200)
  })

  it('is live but not ready without its database, and says why', async () => {
    const db = connect({ url: 'postgres://nobody@127.0.0.1:1/none', poolSize: 1 })
    const { listener } = createApp({ ...parts, db })
    expect((await supertest(listener).get('/livez')).status).to.equal(200)
    const ready = await supertest(listener).get('/readyz')
    expect([ready.status, ready.text]).to.deep.equal([503, 'the database cannot be reached\n'])
    await db.destroy()
  })

  it('is not ready once it is told to stop', async () => {
    const app = createApp({ ...parts, db: testDatabase() })
    app.drain()
    const ready = await supertest(app.listener).get('/readyz')
    expect([ready.status, ready.text]).to.deep.equal([503, 'shutting down\n'])
  })
})
