// The shapes that the HR API answers with.
import { component, objectOf, type Schema } from '../api/schema.ts'
import { cursorParameter } from '../api/cursors.ts'
import { employeeStatuses } from '../directory/org/employee.ts'

const known = (type: string, description: string, example: unknown): Schema => ({
  type,
  description,
  examples: [example],
})
const maybe = (type: string, description: string, example: unknown): Schema => ({
  type: [type, 'null'],
  description,
  examples: [example],
})

const time = (description: string): Schema => known('integer', `${description}, in seconds since 1970.`, 1_772_355_600)

const id = known('string', 'The same as in SCIM.', 'emp_01kaq3v5w8f2g5c6h3jqv4xesd')
const email = maybe('string', 'The primary address, or else the first.', 'mira.holm@larkspur.example')
const name = known('string', 'The name to show; who has none is shown by their userName.', 'Mira Holm')
const title = maybe('string', 'The job title.', 'Network Engineer')
const departmentName = maybe('string', 'The department.', 'IT Infrastructure')
const location = maybe('string', 'The office.', 'Ghent')

/** `status` of whatever shows a person. */
const status: Schema = {
  enum: employeeStatuses,
  description: `What the source says; else \`terminated\` after the last day, \`suspended\` where the account is not active, and
    \`active\`.`,
}

const identity = {
  id,
  employee_id: maybe('string', 'The employee number.', 'EMP20417'),
  email,
  display_name: name,
}

const summary = { ...identity, job_title: title, department: departmentName, status }

const placement = {
  location,
  phone: maybe('string', 'The number at work, or else the first.', '+32-9-555-0142'),
  status,
  employment_type: maybe(
    'string',
    'As the source says: full_time, part_time, contractor, intern or temporary.',
    'full_time',
  ),
  start_date: maybe('string', 'The first day, YYYY-MM-DD.', '2022-03-15'),
  source: known('string', 'The provider of the directory that owns the record, or else its kind.', 'azure_ad'),
  external_id: maybe('string', 'What that directory calls the person.', '7d3c2f10-90ab-4c61-8f0e-2b6a51d7c911'),
  groups: {
    type: 'array',
    items: { type: 'string' },
    description: 'The names of the groups that the person is in directly.',
    examples: [['IT-Infrastructure', 'VPN-Users']],
  },
  user_id: maybe('string', 'The account on a linked platform.', 'usr_48213'),
  synced_at: time('When the owning directory last confirmed the record'),
  created_at: time('When the record was made'),
  updated_at: time('When the record last changed'),
  org_id: known('string', 'The organization.', 'org_01kaq3v5w8a0c2v7m1s9t4n6pe'),
}

const person = {
  ...identity,
  first_name: maybe('string', 'The given name.', 'Mira'),
  last_name: maybe('string', 'The family name.', 'Holm'),
  job_title: title,
  department: departmentName,
  division: maybe('string', 'The division.', 'Technology'),
  cost_center: maybe('string', 'The cost center.', 'CC-4200'),
  manager_id: maybe('string', 'The manager, who may be unknown to the directory.', 'emp_01kaq3v5w81hs9v3m7q2c4d6ya'),
}

export const employee = component('Employee', 'A person of the organization.', { ...person, ...placement })

const managerShape = component('Manager', 'Whom a person reports to.', {
  id,
  display_name: name,
  email,
  job_title: title,
})

export const employeeDetail = component('EmployeeDetail', 'A person with their manager.', {
  ...person,
  manager: {
    oneOf: [managerShape, { type: 'null' }],
    description: 'null where nobody of the directory has the id.',
    examples: [
      {
        id: 'emp_01kaq3v5w81hs9v3m7q2c4d6ya',
        display_name: 'Priya Ramires',
        email: 'priya.ramires@larkspur.example',
        job_title: 'Director of Infrastructure',
      },
    ],
  },
  ...placement,
})

export const directReport = component('DirectReport', 'Somebody who reports to a person.', summary)

const saidBy = known('string', 'The provider of the directory whose word it is, or else its kind.', 'workday')

const leaveBalance = component('LeaveBalance', 'What a person has left of one kind of time off.', {
  type: maybe('string', 'The kind, as the company calls it.', 'Vacation'),
  value: maybe('number', 'How much is left.', 12.5),
  unit: maybe('string', 'Of the value, such as days or hours.', 'days'),
  as_of: maybe('string', 'The day that it is for, YYYY-MM-DD.', '2026-03-01'),
  source: saidBy,
})

const absence = component('Absence', 'A time when a person is not at work.', {
  id: maybe('string', 'What the source calls it.', '4711'),
  type: maybe('string', 'The kind, as the company calls it.', 'Parental leave'),
  start_date: maybe('string', 'The first day, YYYY-MM-DD.', '2026-02-16'),
  end_date: maybe('string', 'The last day, YYYY-MM-DD; null where no end is known.', '2026-05-29'),
  status: maybe('string', 'Such as requested or approved.', 'approved'),
  source: saidBy,
})

