// Microsoft Entra ID, once Azure AD: users and groups by delta queries of Microsoft Graph, conditional access policies.
// docs/providers/azure_ad.md says more.
import type { Provider } from '../provider.ts'
import { createEntraApi } from './api.ts'
import { mapping, required } from './mapping.ts'
import { type EntraSettings, settings } from './settings.ts'
import { createEntraSource, type EntraCursor } from './source.ts'

export const entra: Provider<EntraSettings, EntraCursor> = {
  id: 'azure_ad',
  name: 'Microsoft Entra ID',
  settings,
  // Graph counts what requests cost; this is far below what it gives an application in the smallest of tenants.
  rateLimit: { requests: 200, perMs: 10_000 },
  mapping,
  required,
  capabilities: ['users', 'groups', 'incremental', 'access_policies'],
  open: (opened, context) => createEntraSource(createEntraApi(opened, context), opened, context),
}
