import { expect } from 'chai'
import type { Exceptions } from './support/compliance/exceptions.ts'
import { placeTables, renderSummary, renderTables } from './support/compliance/render.ts'
import { createReport, listUnanswered, readIds, type Report, type Run } from './support/compliance/report.ts'
import type { Level, Requirement } from './support/compliance/requirements.ts'

const requirements: readonly Requirement[] = (
  [
    ['7643-3.1-01', 'MUST'],
    ['7643-3.1-02', 'SHOULD NOT'],
    ['7644-3.4.2.2-op-01', 'SHALL'],
    ['7644-3.4.2.2-op-02', 'MAY'],
    ['9967-2-01', 'MUST'],
    ['9967-2.1-01', 'MUST'],
  ] as const satisfies [string, Level][]
).map(([id, level]) => ({ id, level, basis: 'K' }))

const none: Exceptions = {}
const because = (reason: string): Exceptions[string] => ({ status: 'not offered', reason })

/** What a run of tests with these titles reports, the first file's before the second's. */
function report(titles: readonly string[], exceptions = none, others: Partial<Run> = {}): Report {
  const passed = titles.map((title) => ({ file: 'test/b.test.ts', title }))
  return createReport(requirements, exceptions, { passed, failed: [], ...others })
}

const statuses = ({ rows }: Report): Record<string, string> =>
  Object.fromEntries(rows.flatMap(({ requirement, status }) => (status === 'open' ? [] : [[requirement.id, status]])))

describe('the compliance report', () => {
  const one = '7643-3.1-01'

  it('reads the ids of a title wherever they stand, and nothing that only looks like one', () => {
    expect(readIds('7643-3.1-01 7644-3.4.2.2-op-01: ids, and IOP-interop-01-02.')).to.deep.equal([
      '7643-3.1-01',
      '7644-3.4.2.2-op-01',
      'IOP-interop-01-02',
    ])
    expect(readIds('2026-02-30, HTTP-date, C-12, +47-7643-22 and 550e8400-7643-41d4')).to.deep.equal([])
  })

  it('counts what a passing test names as proven', () => {
    const outcome = report([`${one} 7644-3.4.2.2-op-01 finds a person`, 'names nothing'])
    expect(statuses(outcome)).to.deep.equal({ '7643-3.1-01': 'proven', '7644-3.4.2.2-op-01': 'proven' })
    expect(outcome.faults).to.deep.equal([])
  })

  it('does not count what a failing test names, even if another passes', () => {
    const failed = [{ file: 'test/a.test.ts', title: `${one} fails` }]
    expect(statuses(report([`${one} passes`], none, { failed }))).to.deep.equal({})
  })

  it('takes an exception by id before one by section, and that before one by source', () => {
    const exceptions = { '9967-2.1': because('section'), '9967': because('source'), '7643-3.1-01': because('id') }
    const { rows } = report([], exceptions)
    expect(rows.map(({ reason }) => reason)).to.deep.equal(['id', '', '', '', 'source', 'section'])
  })

  it('lets an exception by source stand beside what is proven of it', () => {
    const outcome = report(['9967-2-01 sends events'], { '9967': because('source') })
    expect(statuses(outcome)).to.deep.equal({ '9967-2-01': 'proven', '9967-2.1-01': 'not offered' })
    expect(outcome.faults).to.deep.equal([])
  })

  it('names unknown ids, and exceptions that nothing needs', () => {
    const exceptions = { [one]: because('proven'), '7643-9.9': because('no requirement') }
    expect(report([`${one} 7644-3.4-99 holds`], exceptions).faults).to.deep.equal([
      '7644-3.4-99 in the title of a test in test/b.test.ts is no requirement.',
      '7643-3.1-01 in exceptions.ts has to go: it is proven.',
      '7643-9.9 in exceptions.ts has to go: there is no such requirement.',
    ])
  })

  it('wants every MUST and SHOULD of the three SCIM documents answered, and no MAY', () => {
    const outcome = report(['7644-3.4.2.2-op-01 holds'])
    expect(listUnanswered(outcome)).to.deep.equal(['7643-3.1-01', '7643-3.1-02'])
  })

  it('counts by source and level', () => {
    const outcome = report([`${one} holds`], { '9967-2': because('later') })
    expect(renderSummary(outcome).split('\n')).to.deep.equal([
      'source                      level   rows  proven  excepted  open',
      'RFC 7643, SCIM core schema  MUST       1       1         0     0',
      'RFC 7643, SCIM core schema  SHOULD     1       0         0     1',
      'RFC 7644, SCIM protocol     MUST       1       0         0     1',
      'RFC 7644, SCIM protocol     MAY        1       0         0     1',
      'RFC 9967, SCIM events       MUST       2       0         1     1',
    ])
  })

  it('shows three tests of a requirement, by file and in their order, and how many more there are', () => {
    const passed = [
      { file: 'test/b.test.ts', title: `${one} second` },
      { file: 'test/b.test.ts', title: `third ${one}` },
      { file: 'test/b.test.ts', title: `${one} fourth` },
      { file: 'test/a.test.ts', title: `${one} first` },
    ]
    const proof = 'first (test/a.test.ts)<br>second (test/b.test.ts)<br>third (test/b.test.ts)<br>and 1 more'
    expect(renderTables(report([], none, { passed }))).to.include(`| ${one} | MUST (K) | proven | ${proof} |\n`)
  })

  it('keeps Markdown from reading titles', () => {
    const text = renderTables(report([`${one} a|b <i> [x](y) \`c\` *d* \n e\u202ef ${'g'.repeat(200)}`]))
    expect(text).to.include(
      `| a\\|b \\<i\\> \\[x\\](y) \\\`c\\\` \\*d\\* e\\u{202e}f ${'g'.repeat(93)}… (test/b.test.ts) |`,
    )
  })

  it('puts the tables between their marks, or at the end, and finds them there again', () => {
    const placed = placeTables('# Title\n', 'first $& table')
    expect(placed).to.equal('# Title\n\n<!-- requirements -->\n\nfirst $& table\n\n<!-- /requirements -->\n')
    expect(placeTables(`${placed}\nend\n`, 'second')).to.equal(`${placeTables('# Title\n', 'second')}\nend\n`)
  })
})
