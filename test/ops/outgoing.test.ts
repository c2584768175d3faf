// Requests to where others say: only to public addresses over TLS, unless the operator allows more; never longer than they may take.
import { expect } from 'chai'
import { createServer, type Server, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { AppError } from '../../server/errors.ts'
import { createOutgoing, type Lookup, type Outgoing, OutgoingError } from '../../server/ops/outgoing.ts'
import type { OutgoingOptions } from '../../server/ops/outgoing.ts'
import { type Certificate, createCertificate } from '../support/certificate.ts'
import { type Receiver, startReceiver } from '../support/receiver.ts'

/** Every spelling of an address that is not public, as a host in a URL. */
const privateHosts: readonly (readonly [string, string])[] = [
  ['loopback', '127.0.0.1'],
  ['loopback, another one', '127.8.9.10'],
  ['loopback as one number', '2130706433'],
  ['loopback in hexadecimal', '0x7f000001'],
  ['loopback in octal', '0177.0.0.1'],
  ['loopback in two parts', '127.1'],
  ['loopback in full-width digits', '１２７.０.０.１'],
  ['loopback with a dot at the end', '127.0.0.1.'],
  ['loopback, percent-encoded', '%31%32%37.0.0.1'],
  ['this host', '0.0.0.0'],
  ['this network', '0.1.2.3'],
  ['private A', '10.0.0.1'],
  ['private B', '172.16.0.1'],
  ['the end of private B', '172.31.255.255'],
  ['private C', '192.168.1.1'],
  ['carrier-grade NAT', '100.64.0.1'],
  ['link-local', '169.254.1.1'],
  ['cloud metadata', '169.254.169.254'],
  ['cloud metadata as one number', '2852039166'],
  ['cloud metadata of Alibaba', '100.100.100.200'],
  ['cloud metadata of Azure', '168.63.129.16'],
  ['IETF protocol assignments', '192.0.0.8'],
  ['documentation', '192.0.2.1'],
  ['benchmarks', '198.18.0.1'],
  ['documentation 2', '198.51.100.1'],
  ['documentation 3', '203.0.113.1'],
  ['6to4 relays', '192.88.99.1'],
  ['multicast', '224.0.0.1'],
  ['reserved', '240.0.0.1'],
  ['broadcast', '255.255.255.255'],
  ['IPv6 loopback', '[::1]'],
  ['IPv6 loopback in full', '[0:0:0:0:0:0:0:1]'],
  ['IPv6 unspecified', '[::]'],
  ['IPv4-mapped loopback', '[::ffff:127.0.0.1]'],
  ['IPv4-mapped private in hexadecimal', '[::ffff:a00:1]'],
  ['IPv4-mapped metadata', '[::ffff:169.254.169.254]'],
  ['IPv4-compatible loopback', '[::127.0.0.1]'],
  ['IPv4-translated loopback', '[::ffff:0:127.0.0.1]'],
  ['NAT64 of private', '[64:ff9b::10.0.0.1]'],
  ['NAT64 of metadata', '[64:ff9b::a9fe:a9fe]'],
  ['local NAT64', '[64:ff9b:1::8.8.8.8]'],
  ['6to4 of private', '[2002:a00:1::1]'],
  ['6to4 of public', '[2002:808:808::1]'],
  ['Teredo', '[2001::1]'],
  ['unique local', '[fd12:3456:789a::1]'],
  ['cloud metadata of AWS', '[fd00:ec2::254]'],
  ['IPv6 link-local', '[fe80::1]'],
  ['site-local', '[fec0::1]'],
  ['IPv6 multicast', '[ff02::1]'],
  ['discarded', '[100::1]'],
  ['IPv6 documentation', '[2001:db8::1]'],
  ['ORCHID', '[2001:20::1]'],
  ['segment routing', '[5f00::1]'],
  ['localhost', 'localhost'],
  ['localhost in capitals', 'LOCALHOST'],
  ['localhost with a dot', 'localhost.'],
  ['below localhost', 'hooks.localhost'],
]

describe('outgoing requests', () => {
  const open: { close(): unknown }[] = []
  afterEach(async () => {
    for (const one of open.splice(0).toReversed()) await one.close()
  })

  function create(options: OutgoingOptions = {}): Outgoing {
    const outgoing = createOutgoing(options)
    open.push(outgoing)
    return outgoing
  }

  async function receive(certificate?: Certificate): Promise<Receiver> {
    const receiver = await startReceiver(certificate)
    open.push(receiver)
    return receiver
  }

  /** Answers raw bytes; `speak` gets each connection when something came on it. */
  async function speakRaw(speak: (socket: Socket) => void): Promise<string> {
    const sockets = new Set<Socket>()
    const server: Server = createServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
      socket.once('data', () => speak(socket))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    open.push({
      close: () => {
        for (const socket of sockets) socket.destroy()
        server.close()
      },
    })
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  /** What kept a request from an answer. */
  async function fail(outgoing: Outgoing, url: string, timeoutMs = 15_000): Promise<string> {
    try {
      const { status } = await outgoing.send({ method: 'POST', url, headers: {}, body: '{}', timeoutMs })
      return `answered ${status}`
    } catch (error) {
      expect(error).to.be.instanceOf(OutgoingError)
      return (error as OutgoingError).message
    }
  }

  /** The address of a host, or why there is none. */
  async function findAddress(outgoing: Outgoing, host: string): Promise<string> {
    try {
      return await outgoing.resolve(host)
    } catch (error) {
      expect(error).to.be.instanceOf(OutgoingError)
      return (error as OutgoingError).message
    }
  }

  function refuse(outgoing: Outgoing, url: string, requiresTls = false): string {
    try {
      outgoing.check(url, { requiresTls })
      return 'taken'
    } catch (error) {
      expect(error).to.be.instanceOf(AppError)
      expect((error as AppError).code).to.equal('invalid_value')
      return (error as AppError).message
    }
  }

  describe('to addresses that are not public', () => {
    for (const [name, host] of privateHosts) {
      it(`are refused when the URL is stored, and when it is called: ${name}`, async () => {
        const outgoing = create()
        expect(refuse(outgoing, `https://${host}/hook`)).to.contain('is at an address that is not public')
        expect(await fail(outgoing, `https://${host}:1/hook`)).to.contain('is at an address that is not public')
      })

      if (host.toLowerCase().includes('localhost')) continue
      it(`are refused where a name leads there: ${name}`, async () => {
        const address = new URL(`https://${host}`).hostname.replace(/^\[(.*)\]$/, '$1')
        const family = address.includes(':') ? 6 : 4
        const outgoing = create({ lookup: async () => [{ address, family }] })
        expect(refuse(outgoing, 'https://hooks.example/')).to.equal('taken')
        const refused = await fail(outgoing, 'https://hooks.example:1/')
        expect(refused).to.equal(
          'hooks.example is at an address that is not public. The operator can allow it with OUTGOING_ALLOW.',
        )
      })
    }

    it('are given to nobody for a connection that is no HTTP, and neither is a name that leads there', async () => {
      for (const [name, host] of privateHosts) {
        if (host.toLowerCase().includes('localhost')) continue
        const address = new URL(`https://${host}`).hostname.replace(/^\[(.*)\]$/, '$1')
        const lookup: Lookup = async () => [
          { address: '8.8.8.8', family: 4 },
          { address, family: address.includes(':') ? 6 : 4 },
        ]
        for (const asked of [address, 'ldap.example']) {
          const refused = await findAddress(create({ lookup }), asked)
          expect(refused, `${name}: ${asked}`).to.equal(
            `${asked} is at an address that is not public. The operator can allow it with OUTGOING_ALLOW.`,
          )
        }
      }
    })

    it('are refused where one of several addresses of a name is private', async () => {
      const lookup: Lookup = async () => [
        { address: '8.8.8.8', family: 4 },
        { address: '10.0.0.1', family: 4 },
      ]
      expect(await fail(create({ lookup }), 'https://hooks.example/')).to.contain('not public')
    })

    it('go nowhere else than to the address that was checked, whatever the name leads to a moment later', async () => {
      const receiver = await receive()
      let asked = 0
      const lookup: Lookup = async () => {
        asked += 1
        return [{ address: asked === 1 ? '127.0.0.1' : '10.255.255.1', family: 4 }]
      }
      const outgoing = create({ allow: '127.0.0.1', lookup })
      expect(await fail(outgoing, `http://hooks.example:${receiver.port}/a`)).to.equal('answered 200')
      expect(asked).to.equal(1)
      expect(receiver.received).to.have.length(1)
      // Another connection, another look.
      const other = await receive()
      expect(await fail(outgoing, `http://hooks.example:${other.port}/`)).to.contain('must be called with https')
      expect(asked).to.equal(2)
      expect(other.received).to.have.length(0)
    })
  })

  for (const address of [
    '8.8.8.8',
    '1.1.1.1',
    '[2606:4700::1111]',
    '[64:ff9b::8.8.8.8]',
    '[::ffff:8.8.8.8]',
    '172.32.0.1',
  ]) {
    it(`go to public addresses: ${address}`, () => {
      expect(refuse(create(), `https://${address}/`)).to.equal('taken')
    })
  }

  for (const [url, message] of [
    ['hooks.example', 'url must be an https URL'],
    ['ftp://hooks.example/', 'url must be an https URL'],
    ['file:///etc/passwd', 'url must be an https URL'],
    [`https://hooks.example/${'a'.repeat(8000)}`, 'url must be an https URL'],
    ['https://user@hooks.example/', 'no user name and no password'],
    ['https://user:secret@hooks.example/', 'no user name and no password'],
    ['https://:secret@hooks.example/', 'no user name and no password'],
    ['http://hooks.example/', 'must be called with https'],
    ['http://8.8.8.8/', 'must be called with https'],
  ] as const) {
    it(`are not made of ${url.slice(0, 40)}`, async () => {
      const outgoing = create()
      expect(refuse(outgoing, url)).to.contain(message).and.not.to.contain('secret')
      expect(await fail(outgoing, url))
        .to.contain(message)
        .and.not.to.contain('secret')
    })
  }

  it('have an address for a connection that is no HTTP, where one may be made', async () => {
    const lookup: Lookup = async (hostname) => {
      if (hostname === 'gone.example') throw Object.assign(new Error('not found'), { code: 'ENOTFOUND' })
      if (hostname === 'empty.example') return []
      return [{ address: hostname === 'dc1.internal' ? '10.0.0.1' : '8.8.8.8', family: 4 }]
    }
    const outgoing = create({ lookup, allow: 'dc1.internal,192.168.7.0/24' })
    expect(await findAddress(outgoing, 'ldap.example')).to.equal('8.8.8.8')
    expect(await findAddress(outgoing, '1.1.1.1')).to.equal('1.1.1.1')
    expect(await findAddress(outgoing, 'dc1.internal')).to.equal('10.0.0.1')
    expect(await findAddress(outgoing, '192.168.7.9')).to.equal('192.168.7.9')
    expect(await findAddress(outgoing, '192.168.8.9')).to.contain('not public')
    expect(await findAddress(outgoing, 'gone.example')).to.equal('gone.example is no name that can be found.')
    expect(await findAddress(outgoing, 'empty.example')).to.equal('empty.example is no name that can be found.')
  })

  describe('that the operator allows', () => {
    it('go to named hosts wherever they lead, also without TLS, and to no others', async () => {
      const receiver = await receive()
      const lookup: Lookup = async () => [{ address: '127.0.0.1', family: 4 }]
      const outgoing = create({ allow: 'hooks.internal, *.corp.example', lookup })
      for (const host of ['hooks.internal', 'HOOKS.internal.', 'a.corp.example', 'a.b.corp.example']) {
        expect(refuse(outgoing, `http://${host}/`), host).to.equal('taken')
        expect(await fail(outgoing, `http://${host}:${receiver.port}/`), host).to.equal('answered 200')
      }
      for (const host of ['corp.example', 'acorp.example', 'hooks.internal.example', 'other.internal', '127.0.0.1']) {
        expect(refuse(outgoing, `http://${host}/`), host).not.to.equal('taken')
        expect(await fail(outgoing, `https://${host}:${receiver.port}/`), host).to.contain('not public')
      }
    })

    it('go into named networks by address and by name', async () => {
      const receiver = await receive()
      const lookup: Lookup = async (name) => [{ address: name.startsWith('in') ? '127.0.0.1' : '10.0.0.1', family: 4 }]
      const outgoing = create({ allow: '127.0.0.0/8,fd00::/8', lookup })
      expect(await fail(outgoing, `http://127.0.0.1:${receiver.port}/`)).to.equal('answered 200')
      expect(await fail(outgoing, `http://[::ffff:127.0.0.1]:${receiver.port}/`)).to.equal('answered 200')
      expect(await fail(outgoing, `http://inside.example:${receiver.port}/`)).to.equal('answered 200')
      expect(await fail(outgoing, 'http://outside.example/')).to.contain('must be called with https')
      expect(await fail(outgoing, 'https://outside.example/')).to.contain('not public')
      expect(refuse(outgoing, 'https://[fd00::1]/')).to.equal('taken')
      expect(refuse(outgoing, 'https://[fe80::1]/')).to.contain('not public')
    })

    it('are private ones with the word private, but not where clouds keep credentials', () => {
      const outgoing = create({ allow: 'private' })
      for (const host of ['10.0.0.1', '192.168.1.1', '172.16.0.1', '100.64.0.1', 'localhost', '[::1]', '[fd12::1]']) {
        expect(refuse(outgoing, `http://${host}/`), host).to.equal('taken')
      }
      for (const host of [
        '169.254.169.254',
        '[fd00:ec2::254]',
        '100.100.100.200',
        '168.63.129.16',
        '224.0.0.1',
        '[::]',
      ]) {
        expect(refuse(outgoing, `https://${host}/`), host).to.contain('not public')
      }
      expect(refuse(create({ allow: '169.254.169.254' }), 'http://169.254.169.254/')).to.equal('taken')
    })

    it('use TLS all the same where the protocol wants it', async () => {
      const outgoing = create({ allow: 'private' })
      expect(refuse(outgoing, 'http://127.0.0.1/', true)).to.equal('url must begin with https.')
      const sent = outgoing.send({ method: 'POST', url: 'http://127.0.0.1/', headers: {}, requiresTls: true })
      expect(await sent.catch((error: Error) => error.message)).to.equal('url must begin with https.')
    })

    for (const allow of [
      '10.0.0.0/33',
      '10.0.0.300',
      'hooks.internal:8080',
      'http://hooks.internal',
      '*',
      '10.*',
      'a b',
      '-.internal',
    ]) {
      it(`must be a list of hosts and networks: ${allow}`, () => {
        expect(() => createOutgoing({ allow })).to.throw(AppError, 'OUTGOING_ALLOW')
      })
    }
  })

  describe('of receivers that misbehave', () => {
    it('do not follow redirects', async () => {
      const receiver = await receive()
      const target = await receive()
      receiver.answer = (_request, response) => response.writeHead(307, { Location: `${target.origin}/x` }).end('moved')
      const outgoing = create({ allow: '127.0.0.1' })
      const answer = await outgoing.send({ method: 'POST', url: receiver.origin, headers: {}, body: '{}' })
      expect(answer).to.deep.include({ status: 307, body: 'moved' })
      expect(answer.headers['location']).to.equal(`${target.origin}/x`)
      expect(target.received).to.have.length(0)
    })

    it('end in time where nothing is answered', async () => {
      const receiver = await receive()
      receiver.answer = () => undefined
      const message = await fail(create({ allow: '127.0.0.1' }), receiver.origin, 200)
      expect(message).to.equal(`127.0.0.1:${receiver.port} did not answer to the end within 0.2 s.`)
    })

    it('end in time where the answer comes in drops', async () => {
      const receiver = await receive()
      const drops = new Set<NodeJS.Timeout>()
      receiver.answer = (_request, response) => {
        response.writeHead(200)
        drops.add(setInterval(() => response.write('x'), 20))
      }
      const startedAt = performance.now()
      const message = await fail(create({ allow: '127.0.0.1' }), receiver.origin, 300)
      for (const drop of drops) clearInterval(drop)
      expect(message).to.contain('did not answer to the end')
      expect(performance.now() - startedAt).to.be.lessThan(3000)
    })

    it('end in time where the connection is not taken up', async () => {
      const lookup: Lookup = () => new Promise(() => undefined)
      expect(await fail(create({ lookup }), 'https://hooks.example/', 200)).to.contain('did not answer to the end')
    })

    it('keep 64 kB of an answer that does not end', async () => {
      const receiver = await receive()
      const closed = new Promise<void>((resolve) => {
        receiver.answer = (_request, response) => {
          const pour = (): void => {
            while (response.write('é'.repeat(32_768)));
          }
          response.on('drain', pour).on('close', resolve)
          pour()
        }
      })
      const outgoing = create({ allow: '127.0.0.1' })
      const answer = await outgoing.send({ method: 'POST', url: receiver.origin, headers: {}, body: '{}' })
      expect(answer.body).to.equal('é'.repeat(32_768))
      await closed
    })

    it('keep an answer that is no text as text', async () => {
      const receiver = await receive()
      receiver.answer = (_request, response) =>
        response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(Buffer.from([0, 255, 65]))
      const outgoing = create({ allow: '127.0.0.1' })
      const answer = await outgoing.send({ method: 'GET', url: receiver.origin, headers: {} })
      expect(answer.body).to.equal('\0\uFFFDA')
    })

    for (const [name, bytes, message] of [
      ['what is no HTTP', 'SSH-2.0-OpenSSH_9.9\r\n', 'answers no HTTP'],
      ['nothing', '', 'closed the connection before it had answered'],
      [
        'half an answer',
        'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf',
        'closed the connection before it had answered',
      ],
      [
        'too many headers',
        `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`,
        'answers with headers that are too long',
      ],
    ] as const) {
      it(`say in words that it answers ${name}`, async () => {
        const url = await speakRaw((socket) => socket.end(bytes))
        expect(await fail(create({ allow: '127.0.0.1' }), url)).to.equal(`${new URL(url).host} ${message}.`)
      })
    }

    it('say in words that the connection is refused or reset, and that the name does not exist', async () => {
      const outgoing = create({ allow: '127.0.0.1' })
      const receiver = await startReceiver()
      await receiver.close()
      const { host } = new URL(receiver.origin)
      expect(await fail(outgoing, receiver.origin)).to.equal(`${host} refuses the connection.`)
      const url = await speakRaw((socket) => socket.resetAndDestroy())
      expect(await fail(outgoing, url)).to.contain('closed the connection before it had answered')
      const none = create({ lookup: async () => [] })
      expect(await fail(none, 'https://hooks.example/')).to.equal('hooks.example is no name that can be found.')
    })
  })

  describe('whose answer is wanted whole', () => {
    const send = (outgoing: Outgoing, url: string, maxAnswerBytes: number) =>
      outgoing.send({ method: 'GET', url, headers: {}, maxAnswerBytes })

    it('keep all of it, up to the limit', async () => {
      const receiver = await receive()
      const text = 'é'.repeat(500_000)
      receiver.answer = (_request, response) => response.end(text)
      const { body } = await send(create({ allow: '127.0.0.1' }), receiver.origin, 1_000_000)
      expect(body === text).to.equal(true)
    })

    it('fail where it is longer, with or without an end', async () => {
      const receiver = await receive()
      const outgoing = create({ allow: '127.0.0.1' })
      const closed = new Promise<void>((resolve) => {
        receiver.answer = (_request, response) => {
          const pour = (): void => {
            while (response.write('x'.repeat(65_536)));
          }
          response.on('drain', pour).on('close', resolve)
          pour()
        }
      })
      const endless = await send(outgoing, receiver.origin, 1_000_000).catch((error: unknown) => error)
      await closed
      receiver.answer = (_request, response) => response.end('x'.repeat(1001))
      const long = await send(outgoing, receiver.origin, 1000).catch((error: unknown) => error)
      for (const [error, limit] of [
        [endless, 1_000_000],
        [long, 1000],
      ] as const) {
        expect(error)
          .to.be.instanceOf(OutgoingError)
          .and.to.include({
            fault: 'too_long',
            message: `127.0.0.1:${receiver.port} answers with more than ${limit} bytes.`,
          })
      }
    })

    it('go to URLs with long queries, but not with endless ones', async () => {
      const receiver = await receive()
      const outgoing = create({ allow: '127.0.0.1' })
      const url = `${receiver.origin}/?${'a'.repeat(6000)}`
      expect((await send(outgoing, url, 1000)).status).to.equal(200)
      expect(refuse(outgoing, url)).to.contain('at most 2000 characters')
      expect(await fail(outgoing, `${receiver.origin}/?${'a'.repeat(8000)}`)).to.contain('at most 8000 characters')
      expect(receiver.received).to.have.length(1)
    })
  })

  describe('that the caller ends', () => {
    const reason = new Error('not wanted any more')

    async function end(outgoing: Outgoing, url: string, signal: AbortSignal, timeoutMs = 15_000): Promise<unknown> {
      const sent = outgoing.send({ method: 'GET', url, headers: {}, signal, timeoutMs })
      return sent.catch((error: unknown) => error)
    }

    it('throw the reason, and are not sent where it ended before', async () => {
      const receiver = await receive()
      const outgoing = create({ allow: '127.0.0.1' })
      expect(await end(outgoing, receiver.origin, AbortSignal.abort(reason))).to.equal(reason)
      expect(receiver.received).to.have.length(0)
    })

    it('throw the reason at once, and hang up', async () => {
      const receiver = await receive()
      const outgoing = create({ allow: '127.0.0.1' })
      const controller = new AbortController()
      const closed = new Promise<void>((resolve) => {
        receiver.answer = (_request, response) => {
          response.on('close', resolve)
          controller.abort(reason)
        }
      })
      expect(await end(outgoing, receiver.origin, controller.signal)).to.equal(reason)
      await closed
    })

    it('throw the reason while the name is looked up', async () => {
      const controller = new AbortController()
      const lookup: Lookup = () => {
        controller.abort(reason)
        return new Promise(() => undefined)
      }
      expect(await end(create({ lookup }), 'https://hooks.example/', controller.signal)).to.equal(reason)
    })

    it('end in time all the same', async () => {
      const receiver = await receive()
      receiver.answer = () => undefined
      const { signal } = new AbortController()
      const error = await end(create({ allow: '127.0.0.1' }), receiver.origin, signal, 200)
      expect(error).to.be.instanceOf(OutgoingError).and.to.include({ fault: 'failed' })
    })
  })

  it('say whether nothing was sent or something failed', async () => {
    const lookup: Lookup = async () => [{ address: '10.0.0.1', family: 4 }]
    const { port } = await receive()
    for (const [url, fault] of [
      ['https://10.0.0.1/', 'refused'],
      ['https://hooks.example/', 'refused'],
      [`https://127.0.0.1:${port}/`, 'failed'],
    ] as const) {
      const sent = create({ allow: '127.0.0.1', lookup }).send({ method: 'GET', url, headers: {} })
      expect(await sent.catch((error: unknown) => error)).to.include({ fault })
    }
  })

  describe('over TLS', () => {
    it('trust who a certificate names that somebody trusted vouches for', async () => {
      const certificate = createCertificate()
      const receiver = await receive(certificate)
      expect(await fail(create({ allow: 'localhost', ca: certificate.cert }), receiver.origin)).to.equal('answered 200')
      expect(receiver.received).to.have.length(1)
    })

    for (const [options, isTrusted, message] of [
      [{ until: Date.now() - 1000 }, true, 'has a certificate that has expired'],
      [{ name: 'elsewhere.example' }, true, 'has a certificate for another name'],
      [{}, false, 'has a certificate that only it vouches for'],
    ] as const) {
      it(`say in words that the receiver ${message}`, async () => {
        const certificate = createCertificate(options)
        const receiver = await receive(certificate)
        const outgoing = create({ allow: 'localhost', ...(isTrusted && { ca: certificate.cert }) })
        expect(await fail(outgoing, receiver.origin)).to.equal(`localhost:${receiver.port} ${message}.`)
        expect(receiver.received).to.have.length(0)
      })
    }

    it('say in words that the receiver speaks no TLS', async () => {
      const receiver = await receive()
      const url = receiver.origin.replace('http:', 'https:')
      expect(await fail(create({ allow: '127.0.0.1' }), url)).to.contain('speaks no TLS that can be agreed on')
    })
  })

  it('keep connections for the next request', async () => {
    const receiver = await receive()
    const ports = new Set<unknown>()
    receiver.answer = (_request, response) => {
      ports.add(response.socket?.remotePort)
      response.end('ok')
    }
    const outgoing = create({ allow: '127.0.0.1' })
    for (let count = 0; count < 8; count++) expect(await fail(outgoing, receiver.origin)).to.equal('answered 200')
    // The second request may come before the connection of the first one is free again.
    expect(ports.size).to.be.at.most(2)
    expect(receiver.received[0]?.headers['user-agent']).to.equal('Rollcall')
  })

  it('ask for the addresses of a name once for all that want them at the same time', async () => {
    const receiver = await receive()
    let asked = 0
    const lookup: Lookup = async () => {
      asked += 1
      return [{ address: '127.0.0.1', family: 4 }]
    }
    const outgoing = create({ allow: '127.0.0.1', lookup })
    const url = `http://hooks.example:${receiver.port}/`
    await Promise.all(
      Array.from({ length: 10 }, async () => expect(await fail(outgoing, url)).to.equal('answered 200')),
    )
    expect(asked).to.equal(1)
  })
})
