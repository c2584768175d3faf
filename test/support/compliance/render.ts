// The report as text: a short table for the end of the run, and the tables of scim-compliance.md.
import { dropIds, type Report, type Row, type Test } from './report.ts'
import { type Level, readSection, readSource, sources } from './requirements.ts'

const families = ['MUST', 'SHOULD', 'MAY'] as const
const header = ['source', 'level', 'rows', 'proven', 'excepted', 'open']

/** Rows, proven, excepted and open, by source and level, in columns. */
export function renderSummary(report: Report): string {
  const table = [header, ...countRows(report)]
  const widths = header.map((_, column) => Math.max(...table.map((cells) => cells[column]?.length ?? 0)))
  const isNumber = (column: number): boolean => column > 1
  return table
    .map((cells) =>
      cells
        .map((cell, column) => {
          const width = widths[column] ?? 0
          return isNumber(column) ? cell.padStart(width) : cell.padEnd(width)
        })
        .join('  '),
    )
    .join('\n')
}

/** The generated part of scim-compliance.md. */
export function renderTables(report: Report): string {
  return [
    ...renderTable(header, countRows(report)),
    '',
    ...[...sources].flatMap(([source, name]) => {
      const rows = report.rows.filter(({ requirement }) => readSource(requirement.id) === source)
      return rows.length === 0 ? [] : [`### ${name}`, '', ...renderSections(rows)]
    }),
  ]
    .join('\n')
    .trimEnd()
}

const begin = '<!-- requirements -->'
const end = '<!-- /requirements -->'
const between = new RegExp(`${begin}[\\s\\S]*${end}`)

/** The document with the tables in their place, or at its end where it has none. */
export function placeTables(document: string, tables: string): string {
  const part = `${begin}\n\n${tables}\n\n${end}`
  return between.test(document) ? document.replace(between, () => part) : `${document}\n${part}\n`
}

function countRows({ rows }: Report): string[][] {
  return [...sources].flatMap(([source, name]) =>
    families.flatMap((family) => {
      const counted = rows.filter(
        ({ requirement: { id, level } }) => readSource(id) === source && readFamily(level) === family,
      )
      if (counted.length === 0) return []
      const proven = counted.filter(({ status }) => status === 'proven').length
      const open = counted.filter(({ status }) => status === 'open').length
      return [[name, family, ...[counted.length, proven, counted.length - proven - open, open].map(String)]]
    }),
  )
}

function readFamily(level: Level): (typeof families)[number] {
  if (level === 'MAY') return 'MAY'
  return level === 'SHOULD' || level === 'SHOULD NOT' ? 'SHOULD' : 'MUST'
}

function renderSections(rows: readonly Row[]): string[] {
  const sections = new Set(rows.map(({ requirement }) => readSection(requirement.id)))
  return [...sections].flatMap((section) => [
    `#### Section ${section}`,
    '',
    ...renderTable(
      ['id', 'level', 'status', 'proof or reason'],
      rows
        .filter(({ requirement }) => readSection(requirement.id) === section)
        .map(({ requirement: { id, level, basis }, status, tests, reason }) => [
          id,
          `${level} (${basis})`,
          status,
          tests.length === 0 ? reason : renderTests(tests),
        ]),
    ),
    '',
  ])
}

function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
}

const maxTests = 3
const maxTitle = 120

function renderTests(tests: readonly Test[]): string {
  const shown = tests.slice(0, maxTests).map(({ title, file }) => `${renderTitle(title)} (${file})`)
  return [...shown, ...(tests.length > maxTests ? [`and ${tests.length - maxTests} more`] : [])].join('<br>')
}

// Titles hold filters, JSON and odd characters, which Markdown must not read, nor an editor obey.
function renderTitle(title: string): string {
  const characters = Array.from(dropIds(title))
  const short = characters.length > maxTitle ? `${characters.slice(0, maxTitle).join('')}…` : characters.join('')
  return short
    .replace(/[\\`*_[\]<>|~&$]/g, '\\$&')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu, (one) => `\\u{${one.codePointAt(0)?.toString(16)}}`)
}
