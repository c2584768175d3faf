// How a database of the version before comes to know the words of its people, and what is said where it may not.
import { expect } from 'chai'
import type { Database } from '../../../server/db/connect.ts'
import { migrate } from '../../../server/db/migrate.ts'
import { query } from '../../../server/db/query.ts'
import { findPeople } from '../../../server/directory/lookup/lookup.ts'
import { AppError } from '../../../server/errors.ts'
import { createOldDatabase, insertOldOrganization, migrateUntil, type OldDatabase } from '../../support/old-database.ts'

const people = 2500

describe('the migration that brings the lookup', function () {
  this.timeout(60_000)

  let db: Database
  let old: OldDatabase
  beforeEach(async () => {
    old = await createOldDatabase('lookup')
    db = old.db
  })
  afterEach(() => old.remove())

  it('reads the words of all who were there before', async () => {
    await migrateUntil(db, '0011-name-words')
    const at = new Date()
    const { organizationId, directoryId } = await insertOldOrganization(db, at)
    await query(
      db,
      `insert into users (org_id, id, directory_id, user_name_key, email_keys, resource, created_at, modified_at)
       select $1, 'emp_' || lpad(n::text, 6, '0'), $2, 'user-' || n, '{}',
         jsonb_build_object('userName', 'user-' || n, 'displayName', case n when 1700 then 'Zoë Quarré' else 'Anna Nobody' end), now(), now()
       from generate_series(1, $3::int) n`,
      [organizationId, directoryId, people],
    )

    await migrate(db)

    const actor = { organizationId, directoryId, view: 'organization', restoresUsers: false } as const
    const look = async (text: string): Promise<string[]> => {
      const request = { query: text, limit: 5, status: undefined }
      const found = await findPeople(db, { ...actor, tokenId: null, requestId: null, at }, request)
      return found.map(({ id }) => id)
    }
    for (const text of ['quarre', 'Zoe Qu', 'qaurre zoe', 'user-1700']) {
      expect(await look(text), text).to.deep.equal(['emp_001700'])
    }
    expect(await look('nobody')).to.have.length(5)
  })

  describe('where the user may not create extensions', () => {
    const user = `limited_${process.pid}`
    beforeEach(async () => {
      await query(db, `create role ${user} login password 'secret'`)
      await query(db, `grant create, usage on schema public to ${user}`)
    })

    afterEach(async () => {
      await query(db, `drop owned by ${user} cascade`)
      await query(db, `drop role ${user}`)
    })

    it('says what is to be done, and goes on when it is done', async () => {
      const limited = old.open(user)
      try {
        const error = await migrate(limited).then(
          () => undefined,
          (thrown: unknown) => thrown,
        )
        expect(error).to.be.instanceOf(AppError).with.property('code', 'config_invalid')
        expect(error).to.have.property('message').that.includes('create extension pg_trgm')
        await query(db, 'create extension pg_trgm')
        expect(await migrate(limited)).to.include('0011-name-words')
        const similar = `select * from find_similar_words('org', 'word', 0.2, 5)`
        expect(await query(limited, similar)).to.deep.equal([])
      } finally {
        await limited.destroy()
      }
    })
  })
})
