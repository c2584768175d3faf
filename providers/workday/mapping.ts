import { enterprise, type Mapping, type RequiredField, rollcall } from '../provider.ts'

export const mapping: Mapping = {
  userName: { from: ['Email.WORK', 'User_ID'], transform: 'lowercase' },
  'emails[type eq "work"].value': { from: 'Email.WORK', transform: 'lowercase' },
  'emails[type eq "work"].primary': { value: true },
  'emails[type eq "home"].value': { from: 'Email.HOME', transform: 'lowercase' },
  'name.givenName': { from: ['Preferred_Name.First_Name', 'Legal_Name.First_Name'] },
  'name.familyName': { from: ['Preferred_Name.Last_Name', 'Legal_Name.Last_Name'] },
  'name.formatted': 'Legal_Name.Formatted_Name',
  displayName: { from: ['Preferred_Name.Formatted_Name', 'Legal_Name.Formatted_Name'] },
  title: { from: ['Business_Title', 'Position_Title'] },
  'phoneNumbers[type eq "work"].value': 'Phone.WORK',
  'phoneNumbers[type eq "mobile"].value': { from: ['Mobile.WORK', 'Mobile.HOME'] },
  'phoneNumbers[type eq "home"].value': 'Phone.HOME',
  [`${enterprise}:employeeNumber`]: 'Worker_ID',
  [`${enterprise}:department`]: 'Organization.SUPERVISORY',
  [`${enterprise}:division`]: 'Organization.BUSINESS_UNIT',
  [`${enterprise}:organization`]: 'Organization.COMPANY',
  [`${enterprise}:costCenter`]: { from: ['Organization_Code.COST_CENTER', 'Organization.COST_CENTER'] },
  [`${enterprise}:manager.value`]: 'Manager',
  [`${rollcall}:location`]: 'Location',
  [`${rollcall}:startDate`]: { from: 'Hire_Date', transform: 'date' },
  [`${rollcall}:endDate`]: { from: 'endDate', transform: 'date' },
  [`${rollcall}:employmentStatus`]: 'lifecycle',
  [`${rollcall}:employmentType`]: 'employmentType',
  [`${rollcall}:leaveBalances`]: 'leaveBalances',
  [`${rollcall}:absences`]: 'absences',
}

/** Who has not begun yet is as inactive as who has left; only the hire date tells them apart. */
export const required: readonly RequiredField[] = [
  { field: 'Email.WORK', permission: 'Person Data: Work Contact Information' },
  { field: 'Active', permission: 'Worker Data: Current Staffing Information' },
  { field: 'Hire_Date', permission: 'Worker Data: Current Staffing Information' },
]
