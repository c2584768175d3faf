// What events say against what was read at the time: random changes of people whom several directories know. HISTORY_SEED runs others.
import { expect } from 'chai'
import fc from 'fast-check'
import { applyDifferences } from '../../server/directory/authority.ts'
import { AdminClient } from '../support/admin-client.ts'
import { createTenant } from '../support/app.ts'
import { numberAll, readLog } from '../support/event-log.ts'
import { type Body, enterpriseSchema, type ScimClient, userSchema } from '../support/scim-client.ts'

const seed = Number(process.env['HISTORY_SEED'] ?? 20_260_131)
const department = `${enterpriseSchema}:department`

interface Step {
  readonly by: number
  readonly what: 'put' | 'patch' | 'delete' | 'create' | 'number'
  readonly path: string
  readonly value: string | undefined
}

const step: fc.Arbitrary<Step> = fc.record({
  by: fc.nat(1),
  what: fc.constantFrom('put', 'patch', 'patch', 'patch', 'delete', 'create', 'number'),
  path: fc.constantFrom('title', 'externalId', 'nickName', department),
  value: fc.constantFrom('a', 'b', 'c', undefined),
})

describe('the resources of events', () => {
  it('are at each version what was read then, and their changes lead back to the version before', async () => {
    const runs = fc.sample(fc.array(step, { minLength: 12, maxLength: 30 }), { numRuns: 12, seed })
    let compared = 0
    for (const steps of runs) compared += await compareRun(steps)
    expect(compared).to.be.greaterThan(100)
  }).timeout(60_000)

  async function compareRun(steps: readonly Step[]): Promise<number> {
    const tenant = await createTenant()
    const admin = new AdminClient(tenant)
    const { directoryId, scim: hr } = await tenant.addDirectory('HR')
    await Promise.all(
      [directoryId, tenant.directoryId].map((id) => admin.patch(`/directories/${id}`, { restoreUsers: true })),
    )
    const application = await tenant.addApplication(['read'])
    const read = new Map<string, Body>()
    for (const one of [{ by: 0, what: 'create' } as Step, ...steps]) {
      if (one.what === 'number') await numberAll(tenant)
      else await act([tenant.scim, hr][one.by] ?? hr, one)
      for (const user of (await application.get('/Users')).body['Resources'] as Body[]) {
        read.set(`${user['id']} ${user['meta'].version}`, user)
      }
    }
    const events = (await readLog(tenant)).filter(({ resourceType }) => resourceType === 'User')
    const explain = JSON.stringify({ seed, steps })
    let before: Body | undefined
    for (const { type, data } of events) {
      const resource = data.resource as Body
      const known = read.get(`${resource['id']} ${resource['meta'].version}`)
      if (type !== 'user.deleted' && known !== undefined) expect(resource, explain).to.deep.equal(withoutPlaces(known))
      if (type === 'user.updated' && before !== undefined) {
        const undone = new Map(
          Object.entries(data.changes ?? {}).map(([name, side]) => [name, { before: side.after, after: side.before }]),
        )
        const { meta: _, ...back } = applyDifferences(resource, undone)
        const { meta: __, ...was } = before
        expect(back, explain).to.deep.equal(was)
      }
      before = resource
    }
    return events.length
  }

  function withoutPlaces(user: Body): Body {
    const { location: _, ...meta } = user['meta'] as Body
    return { ...user, meta }
  }

  async function act(scim: ScimClient, { what, path, value }: Step): Promise<void> {
    const { Resources } = (await scim.get('/Users')).body
    const id = (Resources as Body[])[0]?.['id'] as string | undefined
    const body = { schemas: [userSchema], userName: 'ana', externalId: `${value}-1`, title: value ?? 'none' }
    if (what === 'create' || id === undefined) await scim.post('/Users', body)
    else if (what === 'delete') await scim.delete(`/Users/${id}`)
    else if (what === 'put') await scim.put(`/Users/${id}`, body)
    else {
      const operation = value === undefined ? { op: 'remove', path } : { op: 'replace', path, value }
      await scim.patch(`/Users/${id}`, [operation])
    }
  }
})
