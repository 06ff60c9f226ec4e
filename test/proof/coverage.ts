/**
 * `unproved` names what the database or the API serves and rows.ts has no row for, and what rows.ts says that
 * is not so. One sentence for each, with what to add; what follows from it is not repeated.
 */
import type { GraphQLSchema } from 'graphql';
import { getNamedType } from 'graphql';
import type { ClientBase } from 'pg';
import { columnText, nameText, type RowColumn, rowText } from '../../src/migrate/scaffold-row.ts';
import { type Coordinate, coordinatesOf, provedBy } from './coordinates.ts';
import { camel, ownerOf, relationsOf, standardColumns } from './relations.ts';
import type { Rows, ServedTable } from './rows.ts';
import { type ServedColumn, type ServedRelation, type ServedRoutine, servedBy } from './served.ts';

const FILE = 'test/app/rows.ts';
const upper = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);
const typeOf = (name: string) => upper(camel(name));

/** A sentence, and which coordinates of the API it explains. */
interface Finding {
  readonly text: string;
  readonly explains: (coordinate: Coordinate) => boolean;
}

export async function unproved(
  client: ClientBase,
  schema: GraphQLSchema,
  rows: Rows,
): Promise<string[]> {
  const served = await servedBy(client);
  const known = new Map(rows.tables.map((table) => [table.sql, table]));
  const findings: Finding[] = served.relations.flatMap((relation) => {
    const table = known.get(relation.sql);
    return table ? columnFindings(table, relation) : [tableFinding(relation, schema)];
  });
  const functions = new Set(rows.functions.map(({ name }) => name));
  for (const routine of served.routines)
    if (!functions.has(routine.sql)) findings.push(functionFinding(routine, schema));
  const privately = [...Object.keys(rows.privateTables), ...rows.impersonalTables];
  for (const name of served.privateTables)
    if (!privately.includes(name)) findings.push(privateFinding(name));

  const proved = provedBy(schema, await relationsOf(client, rows), rows);
  const open = coordinatesOf(schema).filter(
    (coordinate) =>
      !proved.has(coordinate.name) && !findings.some(({ explains }) => explains(coordinate)),
  );
  const gone = [
    ...[...known.keys()].filter((sql) => !served.relations.some((one) => one.sql === sql)),
    ...[...functions].filter((name) => !served.routines.some(({ sql }) => sql === name)),
    ...privately.filter((name) => !served.privateTables.includes(name)),
  ];
  return [
    ...findings.map(({ text }) => text),
    ...open.map(
      ({ name }) =>
        `${name} is in the API and no row describes it: add to ${FILE} what it is made from (\`filters\` for a filter, \`functions\` for a function).`,
    ),
    ...gone.map((name) => `${name} has a row in ${FILE} and is not served: remove the row.`),
    ...rows.tables.flatMap((table) => notInApi(table, schema)),
  ].sort();
}

function notInApi({ sql, type, list }: ServedTable, schema: GraphQLSchema): string[] {
  const query = schema.getQueryType()?.getFields() ?? {};
  if (!schema.getType(type))
    return [`${sql} says type ${type} in ${FILE}, and the API has no such type: correct it.`];
  return list && !query[list]
    ? [`${sql} says list ${list} in ${FILE}, and the API has no such list: correct it.`]
    : [];
}

/** Whether a coordinate is one of a type or its list (`createNotes`), or gives or takes the type. */
const about = (type: string, list: string | undefined) => {
  const names = [type, ...(list ? [upper(list)] : [])];
  const name = new RegExp(`(${names.join('|')})(?![a-z])`);
  return (coordinate: Coordinate) =>
    [coordinate.name, getNamedType(coordinate.type).name].some((text) => name.test(text)) ||
    (coordinate.of !== undefined && name.test(getNamedType(coordinate.of).name));
};

function tableFinding(relation: ServedRelation, schema: GraphQLSchema): Finding {
  const { sql, name, comment, key, kind, deletes, columns, below } = relation;
  const type = typeOf(name);
  const query = schema.getQueryType()?.getFields() ?? {};
  const list = Object.values(query).find(
    (field) => getNamedType(field.type).name === `${type}Connection`,
  )?.name;
  const owner = /^@owner (\S+)/m.exec(comment)?.[1];
  const reference = /^@reference/m.test(comment);
  const viewOf = kind === 'view' ? (below[0] ?? 'public.…') : undefined;
  const shape: ServedTable = {
    sql,
    type,
    columns: {},
    ...(owner && { owner }),
    ...(reference && { reference }),
    ...(viewOf && { viewOf }),
  };
  const own = key.filter((column) => column !== ownerOf(shape));
  const standard = standardColumns(shape);
  const text = rowText({
    ...shape,
    list,
    key: kind === 'view' || own.join() === 'id' || own.length === 0 ? undefined : own,
    deletable: deletes,
    columns: columns.filter((column) => !(column.name in standard)).map(rowColumn),
  });
  return {
    text: `${sql} has no row: add this one to \`tables\` in ${FILE}, with valid values.\n${text}`,
    explains: about(type, list),
  };
}

