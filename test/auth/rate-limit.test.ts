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
    expect(takeAll(limiter)).to.equal(50)
    at += 1000
    expect(takeAll(limiter)).to.equal(5)
    at += 3_600_000
    expect(takeAll(limiter)).to.equal(50)
    at -= 3_600_000 // a clock that was set back
    expect(takeAll(limiter)).to.equal(0)
    at += 1000
    expect(takeAll(limiter)).to.equal(5)
  })

  it('holds over several processes that follow each other, and each of them may give all of it', () => {
    const clock = new TestClock()
    const start = clock.now()
    const [first, second] = [new RateLimiter(5, () => start), new RateLimiter(5, () => start)]
    first.charge('a', 10)
    for (let count = 0; count < 20; count++) first.take('a')
    expect(first.report()).to.deep.equal([['a', 30]])
    expect(first.report()).to.deep.equal([])
    second.follow([['a', 30]])
    expect(takeAll(second)).to.equal(20)
    // What it was told is not its own to report.
    expect(second.report()).to.deep.equal([['a', 20]])
    first.follow([['a', 20]])
    expect([takeAll(first), takeAll(second, 'b')]).to.deep.equal([0, 50])
  })
})

/** How many requests the limiter lets through now. */
function takeAll(limiter: RateLimiter, key = 'a'): number {
  for (let taken = 0; ; taken++) {
    try {
      limiter.take(key)
    } catch {
      return taken
    }
  }
}
