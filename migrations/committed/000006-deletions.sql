--! Previous: sha1:91f41addf54fa67536492dc30f89561f7da1f83c
--! Hash: sha1:e1f89098788726d9c41f4128c72248d732e4e82b
--! Message: deletions

-- Accounts end in three ways: delete_me, an owner's delete, and the sign-in service saying so. This is
-- the third, and how every server process learns of all of them.

-- For the owner, and so for a sign-in service that deletes a person: it runs as its caller, nobody else
-- is granted EXECUTE. Unlike a plain delete it leaves a tombstone also for somebody who was never here,
-- whose tokens would otherwise begin an account for a person who is gone.
create function app_private.end_account(p_user_id integer) returns void
  language plpgsql
  set search_path = ''
as $$
begin
  -- FORCE binds the owner too: to delete a person it must act for them.
  perform pg_catalog.set_config('jwt.claims.user_id', p_user_id::text, true);
  delete from public."user" as u where u.id = p_user_id;
  insert into app_private.deleted_user (id, deleted_at) values (p_user_id, clock_timestamp())
    on conflict (id) do update set deleted_at = excluded.deleted_at;
end
$$;

comment on function app_private.end_account(integer) is
  'Owner only: deletes a person''s account, with every task in it, and refuses the tokens issued so far.';

-- A server process remembers whom it knows, so that a known person costs no look-up. What it remembers
-- ends with the account: it asks here, at most every other second and only while requests come, who was
-- deleted since it last asked. A question works through every pooler and lets an idle database sleep;
-- LISTEN does neither.

-- By time, not by owner: the only question ever asked of all tombstones is "since when". Without it
-- each asking would read every account that was ever deleted.
create index deleted_user_deleted_at_idx on app_private.deleted_user (deleted_at);

comment on index app_private.deleted_user_deleted_at_idx is 'For deletions_since().';

-- SECURITY DEFINER because the server's login may read no table. It learns ids, nothing else: whether
-- a token is older than a deletion is for ensure_user alone to say.
create function app_private.deletions_since(p_since timestamptz) returns setof integer
  language sql stable security definer
  set search_path = ''
begin atomic
  select d.id from app_private.deleted_user as d where d.deleted_at >= p_since;
end;

grant execute on function app_private.deletions_since(timestamptz) to todo_authenticator;

comment on function app_private.deletions_since(timestamptz) is
  'The ids of the accounts deleted since then. For the server only.';
