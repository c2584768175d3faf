import type { SettingsSchema } from '../provider.ts'

export type OktaSettings = {
  domain: string
  apiToken?: string
  clientId?: string
  privateKey?: string
  keyId?: string
  baseUrl?: string
}

export const settings: SettingsSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['domain'],
  properties: {
    domain: {
      type: 'string',
      title: 'Okta domain',
      description: 'The host name of your Okta, without -admin.',
      examples: ['acme.okta.com', 'login.acme.com'],
      // A host name and nothing else: no path, port or user.
      pattern: '^[A-Za-z0-9]([A-Za-z0-9\\-]{0,61}[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9\\-]{0,61}[A-Za-z0-9])?)+$',
      maxLength: 253,
    },
    apiToken: {
      type: 'string',
      title: 'API token',
      description: 'A token of a read-only administrator. Leave it out to sign in by OAuth 2.0.',
      minLength: 1,
      maxLength: 500,
      pattern: '^\\S+$',
      writeOnly: true,
    },
    clientId: {
      type: 'string',
      title: 'Client ID',
      description: 'The client ID of an API Services application, for OAuth 2.0.',
      examples: ['0oa1abcdEFGHijkl2345'],
      minLength: 1,
      maxLength: 100,
      pattern: '^\\S+$',
    },
    privateKey: {
      type: 'string',
      title: 'Private key',
      description: 'The private key of the application, as PEM or as JWK. Okta keeps the public one.',
      minLength: 1,
      maxLength: 20_000,
      writeOnly: true,
    },
    keyId: {
      type: 'string',
      title: 'Key ID',
      description: 'The KID of the key in Okta. Leave it out where the application has one key, or the JWK says it.',
      minLength: 1,
      maxLength: 200,
    },
    baseUrl: {
      type: 'string',
      title: 'Address of the API',
      description: 'Where the API is, if not at the domain: for a proxy of yours, or for tests.',
      examples: ['https://proxy.example.com/okta'],
      pattern: '^https?://[^\\s?#]+$',
      maxLength: 500,
    },
  },
}
