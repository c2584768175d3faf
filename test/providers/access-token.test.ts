// Signing in by access tokens, for whichever source.
import { expect } from 'chai'
import { createTokenFetch } from '../../providers/access-token.ts'
import type { ProviderContext, ProviderRequest, ProviderResponse } from '../../providers/provider.ts'

const tokenUrl = 'https://source.example/token'

interface Source {
  readonly fetch: ProviderContext['fetch']
  /** Authorization of all requests but those for tokens. */
  readonly sent: (string | undefined)[]
  tokens: number
  /** In seconds. */
  life: number
  now: number
  /** Tokens with a number below are refused. */
  refusedBelow: number
}

function createSource(): Source {
  const source: Source = {
    sent: [],
    tokens: 0,
    life: 3600,
    now: Date.parse('2026-11-20T09:00:00Z'),
    refusedBelow: 0,
    fetch: (request) => tokenFetch(request),
  }
  const answer = async (request: ProviderRequest): Promise<ProviderResponse> => {
    await Promise.resolve()
    if (request.url === tokenUrl) {
      source.tokens += 1
      const json = { access_token: String(source.tokens), expires_in: source.life }
      return { status: 200, headers: {}, text: JSON.stringify(json), json: () => json }
    }
    const authorization = request.headers?.['authorization']
    source.sent.push(authorization)
    const status = Number(authorization?.split(' ')[1]) < source.refusedBelow ? 401 : 200
    return { status, headers: {}, text: '', json: () => null }
  }
  const context: ProviderContext = {
    fetch: answer,
    now: () => new Date(source.now),
    signal: new AbortController().signal,
    resolve: (host) => Promise.resolve(host),
    attempt: (work) => work(),
  }
  const tokenFetch = createTokenFetch(context, { name: 'Source', credentials: 'it', request: { url: tokenUrl } })
  return source
}

describe('access tokens', () => {
  let source: Source

  beforeEach(() => {
    source = createSource()
  })

  async function send(times: number): Promise<number[]> {
    const requests = Array.from({ length: times }, () => source.fetch({ url: 'https://source.example/people' }))
    return (await Promise.all(requests)).map(({ status }) => status)
  }

  it('are asked for once by requests that begin together', async () => {
    expect(await send(5)).to.deep.equal([200, 200, 200, 200, 200])
    expect(source.tokens).to.equal(1)
    await send(1)
    expect(source.tokens).to.equal(1)
  })

  it('are renewed once by requests that begin together, a minute before they end', async () => {
    await send(1)
    source.now += 3539_000
    await send(3)
    expect(source.tokens).to.equal(1)
    source.now += 1000
    await send(3)
    expect(source.tokens).to.equal(2)
    expect(source.sent.slice(4)).to.deep.equal(['Bearer 2', 'Bearer 2', 'Bearer 2'])
  })

  it('are renewed once by requests that are refused together', async () => {
    await send(1)
    source.refusedBelow = 2
    expect(await send(4)).to.deep.equal([200, 200, 200, 200])
    expect(source.tokens).to.equal(2)
  })

  it('that live shorter than a minute are each used once', async () => {
    source.life = 30
    await send(1)
    await send(1)
    expect(source.sent).to.deep.equal(['Bearer 1', 'Bearer 2'])
  })

  it('that do not say how long they live are kept', async () => {
    source.life = Number.NaN
    await send(1)
    source.now += 365 * 86_400_000
    await send(1)
    expect(source.tokens).to.equal(1)
  })
})
