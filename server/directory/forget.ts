// The traces of a person outside of their record. They are in tables of several parts, and removed by one function, so that whoever
// makes a person unknown forgets none.
import type { Database } from '../db/connect.ts'
import { query } from '../db/query.ts'
import { foldCase } from './keys.ts'
import { listNameWords } from './lookup/words.ts'

/**
 * Takes out of the logs what they say of a user: the values in changes and events, those that wait in the outbox included, what was made
 * from events to be delivered and what receivers answered, and the request log. What happened when, and by whom, stays. Who calls it
 * holds the outbox.
 * @param names what somebody may have asked for the person by, such as a userName or an address
 */
export async function forgetWhatWasSaid(
  tx: Database,
  organizationId: string,
  id: string,
  names: readonly string[],
): Promise<void> {
  await forgetRequests(tx, organizationId, id, names)
  for (const text of [forgetWaitingSql, forgetEventsSql, forgetDeliveriesSql, forgetChangesSql]) {
    await query(tx, text, [organizationId, id])
  }
}

// Without statistics of an organization the planner would read all of it. So what one person's rows are found by is no index that
// begins with the organization, and that is asked in a way that no index serves.
const ofOrganization = '(org_id = $1) is true'

// With `resource` they are told as they are, and not from the changes.
const forgetWaitingSql = `update outbox o set data = jsonb_build_object('resource', null,
    'directoryId', c.directory_id, 'requestId', c.request_id)
  from (select * from changes where resource_id = $2 and ${ofOrganization}) c
  where o.org_id = $1 and o.resource_id = $2 and c.version = o.version`

const forgetEventsSql = `update events set data = jsonb_build_object('resource', null,
    'directoryId', data -> 'directoryId', 'requestId', data -> 'requestId')
  where resource_id = $2 and ${ofOrganization}`

const forgetDeliveriesSql = `update deliveries d set content = null,
    attempts = (select coalesce(jsonb_agg(a || '{"answer": null}' order by n), '[]') from jsonb_array_elements(d.attempts) with ordinality x(a, n))
  from subscriptions s
  where s.org_id = $1 and d.subscription_id = s.id and d.org_id = $1 and d.resource_id = $2`

// The names of the attributes stay.
const forgetChangesSql = `update changes
  set difference = (select coalesce(jsonb_object_agg(name, '{}'::jsonb), '{}') from jsonb_object_keys(difference) name)
  where resource_id = $2 and ${ofOrganization}`

// What a request that changed the person had to say of its body, and paths that name them by something other than the id.
async function forgetRequests(
  tx: Database,
  organizationId: string,
  id: string,
  names: readonly string[],
): Promise<void> {
  await query(tx, forgetNotesSql, [organizationId, id])
  const folded = new Set(names.map(foldCase).filter((name) => name.length > 1))
  if (folded.size === 0) return
  const encoded = [...folded].flatMap((name) => [name, foldCase(encodeURIComponent(name))])
  const rows = await query<{ id: string; path: string }>(tx, namingSql, [organizationId, encoded])
  const cleaned = rows.map((row) => ({ id: row.id, path: cleanPath(row.path, folded, id) }))
  await query(tx, cleanSql, [organizationId, JSON.stringify(cleaned)])
}

const forgetNotesSql = `update request_log r set notes = '[]', error = null
  from (select distinct request_id from changes where resource_id = $2 and ${ofOrganization} and request_id is not null) c
  where r.org_id = $1 and r.id = c.request_id`

const namingSql = `select id, path from request_log r
  where org_id = $1 and exists (select from unnest($2::text[]) name where position(name in lower(r.path)) > 0)`

const cleanSql = `update request_log r set path = c.path, notes = '[]', error = null
  from json_to_recordset($2::json) as c(id text, path text) where r.org_id = $1 and r.id = c.id`

// A segment with a name in it becomes the id.
function cleanPath(path: string, names: ReadonlySet<string>, id: string): string {
  const isNaming = (segment: string): boolean => {
    const text = foldCase(decode(segment))
    return [...names].some((name) => text === name || (name.length > 3 && text.includes(name)))
  }
  return path
    .split('/')
    .map((segment) => (isNaming(segment) ? id : segment))
    .join('/')
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

/** Removes those of the words of a user, `wordKeys`, that nobody else of the organization has. */
export async function forgetWords(tx: Database, organizationId: string, id: string, wordKeys: string): Promise<void> {
  const keys = wordKeys.split(' ').filter((key) => listNameWords([key]).length > 0)
  if (keys.length > 0) await query(tx, forgetWordsSql, [organizationId, id, keys])
}

// Each word is looked up by itself: there is an index of the words that people have.
const forgetWordsSql = `delete from name_words w using (
    select k.key from unnest($3::text[]) k(key)
    where not exists (select from users u
      where u.word_keys @@ array_to_tsvector(array[k.key])::text::tsquery and (u.org_id = $1) is true and u.id <> $2)
  ) k
  where w.org_id = $1 and w.word = substr(k.key, 6)`
