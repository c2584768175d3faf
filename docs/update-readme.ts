// `npm run docs`: writes the table of settings from schemas/config.json into the README.
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { listSettings } from '../server/config.ts'

const readme = path.resolve(import.meta.dirname, '../README.md')
const between = /(<!-- settings -->\n)[\s\S]*?(<!-- \/settings -->)/

/** The README with the table as it has to be. */
export function renderReadme(text: string): string {
  const rows = listSettings().map((setting) => {
    const secret = setting.secret ? ' (secret)' : ''
    const byDefault = setting.default === '' ? '' : `\`${setting.default}\``
    return `| \`${setting.name}\` | ${byDefault} | ${setting.description}${secret} |`
  })
  const table = ['| variable | default | meaning |', '| --- | --- | --- |', ...rows].join('\n')
  return text.replace(between, `$1\n${table}\n\n$2`)
}

if (import.meta.main) writeFileSync(readme, renderReadme(readFileSync(readme, 'utf8')))
