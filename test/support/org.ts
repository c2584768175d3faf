// A small company with what is hard about companies: somebody who has left in the middle, somebody without a manager, a group
// in a group.
import { type Body, enterpriseSchema, rollcallSchema, type ScimClient, userSchema } from './scim-client.ts'

export const personSchema = 'urn:ietf:params:scim:schemas:rollcall:2.0:Person'
export const departmentSchema = 'urn:ietf:params:scim:schemas:rollcall:2.0:Department'
export const syncSchema = 'urn:ietf:params:scim:schemas:rollcall:2.0:Sync'
export const lookupSchema = 'urn:ietf:params:scim:api:messages:rollcall:2.0:LookupRequest'
export const chainMessage = 'urn:ietf:params:scim:api:messages:rollcall:2.0:Chain'
export const chartMessage = 'urn:ietf:params:scim:api:messages:rollcall:2.0:OrgChart'
export const membersMessage = 'urn:ietf:params:scim:api:messages:rollcall:2.0:GroupMembers'

/** Ids by first name. Ada leads Bo, who leads Cy, Di (on leave) and Eve (left), who led Fay. Zoe stands alone. */
export interface Company {
  readonly ids: Readonly<Record<'ada' | 'bo' | 'cy' | 'di' | 'eve' | 'fay' | 'zoe', string>>
  /** Bo and the group Inner, which has Cy. */
  readonly outer: string
}

export async function createCompany(scim: ScimClient): Promise<Company> {
  let hired = 0
  const hire = async (first: string, last: string, title: string, department: string, rest: Body = {}) => {
    const { managerId, status } = rest
    const enterprise = {
      employeeNumber: `E-${++hired}`,
      department,
      ...(managerId && { manager: { value: managerId } }),
    }
    const created = await scim.createUser(`${first.toLowerCase()}@larkspur.example`, {
      schemas: [userSchema, enterpriseSchema, rollcallSchema],
      displayName: `${first} ${last}`,
      name: { givenName: first, familyName: last },
      title,
      emails: [{ value: `${first.toLowerCase()}@larkspur.example`, type: 'work', primary: true }],
      [enterpriseSchema]: enterprise,
      [rollcallSchema]: { location: 'Oslo', ...(status && { employmentStatus: status }) },
    })
    return String(created['id'])
  }
  const ada = await hire('Ada', 'Lindqvist', 'CEO', 'Executive')
  const bo = await hire('Bo', 'Marchetti', 'Director', 'Infrastructure', { managerId: ada })
  const cy = await hire('Cy', 'Okonkwo', 'Engineer', 'Infrastructure', { managerId: bo })
  const di = await hire('Di', 'Petrova', 'Engineer', 'Infrastructure', { managerId: bo, status: 'on_leave' })
  const eve = await hire('Eve', 'Quintero', 'Team lead', 'Infrastructure', { managerId: bo, status: 'terminated' })
  const fay = await hire('Fay', 'Rasmussen', 'Engineer', 'Infrastructure', { managerId: eve })
  const zoe = await hire('Zoe', 'Sandoval', 'Advisor', 'Executive', { status: 'contractor' })
  const inner = String((await scim.createGroup('Inner', [cy]))['id'])
  const outer = String((await scim.createGroup('Outer', [bo, inner]))['id'])
  return { ids: { ada, bo, cy, di, eve, fay, zoe }, outer }
}
