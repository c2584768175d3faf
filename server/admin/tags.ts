export const tags = {
  organizations: {
    name: 'Organizations',
    description: `Tenants, which share nothing. The operator's token (\`ROLLCALL_ADMIN_TOKEN\`) reaches all of them; a token with the scope
      \`admin\` its own, and every other answers 404.`,
  },
  directories: { name: 'Directories', description: 'The connections of an organization to its sources.' },
  tokens: { name: 'Tokens', description: 'What identity providers and applications sign in with.' },
  issuers: { name: 'Issuers', description: 'Whose JWTs an organization trusts.' },
  attributes: {
    name: 'Attributes',
    description: `What an organization adds to users and groups. They are in the extension
      \`urn:ietf:params:scim:schemas:extension:custom:2.0:User\` (or \`:Group\`), and behave like any other: in \`/Schemas\`, in filters,
      in PATCH.`,
  },
  requests: {
    name: 'Request log',
    description: 'What identity providers sent: writes, failures, and what had to be repaired.',
  },
}
