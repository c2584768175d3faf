// Headers as clients send them, and as nobody should.
import type { Chance } from './chance.ts'
import { drawString } from './odd-values.ts'
import type { Target } from './plans.ts'

export type Header = readonly [string, string]

/** `isPersonal` is said of a path that means something to a person only. */
export function drawHeaders(chance: Chance, target: Target, hasBody: boolean, isPersonal: boolean): Header[] {
  const headers: Header[] = [['Host', drawHost(chance, target)]]
  const isPerson = isPersonal && chance.is(0.85)
  const authorization = isPerson ? `Bearer ${target.tokens.person}` : drawAuthorization(chance, target)
  if (authorization !== undefined) headers.push(['Authorization', authorization])
  const contentType = hasBody || chance.is(0.1) ? drawContentType(chance) : undefined
  if (contentType !== undefined) headers.push(['Content-Type', contentType])
  if (chance.is(0.3)) headers.push(['Accept', drawAccept(chance)])
  if (chance.is(0.08)) headers.push(['If-Match', drawTag(chance)])
  if (chance.is(0.08)) headers.push(['If-None-Match', drawTag(chance)])
  if (chance.is(0.08)) headers.push(['Prefer', drawPreference(chance)])
  if (chance.is(0.02)) headers.push(drawOddHeader(chance))
  if (chance.is(0.02))
    headers.push(['Connection', chance.pick(['close', 'keep-alive', 'Upgrade', 'x', 'close, close'])])
  return chance.is(0.003) ? headers.filter(([name]) => name !== 'Host') : headers
}

function drawHost(chance: Chance, { host }: Target): string {
  if (chance.is(0.99)) return host
  return chance.pick([
    '',
    'a b',
    'evil.example/x',
    '[::1]',
    'x'.repeat(300),
    'a"b',
    'directory.example:99999',
    '%0d%0a',
    drawString(chance),
  ])
}

function drawAuthorization(chance: Chance, { tokens }: Target): string | undefined {
  return chance.weigh<() => string | undefined>([
    [80, () => `Bearer ${tokens.directory}`],
    [8, () => `Bearer ${tokens.strictDirectory}`],
    [4, () => `Bearer ${tokens.application}`],
    [1, () => `Bearer ${tokens.reader}`],
    [5, () => `Bearer ${tokens.person}`],
    [0.5, () => `bearer    ${tokens.directory} `],
    [0.5, () => undefined],
    [
      1,
      () =>
        chance.pick([
          '',
          'Bearer',
          'Bearer ',
          'Basic dXNlcjpwYXNz',
          `Bearer ${tokens.directory}x`,
          `Bearer ${tokens.directory} ${tokens.directory}`,
          'Bearer ey.ey.ey',
          'Bearer eyJhbGciOiJub25lIn0.eyJpc3MiOiJ4In0.',
          'Bearer eyJhbGciOiJub25lIn0.eyJpc3MiOnsiYSI6MX0sImF1ZCI6W1tdXX0.x',
          'Bearer eyJhbGciOiJub25lIn0.eyJpc3MiOiJcdTAwMDAiLCJhdWQiOiJcdWQ4MDAifQ.x',
          `Bearer ${'a'.repeat(chance.size(60_000))}`,
          `Bearer${' '.repeat(chance.size(60_000))}x`,
          `Bearer ${'a='.repeat(chance.size(20_000))}`,
          drawString(chance),
        ]),
    ],
  ])()
}

function drawContentType(chance: Chance): string | undefined {
  return chance.weigh<() => string | undefined>([
    [30, () => 'application/scim+json'],
    [6, () => 'application/json'],
    [4, () => 'application/scim+json; charset=utf-8'],
    [1, () => undefined],
    [
      1,
      () =>
        chance.pick([
          '',
          'text/plain',
          'application/xml',
          'application/x-www-form-urlencoded',
          'multipart/form-data; boundary=x',
          'application/scim+json; charset=latin1',
          'application/json; charset="utf-16"',
          'APPLICATION/JSON;CHARSET=UTF-8',
          'application/json;;;;',
          'application',
          ';charset=utf-8',
          'application/scim+json, text/plain',
          `application/json;${'a=b;'.repeat(chance.size(5000))}`,
          drawString(chance),
        ]),
    ],
  ])()
}

function drawAccept(chance: Chance): string {
  return chance.weigh<() => string>([
    [
      10,
      () =>
        chance.pick(['application/scim+json', 'application/json', '*/*', 'application/scim+json, application/json']),
    ],
    [
      2,
      () =>
        chance.pick([
          '',
          'text/html',
          'application/*',
          'application/json;q=0',
          '*/*;q=0.1',
          'application/json;version=1',
          ';;,,',
          'a/b/c',
        ]),
    ],
    [0.3, () => 'application/'.repeat(chance.size(4000))],
    [0.3, () => drawString(chance)],
  ])()
}

function drawTag(chance: Chance): string {
  return chance.weigh<() => string>([
    [5, () => `W/"${chance.integer(1, 12)}"`],
    [
      3,
      () =>
        chance.pick([
          '*',
          '"1"',
          '1',
          'W/"1", W/"2"',
          '"',
          '""',
          'W/',
          'w/"1"',
          ',,,',
          '"1" "2"',
          '-1',
          '1e400',
          '9'.repeat(40),
        ]),
    ],
    [0.3, () => 'W/"'.repeat(chance.size(15_000))],
    [0.3, () => drawString(chance)],
  ])()
}

function drawPreference(chance: Chance): string {
  return chance.weigh<() => string>([
    [
      5,
      () =>
        chance.pick(['return=minimal', 'return=representation', 'return="representation"', 'respond-async, wait=10']),
    ],
    [1, () => `return=${'representation '.repeat(chance.size(3000))}`],
    [1, () => drawString(chance)],
  ])()
}

function drawOddHeader(chance: Chance): Header {
  return chance.weigh<() => Header>([
    [
      3,
      () =>
        chance.pick<Header>([
          ['X-HTTP-Method-Override', 'DELETE'],
          ['X-Forwarded-Host', 'evil.example'],
          ['X-Forwarded-Proto', 'javascript'],
          ['Forwarded', 'for=1;host=evil.example'],
          ['Content-Encoding', 'gzip'],
          ['Content-Encoding', 'identity'],
          ['Content-Encoding', 'br, gzip'],
          ['Expect', '100-continue'],
          ['Expect', '200-ok'],
          ['Upgrade', 'h2c'],
          ['Upgrade', 'websocket'],
          ['TE', 'trailers'],
          ['Range', 'bytes=0-1'],
          ['Cookie', '__proto__=1; a=b'],
          ['Accept-Encoding', 'gzip'],
          ['If-Modified-Since', 'Thu, 01 Jan 1970 00:00:00 GMT'],
          ['Content-Type', 'text/plain'],
          ['Authorization', 'Bearer another'],
          ['Host', 'another.example'],
          ['adscimversion', '2.0'],
          ['__proto__', 'x'],
          ['constructor', 'x'],
        ]),
    ],
    [1, () => ['User-Agent', drawString(chance)]],
    [1, () => [`X-${'a'.repeat(chance.size(70_000))}`, 'x']],
    [1, () => ['X-Long', 'x'.repeat(chance.size(90_000))]],
    [0.5, () => [drawString(chance).slice(0, 40), drawString(chance).slice(0, 2000)]],
    [0.5, () => ['X-Test', 'a\r\nX-Injected: 1']],
  ])()
}
