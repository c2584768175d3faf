// SAP SuccessFactors: people of Employee Central by its OData API, version 2, and groups from foundation objects.
// docs/providers/sap_successfactors.md says more.
import type { Provider } from '../provider.ts'
import { createSuccessFactorsApi } from './api.ts'
import { mapping, required } from './mapping.ts'
import { createSession } from './session.ts'
import { settings, type SuccessFactorsSettings } from './settings.ts'
import { createSuccessFactorsSource, type SuccessFactorsCursor } from './source.ts'

export const successfactors: Provider<SuccessFactorsSettings, SuccessFactorsCursor> = {
  id: 'sap_successfactors',
  name: 'SAP SuccessFactors',
  settings,
  places: ['apiServer'],
  // SAP has announced a limit and put it off; questions as large as these take it seconds anyway.
  rateLimit: { requests: 4, perMs: 1000 },
  mapping,
  required,
  capabilities: ['users', 'groups', 'incremental'],
  open: (opened, context) => {
    const api = createSuccessFactorsApi(createSession(opened, context))
    return createSuccessFactorsSource(api, context)
  },
}
