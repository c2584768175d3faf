import type { SettingsSchema } from '../provider.ts'

export type BambooSettings = {
  companyDomain: string
  apiKey: string
  baseUrl?: string
}

export const settings: SettingsSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['companyDomain', 'apiKey'],
  properties: {
    companyDomain: {
      type: 'string',
      title: 'Company domain',
      description: 'What stands before .bamboohr.com in the address of your BambooHR.',
      examples: ['acme'],
      // One label of a host name, so that the key is sent to BambooHR and nobody else.
      pattern: '^[A-Za-z0-9]([A-Za-z0-9\\-]{0,61}[A-Za-z0-9])?$',
    },
    apiKey: {
      type: 'string',
      title: 'API key',
      description: 'A key of a user who may see all employees, from API keys in the menu of that user.',
      minLength: 1,
      maxLength: 500,
      pattern: '^[^:\\s]+$',
      writeOnly: true,
    },
    baseUrl: {
      type: 'string',
      title: 'Address of the API',
      description: 'Where the API is, if not at the company domain: for a proxy of yours, or for tests.',
      examples: ['https://proxy.example.com/bamboohr'],
      pattern: '^https?://[^\\s?#]+$',
      maxLength: 500,
    },
  },
}
