// The resource types that the org queries answer with. Clients find them at /Schemas and /ResourceTypes as they find all others;
// no client creates or changes their resources, so that root queries, Bulk and the lists of router.ts know nothing of them.
import { rollcallDepartment } from '../../../schemas/rollcall-department.ts'
import { rollcallPerson } from '../../../schemas/rollcall-person.ts'
import { rollcallSync } from '../../../schemas/rollcall-sync.ts'
import { describe } from '../declarations.ts'
import { compileResourceType, type ResourceTypeDefinition } from '../schema.ts'

const person: ResourceTypeDefinition = {
  name: 'Person',
  endpoint: '/OrgChart',
  description: 'A person in the organization chart, a chain, a group or a look-up',
  schema: describe(rollcallPerson),
  extensions: [],
}

const department: ResourceTypeDefinition = {
  name: 'Department',
  endpoint: '/Departments',
  description: 'What people name as their department, counted',
  schema: describe(rollcallDepartment),
  extensions: [],
}

const sync: ResourceTypeDefinition = {
  name: 'Sync',
  endpoint: '/Syncs',
  description: 'A run that pulls from a source',
  schema: describe(rollcallSync),
  extensions: [],
}

/** What no file may declare anew. */
export const orgTypeDefinitions: readonly ResourceTypeDefinition[] = [person, department, sync]

export const personType = compileResourceType(person)
export const departmentType = compileResourceType(department)
export const syncType = compileResourceType(sync)
export const orgTypes = [personType, departmentType, syncType] as const
