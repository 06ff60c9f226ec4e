--! Previous: sha1:0d3260338cb7a36a5711f814d529e80d5f34dac5
--! Hash: sha1:64534606b11f2c9ecabd7febef888a55ff69e002
--! Message: live-accounts

-- A stream of changes ends with its account. So versions_of() now answers for every account, also for one that had
-- no change yet, and a person who is not in the answer has no account. email_digest has one row for each account.
create or replace function app_private.versions_of(p_user_ids integer[]) returns table (user_id integer, version bigint)
  language sql stable security definer
  set search_path = ''
begin atomic
  select d.user_id, coalesce(v.version, 0)
  from app_private.email_digest as d
  left join app_private.person_version as v on v.user_id = d.user_id
  where d.user_id = any (p_user_ids);
end;

comment on function app_private.versions_of(integer[]) is
  'The versions of those of these people who have an account. For the server only.';
