// docs/resource-types.md is true: its commands are run as they stand there, and answer what stands below them.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import { create, device, exampleFolder, withTypesOf } from '../support/resource-types.ts'
import type { Body } from '../support/scim-client.ts'

const guide = readFileSync(path.resolve(import.meta.dirname, '../../docs/resource-types.md'), 'utf8')

interface Block {
  readonly language: string
  readonly file: string | undefined
  readonly text: string
}

const blocks: readonly Block[] = [...guide.matchAll(/^```(\w+) ?(\S+)?\n(.*?)^```$/gms)].map(
  ([, language = '', file, text = '']) => ({ language, file, text }),
)

/** The words of a command as a shell reads them: quotes go, and variables of `known` are put in outside of single ones. */
function readWords(command: string, known: Readonly<Record<string, string>>): string[] {
  const substitute = (text: string): string => text.replace(/\$(\w+)/g, (_, name: string) => known[name] ?? '')
  return [...command.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"]+)+/g)].map(([word]) =>
    word.replace(/'([^']*)'|"([^"]*)"|([^'"]+)/g, (_, single?: string, double?: string, bare?: string) =>
      single === undefined ? substitute(double ?? bare ?? '') : single,
    ),
  )
}

/** Sends what a curl command would send. */
async function runCurl(words: readonly string[]): Promise<Body> {
  const headers: Record<string, string> = {}
  let [url, body, method]: (string | undefined)[] = []
  const parameters: string[] = []
  const rest = words.slice(1)
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '-H') {
      const [name = '', value = ''] = (rest.shift() ?? '').split(': ')
      headers[name] = value
    } else if (word === '-d') body = rest.shift()
    else if (word === '-X') method = rest.shift()
    else if (word === '--data-urlencode') {
      const [name = '', ...value] = (rest.shift() ?? '').split('=')
      parameters.push(`${name}=${encodeURIComponent(value.join('='))}`)
    } else if (word !== '-G') {
      expect(word).to.match(/^http/)
      url = word
    }
  }
  const target = `${url}${parameters.length === 0 ? '' : `?${parameters.join('&')}`}`
  const answer = await fetch(target, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers,
    ...(body === undefined ? {} : { body }),
  })
  expect(answer.ok, `${words.join(' ')}: ${answer.status}`).to.equal(true)
  return (await answer.json()) as Body
}

/** An answer has all that is shown of it; `…` stands for anything. */
function expectShown(answer: unknown, shown: unknown, where: string): void {
  if (typeof shown === 'string' && shown.includes('…')) {
    expect(answer, where)
      .to.be.a('string')
      .that.satisfies((text: string) => text.startsWith(shown.split('…')[0] ?? ''))
    return
  }
  if (typeof shown !== 'object' || shown === null) {
    expect(answer, where).to.equal(shown)
    return
  }
  expect(answer, where).to.be.an(Array.isArray(shown) ? 'array' : 'object')
  for (const [name, value] of Object.entries(shown)) expectShown((answer as Body)[name], value, `${where}.${name}`)
}

describe('docs/resource-types.md', () => {
  it('shows files as they are', () => {
    const files = blocks.filter(({ file }) => file !== undefined)
    expect(files.map(({ file }) => file)).to.deep.equal(['user-badge.json'])
    for (const { file, text } of files)
      expect(text).to.equal(readFileSync(path.join(exampleFolder, file ?? ''), 'utf8'))
    expect(guide).to.include(`ROLLCALL_SCHEMAS_DIR=${path.relative(process.cwd(), exampleFolder)} npm start`)
  })

  it('has commands that answer what it shows', () =>
    withTypesOf(exampleFolder, async ({ scim }) => {
      await create(scim, '/Devices', device('C02W'))
      const known: Record<string, string> = {}
      const seen: Record<string, string> = { res: '', eyJ: '' }
      let commands = 0
      for (const [index, { language, text }] of blocks.entries()) {
        if (language !== 'sh') continue
        for (const [, name = '', value = ''] of text.matchAll(/^([A-Z]+)=(\S+|'[^']*')$/gm)) {
          known[name] = readWords(value, {})[0] ?? ''
        }
        if (known['ROLLCALL'] !== undefined) known['ROLLCALL'] = scim.baseUrl
        if (known['AUTH'] !== undefined) known['AUTH'] = known['AUTH'].replace('rc_…', scim.token)
        if (!text.startsWith('curl ')) continue
        const words = readWords(text, known).map((word) =>
          word.replace('res_…', seen['res'] ?? '').replace('eyJ…', seen['eyJ'] ?? ''),
        )
        const answer = await runCurl(words)
        const shown = blocks[index + 1]
        expect(shown?.language).to.equal('json')
        expectShown(answer, JSON.parse(shown?.text ?? ''), text.slice(0, 60))
        if (String(answer['id']).startsWith('res_')) seen['res'] = answer['id'] as string
        if ('nextCursor' in answer) seen['eyJ'] = answer['nextCursor'] as string
        commands++
      }
      expect(commands).to.equal(9)
    }))
})
