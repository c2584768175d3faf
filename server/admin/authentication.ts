// Signing people in at their source.
import type { Endpoint } from '../api/endpoint.ts'
import { component } from '../api/schema.ts'
import { signIn } from '../sync/sign-in/sign-in.ts'
import { type AdminCaller, endpoint } from './caller.ts'
import { bodyOf, directoryId, organizationId, userId } from './schemas.ts'
import { tags } from './tags.ts'

const authenticate = endpoint({
  operationId: 'authenticateUser',
  tag: tags.directories.name,
  method: 'post',
  path: '/organizations/{organization}/directories/{id}/authenticate',
  summary: 'Sign somebody in at the source',
  description: `Asks the source whether it is their password, such as by a bind in LDAP; nothing of it is kept. Whoever is refused gets the same
    answer, whatever the reason: unknown, a wrong password, locked, expired or disabled at the source, and who is not active, or not
    imported, here. After five failures of a name within 15 minutes it waits (429), and the source is not asked, so that nobody locks
    accounts there; a directory takes 600 attempts a minute. 503 says that the source could not be asked.`,
  scopes: ['authenticate'],
  params: { organization: organizationId, id: directoryId },
  body: bodyOf(['userName', 'password'], {
    userName: {
      type: 'string',
      minLength: 1,
      maxLength: 500,
      description: 'As the person signs in at the source.',
      examples: ['ada.holm'],
    },
    password: {
      type: 'string',
      minLength: 1,
      maxLength: 1000,
      description: 'Theirs.',
      examples: ['…'],
      writeOnly: true,
    },
  }),
  status: 200,
  answer: component('Authentication', 'Whether somebody may come in.', {
    authenticated: {
      type: 'boolean',
      description: 'Whether the source let them in, and they are active here.',
      examples: [true],
    },
    userId: { ...userId, type: ['string', 'null'], description: 'Who it is; null where they were refused.' },
  }),
  errors: [409],
  run: async ({ caller: { sync }, params: { organization, id }, body }) => {
    const found = await signIn(sync, { organizationId: organization, id }, body)
    return { authenticated: found !== undefined, userId: found ?? null }
  },
})

export const authenticationEndpoints: readonly Endpoint<AdminCaller>[] = [authenticate]
