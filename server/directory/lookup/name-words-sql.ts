// The words that an organization has, in SQL: what is mistyped is looked for among them, and not among people.

/**
 * A common table expression that adds the words of new users, the rows of `source` with their `word_keys`; $1 is the organization.
 * What an update brings a trigger adds, which an ordinary change does not wake; here that would cost three times as much.
 */
export function addWordsSql(source: string): string {
  // Each word is looked up by itself, with a limit: without statistics of the organization the planner might read all of its words.
  return `added_words as (
    insert into name_words (org_id, word)
    select distinct $1, k.word
    from ${source} s cross join lateral (select substr(key, 6) as word from unnest(tsvector_to_array(s.word_keys)) key) k
    where k.word !~ '[0-9^]'
      and (select true from name_words w where w.org_id = $1 and w.word = k.word limit 1) is null
  )`
}
