// What a provider is lent: requests within the source's limit, sent again where that helps, and errors that say what is wrong.
import { expect } from 'chai'
import type { ServerResponse } from 'node:http'
import { type Json, ProviderError, type ProviderContext, type RateLimit } from '../../providers/provider.ts'
import { createOutgoing } from '../../server/ops/outgoing.ts'
import { createSourceContext } from '../../server/sync/source/context.ts'
import { createCertificate } from '../support/certificate.ts'
import { type Receiver, startReceiver } from '../support/receiver.ts'

const startAt = Date.parse('2026-11-23T08:00:00Z')
const unlimited: RateLimit = { requests: 1000, perMs: 1000 }

describe('the context of a source', () => {
  const open: { close(): unknown }[] = []
  let source: Receiver
  let clock: number
  let waits: number[]
  let controller: AbortController
  /** What else happens while somebody waits. */
  let waiting: () => Promise<void>

  beforeEach(async () => {
    source = await startReceiver()
    open.push(source)
    clock = startAt
    waits = []
    waiting = () => Promise.resolve()
    controller = new AbortController()
  })
  afterEach(async () => {
    for (const one of open.splice(0).toReversed()) await one.close()
  })

  function create({ rateLimit = unlimited, maxAnswerBytes = 1_000_000, allow = '127.0.0.1', ca = '' } = {}) {
    const outgoing = createOutgoing({ allow, ...(ca !== '' && { ca }) })
    open.push(outgoing)
    return createSourceContext(
      { name: 'Example HR', rateLimit },
      {
        outgoing,
        now: () => new Date(clock),
        signal: controller.signal,
        maxAnswerBytes,
        wait: async (milliseconds) => {
          waits.push(milliseconds)
          const until = clock + milliseconds
          await waiting()
          clock = Math.max(clock, until)
        },
      },
    )
  }

  /** Answers each request with the next of these, and all after them with the last one. */
  function answer(...answers: readonly (readonly [number, Record<string, string>?, string?])[]): void {
    let count = 0
    source.answer = (_received, response) => {
      const [status, headers = {}, body = ''] = answers[Math.min(count, answers.length - 1)] ?? [500]
      count += 1
      response.writeHead(status, headers).end(body)
    }
  }

  async function fail(promise: Promise<unknown>): Promise<ProviderError> {
    const error = await promise.then(
      () => expect.fail('nothing was thrown'),
      (thrown: unknown) => thrown,
    )
    if (!(error instanceof ProviderError)) throw error
    return error
  }

  const ask = (context: ProviderContext, path = '/v1/people') => context.fetch({ url: source.origin + path })

  describe('sends', () => {
    it('a GET, and says that it wants JSON', async () => {
      source.answer = (_received, response) => response.writeHead(200, { 'X-Total': '3' }).end('{"a":[1,null]}')
      const response = await create().fetch({ url: `${source.origin}/v1/people?a=b`, headers: { 'X-Key': 'one' } })
      expect(response.status).to.equal(200)
      expect(response.headers['x-total']).to.equal('3')
      expect(response.text).to.equal('{"a":[1,null]}')
      expect(response.json()).to.deep.equal({ a: [1, null] })
      expect(source.received).to.have.length(1)
      expect(source.received[0]).to.deep.include({ method: 'GET', path: '/v1/people?a=b', body: '' })
      expect(source.received[0]?.headers).to.deep.include({ accept: 'application/json', 'x-key': 'one' })
    })

    it('JSON, a form, or a text as it is, and headers of the provider before its own', async () => {
      const context = create()
      const url = `${source.origin}/`
      await context.fetch({ method: 'POST', url, json: { fields: ['a', 'é'] } })
      await context.fetch({ method: 'POST', url, form: { grant_type: 'x y', scope: 'a&b' } })
      const headers = { 'Content-Type': 'text/xml', Accept: 'text/xml' }
      await context.fetch({ method: 'POST', url, body: '<a/>', headers })
      expect(source.received.map(({ body }) => body)).to.deep.equal([
        '{"fields":["a","é"]}',
        'grant_type=x+y&scope=a%26b',
        '<a/>',
      ])
      expect(source.received.map((one) => one.headers['content-type'])).to.deep.equal([
        'application/json',
        'application/x-www-form-urlencoded',
        'text/xml',
      ])
      expect(source.received[2]?.headers.accept).to.equal('text/xml')
    })

    it('over TLS', async () => {
      const certificate = createCertificate()
      const secure = await startReceiver(certificate)
      open.push(secure)
      const context = create({ allow: 'localhost', ca: certificate.cert })
      expect((await context.fetch({ url: secure.origin })).status).to.equal(200)
    })

    it('nothing to addresses that are not public, and does not try again', async () => {
      const error = await fail(ask(create({ allow: '' })))
      expect(error.kind).to.equal('settings')
      expect(error.message).to.equal(
        `Example HR gave no answer at 127.0.0.1:${source.port}/v1/people: 127.0.0.1 is at an address that is not public. The operator can allow it with OUTGOING_ALLOW.`,
      )
      expect(source.received).to.have.length(0)
      expect(waits).to.deep.equal([])
    })
  })

  describe('keeps to the limit of the source', () => {
    it('and lets no more requests begin in any such time', async () => {
      const begun: number[] = []
      source.answer = (_received, response) => {
        begun.push(clock - startAt)
        clock += 100
        response.end()
      }
      const context = create({ rateLimit: { requests: 3, perMs: 1000 } })
      for (let count = 0; count < 7; count++) await ask(context)
      expect(begun).to.deep.equal([0, 100, 200, 1000, 1100, 1200, 2000])
    })

    it('also where requests are sent at once, one by one unless it says how many', async () => {
      const context = create({ rateLimit: { requests: 2, perMs: 1000 } })
      const held: ServerResponse[] = []
      source.answer = (_received, response) => {
        held.push(response)
        setImmediate(() => held.shift()?.end(String(held.length)))
      }
      const answers = await Promise.all(Array.from({ length: 5 }, () => ask(context)))
      expect(answers.map(({ text }) => text)).to.deep.equal(['0', '0', '0', '0', '0'])
      expect(waits).to.deep.equal([1000, 1000])
    })

    it('with as many at once as it says', async () => {
      const context = create({ rateLimit: { requests: 100, perMs: 1000, concurrency: 3 } })
      const held: ServerResponse[] = []
      let most = 0
      source.answer = (_received, response) => {
        held.push(response)
        most = Math.max(most, held.length)
        // The last ones come alone.
        if (held.length === 3 || source.received.length > 6) for (const one of held.splice(0)) one.end()
      }
      await Promise.all(Array.from({ length: 8 }, () => ask(context)))
      expect(most).to.equal(3)
      expect(source.received).to.have.length(8)
    })

    it('and counts what is sent again', async () => {
      answer([502], [200])
      const context = create({ rateLimit: { requests: 1, perMs: 60_000 } })
      await ask(context)
      expect(clock - startAt).to.equal(60_000)
    })
  })

  describe('sends again what the source is too busy for', () => {
    const seconds = startAt / 1000
    for (const [name, headers, waitMs] of [
      ['Retry-After in seconds', { 'Retry-After': '7' }, 7000],
      ['Retry-After in parts of a second', { 'retry-after': '1.5' }, 1500],
      ['Retry-After as a date', { 'RETRY-AFTER': 'Mon, 23 Nov 2026 08:00:30 GMT' }, 30_000],
      ['Retry-After as a date of RFC 850', { 'Retry-After': 'Monday, 23-Nov-26 08:00:30 GMT' }, 30_000],
      ['Retry-After as a date of asctime', { 'Retry-After': 'Mon Nov 23 08:00:30 2026' }, 30_000],
      ['X-RateLimit-Reset as a moment', { 'X-RateLimit-Reset': String(seconds + 42) }, 42_000],
      ['x-ratelimit-reset as a moment', { 'x-ratelimit-reset': String(seconds + 42) }, 42_000],
      ['X-Rate-Limit-Reset as a moment', { 'X-Rate-Limit-Reset': String(seconds + 42) }, 42_000],
      ['X-RateLimit-Reset as a moment in milliseconds', { 'X-RateLimit-Reset': String(startAt + 1234) }, 1234],
      ['X-RateLimit-Reset as seconds to go', { 'X-RateLimit-Reset': '42' }, 42_000],
      ['Retry-After before a reset', { 'Retry-After': '3', 'X-RateLimit-Reset': '42' }, 3000],
      ['a reset where Retry-After says nothing', { 'Retry-After': 'soon', 'X-RateLimit-Reset': '42' }, 42_000],
    ] as const) {
      for (const status of [429, 503]) {
        it(`after ${status} by ${name}`, async () => {
          answer([status, headers], [200, {}, 'there'])
          expect((await ask(create())).text).to.equal('there')
          expect(waits).to.deep.equal([waitMs])
          expect(source.received).to.have.length(2)
        })
      }
    }

    for (const [name, headers] of [
      ['nothing', {}],
      ['a time that is over', { 'X-RateLimit-Reset': String(seconds - 10) }],
      ['what is no time', { 'Retry-After': '-1', 'X-RateLimit-Reset': 'soon' }],
    ] as const) {
      it(`after the time of the limit where it says ${name}`, async () => {
        answer([429, headers], [200])
        await ask(create({ rateLimit: { requests: 50, perMs: 60_000 } }))
        expect(waits).to.deep.equal([60_000])
      })
    }

    it('and lets all other requests of the connection wait as well', async () => {
      const context = create({ rateLimit: { ...unlimited, concurrency: 2 } })
      answer([429, { 'Retry-After': '20' }], [200])
      const first = Promise.withResolvers<void>()
      let others: Promise<unknown> | undefined
      // While the first one waits, another one begins.
      waiting = async () => {
        others ??= ask(context, '/second')
        if (waits.length === 2) first.resolve()
        await first.promise
        expect(source.received.map(({ path }) => path)).to.deep.equal(['/first'])
      }
      await ask(context, '/first')
      await others
      expect(waits).to.deep.equal([20_000, 20_000])
      expect(source.received.map(({ path }) => path).toSorted()).to.deep.equal(['/first', '/first', '/second'])
    })

    it('five times, and then says so and when to come again', async () => {
      answer([429, { 'Retry-After': '2' }, '{"key":"limit","error":"Too many requests"}'])
      const error = await fail(ask(create(), '/v1/people?cursor=abc'))
      expect(error.kind).to.equal('rate_limited')
      expect(error.retryAfterMs).to.equal(2000)
      expect(error.message).to.equal(
        `Example HR answered 429 at 127.0.0.1:${source.port}/v1/people after 5 attempts: Too many requests.`,
      )
      expect(source.received).to.have.length(5)
      expect(waits).to.deep.equal([2000, 2000, 2000, 2000])
    })

    it('but does not wait for longer than some minutes', async () => {
      for (const status of [429, 503]) {
        answer([status, { 'Retry-After': '3600' }])
        const error = await fail(ask(create()))
        expect(error.kind).to.equal('rate_limited')
        expect(error.retryAfterMs).to.equal(3_600_000)
      }
      expect(source.received).to.have.length(2)
      expect(waits).to.deep.equal([])
    })
  })

  describe('sends again what fails in passing', () => {
    for (const status of [408, 425, 500, 502, 503, 504]) {
      it(`such as ${status}, later and later, and five times at most`, async () => {
        answer([status])
        const error = await fail(ask(create()))
        expect(error.kind).to.equal('transient')
        expect(error.retryAfterMs).to.equal(undefined)
        expect(error.message).to.equal(
          `Example HR answered ${status} at 127.0.0.1:${source.port}/v1/people after 5 attempts.`,
        )
        expect(source.received).to.have.length(5)
        expect(waits).to.have.length(4)
        for (const [index, waitMs] of waits.entries()) {
          expect(waitMs).to.be.within(1000 * 2 ** index, 2000 * 2 ** index)
        }
      })
    }

    it('such as a connection that breaks', async () => {
      source.answer = (_received, response) => {
        if (source.received.length < 3) response.socket?.destroy()
        else response.end('there')
      }
      expect((await ask(create())).text).to.equal('there')
      expect(waits).to.have.length(2)
    })

    it('such as a source that cannot be reached, and says so in the end', async () => {
      await source.close()
      const error = await fail(ask(create()))
      expect(error.kind).to.equal('transient')
      const host = `127.0.0.1:${source.port}`
      expect(error.message).to.equal(
        `Example HR gave no answer at ${host}/v1/people after 5 attempts: ${host} refuses the connection.`,
      )
      expect(waits).to.have.length(4)
    })

    it('but a POST only where it says that it reads', async () => {
      const url = `${source.origin}/v1/people/search`
      for (const status of [429, 503, 500]) {
        answer([status, { 'Retry-After': '1' }], [200])
        expect((await fail(create().fetch({ method: 'POST', url, json: {} }))).message).to.contain(`answered ${status}`)
      }
      expect(source.received).to.have.length(3)
      answer([429, { 'Retry-After': '1' }], [502], [200, {}, 'there'])
      const { text } = await create().fetch({ method: 'POST', url, json: { a: 1 }, isRead: true })
      expect(text).to.equal('there')
      expect(source.received.slice(3).map(({ body }) => body)).to.deep.equal(['{"a":1}', '{"a":1}', '{"a":1}'])
    })
  })

  describe('takes as final', () => {
    for (const [status, advice] of [
      [401, 'Check the credentials.'],
      [403, 'Check what the credentials are permitted.'],
    ] as const) {
      it(`${status}, for repeating it may lock the account`, async () => {
        answer([status, { 'Retry-After': '1' }, '{"error":{"message":"No access"}}'], [200])
        const error = await fail(ask(create()))
        expect(error.kind).to.equal('settings')
        expect(error.message).to.equal(
          `Example HR answered ${status} at 127.0.0.1:${source.port}/v1/people: No access. ${advice}`,
        )
        expect(source.received).to.have.length(1)
      })
    }

    for (const status of [301, 304, 307, 400, 404, 409, 422, 501]) {
      it(`${status}, unless the provider takes it for an answer`, async () => {
        answer([status, { Location: 'https://elsewhere.example/' }], [200])
        const error = await fail(ask(create()))
        expect(error.kind).to.equal('unexpected')
        expect(error.message).to.contain(`answered ${status}`)
        expect(source.received).to.have.length(1)
        answer([status], [200])
        const response = await create().fetch({ url: source.origin, accepts: [status] })
        expect(response.status).to.equal(status)
      })
    }

    for (const status of [401, 403, 429, 503]) {
      it(`an answer with ${status} where the provider wants to see it`, async () => {
        answer([status, {}, 'no'])
        const response = await create().fetch({ url: source.origin, accepts: [status] })
        expect(response).to.deep.include({ status, text: 'no' })
        expect(source.received).to.have.length(1)
      })
    }

    it('an answer that is longer than allowed', async () => {
      answer([200, {}, 'x'.repeat(1001)])
      const error = await fail(ask(create({ maxAnswerBytes: 1000 })))
      expect(error.kind).to.equal('unexpected')
      expect(error.message).to.contain('answers with more than 1000 bytes.')
      expect(source.received).to.have.length(1)
      answer([200, {}, 'x'.repeat(1000)])
      expect((await ask(create({ maxAnswerBytes: 1000 }))).text).to.have.length(1000)
    })
  })

  describe('says what the source says', () => {
    for (const [name, body, said] of [
      ['a text', 'Not  now,\r\n later', ': Not now, later.'],
      ['nothing', '', '.'],
      ['an error as text', '{"key":"bad","error":"Field is wrong."}', ': Field is wrong.'],
      ['an error in an object', '{"error":{"code":400,"message":"Field is wrong"}}', ': Field is wrong.'],
      ['errors in a list', '{"errors":[{"detail":"First"},{"detail":"Second"}]}', ': First.'],
      ['JSON without words', '{"code":17}', ': {"code":17}.'],
      ['a page for people', '<html><head><title>Bad Request</title></head><p>Hello</p>', ': Bad Request.'],
      ['XML', '<fault><text>Bad request</text></fault>', ': Bad request.'],
      ['a long text', 'é'.repeat(300), `: ${'é'.repeat(200)}…`],
      ['control characters', 'a\u0000b\u001b[31m', ': a b [31m.'],
    ] as const) {
      it(`of ${name}`, async () => {
        answer([400, {}, body])
        const error = await fail(ask(create()))
        expect(error.message).to.equal(`Example HR answered 400 at 127.0.0.1:${source.port}/v1/people${said}`)
      })
    }

    it('but nothing of headers, query and body of the request, also where the source quotes them', async () => {
      source.answer = ({ headers, path, body }, response) => {
        const [, basic = ''] = (headers.authorization ?? '').split(' ')
        const plain = Buffer.from(basic, 'base64').toString()
        response.writeHead(400).end([headers.authorization, plain, headers['x-key'], path, body].join('|'))
      }
      const context = create()
      const headers = {
        Authorization: `Basic ${Buffer.from('service-user:p:ass').toString('base64')}`,
        'X-Key': 'key-1234',
      }
      const url = `${source.origin}/v1?token=querysecret`
      for (const request of [
        { form: { client_secret: 'formsecret' } },
        { json: { client_secret: 'jsonsecret' } },
        { body: '<bodysecret/>' },
      ]) {
        const { message } = await fail(context.fetch({ method: 'POST', url, headers, ...request }))
        expect(message).to.contain('answered 400 at').and.contain('/v1:').and.contain('…')
        for (const secret of ['service-user', 'p:ass', 'Basic c2', 'key-1234', 'querysecret', 'formsecret']) {
          expect(message).not.to.contain(secret)
        }
        expect(message).not.to.contain('jsonsecret').and.not.to.contain('bodysecret')
      }
    })
  })

  describe('reads JSON', () => {
    async function read(text: string): Promise<Json> {
      answer([200, {}, text])
      return (await ask(create())).json()
    }

    for (const [text, value] of [
      ['{"id":3332883884017713449}', { id: '3332883884017713449' }],
      [
        '[-9007199254740993, 9007199254740991,9007199254740992]',
        ['-9007199254740993', 9007199254740991, '9007199254740992'],
      ],
      ['9007199254740993', '9007199254740993'],
      [
        '{"a":"said: 9007199254740993, \\"9007199254740993","b":9007199254740993}',
        { a: 'said: 9007199254740993, "9007199254740993', b: '9007199254740993' },
      ],
      ['{"9007199254740993":[1,\n\t9007199254740993 ]}', { '9007199254740993': [1, '9007199254740993'] }],
      [
        '[0.1234567890123456789, 1234567890123456789.5, 12345678901234567890e3]',
        [Number('0.1234567890123456789'), Number('1234567890123456789.5'), Number('12345678901234567890e3')],
      ],
      ['["\\\\",9007199254740993,"\\\\\\""]', ['\\', '9007199254740993', '\\"']],
      ['\uFEFF{"a":true}', { a: true }],
      ['{"__proto__":{"a":1}}', JSON.parse('{"__proto__":{"a":1}}') as Json],
    ] as const) {
      it(`without losing digits: ${text.slice(0, 60)}`, async () => {
        expect(await read(text)).to.deep.equal(value)
      })
    }

    it('with a long text of backslashes beside a long number', async () => {
      const text = '\\"\n'.repeat(1_000_000 / 10)
      expect(await read(JSON.stringify({ text, id: 1 }).replace('1}', '9007199254740993}'))).to.deep.equal({
        text,
        id: '9007199254740993',
      })
    })

    for (const text of ['', '<html>', '{"name":"Ada Lovelace",}', '{"id":9007199254740993', '[1] 2']) {
      it(`and says where there is none: ${text}`, async () => {
        answer([200, {}, text])
        const response = await ask(create(), '/v1/people?key=1')
        const error = await fail(Promise.resolve().then(() => response.json()))
        expect(error.kind).to.equal('unexpected')
        expect(error.message).to.equal(
          `Example HR answered with what is no JSON at 127.0.0.1:${source.port}/v1/people.`,
        )
        expect(error.cause).to.equal(undefined)
      })
    }
  })

  describe('does what is no HTTP', () => {
    it('within the same limit as requests, and one at a time', async () => {
      const context = create({ rateLimit: { requests: 2, perMs: 1000 } })
      let [working, most] = [0, 0]
      const work = async (): Promise<void> => {
        working += 1
        most = Math.max(most, working)
        await ask(create())
        working -= 1
      }
      await Promise.all([context.attempt(work), ask(context), context.attempt(work), context.attempt(work)])
      expect(most).to.equal(1)
      expect(waits).to.deep.equal([1000])
    })

    it('again, later and later, where it fails in passing, and five times at most', async () => {
      let attempts = 0
      const context = create()
      const error = await fail(
        context.attempt(() => {
          attempts += 1
          return Promise.reject(new ProviderError('transient', 'It is away.'))
        }),
      )
      expect(error.message).to.equal('It is away.')
      expect(attempts).to.equal(5)
      for (const [index, waitMs] of waits.entries()) expect(waitMs).to.be.within(1000 * 2 ** index, 2000 * 2 ** index)
      expect(waits).to.have.length(4)
    })

    it('again after the time that it says', async () => {
      const busy = new ProviderError('rate_limited', 'It is busy.', { retryAfterMs: 7000 })
      const outcomes = [busy, busy]
      const context = create()
      const done = await context.attempt(() => {
        const outcome = outcomes.pop()
        return outcome === undefined ? Promise.resolve('done') : Promise.reject(outcome)
      })
      expect(done).to.equal('done')
      expect(waits).to.deep.equal([7000, 7000])
    })

    it('but not again where that would take too long, or is of no use', async () => {
      const long = new ProviderError('rate_limited', 'It is busy.', { retryAfterMs: 600_000 })
      for (const error of [long, new ProviderError('settings', 'No.'), new ProviderError('unexpected', 'What?')]) {
        let attempts = 0
        const failed = await fail(
          create().attempt(() => {
            attempts += 1
            return Promise.reject(error)
          }),
        )
        expect(failed).to.equal(error)
        expect(attempts).to.equal(1)
      }
      expect(waits).to.deep.equal([])
    })

    it('at an address that may be connected to, and says settings of one that may not', async () => {
      expect(await create().resolve('127.0.0.1')).to.equal('127.0.0.1')
      const error = await fail(create({ allow: '' }).resolve('127.0.0.1'))
      expect(error.kind).to.equal('settings')
      expect(error.message).to.equal(
        'Example HR cannot be asked: 127.0.0.1 is at an address that is not public. The operator can allow it with OUTGOING_ALLOW.',
      )
    })
  })

  describe('ends at once when the run is cancelled', () => {
    const reason = new Error('cancelled')

    async function settle(promise: Promise<unknown>): Promise<unknown> {
      return promise.then(
        () => 'answered',
        (error: unknown) => error,
      )
    }

    it('before it is asked', async () => {
      const context = create()
      controller.abort(reason)
      expect(await settle(ask(context))).to.equal(reason)
      expect(source.received).to.have.length(0)
    })

    it('while the source answers, and for those behind', async () => {
      const context = create()
      source.answer = () => controller.abort(reason)
      const outcomes = await Promise.all([settle(ask(context)), settle(ask(context))])
      expect(outcomes).to.deep.equal([reason, reason])
      expect(source.received).to.have.length(1)
    })

    it('before what is no HTTP is tried again', async () => {
      let attempts = 0
      const work = (): Promise<never> => {
        attempts += 1
        controller.abort(reason)
        return Promise.reject(new ProviderError('settings', 'The work ended.'))
      }
      expect(await settle(create().attempt(work))).to.equal(reason)
      expect(await settle(create().attempt(work))).to.equal(reason)
      expect(attempts).to.equal(1)
    })

    it('while it waits', async () => {
      answer([429, { 'Retry-After': '100' }])
      const outgoing = createOutgoing({ allow: '127.0.0.1' })
      open.push(outgoing)
      const { signal } = controller
      const context = createSourceContext(
        { name: 'Example HR', rateLimit: unlimited },
        // Without a wait of its own it waits really.
        { outgoing, signal, now: () => new Date(clock) },
      )
      const { answer: take } = source
      source.answer = (received, response) => {
        response.on('close', () => setImmediate(() => controller.abort(reason)))
        take(received, response)
      }
      expect(await settle(ask(context))).to.equal(reason)
      expect(source.received).to.have.length(1)
    })
  })
})
