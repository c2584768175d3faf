// What a trigger does, and what is kept of that.
import type { JsonObject } from '../../db/tables.ts'
import { checkTemplate } from './template.ts'
import type { Subscription } from '../subscription.ts'

/** Templates, all of them. */
export interface EmailAction {
  readonly kind: 'email'
  /** One or more addresses. */
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html?: string
}

export interface SlackAction {
  readonly kind: 'slack'
  /** What of the incoming webhook's URL can be shown; the URL itself is sealed. */
  readonly url: string
  readonly text: string
}

/** Sends what webhook endpoints get, signed with the secrets of the subscription. */
export interface WebhookAction {
  readonly kind: 'webhook'
  readonly url: string
}

export type Action = EmailAction | SlackAction | WebhookAction

/** How fast webhooks are sent. */
export const webhookPace = { concurrency: 8, maxPerSecond: 200 } as const

export interface TriggerSettings {
  readonly action: Action
  /** Of a built-in trigger: the directories that are set so. */
  readonly directoryIds?: readonly string[]
}

export function readTriggerSettings({ settings }: Subscription): TriggerSettings {
  return settings as unknown as TriggerSettings
}

export function writeTriggerSettings(settings: TriggerSettings): JsonObject {
  return { ...settings } as unknown as JsonObject
}

/** Throws invalid_value naming the first template that is none. */
export function checkTemplates(action: Action): void {
  switch (action.kind) {
    case 'email':
      checkTemplate('text', 'action.to', action.to)
      checkTemplate('text', 'action.subject', action.subject)
      checkTemplate('text', 'action.text', action.text)
      if (action.html !== undefined) checkTemplate('html', 'action.html', action.html)
      return
    case 'slack':
      checkTemplate('slack', 'action.text', action.text)
      return
    case 'webhook':
  }
}
