import type { SettingsSchema } from '../provider.ts'

export type PersonioSettings = {
  clientId: string
  clientSecret: string
  baseUrl?: string
}

export const settings: SettingsSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['clientId', 'clientSecret'],
  properties: {
    clientId: {
      type: 'string',
      title: 'Client ID',
      description: 'Of a custom integration, from Settings, Integrations, API credentials in Personio.',
      examples: ['papi-7f3c1d52-0b1e-4c0e-9f6d-2a5f0c8a4b11'],
      minLength: 1,
      maxLength: 500,
      pattern: '^\\S+$',
    },
    clientSecret: {
      type: 'string',
      title: 'Client secret',
      description: 'The secret of the integration. Personio shows it once.',
      minLength: 1,
      maxLength: 1000,
      writeOnly: true,
    },
    baseUrl: {
      type: 'string',
      title: 'Address of the API',
      description: 'Where the API is, if not at api.personio.de: for a proxy of yours, or for tests.',
      examples: ['https://proxy.example.com/personio'],
      pattern: '^https?://[^\\s?#]+$',
      maxLength: 500,
    },
  },
}