function rowColumn({ inserts, updates, refers, ...column }: ServedColumn): RowColumn {
  const writable = inserts ? (updates ? 'both' : 'insert') : updates ? 'update' : undefined;
  return { ...column, refers: refers ?? undefined, writable };
}

function columnFindings(table: ServedTable, { sql, columns, deletes }: ServedRelation): Finding[] {
  const findings: Finding[] = [];
  const stated = { ...standardColumns(table), ...table.columns };
  for (const column of columns) {
    const { name, inserts, updates } = column;
    const found = stated[name];
    const writable = found?.writable;
    const field = `${table.type}.${camel(name)}`;
    const text = `${nameText(name)}: ${columnText(rowColumn(column))}`;
    if (!found) {
      findings.push({
        text: `${sql}.${name} has no row: add this to the columns of ${sql} in ${FILE}, with a valid value.\n  ${text},`,
        explains: (coordinate) =>
          coordinate.name === field ||
          new RegExp(`^${table.type}(Input|Patch|Condition)\\.${camel(name)}`).test(
            coordinate.name,
          ),
      });
    } else if (
      inserts !== (writable === true || writable === 'insert') ||
      updates !== (writable === true || writable === 'update')
    ) {
      const rights = [inserts && 'inserted', updates && 'updated'].filter(Boolean).join(' and ');
      findings.push({
        text: `${sql}.${name} may be ${rights || 'neither inserted nor updated'} by todo_user, and ${FILE} says otherwise: correct the grant, or make the row\n  ${text},`,
        explains: (coordinate) =>
          new RegExp(`^${table.type}(Input|Patch)\\.${camel(name)}$`).test(coordinate.name),
      });
    }
  }
  for (const name of Object.keys(table.columns))
    if (!columns.some((column) => column.name === name))
      findings.push({
        text: `${sql}.${name} has a row in ${FILE} and is not in the table: remove it.`,
        explains: () => false,
      });
  if (deletes !== (table.deletable === true))
    findings.push({
      text: deletes
        ? `todo_user may delete from ${sql}, and its row in ${FILE} does not say so: revoke the right, or add deletable: true.`
        : `todo_user may not delete from ${sql}, and its row in ${FILE} says deletable: grant the right, or remove it.`,
      explains: () => false,
    });
  return findings;
}

function functionFinding({ sql, schema, name, args }: ServedRoutine, api: GraphQLSchema): Finding {
  const field = camel(name);
  const mutation = api.getMutationType()?.getFields()[field] !== undefined;
  const inQuery = api.getQueryType()?.getFields()[field] !== undefined;
  // A computed column: list_open_count(list) is List.openCount.
  const [first] = args;
  const row = first && typeOf(first.type.replace(/^\w+\./, ''));
  const computed = row && field.startsWith(camel(first.type)) && api.getType(row);
  const rest = computed ? field.slice(camel(first.type).length) : '';
  const path = inQuery
    ? `Query.${field}`
    : computed
      ? `${row}.${rest.charAt(0).toLowerCase()}${rest.slice(1)}`
      : undefined;
  const input =
    (mutation || path) && args.filter((arg) => arg.name && !(computed && arg === first));
  const text = [
    `name: '${sql.replaceAll("'", "\\'")}'`,
    `call: 'select ${schema}.${name}(${args.map(() => '…').join(', ')})'`,
    mutation ? `mutation: '${field}'` : path && `field: '${path}'`,
    input &&
      input.length > 0 &&
      `input: { ${input.map((arg) => `${camel(arg.name)}: '…'`).join(', ')} }`,
  ].filter((part) => typeof part === 'string');
  return {
    text: `${sql} has no row: add this one to \`functions\` in ${FILE}, with valid arguments.\n{ ${text.join(', ')} },`,
    explains: ({ name: coordinate }) =>
      coordinate.startsWith(`Mutation.${field}`) ||
      (path !== undefined && coordinate.startsWith(path)) ||
      new RegExp(`^${upper(field)}(Input|Payload)\\.`).test(coordinate),
  };
}

const privateFinding = (name: string): Finding => ({
  text: `${name} has no row: add it to \`privateTables\` in ${FILE} with the column that holds the person's id, or to \`impersonalTables\` if its rows belong to nobody.`,
  explains: () => false,
});
