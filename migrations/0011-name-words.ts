// What people are found by though it is only part of a name, or mistyped: the words of what they are called.
import { type Kysely, sql } from 'kysely'
import { translateFault } from '../server/db/faults.ts'
import type { JsonObject } from '../server/db/tables.ts'
import { readWordKeys } from '../server/directory/user-record.ts'
import { AppError } from '../server/errors.ts'

export async function up(db: Kysely<unknown>): Promise<void> {
  await createTrigrams(db)
  // Folded words, each behind a mark of the organization (server/directory/lookup/words.ts): what is common in other organizations
  // costs this one nothing. As with addresses, an ordinary change leaves the index alone.
  await sql`alter table users add word_keys tsvector not null default ''`.execute(db)
  await fillWordKeys(db)
  await sql`create index users_words on users using gin (word_keys) with (fastupdate = off)`.execute(db)

  // Which words an organization has, for what was mistyped: names repeat, so they are few. A word stays when nobody has it any
  // more: nobody is found by it. Two who bring the same word at once both write it, for a unique index would let one of them wait,
  // and two batches wait for each other.
  await sql`create table name_words (org_id text collate "C" not null, word text collate "C" not null)`.execute(db)
  await sql`
    insert into name_words (org_id, word)
    select distinct u.org_id, substr(k.word, 6) from users u cross join lateral unnest(tsvector_to_array(u.word_keys)) k(word)
    where substr(k.word, 6) !~ '[0-9^]'`.execute(db)
  await sql`create index name_words_word on name_words (org_id, word)`.execute(db)
  // With the organization, so that the words of others are passed over. As an array, for that has a kind of GIN index by itself.
  await sql`create index name_words_trigrams on name_words using gin ((array[org_id]), word gin_trgm_ops)`.execute(db)
  // Who creates a user writes the words with it (server/directory/lookup/name-words-sql.ts).
  await sql`
    create function add_name_words() returns trigger language plpgsql as $$
    begin
      insert into name_words (org_id, word)
      select new.org_id, k.word from (select substr(key, 6) as word from unnest(tsvector_to_array(new.word_keys)) key) k
      where k.word !~ '[0-9^]'
        and (select true from name_words w where w.org_id = new.org_id and w.word = k.word limit 1) is null;
      return null;
    end $$`.execute(db)
  await sql`
    create trigger add_words after update on users for each row
    when (old.word_keys is distinct from new.word_keys) execute function add_name_words()`.execute(db)
  // The threshold is set in the function and gone behind it, for behind a pooler a session cannot be told one. The extension has to be
  // loaded before it may be named.
  await sql`select show_limit()`.execute(db)
  await sql`
    create function find_similar_words(organization text, typed text, threshold real, at_most int) returns setof text
    language plpgsql stable set pg_trgm.similarity_threshold = 0.3 as $$
    begin
      perform set_config('pg_trgm.similarity_threshold', threshold::text, true);
      return query select w.word from name_words w
        where array[w.org_id] @> array[organization collate "C"] and w.word % typed
        order by similarity(w.word, typed) desc limit at_most;
    end $$`.execute(db)
  await sql`
    create or replace function remove_organization() returns trigger language plpgsql as $$
    begin
      perform 1 from directories where org_id = old.org_id for update;
      delete from users where org_id = old.org_id;
      delete from name_words where org_id = old.org_id;
      delete from groups where org_id = old.org_id;
      delete from resources where org_id = old.org_id;
      delete from changes where org_id = old.org_id;
      delete from events where org_id = old.org_id;
      return old;
    end $$`.execute(db)
}

// The extension comes with PostgreSQL, and whoever may create in a database may create it, unless the operator forbids it.
async function createTrigrams(db: Kysely<unknown>): Promise<void> {
  try {
    await sql`create extension if not exists pg_trgm`.execute(db)
  } catch (thrown) {
    const error = translateFault(thrown)
    if (error instanceof AppError) throw error
    throw new AppError(
      'config_invalid',
      `The database has no extension pg_trgm, and it cannot be created: ${String(thrown)}. Have a superuser run "create extension pg_trgm" in it, and start again.`,
      { cause: thrown },
    )
  }
}

const batchSize = 1000

interface Row {
  readonly org_id: string
  readonly id: string
  readonly resource: JsonObject
}

// Words are folded here and not by the database, whose idea of letters depends on its locale.
async function fillWordKeys(db: Kysely<unknown>): Promise<void> {
  for (let last: Row | undefined; ;) {
    const { rows } = await sql<Row>`
      select org_id, id, resource from users where (org_id, id) > (${last?.org_id ?? ''}, ${last?.id ?? ''})
      order by org_id, id limit ${batchSize}`.execute(db)
    const keys = rows.map(({ org_id, id, resource }) => ({ org_id, id, word_keys: readWordKeys(org_id, resource) }))
    await sql`
      update users u set word_keys = r.word_keys
      from json_to_recordset(${JSON.stringify(keys)}::json) as r(org_id text, id text, word_keys tsvector)
      where u.org_id = r.org_id and u.id = r.id`.execute(db)
    if (rows.length < batchSize) return
    last = rows.at(-1)
  }
}
