// Sources that the tests' application can pull from: a connection names the one that it means by its account.
import type { Provider, ProviderContext, Source } from '../../providers/provider.ts'
import { ScriptedSource } from './scripted-source.ts'

const sources = new Map<string, ScriptedSource>()
const openings = new Map<string, unknown[]>()
let made = 0

export interface Account {
  readonly account: string
  readonly source: ScriptedSource
  /** The settings with which it was opened, the secrets among them. */
  readonly openings: readonly unknown[]
}

/** A source of one's own, behind a new account. */
export function createAccount(source = new ScriptedSource()): Account {
  const account = `account-${made++}`
  sources.set(account, source)
  openings.set(account, [])
  return { account, source, openings: openings.get(account) ?? [] }
}

const { provider } = new ScriptedSource({
  name: 'Scripted source',
  settings: {
    type: 'object',
    additionalProperties: false,
    required: ['account', 'token'],
    properties: {
      account: { type: 'string', title: 'Account', description: 'Which source is meant.', minLength: 1 },
      token: {
        type: 'string',
        title: 'Token',
        description: 'What it is signed in with.',
        writeOnly: true,
        minLength: 8,
      },
      baseUrl: { type: 'string', title: 'Address', description: 'Where it is.', pattern: '^https?://' },
      region: {
        type: 'string',
        title: 'Region',
        description: 'Where the source is.',
        enum: ['eu', 'us'],
        default: 'eu',
      },
    },
  },
  required: [{ field: 'email', permission: 'Read addresses' }],
})

export const accountProvider: Provider = {
  ...provider,
  open: (settings, context: ProviderContext): Source => {
    const { account } = settings
    if (typeof account !== 'string') throw new Error('the connection names no account')
    const source = sources.get(account)
    if (source === undefined) throw new Error(`there is no account ${account}`)
    openings.get(account)?.push(settings)
    return source.provider.open(settings, context)
  },
}
