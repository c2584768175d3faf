import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import supertest from 'supertest'
import { createSealer } from '../../server/auth/sealer.ts'
import { query } from '../../server/db/query.ts'
import { SigningKeys } from '../../server/events/feeds/signing-keys.ts'
import { AdminClient } from '../support/admin-client.ts'
import { clock, createTenant, getApp } from '../support/app.ts'
import { readKeys } from '../support/feeds.ts'
import { testDatabase } from '../support/postgres.ts'

const day = 86_400_000

function createKeys(encryptionKeys?: string): SigningKeys {
  const sealer = createSealer(testDatabase(), encryptionKeys, clock.now)
  return new SigningKeys({ db: testDatabase(), sealer, now: clock.now })
}

const countInUse = async (): Promise<number> => {
  const rows = await query(testDatabase(), 'select 1 from signing_keys where retired_at is null')
  return rows.length
}
const readKid = async (token: Promise<string>): Promise<unknown> => decodeProtectedHeader(await token).kid

describe('the keys that tokens are signed with', () => {
  it('are published for everyone, without what signs', async () => {
    const { server, origin } = await getApp()
    const reply = await fetch(`${origin}/.well-known/jwks.json`)
    expect(reply.status).to.equal(200)
    expect(reply.headers.get('content-type')).to.equal('application/jwk-set+json; charset=utf-8')
    expect(reply.headers.get('cache-control')).to.equal('public, max-age=300')
    const { keys } = (await reply.json()) as { keys: Record<string, unknown>[] }
    expect(keys).to.not.have.length(0)
    for (const key of keys) {
      expect(key).to.have.all.keys('kty', 'crv', 'x', 'y', 'kid', 'alg', 'use')
      expect(key).to.include({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' })
    }
    expect((await supertest(server).head('/.well-known/jwks.json')).status).to.equal(200)
    const refused = await supertest(server).post('/.well-known/jwks.json')
    expect([refused.status, refused.headers['allow']]).to.deep.equal([405, 'GET, HEAD'])
  })

  it('are sealed in the database', async () => {
    await createKeys().listPublic()
    const rows = await query<{ private_jwk: string }>(testDatabase(), 'select private_jwk from signing_keys')
    for (const { private_jwk } of rows) expect(private_jwk).to.match(/^eyJ[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+$/)
  })

  it('are one, whoever makes it first', async () => {
    await query(testDatabase(), 'update signing_keys set retired_at = $1 where retired_at is null', [clock.now()])
    const kids = await Promise.all(Array.from({ length: 8 }, () => readKid(createKeys().sign({}))))
    expect(new Set(kids).size).to.equal(1)
    expect(await countInUse()).to.equal(1)
    const rotating = Array.from({ length: 8 }, () => createKeys())
    await Promise.all(rotating.map((keys) => keys.rotate()))
    expect(await countInUse()).to.equal(1)
    expect(new Set(await Promise.all(rotating.map((keys) => readKid(keys.sign({}))))).size).to.equal(1)
  })

  it('may be changed by the operator alone; what the old one signed can be verified for 30 days', async () => {
    const tenant = await createTenant()
    const operator = new AdminClient(tenant)
    const keys = createKeys()
    const old = await keys.sign({ a: 1 })
    const admin = new AdminClient(tenant, (await tenant.addApplication(['admin'])).token)
    expect((await admin.send('post', '//signing-keys/rotate')).status).to.equal(403)
    const { status, body } = await operator.send('post', '//signing-keys/rotate')
    expect(status).to.equal(201)
    clock.advance(10_001)
    const fresh = await keys.sign({ a: 2 })
    expect(decodeProtectedHeader(fresh).kid).to.equal(body['id'])
    const published = await readKeys()
    expect(published.keys[0]?.kid).to.equal(body['id'])
    for (const token of [old, fresh]) await jwtVerify(token, createLocalJWKSet(published))
    clock.advance(30 * day)
    expect((await readKeys()).keys.map(({ kid }) => kid)).to.not.include(decodeProtectedHeader(old).kid)
  })

  it('are said to be unreadable where ENCRYPTION_KEYS is not what it was, which another key mends', async () => {
    await createKeys(`lost:${randomBytes(32).toString('base64url')}`).rotate()
    const keys = createKeys()
    const refused = await keys.sign({}).catch((error: unknown) => error)
    expect(refused).to.include({ code: 'secret_unreadable' })
    await keys.rotate()
    await jwtVerify(await keys.sign({}), createLocalJWKSet(await readKeys()))
  })

  it('sign nothing that was changed on its way', async () => {
    const [head, body, signature] = (await createKeys().sign({ aud: 'a' })).split('.')
    const changed = Buffer.from(JSON.stringify({ aud: 'b' })).toString('base64url')
    const keySet = createLocalJWKSet(await readKeys())
    await jwtVerify(`${head}.${body}.${signature}`, keySet)
    const refused = await jwtVerify(`${head}.${changed}.${signature}`, keySet).catch((error: unknown) => error)
    expect(refused).to.include({ code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' })
  })
})
