// HiBob, which calls itself Bob: people by POST /people/search, groups from departments and sites. docs/providers/hibob.md says more.
import type { Provider } from '../provider.ts'
import { createBobApi } from './api.ts'
import { mapping, required } from './mapping.ts'
import { type HiBobSettings, settings } from './settings.ts'
import { createHiBobSource, type HiBobCursor } from './source.ts'

export const hibob: Provider<HiBobSettings, HiBobCursor> = {
  id: 'hibob',
  name: 'HiBob',
  settings,
  rateLimit: { requests: 50, perMs: 60_000 },
  mapping,
  required,
  capabilities: ['users', 'groups', 'time_off'],
  open: (opened, context) => createHiBobSource(createBobApi(opened, context), context),
}
