import type { SettingsSchema } from '../provider.ts'

export type WorkdaySettings = {
  host: string
  tenant: string
  signIn?: string
  username?: string
  password?: string
  clientId?: string
  clientSecret?: string
  refreshToken?: string
  baseUrl?: string
}

export const settings: SettingsSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['host', 'tenant'],
  properties: {
    host: {
      type: 'string',
      title: 'Host of the web services',
      description: 'The host in the address of a WSDL of your tenant, from Public Web Services in Workday.',
      examples: ['wd3-services1.myworkday.com', 'wd2-impl-services1.workday.com'],
      // So that the credentials are sent to Workday and nobody else.
      pattern: '^([A-Za-z0-9\\-]{1,63}\\.){1,3}(my)?workday\\.com$',
      maxLength: 200,
    },
    tenant: {
      type: 'string',
      title: 'Tenant',
      description: 'The name of your tenant, which stands in the address after you have signed in.',
      examples: ['acme'],
      pattern: '^[A-Za-z0-9_\\-]{1,100}$',
    },
    signIn: {
      type: 'string',
      title: 'Way to sign in',
      description: 'As an integration system user with a password, or by OAuth 2.0 with a refresh token of one.',
      enum: ['integration_user', 'oauth'],
      default: 'integration_user',
    },
    username: {
      type: 'string',
      title: 'User name',
      description: 'The name of the integration system user, with or without @ and the tenant.',
      examples: ['ISU_Rollcall'],
      minLength: 1,
      maxLength: 200,
    },
    password: {
      type: 'string',
      title: 'Password',
      description: 'The password of the integration system user.',
      minLength: 1,
      maxLength: 500,
      writeOnly: true,
    },
    clientId: {
      type: 'string',
      title: 'Client ID',
      description: 'Of the API client for integrations, where you sign in by OAuth 2.0.',
      minLength: 1,
      maxLength: 500,
      // Ends the user name in HTTP Basic.
      pattern: '^[^:\\s]+$',
    },
    clientSecret: {
      type: 'string',
      title: 'Client secret',
      description: 'Of the API client for integrations. Workday shows it once.',
      minLength: 1,
      maxLength: 500,
      writeOnly: true,
    },
    refreshToken: {
      type: 'string',
      title: 'Refresh token',
      description: 'One that does not expire, from Manage Refresh Tokens for Integrations.',
      minLength: 1,
      maxLength: 4000,
      writeOnly: true,
    },
    baseUrl: {
      type: 'string',
      title: 'Address of the services',
      description: 'Where the services are, if not at the host: for a proxy of yours, or for tests.',
      examples: ['https://proxy.example.com/workday'],
      pattern: '^https?://[^\\s?#]+$',
      maxLength: 500,
    },
  },
}
