import type { SettingsSchema } from '../provider.ts'

export type LdapSettings = {
  host: string
  port?: number
  security?: 'ldaps' | 'starttls'
  certificateAuthority?: string
  bindName: string
  bindPassword: string
  baseDn?: string
  groupBaseDn?: string
  userFilter?: string
  groupFilter?: string
  onlyGroup?: string
  everyAccount?: boolean
  timeZone?: string
}

export const settings: SettingsSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['host', 'bindName', 'bindPassword'],
  properties: {
    host: {
      type: 'string',
      title: 'Server',
      description: 'The name of the server, as its certificate has it: a domain controller, or the domain.',
      examples: ['dc1.corp.example.com'],
      pattern: '^[A-Za-z0-9._:\\-]+$',
      minLength: 1,
      maxLength: 253,
    },
    port: {
      type: 'integer',
      title: 'Port',
      description: 'Where the server listens, if not at 636 for LDAPS or 389 for StartTLS.',
      examples: [1636],
      minimum: 1,
      maximum: 65_535,
    },
    security: {
      type: 'string',
      title: 'Encryption',
      description: 'TLS from the beginning (LDAPS), or on a connection that begins without it (StartTLS).',
      enum: ['ldaps', 'starttls'],
      default: 'ldaps',
    },
    certificateAuthority: {
      type: 'string',
      title: 'Certificate authority',
      description: 'The certificate of the authority that vouches for the server, as PEM, where it is one of your own.',
      pattern: '-----BEGIN CERTIFICATE-----',
      maxLength: 50_000,
    },
    bindName: {
      type: 'string',
      title: 'Account',
      description: 'The account that reads: its distinguished name, or with Active Directory its user principal name.',
      examples: ['rollcall@corp.example.com', 'cn=rollcall,ou=services,dc=example,dc=com'],
      minLength: 1,
      maxLength: 1000,
    },
    bindPassword: {
      type: 'string',
      title: 'Password',
      description: 'The password of the account.',
      minLength: 1,
      maxLength: 1000,
      writeOnly: true,
    },
    baseDn: {
      type: 'string',
      title: 'Base',
      description: 'The entry below which people are, if not that of the whole directory.',
      examples: ['ou=Staff,dc=corp,dc=example,dc=com'],
      pattern: '=',
      maxLength: 1000,
    },
    groupBaseDn: {
      type: 'string',
      title: 'Base of groups',
      description: 'The entry below which groups are, if not where people are.',
      examples: ['ou=Groups,dc=corp,dc=example,dc=com'],
      pattern: '=',
      maxLength: 1000,
    },
    userFilter: {
      type: 'string',
      title: 'Filter of people',
      description: 'The LDAP filter of the entries that are people, in place of the one for the kind of server.',
      examples: ['(&(objectCategory=person)(objectClass=user)(employeeID=*))'],
      pattern: '^\\(.*\\)$',
      maxLength: 4000,
    },
    groupFilter: {
      type: 'string',
      title: 'Filter of groups',
      description: 'The LDAP filter of the entries that are groups, in place of the one for the kind of server.',
      examples: ['(&(objectClass=group)(cn=app-*))'],
      pattern: '^\\(.*\\)$',
      maxLength: 4000,
    },
    onlyGroup: {
      type: 'string',
      title: 'Only members of',
      description: 'The distinguished name of a group. Only people are read who are in it, or in a group within it.',
      examples: ['CN=All Staff,OU=Groups,DC=corp,DC=example,DC=com'],
      pattern: '=',
      maxLength: 1000,
    },
    everyAccount: {
      type: 'boolean',
      title: 'Every account',
      description:
        'Whether to read accounts, too, that are no people: built-in ones, trusts, rooms and shared mailboxes.',
      default: false,
    },
    timeZone: {
      type: 'string',
      title: 'Time zone',
      description: 'The time zone of those who set when accounts expire. It says which day is the last one.',
      examples: ['Europe/Berlin'],
      default: 'UTC',
      pattern: '^[A-Za-z0-9_+\\/\\-]+$',
      maxLength: 100,
    },
  },
}
