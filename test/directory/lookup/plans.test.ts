// How PostgreSQL finds people for a lookup: by an index and by more than the organization, whatever the planner knows of the
// parameters and of the organization.
import { expect } from 'chai'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { query } from '../../../server/db/query.ts'
import type { Tables } from '../../../server/db/tables.ts'
import { findPeople } from '../../../server/directory/lookup/lookup.ts'
import { createTenant, type Tenant } from '../../support/app.ts'
import { listNodes, planFor, planForAll, type PlanNode, type Statement } from '../../support/plans.ts'
import { testDatabase, testDatabaseUrl } from '../../support/postgres.ts'
import { actorOf, createPeople, loadCompany } from './people.ts'

const narrow: ReadonlySet<string> = new Set([
  'users_words (word_keys)',
  'users_emails (email_keys)',
  'users_user_name (user_name_key)',
  'users_employee_number (org_id, employee_number_key)',
  'name_words_word (org_id, word)',
])

describe('the plans of the lookup', function () {
  this.timeout(60_000)

  const statements: Statement[] = []
  let db: Kysely<Tables>
  let client: pg.Client
  let known: Tenant
  let unknown: Tenant

  before(async () => {
    known = await createTenant()
    await loadCompany(known, 3000)
    await query(testDatabase(), 'analyze')
    unknown = await createTenant()
    const people = Array.from({ length: 1000 }, (_, index) => ({
      userName: `new.person${index}@acme.example`,
      displayName: `Newcomer Person${index % 7}`,
    }))
    await createPeople(unknown, people)
    const log = ({ query: { sql, parameters } }: { query: Statement }): void => {
      statements.push({ sql, parameters })
    }
    const pool = new pg.Pool({ connectionString: testDatabaseUrl(), max: 2 })
    db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }), log })
    client = new pg.Client({ connectionString: testDatabaseUrl() })
    await client.connect()
  })

  after(async () => {
    await db.destroy()
    await client.end()
  })

  const texts: Readonly<Record<string, string>> = {
    'a whole name': 'jasper veenstra',
    'a common name': 'garcia',
    'two letters': 'ma',
    beginnings: 'ann pers',
    'an address': 'jasper.veenstra@ambergate.example',
    'a number': 'E000074',
    'mistyped words': 'jaspre veentsra',
    nonsense: 'qzx wvk',
  }
  for (const [what, text] of Object.entries(texts)) {
    for (const status of ['active', undefined] as const) {
      it(`read few for ${what}${status === undefined ? '' : ' of a status'}`, async () => {
        for (const tenant of [known, unknown]) {
          statements.length = 0
          await findPeople(db, actorOf(tenant), { query: text, limit: 5, status })
          expect(statements).to.not.be.empty
          for (const statement of statements) {
            for (const plan of [await planFor(client, statement), await planForAll(client, statement)]) {
              const accesses = listNodes(plan).flatMap(describeAccess)
              const wide = accesses.filter((access) => !narrow.has(access))
              expect(wide, `${statement.sql}\n${JSON.stringify(statement.parameters)}`).to.deep.equal([])
            }
          }
        }
      })
    }
  }

  it('find similar words by the organization and the trigrams together', async () => {
    const similar = `select w.word from name_words w
      where array[w.org_id] @> array[$1 collate "C"] and w.word % $2 order by similarity(w.word, $2) desc limit $3`
    await client.query('begin')
    // Reading all of so few words may seem as good, and depends on what other tests left.
    await client.query('set local enable_seqscan = off')
    await client.query(
      `insert into name_words select $1, translate(left(md5(n::text), 8), '0123456789', 'ghijklmnop') from generate_series(1, 20000) n`,
      [known.organizationId],
    )
    await client.query('analyze name_words')
    const plan = await planForAll(client, { sql: similar, parameters: [known.organizationId, 'veentsra', 60] })
    await client.query('rollback')
    expect(listNodes(plan).flatMap(describeAccess)).to.deep.equal(['name_words_trigrams (org_id, word)'])
  })
})

/** How a node finds rows: `index (columns)`, or the node itself where it uses none. */
function describeAccess(node: PlanNode): string[] {
  const type = node['Node Type']
  if (type === 'Seq Scan') return [`${type} on ${node['Relation Name']}`]
  const index = node['Index Name']
  if (index === undefined) return []
  const columns = [...(node['Index Cond'] ?? '').matchAll(/\b(org_id|word_keys|word|\w+_keys?)\b/g)].map(
    (match) => match[1],
  )
  return [`${index} (${[...new Set(columns)].join(', ')})`]
}
