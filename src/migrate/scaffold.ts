/**
 * A new owned table as the text of migrations/current.sql, in the order of docs/conventions.md. Takes names
 * that scaffold-check.ts has accepted, returns SQL that can run twice and that the doctor has no finding for.
 * Never touches a file or a database.
 */
import { comments } from './scaffold-comments.ts';
import {
  article,
  blankName,
  keyName,
  LENGTH,
  lengthName,
  type NewTable,
  type Parent,
  referenceKey,
  referenceName,
  upper,
  words,
} from './scaffold-names.ts';

const OWN = 'user_id = (select app_private.current_user_id())';

export function scaffold(table: NewTable): string {
  return `${[
    ...beginning(table),
    ...creation(table),
    ...security(table),
    ...indexes(table),
    ...triggers(table),
    ...policies(table),
    ...grants(table),
    ...comments(table),
  ].join('\n')}\n`;
}

/** Every column with a name of the author's. */
const written = ({ parents, columns }: NewTable): string[] => [
  ...columns.map(({ name }) => name),
  ...parents.map(referenceName),
];

function beginning({ name, parents }: NewTable): string[] {
  const keyless = parents.filter(({ isKeyed }) => !isKeyed);
  return [
    `-- ${upper(words(name))}: say here why this table exists.`,
    '-- The file runs at every save, so it begins by undoing what it makes. Change anything below.',
    '',
    ...(parents.length > 0
      ? [
          '-- The tables that it refers to are in use. After five seconds of waiting, give up instead of',
          '-- blocking requests.',
          "set local lock_timeout = '5s';",
          '',
        ]
      : []),
    `drop table if exists public.${name};`,
    ...keyless.flatMap((parent) => [
      `alter table public.${parent.name} drop constraint if exists ${keyName(parent)};`,
      '',
      `-- What refers to ${article(words(parent.name))} names its owner too.`,
      `alter table public.${parent.name} add constraint ${keyName(parent)} unique (${parent.owner}, id);`,
    ]),
    '',
  ];
}

function creation(table: NewTable): string[] {
  const { name, columns, parents } = table;
  const lines = [
    'id integer generated always as identity',
    ...columns.map((column) => `${column.name} ${column.type}${column.rest && ` ${column.rest}`}`),
    ...parents.map((parent) => `${referenceName(parent)} integer not null`),
    'user_id integer not null default app_private.current_user_id()',
    'created_at timestamptz not null default now()',
    'updated_at timestamptz',
    `constraint ${name}_pkey primary key (id)`,
    ...columns
      .filter(({ isText }) => isText)
      .flatMap((column) => [
        `constraint ${lengthName(name, column)} check (char_length(${column.name}) between 1 and ${LENGTH})`,
        `constraint ${blankName(name, column)} check (not app_private.is_blank(${column.name}))`,
      ]),
    `constraint ${name}_user_id_fkey foreign key (user_id) references public."user" (id) on delete cascade`,
  ];
  return [
    `create table public.${name} (`,
    ...lines.slice(0, -1).map((line) => `  ${line},`),
    ...parents.flatMap((parent) => referenceLines(name, parent)).map((line) => `  ${line}`),
    `  ${lines.at(-1)}`,
    ');',
    '',
  ];
}

function referenceLines(table: string, parent: Parent): string[] {
  const { name, owner } = parent;
  return [
    '-- PostgreSQL checks foreign keys without row level security. With the owner in it, this one refuses',
    `-- the ${words(name)} of another person.`,
    `constraint ${referenceKey(table, parent)} foreign key (user_id, ${referenceName(parent)})`,
    `  references public.${name} (${owner}, id) on delete cascade,`,
  ];
}

const security = ({ name }: NewTable): string[] => [
  `alter table public.${name} enable row level security;`,
  `alter table public.${name} force row level security;`,
  '',
];

const indexes = ({ name, parents }: NewTable): string[] => [
  `-- A person's rows, newest first, page by page. The cascade from "user" uses it too.`,
  `create index ${name}_user_id_idx on public.${name} (user_id, id);`,
  ...parents.flatMap((parent) => [
    `-- The rows of ${article(words(parent.name))}, and the check when it is deleted.`,
    `create index ${name}_user_id_${referenceName(parent)}_idx on public.${name} (user_id, ${referenceName(parent)}, id);`,
  ]),
  '',
];

const triggers = ({ name }: NewTable): string[] => [
  'create trigger _100_immutable',
  `  before update on public.${name}`,
  '  for each row',
  '  when (old.id is distinct from new.id or old.user_id is distinct from new.user_id',
  '    or old.created_at is distinct from new.created_at)',
  "  execute function app_private.refuse_change('id', 'user_id', 'created_at');",
  '',
  '-- Also for columns that are added later: it compares whole rows.',
  'create trigger _200_touch',
  `  before update on public.${name}`,
  '  for each row',
  '  execute function app_private.touch();',
  '',
];

const policies = ({ name }: NewTable): string[] => [
  `create policy select_own on public.${name} for select`,
  `  using (${OWN});`,
  `create policy insert_own on public.${name} for insert`,
  `  with check (${OWN});`,
  `create policy update_own on public.${name} for update`,
  `  using (${OWN})`,
  `  with check (${OWN});`,
  `create policy delete_own on public.${name} for delete`,
  `  using (${OWN});`,
  '',
];

const grants = (table: NewTable): string[] => {
  const all = written(table).join(', ');
  return [
    `grant select, delete on public.${table.name} to todo_user;`,
    `grant insert (${all}) on public.${table.name} to todo_user;`,
    `grant update (${all}) on public.${table.name} to todo_user;`,
    '-- No grant on id, user_id, created_at or updated_at: the database fills them.',
    '',
  ];
};
