// Files with comma-separated values, which somebody imports: no source to ask, only a text. docs/providers/csv.md says more.
import type { Provider } from '../provider.ts'
import { columns, suggestMapping } from './columns.ts'
import { type CsvSettings, settings } from './settings.ts'
import { createCsvSource } from './source.ts'
import { listColumns } from './table.ts'

export { suggestMapping } from './columns.ts'
export { decodeCsv } from './decode.ts'
export type { CsvSettings } from './settings.ts'
export { listColumns } from './table.ts'

export const csv: Provider<CsvSettings, number> = {
  id: 'csv',
  name: 'CSV file',
  settings,
  rateLimit: { requests: 1, perMs: 1 },
  // For a file whose columns have the names of the docs; suggestMapping makes one for any other.
  mapping: suggestMapping(columns.map(({ names: [name = ''] }) => name.replaceAll(' ', '_'))),
  required: [],
  capabilities: ['users', 'groups'],
  suggest: (opened) => {
    const names = listColumns(opened)
    return { columns: names, mapping: suggestMapping(names) }
  },
  open: (opened, { signal }) => createCsvSource(opened, signal),
}
