// Mails go over SMTP as the URL says, and what the mail server does comes back as an answer.
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect } from 'chai'
import { AppError } from '../../server/errors.ts'
import { createMailer, type Mail, type Mailer, type MailResult } from '../../server/ops/mailer.ts'
import { createCertificate } from '../support/certificate.ts'
import { type MailServer, startMailServer } from '../support/mail-server.ts'

const from = 'Rollcall <rollcall@larkspur.example>'
const mail: Mail = { to: ['ana@larkspur.example'], subject: 'Welcome', text: 'Hello Ana', messageId: 'dlv_1' }

describe('mails', () => {
  let server: MailServer | undefined
  const mailers: Mailer[] = []

  afterEach(async () => {
    for (const mailer of mailers.splice(0)) mailer.close()
    await server?.close()
    server = undefined
  })

  function send(url: string, one: Mail = mail): Promise<MailResult> {
    const mailer = createMailer({ url, from })
    mailers.push(mailer)
    return mailer.send(one)
  }

  it('have sender, recipients, subject, text and HTML, and say that a program wrote them', async () => {
    server = await startMailServer()
    const result = await send(server.url, {
      ...mail,
      to: ['ana@larkspur.example', 'zoë@larkspur.example'],
      subject: 'Grüße, 你好',
      html: '<p>Hello</p>',
    })
    expect(result).to.deep.include({ isSent: true, status: 250 })
    const [received] = server.mails
    expect(received?.from).to.equal('rollcall@larkspur.example')
    expect(received?.to).to.deep.equal(['ana@larkspur.example', 'zoë@larkspur.example'])
    expect(received?.headers.get('from')).to.equal(from)
    expect(received?.headers.get('subject')).to.equal('Grüße, 你好')
    expect(received?.headers.get('message-id')).to.equal('<dlv_1@larkspur.example>')
    expect(received?.headers.get('auto-submitted')).to.equal('auto-generated')
    expect([received?.text.trim(), received?.html?.trim()]).to.deep.equal(['Hello Ana', '<p>Hello</p>'])
  })

  it('go one after the other over the same connection', async () => {
    let connections = 0
    server = await startMailServer({
      onConnect: (_session, done) => {
        connections++
        done()
      },
    })
    const mailer = createMailer({ url: server.url, from })
    mailers.push(mailer)
    for (const messageId of ['dlv_1', 'dlv_2', 'dlv_3']) await mailer.send({ ...mail, messageId })
    expect([server.mails.length, connections]).to.deep.equal([3, 1])
  })

  for (const [status, isFinal] of [
    [451, false],
    [421, false],
    [550, true],
    [554, true],
  ] as const) {
    it(`are ${isFinal ? 'given up' : 'sent again later'} where the server answers ${status}`, async () => {
      server = await startMailServer()
      server.answer = () => ({ status, message: 'mailbox trouble' })
      const result = await send(server.url)
      expect(result).to.deep.include({ isSent: false, isFinal, status })
      expect(result.message).to.contain('mailbox trouble')
    })
  }

  it('are given up where no recipient is known, and sent again where one may be later', async () => {
    const refuse = (status: number): Error => Object.assign(new Error('no such mailbox'), { responseCode: status })
    server = await startMailServer({
      onRcptTo: ({ address }, _session, done) => done(refuse(address.startsWith('busy') ? 450 : 550)),
    })
    const gone = await send(server.url)
    expect(gone).to.deep.include({ isSent: false, isFinal: true, status: 550 })
    const mixed = await send(server.url, { ...mail, to: ['ana@larkspur.example', 'busy@larkspur.example'] })
    expect(mixed).to.deep.include({ isSent: false, isFinal: false })
  })

  it('that some of the recipients cannot get are sent to the others, and say so', async () => {
    server = await startMailServer({
      onRcptTo: ({ address }, _session, done) => (address.startsWith('ben') ? done(new Error('unknown')) : done()),
    })
    const result = await send(server.url, { ...mail, to: ['ana@larkspur.example', 'ben@larkspur.example'] })
    expect(result.isSent).to.equal(true)
    expect(result.message).to.contain('ben@larkspur.example')
    expect(server.mails[0]?.to).to.deep.equal(['ana@larkspur.example'])
  })

  it('are sent again later where the server cannot be reached', async () => {
    server = await startMailServer()
    const { url } = server
    await server.close()
    const result = await send(url)
    server = undefined
    expect(result).to.deep.include({ isSent: false, isFinal: false })
    expect(result.message).to.contain('cannot be reached')
  })

  it('are given up for now where the server says nothing', async () => {
    const sockets: Socket[] = []
    const silent = createServer((socket) => sockets.push(socket))
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as AddressInfo
    const result = await send(`smtp://127.0.0.1:${port}?greetingTimeout=100`)
    expect(result).to.deep.include({ isSent: false, isFinal: false })
    expect(result.message).to.contain('in time')
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => silent.close(resolve))
  })

  it('are sent as the user of the URL, whose password nobody is told', async () => {
    server = await startMailServer({
      authOptional: false,
      allowInsecureAuth: true,
      onAuth: ({ username, password }, _session, done) =>
        username === 'ana' && password === 'p@ss word'
          ? done(null, { user: username })
          : done(new Error(`wrong password ${password}`)),
    })
    const at = `@127.0.0.1:${server.port}`
    expect((await send(`smtp://ana:p%40ss%20word${at}`)).isSent).to.equal(true)
    const refused = await send(`smtp://ana:letmein${at}`)
    expect(refused).to.deep.include({ isSent: false, isFinal: false, status: 535 })
    expect(refused.message).not.to.contain('letmein')
  })

  it('are not sent in the clear where the URL asks for TLS, nor to a server whose certificate is not trusted', async () => {
    server = await startMailServer()
    expect(await send(`${server.url}?requireTLS=true`)).to.deep.include({ isSent: false, isFinal: false })
    expect(server.mails).to.deep.equal([])
    await server.close()
    server = await startMailServer({ secure: true, ...createCertificate() })
    expect(await send(server.url)).to.deep.include({ isSent: false, isFinal: false })
    expect((await send(`${server.url}?tls.rejectUnauthorized=false`)).isSent).to.equal(true)
  })

  for (const wrong of [undefined, '', 'Rollcall', 'a@b.example, c@d.example', 'Rollcall <rollcall>']) {
    it(`have no sender ${JSON.stringify(wrong)}`, () => {
      expect(() => createMailer({ url: 'smtp://localhost', from: wrong }))
        .to.throw(AppError, /^MAIL_FROM/)
        .with.property('code', 'config_invalid')
    })
  }

  it('need a URL that is one', () => {
    expect(() => createMailer({ url: 'smtp://user:pass@host:port', from }))
      .to.throw(AppError, /^SMTP_URL must be a URL;/)
      .with.property('code', 'config_invalid')
  })
})
