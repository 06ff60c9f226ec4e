/**
 * SQL as the next developer writes it into current.sql: functions and tables of each kind. Each part undoes what
 * it makes, so it can be saved again and again. The doctor has nothing to say about any of them.
 */

const OWN = '(select app_private.current_user_id())';

/** The part of a table that is the same for every owned one: row level security, policies, their comments. */
const owned = (table: string, owner = 'user_id'): string => `
alter table public.${table} enable row level security;
alter table public.${table} force row level security;
create policy select_own on public.${table} for select using (${owner} = ${OWN});
create policy insert_own on public.${table} for insert with check (${owner} = ${OWN});
create policy delete_own on public.${table} for delete using (${owner} = ${OWN});
comment on policy select_own on public.${table} is 'A person sees their own rows only.';
comment on policy insert_own on public.${table} is 'A row is made for the person who makes it.';
comment on policy delete_own on public.${table} is 'A person deletes their own rows only.';
create trigger _100_immutable before update on public.${table} for each row
  execute function app_private.refuse_change('every column');
comment on column public.${table}.${owner} is 'The owner.';`;

const OWNER = `integer not null default app_private.current_user_id() references public."user" (id) on delete cascade`;

export const ENUM = `
alter table public.task drop column if exists priority;
drop type if exists public.priority;
create type public.priority as enum ('low', 'high');
alter table public.task add column priority public.priority not null default 'low';
grant insert (priority), update (priority) on public.task to todo_user;
comment on column public.task.priority is 'How urgent it is.';`;

export const FUNCTIONS = `
drop function if exists public.urgent_tasks(), public.urgent_count(), public.finish_task(text), public.finish_urgent(),
  public.task_is_long(public.task);

create function public.urgent_tasks() returns setof public.task
  language sql stable
begin atomic
  select t.* from public.task as t where t.priority = 'high' and not t.completed;
end;

create function public.urgent_count() returns integer
  language sql stable
  return (select count(*) from public.urgent_tasks());

create function public.finish_task(p_title text) returns public.task
  language sql volatile
begin atomic
  update public.task as t set completed = true where t.title = p_title returning t;
end;

create function public.finish_urgent() returns setof public.task
  language sql volatile
begin atomic
  update public.task as t set completed = true where t.priority = 'high' returning t.*;
end;

create function public.task_is_long(task public.task) returns boolean
  language sql stable
  return char_length(task.title) > 10;

grant execute on function public.urgent_tasks(), public.urgent_count(), public.finish_task(text),
  public.finish_urgent(), public.task_is_long(public.task) to todo_user;
comment on function public.urgent_tasks() is 'Urgent tasks that are not done.';
comment on function public.urgent_count() is 'How many there are.';
comment on function public.finish_task(text) is 'Marks the task with this title as done.';
comment on function public.finish_urgent() is 'Marks all urgent tasks as done.';
comment on function public.task_is_long(public.task) is 'Whether the title is long.';`;

export const VIEW = `
drop view if exists public.pressing_task;
create view public.pressing_task with (security_invoker = true) as
  select t.id, t.title from public.task as t where t.priority = 'high';
grant select on public.pressing_task to todo_user;
comment on view public.pressing_task is 'Urgent tasks.';
comment on column public.pressing_task.id is 'The id.';
comment on column public.pressing_task.title is 'The title.';`;

export const JOIN_TABLE = `
drop table if exists public.task_tag;
drop table if exists public.tag;
alter table public.task drop constraint if exists task_user_id_id_key;
alter table public.task add constraint task_user_id_id_key unique (user_id, id);

create table public.tag (
  id integer generated always as identity,
  name text not null,
  user_id ${OWNER},
  constraint tag_pkey primary key (id),
  constraint tag_user_id_id_key unique (user_id, id)
);
${owned('tag')}
grant select, delete, insert (name) on public.tag to todo_user;
comment on table public.tag is 'A tag.';
comment on column public.tag.id is 'The id.';
comment on column public.tag.name is 'The name.';

create table public.task_tag (
  task_id integer not null,
  tag_id integer not null,
  user_id ${OWNER},
  constraint task_tag_pkey primary key (user_id, task_id, tag_id),
  constraint task_tag_task_fkey foreign key (user_id, task_id) references public.task (user_id, id) on delete cascade,
  constraint task_tag_tag_fkey foreign key (user_id, tag_id) references public.tag (user_id, id) on delete cascade
);
create index task_tag_user_id_tag_id_idx on public.task_tag (user_id, tag_id);
${owned('task_tag')}
grant select, delete, insert (task_id, tag_id) on public.task_tag to todo_user;
comment on table public.task_tag is 'A tag of a task.';
comment on column public.task_tag.task_id is 'The task.';
comment on column public.task_tag.tag_id is 'The tag.';
comment on constraint task_tag_task_fkey on public.task_tag is
  E'@fieldName task\\n@foreignFieldName taskTags\\nThere is no such task';
comment on constraint task_tag_tag_fkey on public.task_tag is
  E'@fieldName tag\\n@foreignFieldName taskTags\\nThere is no such tag';`;

