// Joining and leaving groups of several sizes. Adding and removing alternate, so that a group keeps its size; each connection has
// a group of its own, so that what is measured is the cost of a change and not the wait for another one. The wait comes with
// members_200_at_once, where all connections add to one group.
import { connections, joiners } from '../options.ts'
import { type BenchServer, formatRequest } from '../servers/server.ts'
import { compareValues, readAnswer } from './answers.ts'
import type { Bench, Load, Scenario } from './scenario.ts'

const patchSchema = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'
const burst = 200

/** The scenarios with groups of these sizes. */
export function listMemberScenarios(sizes: readonly number[]): Scenario[] {
  const name = 'members_200_at_once'
  const together = {
    ...describe(name, name),
    suits: ({ userIds }: BenchServer) => userIds.length >= burst,
    isBurst: true,
    prepare: prepareBurst,
  }
  const ofSizes = sizes.map(describeSize)
  return [...ofSizes.map(([changing]) => changing), ...ofSizes.map(([, reading]) => reading), together]
}

function describe(name: string, family: string): Omit<Scenario, 'prepare' | 'suits'> {
  return { name, family, rows: [name], writes: true, isBurst: false }
}

function describeSize(size: number): [Scenario, Scenario] {
  // The groups are made once, and used by both.
  const made = new WeakMap<Bench, Promise<string[]>>()
  const findGroups = (bench: Bench): Promise<string[]> => {
    const known = made.get(bench) ?? createGroups(bench, size)
    made.set(bench, known)
    return known
  }
  const suits: Scenario['suits'] = ({ maxMembers, userIds }) => size <= maxMembers && userIds.length > size
  return [
    {
      ...describe(`change_members_${size}`, 'change_members'),
      rows: [`add_member_${size}`, `remove_member_${size}`],
      suits,
      prepare: async (bench) => prepareChanges(bench, size, await findGroups(bench)),
    },
    {
      ...describe(`get_group_without_members_${size}`, 'get_group_without_members'),
      writes: false,
      suits,
      prepare: async (bench) => prepareReading(bench, size, await findGroups(bench)),
    },
  ]
}

async function createGroups(bench: Bench, size: number): Promise<string[]> {
  const ids: string[] = []
  for (let connection = 0; connection < connections; connection++) {
    const memberIds = Array.from({ length: size }, (_, place) => idOf(bench, connection * size + place))
    ids.push(await bench.server.createGroup(nameGroup(size, connection), memberIds))
  }
  await bench.server.analyze()
  return ids
}

function nameGroup(size: number, connection: number): string {
  return `Group ${connection + 1} of ${size}`
}

function idOf({ server: { userIds } }: Bench, index: number): string {
  return userIds[index % userIds.length] ?? ''
}

async function prepareChanges(bench: Bench, size: number, groupIds: readonly string[]): Promise<Load> {
  const { server } = bench
  const calls = groupIds.map(() => 0)
  const outsiders = Math.min(joiners, server.userIds.length - size)
  return {
    next: (connection) => {
      const call = calls[connection] ?? 0
      calls[connection] = call + 1
      const joiner = idOf(bench, connection * size + size + (Math.floor(call / 2) % outsiders))
      const isAddition = call % 2 === 0
      const operation = isAddition
        ? { op: 'add', path: 'members', value: [{ value: joiner }] }
        : { op: 'remove', path: `members[value eq "${joiner}"]` }
      const body = { schemas: [patchSchema], Operations: [operation] }
      return {
        row: `${isAddition ? 'add' : 'remove'}_member_${size}`,
        request: formatRequest(server, 'PATCH', `/Groups/${groupIds[connection]}`, body),
        check: ({ status, body: text }) =>
          status === 200 || status === 204 ? undefined : `${status} ${text.toString().slice(0, 120)}`,
      }
    },
    verify: async () => {
      for (const [connection, groupId] of groupIds.entries()) {
        const expected = size + ((calls[connection] ?? 0) % 2)
        const mistake = compareValues({ 'the number of members': [await server.countMembers(groupId), expected] })
        if (mistake !== undefined) return `afterwards ${mistake}`
      }
      return undefined
    },
  }
}

async function prepareReading({ server }: Bench, size: number, groupIds: readonly string[]): Promise<Load> {
  const row = `get_group_without_members_${size}`
  const requests = groupIds.map((id) => formatRequest(server, 'GET', `/Groups/${id}?excludedAttributes=members`))
  return {
    next: (connection) => {
      const request = requests[connection]
      if (request === undefined) return undefined
      return {
        row,
        request,
        check: (answer) => {
          const group = readAnswer(answer, 200)
          if (typeof group === 'string') return group
          const { id, displayName, members } = group
          return compareValues({
            id: [id, groupIds[connection]],
            displayName: [displayName, nameGroup(size, connection)],
            'the number of members shown': [Array.isArray(members) ? members.length : 0, 0],
          })
        },
      }
    },
  }
}

// Two hundred members to one empty group, one in each request, by all connections at once.
async function prepareBurst(bench: Bench): Promise<Load> {
  const { server } = bench
  let groupId = ''
  let sent = 0
  return {
    begin: async () => {
      sent = 0
      groupId = await server.createGroup(`Burst ${++bench.counter}`, [])
    },
    next: () => {
      if (sent >= burst) return undefined
      const value = [{ value: idOf(bench, sent++) }]
      const body = { schemas: [patchSchema], Operations: [{ op: 'add', path: 'members', value }] }
      return {
        row: 'members_200_at_once',
        request: formatRequest(server, 'PATCH', `/Groups/${groupId}`, body),
        check: ({ status }) => (status === 200 || status === 204 ? undefined : `refused with ${status}`),
      }
    },
    verify: async () => {
      const mistake = compareValues({ 'the number of members kept': [await server.countMembers(groupId), burst] })
      return mistake === undefined ? undefined : `afterwards ${mistake}`
    },
  }
}
