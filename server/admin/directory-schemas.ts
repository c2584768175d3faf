// What is taken and answered of directories.
import { component } from '../api/schema.ts'
import { directoryStates } from '../sync/setup/status.ts'
import { type SettingSchema, settingSchemas } from '../sync/setup/settings-schema.ts'
import { checkedConnection, shownConnection } from './connection-schemas.ts'
import { mappingBody, mappingSchema, ownMappingSchema } from './mapping-schema.ts'
import { providerId } from './providers.ts'
import { run } from './run-schemas.ts'
import { directoryId, name, time } from './schemas.ts'

export const directoryName = {
  ...name,
  description: 'No other of the organization has it.',
  examples: ['Entra'],
} as const

const flag = (description: string) => ({ type: 'boolean', description, examples: [false] }) as const

export const flags = {
  strict: flag('Whether requests are read to the letter of the standard.'),
  restoreUsers: flag(
    'Whether a user that it deleted or deactivated comes back under the old id when it brings them again. A directory that is pulled begins with true.',
  ),
  sendInvitations: flag(
    'Whether people whom it brings, or activates, get the mail of the built-in trigger `invitation`.',
  ),
  sendOffboardingEmails: flag(
    'Whether people whom it deactivates get the mail of the built-in trigger `offboarding`. A directory that is pulled begins with true.',
  ),
} as const

/** As they can be changed: null sets one back to its default, and what is left out stays. */
export const settingsBody = {
  type: 'object',
  additionalProperties: false,
  description: 'Settings of what is imported, and how. What is left out stays; null sets one back to its default.',
  examples: [{ orphanedUsers: 'deactivate', schedule: { kind: 'interval', minutes: 30 } }],
  properties: Object.fromEntries(
    Object.entries(settingSchemas).map(([setting, { default: _, ...schema }]) => [
      setting,
      { oneOf: [schema, { type: 'null' }] },
    ]),
  ),
}

/** What is sent replaces what was there before. */
export const mappingChange = {
  ...mappingBody,
  description: `The directory's own rules: SCIM attribute → rule, over those of the provider. What is sent replaces what was there before; null
    takes a rule of the provider away, but for e-mail at work, first and last name.`,
  examples: [{ title: 'work.title', nickName: null }],
}

const settings = component(
  'SyncSettings',
  'What is imported, and how, with the defaults.',
  withoutDefaults(settingSchemas),
)

// An answer has all of them.
function withoutDefaults(schemas: Readonly<Record<string, SettingSchema>>): Record<string, SettingSchema> {
  return Object.fromEntries(
    Object.entries(schemas).map(([setting, schema]) => {
      const { default: initial, examples = [initial], ...rest } = schema
      return [setting, { ...rest, examples }]
    }),
  )
}

const shown = {
  id: directoryId,
  kind: {
    enum: ['push', 'pull', 'manual'],
    description: 'Whether it sends, is pulled from, or holds what applications write and files bring.',
  },
  provider: { ...providerId, type: ['string', 'null'] },
  name: directoryName,
  ...flags,
  status: component('DirectoryStatus', 'How it stands.', {
    state: {
      enum: directoryStates,
      description:
        '`unlinked`: nothing is connected to it; `validating`: it was connected, and nothing has shown yet that it works; `error`: somebody must mend it.',
      examples: ['linked'],
    },
    reason: { type: 'string', description: 'A sentence.', examples: ['Its last run was completed.'] },
  }),
  createdAt: time('When it was made.'),
} as const

export const directory = component('Directory', 'A connection to one source.', shown)

const orNull = (schema: object, description: string) => ({
  oneOf: [schema, { type: 'null' }],
  description,
  examples: [null],
})

export const directoryDetails = component('DirectoryDetails', 'A directory with all that is set, but for secrets.', {
  ...shown,
  settings: orNull(settings, 'null for a directory that sends by itself.'),
  mapping: orNull(ownMappingSchema, 'Its own rules; null for a directory that is not pulled.'),
  effectiveMapping: orNull(
    { ...mappingSchema, description: 'SCIM attribute → rule.' },
    'Those of the provider with its own over them; null for a directory that is not pulled.',
  ),
  connection: orNull(shownConnection, 'null while it is not connected.'),
  test: orNull(checkedConnection, 'The last test of the present connection; null for none.'),
  pausedAt: time('When it was paused; null where it is not.', ['string', 'null']),
  nextRunAt: time('When the next run begins by itself; null where none does.', ['string', 'null']),
  lastRun: orNull(run, 'The latest run; null where there was none.'),
  hold: orNull(run, 'The run that waits for approval; null where none does.'),
})
