// How Workday is read: as of when, what has changed, who is to come, and signed in how.
import { expect } from 'chai'
import { type ProviderContext, ProviderError } from '../../providers/provider.ts'
import { workday } from '../../providers/workday/index.ts'
import { isRescinded, readLifecycle } from '../../providers/workday/lifecycle.ts'
import { addPeople, departments } from './company.ts'
import { catchError, listUsers } from './conformance.ts'
import type { FakeRequest } from './fake-server.ts'
import { useFake } from './fake-source.ts'
import { collect, createScope } from './source.ts'
import { startWorkdayFake, writeFault } from './workday-fake.ts'

describe('reading Workday', () => {
  const source = useFake(workday, startWorkdayFake)

  function listOperations(operation: string): FakeRequest[] {
    return source.fake.requests.filter(({ body }) => body.includes(`<wd:${operation}_Request `))
  }

  it('signs in as the user of its tenant, in each request, whatever stands in the password', async () => {
    await source.pull()
    expect(source.fake.account.password).to.match(/[<&]/)
    for (const { body, headers } of source.fake.requests) {
      expect(body).to.include('<wsse:Username>ISU_Rollcall@acme</wsse:Username>')
      expect(headers).to.not.have.property('authorization')
    }
    const checks = await source
      .open({ settings: { ...source.fake.settings, username: 'ISU_Rollcall@acme' } })
      .source.check()
    expect(checks[0]).to.include({ name: 'sign_in', ok: true })
  })

  it('says as of when in each request of a pull, also when it goes on later', async () => {
    addPeople(source.fake.company, 5)
    const pages = await source.pull({ pageSize: 4 })
    source.fake.company.now = new Date('2026-11-21T10:00:00Z')
    await source.pull({ pageSize: 4 }, pages[0]?.cursor)
    for (const { body } of source.fake.requests) {
      expect(body).to.include('<wd:As_Of_Entry_DateTime>2026-11-20T09:00:05.000Z</wd:As_Of_Entry_DateTime>')
    }
    await source.pull({ pageSize: 4 })
    expect(source.fake.requests.at(-1)?.body).to.include(
      '<wd:As_Of_Effective_Date>2026-11-21</wd:As_Of_Effective_Date>',
    )
  })

  it('loses nobody, and has nobody twice, where people come and go while it reads', async () => {
    addPeople(source.fake.company, 9)
    const ids = [...source.fake.company.people.keys()]
    source.fake.onRequest = ({ body }) => {
      if (!body.includes('<wd:Page>2<')) return
      source.fake.company.people.delete(ids[0] ?? '')
      source.fake.company.hire({ firstName: 'Noor', lastName: 'Vos' })
    }
    expect(listUsers(await source.pull({ pageSize: 4 })).map(({ id }) => id)).to.deep.equal(ids)
  })

  it('keeps to the size of pages that an interrupted pull had', async () => {
    addPeople(source.fake.company, 9)
    const pages = await source.pull({ pageSize: 4 })
    const rest = await source.pull({ pageSize: 100 }, pages[0]?.cursor)
    const ids = [...(pages[0]?.records ?? []), ...listUsers(rest)].map(({ id }) => id)
    expect(ids).to.deep.equal([...source.fake.company.people.keys()])
  })

  it('goes by Workday’s clock where that is behind', async () => {
    source.fake.account.behindMs = 2000
    source.fake.fail({
      ...writeFault(
        'SOAP-ENV:Client.validationError',
        'Validation error occurred.',
        '<wd:Validation_Fault xmlns:wd="urn:com.workday/bsvc"><wd:Validation_Error><wd:Message>Updated Through must be less than or equal to Current Moment!</wd:Message></wd:Validation_Error></wd:Validation_Fault>',
      ),
      headers: { date: 'Fri, 20 Nov 2026 08:59:57 GMT' },
    })
    const pages = await source.pull()
    expect(listUsers(pages)).to.have.length(3)
    expect(pages.at(-1)?.cursor).to.deep.equal({ stage: 'end', asOf: '2026-11-20T08:59:57.000Z' })
  })

  it('asks for what was entered since a quarter of an hour before, and for what takes effect since the day before', async () => {
    const cursor = (await source.pull()).at(-1)?.cursor
    source.fake.requests.length = 0
    source.fake.company.now = new Date('2026-11-20T12:00:00Z')
    await source.pull({}, cursor)
    const bodies = listOperations('Get_Workers')
      .map(({ body }) => body)
      .join()
    expect(bodies).to.include(
      '<wd:Updated_From>2026-11-20T08:45:00.000Z</wd:Updated_From><wd:Updated_Through>2026-11-20T12:00:00.000Z</wd:Updated_Through>',
    )
    expect(bodies).to.include(
      '<wd:Effective_From>2026-11-19T00:00:00.000Z</wd:Effective_From><wd:Effective_Through>2026-11-20T23:59:59.999Z</wd:Effective_Through>',
    )
  })

  it('finds who leaves or begins by what was entered long ago', async () => {
    const { leaver } = source.fake.company.named
    const hired = source.fake.company.hire({
      firstName: 'Noor',
      lastName: 'Vos',
      status: 'hired',
      startDate: '2027-01-01',
    })
    source.fake.company.now = new Date('2026-12-31T09:00:00Z')
    const cursor = (await source.pull()).at(-1)?.cursor
    source.fake.company.now = new Date('2027-01-01T09:00:00Z')
    const users = listUsers(await source.pull({}, cursor))
    expect(users.map(({ id, fields }) => [id, fields['lifecycle']])).to.have.deep.members([
      [leaver.id, 'terminated'],
      [hired.id, 'active'],
    ])
  })

  it('reads who is to come as of their first day, whether Workday knows little or nothing of them today', async () => {
    const { manager } = source.fake.company.named
    const values = { status: 'hired', managerId: manager.id } as const
    const soon = source.fake.company.hire({ firstName: 'Noor', lastName: 'Vos', startDate: '2026-12-01', ...values })
    const later = source.fake.company.hire({ firstName: 'Ivo', lastName: 'Ito', startDate: '2027-01-04', ...values })
    for (const hidesComing of [false, true]) {
      source.fake.account.hidesComing = hidesComing
      const users = listUsers(await source.pull({ pageSize: 2 }))
      expect(users).to.have.length(5)
      for (const { id, startDate } of [soon, later]) {
        const user = users.find((one) => one.id === id)
        expect(user?.fields, String(hidesComing)).to.deep.include({
          lifecycle: 'pending',
          Hire_Date: startDate,
          'Email.WORK': source.fake.company.find(id).email,
          Manager: manager.id,
          leaveBalances: [],
        })
        expect(user?.groups).to.include(`department:${departments.platform.id}`)
      }
    }
  })

  it('goes on in the midst of those whom Workday does not know today', async () => {
    source.fake.account.hidesComing = true
    for (const firstName of ['Amal', 'Bea', 'Chidi']) {
      source.fake.company.hire({ firstName, lastName: 'Vos', status: 'hired', startDate: '2026-12-01' })
    }
    const pages = await source.pull({ pageSize: 2 })
    const place = pages.findIndex(({ cursor }) => JSON.stringify(cursor).includes('"after":"1'))
    const rest = await source.pull({ pageSize: 2 }, pages[place]?.cursor)
    expect(place).to.be.at.least(0)
    expect(rest.flatMap(({ records }) => records)).to.deep.equal(
      pages.slice(place + 1).flatMap(({ records }) => records),
    )
    expect(listUsers(pages)).to.have.length(6)
  })

  it('finds who is hired for later since the last pull, where Workday does not know them today', async () => {
    source.fake.account.hidesComing = true
    const cursor = (await source.pull()).at(-1)?.cursor
    const { id } = source.fake.company.hire({
      firstName: 'Noor',
      lastName: 'Vos',
      status: 'hired',
      startDate: '2026-12-01',
    })
    const users = listUsers(await source.pull({}, cursor))
    expect(users.map((user) => [user.id, user.fields['lifecycle']])).to.deep.equal([[id, 'pending']])
  })

  it('says of whose hire was taken back that they are deleted, not that they have left', async () => {
    const { id } = source.fake.company.hire({
      firstName: 'Noor',
      lastName: 'Vos',
      status: 'hired',
      startDate: '2026-12-01',
    })
    const cursor = (await source.pull()).at(-1)?.cursor
    source.fake.account.rescinded.add(id)
    source.fake.company.now = new Date('2026-11-20T12:00:00Z')
    source.fake.company.change(id, {})
    for (const pages of [await source.pull(), await source.pull({}, cursor)]) {
      expect(pages.flatMap(({ deletedIds }) => deletedIds ?? [])).to.deep.equal([id])
      expect(listUsers(pages).map((user) => user.id)).to.not.include(id)
    }
  })

  it('keeps who worked there before the hire that was taken back', () => {
    const status = { Hire_Rescinded: true, Active: false, Hire_Date: '2024-03-01' }
    expect(isRescinded(status)).to.equal(true)
    const before = { ...status, Terminated: true, Termination_Date: '2025-06-30' }
    expect(isRescinded(before)).to.equal(false)
    expect(readLifecycle(before, '2026-11-20', false)).to.equal('terminated')
    expect(isRescinded({ ...status, Active: true })).to.equal(false)
  })

  it('gives a worker without a WID as a fault, and goes on', async () => {
    const { leaver } = source.fake.company.named
    const wid = `<wd:ID wd:type="WID">${leaver.id}</wd:ID>`
    source.fake.account.rewrite = (text) =>
      text.replace(`<wd:Worker_Reference wd:Descriptor="Ines Moreau">${wid}`, '<wd:Worker_Reference>')
    const pages = await source.pull()
    expect(listUsers(pages)).to.have.length(2)
    expect(pages.flatMap(({ faults }) => faults ?? [])).to.have.length(1)
  })

  it('reads elements whatever their prefix is, and texts whatever is written otherwise in them', async () => {
    const { leaver } = source.fake.company.named
    source.fake.company.change(leaver.id, { title: 'Café <R&D> "Owner" 😀' })
    const user = await source.readUser(leaver.id)
    expect(user.fields['Business_Title']).to.equal('Café <R&D> "Owner" 😀')
    for (const prefix of ['', 'x:']) {
      source.fake.account.rewrite = (text) => {
        return text
          .replaceAll(/(<\/?|\s)wd:/g, `$1${prefix}`)
          .replaceAll('é', '&#xe9;')
          .replaceAll('😀', '&#128512;')
      }
      expect(await source.readUser(leaver.id), prefix).to.deep.equal(user)
    }
  })

  it('does not believe an answer that is cut off, or that declares entities', async () => {
    for (const change of [
      (text: string) => text.slice(0, -40),
      (text: string) => text.slice(0, text.length / 2),
      (text: string) => text.replace('?>', '?><!DOCTYPE x [<!ENTITY y "z">]>'),
    ]) {
      source.fake.account.rewrite = change
      const error = await catchError(() => source.pull())
      expect(error).to.be.an.instanceOf(ProviderError).with.property('kind', 'unexpected')
    }
  })

  it('tries a 500 again that is no fault, and a fault not', async () => {
    source.fake.fail({ status: 500, body: 'Internal error' }, { times: 2 })
    expect(listUsers(await source.pull())).to.have.length(3)
    const before = source.fake.requests.length
    source.fake.fail(writeFault('SOAP-ENV:Server', 'Processing error occurred.'))
    const error = await catchError(() => source.pull())
    expect(error).to.be.an.instanceOf(ProviderError).with.property('kind', 'unexpected')
    expect(error?.message).to.include('Processing error occurred')
    expect(source.fake.requests).to.have.length(before + 1)
  })

  it('says settings of a password that is changed in the middle of a pull, and does not quote it', async () => {
    addPeople(source.fake.company, 9)
    const one = source.open()
    const error = await catchError(async () => {
      for await (const page of one.source.pull(undefined, createScope(workday, { pageSize: 3 }))) {
        expect(page.records.length).to.be.at.most(3)
        source.fake.account.password = 'another one'
      }
    })
    expect(error).to.be.an.instanceOf(ProviderError).with.property('kind', 'settings')
    expect(error?.message).to.not.include(source.fake.settings.password)
  })

  it('says which settings a way to sign in needs, as an answer of the check', async () => {
    const { host, tenant, baseUrl } = source.fake.settings
    for (const [signIn, word] of [
      ['integration_user', 'password'],
      ['oauth', 'refresh token'],
    ] as const) {
      const one = source.open({ settings: { host, tenant, baseUrl, signIn } })
      const checks = await one.source.check()
      expect(checks.map(({ name, ok }) => ({ name, ok }))).to.deep.equal([{ name: 'sign_in', ok: false }])
      expect(checks[0]?.detail).to.include(word)
      const error = await catchError(() => collect(one.source.pull(undefined, createScope(workday))))
      expect(error).to.be.an.instanceOf(ProviderError).with.property('kind', 'settings')
    }
    expect(source.fake.requests).to.deep.equal([])
  })

  it('signs in once for a pull by a refresh token, and sends no password', async () => {
    await collect(source.open({ settings: source.fake.oauthSettings }).source.pull(undefined, createScope(workday)))
    const [request, ...others] = source.listRequests('/ccx/oauth2/acme/token')
    expect(others).to.deep.equal([])
    expect(Object.fromEntries(new URLSearchParams(request?.body))).to.deep.equal({
      grant_type: 'refresh_token',
      refresh_token: source.fake.oauthSettings.refreshToken,
    })
    for (const { body, headers, path } of source.fake.requests.filter((one) => one !== request)) {
      expect(headers.authorization, path).to.equal('Bearer aCcEsS-tOkEn-number-1')
      expect(body).to.not.include('wsse:')
    }
  })

  it('signs in anew in the middle of a pull when its token is over, however Workday says so', async () => {
    addPeople(source.fake.company, 9)
    for (const tokenRefusal of [401, 'fault'] as const) {
      source.fake.account.tokenRefusal = tokenRefusal
      source.fake.requests.length = 0
      let isOver = false
      source.fake.onRequest = ({ body }) => {
        if (isOver || !body.includes('<wd:Page>3<')) return
        isOver = true
        for (const token of source.fake.account.tokens.keys()) source.fake.account.tokens.set(token, new Date(0))
      }
      const one = source.open({ settings: source.fake.oauthSettings })
      const users = listUsers(await collect(one.source.pull(undefined, createScope(workday, { pageSize: 3 }))))
      expect(users, String(tokenRefusal)).to.have.length(12)
      expect(source.listRequests('/ccx/oauth2/acme/token')).to.have.length(2)
    }
  })

  it('signs in anew before its token ends', async () => {
    source.fake.account.tokenLife = 70
    source.fake.fail(
      { status: 429, headers: { 'retry-after': '30' } },
      { when: ({ body }) => body.includes('Get_Organizations') },
    )
    const one = source.open({ settings: source.fake.oauthSettings })
    expect(listUsers(await collect(one.source.pull(undefined, createScope(workday))))).to.have.length(3)
    expect(one.waited()).to.be.at.least(30_000)
    expect(source.listRequests('/ccx/oauth2/acme/token')).to.have.length(2)
  })

  it('says settings of a refresh token that is revoked in the middle of a pull', async () => {
    addPeople(source.fake.company, 9)
    const one = source.open({ settings: source.fake.oauthSettings })
    const error = await catchError(async () => {
      for await (const page of one.source.pull(undefined, createScope(workday, { pageSize: 3 }))) {
        expect(page.records.length).to.be.at.most(3)
        source.fake.account.tokens.clear()
        source.fake.account.refreshToken = 'another one'
      }
    })
    expect(error).to.be.an.instanceOf(ProviderError).with.property('kind', 'settings')
    expect(error?.message).to.equal(
      'Workday refused to sign in (invalid_grant). Check the client ID, the client secret and the refresh token.',
    )
  })

  it('goes to the host and the tenant, or where the settings say', async () => {
    const urls: string[] = []
    const context: ProviderContext = {
      now: () => new Date(),
      signal: new AbortController().signal,
      resolve: (host) => Promise.resolve(host),
      attempt: (work) => work(),
      fetch: (request) => {
        urls.push(request.url)
        throw new Error('nothing is sent')
      },
    }
    const { baseUrl: _baseUrl, ...byPassword } = source.fake.settings
    const { baseUrl: _other, ...byOAuth } = source.fake.oauthSettings
    const all = [byPassword, byOAuth, { ...byPassword, baseUrl: 'https://proxy.example.com/workday/' }]
    for (const settings of all) await catchError(() => workday.open(settings, context).check())
    expect(urls).to.deep.equal([
      'https://wd3-services1.myworkday.com/ccx/service/acme/Human_Resources/v30.0',
      'https://wd3-services1.myworkday.com/ccx/oauth2/acme/token',
      'https://proxy.example.com/workday/ccx/service/acme/Human_Resources/v30.0',
    ])
  })

  it('takes no host but Workday’s', () => {
    const pattern = new RegExp(workday.settings.properties['host']?.pattern ?? '', 'u')
    for (const host of ['wd3-services1.myworkday.com', 'wd2-impl-services1.workday.com']) expect(host).to.match(pattern)
    for (const host of [
      'example.com',
      'workday.com.example.com',
      'myworkday.com',
      'evilworkday.com',
      'a/b.workday.com',
    ]) {
      expect(host).to.not.match(pattern)
    }
  })
})
