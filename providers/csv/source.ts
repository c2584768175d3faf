// Reading a CSV text in pages. The cursor is the line to go on at.
import { setImmediate } from 'node:timers/promises'
import { type Page, ProviderError, type Scope, type Source, type SourceFault, type SourceRecord } from '../provider.ts'
import { checkTable } from './check.ts'
import { createReader } from './records.ts'
import { readRows } from './rows.ts'
import { type CsvSettings, maxRecords } from './settings.ts'
import { openTable } from './table.ts'

const batchSize = 500

export function createCsvSource(settings: CsvSettings, signal: AbortSignal): Source<number> {
  return {
    check: () => Promise.resolve(checkTable(settings)),
    pull: (cursor, scope) => pullTable(settings, cursor ?? 0, scope, signal),
  }
}

// Who goes on reads what comes before once more, for ids and groups that were there.
async function* pullTable(
  settings: CsvSettings,
  fromLine: number,
  { groups, pageSize }: Scope,
  signal: AbortSignal,
): AsyncGenerator<Page<number>> {
  const table = openTable(settings)
  const readRow = createReader(table, groups)
  let records: SourceRecord[] = []
  let faults: SourceFault[] = []
  let count = 0
  for (const rows of readRows(table.bytes, table.delimiter, batchSize)) {
    await setImmediate()
    signal.throwIfAborted()
    for (const row of rows.filter(({ line }) => line > table.headerLine)) {
      count += 1
      if (count > maxRecords) throw refuse(row.line)
      const read = readRow(row)
      if (row.line < fromLine) continue
      const size = records.length + faults.length
      if (size > 0 && size + read.records.length + read.faults.length > pageSize) {
        yield { records, faults, cursor: row.line }
        records = []
        faults = []
      }
      records.push(...read.records)
      faults.push(...read.faults)
      // The groups of one line may be more than a page.
      while (records.length > pageSize) yield { records: records.splice(0, pageSize), cursor: row.line }
    }
  }
  yield { records, faults }
}

function refuse(line: number): ProviderError {
  return new ProviderError(
    'settings',
    `The file has more than ${maxRecords} records, the last of them in line ${line - 1}.`,
  )
}
