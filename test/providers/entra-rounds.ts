// Delta queries of the fake Graph: a round is what has changed since a link, in pages; it ends with a link. What a link knows is kept as it
// was then.
import type { JsonObject } from '../../providers/provider.ts'
import {
  type EntraAccount,
  type EntraGroup,
  listGroups,
  listUsers,
  type Member,
  select,
  writeGroup,
  writeMember,
} from './entra-data.ts'
import type { NamedCompany } from './company.ts'

interface Snapshot {
  readonly names: readonly string[]
  readonly users: ReadonlyMap<string, JsonObject>
  readonly groups: ReadonlyMap<string, EntraGroup>
}

interface Round {
  readonly kind: 'users' | 'groups'
  readonly items: readonly JsonObject[]
  readonly delta: string
}

export interface Rounds {
  begin(kind: 'users' | 'groups', names: readonly string[]): string
  /** Undefined where the link is too old. */
  resume(kind: 'users' | 'groups', delta: string): string | undefined
  find(round: string): Round | undefined
  /** Makes all links too old. */
  expire(): void
}

export function createRounds(company: NamedCompany, account: EntraAccount): Rounds {
  const snapshots = new Map<string, Snapshot>()
  const rounds = new Map<string, Round>()

  function take(names: readonly string[]): Snapshot {
    const groups = new Map(listGroups(company, account).map((group) => [group.id, group]))
    return { names, users: listUsers(company, account), groups }
  }

  function open(kind: 'users' | 'groups', before: Snapshot | undefined, now: Snapshot): string {
    const delta = `delta-${snapshots.size + 1}`
    snapshots.set(delta, now)
    const found = kind === 'users' ? compareUsers(before, now, account) : compareGroups(before, now, account)
    const items = account.editRound?.(found) ?? found
    account.editRound = undefined
    const round = `round-${rounds.size + 1}`
    rounds.set(round, { kind, items, delta })
    return round
  }

  return {
    begin: (kind, names) => open(kind, undefined, take(names)),
    resume: (kind, delta) => {
      const before = snapshots.get(delta)
      return before && open(kind, before, take(before.names))
    },
    find: (round) => rounds.get(round),
    expire: () => {
      snapshots.clear()
      rounds.clear()
    },
  }
}

function compareUsers(before: Snapshot | undefined, { names, users }: Snapshot, account: EntraAccount): JsonObject[] {
  const items: JsonObject[] = []
  for (const [id, user] of users) {
    const earlier = before?.users.get(id)
    const shown = select(user, names)
    if (earlier !== undefined && JSON.stringify(select(earlier, names)) === JSON.stringify(shown)) continue
    items.push(writeUserChange(shown, earlier))
  }
  for (const id of before?.users.keys() ?? []) {
    if (!users.has(id)) items.push({ id, '@removed': { reason: account.purged.has(id) ? 'deleted' : 'changed' } })
  }
  return items
}

// What was never set is not there; what was taken away is null.
function writeUserChange({ manager, ...user }: JsonObject, earlier: JsonObject | undefined): JsonObject {
  const said = Object.entries(user).filter(([name, value]) => !isNothing(value) || !isNothing(earlier?.[name]))
  const changed =
    manager === earlier?.['manager'] || (earlier === undefined && isNothing(manager))
      ? {}
      : writeManager(manager, earlier)
  return { ...Object.fromEntries(said), ...changed }
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0)
}

function writeManager(manager: unknown, earlier: JsonObject | undefined): JsonObject {
  const write = (id: unknown): JsonObject => ({ '@odata.type': '#microsoft.graph.user', id: String(id) })
  if (!isNothing(manager)) return { 'manager@delta': [write(manager)] }
  return { 'manager@delta': [{ ...write(earlier?.['manager']), '@removed': { reason: 'deleted' } }] }
}

function compareGroups(before: Snapshot | undefined, { names, groups }: Snapshot, account: EntraAccount): JsonObject[] {
  const items: JsonObject[] = []
  for (const [id, group] of groups) {
    const earlier = before?.groups.get(id)
    const shown = select(writeGroup(group), names)
    const isSame = earlier !== undefined && JSON.stringify(select(writeGroup(earlier), names)) === JSON.stringify(shown)
    const members = compareMembers(earlier?.members ?? [], group.members)
    if (isSame && members.length === 0) continue
    const parts = names.includes('members') ? split(members, account.membersOfItem) : []
    const set = Object.fromEntries(Object.entries(shown).filter(([, value]) => value !== null))
    if (parts.length === 0) items.push(set)
    for (const part of parts) items.push({ ...set, 'members@delta': part })
  }
  for (const id of before?.groups.keys() ?? []) {
    if (!groups.has(id)) items.push({ id, '@removed': { reason: 'changed' } })
  }
  return items
}

function compareMembers(before: readonly Member[], now: readonly Member[]): JsonObject[] {
  const has = (members: readonly Member[], { type, id }: Member): boolean =>
    members.some((one) => one.type === type && one.id === id)
  return [
    ...now.filter((member) => !has(before, member)).map(writeMember),
    ...before
      .filter((member) => !has(now, member))
      .map((member) => ({ ...writeMember(member), '@removed': { reason: 'deleted' } })),
  ]
}

function split<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  )
}
