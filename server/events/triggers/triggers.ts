// The triggers of an organization: made, read, changed, removed.
import type { Database } from '../../db/connect.ts'
import { transaction } from '../../db/transaction.ts'
import { AppError } from '../../errors.ts'
import { ensureBuiltInTriggers } from './built-in.ts'
import { checkInterest } from '../interest.ts'
import type { EventServices } from '../services.ts'
import type { Subscription } from '../subscription.ts'
import {
  changeSubscription,
  createSubscription,
  explainRace,
  listSubscriptions,
  lockSubscription,
  readSubscription,
  removeSubscription,
} from '../subscriptions.ts'
import { noMailServer } from './mail.ts'
import { type Action, checkTemplates, readTriggerSettings, writeTriggerSettings } from './settings.ts'
import { maskUrl, sealUrl } from './slack.ts'
import { createWebhookSecret, sealSecrets } from '../webhooks/secrets.ts'

/** An action as it is asked for; each kind has its own of these. */
export interface ActionDraft {
  readonly kind: Action['kind']
  readonly to?: string
  readonly subject?: string
  readonly text?: string
  readonly html?: string
  readonly url?: string
}

export interface TriggerDraft {
  readonly name: string
  readonly types: readonly string[]
  readonly condition: string | null
  readonly enabled: boolean
  readonly action: ActionDraft
}

/** What a trigger has beside what every subscription has. */
export interface TriggerView {
  readonly action: Action
  /** `invitation` or `offboarding` of those that every organization has. */
  readonly builtIn: string | null
  /** Of a built-in one the directories that are set so; null for all. */
  readonly directoryIds: readonly string[] | null
  /** What keeps it from doing anything. */
  readonly problem: string | null
}

export interface MadeTrigger {
  readonly id: string
  /** What its webhooks are signed with, shown this once. */
  readonly secret: string | null
  readonly problem: string | null
}

/** By name, the built-in ones among them. */
export async function listTriggers(db: Database, organizationId: string, at: Date): Promise<Subscription[]> {
  await ensureBuiltInTriggers(db, organizationId, at)
  return listSubscriptions(db, organizationId, 'trigger')
}

export function describeTrigger(trigger: Subscription, services: EventServices): TriggerView {
  const { action, directoryIds = null } = readTriggerSettings(trigger)
  return { action, builtIn: trigger.builtIn, directoryIds, problem: findProblem(action, services) }
}

/** Throws uniqueness, invalid_filter, and invalid_value for types, templates and URLs that are none. */
export async function createTrigger(
  db: Database,
  services: EventServices,
  organizationId: string,
  { action: drafted, ...draft }: TriggerDraft,
  at: Date,
): Promise<MadeTrigger> {
  await checkInterest(organizationId, draft, services.compile)
  const url = requireUrl(drafted)
  const action = checkAction(services, drafted, url)
  const secret = action.kind === 'webhook' ? createWebhookSecret() : null
  const secrets = await sealFor(services, organizationId, action, url, secret)
  const settings = writeTriggerSettings({ action })
  const id = await createSubscription(db, organizationId, 'trigger', { ...draft, settings, secrets }, at)
  return { id, secret, problem: findProblem(action, services) }
}

/**
 * What is left out stays; an action is replaced as a whole, but keeps its kind, its secret, and the URL where that is left out.
 * Throws not_found, uniqueness, invalid_filter, invalid_value, mutability for the types of a built-in one, and conflict where others
 * change it at the same time.
 */
export async function changeTrigger(
  db: Database,
  services: EventServices,
  organizationId: string,
  id: string,
  { action: drafted, ...changes }: Partial<TriggerDraft>,
  at: Date,
): Promise<void> {
  const current = await readSubscription(db, organizationId, 'trigger', id)
  if (current.builtIn !== null && changes.types !== undefined) {
    throw new AppError('mutability', 'types of a built-in trigger cannot be changed; make a trigger of your own.')
  }
  if (changes.types !== undefined || changes.condition !== undefined) {
    await checkInterest(organizationId, { ...current, ...changes }, services.compile)
  }
  const { action, ...secrets } = drafted === undefined ? noAction : await renewAction(services, current, drafted)
  await transaction(db, async (tx) => {
    const present = await lockSubscription(tx, organizationId, 'trigger', id)
    if (describeOrder(present) !== describeOrder(current)) throw explainRace('trigger')
    const settings = readTriggerSettings(present)
    const renewed = action === undefined ? {} : { settings: writeTriggerSettings({ ...settings, action }) }
    await changeSubscription(tx, organizationId, 'trigger', id, { ...changes, ...secrets, ...renewed }, at)
  })
}

// What was checked together, and what of an action stays.
function describeOrder(trigger: Subscription): string {
  const { types, condition, secrets } = trigger
  return JSON.stringify([types, condition, secrets, readTriggerSettings(trigger).action])
}

/** Throws not_found, and conflict for a built-in one. */
export async function removeTrigger(db: Database, organizationId: string, id: string): Promise<void> {
  const { builtIn } = await readSubscription(db, organizationId, 'trigger', id)
  if (builtIn !== null) throw new AppError('conflict', 'A built-in trigger cannot be removed; disable it instead.')
  await removeSubscription(db, organizationId, 'trigger', id)
}

function checkAction({ outgoing }: EventServices, draft: ActionDraft, url: string): Action {
  if (draft.kind !== 'email') outgoing.check(url)
  return toAction(draft, draft.kind === 'slack' ? maskUrl(url) : url)
}

/** The action that a draft asks for; the schema of the API says which members each kind has to have. Throws invalid_value. */
export function toAction(draft: ActionDraft, shownUrl: string): Action {
  const action = writeAction(draft, shownUrl)
  checkTemplates(action)
  return action
}

function writeAction({ kind, to = '', subject = '', text = '', html }: ActionDraft, url: string): Action {
  switch (kind) {
    case 'email':
      return { kind, to, subject, text, ...(html !== undefined && { html }) }
    case 'slack':
      return { kind, url, text }
    case 'webhook':
      return { kind, url }
  }
}

function requireUrl({ kind, url }: ActionDraft): string {
  if (url !== undefined || kind === 'email') return url ?? ''
  throw new AppError('invalid_value', 'action.url is missing.', { data: { param: 'action.url' } })
}

async function sealFor(
  { sealer }: EventServices,
  organizationId: string,
  { kind }: Action,
  url: string,
  secret: string | null,
): Promise<string | null> {
  if (kind === 'slack') return sealUrl(sealer, organizationId, url)
  return secret === null ? null : sealSecrets(sealer, organizationId, [{ secret, until: null }])
}

const noAction: RenewedAction = {}

interface RenewedAction {
  readonly action?: Action
  readonly secrets?: string
}

async function renewAction(services: EventServices, current: Subscription, draft: ActionDraft): Promise<RenewedAction> {
  const { action: before } = readTriggerSettings(current)
  if (draft.kind !== before.kind) {
    const detail = `action.kind is ${before.kind} and stays so; make another trigger.`
    throw new AppError('invalid_value', detail, { data: { param: 'action.kind' } })
  }
  if (before.kind === 'email') return { action: checkAction(services, draft, '') }
  if (draft.url === undefined) return { action: toAction(draft, before.url) }
  const action = checkAction(services, draft, draft.url)
  if (action.kind === 'webhook') return { action }
  return { action, secrets: await sealUrl(services.sealer, current.organizationId, draft.url) }
}

function findProblem({ kind }: Action, { mailer }: EventServices): string | null {
  return kind === 'email' && mailer === undefined ? noMailServer : null
}
