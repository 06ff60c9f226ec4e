--! Previous: sha1:8f6975362f1f30c8348d56ec91ef2ea3d6d9ace5
--! Hash: sha1:1090dfaed2784505f2451e6cfbfd196d739d8720
--! Message: account

-- How an account begins and ends. Both are functions of the owner, because they are the only two
-- things that may write to "user"; FORCE binds the owner too, so even they can touch no row but that
-- of the person they act for.

-- Which token last stated the e-mail address. Two tokens of one person may be in use at once (a phone
-- and a laptop, around a change of address); without this the older one would turn the change back.
create table app_private.email_claim (
  user_id integer not null,
  issued_at timestamptz not null,
  constraint email_claim_pkey primary key (user_id),
  constraint email_claim_user_id_fkey foreign key (user_id)
    references public."user" (id) on delete cascade
);

comment on table app_private.email_claim is 'When the token that last set each e-mail address was issued.';
comment on column app_private.email_claim.user_id is 'The person.';
comment on column app_private.email_claim.issued_at is 'The iat of that token.';

-- Deleted stays deleted: a token outlives the account it was issued for. Id and time, nothing else.
create table app_private.deleted_user (
  id integer not null,
  deleted_at timestamptz not null,
  constraint deleted_user_pkey primary key (id)
);

comment on table app_private.deleted_user is
  'Accounts that were deleted; tokens issued up to that moment are refused.';
comment on column app_private.deleted_user.id is 'The id the account had.';
comment on column app_private.deleted_user.deleted_at is 'The moment of the deletion.';

create function app_private.remember_deleted_user() returns trigger
  language plpgsql
  set search_path = ''
as $$
begin
  insert into app_private.deleted_user (id, deleted_at) values (old.id, clock_timestamp())
    on conflict (id) do update set deleted_at = excluded.deleted_at;
  return null;
end
$$;

create trigger _900_remember
  after delete on public."user"
  for each row execute function app_private.remember_deleted_user();

comment on function app_private.remember_deleted_user() is 'Trigger: writes the tombstone.';
comment on trigger _900_remember on public."user" is 'A deleted account stays deleted.';

-- Holds no rows. setval has no "only forward", so those who want to move the sequence queue here.
create table app_private.user_id_queue ();

comment on table app_private.user_id_queue is 'Locked by ensure_user while it moves the id sequence.';

-- Makes or refreshes the caller's row. The server calls it as todo_authenticator on the first request
-- of a token, outside todo_user. A known person with an unchanged address costs reads only.
--
-- SECURITY DEFINER because nobody but the owner may write to "user". It acts under "user"'s own
-- insert and update policies: the claim is set, for this transaction, to the id it was given.
--
-- Errors, each with its own SQLSTATE, so that the server need not read the words:
--   RG001  the e-mail address belongs to another account; nothing was changed
--   RG002  the account was deleted after this token was issued
--   RG003  the person is new and the token states no e-mail address
create function app_private.ensure_user(p_id integer, p_email text, p_issued_at timestamptz)
  returns void
  language plpgsql security definer
  set search_path = ''
as $$
declare
  v_email text;
  v_made boolean := false;
begin
  if p_id is null or p_issued_at is null then
    raise exception 'ensure_user needs an id and the time of issue'
      using errcode = 'null_value_not_allowed';
  end if;

  perform pg_catalog.set_config('jwt.claims.user_id', p_id::text, true);

  -- iat has whole seconds: a token issued in the second of the deletion counts as issued before it.
  if exists (
    select from app_private.deleted_user as d where d.id = p_id and d.deleted_at >= p_issued_at
  ) then
    raise exception 'account % was deleted after this token was issued', p_id using errcode = 'RG002';
  end if;

  select u.email into v_email from public."user" as u where u.id = p_id;

  if not found then
    if p_email is null then
      raise exception 'account % is new and its token states no e-mail address', p_id
        using errcode = 'RG003';
    end if;

    -- Parallel first requests of one person: one inserts, the others wait for it and find the row.
    -- ON CONFLICT watches the id only, so in a tight race the address of the same person may be
    -- reported instead; that is told apart from another person's address by looking again.
    begin
      insert into public."user" (id, email) values (p_id, p_email) on conflict (id) do nothing;
      v_made := found;
      insert into app_private.email_claim (user_id, issued_at) values (p_id, p_issued_at)
        on conflict (user_id) do nothing;
    exception when unique_violation then
      if not exists (select from public."user" as u where u.id = p_id) then
        raise exception 'the e-mail address of account % belongs to another account', p_id
          using errcode = 'RG001';
      end if;
    end;
    select u.email into strict v_email from public."user" as u where u.id = p_id;

    -- The sequence stays ahead of supplied ids. Whoever holds the queue waits for nothing more, so
    -- nobody can wait for each other.
    if v_made and (
      select s.last_value < p_id or not s.is_called from public.user_id_seq as s
    ) then
      lock table app_private.user_id_queue in exclusive mode;
      perform pg_catalog.setval('public.user_id_seq', p_id) from public.user_id_seq as s
        where s.last_value < p_id or (s.last_value = p_id and not s.is_called);
    end if;
  end if;

  if p_email is distinct from v_email and p_email is not null then
    -- Only a newer token may change the address; the row lock makes later ones wait their turn.
    insert into app_private.email_claim as c (user_id, issued_at) values (p_id, p_issued_at)
      on conflict (user_id) do update set issued_at = excluded.issued_at
      where c.issued_at <= excluded.issued_at;
    if found then
      begin
        update public."user" as u set email = p_email where u.id = p_id;
      exception when unique_violation then
        raise exception 'the e-mail address of account % belongs to another account', p_id
          using errcode = 'RG001';
      end;
    end if;
  end if;
end
$$;

grant execute on function app_private.ensure_user(integer, text, timestamptz) to todo_authenticator;

comment on function app_private.ensure_user(integer, text, timestamptz) is
  'Makes or refreshes the row of the person a verified token names. For the server only.';

-- The signed-in person. The policy alone would do; the condition makes it one index look-up.
create function public.me() returns public."user"
  language sql stable
begin atomic
  select u.* from public."user" as u where u.id = (select app_private.current_user_id());
end;

grant execute on function public.me() to todo_user;

comment on function public.me() is 'The signed-in person.';

-- SECURITY DEFINER because nobody may delete from "user"; the owner's own delete_own policy lets it
-- reach no row but the caller's. Tasks, login and address claim go by cascade.
create function public.delete_me() returns public."user"
  language sql volatile security definer
  set search_path = ''
begin atomic
  delete from public."user" as u where u.id = (select app_private.current_user_id()) returning u.*;
end;

grant execute on function public.delete_me() to todo_user;

comment on function public.delete_me() is
  'Deletes the signed-in person''s account and every task in it. Tokens issued so far stop working.';
