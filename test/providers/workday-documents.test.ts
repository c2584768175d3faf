// The fake, and what is asked of it, against Workday's schema; and its sample, as far as it is read. The schema is not ours to give away: where
// nobody put it beside the repository, or says where it is with ROLLCALL_PROVIDER_SPECS, there is nothing to compare with.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'chai'
import type { JsonObject } from '../../providers/provider.ts'
import { workday } from '../../providers/workday/index.ts'
import { addPeople } from './company.ts'
import { catchError, listUsers } from './conformance.ts'
import { collect, createScope, openSource } from './source.ts'
import { startWorkdayFake, type WorkdayFake } from './workday-fake.ts'

const folder = path.join(
  process.env['ROLLCALL_PROVIDER_SPECS'] ?? path.join('..', 'shared', 'providers', 'specs'),
  'workday',
)
const schema = path.join(folder, 'Human_Resources_v30.0.trimmed.xsd')
const sample = path.join(folder, 'sample-get-workers-response.xml')

describe('Workday’s fake and Workday’s schema', () => {
  let fake: WorkdayFake

  beforeEach(async () => {
    fake = await startWorkdayFake()
  })

  afterEach(() => fake.close())

  async function use(settings: JsonObject): Promise<void> {
    const options = { rateLimit: { requests: 100_000, perMs: 1 }, now: fake.company.now }
    const { source, close } = openSource(workday, settings, options)
    try {
      await source.check()
      const pages = await collect(source.pull(undefined, createScope(workday, { pageSize: 10 })))
      fake.company.now = new Date(fake.company.now.getTime() + 60 * 60_000)
      await collect(source.pull(pages.at(-1)?.cursor, createScope(workday, { pageSize: 10 })))
    } finally {
      await close()
    }
  }

  it('Human_Resources v30.0: what is asked, what is answered, and faults', async function () {
    if (!isThere(schema) || !canValidate()) return this.skip()
    const texts: string[] = []
    fake.onAnswer = (request, answer) => texts.push(request.body, answer.body ?? '')
    addPeople(fake.company, 20)
    const noor = {
      firstName: 'Noor',
      lastName: 'Vos & Söhne',
      employmentType: 'Contractor',
      endDate: '2026-11-30',
    } as const
    fake.account.universalIds.set(fake.company.hire(noor).id, 'UNIVERSAL-77')
    fake.company.hire({ firstName: 'Ivo', lastName: 'Ito', status: 'retired', endDate: '2026-10-31', email: null })
    fake.account.rescinded.add(fake.company.hire({ firstName: 'Amal', lastName: 'Ito', status: 'hired' }).id)
    await use(fake.settings)
    fake.account.hidesComing = true
    await use(fake.oauthSettings)
    fake.account.refused.add('Get_Organizations')
    await use(fake.settings)
    fake.account.behindMs = 60_000
    await catchError(() => use(fake.settings))
    const elements = texts.flatMap(readElements).filter((text) => !text.includes('Time_Off_Plan_Balance'))
    const roots = new Set(elements.map((text) => /^<wd:(\w+)/.exec(text)?.[1]))
    expect([...roots]).to.have.members([
      'Workday_Common_Header',
      'Get_Workers_Request',
      'Get_Workers_Response',
      'Get_Organizations_Request',
      'Get_Organizations_Response',
      'Processing_Fault',
      'Validation_Fault',
    ])
    expect(validate([...new Set(elements)])).to.equal('')
    const wrong = elements.find((text) => text.includes('<wd:Page>1</wd:Page>'))?.replace('Page>', 'Pages>') ?? ''
    expect(validate([wrong])).to.not.equal('')
    const swapped = wrong.replace('Pages>', 'Page>').replaceAll('As_Of_Effective_Date', 'As_Of_Entry_DateTime')
    expect(validate([swapped])).to.include('not expected')
  })

  it('the sample is read', async function () {
    if (!isThere(sample)) return this.skip()
    const body = readFileSync(sample, 'utf8').replace(/^[\s\S]*?(?=<wd:)/, '')
    fake.company.departments.clear()
    const envelope = `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>${body}</e:Body></e:Envelope>`
    fake.fail(
      { status: 200, body: envelope },
      { when: (request) => request.body.includes('Include_Personal_Information') },
    )
    const { source, close } = openSource(workday, fake.settings, { now: new Date('2026-11-22T08:00:00Z') })
    const [user] = listUsers(await collect(source.pull(undefined, createScope(workday))))
    await close()
    expect(user?.id).to.equal('0e44c92412d34b01ace61e80a47aaf6d')
    expect(user?.fields).to.deep.include({
      Worker_ID: '21001',
      User_ID: 'aberg',
      'Email.WORK': 'ada.berg@example.test',
      'Email.HOME': 'ada@home.example',
      'Phone.WORK': '+49 30 5550101',
      'Preferred_Name.Formatted_Name': 'Ada Berg',
      Business_Title: 'Senior Engineer',
      'Organization.SUPERVISORY': 'Engineering',
      'Organization_Code.COST_CENTER': '4711',
      Manager: '1f44c92412d34b01ace61e80a47aaf6d',
      Location: 'Berlin',
      Hire_Date: '2024-03-01',
      lifecycle: 'active',
      employmentType: 'full_time',
    })
    expect(user?.groups).to.deep.equal(['department:SUP_ENG', 'location:LOC_BER'])
  })
})

function isThere(file: string): boolean {
  if (existsSync(file)) return true
  say(`there is no ${file}; ROLLCALL_PROVIDER_SPECS says where vendors' documents are`)
  return false
}

function canValidate(): boolean {
  if (spawnSync('xmllint', ['--version']).error === undefined) return true
  say('there is no xmllint, which validates XML (Debian has it in libxml2-utils)')
  return false
}

function say(why: string): void {
  process.stdout.write(`      skipped: ${why}\n`)
}

// What the schema knows of a message: its body, a part of its header, the detail of a fault.
function readElements(text: string): string[] {
  const places = [/<\w+:Header>(.*?)<\/\w+:Header>/, /<\w+:Body>(.*?)<\/\w+:Body>/, /<detail>(.*?)<\/detail>/]
  return places.flatMap((place) => {
    const [element] = /<wd:(\w+).*<\/wd:\1>/.exec(place.exec(text)?.[1] ?? '') ?? []
    if (element === undefined) return []
    const bare = element.replace(/ xmlns:wd="[^"]*"/, '')
    return bare.replace(/^<wd:\w+/, (start) => `${start} xmlns:wd="urn:com.workday/bsvc"`)
  })
}

// What xmllint has against elements; nothing where it has nothing.
function validate(elements: readonly string[]): string {
  const place = mkdtempSync(path.join(tmpdir(), 'rollcall-workday-'))
  try {
    const files = elements.map((element, index) => {
      const file = path.join(place, `${index}.xml`)
      writeFileSync(file, element)
      return file
    })
    const { status, stderr } = spawnSync('xmllint', ['--noout', '--schema', schema, ...files], { encoding: 'utf8' })
    const said = stderr.split('\n').filter((line) => line !== '' && !line.endsWith(' validates'))
    return status === 0 ? '' : said.slice(0, 10).join('\n')
  } finally {
    rmSync(place, { recursive: true })
  }
}
