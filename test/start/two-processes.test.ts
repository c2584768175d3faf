import { expect } from 'chai'
import { query } from '../../server/db/query.ts'
import { testDatabase, testDatabaseUrl } from '../support/postgres.ts'
import { RollcallProcess } from '../support/process.ts'
import { userSchema } from '../support/scim-client.ts'

const token = 'token-given-by-the-operator'

async function send(method: string, url: string, body?: unknown): Promise<Response> {
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/scim+json' }
  return fetch(url, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
}

describe('two Rollcalls on one database', function () {
  this.timeout(60_000)

  it('start at once on an empty database, and serve the same directory', async () => {
    const url = new URL(testDatabaseUrl())
    url.pathname = '/two_processes'
    await query(testDatabase(), 'create database two_processes')
    const environment = { DATABASE_URL: url.href, ROLLCALL_SCIM_TOKEN: token, PORT: '0' }
    const processes = [new RollcallProcess(['serve'], environment), new RollcallProcess(['serve'], environment)]
    try {
      const bases = await Promise.all(processes.map((one) => one.baseUrl()))
      const creations = Array.from({ length: 50 }, (_, index) =>
        send('POST', `${bases[index % 2]}/Users`, { schemas: [userSchema], userName: 'only-once' }),
      )
      const statuses = (await Promise.all(creations)).map((reply) => reply.status)
      expect(statuses.filter((status) => status === 201)).to.have.length(1)
      expect(statuses.filter((status) => status === 409)).to.have.length(49)
      for (const base of bases) {
        const list = (await (await send('GET', `${base}/Users`)).json()) as { totalResults: number }
        expect(list.totalResults).to.equal(1)
      }
    } finally {
      const exits = await Promise.all(processes.map((one) => one.stop()))
      await query(testDatabase(), 'drop database two_processes')
      expect(exits.map(({ code }) => code)).to.deep.equal([0, 0])
    }
  })
})
