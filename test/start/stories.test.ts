// The request sequences of Okta and Entra, over HTTP, against Rollcall as it is started: the embedded database, one process.
import supertest from 'supertest'
import { Installation } from '../support/process.ts'
import { ScimClient } from '../support/scim-client.ts'
import type { Chapter } from '../support/stories/chapter.ts'
import { entraStory } from '../support/stories/entra.ts'
import { oktaStory } from '../support/stories/okta.ts'

const token = 'token-given-by-the-operator'

const stories: readonly (readonly [string, readonly Chapter[]])[] = [
  ['Okta', oktaStory],
  ['Entra', entraStory],
]

for (const [name, story] of stories) {
  describe(`${name} against a started Rollcall`, function () {
    this.timeout(30_000)
    let installation: Installation
    let scim: ScimClient
    before(async () => {
      installation = await Installation.create()
      const { baseUrl } = await installation.serve({ ROLLCALL_SCIM_TOKEN: token })
      const { origin } = new URL(baseUrl)
      scim = new ScimClient(supertest(origin), origin, token)
    })
    after(() => installation.remove())

    for (const { title, tell } of story) it(title, () => tell(scim))
  })
}
