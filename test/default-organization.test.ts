// What the first start makes, and what becomes of ROLLCALL_SCIM_TOKEN from start to start.
import { expect } from 'chai'
import supertest from 'supertest'
import { createToken } from '../server/auth/tokens.ts'
import { connect } from '../server/db/connect.ts'
import { query } from '../server/db/query.ts'
import { type Defaults, ensureDefaults } from '../server/default-organization.ts'
import { AppError } from '../server/errors.ts'
import { clock, createTenant, getApp } from './support/app.ts'
import { testDatabase, testDatabaseUrl } from './support/postgres.ts'

let given = 0
const chooseToken = (): string => `operator-token-${process.pid}-${Date.now()}-${given++}`

describe('the default organization', () => {
  // There is one of this name, so each test begins without it.
  beforeEach(() => query(testDatabase(), `delete from organizations where name = 'default'`))
  after(() => query(testDatabase(), `delete from organizations where name = 'default'`))

  const start = (token?: string): Promise<Defaults> =>
    ensureDefaults(testDatabase(), token === undefined ? {} : { ROLLCALL_SCIM_TOKEN: token }, clock.now())

  async function refuse(work: Promise<unknown>): Promise<AppError> {
    const error = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    if (!(error instanceof AppError)) throw new Error(`this was not refused: ${String(error)}`)
    return error
  }

  async function ask(token: string): Promise<number> {
    clock.advance(1001)
    const { server } = await getApp()
    return (await supertest(server).get('/scim/v2/Users?count=1').set('Authorization', `Bearer ${token}`)).status
  }

  const another = (
    { organizationId, directoryId }: Defaults,
    secret?: string,
  ): Promise<{ id: string; secret: string }> =>
    createToken(
      testDatabase(),
      {
        organizationId,
        directoryId,
        name: 'Another',
        scopes: ['read', 'write'],
        expiresAt: null,
        ...(secret === undefined ? {} : { secret }),
      },
      clock.now(),
    )

  const revoke = (id: string): Promise<unknown[]> =>
    query(testDatabase(), 'update tokens set revoked_at = $2::timestamptz where id = $1', [id, clock.now()])

  async function count(): Promise<unknown> {
    const [row] = await query(
      testDatabase(),
      `select count(*) as organizations,
         (select count(*) from directories d where d.org_id in (select org_id from organizations where name = 'default')) as directories,
         (select count(*) from tokens t where t.org_id in (select org_id from organizations where name = 'default')) as tokens
       from organizations where name = 'default'`,
    )
    return row
  }

  it('is made once, with a manual and a push directory, and a token that is told once', async () => {
    const first = await start()
    expect(first.newSecret).to.match(/^rc_/)
    expect(await ask(first.newSecret ?? '')).to.equal(200)
    const second = await start()
    expect(second).to.deep.equal({ ...first, newSecret: undefined })
    expect(await count()).to.deep.equal({ organizations: 1, directories: 2, tokens: 1 })
  })

  it('is made once by servers that start at the same time', async () => {
    const pools = Array.from({ length: 4 }, () => connect({ url: testDatabaseUrl(), poolSize: 2 }))
    const made = await Promise.all(pools.map((db) => ensureDefaults(db, {}, clock.now())))
    await Promise.all(pools.map((db) => db.destroy()))
    expect(made.filter(({ newSecret }) => newSecret !== undefined)).to.have.length(1)
    expect(new Set(made.map(({ directoryId }) => directoryId)).size).to.equal(1)
    expect(await count()).to.deep.equal({ organizations: 1, directories: 2, tokens: 1 })
  })

  it('is not given another token where the first was revoked', async () => {
    const { organizationId } = await start()
    await query(testDatabase(), 'update tokens set revoked_at = $2 where org_id = $1', [organizationId, clock.now()])
    expect((await start()).newSecret).to.equal(undefined)
  })

  it('keeps its directory when that is renamed', async () => {
    const { directoryId } = await start(chooseToken())
    await query(testDatabase(), `update directories set name = 'Okta' where id = $1`, [directoryId])
    expect((await start(chooseToken())).directoryId).to.equal(directoryId)
    expect(await count()).to.include({ directories: 2 })
  })

  describe('with ROLLCALL_SCIM_TOKEN', () => {
    it('takes that token, at every start the same', async () => {
      const token = chooseToken()
      expect((await start(token)).newSecret).to.equal(undefined)
      await start(token)
      expect(await ask(token)).to.equal(200)
      expect(await count()).to.include({ tokens: 1 })
    })

    it('takes the new one when it is changed, and ends the old', async () => {
      const [first, second] = [chooseToken(), chooseToken()]
      await start(first)
      expect(await ask(first)).to.equal(200)
      await start(second)
      expect([await ask(first), await ask(second)]).to.deep.equal([401, 200])
    })

    it('keeps the token when the variable is taken away, for it may have been given for the first start only', async () => {
      const token = chooseToken()
      await start(token)
      expect((await start()).newSecret).to.equal(undefined)
      expect(await ask(token)).to.equal(200)
    })

    it('brings a token back that is given again', async () => {
      const [first, second] = [chooseToken(), chooseToken()]
      await start(first)
      await start(second)
      await start(first)
      expect([await ask(first), await ask(second)]).to.deep.equal([200, 401])
      await start()
      await start(first)
      expect(await ask(first)).to.equal(200)
    })

    it('takes the token that the first start told, when the operator writes that one down', async () => {
      const { newSecret = '' } = await start()
      await start(newSecret)
      expect(await ask(newSecret)).to.equal(200)
      const next = chooseToken()
      await start(next)
      expect([await ask(newSecret), await ask(next)]).to.deep.equal([401, 200])
    })

    it('leaves the other token of the directory alone', async () => {
      const defaults = await start(chooseToken())
      const { secret } = await another(defaults)
      const changed = chooseToken()
      await start(changed)
      expect([await ask(secret), await ask(changed)]).to.deep.equal([200, 200])
    })

    it('is refused beside two live tokens, saying which; neither is cut off', async () => {
      const defaults = await start()
      const { id, secret } = await another(defaults)
      const token = chooseToken()
      const error = await refuse(start(token))
      expect(error.code).to.equal('config_invalid')
      expect(error.message).to.contain('ROLLCALL_SCIM_TOKEN').and.to.contain(id).and.to.contain('tokens revoke')
      expect(error.message).not.to.contain(token)
      expect([await ask(secret), await ask(defaults.newSecret ?? '')]).to.deep.equal([200, 200])
      await revoke(id)
      await start(token)
      expect(await ask(token)).to.equal(200)
    })

    it('takes the place of a token that has expired', async () => {
      const defaults = await start()
      const { id } = await another(defaults)
      await query(testDatabase(), 'update tokens set expires_at = $2 where id = $1', [
        id,
        new Date(clock.now().getTime() - 1),
      ])
      const token = chooseToken()
      await start(token)
      expect(await ask(token)).to.equal(200)
    })

    it('is brought back to life where it had expired', async () => {
      const defaults = await start()
      const token = chooseToken()
      const { id } = await another(defaults, token)
      await query(testDatabase(), 'update tokens set expires_at = $2 where id = $1', [
        id,
        new Date(clock.now().getTime() - 1),
      ])
      await start(token)
      expect(await ask(token)).to.equal(200)
    })

    it('is refused where it is the token of another directory or organization', async () => {
      const { directoryToken } = await createTenant()
      const error = await refuse(start(directoryToken))
      expect(error.code).to.equal('config_invalid')
      expect(error.message).to.contain('ROLLCALL_SCIM_TOKEN').and.not.to.contain(directoryToken)
    })
  })
})
