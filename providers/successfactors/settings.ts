import type { SettingsSchema } from '../provider.ts'

export type SuccessFactorsSettings = {
  apiServer: string
  companyId: string
  apiKey: string
  userId: string
  privateKey: string
  baseUrl?: string
}

export const settings: SettingsSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['apiServer', 'companyId', 'apiKey', 'userId', 'privateKey'],
  properties: {
    apiServer: {
      type: 'string',
      title: 'API server',
      description: 'The host of the API in your data center, which SAP lists; not where people sign in.',
      examples: ['api4.successfactors.com', 'api012.successfactors.eu'],
      pattern: '^[A-Za-z0-9]([A-Za-z0-9.\\-]{0,251}[A-Za-z0-9])?$',
    },
    companyId: {
      type: 'string',
      title: 'Company ID',
      description: 'What SAP SuccessFactors asks for when somebody signs in; in the case in which it is written.',
      examples: ['acmeprod'],
      pattern: '^\\S+$',
      maxLength: 200,
    },
    apiKey: {
      type: 'string',
      title: 'API key',
      description: 'The API key of the OAuth client, from Manage OAuth2 Client Applications.',
      minLength: 1,
      maxLength: 200,
      pattern: '^\\S+$',
      writeOnly: true,
    },
    userId: {
      type: 'string',
      title: 'User ID',
      description: 'The user ID of the API user. Its username and its e-mail address are something else.',
      examples: ['rollcall_api'],
      pattern: '^\\S+$',
      maxLength: 200,
    },
    privateKey: {
      type: 'string',
      title: 'Private key',
      description: 'The RSA key without a passphrase whose certificate the OAuth client has, as PEM or as base64.',
      minLength: 100,
      maxLength: 20_000,
      writeOnly: true,
    },
    baseUrl: {
      type: 'string',
      title: 'Address of the API',
      description: 'Where the API is, if not at the API server: for a proxy of yours, or for tests.',
      examples: ['https://proxy.example.com/successfactors'],
      pattern: '^https?://[^\\s?#]+$',
      maxLength: 500,
    },
  },
}
