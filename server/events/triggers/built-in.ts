// The two triggers that every organization has: mails to who comes and who leaves, in the directories that are set to send them.
import type { Database } from '../../db/connect.ts'
import { query } from '../../db/query.ts'
import { transaction } from '../../db/transaction.ts'
import { type Directory, listDirectories } from '../../directory/directories.ts'
import { AppError } from '../../errors.ts'
import type { LoggedEvent } from '../event.ts'
import type { Subscription } from '../subscription.ts'
import { changeSubscription, createSubscription, listSubscriptions, readSubscription } from '../subscriptions.ts'
import { type EmailAction, readTriggerSettings, writeTriggerSettings } from './settings.ts'

interface BuiltIn {
  readonly name: string
  readonly types: readonly string[]
  readonly action: EmailAction
  /** Whether a directory is set to send its mails. */
  readonly isSetIn: (directory: Directory) => boolean
}

const builtIns: Readonly<Record<'invitation' | 'offboarding', BuiltIn>> = {
  invitation: {
    name: 'Invitation',
    types: ['user.created', 'user.restored', 'user.activated'],
    action: {
      kind: 'email',
      to: '{{ user.email }}',
      subject: 'Your account at {{ organization.name }}',
      text: `Hello {{ user.displayName }},

your account at {{ organization.name }} is ready. Your user name is {{ user.userName }}.
{% if manager %}
If you have questions, ask {{ manager.displayName }}{% if manager.email %} ({{ manager.email }}){% endif %}.
{% endif %}`,
    },
    isSetIn: ({ sendInvitations }) => sendInvitations,
  },
  offboarding: {
    name: 'Offboarding',
    types: ['user.deactivated'],
    action: {
      kind: 'email',
      to: '{{ user.email }}',
      subject: 'Your account at {{ organization.name }} was deactivated',
      text: `Hello {{ user.displayName }},

your account {{ user.userName }} at {{ organization.name }} was deactivated on {{ event.timestamp | date }}.
You cannot sign in with it any more.
{% if manager %}
If this is a mistake, tell {{ manager.displayName }}{% if manager.email %} ({{ manager.email }}){% endif %}.
{% endif %}`,
    },
    isSetIn: ({ sendOffboardingEmails }) => sendOffboardingEmails,
  },
}

/** Whether a built-in trigger tells an event: it comes from a directory that is set so. Any other trigger tells all it hears of. */
export function hearsBuiltIn(subscription: Subscription, { data }: LoggedEvent): boolean {
  if (subscription.builtIn === null) return true
  const { directoryIds = [] } = readTriggerSettings(subscription)
  if (data.directoryId === null || !directoryIds.includes(data.directoryId)) return false
  // Who is made inactive is invited when activated.
  return subscription.builtIn !== 'invitation' || data.resource?.['active'] !== false
}

/** Makes those that an organization does not have yet. */
export async function ensureBuiltInTriggers(db: Database, organizationId: string, at: Date): Promise<void> {
  const triggers = await listSubscriptions(db, organizationId, 'trigger')
  const missing = Object.entries(builtIns).filter(([builtIn]) => triggers.every((one) => one.builtIn !== builtIn))
  if (missing.length === 0) return
  const directories = await listDirectories(db, organizationId)
  for (const [builtIn, { name, types, action, isSetIn }] of missing) {
    const settings = writeTriggerSettings({ action, directoryIds: listIds(directories, isSetIn) })
    const isTaken = triggers.some((one) => one.name.toLowerCase() === name.toLowerCase())
    const draft = { name: isTaken ? `${name} (built-in)` : name, types, condition: null, settings, builtIn }
    await createSubscription(db, organizationId, 'trigger', draft, at).catch(ignoreTaken)
  }
}

// Another request has just made it.
function ignoreTaken(error: unknown): void {
  if (!(error instanceof AppError) || error.code !== 'uniqueness') throw error
}

/** Lets the built-in triggers go by the settings of the directories, in the transaction that changed these. */
export function followDirectories(db: Database, organizationId: string, at: Date): Promise<void> {
  return transaction(db, async (tx) => {
    const locked = await query<{ id: string }>(tx, lockSql, [organizationId])
    const directories = await listDirectories(tx, organizationId)
    for (const { id } of locked) {
      const trigger = await readSubscription(tx, organizationId, 'trigger', id)
      const builtIn = findBuiltIn(trigger)
      if (builtIn === undefined) continue
      const directoryIds = listIds(directories, builtIn.isSetIn)
      const settings = writeTriggerSettings({ ...readTriggerSettings(trigger), directoryIds })
      await changeSubscription(tx, organizationId, 'trigger', id, { settings }, at)
    }
  })
}

const lockSql = `select id from subscriptions where org_id = $1 and built_in is not null order by id for update`

function findBuiltIn({ builtIn }: Subscription): BuiltIn | undefined {
  return Object.entries(builtIns).find(([name]) => name === builtIn)?.[1]
}

function listIds(directories: readonly Directory[], isSetIn: BuiltIn['isSetIn']): string[] {
  return directories.filter(isSetIn).map(({ id }) => id)
}
