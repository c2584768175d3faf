// /docs is one page that needs nothing else, and shows every operation.
import { expect } from 'chai'
import supertest from 'supertest'
import { html, prose } from '../../server/api/html.ts'
import type { OpenApiDocument } from '../../server/api/openapi.ts'
import { readOpenApi } from '../support/answers.ts'
import { getApp } from '../support/app.ts'
import { withApp } from '../support/protocol.ts'
import { sendRaw } from '../support/raw-http.ts'

const voidElements = new Set(['meta', 'br', 'wbr', 'hr'])

describe('/docs', () => {
  let text: string
  let headers: Record<string, string>
  let document: OpenApiDocument
  before(async () => {
    const { server } = await getApp()
    const reply = await supertest(server).get('/docs')
    expect(reply.status).to.equal(200)
    text = reply.text
    headers = reply.headers
    document = await readOpenApi()
  })

  const find = (pattern: RegExp): string[] => [...text.matchAll(pattern)].map((match) => match[1] ?? '')

  it('is for everyone, and lets nothing from elsewhere in', async () => {
    expect(headers['content-type']).to.equal('text/html; charset=utf-8')
    expect(headers['content-security-policy']).to.match(/^default-src 'none'; style-src 'unsafe-inline';/)
    expect(headers['x-content-type-options']).to.equal('nosniff')
    expect(text).not.to.match(/<script|<link|<img|<iframe|<form|\ssrc=|\son\w+=|@import|url\(/i)
    expect(find(/href="([^"]*)"/g).filter((target) => !/^(#[\w-]+|\/openapi\.json)$/.test(target))).to.deep.equal([])
  })

  it('has an anchor for each operation and each shape, and every link leads to something', () => {
    const ids = find(/\sid="([^"]*)"/g)
    expect(new Set(ids).size).to.equal(ids.length)
    for (const target of find(/href="#([^"]*)"/g)) expect(ids).to.include(target)
    for (const methods of Object.values(document.paths)) {
      for (const { operationId } of Object.values(methods)) {
        expect(ids).to.include(operationId)
        expect(text).to.contain(`href="#${operationId}"`)
      }
    }
    expect(ids).to.include.members(Object.keys(document.components.schemas))
  })

  it('shows of each operation its parameters, a curl line and an answer', () => {
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const { operationId, parameters = [], responses } of Object.values(methods)) {
        const section = text.slice(text.indexOf(`id="${operationId}"`)).split('</section>', 1)[0] ?? ''
        for (const { name } of parameters) expect(section, operationId).to.contain(`<code>${name}</code>`)
        expect(section, operationId).to.contain('curl').and.to.contain('Authorization: Bearer $TOKEN')
        expect(section, operationId).to.contain(path.split('{', 1)[0])
        for (const status of Object.keys(responses)) expect(section, operationId).to.contain(status)
      }
    }
  })

  it('is well-formed, can be read by the keyboard alone, and on any screen', () => {
    const open: string[] = []
    for (const [, closing, name = ''] of text.matchAll(/<(\/?)([a-z][a-z0-9]*)\b[^>]*>/g)) {
      if (voidElements.has(name)) continue
      if (closing === '') open.push(name)
      else expect(open.pop()).to.equal(name)
    }
    expect(open).to.deep.equal([])
    expect(text).to.match(/^<!doctype html>\s*<html lang="en">/)
    expect(text).to.contain('<meta name="viewport" content="width=device-width, initial-scale=1"')
    expect(text).to.contain('prefers-color-scheme: dark')
    // Nothing scrolls by itself, so that the keyboard reaches all of it.
    expect(text).not.to.match(/overflow(-x)?: (auto|scroll)/)
    expect(text).to.contain('pre { white-space: pre-wrap;').and.to.contain('class="skip" href="#content"')
  })

  it('names the origin that the client used in its curl lines, and another where that is none', async () => {
    const { server, origin } = await getApp()
    expect((await supertest(server).get('/docs')).text).to.contain(`&#39;${origin}/v1/hr/employees&#39;`)
    const hostile = await sendRaw(
      origin,
      'GET /docs HTTP/1.1\r\nHost: x"><script>alert(1)</script>\r\nConnection: close\r\n\r\n',
    )
    expect(hostile.status).to.equal(200)
    expect(hostile.text).to.contain('https://rollcall.example/v1/hr').and.not.to.contain('<script')
    await withApp({ PUBLIC_URL: 'https://people.example' }, async (own) => {
      expect(await (await fetch(`${own}/docs`)).text()).to.contain('https://people.example/v1/hr/employees')
    })
  })

  it('is read, and nothing else', async () => {
    const { server } = await getApp()
    const head = await supertest(server).head('/docs')
    expect([head.status, head.text]).to.deep.equal([200, undefined])
    const refused = await supertest(server).post('/docs')
    expect([refused.status, refused.headers['allow']]).to.deep.equal([405, 'GET, HEAD'])
    const options = await supertest(server).options('/docs')
    expect([options.status, options.headers['allow']]).to.deep.equal([204, 'GET, HEAD, OPTIONS'])
  })

  it('escapes whatever is text', () => {
    const odd = `<b a="1" c='2'>&amp;</b>`
    const escaped = '&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp;&lt;/b&gt;'
    expect(html`<p title="${odd}">${[odd, html`<i>${odd}</i>`]}</p>`.text).to.equal(
      `<p title="${escaped}">${escaped}<i>${escaped}</i></p>`,
    )
    expect(html`${prose('a `<b>` c')}`.text).to.equal('a <code>&lt;b&gt;</code> c')
  })
})
