import { createTenant } from '../support/app.ts'
import { oktaStory } from '../support/stories/okta.ts'

describe('Okta', () => {
  for (const { title, tell } of oktaStory) it(title, async () => tell((await createTenant()).scim))
})
