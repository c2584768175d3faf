import { expect } from 'chai'
import { performance } from 'node:perf_hooks'
import { loadSample } from '../../server/commands/sample.ts'
import { query } from '../../server/db/query.ts'
import { clock, createTenant } from '../support/app.ts'
import { testDatabase } from '../support/postgres.ts'

const rounds = 40

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

describe('a group of 20 000 members', () => {
  it('takes a member, and lets one go, at the cost of a group of 10', async function () {
    this.timeout(60_000)
    const db = testDatabase()
    const { organizationId, directoryId, scim } = await createTenant()
    const [organization] = await query<{ name: string }>(db, 'select name from organizations where org_id = $1', [
      organizationId,
    ])
    await loadSample(
      db,
      { size: 20_000, organization: organization?.name ?? '', directory: directoryId, seed: 1 },
      clock.now(),
    )
    const ids = (await query<{ id: string }>(db, 'select id from users where org_id = $1', [organizationId])).map(
      ({ id }) => id,
    )
    const small = await scim.createGroup('Small', ids.slice(0, 10))
    const large = await scim.createGroup('Large', ids)
    const joiner = await scim.createUser('joiner')
    await query(db, 'analyze memberships')

    const change = async (groupId: string, op: string): Promise<number> => {
      const started = performance.now()
      const reply = await scim.patch(`/Groups/${groupId}`, [{ op, path: 'members', value: [{ value: joiner['id'] }] }])
      expect(reply.status).to.equal(204)
      return performance.now() - started
    }
    // Turn by turn, so that a noisy machine disturbs both alike.
    const times = { small: [] as number[], large: [] as number[] }
    for (let round = 0; round < rounds; round++) {
      for (const op of ['add', 'remove']) {
        times.small.push(await change(small['id'], op))
        times.large.push(await change(large['id'], op))
      }
    }
    const ratio = median(times.large) / median(times.small)
    expect(ratio, `${median(times.large)} ms against ${median(times.small)} ms`).to.be.below(2)
  })
})
