// `npm run docs`: writes what comes of the same people from each source into docs/providers/README.md.
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createCompany } from '../test/providers/company.ts'
import { fakedSources } from '../test/providers/faked-sources.ts'
import { describePerson, findDifference } from '../test/providers/same-people.ts'

const page = path.resolve(import.meta.dirname, 'providers/README.md')
const between = /(<!-- people -->\n)[\s\S]*?(<!-- \/people -->)/

/** The page with the table as it has to be. */
export function renderProviders(text: string): string {
  const company = createCompany()
  const attributes = Object.keys(describePerson(company.named.manager, company))
  const reasons: string[] = []
  const writeCell = (provider: string, attribute: string): string => {
    const difference = findDifference(provider, attribute)
    if (difference === undefined) return '✓'
    if (!reasons.includes(difference.why)) reasons.push(difference.why)
    const sign = difference.tells === undefined ? '–' : '≠'
    return `${sign} <sup>${reasons.indexOf(difference.why) + 1}</sup>`
  }
  const ids = fakedSources.map(({ provider }) => provider.id)
  const rows = attributes.map((attribute) => {
    return `| ${writeName(attribute)} | ${ids.map((id) => writeCell(id, attribute)).join(' | ')} |`
  })
  const table = [
    `| | ${ids.map((id) => `\`${id}\``).join(' | ')} |`,
    `| --- | ${ids.map(() => '---').join(' | ')} |`,
    ...rows,
  ]
  const notes = reasons.map((why, index) => `${index + 1}. The source ${why}.`)
  const written = [...table, '', ...notes, '', ...listMore(new Set(attributes))].join('\n')
  return text.replace(between, (_, start: string, end: string) => `${start}\n${written}\n\n${end}`)
}

// What the company does not tell, and some sources do.
function listMore(told: ReadonlySet<string>): string[] {
  const more = new Map<string, string[]>()
  for (const { provider } of fakedSources) {
    for (const attribute of Object.keys(provider.mapping)) {
      if (!told.has(attribute)) more.set(attribute, [...(more.get(attribute) ?? []), provider.id])
    }
  }
  const rows = [...more].map(([attribute, ids]) => `| ${writeName(attribute)} | ${ids.join(', ')} |`).toSorted()
  return ['| beside these | told by |', '| --- | --- |', ...rows]
}

// Names of groups are no paths.
function writeName(attribute: string): string {
  return attribute.includes(' ') && !attribute.includes('[') ? attribute : `\`${attribute.replace(/^urn:.*:/, '')}\``
}

if (import.meta.main) writeFileSync(page, renderProviders(readFileSync(page, 'utf8')))
