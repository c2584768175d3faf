// Fields of a person have Personio's names; those of the employment that counts stand behind `employment.`. Where Personio has an id, names.ts
// has the name.
import { enterprise, type Mapping, type RequiredField, rollcall } from '../provider.ts'

export const mapping: Mapping = {
  userName: { from: 'email', transform: 'lowercase' },
  'emails[type eq "work"].value': { from: 'email', transform: 'lowercase' },
  'emails[type eq "work"].primary': { value: true },
  'name.givenName': { from: ['givenName', 'first_name'] },
  'name.familyName': 'last_name',
  'name.formatted': 'legalName',
  displayName: 'displayName',
  title: 'employment.position.title',
  [`${enterprise}:department`]: 'department',
  [`${enterprise}:organization`]: 'legal_entity',
  [`${enterprise}:costCenter`]: 'cost_center',
  [`${enterprise}:manager.value`]: 'employment.supervisor.id',
  [`${rollcall}:team`]: 'team',
  [`${rollcall}:location`]: 'office',
  [`${rollcall}:startDate`]: { from: 'employment.employment_start_date', transform: 'date' },
  [`${rollcall}:endDate`]: { from: 'endDate', transform: 'date' },
  // Where what Personio says means nothing to us, its own word says so to people.
  [`${rollcall}:employmentStatus`]: { from: ['lifecycle', 'employment.status'] },
  [`${rollcall}:employmentType`]: 'employmentType',
  [`${rollcall}:absences`]: 'absences',
}

export const required: readonly RequiredField[] = [
  { field: 'email', permission: 'personio:persons:read and the attribute Email' },
  { field: 'employment.status', permission: 'personio:persons:read and the attribute Status' },
]
