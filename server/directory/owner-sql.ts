// What the directory that owns a resource says of it, as SQL over the row `u`.

/** Who owns a resource: the provider of its directory, or the kind of directory. */
export const sourceSql = `(select coalesce(d.provider, d.kind) from directories d where d.org_id = u.org_id and d.id = u.directory_id)`

/** When the owning directory last spoke of a user. */
export const syncedSql = `(select s.seen_at from links s where s.org_id = u.org_id and s.user_id = u.id and s.directory_id = u.directory_id)`
