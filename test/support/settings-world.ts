// An organization with a scripted source whose settings a test changes, and an application that looks at what comes of it.
import { expect } from 'chai'
import type { JsonObject } from '../../server/db/tables.ts'
import type { SyncSettings } from '../../server/sync/setup/settings.ts'
import type { Tenant } from './app.ts'
import type { ScriptedPerson } from './scripted-source.ts'
import type { Body, ScimClient } from './scim-client.ts'
import { type RunRow, TestSync } from './sync.ts'

// In an organization of three people each of them is a third.
const noGuard = { massChangeGuard: { share: null, number: null } }

export class SettingsWorld {
  readonly sync: TestSync
  readonly application: ScimClient

  private constructor(sync: TestSync, application: ScimClient) {
    this.sync = sync
    this.application = application
  }

  static async start(
    settings: Partial<SyncSettings> = {},
    people: readonly ScriptedPerson[] = [],
    tenant?: Tenant,
  ): Promise<SettingsWorld> {
    const sync = await TestSync.create({ settings: { ...noGuard, ...settings }, ...(tenant && { tenant }) })
    sync.source.people = people
    return new SettingsWorld(sync, await sync.tenant.addApplication(['read', 'write']))
  }

  /** Does a run, which has to complete, and to report just this where something is expected. */
  async run(expected?: Record<string, string>, isFull = true): Promise<RunRow> {
    const done = await this.sync.run({ isFull, type: isFull ? 'full' : 'incremental' })
    expect(done.status, JSON.stringify(done.failure ?? done.hold)).to.equal('completed')
    if (expected !== undefined) expect(await this.sync.tellChanges(done.id)).to.deep.equal(expected)
    return done
  }

  async read(sourceId: string): Promise<JsonObject> {
    const found = await this.sync.readPerson(sourceId)
    if (found === undefined) throw new Error(`${sourceId} is nobody`)
    return found
  }

  async readId(sourceId: string): Promise<string> {
    const { id } = await this.read(sourceId)
    if (typeof id !== 'string') throw new Error(`${sourceId} has no id`)
    return id
  }

  /** Whether people are active, by the part of their address before the domain. */
  async listActive(): Promise<Record<string, boolean>> {
    const people = Object.entries(await this.sync.listPeople())
    return Object.fromEntries(people.map(([name, active]) => [nameOf(name), active]))
  }

  /** The members of a group, by the same; undefined where there is no such group. */
  async listMembers(displayName: string): Promise<string[] | undefined> {
    return (await this.listGroups())[displayName]
  }

  /** Name of the group → names of its members, people and groups. */
  async listGroups(): Promise<Record<string, string[]>> {
    const groups = (await this.application.get('/Groups?count=100')).body['Resources'] as Body[]
    const users = (await this.application.get('/Users?count=100')).body['Resources'] as Body[]
    const names = new Map([
      ...groups.map((group) => [group['id'], String(group['displayName'])] as const),
      ...users.map((user) => [user['id'], nameOf(String(user['userName']))] as const),
    ])
    const listNames = (group: Body): string[] =>
      ((group['members'] ?? []) as Body[]).map(({ value }) => names.get(value) ?? '?').toSorted()
    return Object.fromEntries(groups.map((group) => [String(group['displayName']), listNames(group)]))
  }
}

function nameOf(userName: string): string {
  return userName.replace('@larkspur.example', '')
}
