import type { SettingsSchema } from '../provider.ts'

export type HiBobSettings = {
  serviceUserId: string
  token: string
  sandbox?: boolean
  baseUrl?: string
}

export const settings: SettingsSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['serviceUserId', 'token'],
  properties: {
    serviceUserId: {
      type: 'string',
      title: 'Service user ID',
      description: 'The ID of the API service user, from Settings, Integrations, Automation, Service users in Bob.',
      examples: ['SERVICE-6061'],
      minLength: 1,
      maxLength: 200,
      // Ends the user name in HTTP Basic.
      pattern: '^[^:\\s]+$',
    },
    token: {
      type: 'string',
      title: 'Token',
      description: 'The token of the service user. Bob shows it once, when the service user is made.',
      minLength: 1,
      maxLength: 1000,
      writeOnly: true,
    },
    sandbox: {
      type: 'boolean',
      title: 'Sandbox',
      description: 'Whether to read a sandbox account of Bob.',
      default: false,
    },
    baseUrl: {
      type: 'string',
      title: 'Address of the API',
      description: 'Where the API is, if not at api.hibob.com: for a proxy of yours, or for tests.',
      examples: ['https://proxy.example.com/bob/v1'],
      pattern: '^https?://[^\\s?#]+$',
      maxLength: 500,
    },
  },
}
