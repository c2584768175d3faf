// Bearer tokens: what is kept of them, how long they live, and what they may do.
import { expect } from 'chai'
import supertest from 'supertest'
import { createToken, type NewToken } from '../../server/auth/tokens.ts'
import type { Scope } from '../../server/db/tables.ts'
import { query } from '../../server/db/query.ts'
import { AppError } from '../../server/errors.ts'
import { clock, createTenant, getApp, type Tenant } from '../support/app.ts'
import { testDatabase } from '../support/postgres.ts'
import { errorSchema, type Reply, ScimClient, userSchema } from '../support/scim-client.ts'

const day = 86_400_000

describe('bearer tokens', () => {
  let tenant: Tenant
  beforeEach(async () => {
    tenant = await createTenant()
  })

  function create(token: Partial<NewToken> = {}): Promise<{ id: string; secret: string }> {
    const { organizationId, directoryId } = tenant
    const whole = { organizationId, directoryId, name: 'Another', scopes: ['read'] as const, expiresAt: null, ...token }
    return createToken(testDatabase(), whole, clock.now())
  }

  async function send(authorization: string | undefined, path = '/Users'): Promise<Reply> {
    const { server, origin } = await getApp()
    const agent = supertest(server)
    if (authorization !== undefined)
      return new ScimClient(agent, origin, '').get(path, { Authorization: authorization })
    const response = await agent.get(`/scim/v2${path}`)
    return {
      status: response.status,
      headers: response.headers,
      body: response.body,
      text: response.text,
    }
  }

  const sendToken = (secret: string): Promise<Reply> => send(`Bearer ${secret}`)

  async function refuse(work: Promise<unknown>): Promise<AppError> {
    const error = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    if (!(error instanceof AppError)) throw new Error(`this was not refused: ${String(error)}`)
    return error
  }

  it('7644-7-02 9700-2-4-04 have 256 bits of chance, and only their hash is in the database', async () => {
    const { secret } = await create()
    expect(secret).to.match(/^rc_[\w-]{43}$/)
    const [row] = await query<{ text: string }>(
      testDatabase(),
      `select string_agg(t::text, ' ') as text from tokens t where org_id = $1`,
      [tenant.organizationId],
    )
    expect(row?.text).not.to.contain(secret.slice(3, 20))
    const rows = await query<{ hash: Buffer; hint: string }>(
      testDatabase(),
      'select hash, hint from tokens where org_id = $1',
      [tenant.organizationId],
    )
    for (const { hash, hint } of rows) expect([hash.length, hint.length]).to.deep.equal([32, 4])
  })

  it('are two for a directory, and no third', async () => {
    const second = await create()
    expect((await sendToken(second.secret)).status).to.equal(200)
    const error = await refuse(create())
    expect(error.code).to.equal('uniqueness')
    expect(error.message).to.contain('two live tokens')
    await query(testDatabase(), 'update tokens set revoked_at = $2 where id = $1', [second.id, clock.now()])
    expect((await sendToken((await create()).secret)).status).to.equal(200)
  })

  it('are two for a directory, also when they are asked for at once', async () => {
    const other = await tenant.addDirectory('HR')
    await query(testDatabase(), 'delete from tokens where directory_id = $1', [other.directoryId])
    const outcomes = await Promise.allSettled(
      Array.from({ length: 6 }, () => create({ directoryId: other.directoryId })),
    )
    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).to.have.length(2)
  })

  it('are as many as wanted for applications', async () => {
    const made = await Promise.all(Array.from({ length: 4 }, () => create({ directoryId: null })))
    for (const { secret } of made) expect((await sendToken(secret)).status).to.equal(200)
  })

  it('are refused for a directory that is not there, naming it', async () => {
    const error = await refuse(create({ directoryId: 'dir_0' }))
    expect(error.code).to.equal('invalid_value')
    expect(error.message).to.contain('dir_0')
  })

  it('7644-2-04 7644-7-02 end when they expire, and give up their place', async () => {
    const { secret } = await create({ expiresAt: new Date(clock.now().getTime() + day) })
    expect((await sendToken(secret)).status).to.equal(200)
    await refuse(create())
    clock.advance(day)
    expect((await sendToken(secret)).status).to.equal(401)
    await create()
  })

  it('end within a second of being revoked', async () => {
    const { id, secret } = await create()
    expect((await sendToken(secret)).status).to.equal(200)
    await query(testDatabase(), 'update tokens set revoked_at = $2 where id = $1', [id, clock.now()])
    clock.advance(1000)
    const refused = await sendToken(secret)
    expect(refused.status).to.equal(401)
    expect(refused.headers['www-authenticate']).to.equal('Bearer realm="rollcall", error="invalid_token"')
    expect(refused.body).to.deep.include({ schemas: [errorSchema], status: '401' })
  })

  it('tell when they were last used', async () => {
    const { id, secret } = await create()
    const readLastUsed = async (): Promise<Date | null> => {
      const { app } = await getApp()
      await app.lastUsed.flush()
      const [row] = await query<{ last_used_at: Date | null }>(
        testDatabase(),
        'select last_used_at from tokens where id = $1',
        [id],
      )
      return row?.last_used_at ?? null
    }
    expect(await readLastUsed()).to.equal(null)
    const before = clock.now()
    await sendToken(secret)
    const first = await readLastUsed()
    expect(first).to.be.within(before, clock.now())
    expect(await readLastUsed()).to.deep.equal(first)
    clock.advance(5000)
    await sendToken(secret)
    expect((await readLastUsed())?.getTime()).to.be.at.least((first?.getTime() ?? 0) + 5000)
  })

  it('may be given by the operator, and look like a JWT', async () => {
    const { secret } = await create({ secret: 'eyJhbGciOi.some-made-up-token.value' })
    expect((await sendToken(secret)).status).to.equal(200)
  })

  describe('scopes', () => {
    async function write(scopes: readonly Scope[], directoryId: string | null): Promise<Reply> {
      const { server, origin } = await getApp()
      const { secret } = await create({ scopes, directoryId })
      const client = new ScimClient(supertest(server), origin, secret)
      return client.post('/Users', { schemas: [userSchema], userName: 'ana' })
    }

    for (const kind of ['directory', 'application'] as const) {
      it(`let the read token of a ${kind} read and not write`, async () => {
        const directoryId = kind === 'directory' ? tenant.directoryId : null
        const { id } = await tenant.scim.createUser('bob')
        const { secret } = await create({ directoryId })
        const { server, origin } = await getApp()
        const client = new ScimClient(supertest(server), origin, secret)
        expect((await client.get(`/Users/${id}`)).status).to.equal(200)
        const refusals = await Promise.all([
          client.post('/Users', { schemas: [userSchema], userName: 'ana' }),
          client.put(`/Users/${id}`, { schemas: [userSchema], userName: 'bob', title: 'x' }),
          client.patch(`/Users/${id}`, [{ op: 'replace', path: 'title', value: 'x' }]),
          client.delete(`/Users/${id}`),
          client.post('/Groups', {}),
          client.delete('/Groups/grp_0'),
        ])
        for (const reply of refusals) {
          expect(reply.status).to.equal(403)
          expect(reply.headers['www-authenticate']).to.equal(
            'Bearer realm="rollcall", error="insufficient_scope", scope="write"',
          )
          expect(reply.body['schemas']).to.deep.equal([errorSchema])
        }
        expect((await client.send('post', '/Users/.search', { schemas: [], count: 1 })).status).to.be.below(401)
        expect((await client.get('/Users')).body['totalResults']).to.equal(1)
      })
    }

    it('are separate: who may write may not read for that', async () => {
      const { secret } = await create({ scopes: ['write'] })
      const refused = await sendToken(secret)
      expect(refused.status).to.equal(403)
      expect(refused.headers['www-authenticate']).to.contain('scope="read"')
    })

    it('let an application write, for the manual directory', async () => {
      const created = await write(['read', 'write'], null)
      expect(created.status).to.equal(201)
      const [row] = await query<{ kind: string }>(
        testDatabase(),
        'select d.kind from users u join directories d on d.org_id = u.org_id and d.id = u.directory_id where u.id = $1',
        [created.body['id']],
      )
      expect(row?.kind).to.equal('manual')
    })
  })

  describe('a malformed Authorization', () => {
    for (const authorization of [
      'Bearer',
      'Bearer ',
      'Basic YTpi',
      'Token x',
      'Bearer a b',
      'Bearer "quoted"',
      'x',
      'Bearer é',
      'Bearer a,b',
      'Bearer ey..',
      'Bearer ey.a.b',
    ]) {
      it(`is 401: ${JSON.stringify(authorization)}`, async () => {
        const reply = await send(Buffer.from(authorization).toString('latin1'))
        expect(reply.status).to.equal(401)
        expect(reply.headers['www-authenticate']).to.contain('Bearer realm="rollcall"')
        expect(reply.body['schemas']).to.deep.equal([errorSchema])
      })
    }

    it('is 401 without an error code where there is none at all', async () => {
      const reply = await send(undefined)
      expect(reply.status).to.equal(401)
      expect(reply.headers['www-authenticate']).to.equal('Bearer realm="rollcall"')
    })

    it('6750-2-01 is none where the scheme is in another case', async () => {
      expect((await send(`bEARER   ${tenant.directoryToken}`)).status).to.equal(200)
    })
  })
})
