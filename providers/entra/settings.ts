import type { SettingsSchema } from '../provider.ts'

export type EntraSettings = {
  tenantId: string
  clientId: string
  clientSecret: string
  people?: 'members' | 'employees' | 'everybody'
  cloud?: 'global' | 'us_government' | 'us_government_dod' | 'china'
  baseUrl?: string
  loginUrl?: string
}

export const settings: SettingsSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['tenantId', 'clientId', 'clientSecret'],
  properties: {
    tenantId: {
      type: 'string',
      title: 'Tenant ID',
      description: 'The ID of the directory, from the overview of Entra ID, or one of its domains.',
      examples: ['2f1c9b1e-7d0a-4f3a-9c35-0a4b8a6d2f10', 'acme.onmicrosoft.com'],
      // A part of a path.
      pattern: '^[A-Za-z0-9][A-Za-z0-9.\\-]*$',
      maxLength: 253,
    },
    clientId: {
      type: 'string',
      title: 'Client ID',
      description: 'The application ID of the app registration.',
      examples: ['8f3b0c52-3f6e-4d0b-9a55-6f4a3b8d7c21'],
      pattern: '^[A-Za-z0-9\\-]+$',
      maxLength: 100,
    },
    clientSecret: {
      type: 'string',
      title: 'Client secret',
      description: 'The value of a client secret of the app registration, not its ID. Entra ID shows it once.',
      minLength: 1,
      maxLength: 500,
      writeOnly: true,
    },
    people: {
      type: 'string',
      title: 'Who is read',
      description:
        'Members of the directory without its guests, only those of them with an employee ID or type, or everybody.',
      enum: ['members', 'employees', 'everybody'],
      default: 'members',
    },
    cloud: {
      type: 'string',
      title: 'Cloud',
      description: 'Which of the clouds of Microsoft the directory is in.',
      enum: ['global', 'us_government', 'us_government_dod', 'china'],
      default: 'global',
    },
    baseUrl: {
      type: 'string',
      title: 'Address of the API',
      description:
        'Where Microsoft Graph is, with its version, if not in the cloud: for a proxy of yours, or for tests.',
      examples: ['https://proxy.example.com/graph/v1.0'],
      pattern: '^https?://[^\\s?#]+/v1\\.0/?$',
      maxLength: 500,
    },
    loginUrl: {
      type: 'string',
      title: 'Address for signing in',
      description: 'Where sign-in is, if not in the cloud: for a proxy of yours, or for tests.',
      examples: ['https://proxy.example.com/login'],
      pattern: '^https?://[^\\s?#]+$',
      maxLength: 500,
    },
  },
}