export const REFERENCE_TABLE = `
drop table if exists public.country;
create table public.country (
  code text not null,
  name text not null,
  constraint country_pkey primary key (code)
);
insert into public.country values ('DE', 'Germany'), ('FR', 'France');
alter table public.country enable row level security;
alter table public.country force row level security;
create policy select_signed_in on public.country for select using (${OWN} is not null);
grant select on public.country to todo_user;
comment on table public.country is E'@reference\\nA country.';
comment on column public.country.code is 'ISO 3166-1.';
comment on column public.country.name is 'The name.';
comment on policy select_signed_in on public.country is 'Everybody signed in sees all countries.';`;

export const PARTITIONED = `
drop table if exists public.event;
create table public.event (
  id integer generated always as identity,
  title text not null,
  user_id ${OWNER},
  constraint event_pkey primary key (id, user_id)
) partition by hash (user_id);
create table public.event_0 partition of public.event for values with (modulus 2, remainder 0);
create table public.event_1 partition of public.event for values with (modulus 2, remainder 1);
alter table public.event_0 enable row level security, force row level security;
alter table public.event_1 enable row level security, force row level security;
create index event_user_id_idx on public.event (user_id, id);
${owned('event')}
grant select, delete, insert (title) on public.event to todo_user;
comment on table public.event is 'Something that happened.';
comment on column public.event.id is 'The id.';
comment on column public.event.title is 'What happened.';`;

export const OTHER_OWNER = `
drop table if exists public.post;
create table public.post (
  id integer generated always as identity,
  body text not null,
  author_id ${OWNER},
  constraint post_pkey primary key (id)
);
create index post_author_id_idx on public.post (author_id, id);
${owned('post', 'author_id')}
grant select, delete, insert (body) on public.post to todo_user;
comment on table public.post is E'@owner author_id\\nA post.';
comment on column public.post.id is 'The id.';
comment on column public.post.body is 'The text.';`;

/** Items of lists that several people share. The two demo accounts share list 7; list 8 is the first one's. */
export const MEMBER = `
drop table if exists public.item;
drop function if exists app_private.my_lists();
drop table if exists app_private.list_member, app_private.shared_list;
create table app_private.shared_list (id integer, constraint shared_list_pkey primary key (id));
create table app_private.list_member (
  user_id integer not null references public."user" (id) on delete cascade,
  list_id integer not null references app_private.shared_list (id) on delete cascade,
  constraint list_member_pkey primary key (user_id, list_id)
);
create index list_member_list_id_idx on app_private.list_member (list_id);
insert into app_private.shared_list (id) values (7), (8);
insert into app_private.list_member (user_id, list_id)
  select d.user_id, l.id from app_private.email_digest as d, app_private.shared_list as l
  where d.user_id = 1 or (d.user_id = 2 and l.id = 7);
create function app_private.my_lists() returns integer[]
  language sql stable security definer set search_path = ''
  return array(select m.list_id from app_private.list_member as m where m.user_id = ${OWN});
grant execute on function app_private.my_lists() to todo_user;

create table public.item (
  id integer generated always as identity,
  title text not null,
  list_id integer not null references app_private.shared_list (id) on delete cascade,
  constraint item_pkey primary key (id)
);
create index item_list_id_idx on public.item (list_id, id);
alter table public.item enable row level security;
alter table public.item force row level security;
create trigger _100_immutable before update on public.item for each row
  execute function app_private.refuse_change('every column');
create policy select_members on public.item for select
  using (list_id = any ((select app_private.my_lists())::integer[]));
create policy insert_members on public.item for insert
  with check (list_id = any ((select app_private.my_lists())::integer[]));
grant select, insert (title, list_id) on public.item to todo_user;
comment on table public.item is E'@member my_lists\\nAn item of a list.';
comment on column public.item.id is 'The id.';
comment on column public.item.title is 'What to do.';
comment on column public.item.list_id is 'The list.';
comment on policy select_members on public.item is 'Members see the items of their lists.';
comment on policy insert_members on public.item is 'Members add items to their lists.';`;
