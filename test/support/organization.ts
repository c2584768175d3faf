// People of an organization, made through SCIM as an identity provider would.
import { type Body, enterpriseSchema, rollcallSchema, type ScimClient, userSchema } from './scim-client.ts'

export interface PersonDraft {
  readonly managerId?: string
  readonly department?: string
  readonly status?: string
  readonly title?: string
  readonly enterprise?: Body
  readonly employment?: Body
  readonly more?: Body
}

/** Makes "Ada Holm" as `ada.holm` with an address and an employee number, and returns the id. */
export async function addPerson(scim: ScimClient, name: string, draft: PersonDraft = {}): Promise<string> {
  const [givenName = '', familyName = ''] = name.split(' ')
  const handle = name.toLowerCase().replaceAll(' ', '.')
  const { managerId, department, status, title } = draft
  const user = await scim.createUser(handle, {
    schemas: [userSchema, enterpriseSchema, rollcallSchema],
    displayName: name,
    name: { givenName, familyName },
    emails: [{ value: `${handle}@larkspur.example`, type: 'work', primary: true }],
    ...(title === undefined ? {} : { title }),
    [enterpriseSchema]: {
      employeeNumber: `E-${handle}`,
      ...(department === undefined ? {} : { department }),
      ...(managerId === undefined ? {} : { manager: { value: managerId } }),
      ...draft.enterprise,
    },
    [rollcallSchema]: { ...(status === undefined ? {} : { employmentStatus: status }), ...draft.employment },
    ...draft.more,
  })
  return String(user['id'])
}
