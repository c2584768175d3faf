export const tags = {
  organizations: {
    name: 'Organizations',
    description: `Tenants, which share nothing. The operator's token (\`ROLLCALL_ADMIN_TOKEN\`) reaches all of them; a token with the scope
      \`admin\` its own, and every other answers 404.`,
  },
  directories: {
    name: 'Directories',
    description: `The connections of an organization to its sources. One that is pushed sends by itself (SCIM); one that is pulled is read
      on a schedule, with what its provider needs; the manual one has what applications write and files bring.`,
  },
  setupLinks: {
    name: 'Setup links',
    description: `Let somebody without an account connect one directory: send the link to whoever has the credentials of the source.`,
  },
  runs: {
    name: 'Runs',
    description: `What reads a source and brings people and groups up to date with it. A preview plans and changes nothing. A run that would
      do more harm than anybody meant waits until it is approved.`,
  },
  imports: { name: 'Imports', description: 'CSV files with people, for the manual directory.' },
  locations: {
    name: 'Locations',
    description: `Offices. Employment begins and ends by the calendar of the office where somebody works, or else of the organization.`,
  },
  tokens: { name: 'Tokens', description: 'What identity providers and applications sign in with.' },
  issuers: { name: 'Issuers', description: 'Whose JWTs an organization trusts.' },
  attributes: {
    name: 'Attributes',
    description: `What an organization adds to users and groups. They are in the extension
      \`urn:ietf:params:scim:schemas:extension:custom:2.0:User\` (or \`:Group\`), and behave like any other: in \`/Schemas\`, in filters,
      in PATCH.`,
  },
  users: {
    name: 'Users',
    description: 'What SCIM has no place for: where what is known of a person comes from, and forgetting them.',
  },
  requests: {
    name: 'Request log',
    description: 'What identity providers sent: writes, failures, and what had to be repaired.',
  },
  events: {
    name: 'Events',
    description: `What happened to people, groups and everything else, numbered without gaps in each organization. A token with the scope
      \`events\` reads those of its organization.`,
  },
  webhookEndpoints: {
    name: 'Webhook endpoints',
    description: `Applications that are told of events as they happen, by signed requests ([Standard Webhooks](https://www.standardwebhooks.com)).`,
  },
  triggers: {
    name: 'Triggers',
    description: `What is done when an event happens, and a condition holds: an e-mail, a message in Slack, or a webhook, written by
      templates. Two are built in: invitations and offboarding mails, which directories switch on.`,
  },
  feeds: {
    name: 'Feeds',
    description: `SCIM events as security event tokens (RFC 9967), for applications: pushed to them (RFC 8935), or fetched by them
      (RFC 8936). What they are verified with is at \`/.well-known/jwks.json\`.`,
  },
}
