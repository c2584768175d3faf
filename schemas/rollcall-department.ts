// A department: what people name as theirs, counted.
import SCIMMY from 'scimmy'

const { Attribute, SchemaDefinition } = SCIMMY.Types

const readOnly = { mutable: false, direction: 'out' } as const
const string = (name: string, description: string): InstanceType<typeof Attribute> =>
  new Attribute('string', name, { ...readOnly, description })
const integer = (name: string, description: string): InstanceType<typeof Attribute> =>
  new Attribute('integer', name, { ...readOnly, description })

export const rollcallDepartment = new SchemaDefinition(
  'RollcallDepartment',
  'urn:ietf:params:scim:schemas:rollcall:2.0:Department',
  'A department and how many people are in it',
  [
    string('name', 'The name that people have as their department.'),
    string('division', 'The division that most of its people have.'),
    string('costCenter', 'The cost center that most of its people have.'),
    integer('headcount', 'How many people are in it.'),
    integer('active', 'How many of them are active.'),
    integer('onLeave', 'How many of them are on leave.'),
    integer('contractors', 'How many of them are contractors.'),
    new Attribute('complex', 'head', { ...readOnly, description: 'Who of the department reports to nobody in it.' }, [
      new Attribute('string', 'value', { ...readOnly, caseExact: true, description: 'Id of the head.' }),
      new Attribute('reference', '$ref', {
        ...readOnly,
        referenceTypes: ['User'],
        description: 'Address of the head.',
      }),
      string('displayName', 'Name of the head.'),
      string('title', 'What the head does.'),
    ]),
  ],
)
