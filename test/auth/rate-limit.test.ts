import { expect } from 'chai'
import supertest from 'supertest'
import { createApp } from '../../server/app.ts'
import { readConfig } from '../../server/config.ts'
import { createLogger } from '../../server/ops/logger.ts'
import { RateLimiter } from '../../server/auth/rate-limiter.ts'
import { TestClock } from '../support/clock.ts'
import { createTenant } from '../support/app.ts'
import { testDatabase } from '../support/postgres.ts'
import { errorSchema } from '../support/scim-client.ts'

describe('the rate limit', () => {
  it('holds a token back, says for how long, and leaves other tokens alone', async () => {
    const tenant = await createTenant()
    const other = await tenant.addDirectory('HR')
    // Stands still, so that nothing is given back while the test runs.
    const now = new Date()
    let aheadMs = 0
    const config = readConfig({ RATE_LIMIT_PER_SECOND: '1' })
    const app = createApp({
      config,
      db: testDatabase(),
      logger: createLogger('silent'),
      now: () => new Date(now.getTime() + aheadMs),
    })
    const ask = (token: string) =>
      supertest(app.listener)
        .get('/scim/v2/Users?count=0')
        .set({ Authorization: `Bearer ${token}`, Accept: 'application/scim+json' })
    for (let count = 0; count < 10; count++) expect((await ask(tenant.directoryToken)).status).to.equal(200)
    const refused = await ask(tenant.directoryToken)
    expect(refused.status).to.equal(429)
    expect(refused.headers['retry-after']).to.equal('1')
    expect(refused.headers['content-type']).to.contain('application/scim+json')
    expect(JSON.parse(refused.text)).to.deep.include({ schemas: [errorSchema], status: '429' })
    expect((await ask(other.token)).status).to.equal(200)
    aheadMs += 1000
    expect((await ask(tenant.directoryToken)).status).to.equal(200)
    expect((await ask(tenant.directoryToken)).status).to.equal(429)
  })

  it('gives ten seconds’ worth at once, and refills no further', () => {
    const clock = new TestClock()
    const start = clock.now()
    let at = start.getTime()
    const limiter = new RateLimiter(5, () => new Date(at))
    const takeAll = (): number => {
      let taken = 0
      for (; ; taken++) {
        try {
          limiter.take('a')
        } catch {
          return taken
        }
      }
    }
    expect(takeAll()).to.equal(50)
    at += 1000
    expect(takeAll()).to.equal(5)
    at += 3_600_000
    expect(takeAll()).to.equal(50)
    at -= 3_600_000 // a clock that was set back
    expect(takeAll()).to.equal(0)
    at += 1000
    expect(takeAll()).to.equal(5)
  })
})
