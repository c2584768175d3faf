import { generateKeyPairSync } from 'node:crypto'
import { expect } from 'chai'
import { ProviderError } from '../../providers/provider.ts'
import { successfactors } from '../../providers/successfactors/index.ts'
import { addPeople } from './company.ts'
import { catchError, listUsers } from './conformance.ts'
import { collect, createScope } from './source.ts'
import type { SuccessFactorsFake } from './successfactors-fake.ts'
import { otherKey, privateKey, SuccessFactorsHarness } from './successfactors-harness.ts'
import { createRsaKey } from './successfactors-keys.ts'

describe('SAP SuccessFactors, signing in', () => {
  const subject = new SuccessFactorsHarness()

  it('asks for a token with an assertion that it signs, and with no secret', async () => {
    await subject.pull()
    const [form, ...others] = subject.listTokenRequests()
    expect(others).to.deep.equal([])
    expect([...(form?.keys() ?? [])]).to.deep.equal(['company_id', 'client_id', 'grant_type', 'assertion'])
    const assertion = Buffer.from(form?.get('assertion') ?? '', 'base64').toString('utf8')
    expect(assertion).to.match(/^<saml2:Assertion xmlns:saml2=/)
    expect(assertion).to.not.include('PRIVATE KEY')
  })

  it('writes names that XML has marks for into the assertion, and it stays well signed', async () => {
    await subject.start({ names: { userId: `a&b<c>"d'`, apiKey: 'key&<>"' } })
    expect(listUsers(await subject.pull())).to.have.length(3)
  })

  it('never uses an assertion twice', async () => {
    await subject.pull()
    subject.fake.revokeTokens()
    await subject.pull()
    const assertions = subject.listTokenRequests().map((form) => form.get('assertion'))
    expect(new Set(assertions).size).to.equal(2)
  })

  const refused: readonly (readonly [string, Partial<SuccessFactorsFake['settings']>, string])[] = [
    ['another key', { privateKey: otherKey }, 'not that of the certificate'],
    ['another API key', { apiKey: 'another' }, 'the API key'],
    ['another company', { companyId: 'exampleprod' }, 'no such company ID'],
    ['another user', { userId: 'somebody' }, 'no such user ID'],
    ['another API server', { apiServer: 'api5.successfactors.example' }, 'the API server'],
  ]
  for (const [name, settings, advice] of refused) {
    it(`is refused with ${name}, and says so`, async () => {
      const wrong = { ...subject.fake.settings, ...settings }
      const error = await catchError(() =>
        collect(subject.open({}, wrong).source.pull(undefined, createScope(successfactors))),
      )
      expect(error).to.be.an.instanceOf(ProviderError).with.property('kind', 'settings')
      expect(error?.message).to.include(advice)
      expect(subject.fake.requests).to.have.length(1)
      const checks = await subject.open({}, wrong).source.check()
      expect(checks.map((check) => [check.name, check.ok])).to.deep.equal([['sign_in', false]])
    })
  }

  it('takes a refusal with 400 for one of the settings, too', async () => {
    subject.fake.fail({ status: 400, json: { error: 'invalid_grant' } })
    const error = await catchError(() => subject.pull())
    expect(error).to.be.an.instanceOf(ProviderError).with.property('kind', 'settings')
  })

  it('is refused where the clock is wrong by more than five minutes', async () => {
    const now = new Date(subject.fake.company.now.getTime() - 6 * 60_000)
    const late = await catchError(() =>
      collect(subject.open({ now }).source.pull(undefined, createScope(successfactors))),
    )
    expect(late).to.be.an.instanceOf(ProviderError).with.property('kind', 'settings')
    expect(late?.message).to.include('clock')
    const soon = new Date(subject.fake.company.now.getTime() + 4 * 60_000)
    expect(await collect(subject.open({ now: soon }).source.pull(undefined, createScope(successfactors)))).to.not.equal(
      [],
    )
  })

  for (const status of [401, 403] as const) {
    it(`gets a new token where one is refused with ${status} in the middle of a pull`, async () => {
      addPeople(subject.fake.company, 5)
      subject.fake.account.tokenFault = status
      let pages = 0
      subject.fake.onRequest = ({ path }) => {
        if (path !== '/odata/v2/PerPerson') return
        pages += 1
        if (pages === 2) subject.fake.revokeTokens()
      }
      expect(listUsers(await subject.pull({ pageSize: 2 }))).to.have.length(8)
      expect(subject.listTokenRequests().map((form) => form.get('new_token'))).to.deep.equal([null, 'true'])
    })
  }

  it('renews a token before it ends by itself', async () => {
    addPeople(subject.fake.company, 5)
    subject.fake.account.tokenSeconds = 150
    const one = subject.open({ rateLimit: { requests: 1, perMs: 40_000 } })
    subject.fake.account.now = one.context.now
    expect(
      listUsers(await collect(one.source.pull(undefined, createScope(successfactors, { pageSize: 2 })))),
    ).to.have.length(8)
    expect(subject.listTokenRequests().length).to.be.at.least(3)
    const refusals = subject.fake.answers.filter((answer) => answer === 403)
    expect(refusals).to.deep.equal([])
  })

  it('asks for a new token where the one that it gets ends in a moment', async () => {
    subject.fake.account.tokenSeconds = 3600
    await subject.pull()
    subject.fake.company.now = new Date(subject.fake.company.now.getTime() + 3_580_000)
    await subject.pull()
    expect(subject.listTokenRequests().map((form) => form.get('new_token'))).to.deep.equal([null, null, 'true'])
  })

  it('says settings where the client is taken away in the middle of a pull', async () => {
    addPeople(subject.fake.company, 5)
    let pages = 0
    subject.fake.onRequest = ({ path }) => {
      if (path !== '/odata/v2/PerPerson') return
      pages += 1
      if (pages < 2) return
      subject.fake.account.clientKey = undefined
      subject.fake.revokeTokens()
    }
    const error = await catchError(() => subject.pull({ pageSize: 2 }))
    expect(error).to.be.an.instanceOf(ProviderError).with.property('kind', 'settings')
    expect(subject.listTokenRequests()).to.have.length(2)
  })

  it('ends where it gets tokens that are not taken', async () => {
    subject.fake.onRequest = ({ path }) => {
      if (path !== '/oauth/token') subject.fake.revokeTokens()
    }
    const error = await catchError(() => subject.pull())
    expect(error).to.be.an.instanceOf(ProviderError).with.property('kind', 'settings')
    expect(error?.message).to.include('that it has just given')
    expect(subject.fake.requests).to.have.length(4)
  })

  const body = privateKey.replaceAll(/-----[A-Z ]+-----|\s/g, '')
  const forms: readonly (readonly [string, string])[] = [
    ['PEM of which a form has lost the line ends', privateKey.replaceAll('\n', ' ')],
    ['base64 alone', body],
    ['PEM with a certificate beside it', `-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n${privateKey}`],
  ]
  for (const [name, text] of forms) {
    it(`takes a key as ${name}`, async () => {
      const one = subject.open({}, { ...subject.fake.settings, privateKey: text })
      expect((await one.source.check())[0]).to.include({ name: 'sign_in', ok: true })
    })
  }

  it('takes an RSA key in the older form', async () => {
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
    subject.fake.account.clientKey = pair.publicKey
    const text = pair.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
    const one = subject.open({}, { ...subject.fake.settings, privateKey: text })
    expect((await one.source.check())[0]).to.include({ name: 'sign_in', ok: true })
  })

  const unusable: readonly (readonly [string, string, string])[] = [
    ['has a passphrase', createRsaKey('passphrase'), 'passphrase'],
    ['is no RSA key', createEllipticKey(), 'no RSA key'],
    ['is none', 'x'.repeat(200), 'no RSA key'],
  ]
  for (const [name, text, reason] of unusable) {
    it(`says what is wrong with a key that ${name}, and sends nothing`, async () => {
      const [check] = await subject.open({}, { ...subject.fake.settings, privateKey: text }).source.check()
      expect(check).to.include({ name: 'sign_in', ok: false })
      expect(check?.detail).to.include(reason)
      expect(subject.fake.requests).to.deep.equal([])
    })
  }
})

function createEllipticKey(): string {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString()
}
