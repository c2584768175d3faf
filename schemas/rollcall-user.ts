// What HR systems know of a person and the core and enterprise schemas have no place for. Dates are strings of the form
// YYYY-MM-DD: SCIM's dateTime always has a time, and an employment starts on a day.
import SCIMMY from 'scimmy'

const { Attribute, SchemaDefinition } = SCIMMY.Types

const string = (name: string, description: string): InstanceType<typeof Attribute> =>
  new Attribute('string', name, { description })

export const rollcallUser = new SchemaDefinition(
  'RollcallUser',
  'urn:ietf:params:scim:schemas:extension:rollcall:2.0:User',
  'Employment data of a person',
  [
    new Attribute('string', 'employmentStatus', {
      canonicalValues: ['active', 'on_leave', 'suspended', 'terminated', 'retired', 'contractor'],
      description: 'Where the person stands with the employer, as the source says.',
    }),
    new Attribute('string', 'employmentType', {
      canonicalValues: ['full_time', 'part_time', 'contractor', 'intern', 'temporary'],
      description: 'The kind of employment.',
    }),
    string('startDate', 'First day of employment, YYYY-MM-DD.'),
    string('endDate', 'Last day of employment, YYYY-MM-DD.'),
    string('birthday', 'Date of birth, YYYY-MM-DD.'),
    string('pronouns', 'How the person wishes to be referred to.'),
    string('personalEmail', 'An e-mail address of the person outside the company.'),
    string('team', 'The team that the person works in.'),
    string('businessUnit', 'The business unit that the person belongs to.'),
    string('userGroup', 'The group that the HR system puts the person in.'),
    string('companyLegalName', 'Registered name of the employing company.'),
    string('companyDisplayName', 'Everyday name of the employing company.'),
    string('managerEmail', 'E-mail address of the manager, where the source gives no other reference.'),
    string('location', 'Name of the office where the person works.'),
    string('buildingId', 'Identifier of the building.'),
    string('platformUserId', 'Identifier of the person’s account on a linked platform.'),
    new Attribute('string', 'source', {
      mutable: false,
      direction: 'out',
      returned: 'request',
      description: 'The directory that owns the record: its provider, or its kind.',
    }),
    new Attribute('dateTime', 'syncedAt', {
      mutable: false,
      direction: 'out',
      returned: 'request',
      description: 'When the owning directory last confirmed the record.',
    }),
    new Attribute('complex', 'locations', { multiValued: true, description: 'All places where the person works.' }, [
      string('value', 'Identifier of the place.'),
      string('display', 'Name of the place.'),
      string('type', 'Kind of place, such as office or home.'),
      new Attribute('boolean', 'primary', { description: 'Whether this is the main place.' }),
    ]),
    new Attribute(
      'complex',
      'leaveBalances',
      { multiValued: true, description: 'Time off that the person has left.' },
      [
        string('type', 'Kind of leave, such as vacation.'),
        new Attribute('decimal', 'value', { description: 'What is left.' }),
        string('unit', 'days or hours.'),
        string('asOf', 'The day that the balance is for, YYYY-MM-DD.'),
      ],
    ),
    new Attribute('complex', 'absences', { multiValued: true, description: 'Current and coming absences.' }, [
      string('value', 'Identifier of the absence in the source.'),
      string('type', 'Kind of leave.'),
      string('startDate', 'First day, YYYY-MM-DD.'),
      string('endDate', 'Last day, YYYY-MM-DD.'),
      string('status', 'Such as requested or approved.'),
    ]),
  ],
)
