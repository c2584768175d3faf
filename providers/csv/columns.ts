// Columns that people commonly have in such files → attributes. docs/providers/csv.md has the table.
import { enterprise, type FieldRule, type Mapping, type MappingRule, rollcall } from '../provider.ts'
import { employmentTypes, statuses, truths } from './words.ts'

interface Column {
  readonly path: string
  /** The first that a file has counts before the others; words in lower case, whatever stands between them. */
  readonly names: readonly string[]
  readonly rule?: Omit<FieldRule, 'from'>
}

const workEmail = 'emails[type eq "work"].value'

/** The first name of each stands for it in docs and checks. */
export const columns: readonly Column[] = [
  { path: 'name.givenName', names: ['first name', 'given name', 'forename'] },
  { path: 'name.familyName', names: ['last name', 'family name', 'surname'] },
  {
    path: workEmail,
    names: ['email', 'work email', 'email address', 'work email address', 'business email', 'company email', 'mail'],
    rule: { transform: 'lowercase' },
  },
  { path: 'displayName', names: ['display name', 'full name', 'name'] },
  { path: 'name.middleName', names: ['middle name'] },
  { path: 'nickName', names: ['nickname', 'preferred name', 'preferred first name', 'known as'] },
  { path: 'userName', names: ['username', 'login', 'login name'] },
  { path: 'title', names: ['job title', 'title', 'position'] },
  {
    path: 'emails[type eq "home"].value',
    names: ['personal email', 'private email', 'home email'],
    rule: { transform: 'lowercase' },
  },
  {
    path: 'phoneNumbers[type eq "work"].value',
    names: ['phone', 'phone number', 'work phone', 'business phone', 'office phone', 'telephone'],
  },
  {
    path: 'phoneNumbers[type eq "mobile"].value',
    names: ['mobile', 'mobile phone', 'mobile number', 'cell', 'cell phone', 'work mobile'],
  },
  {
    path: `${enterprise}:employeeNumber`,
    names: ['employee number', 'employee no', 'employee id', 'personnel number', 'staff number', 'staff id'],
  },
  { path: `${enterprise}:department`, names: ['department', 'department name', 'dept'] },
  { path: `${enterprise}:division`, names: ['division'] },
  { path: `${enterprise}:costCenter`, names: ['cost center', 'cost centre'] },
  {
    path: `${enterprise}:manager.value`,
    names: [
      'manager id',
      'manager number',
      'manager employee number',
      'manager employee id',
      'supervisor id',
      'reports to id',
    ],
  },
  {
    path: `${rollcall}:managerEmail`,
    names: ['manager email', 'manager email address', 'manager work email', 'supervisor email', 'reports to email'],
    rule: { transform: 'lowercase' },
  },
  {
    path: `${rollcall}:startDate`,
    names: ['start date', 'hire date', 'date of hire', 'join date', 'joining date', 'employment start date'],
    rule: { transform: 'date' },
  },
  {
    path: `${rollcall}:endDate`,
    names: ['end date', 'termination date', 'leave date', 'leaving date', 'last day', 'employment end date'],
    rule: { transform: 'date' },
  },
  {
    path: `${rollcall}:employmentStatus`,
    names: ['status', 'employment status', 'employee status'],
    rule: { table: statuses },
  },
  { path: 'active', names: ['active', 'is active', 'enabled', 'account enabled'], rule: { table: truths } },
  {
    path: `${rollcall}:employmentType`,
    names: ['employment type', 'employee type', 'contract type'],
    rule: { table: employmentTypes },
  },
  { path: `${rollcall}:location`, names: ['location', 'office', 'site', 'office location', 'work location'] },
  { path: `${rollcall}:team`, names: ['team'] },
  { path: `${rollcall}:businessUnit`, names: ['business unit'] },
  { path: `${rollcall}:companyDisplayName`, names: ['company', 'company name'] },
  { path: `${rollcall}:pronouns`, names: ['pronouns'] },
  {
    path: `${rollcall}:birthday`,
    names: ['birthday', 'date of birth', 'birth date'],
    rule: { transform: 'date' },
  },
]

const groupsNames = ['groups', 'group', 'group names', 'member of']

const paths: ReadonlyMap<string, Column> = new Map(
  columns.flatMap((column) => column.names.map((name): [string, Column] => [toKey(name), column])),
)

/** A name as it is compared: in any case, with spaces, underscores, hyphens and dots or without. */
export function toKey(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_.-]+/g, '')
}

/** The attribute that a column of this name is taken for. */
export function findPath(name: string): string | undefined {
  return paths.get(toKey(name))?.path
}

/** The column that lists groups. */
export function findGroupsColumn(header: readonly string[]): number | undefined {
  const keys = header.map((name) => toKey(name))
  return groupsNames.map((name) => keys.indexOf(toKey(name))).find((column) => column >= 0)
}

/**
 * A mapping for the columns of a header, for imports that bring none: each column that is known by its name goes to its attribute. Of two
 * for the same attribute the one that is named first in the docs counts, and the other where it has no value. Others are left out.
 */
export function suggestMapping(header: readonly string[]): Mapping {
  const byKey = new Map<string, string[]>()
  for (const name of header.map((one) => one.trim())) byKey.set(toKey(name), [...(byKey.get(toKey(name)) ?? []), name])
  const rules = columns.flatMap(({ path, names, rule }): [string, MappingRule][] => {
    const found = names.flatMap((name) => byKey.get(toKey(name)) ?? [])
    const [first] = found
    if (first === undefined) return []
    return [[path, { from: found.length === 1 ? first : found, ...rule }]]
  })
  const primary: Mapping = rules.some(([path]) => path === workEmail)
    ? { 'emails[type eq "work"].primary': { value: true } }
    : {}
  return { ...Object.fromEntries(rules), ...primary }
}
