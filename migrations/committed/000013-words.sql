--! Previous: sha1:cb508029d8439de9de400256699cf4c51f5cac00
--! Hash: sha1:2e50205708cefb1ed10f6fe53ebbc6ef02771c5a
--! Message: words

-- The same words in every database: what is blank, and which addresses are the same, no longer depends on the
-- locale of the database. Search and order (src/graphql/schema/texts.ts) name their collations themselves.

do $$
begin
  if current_setting('server_encoding') <> 'UTF8' or to_regcollation('pg_catalog."und-x-icu"') is null then
    raise exception 'Rowguard needs a database with the encoding UTF8, in a PostgreSQL with ICU'
      using hint = 'create database … template template0 encoding ''UTF8'';';
  end if;
end
$$;

-- Other sessions wait for the locks of this migration. Rather give up than let them wait long.
set local lock_timeout = '5s';

-- The characters are those of the Unicode property White_Space, and those without width: U+200B to U+200D, U+2060
-- and U+FEFF. They are listed because [[:space:]] is another set in each locale. IMMUTABLE and a single expression, so
-- that PostgreSQL writes it into the check where it is used. Null is neither blank nor not.
create function app_private.is_blank(p_text text) returns boolean
  language sql immutable parallel safe
  return p_text collate "C"
    !~ '[^\u0009-\u000d\u0020\u0085\u00a0\u1680\u2000-\u200d\u2028\u2029\u202f\u205f\u2060\u3000\ufeff]';

-- A check runs with the rights of the role that writes the row.
grant execute on function app_private.is_blank(text) to todo_user;

comment on function app_private.is_blank(text) is
  'Whether a text has nothing but white space and characters without width. For checks.';

-- The old check let some of these titles pass, in some locales. They cannot stay, and nobody can read them.
alter table public.task no force row level security;
update public.task set title = '(blank)' where app_private.is_blank(title);
alter table public.task force row level security;

alter table public.task
  drop constraint task_title_not_blank,
  add constraint task_title_not_blank check (not app_private.is_blank(title));
comment on constraint task_title_not_blank on public.task is 'title must not be blank';

-- An address of ASCII keeps its digest. Upper case first: it knows no final sigma.
create or replace function app_private.digest_of_email(p_email text) returns bytea
  language sql stable
  set search_path = ''
  return sha256(convert_to(lower(upper(normalize(p_email, nfc) collate "und-x-icu")), 'UTF8'));

alter table public."user" no force row level security;
update app_private.email_digest as d set digest = app_private.digest_of_email(u.email)
  from public."user" as u
  where u.id = d.user_id and octet_length(u.email) <> char_length(u.email);
alter table public."user" force row level security;
