// What scimmy takes for the work that Rollcall took over from it, in milliseconds, beside Rollcall's own code: a user read from a
// request, a PATCH of a user, one member added to a group. `node bench/scimmy.ts`
import SCIMMY from 'scimmy'
import { declareResourceTypes } from '../server/scim/declarations.ts'
import { readOperations } from '../server/scim/patch-syntax.ts'
import { applyOperations } from '../server/scim/patch.ts'
import { readResource } from '../server/scim/resource.ts'
import { compileResourceType, type ResourceType } from '../server/scim/schema.ts'

const [userType, groupType] = declareResourceTypes().map(compileResourceType) as [ResourceType, ResourceType]
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'

const user = {
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User', enterprise],
  id: 'emp_1',
  userName: 'mira@larkspur.example',
  externalId: '700',
  name: { givenName: 'Mira', familyName: 'Haugen', formatted: 'Mira Haugen' },
  displayName: 'Mira Haugen',
  title: 'Engineer',
  active: true,
  emails: [
    { value: 'mira@larkspur.example', type: 'work', primary: true },
    { value: 'mira@home.example', type: 'home' },
  ],
  phoneNumbers: [{ value: '+47 22 00 00 00', type: 'work' }],
  addresses: [{ streetAddress: 'Storgata 1', locality: 'Oslo', postalCode: '0155', country: 'NO', type: 'work' }],
  [enterprise]: { employeeNumber: '700', department: 'Research', costCenter: '41', manager: { value: 'emp_2' } },
}

const patchOp = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'
type Message = ConstructorParameters<typeof SCIMMY.Messages.PatchOp>[0]

const patch: Message = {
  schemas: [patchOp],
  Operations: [
    { op: 'replace', path: 'title', value: 'Lead' },
    { op: 'replace', path: 'emails[type eq "work"].value', value: 'mira.haugen@larkspur.example' },
  ],
}

const addMember: Message = {
  schemas: [patchOp],
  Operations: [{ op: 'add', path: 'members', value: [{ value: 'emp_x' }] }],
}

function createGroup(size: number): object {
  const members = Array.from({ length: size }, (_, index) => ({ value: `emp_${index}` }))
  return { schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'], id: 'grp_1', displayName: 'Everybody', members }
}

/** The median of single calls, after some to warm up. */
async function time(work: () => unknown, calls = 200): Promise<number> {
  const times: number[] = []
  for (let call = 0; call < calls * 1.5; call++) {
    const started = performance.now()
    await work()
    if (call >= calls / 2) times.push(performance.now() - started)
  }
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN
}

const keep = async (changed: object): Promise<object> => changed

const lenient = (): { strict: boolean; notes: [] } => ({ strict: false, notes: [] })

async function compare(what: string, theirs: () => unknown, ours: () => unknown, calls?: number): Promise<void> {
  const [scimmy, rollcall] = [await time(theirs, calls), await time(ours, calls)]
  const line = [what.padEnd(36), scimmy.toFixed(3).padStart(9), rollcall.toFixed(3).padStart(9)]
  process.stdout.write(`${line.join('')}  ${(scimmy / rollcall).toFixed(0)} times\n`)
}

process.stdout.write(`${'milliseconds, median'.padEnd(36)}${'scimmy'.padStart(9)}${'rollcall'.padStart(9)}\n`)
await compare(
  'read a user',
  () => new SCIMMY.Schemas.User(user, 'in'),
  () => readResource(structuredClone(user), userType, lenient()),
)
await compare(
  'patch two attributes of a user',
  () => new SCIMMY.Messages.PatchOp(patch).apply(new SCIMMY.Schemas.User(user, 'both'), keep),
  () => applyOperations(user, readOperations(patch, lenient()), userType, lenient()),
)
for (const size of [10, 100, 1000]) {
  const group = createGroup(size)
  await compare(
    `add a member to a group of ${size}`,
    () => new SCIMMY.Messages.PatchOp(addMember).apply(new SCIMMY.Schemas.Group(group, 'both'), keep),
    () => applyOperations(group as never, readOperations(addMember, lenient()), groupType, lenient()),
    size === 1000 ? 20 : 100,
  )
}
