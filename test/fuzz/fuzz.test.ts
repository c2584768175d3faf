// The short run of `npm run fuzz`, over the application in this process: the same requests each time, unless FUZZ_SEED says
// otherwise.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { createApp } from '../../server/app.ts'
import { readConfig } from '../../server/config.ts'
import { answerClientErrors } from '../../server/ops/client-error.ts'
import { createLogger } from '../../server/ops/logger.ts'
import { testDatabase } from '../support/postgres.ts'
import { fuzz } from './driver.ts'
import { showComplaint } from './show.ts'
import { schemasFolder, World } from './world.ts'

const seed = Number(process.env['FUZZ_SEED'] ?? 7644)
const count = 2000

describe('fuzzing', function () {
  this.timeout(120_000)

  it('gets an answer that keeps to the protocol for every request, and leaves the data whole', async () => {
    const errors: string[] = []
    const config = readConfig({ RATE_LIMIT_PER_SECOND: '1000000', ROLLCALL_SCHEMAS_DIR: schemasFolder })
    const logger = createLogger('error', { write: (line) => errors.push(line) })
    const app = createApp({ config, db: testDatabase(), logger, now: () => new Date() })
    const server = answerClientErrors(createServer({ maxHeaderSize: 65_536 }, app.listener))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/scim/v2`
    const world = await World.create(testDatabase(), baseUrl)
    try {
      const { complaints, statuses } = await fuzz(world, { seed, from: 0, count, checkEvery: count })
      expect(complaints.map((complaint) => showComplaint(seed, complaint)).join('\n')).to.equal('')
      // Most are refused; but requests that nothing comes of would find nothing.
      for (const status of [200, 201, 204]) expect(statuses.get(status) ?? 0, String(status)).to.be.above(count / 100)
      expect(await world.other.isUntouched(), 'the other organization').to.equal(true)
      await app.requestLog.flush()
      expect(errors).to.deep.equal([])
    } finally {
      await world.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  })
})
