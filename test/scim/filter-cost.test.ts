// What the most expensive filters cost a directory of a thousand people: those that are read, and those that are refused.
import { expect } from 'chai'
import { performance } from 'node:perf_hooks'
import { loadSample } from '../../server/commands/sample.ts'
import { maxLookups } from '../../server/directory/lookups.ts'
import { query } from '../../server/db/query.ts'
import { clock, createTenant } from '../support/app.ts'
import { testDatabase } from '../support/postgres.ts'
import { expectError } from '../support/protocol.ts'
import { enterpriseSchema, type Reply, rollcallSchema, type ScimClient, searchSchema } from '../support/scim-client.ts'

const maxLength = 10_000
/** In idle times one takes about a second; without the bound they took from ten seconds to minutes. */
const limitMs = 6_000

type Endpoint = '/Users' | '/Groups'
type Join = ' and ' | ' or '

const repeat = (term: string, join: Join, times: number): string => Array.from({ length: times }, () => term).join(join)
const fill = (term: string, join: Join): string =>
  repeat(term, join, Math.floor((maxLength + join.length) / (term.length + join.length)))

describe('the cost of filters', function () {
  this.timeout(60_000)
  let scim: ScimClient

  before(async () => {
    const db = testDatabase()
    const tenant = await createTenant()
    scim = tenant.scim
    const named = await query<{ name: string }>(db, 'select name from organizations where org_id = $1', [
      tenant.organizationId,
    ])
    const organization = named[0]?.name ?? ''
    await loadSample(db, { size: 1000, organization, directory: tenant.directoryId, seed: 1 }, clock.now())
  })

  it('is not that of compiling statements, which takes longer than they do', async () => {
    expect(await query(testDatabase(), 'show jit')).to.deep.equal([{ jit: 'off' }])
  })

  const search = (endpoint: Endpoint, filter: string): Promise<Reply> =>
    scim.post(`${endpoint}/.search`, { schemas: [searchSchema], filter, attributes: ['id'], count: 10 })

  async function expectQuick(endpoint: Endpoint, filter: string): Promise<void> {
    const started = performance.now()
    const reply = await search(endpoint, filter)
    const duration = performance.now() - started
    expect(reply.status, reply.text).to.equal(200)
    expect(duration, `${Math.round(duration)} ms`).to.be.lessThan(limitMs)
  }

  const displayName = `${enterpriseSchema}:manager.displayName`

  // Terms that are not met are joined by or, and those that are by and, so that each is looked at for each resource.
  for (const [endpoint, term, join] of [
    ['/Users', 'title co "x"', ' or '],
    ['/Users', 'displayName ne "x"', ' and '],
    ['/Users', 'emails[type eq "x"]', ' or '],
    ['/Users', 'emails.type eq "x"', ' or '],
    ['/Users', 'emails[type ne "x"]', ' and '],
    ['/Users', 'not (emails.type eq "x")', ' and '],
    ['/Users', 'phoneNumbers[not (value co "x")]', ' or '],
    ['/Users', 'emails eq "x@y.z"', ' or '],
    ['/Users', 'externalId eq "x"', ' or '],
    ['/Users', 'groups eq "x"', ' or '],
    ['/Users', 'userName eq "x" or groups eq "x"', ' or '],
    ['/Users', 'not (groups eq "x")', ' and '],
    ['/Groups', 'members eq "x"', ' or '],
    ['/Groups', 'members[value eq "x"]', ' or '],
  ] as const) {
    it(`7644-3.4.2.2-03 stays small for as much of ${term}${join}… as a filter may have`, () =>
      expectQuick(endpoint, fill(term, join)))
  }

  for (const [endpoint, term, join] of [
    ['/Users', 'groups.type eq "x"', ' or '],
    ['/Users', 'not (groups.type eq "x")', ' and '],
    ['/Users', 'groups.type pr', ' and '],
    ['/Users', 'groups.display co "e"', ' and '],
    ['/Users', 'not (groups.display co "x")', ' and '],
    ['/Users', 'groups ne "x"', ' and '],
    ['/Users', 'externalId ne "x"', ' and '],
    ['/Users', `${displayName} ne "x"`, ' and '],
    ['/Users', `${enterpriseSchema}:manager.$ref ne "x"`, ' and '],
    ['/Users', `${rollcallSchema}:source ne "x"`, ' and '],
    ['/Users', `${rollcallSchema}:syncedAt ne "2026-01-01T00:00:00Z"`, ' and '],
    ['/Groups', 'members.display co "x"', ' or '],
    ['/Groups', 'not (members.display co "x")', ' and '],
    ['/Groups', 'members.display co "a"', ' and '],
    ['/Groups', 'members ne "x"', ' and '],
    ['/Groups', 'members.type ne "x"', ' and '],
  ] as const) {
    it(`7644-3.4.2.2-03 stays small for ${maxLookups} times ${term}${join}…, and refuses more`, async () => {
      const filter = repeat(term, join, maxLookups)
      await expectQuick(endpoint, filter)
      const refused = await search(endpoint, `${filter}${join}${term}`)
      expectError(refused, 400, 'invalidFilter')
      expect(refused.body['detail']).to.match(new RegExp(`${maxLookups + 1} times; at most ${maxLookups} are taken`))
      expectError(await search(endpoint, fill(term, join)), 400, 'invalidFilter')
    })
  }

  it('7644-3.4.2.2-03 counts what is inside brackets, and across types', async () => {
    const groups = `groups[${repeat('display co "x"', ' or ', maxLookups + 1)}]`
    const members = `members[value eq "x" and (${repeat('type eq "x"', ' or ', maxLookups + 1)})]`
    expectError(await search('/Users', groups), 400, 'invalidFilter')
    expectError(await search('/Groups', members), 400, 'invalidFilter')
    expectError(await scim.post('/.search', { schemas: [searchSchema], filter: groups }), 400, 'invalidFilter')
    const group = await scim.createGroup('Small')
    const refused = await scim.patch(`/Groups/${group['id']}`, [{ op: 'remove', path: members }])
    expectError(refused, 400, 'invalidFilter')
  })

  for (const [endpoint, attribute] of [
    ['/Users', 'title'],
    ['/Users', 'emails'],
    ['/Users', 'userName'],
    ['/Users', 'groups.display'],
    ['/Groups', 'members.display'],
  ] as const) {
    it(`7644-3.4.2.2-03 stays small for a long text in ${attribute} co`, () =>
      expectQuick(endpoint, `${attribute} co "${'ab'.repeat(4900)}"`))
  }
})
