// An organization beside the fuzzed one, whose data must neither show nor change.
import { randomUUID } from 'node:crypto'
import { createToken } from '../../server/auth/tokens.ts'
import type { Database } from '../../server/db/connect.ts'
import { query } from '../../server/db/query.ts'
import { createDirectory, createOrganization } from '../../server/directory/directories.ts'
import { enterpriseSchema, groupSchema, userSchema } from '../support/scim-client.ts'
import { Scim } from './scim.ts'

export class OtherOrganization {
  /** Stands in every text of the organization. */
  readonly canary: string
  readonly ids: readonly string[]
  readonly #db: Database
  readonly #organizationId: string
  #rows = ''

  private constructor(db: Database, organizationId: string, canary: string, ids: readonly string[]) {
    this.#db = db
    this.#organizationId = organizationId
    this.canary = canary
    this.ids = ids
  }

  static async create(db: Database, baseUrl: string): Promise<OtherOrganization> {
    const now = new Date()
    const canary = `zanzibar-${randomUUID()}`
    const organizationId = await createOrganization(db, canary, now)
    const directoryId = await createDirectory(db, organizationId, { kind: 'push', provider: null, name: canary }, now)
    const token = { organizationId, directoryId, name: canary, scopes: ['read', 'write'] as const, expiresAt: null }
    const scim = new Scim(baseUrl, (await createToken(db, token, now)).secret)
    const user = await scim.expect(201, 'POST', '/Users', {
      schemas: [userSchema, enterpriseSchema],
      userName: canary,
      externalId: canary,
      displayName: canary,
      emails: [{ value: `${canary}@larkspur.example`, type: 'work' }],
      [enterpriseSchema]: { department: canary },
    })
    const members = [{ value: user['id'] }]
    const group = await scim.expect(201, 'POST', '/Groups', {
      schemas: [groupSchema],
      displayName: canary,
      externalId: canary,
      members,
    })
    const ids = [String(user['id']), String(group['id']), directoryId]
    const other = new OtherOrganization(db, organizationId, canary, ids)
    other.#rows = await other.#read()
    return other
  }

  /** Whether all is as it was. */
  async isUntouched(): Promise<boolean> {
    return (await this.#read()) === this.#rows
  }

  /** Everything that the database holds of the organization, as text. */
  async #read(): Promise<string> {
    const tables = await query<{ name: string }>(
      this.#db,
      `select table_name as name from information_schema.columns
       where column_name = 'org_id' and table_schema = current_schema() and table_name <> 'request_log' order by 1`,
    )
    const rows: unknown[] = []
    for (const { name } of tables) {
      const text = `select to_jsonb(t) - 'last_used_at' as row from ${name} t where org_id = $1 order by 1`
      rows.push(await query(this.#db, text, [this.#organizationId]))
    }
    return JSON.stringify(rows)
  }
}
