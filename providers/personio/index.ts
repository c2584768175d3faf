// Personio, by version 2 of its API: persons with their employments, org units, absences. docs/providers/personio.md says more.
import type { Provider } from '../provider.ts'
import { createPersonioApi } from './api.ts'
import { mapping, required } from './mapping.ts'
import { type PersonioSettings, settings } from './settings.ts'
import { createPersonioSource, type PersonioCursor } from './source.ts'

export const personio: Provider<PersonioSettings, PersonioCursor> = {
  id: 'personio',
  name: 'Personio',
  settings,
  // Personio tells no numbers in its documents; its answers name ten a second for the slowest of its lists.
  rateLimit: { requests: 10, perMs: 1000, concurrency: 4 },
  mapping,
  required,
  capabilities: ['users', 'groups', 'incremental', 'time_off'],
  open: (opened, context) => createPersonioSource(createPersonioApi(opened, context), context),
}
