// What a trigger would do: of an event in the log, of a person, or of somebody fictitious.
import type { Database } from '../../db/connect.ts'
import type { JsonObject } from '../../db/tables.ts'
import { readStoredUser } from '../../directory/contact.ts'
import { AppError } from '../../errors.ts'
import type { Channel } from '../channel.ts'
import type { Delivery } from '../deliveries.ts'
import { imagineEvent, type LoggedEvent, toWebhook } from '../event.ts'
import { readEvent } from '../log.ts'
import { createSampleEvent, nameType, sampleMember, sampleVariables } from './sample-event.ts'
import type { EventServices } from '../services.ts'
import type { Subscription } from '../subscription.ts'
import { renderTemplate, TemplateError } from './template.ts'
import { readVariables } from './template-variables.ts'
import { sendTest } from '../test-delivery.ts'
import { performAction } from './action.ts'
import { createTriggerChannel } from './channel.ts'
import { writeLetter } from './mail.ts'
import { type Action, readTriggerSettings } from './settings.ts'

/** Of what: an event by its number, a person by their id; of somebody fictitious where neither is given. */
export interface About {
  readonly event?: number
  readonly user?: string
}

export interface Preview {
  readonly kind: Action['kind']
  /** Members that the kind does not have are null. */
  readonly to: readonly string[] | null
  readonly subject: string | null
  readonly text: string | null
  readonly html: string | null
  readonly body: JsonObject | null
  /** Why it could not be sent as it is. */
  readonly problem: string | null
}

interface Occasion {
  readonly event: LoggedEvent
  readonly variables: JsonObject
}

/** Throws not_found for an event or a person who is not there, and invalid_value for templates that fail. */
export async function previewTrigger(
  db: Database,
  services: EventServices,
  trigger: { readonly organizationId: string; readonly types: readonly string[]; readonly action: Action },
  about: About,
  at: Date,
): Promise<Preview> {
  const { event, variables } = await imagine(db, services, trigger, about, at)
  try {
    return render(trigger.action, event, variables)
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    throw new AppError('invalid_value', error.message, { cause: error, data: { param: 'action' } })
  }
}

/**
 * Does it once, and writes that into the delivery log; an e-mail goes to `to` and to nobody else.
 * Throws not_found, and invalid_value where `to` is missing of an e-mail, or given of something else.
 */
export async function testTrigger(
  db: Database,
  services: EventServices,
  trigger: Subscription,
  { to, ...about }: About & { readonly to?: string },
  at: Date,
): Promise<Delivery> {
  const { organizationId, types } = trigger
  const isEmail = readTriggerSettings(trigger).action.kind === 'email'
  if (isEmail !== (to !== undefined)) {
    const detail = isEmail ? 'to is missing: say where the mail goes.' : 'to is only for triggers that send e-mails.'
    throw new AppError('invalid_value', detail, { data: { param: 'to' } })
  }
  const { event, variables } = await imagine(db, services, { organizationId, types }, about, at)
  const channel: Channel = {
    ...createTriggerChannel(db, services),
    send: (subscription, { id }) => performAction(services, subscription, { id, event, variables, at }, to),
  }
  return sendTest(db, channel, trigger, event, at)
}

async function imagine(
  db: Database,
  { present }: EventServices,
  { organizationId, types }: { readonly organizationId: string; readonly types: readonly string[] },
  { event: number, user }: About,
  at: Date,
): Promise<Occasion> {
  if (number !== undefined) {
    const event = await readEvent(db, organizationId, number)
    if (event === undefined) throw missing('event', `There is no event ${number} in the log.`)
    return { event, variables: await readVariables(db, event) }
  }
  if (user !== undefined) {
    const stored = await readStoredUser(db, organizationId, user)
    if (stored === undefined) throw missing('user', `There is no user ${user}.`)
    const resource = { id: user, ...(await present(db, organizationId, 'User'))(stored) }
    const type = nameType(types.filter((one) => one.startsWith('user.')))
    const event = imagineEvent(organizationId, { type, resourceType: 'User', resourceId: user }, { resource }, at)
    return { event, variables: await readVariables(db, event) }
  }
  const event = createSampleEvent(organizationId, types, at)
  const member = event.data.member === undefined ? {} : { member: sampleMember }
  return { event, variables: { ...(await readVariables(db, event)), ...sampleVariables, ...member } }
}

function missing(param: string, message: string): AppError {
  return new AppError('not_found', message, { data: { param } })
}

function render(action: Action, event: LoggedEvent, variables: JsonObject): Preview {
  const none = { to: null, subject: null, text: null, html: null, body: null, problem: null }
  switch (action.kind) {
    case 'email': {
      const { to, subject, text, html = null, problem = null } = writeLetter(action, variables)
      return { ...none, kind: 'email', to, subject, text, html, problem }
    }
    case 'slack':
      return { ...none, kind: 'slack', text: renderTemplate('slack', 'text', action.text, variables) }
    case 'webhook':
      return { ...none, kind: 'webhook', body: toWebhook(event) }
  }
}
