// Keys that the servers of an installation share, such as the one that seals the cursors of lists.
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table server_keys (
      name text primary key,
      key bytea not null,
      created_at timestamptz(3) not null
    )`.execute(db)
}
