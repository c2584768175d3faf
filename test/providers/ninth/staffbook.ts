// A provider as small as one can be, of a source that does not exist: what CONTRIBUTING.md says of adding one, done.
import { createAnswerError, isObject, readObjects, readText } from '../../../providers/json.ts'
import {
  type Check,
  enterprise,
  type JsonObject,
  type Mapping,
  type Provider,
  type ProviderContext,
  ProviderError,
  type RequiredField,
  rollcall,
  type SettingsSchema,
  type Source,
} from '../../../providers/provider.ts'

type StaffbookSettings = { apiKey: string; baseUrl: string }

const settings: SettingsSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['apiKey', 'baseUrl'],
  properties: {
    apiKey: {
      type: 'string',
      title: 'API key',
      description: 'From Settings, API keys in Staffbook.',
      minLength: 8,
      writeOnly: true,
    },
    baseUrl: {
      type: 'string',
      title: 'Address',
      description: 'Where Staffbook runs.',
      examples: ['https://staff.example.com'],
      pattern: '^https?://[^\\s?#]+$',
    },
  },
}

const mapping: Mapping = {
  userName: { from: 'email', transform: 'lowercase' },
  'emails[type eq "work"].value': { from: 'email', transform: 'lowercase' },
  'emails[type eq "work"].primary': { value: true },
  'name.givenName': 'first',
  'name.familyName': 'last',
  title: 'title',
  [`${enterprise}:department`]: 'department',
  [`${enterprise}:manager.value`]: 'manager',
  [`${rollcall}:endDate`]: { from: 'end', transform: 'date' },
  [`${rollcall}:employmentStatus`]: {
    from: 'status',
    table: { hired: 'pending', works: 'active', away: 'on_leave', gone: 'terminated' },
  },
}

const required: readonly RequiredField[] = [
  { field: 'email', permission: 'Staff' },
  { field: 'status', permission: 'Staff' },
]

export const staffbook: Provider<StaffbookSettings, string> = {
  id: 'staffbook',
  name: 'Staffbook',
  settings,
  rateLimit: { requests: 60, perMs: 60_000 },
  mapping,
  required,
  capabilities: ['users'],
  open: (opened, context) => createSource(opened, context),
}

function createSource({ apiKey, baseUrl }: StaffbookSettings, context: ProviderContext): Source<string> {
  const authorization = `Basic ${Buffer.from(`${apiKey}:`).toString('base64')}`

  async function read(limit: number, after = ''): Promise<{ people: JsonObject[]; next: string | undefined }> {
    const query = new URLSearchParams({ limit: String(limit), after }).toString()
    const response = await context.fetch({ url: `${baseUrl}/staff?${query}`, headers: { authorization } })
    const answer = response.json()
    const people = isObject(answer) ? readObjects(answer['people']) : undefined
    if (!isObject(answer) || people === undefined) throw createAnswerError('Staffbook', 'people')
    return { people, next: readText(answer['next']) }
  }

  return {
    check: async () => {
      try {
        const { people } = await read(100)
        return [{ name: 'sign_in', ok: true, detail: 'Staffbook took the key.' }, checkStaff(people)]
      } catch (error) {
        if (!(error instanceof ProviderError) || error.kind !== 'settings') throw error
        return [{ name: 'sign_in', ok: false, detail: error.message }]
      }
    },
    async *pull(cursor, { fields, pageSize }) {
      for (let after = cursor; ;) {
        const { people, next } = await read(pageSize, after)
        const records = people.flatMap((person) => {
          const id = readText(person['id'])
          const told = Object.entries(person).filter(([name]) => fields.includes(name))
          return id === undefined ? [] : { id, type: 'user' as const, fields: Object.fromEntries(told) }
        })
        yield { records, ...(next !== undefined && { cursor: next }) }
        if (next === undefined) return
        after = next
      }
    },
  }
}

function checkStaff(people: readonly JsonObject[]): Check {
  const missing = required.map(({ field }) => field).filter((field) => !people.some((person) => field in person))
  if (missing.length === 0) return { name: 'Staff', ok: true, detail: 'All that is needed comes.' }
  return { name: 'Staff', ok: false, detail: `Let the key see ${missing.join(' and ')}.`, missing }
}
