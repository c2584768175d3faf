// `rollcall keys rotate`: every secret is sealed anew with the first key, whatever it is of.
import { expect } from 'chai'
import { randomBytes } from 'node:crypto'
import { decodeProtectedHeader } from 'jose'
import { verifySecrets } from '../../server/auth/sealed-secrets.ts'
import { createSealer } from '../../server/auth/sealer.ts'
import { rotateKeys } from '../../server/commands/keys.ts'
import { query } from '../../server/db/query.ts'
import { AppError } from '../../server/errors.ts'
import { SigningKeys } from '../../server/events/feeds/signing-keys.ts'
import { openConnection } from '../../server/sync/setup/connection.ts'
import { readPullDirectory } from '../../server/directory/pull-directories.ts'
import { AdminClient } from '../support/admin-client.ts'
import { clock, createTenant, type Tenant } from '../support/app.ts'
import { testDatabase } from '../support/postgres.ts'
import { forgetUnreadable } from '../support/sealed.ts'
import { createAccount } from '../support/sources.ts'

const newKey = (name: string): string => `${name}:${randomBytes(32).toString('base64url')}`

describe('rollcall keys rotate', () => {
  let tenant: Tenant
  let directoryId: string
  let endpointId: string
  const lines: string[] = []
  before(forgetUnreadable)
  beforeEach(async () => {
    lines.length = 0
    tenant = await createTenant()
    const admin = new AdminClient(tenant)
    const connection = { account: createAccount().account, token: 'a-long-secret' }
    const directory = await admin.post('/directories', { kind: 'pull', name: 'HR', provider: 'scripted', connection })
    directoryId = String(directory.body['id'])
    const endpoint = { name: 'App', url: 'https://app.example/hook', types: ['*'] }
    endpointId = String((await admin.post('/webhook-endpoints', endpoint)).body['id'])
  })

  const rotate = (keys: string | undefined): Promise<void> =>
    rotateKeys(testDatabase(), keys === undefined ? {} : { ENCRYPTION_KEYS: keys }, (line) => lines.push(line))
  // What is sealed with keys that only this test has must not stay.
  const restore = async (keys: string): Promise<void> => {
    const seal = createSealer(testDatabase(), undefined, clock.now)
    const read = createSealer(testDatabase(), keys, clock.now)
    for (const [table, column] of [
      ['directories', 'secrets'],
      ['subscriptions', 'secrets'],
      ['signing_keys', 'private_jwk'],
    ]) {
      const rows = await query<{ id: string; sealed: string }>(
        testDatabase(),
        `select id, ${column} as sealed from ${table} where ${column} is not null`,
      )
      for (const { id, sealed } of rows) {
        const { sub } = decodeProtectedHeader(sealed) as { sub: string }
        const text = `update ${table} set ${column} = $2 where id = $1`
        await query(testDatabase(), text, [id, await seal.seal(sub, await read.open(sub, sealed))])
      }
    }
  }

  async function readKids(): Promise<Set<unknown>> {
    const rows = await query<{ sealed: string }>(
      testDatabase(),
      `select secrets as sealed from directories where id = $1 union all select secrets from subscriptions where id = $2
       union all select private_jwk from signing_keys`,
      [directoryId, endpointId],
    )
    return new Set(rows.map(({ sealed }) => decodeProtectedHeader(sealed).kid))
  }

  it('says how many there are, and needs to be done once', async () => {
    const db = testDatabase()
    await new SigningKeys({ db, sealer: createSealer(db, undefined, clock.now), now: clock.now }).listPublic()
    const [old, fresh] = [newKey('old'), newKey('fresh')]
    await rotate(old)
    expect(await readKids()).to.deep.equal(new Set(['old']))
    lines.length = 0
    await rotate(`${fresh},${old}`)
    expect(lines).to.have.length(3)
    for (const line of lines) expect(line).to.match(/^[\w ,]+: (\d+) of \1 sealed anew$/)
    expect(await readKids()).to.deep.equal(new Set(['fresh']))
    lines.length = 0
    // The old key is needed no more.
    await rotate(fresh)
    for (const line of lines) expect(line).to.match(/: 0 of \d+ sealed anew$/)
    const directory = await readPullDirectory(db, tenant.organizationId, directoryId)
    expect(await openConnection(createSealer(db, fresh, clock.now), directory)).to.include({ token: 'a-long-secret' })
    expect(await new SigningKeys({ db, sealer: createSealer(db, fresh, clock.now), now: clock.now }).sign({})).to.be.a(
      'string',
    )
    await restore(fresh)
  })

  it('does what it can where a key is missing, and names what cannot be opened', async () => {
    const [old, fresh] = [newKey('old'), newKey('fresh')]
    const sealed = await createSealer(testDatabase(), old, clock.now).seal(`directory:${directoryId}`, '{"token":"x"}')
    await query(testDatabase(), 'update directories set secrets = $2 where id = $1', [directoryId, sealed])
    const error: unknown = await rotate(fresh).catch((thrown: unknown) => thrown)
    expect(error).to.be.instanceOf(AppError).with.property('code', 'secret_unreadable')
    expect((error as AppError).message).to.equal(
      `1 secrets of directories cannot be opened, such as that of ${directoryId}: A secret was sealed with the key old, which is not in ENCRYPTION_KEYS.`,
    )
    const counts = await verifySecrets(testDatabase(), createSealer(testDatabase(), fresh, clock.now))
    expect(counts.flatMap(({ unreadable }) => unreadable.map(({ id }) => id))).to.deep.equal([directoryId])
    await query(testDatabase(), 'update directories set secrets = null, connection = null where id = $1', [directoryId])
    await restore(fresh)
  })

  it('leaves alone what somebody changed meanwhile, and what has the key already', async () => {
    const fresh = newKey('fresh')
    await Promise.all([rotate(fresh), rotate(fresh), rotate(fresh)])
    const resealed = lines.map((line) => Number(/: (\d+) of/.exec(line)?.[1]))
    const totals = lines.map((line) => Number(/of (\d+)/.exec(line)?.[1]))
    expect(resealed.reduce((sum, one) => sum + one, 0)).to.equal(totals.reduce((sum, one) => sum + one, 0) / 3)
    await restore(fresh)
  })

  it('needs ENCRYPTION_KEYS', async () => {
    const error: unknown = await rotate(undefined).catch((thrown: unknown) => thrown)
    expect(error).to.be.instanceOf(AppError).with.property('code', 'config_invalid')
  })
})
