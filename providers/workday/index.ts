// Workday: workers by Get_Workers, groups from supervisory organizations and locations, balances of time off. docs/providers/workday.md says
// more.
import type { Provider } from '../provider.ts'
import { mapping, required } from './mapping.ts'
import { settings, type WorkdaySettings } from './settings.ts'
import { createWorkdaySource, type WorkdayCursor } from './source.ts'

export const workday: Provider<WorkdaySettings, WorkdayCursor> = {
  id: 'workday',
  name: 'Workday',
  settings,
  // Workday tells no numbers; about ten a second were seen to be taken.
  rateLimit: { requests: 8, perMs: 1000, concurrency: 4 },
  mapping,
  required,
  capabilities: ['users', 'groups', 'incremental', 'time_off'],
  open: createWorkdaySource,
}
