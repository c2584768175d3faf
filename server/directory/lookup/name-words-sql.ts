// The words that an organization has, in SQL: what is mistyped is looked for among them, and not among people.

/**
 * A common table expression that adds words, an array, where the organization, $1, does not have them. Those of an update a trigger
 * adds, which an ordinary change does not wake; for what is created it would cost twice as much.
 */
export function addWordsSql(parameter: string): string {
  // Each word is looked up by itself, with a limit: without statistics of the organization the planner might read all of its words.
  return `added_words as (
    insert into name_words (org_id, word)
    select $1, k.word from unnest(${parameter}::text[]) k(word)
    where (select true from name_words w where w.org_id = $1 and w.word = k.word limit 1) is null
  )`
}
