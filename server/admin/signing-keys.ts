// What security event tokens are signed with: one key for all organizations.
import type { Endpoint } from '../api/endpoint.ts'
import { objectOf } from '../api/schema.ts'
import { AppError } from '../errors.ts'
import { type AdminCaller, endpoint } from './caller.ts'
import { keyId } from './schemas.ts'
import { tags } from './tags.ts'

const rotate = endpoint({
  operationId: 'rotateSigningKey',
  tag: tags.feeds.name,
  method: 'post',
  path: '/signing-keys/rotate',
  summary: 'Sign with a new key',
  description: `For the operator. Security event tokens are signed with it from now on, within ten seconds by every process; the key
    before it stays published for 30 days.`,
  scopes: ['admin'],
  status: 201,
  answer: objectOf({ id: keyId }),
  run: async ({ caller: { events, reach } }) => {
    if (reach !== null) {
      throw new AppError('insufficient_scope', "This needs the operator's token.", { data: { scope: 'admin' } })
    }
    return { id: await events.signingKeys.rotate() }
  },
})

export const signingKeyEndpoints: readonly Endpoint<AdminCaller>[] = [rotate]
