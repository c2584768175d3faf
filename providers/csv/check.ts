// What a CSV text has, before anything is imported.
import { type Check, ProviderError } from '../provider.ts'
import { columns, findPath } from './columns.ts'
import { type CsvSettings, delimiters } from './settings.ts'
import { listNames, openTable } from './table.ts'

/** Nobody can be imported without these. */
const neededPaths = ['name.givenName', 'name.familyName', 'emails[type eq "work"].value']

/** Reads the header: whether it can be read, and which of its columns are known by their names. */
export function checkTable(settings: CsvSettings): Check[] {
  try {
    const { header, idColumn, groupsColumn, delimiter } = openTable(settings)
    const name = Object.entries(delimiters).find(([, mark]) => mark === delimiter)?.[0] ?? delimiter
    const names = header.filter((one) => one !== '')
    const detail = `The header has ${names.length} columns, with ${name} between them: ${listNames(names)}. The id is ${header[idColumn]}.`
    return [{ name: 'sign_in', ok: true, detail }, checkColumns(header, new Set([idColumn, groupsColumn]))]
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error
    return [{ name: 'sign_in', ok: false, detail: error.message }]
  }
}

function checkColumns(header: readonly string[], special: ReadonlySet<number | undefined>): Check {
  const known = header.filter((name) => findPath(name) !== undefined)
  const others = header.filter((name, column) => name !== '' && findPath(name) === undefined && !special.has(column))
  const found = new Set(known.map((name) => findPath(name)))
  const absent = columns.filter(({ path }) => !found.has(path))
  const parts = [
    known.length === 0 ? 'No column is known by its name.' : `Known by their names: ${listNames(known)}.`,
    others.length === 0 ? '' : `Not known, and left out unless a mapping names them: ${listNames(others)}.`,
  ]
  return {
    name: 'columns',
    ok: absent.every(({ path }) => !neededPaths.includes(path)),
    detail: parts.filter((part) => part !== '').join(' '),
    missing: absent.map(({ names: [name = ''] }) => name),
  }
}
