// /Me (RFC 7644 section 3.11): the user that a JWT speaks for. A token that stands for a client has none.
import { findSubject } from '../directory/users.ts'
import { AppError } from '../errors.ts'
import type { Answer, Exchange, Handler } from './exchange.ts'

/** A handler of users, for the user who asks. */
export function asMe(handler: Handler): Handler {
  return {
    ...handler,
    handle: async (exchange): Promise<Answer> => handler.handle({ ...exchange, id: await findMe(exchange) }),
  }
}

async function findMe({ db, actor, principal }: Exchange): Promise<string> {
  const id = principal.subject === null ? undefined : await findSubject(db, actor, principal.subject)
  if (id === undefined)
    throw new AppError('not_found', 'No user belongs to these credentials; /Me is for tokens of people.')
  return id
}
