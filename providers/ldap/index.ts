// Active Directory, and other directories that speak LDAP (RFC 4511): people and groups by search, changes by uSNChanged or by time,
// sign-in by bind. docs/providers/ldap.md says more.
import type { Provider } from '../provider.ts'
import type { LdapCursor } from './cursor.ts'
import { mapping, required } from './mapping.ts'
import { type LdapSettings, settings } from './settings.ts'
import { createLdapSource } from './source.ts'

export const ldap: Provider<LdapSettings, LdapCursor> = {
  id: 'ldap',
  name: 'Active Directory / LDAP',
  settings,
  places: ['host', 'port', 'certificateAuthority'],
  // LDAP has no limits; this is for who shares the server.
  rateLimit: { requests: 100, perMs: 1000 },
  mapping,
  required,
  capabilities: ['users', 'groups', 'incremental', 'authenticate'],
  open: createLdapSource,
}
