import type { Endpoint } from '../api/endpoint.ts'
import { component, dataOf } from '../api/schema.ts'
import { changeLocation, createLocation, deleteLocation, listLocations } from '../directory/locations.ts'
import { timeZoneSchema } from '../sync/setup/time-zone.ts'
import { type AdminCaller, endpoint } from './caller.ts'
import { bodyOf, locationId, madeOf, name, organizationId, time } from './schemas.ts'
import { tags } from './tags.ts'

const tag = tags.locations.name
const path = '/organizations/{organization}/locations'
const params = { organization: organizationId, id: locationId } as const

const locationName = {
  ...name,
  pattern: '^[^\\u0000]*\\S[^\\u0000]*$',
  description: 'As sources give it; no other location of the organization has it.',
  examples: ['Berlin'],
} as const
const timeZone = {
  ...timeZoneSchema,
  type: ['string', 'null'],
  description: 'A name of the IANA time zone database; null where it is the one of the organization.',
} as const

const location = component('Location', 'An office.', {
  id: locationId,
  name: locationName,
  timeZone,
  createdAt: time('When it was made.'),
})

const list = endpoint({
  operationId: 'listLocations',
  tag,
  method: 'get',
  path,
  summary: 'List locations',
  description: 'By name.',
  scopes: ['admin'],
  params: { organization: organizationId },
  status: 200,
  answer: dataOf(location),
  run: async ({ caller: { db }, params: { organization } }) => ({ data: await listLocations(db, organization) }),
})

const create = endpoint({
  operationId: 'createLocation',
  tag,
  method: 'post',
  path,
  summary: 'Make a location',
  description: 'A directory with `autoAssignLocations` makes those that are missing by itself.',
  scopes: ['admin'],
  params: { organization: organizationId },
  body: bodyOf(['name'], { name: locationName, timeZone }),
  status: 201,
  answer: madeOf(locationId),
  errors: [409],
  run: async ({ caller: { db, at }, params: { organization }, body }) => {
    const { id } = await createLocation(db, organization, { name: body.name, timeZone: body.timeZone ?? null }, at)
    return { id }
  },
})

const change = endpoint({
  operationId: 'changeLocation',
  tag,
  method: 'patch',
  path: `${path}/{id}`,
  summary: 'Change a location',
  description: 'What is left out stays.',
  scopes: ['admin'],
  params,
  body: bodyOf([], { name: locationName, timeZone }),
  status: 200,
  answer: location,
  errors: [409],
  run: ({ caller: { db }, params: { organization, id }, body }) => changeLocation(db, organization, id, body),
})

const remove = endpoint({
  operationId: 'deleteLocation',
  tag,
  method: 'delete',
  path: `${path}/{id}`,
  summary: 'Delete a location',
  description: 'What people say of it stays, until their directory says something else.',
  scopes: ['admin'],
  params,
  status: 204,
  run: ({ caller: { db }, params: { organization, id } }) => deleteLocation(db, organization, id),
})

export const locationEndpoints: readonly Endpoint<AdminCaller>[] = [list, create, change, remove]
