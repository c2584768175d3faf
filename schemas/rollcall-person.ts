// A person as the org queries answer with one. Each of them gives what it knows; the User at meta.location has the rest.
import SCIMMY from 'scimmy'

const { Attribute, SchemaDefinition } = SCIMMY.Types

const readOnly = { mutable: false, direction: 'out' } as const
const string = (name: string, description: string): InstanceType<typeof Attribute> =>
  new Attribute('string', name, { ...readOnly, description })

export const rollcallPerson = new SchemaDefinition(
  'RollcallPerson',
  'urn:ietf:params:scim:schemas:rollcall:2.0:Person',
  'A person in the organization chart, a management chain, a group or among the matches of a look-up',
  [
    string('employeeNumber', 'The number that the employer knows the person by.'),
    string('email', 'The primary e-mail address, or else the first.'),
    string('displayName', 'displayName, or else the name, or else the userName.'),
    string('title', 'What the person does.'),
    string('department', 'The department that the person works in.'),
    string('location', 'The office where the person works.'),
    new Attribute('string', 'status', {
      ...readOnly,
      canonicalValues: ['active', 'on_leave', 'suspended', 'terminated', 'retired', 'contractor'],
      description: 'Where the person stands with the employer.',
    }),
    new Attribute('integer', 'level', {
      ...readOnly,
      description: 'How far from whom was asked for: from 1 in a chain, from 0 in an organization chart.',
    }),
    new Attribute('complex', 'manager', { ...readOnly, description: 'Whom the person reports to.' }, [
      new Attribute('string', 'value', { ...readOnly, caseExact: true, description: 'Id of the manager.' }),
      new Attribute('reference', '$ref', {
        ...readOnly,
        referenceTypes: ['User'],
        description: 'Address of the manager.',
      }),
    ]),
    new Attribute('integer', 'directReportCount', {
      ...readOnly,
      description: 'How many people report to the person, also where a chart ends before them.',
    }),
    new Attribute('string', 'membershipType', {
      ...readOnly,
      canonicalValues: ['direct', 'nested'],
      description: 'Whether the person is in the group, or in a group in it.',
    }),
    string('viaGroup', 'Name of the group in the group through which the person is in it, the nearest one.'),
    new Attribute('decimal', 'matchScore', { ...readOnly, description: 'How well the person matches, from 0 to 1.' }),
    new Attribute('string', 'matchField', {
      ...readOnly,
      canonicalValues: ['email', 'displayName', 'employeeNumber'],
      description: 'The attribute that matches best.',
    }),
  ],
)
