// What the directory that owns a resource says of it, as SQL over the row `u`.

/** Who owns a resource: the provider of its directory, or the kind of directory. */
export const sourceSql = `(select coalesce(d.provider, d.kind) from directories d where d.org_id = u.org_id and d.id = u.directory_id)`

/**
 * When the owning directory last spoke of a user. Of one that is pulled whole, which is said once and for nobody in particular, that is
 * whenever the person was there.
 */
export const syncedSql = `(select case when d.confirmed_at > s.seen_at and (select count(*) from source_records r
        where r.resource_id = s.user_id and r.org_id = s.org_id and r.directory_id = s.directory_id and r.type = 'user' and r.speaks
          and r.missing_since is null) > 0
      then d.confirmed_at else s.seen_at end
    from links s join directories d on d.org_id = s.org_id and d.id = s.directory_id
    where s.org_id = u.org_id and s.user_id = u.id and s.directory_id = u.directory_id)`