export const timeOff = component('TimeOff', 'Time off of a person.', {
  employee_id: known('string', 'Whose it is; the same as in SCIM.', 'emp_01kaq3v5w8f2g5c6h3jqv4xesd'),
  leave_balances: { type: 'array', items: leaveBalance, description: 'Empty where no source says any.' },
  absences: {
    type: 'array',
    items: absence,
    description: 'Those that have not ended by the day of UTC, the first one first.',
  },
})

export const match = component('Match', 'Somebody whom a look-up found.', {
  ...identity,
  job_title: title,
  department: departmentName,
  location,
  status,
  match_score: {
    type: 'number',
    minimum: 0,
    maximum: 1,
    description: 'How well they match; two decimals.',
    examples: [0.98],
  },
  match_field: { enum: ['email', 'display_name', 'employee_id'], description: 'What matched best.' },
})

export const chainLink = component('ChainLink', 'A step of a management chain.', {
  level: { type: 'integer', minimum: 1, description: 'Counted from the person; 1 is next to them.', examples: [1] },
  id,
  display_name: name,
  email,
  job_title: title,
  department: departmentName,
})

const reportCount = known('integer', 'How many report to them, also where the chart ends before.', 3)
const chartPerson = {
  id,
  display_name: name,
  email,
  job_title: title,
  department: departmentName,
  direct_report_count: reportCount,
}

export const chartNode = component('OrgChartNode', 'A person of the chart, with those who report to them.', {
  ...chartPerson,
  children: {
    type: 'array',
    items: { $ref: '#/components/schemas/OrgChartNode' },
    description: 'Empty where nobody reports to them, or where the chart ends.',
    examples: [[]],
  },
})

export const chartRoot = component('OrgChartRoot', 'Another top of the organization.', chartPerson)

export const department = component('Department', 'What people name as their department.', {
  name: known('string', 'As most of its people write it.', 'IT Infrastructure'),
  division: maybe('string', 'The one that most of its people have.', 'Technology'),
  headcount: known('integer', 'Its people.', 42),
  active: known('integer', 'Those with the status `active`.', 38),
  on_leave: known('integer', 'Those with the status `on_leave`.', 3),
  contractors: known('integer', 'Those with the status `contractor`.', 1),
  cost_center: maybe('string', 'The one that most of its people have.', 'CC-4200'),
  head: {
    oneOf: [
      component('DepartmentHead', 'Who heads a department.', { id, display_name: name, job_title: title }),
      { type: 'null' },
    ],
    description: 'Who of it reports to nobody in it; of several the one with the most reports.',
    examples: [
      { id: 'emp_01kaq3v5w81hs9v3m7q2c4d6ya', display_name: 'Priya Ramires', job_title: 'Director of Infrastructure' },
    ],
  },
})

export const group = component('Group', 'A group that a directory brought.', {
  id: known('string', 'The same as in SCIM.', 'grp_01kaq3v5x9w2r4t6y8z0a1b3ce'),
  name: known('string', 'Its displayName in SCIM.', 'Cloud-Admins'),
  display_name: known('string', 'The same: SCIM has one name for a group.', 'Cloud-Admins'),
  description: maybe('string', 'What it is for.', 'Who may change the cloud accounts'),
  source: known('string', 'The provider of its directory, or else the kind of that.', 'azure_ad'),
  external_id: maybe('string', 'What its directory calls it.', '1f0c8c52-6f0d-4c39-9c57-0b4d7a1e5f36'),
  is_security_group: known('boolean', 'Whether it gives access; `false` also where the directory does not say.', true),
  member_count: known('integer', 'People and groups that are in it directly.', 8),
  synced_at: time('When its directory last confirmed it'),
  created_at: time('When it was made'),
})

export const member = component(
  'GroupMember',
  'Somebody who is in a group.',
  {
    ...summary,
    membership_type: {
      enum: ['direct', 'nested'],
      description: 'Whether they are in the group itself, or in one that is in it.',
    },
    via_group: known(
      'string',
      'The name of the group through which they are in it; only where nested.',
      'Cloud-Platform-Team',
    ),
  },
  ['via_group'],
)

/** A page of a list, with `more` beside it. */
export function pageOf(item: Schema, more: Readonly<Record<string, Schema>> = {}): Schema {
  return objectOf({
    ...more,
    has_more: { type: 'boolean', description: 'Whether there is a next page.', examples: [true] },
    next_cursor: {
      type: ['string', 'null'],
      description: 'What to send as `cursor` for the next page; null on the last one.',
      examples: cursorParameter.examples,
    },
    data: { type: 'array', items: item },
  })
}
