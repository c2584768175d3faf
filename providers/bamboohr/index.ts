// BambooHR: employees by dataset or report, changes by GET /employees/changed, groups from departments and locations.
// docs/providers/bamboohr.md says more.
import type { Provider } from '../provider.ts'
import { createBambooApi } from './api.ts'
import { mapping, required } from './mapping.ts'
import { type BambooSettings, settings } from './settings.ts'
import { type BambooCursor, createBambooSource } from './source.ts'

export const bamboohr: Provider<BambooSettings, BambooCursor> = {
  id: 'bamboohr',
  name: 'BambooHR',
  settings,
  // BambooHR tells no numbers; it tells to slow down.
  rateLimit: { requests: 4, perMs: 1000 },
  mapping,
  required,
  capabilities: ['users', 'groups', 'incremental', 'time_off'],
  open: (opened, context) => createBambooSource(createBambooApi(opened, context), context),
}
