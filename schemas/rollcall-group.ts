import SCIMMY from 'scimmy'

const { Attribute, SchemaDefinition } = SCIMMY.Types

export const rollcallGroup = new SchemaDefinition(
  'RollcallGroup',
  'urn:ietf:params:scim:schemas:extension:rollcall:2.0:Group',
  'What directories know of a group beyond its name and members',
  [
    new Attribute('string', 'description', { description: 'What the group is for.' }),
    new Attribute('boolean', 'securityGroup', {
      description: 'true where the group gives access, false for a distribution list.',
    }),
    new Attribute('string', 'source', {
      mutable: false,
      direction: 'out',
      returned: 'request',
      description: 'The directory that made the group: its provider, or its kind.',
    }),
  ],
)
