--! Previous: sha1:6df071875bf74e8d957aa0ed691be0d022df8b09
--! Hash: sha1:b052420743a31842304b0286af67533adce6586b
--! Message: schema-state

-- Is this database the one that the code was written for? The migrations that ran and the schema they
-- left are written down here, so that a server can tell before it serves: src/database/drift.ts.

-- What the schema was when the last migration had run, as a digest. A change by hand shows as a schema
-- with another digest. No row level security on purpose, as on psql_login: no role but the owner holds
-- any right on it, and it says nothing about anybody.
create table app_private.schema_fingerprint (
  singleton boolean not null default true,
  fingerprint text not null,
  migration text not null,
  taken_at timestamptz not null default now(),
  constraint schema_fingerprint_pkey primary key (singleton),
  constraint schema_fingerprint_one_row check (singleton)
);

comment on table app_private.schema_fingerprint is
  'The schema as the last migration left it: one row, written by migrate.';
comment on column app_private.schema_fingerprint.singleton is 'Always true: there is one row.';
comment on column app_private.schema_fingerprint.fingerprint is 'SHA-256 of the schema as text.';
comment on column app_private.schema_fingerprint.migration is
  'The migration it was taken after; after any other it says nothing.';
comment on column app_private.schema_fingerprint.taken_at is 'When it was taken.';

-- SECURITY DEFINER because the server's login may read neither table. It learns names and digests of
-- files that are in the repository, nothing of anybody's.
create function app_private.schema_state()
  returns table (migrations jsonb, migration text, fingerprint text, in_progress boolean)
  language sql stable security definer
  set search_path = ''
begin atomic
  select
    (select coalesce(jsonb_object_agg(m.filename, m.hash), '{}') from graphile_migrate.migrations as m),
    f.migration,
    f.fingerprint,
    -- Work that is not committed yet, in a developer's database: more than comments.
    exists (
      select from graphile_migrate.current as c
      where regexp_replace(c.content, '--[^\n]*', '', 'g') ~ '\S'
    )
  from (select) as one
  left join app_private.schema_fingerprint as f on true;
end;

grant execute on function app_private.schema_state() to todo_authenticator;

comment on function app_private.schema_state() is
  'Which migrations have run here and the digest of the schema they left. For the server only.';
