// Signing in to Microsoft Graph: an application with a secret, by OAuth 2.0 client credentials.
import { createTokenFetch } from '../access-token.ts'
import { readText } from '../json.ts'
import { type Json, type ProviderContext, ProviderError } from '../provider.ts'
import type { EntraSettings } from './settings.ts'

const clouds = {
  global: { graph: 'https://graph.microsoft.com', login: 'https://login.microsoftonline.com' },
  us_government: { graph: 'https://graph.microsoft.us', login: 'https://login.microsoftonline.us' },
  us_government_dod: { graph: 'https://dod-graph.microsoft.us', login: 'https://login.microsoftonline.us' },
  china: { graph: 'https://microsoftgraph.chinacloudapi.cn', login: 'https://login.partner.microsoftonline.cn' },
}

export interface Graph {
  /** Where it is, with its version and without a slash at the end. */
  readonly base: string
  /** Requests that are signed in. */
  readonly fetch: ProviderContext['fetch']
}

export function openGraph(settings: EntraSettings, context: ProviderContext): Graph {
  const { tenantId, clientId, clientSecret, cloud = 'global', baseUrl, loginUrl } = settings
  const { graph, login } = clouds[cloud]
  const authority = (loginUrl ?? login).replace(/\/+$/, '')
  const fetch = createTokenFetch(context, {
    name: 'Microsoft Entra ID',
    credentials: 'the tenant ID, the client ID and the client secret',
    request: {
      url: `${authority}/${encodeURIComponent(tenantId)}/oauth2/v2.0/token`,
      form: {
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: clientSecret,
        scope: `${graph}/.default`,
      },
    },
    explain: ({ error_description: description }) => explainRefusal(description),
  })
  return { base: (baseUrl ?? `${graph}/v1.0`).replace(/\/+$/, ''), fetch }
}

// Codes of Entra ID (https://learn.microsoft.com/entra/identity-platform/reference-error-codes). Its words quote what was sent.
const meanings: Readonly<Record<string, string>> = {
  AADSTS7000215: 'The client secret is not right. Give the value of a secret, not its ID.',
  AADSTS7000222: 'The client secret has expired. Make a new one.',
  AADSTS7000112: 'The application is disabled.',
  AADSTS700016: 'The application is not in this tenant. Check the tenant ID and the client ID.',
  AADSTS90002: 'There is no such tenant. Check the tenant ID.',
  AADSTS900023: 'There is no such tenant. Check the tenant ID.',
  AADSTS53003: 'A conditional access policy keeps the application out.',
}

function explainRefusal(description: Json | undefined): ProviderError | undefined {
  const code = /\bAADSTS\d{2,10}\b/.exec(readText(description) ?? '')?.[0]
  if (code === undefined) return undefined
  const meaning = meanings[code] ?? 'Check the tenant ID, the client ID and the client secret.'
  return new ProviderError('settings', `Microsoft Entra ID refused to sign in (${code}). ${meaning}`)
}
