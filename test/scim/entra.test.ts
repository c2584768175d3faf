import { createTenant } from '../support/app.ts'
import { entraStory } from '../support/stories/entra.ts'

describe('Microsoft Entra ID', () => {
  for (const { title, tell } of entraStory) it(title, async () => tell((await createTenant()).scim))
})
