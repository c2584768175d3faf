// How Personio is read: in pages, what has changed, and signed in how.
import { expect } from 'chai'
import { personio } from '../../providers/personio/index.ts'
import { type ProviderContext, ProviderError } from '../../providers/provider.ts'
import { addPeople } from './company.ts'
import { catchError, listUsers } from './conformance.ts'
import type { FakeRequest } from './fake-server.ts'
import { useFake } from './fake-source.ts'
import { startPersonioFake } from './personio-fake.ts'
import { collect, createScope } from './source.ts'

describe('reading Personio', () => {
  const source = useFake(personio, startPersonioFake)

  it('asks for pages of at most 50, in each of them for what was asked before, and takes only the cursor from the next address', async () => {
    addPeople(source.fake.company, 98)
    source.fake.company.now = new Date('2026-11-20T09:00:00Z')
    const pages = await source.pull()
    expect(listUsers(pages)).to.have.length(101)
    expect(source.listRequests('/v2/persons').map(({ query }) => query.toString())).to.deep.equal([
      'limit=50',
      'limit=50&cursor=cur_50',
      'limit=50&cursor=cur_100',
    ])
    const later = source.open({ now: new Date('2026-11-20T11:00:00Z') })
    source.fake.company.now = new Date('2026-11-20T10:00:00Z')
    for (const id of source.fake.company.people.keys()) source.fake.company.change(id, { title: 'Director' })
    await collect(later.source.pull(pages.at(-1)?.cursor, createScope(personio)))
    const since = 'updated_at.gt=2026-11-20T08%3A45%3A00.000Z'
    expect(
      source
        .listRequests('/v2/persons')
        .slice(3)
        .map(({ query }) => query.toString()),
    ).to.deep.equal([`limit=50&${since}`, `limit=50&${since}&cursor=cur_50`, `limit=50&${since}&cursor=cur_100`])
  })

  it('ends where Personio leads to a page that was read already', async () => {
    addPeople(source.fake.company, 9)
    source.fake.account.repeatsCursor = true
    const error = await catchError(() => source.pull({ pageSize: 2 }))
    expect(error).to.be.an.instanceOf(ProviderError).with.property('kind', 'unexpected')
    expect(error?.message).to.include('no end')
    expect(source.listRequests('/v2/persons')).to.have.length(2)
  })

  it('ends where the list of a person’s employments leads to itself', async () => {
    const { leaver } = source.fake.company.named
    const employment = { id: 'c85d978e-1104-4762-be94-000000000001', status: 'INACTIVE' }
    source.fake.account.otherEmployments.set(
      leaver.id,
      Array.from({ length: 60 }, () => employment),
    )
    source.fake.account.repeatsCursor = true
    expect((await catchError(() => source.pull()))?.message).to.include('no end')
  })

  it('begins anew where Personio does not take a cursor of before any more', async () => {
    addPeople(source.fake.company, 5)
    const [first] = await source.pull({ pageSize: 2 })
    source.fake.account.forgetsCursors = true
    const error = await catchError(() => source.pull({ pageSize: 2 }, first?.cursor))
    expect(error).to.be.an.instanceOf(ProviderError).with.property('kind', 'cursor_expired')
  })

  it('leaves out who is erased while the page is read', async () => {
    const { leaver } = source.fake.company.named
    source.fake.onRequest = ({ path }) => {
      if (path.endsWith('/employments')) source.fake.company.people.delete(leaver.id)
    }
    expect(listUsers(await source.pull()).map(({ id }) => id)).to.not.include(leaver.id)
  })

  it('refuses to read people whose employments it may not see', async () => {
    source.fake.account.refused.add(`/v2/persons/${source.fake.company.named.leaver.id}/employments`)
    const error = await catchError(() => source.pull())
    expect(error).to.be.an.instanceOf(ProviderError).with.property('kind', 'settings')
    expect(error?.message).to.include('employments')
  })

  it('finds a change of an employment that is none of the person only when everybody is read', async () => {
    source.fake.account.bumpsPersons = false
    const cursor = (await source.pull()).at(-1)?.cursor
    source.fake.company.change(source.fake.company.named.leaver.id, { title: 'Director' })
    expect(listUsers(await source.pull({}, cursor))).to.deep.equal([])
    expect((await source.readUser(source.fake.company.named.leaver.id)).fields).to.include({
      'employment.position.title': 'Director',
    })
  })

  it('signs in once for a pull, and sends what it is given', async () => {
    await source.pull()
    const [request, ...others] = source.listRequests('/v2/auth/token')
    expect(others).to.deep.equal([])
    expect(Object.fromEntries(new URLSearchParams(request?.body))).to.deep.equal({
      grant_type: 'client_credentials',
      client_id: source.fake.settings.clientId,
      client_secret: source.fake.settings.clientSecret,
    })
    const tokens = new Set(source.listRequests('/v2/persons').map(({ headers }) => headers.authorization))
    expect([...tokens]).to.deep.equal(['Bearer papi-tOkEn-number-1'])
  })

  it('signs in anew in the middle of a pull when its token is revoked', async () => {
    addPeople(source.fake.company, 9)
    let pages = 0
    source.fake.onRequest = ({ path }) => {
      pages += path === '/v2/persons' ? 1 : 0
      if (pages === 3 && path === '/v2/persons') source.fake.account.tokens.delete('papi-tOkEn-number-1')
    }
    expect(listUsers(await source.pull({ pageSize: 3 }))).to.have.length(12)
    expect(source.listRequests('/v2/auth/token')).to.have.length(2)
  })

  it('signs in anew before its token ends', async () => {
    source.fake.account.tokenLife = 70
    source.fake.fail({ status: 429, headers: { 'retry-after': '30' } }, { when: ({ path }) => path === '/v2/persons' })
    const one = source.open()
    expect(listUsers(await collect(one.source.pull(undefined, createScope(personio))))).to.have.length(3)
    expect(one.waited()).to.be.at.least(30_000)
    expect(source.listRequests('/v2/auth/token')).to.have.length(2)
    expect(source.fake.requests.filter(({ headers }) => headers.authorization?.endsWith('number-2'))).to.not.deep.equal(
      [],
    )
  })

  it('says settings of credentials that are revoked in the middle of a pull', async () => {
    addPeople(source.fake.company, 9)
    const one = source.open()
    const error = await catchError(async () => {
      for await (const page of one.source.pull(undefined, createScope(personio, { pageSize: 3 }))) {
        expect(page.records.length).to.be.at.most(3)
        source.fake.account.tokens.clear()
        source.fake.account.clientSecret = 'another one'
      }
    })
    expect(error).to.be.an.instanceOf(ProviderError).with.property('kind', 'settings')
    expect(error?.message).to.equal(
      'Personio refused to sign in (invalid_client). Check the client ID and the client secret.',
    )
  })

  it('says settings of tokens that are refused however new they are', async () => {
    source.fake.fail({ status: 401 }, { times: 50, when: ({ path }) => path !== '/v2/auth/token' })
    const error = await catchError(() => source.pull())
    expect(error).to.be.an.instanceOf(ProviderError).with.property('kind', 'settings')
  })

  it('says transient where Personio cannot give a token at the moment', async () => {
    const isToken = ({ path }: FakeRequest): boolean => path === '/v2/auth/token'
    source.fake.fail({ status: 400, json: { error: 'temporarily_unavailable' } }, { when: isToken })
    expect(await catchError(() => source.pull()))
      .to.be.an.instanceOf(ProviderError)
      .with.property('kind', 'transient')
  })

  it('goes to api.personio.de, or where the settings say', async () => {
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
    const { clientId, clientSecret } = source.fake.settings
    for (const baseUrl of [undefined, 'https://proxy.example.com/personio/']) {
      const settings = { clientId, clientSecret, ...(baseUrl !== undefined && { baseUrl }) }
      await catchError(() => personio.open(settings, context).check())
    }
    expect(urls).to.deep.equal([
      'https://api.personio.de/v2/auth/token',
      'https://proxy.example.com/personio/v2/auth/token',
    ])
  })
})
