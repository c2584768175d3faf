import { expect } from 'chai'
import pg from 'pg'
import { testDatabaseUrl } from '../support/postgres.ts'
import { startReceiver } from '../support/receiver.ts'
import { tellThroughKills } from './kills.ts'
import { ChaosSender } from './sender.ts'

const changes = 2000

describe('telling of changes', function () {
  this.timeout(120_000)
  const name = `chaos_${process.pid}`

  beforeEach(() => run(`create database ${name}`))
  afterEach(() => run(`drop database ${name} with (force)`))

  it('loses no event where sender and receiver are killed, and keeps the order of each resource', async () => {
    const { events, lost, disordered, receptions } = await tellThroughKills(readUrl(name), {
      changes,
      changesOfEach: 2,
    })
    expect(events).to.be.at.least(changes)
    expect(lost).to.deep.equal([])
    expect(disordered).to.deep.equal([])
    expect(receptions).to.be.above(events)
  })

  it('ends within ten seconds of SIGTERM though a receiver does not answer, which is told again at the next start', async () => {
    const receiver = await startReceiver()
    const sender = new ChaosSender(readUrl(name))
    try {
      const first = Promise.withResolvers<void>()
      receiver.answer = () => first.resolve()
      await sender.start()
      await sender.addEndpoint(`${receiver.origin}/`)
      await sender.create('ada')
      await first.promise
      const started = performance.now()
      await sender.stop('SIGTERM')
      expect(performance.now() - started).to.be.below(10_000)
      expect(sender.output)
        .to.match(/"msg":"stopped"/)
        .and.not.match(/"level":50/)
      receiver.answer = (_received, response) => response.end()
      await sender.start()
      expect(await sender.settled()).to.have.lengthOf(1)
      expect(receiver.received).to.have.lengthOf(2)
      const ids = receiver.received.map(({ headers }) => headers['webhook-id'])
      expect(ids[0]).to.be.a('string').that.equals(ids[1])
    } finally {
      await sender.close()
      await receiver.close()
    }
  })
})

function readUrl(name: string): string {
  const url = new URL(testDatabaseUrl())
  url.pathname = `/${name}`
  return url.href
}

async function run(text: string): Promise<void> {
  const client = new pg.Client({ connectionString: testDatabaseUrl() })
  await client.connect()
  await client.query(text)
  await client.end()
}
