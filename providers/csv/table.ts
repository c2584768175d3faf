// A CSV text as a table: its header, and which column is the id.
import { ProviderError } from '../provider.ts'
import { findGroupsColumn, toKey } from './columns.ts'
import { readRows, type Row } from './rows.ts'
import { type CsvSettings, delimiters, maxBytes, maxColumns } from './settings.ts'

export interface Table {
  readonly bytes: Buffer
  readonly delimiter: string
  /** Names without spaces around them, by column; empty where a column has none. */
  readonly header: readonly string[]
  readonly headerLine: number
  /** The columns of the id and, where there is one, of the groups. */
  readonly idColumn: number
  readonly groupsColumn: number | undefined
}

/** Where the id is not said: the first of these that there is. */
const idNames = ['id', 'externalid', 'employeenumber', 'employeeid', 'email', 'workemail']

/** Throws ProviderError `settings` where there is no table to read. */
export function openTable({ text, delimiter = 'auto', idColumn }: CsvSettings): Table {
  const bytes = Buffer.from(text.startsWith('\uFEFF') ? text.slice(1) : text)
  if (bytes.length > maxBytes) throw refuse(`The text is longer than ${maxBytes} bytes. Import it in parts.`)
  const chosen = delimiters[delimiter]
  const found = chosen === undefined ? guessDelimiter(bytes) : { delimiter: chosen, row: readFirst(bytes, chosen) }
  const { row } = found
  if (row === undefined)
    throw refuse('The text is empty. Its first line must be a header with the names of the columns.')
  if (row.fault !== undefined) throw refuse(row.fault)
  const header = readHeader(row.cells)
  return {
    bytes,
    delimiter: found.delimiter,
    header,
    headerLine: row.line,
    idColumn: findIdColumn(header, idColumn),
    groupsColumn: findGroupsColumn(header),
  }
}

function refuse(message: string): ProviderError {
  return new ProviderError('settings', message)
}

function guessDelimiter(bytes: Buffer): { readonly delimiter: string; readonly row: Row | undefined } {
  const [first, ...others] = Object.values(delimiters).map((delimiter) => ({
    delimiter,
    row: tryFirst(bytes, delimiter),
  }))
  let best = first ?? { delimiter: ',', row: undefined }
  for (const other of others) if (countCells(other.row) > countCells(best.row)) best = other
  return { delimiter: best.delimiter, row: readFirst(bytes, best.delimiter) }
}

function countCells(row: Row | undefined): number {
  return row?.fault === undefined ? (row?.cells.length ?? 0) : 0
}

// With the wrong delimiter quotes do not match.
function tryFirst(bytes: Buffer, delimiter: string): Row | undefined {
  try {
    return readFirst(bytes, delimiter)
  } catch (error) {
    if (error instanceof ProviderError) return undefined
    throw error
  }
}

function readFirst(bytes: Buffer, delimiter: string): Row | undefined {
  for (const [row] of readRows(bytes, delimiter, 1)) if (row !== undefined) return row
  return undefined
}

function readHeader(cells: readonly string[]): string[] {
  const header = cells.map((cell) => cell.trim())
  if (header.some((name) => name.includes('\0'))) {
    throw refuse(
      'The text has characters that are zero, as UTF-16 has that is taken for UTF-8. Save the file as “CSV UTF-8”.',
    )
  }
  if (header.length > maxColumns) throw refuse(`The header has ${header.length} columns; ${maxColumns} are allowed.`)
  for (const [column, name] of header.entries()) {
    const first = header.indexOf(name)
    if (name !== '' && first < column) {
      throw refuse(
        `The columns ${first + 1} and ${column + 1} are both named ${name}. Give each column a name of its own.`,
      )
    }
  }
  return header
}

function findIdColumn(header: readonly string[], wanted: string | undefined): number {
  const keys = header.map((name) => toKey(name))
  if (wanted !== undefined) {
    const exact = header.indexOf(wanted.trim())
    const column = exact >= 0 ? exact : keys.indexOf(toKey(wanted))
    if (column < 0) throw refuse(`The header has no column ${wanted}. It has ${listNames(header)}.`)
    return column
  }
  const name = idNames.find((one) => keys.includes(one))
  if (name !== undefined) return keys.indexOf(name)
  throw refuse(
    `No column of the header tells people apart. Add one with the name id, employee number or email, or say which it is. It has ${listNames(header)}.`,
  )
}

/** The names of the columns, for `suggestMapping`. Throws ProviderError `settings` where there is no table to read. */
export function listColumns(settings: CsvSettings): readonly string[] {
  return openTable(settings).header.filter((name) => name !== '')
}

/** The names of columns, as part of a sentence. */
export function listNames(names: readonly string[]): string {
  const some = names.filter((name) => name !== '').map((name) => name.slice(0, 80))
  return some.length > 30 ? `${some.slice(0, 30).join(', ')} and ${some.length - 30} more` : some.join(', ')
}
