// Okta: users by GET /api/v1/users with a filter, groups and who is in them, deletions by the System Log. docs/providers/okta.md says more.
import type { Provider } from '../provider.ts'
import { createOktaApi } from './api.ts'
import { mapping, required } from './mapping.ts'
import { type OktaSettings, settings } from './settings.ts'
import { createOktaSource, type OktaCursor } from './source.ts'

export const okta: Provider<OktaSettings, OktaCursor> = {
  id: 'okta',
  name: 'Okta',
  settings,
  places: ['domain'],
  // Half of what Okta allows for users in a minute, which other applications share.
  rateLimit: { requests: 300, perMs: 60_000 },
  mapping,
  required,
  capabilities: ['users', 'groups', 'incremental'],
  open: (opened, context) => createOktaSource(createOktaApi(opened, context), context),
}
