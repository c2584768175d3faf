// What is fuzzed: an organization with two directories, one of which reads to the letter, an application, a person; some
// resources of each type; and beside it another organization.
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import path from 'node:path'
import { createToken } from '../../server/auth/tokens.ts'
import type { Database } from '../../server/db/connect.ts'
import type { Scope } from '../../server/db/tables.ts'
import { addCustomAttribute, type CustomDefinition } from '../../server/directory/custom-attributes.ts'
import { createDirectory, createOrganization } from '../../server/directory/directories.ts'
import type { SchemaDefinition } from '../../server/scim/schema.ts'
import { type Body, groupSchema, userSchema } from '../support/scim-client.ts'
import { buildCatalogue, type Catalogue, type TypeName, typeNames } from './catalogue.ts'
import { type Issuer, trustIssuer } from './issuer.ts'
import { OtherOrganization } from './other-organization.ts'
import type { Target } from './plans.ts'
import { forEach, Scim } from './scim.ts'

/** The ROLLCALL_SCHEMAS_DIR of a server that is fuzzed. */
export const schemasFolder = path.join(import.meta.dirname, 'resource-types')

const ownAttributes: readonly CustomDefinition[] = [
  { name: 'reviewedAt', type: 'dateTime' },
  { name: 'shoeSize', type: 'decimal' },
  { name: 'lockers', type: 'complex', multiValued: true, subAttributes: [{ name: 'value', type: 'integer' }] },
]

// How many resources of each type requests name, for each directory.
const slotsOf: Readonly<Record<TypeName, { readonly lenient: number; readonly strict: number }>> = {
  User: { lenient: 16, strict: 4 },
  Group: { lenient: 6, strict: 2 },
  Probe: { lenient: 6, strict: 1 },
}

/** A resource that requests name; it is made again when it was deleted. */
interface Slot {
  readonly type: TypeName
  readonly scim: Scim
  id: string
}

interface Parts {
  readonly db: Database
  readonly baseUrl: string
  readonly organizationId: string
  readonly tokens: Omit<Target['tokens'], 'person'>
  readonly other: OtherOrganization
}

export class World implements Parts {
  readonly db: Database
  readonly baseUrl: string
  readonly organizationId: string
  readonly tokens: Omit<Target['tokens'], 'person'>
  readonly other: OtherOrganization
  readonly slots: readonly Slot[]
  readonly #catalogue: Catalogue
  readonly #issuer: Issuer
  #person = ''
  #cursors: readonly string[] = ['']

  private constructor(parts: Parts, slots: readonly Slot[], catalogue: Catalogue, issuer: Issuer) {
    this.db = parts.db
    this.baseUrl = parts.baseUrl
    this.organizationId = parts.organizationId
    this.tokens = parts.tokens
    this.other = parts.other
    this.slots = slots
    this.#catalogue = catalogue
    this.#issuer = issuer
  }

  /** Makes the organizations by the database, and what is in them by the server at `baseUrl`. */
  static async create(db: Database, baseUrl: string): Promise<World> {
    const now = new Date()
    const organizationId = await createOrganization(db, `fuzz-${randomUUID()}`, now)
    for (const definition of ownAttributes) {
      await addCustomAttribute(db, organizationId, { resourceType: 'User', definition }, now)
    }
    const addDirectory = (name: string): Promise<string> =>
      createDirectory(db, organizationId, { kind: 'push', provider: null, name }, now)
    const [lenientId, strictId] = [await addDirectory('Lenient'), await addDirectory('Strict')]
    await createDirectory(db, organizationId, { kind: 'pull', provider: 'fuzz-hr', name: 'HR' }, now)
    await db.updateTable('directories').set({ strict: true }).where('id', '=', strictId).execute()
    const addToken = async (directoryId: string | null, ...scopes: Scope[]): Promise<string> =>
      (await createToken(db, { organizationId, directoryId, name: 'Fuzz', scopes, expiresAt: null }, now)).secret
    const directory = await addToken(lenientId, 'read', 'write')
    const strictDirectory = await addToken(strictId, 'read', 'write')
    const [lenient, strict] = [new Scim(baseUrl, directory), new Scim(baseUrl, strictDirectory)]
    const slots: Slot[] = []
    for (const type of typeNames) {
      for (let left = slotsOf[type].lenient; left > 0; left--) slots.push(await fill({ type, scim: lenient, id: '' }))
      for (let left = slotsOf[type].strict; left > 0; left--) slots.push(await fill({ type, scim: strict, id: '' }))
    }
    const issuer = await trustIssuer(db, organizationId, lenientId)
    const tokens = {
      directory,
      strictDirectory,
      application: await addToken(null, 'read', 'write', 'hr'),
      reader: await addToken(null, 'read'),
    }
    const other = await OtherOrganization.create(db, baseUrl)
    const world = new World({ db, baseUrl, organizationId, tokens, other }, slots, await readCatalogue(lenient), issuer)
    await world.refresh()
    return world
  }

  /** What requests are made for, now. */
  get target(): Target {
    const idsOf = (type: TypeName): string[] => this.slots.filter((one) => one.type === type).map(({ id }) => id)
    return {
      host: new URL(this.baseUrl).host,
      tokens: { ...this.tokens, person: this.#person },
      catalogue: this.#catalogue,
      ids: {
        own: { User: idsOf('User'), Group: idsOf('Group'), Probe: idsOf('Probe') },
        foreign: [...this.other.ids, `emp_${'0'.repeat(26)}`, `grp_${'0'.repeat(26)}`],
      },
      cursors: this.#cursors,
    }
  }

  /** Makes again what was deleted of the resources that requests name, and gets cursors and a token that are good now. */
  async refresh(): Promise<void> {
    await forEach(this.slots, async (slot) => {
      const { status } = await slot.scim.send('GET', `/${slot.type}s/${slot.id}?attributes=id`)
      if (status === 404) await fill(slot)
    })
    this.#person = await this.#issuer.sign(this.slots[0]?.id ?? '')
    const scim = new Scim(this.baseUrl, this.tokens.directory)
    const pages: Body[] = [{ nextCursor: '' }]
    while (pages.length < 4) {
      pages.push(await scim.expect(200, 'GET', `/Users?count=2&cursor=${String(pages.at(-1)?.['nextCursor'])}`))
    }
    this.#cursors = pages.slice(1).map((page) => String(page['nextCursor']))
  }

  async close(): Promise<void> {
    this.#issuer.keys.closeAllConnections()
    this.#issuer.keys.close()
    await once(this.#issuer.keys, 'close')
  }
}

async function fill(slot: Slot): Promise<Slot> {
  slot.id = String((await slot.scim.expect(201, 'POST', `/${slot.type}s`, describe(slot.type)))['id'])
  return slot
}

function describe(type: TypeName): Body {
  const name = `slot-${randomUUID()}`
  switch (type) {
    case 'User': {
      const emails = [{ value: `${name}@larkspur.example`, type: 'work', primary: true }]
      return { schemas: [userSchema], userName: name, emails }
    }
    case 'Group':
      return { schemas: [groupSchema], displayName: name }
    case 'Probe':
      return { schemas: ['urn:example:params:scim:schemas:1.0:Probe'], name }
  }
}

async function readCatalogue(scim: Scim): Promise<Catalogue> {
  const schemas = await scim.expect(200, 'GET', '/Schemas')
  const types = await scim.expect(200, 'GET', '/ResourceTypes')
  return buildCatalogue(
    schemas['Resources'] as SchemaDefinition[],
    types['Resources'] as Parameters<typeof buildCatalogue>[1],
  )
}
