import { expect } from 'chai'
import { createTokenByName, describeTokens, revokeTokenById, type TokenRequest } from '../../server/commands/tokens.ts'
import { query } from '../../server/db/query.ts'
import { AppError } from '../../server/errors.ts'
import { clock, createTenant, type Tenant } from '../support/app.ts'
import { testDatabase } from '../support/postgres.ts'

describe('rollcall tokens', () => {
  let tenant: Tenant
  let organization: string
  beforeEach(async () => {
    tenant = await createTenant()
    const rows = await query<{ name: string }>(testDatabase(), 'select name from organizations where org_id = $1', [
      tenant.organizationId,
    ])
    organization = rows[0]?.name ?? ''
  })

  const create = (given: Partial<TokenRequest> = {}): Promise<{ id: string; secret: string }> => {
    const request = { organization, directory: undefined, name: 'Sync', scopes: 'read', days: undefined, ...given }
    return createTokenByName(testDatabase(), request, clock.now())
  }

  it('lists every token with its owner and state, and no secret', async () => {
    const made = await create({ directory: 'Okta', scopes: 'read, write' })
    const short = await create({ days: '1', name: 'Short' })
    const revoked = await create({ name: 'Gone' })
    await revokeTokenById(testDatabase(), organization, revoked.id, clock.now())
    const describe = async (ahead = 0): Promise<string> =>
      (await describeTokens(testDatabase(), organization, new Date(clock.now().getTime() + ahead))).join('\n')
    const text = await describe()
    expect(text).to.match(
      new RegExp(`${made.id}  …${made.secret.slice(-4)}  directory Okta  Sync  read,write  live  never used`),
    )
    expect(text).to.match(new RegExp(`${short.id} .* application  Short  read  live until \\S+Z  never used`))
    expect(text).to.match(new RegExp(`${revoked.id} .* Gone  read  revoked \\S+Z`))
    expect(text).not.to.contain(made.secret)
    expect(await describe(2 * 86_400_000)).to.match(/Short {2}read {2}expired/)
  })

  for (const [what, given, named] of [
    ['an organization', { organization: 'nobody' }, "'nobody'"],
    ['a directory', { directory: 'Ping' }, 'Okta'],
    ['a scope', { scopes: 'read,root' }, "'root'"],
    ['no scope', { scopes: '' }, 'read, write, hr, events, authenticate, admin'],
    ['a number of days', { days: '0' }, '--days'],
    ['a number of days beyond the calendar', { days: '1000000000' }, '--days'],
  ] as const) {
    it(`names what it does not know: ${what}`, async () => {
      const error = await create(given).catch((thrown: unknown) => thrown)
      expect(error).to.be.instanceOf(AppError)
      expect((error as AppError).message).to.contain(named)
    })
  }

  it('revokes what is live, and says what is not', async () => {
    const { id } = await create()
    await revokeTokenById(testDatabase(), organization, id, clock.now())
    const error = await revokeTokenById(testDatabase(), organization, id, clock.now()).catch(
      (thrown: unknown) => thrown,
    )
    expect((error as AppError).code).to.equal('not_found')
  })
})
