// Employees, by one of two ways. The dataset is preferred: it has pages and an order, says which fields it keeps back, and is what BambooHR
// wants to be used. A key whose access level may not use datasets reads reports instead, which are deprecated and still there.
import { ProviderError } from '../provider.ts'
import type { BambooApi } from './api.ts'
import { createDatasetReader } from './dataset.ts'
import type { EmployeeReader, Way } from './employee.ts'
import { createReportReader } from './report.ts'

/** Reads some fields, by our names. Where `way` is given, that one: a pull ends as it began. Throws ProviderError. */
export async function openReader(api: BambooApi, fields: readonly string[], way?: Way): Promise<EmployeeReader> {
  if (way !== 'report') {
    const reader = await createDatasetReader(api, fields)
    if (reader !== undefined) return reader
    if (way === 'dataset')
      throw new ProviderError('settings', 'The API key may not read the employee dataset any more.')
  }
  return createReportReader(api, fields)
}
