// Rows of a table → records of people, and of groups where they are named first.
import type { SourceFault, SourceRecord } from '../provider.ts'
import type { Row } from './rows.ts'
import type { Table } from './table.ts'

export interface ReadRow {
  readonly records: readonly SourceRecord[]
  readonly faults: readonly SourceFault[]
}

/** Reads rows one after the other, all from the first one on: it remembers which ids and which groups there were. */
export function createReader(table: Table, wantsGroups: boolean): (row: Row) => ReadRow {
  const { header, idColumn, delimiter } = table
  const groupsColumn = wantsGroups ? table.groupsColumn : undefined
  const names = [...header.entries()].filter(([, name]) => name !== '')
  const lines = new Map<string, number>()
  const groups = new Map<string, string>()

  // Names of groups have no case; the first spelling counts.
  function readGroups(cell: string): { readonly ids: readonly string[]; readonly found: readonly SourceRecord[] } {
    const ids = new Set<string>()
    const found: SourceRecord[] = []
    for (const name of cell.split(';').map((part) => part.trim())) {
      if (name === '') continue
      const known = groups.get(name.toLowerCase())
      ids.add(known ?? name)
      if (known !== undefined) continue
      groups.set(name.toLowerCase(), name)
      found.push({ id: name, type: 'group', fields: { displayName: name } })
    }
    return { ids: [...ids], found }
  }

  function findFault(line: number, cells: readonly string[], id: string): string | undefined {
    if (cells.length !== header.length) {
      const count = `${cells.length} column${cells.length === 1 ? '' : 's'}`
      const mark = delimiter === '\t' ? 'tabs' : delimiter
      return `Line ${line} has ${count} instead of ${header.length}. Put quotes around values with ${mark} in them.`
    }
    if (id === '') return `Line ${line} has nothing in the column ${header[idColumn] ?? ''}.`
    if (cells.some((cell) => cell.includes('\0'))) return `Line ${line} has a character that is zero. Take it out.`
    const first = lines.get(id)
    return first === undefined
      ? undefined
      : `Lines ${first} and ${line} have the same ${header[idColumn]}, ${id}; line ${first} counts.`
  }

  return ({ line, cells, fault }) => {
    if (cells === undefined) return { records: [], faults: [{ record: `line ${line}`, message: fault }] }
    const id = (cells[idColumn] ?? '').trim()
    const message = findFault(line, cells, id)
    if (message !== undefined) return { records: [], faults: [{ record: `line ${line}`, message }] }
    lines.set(id, line)
    const fields = Object.fromEntries(names.map(([column, name]) => [name, cells[column] || null]))
    if (groupsColumn === undefined) return { records: [{ id, type: 'user', fields }], faults: [] }
    const { ids, found } = readGroups(cells[groupsColumn] ?? '')
    return { records: [...found, { id, type: 'user', fields, groups: ids }], faults: [] }
  }
}
