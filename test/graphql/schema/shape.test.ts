/** What the API looks like, whoever asks: its words, its names, and that it stays as it was promised. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  BreakingChangeType,
  buildClientSchema,
  buildSchema,
  findBreakingChanges,
  type GraphQLSchema,
  getIntrospectionQuery,
  isEnumType,
  isInputObjectType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
} from 'graphql';
import { beforeAll, expect, test } from 'vitest';
import { useTestDatabase } from '../../support/database.ts';
import { shippedRoot } from '../../support/process.ts';
import { useTestServer } from '../../support/server.ts';
import { dataOf } from '../../support/tasks.ts';

const database = useTestDatabase();
const server = useTestServer(database);

const CONTRACT = readFileSync(join(shippedRoot(), 'test/app/schema.graphql'), 'utf8');

let schema: GraphQLSchema;
beforeAll(async () => {
  const introspection = dataOf(await server.ask(1, getIntrospectionQuery()));
  schema = buildClientSchema(introspection);
});

/** Everything in a schema that has a description: [where, description]. */
function described(of: GraphQLSchema): [string, string | null | undefined][] {
  return Object.values(of.getTypeMap())
    .filter((type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type))
    .flatMap((type) => {
      const inner: [string, string | null | undefined][] = [];
      if (isObjectType(type) || isInputObjectType(type)) {
        for (const field of Object.values(type.getFields())) {
          inner.push([`${type}.${field.name}`, field.description]);
          if (!('args' in field)) continue;
          for (const arg of field.args)
            inner.push([`${type}.${field.name}(${arg.name})`, arg.description]);
        }
      }
      if (isEnumType(type)) {
        for (const value of type.getValues())
          inner.push([`${type}.${value.name}`, value.description]);
      }
      return [[String(type), type.description] as [string, typeof type.description], ...inner];
    });
}

test('every type, field, argument and value has a description', () => {
  const all = described(schema);
  expect(all.length).toBeGreaterThan(100);
  expect(all.filter(([, text]) => !text?.trim()).map(([where]) => where)).toEqual([]);
});

test('no description is the generator’s own', () => {
  const BOILERPLATE =
    /arbitrary string|unchanged and unused|exclusive input|our `|to be used (in|against)|Reads a|`[A-Z]/;
  expect(described(schema).filter(([, text]) => BOILERPLATE.test(text ?? ''))).toEqual([]);
});

test('nobody can say or see whose a row is by number', () => {
  const names = described(schema).map(([where]) => where);
  expect(names.filter((name) => /userId|user_id|nodeId|rowId/i.test(name))).toEqual([]);
  expect(names).toContain('Task.user');
});

test('there is no list of people and no offset', () => {
  const names = described(schema).map(([where]) => where);
  expect(names.filter((name) => /^Query\.(users?|userBy)|\(offset\)/.test(name))).toEqual([]);
});

test.each([
  ['Query', 'me', 'User!'],
  ['Query', 'task', 'Task'],
  ['Query', 'tasks', 'TaskConnection!'],
  ['User', 'tasks', 'TaskConnection!'],
  ['Task', 'user', 'User!'],
  ['Task', 'title', 'String!'],
  ['Task', 'description', 'String'],
  ['Task', 'updatedAt', 'Datetime'],
  ['TaskConnection', 'nodes', '[Task!]!'],
  ['TaskEdge', 'cursor', 'Cursor!'],
  ['UpdateTaskPayload', 'task', 'Task!'],
  ['DeleteMePayload', 'user', 'User!'],
  ['ClearCompletedTasksPayload', 'count', 'Int!'],
])('%s.%s is %s: null only where the database can have none', (type, field, expected) => {
  const named = schema.getType(type);
  expect(isObjectType(named) && String(named.getFields()[field]?.type)).toBe(expected);
});

test('the API serves everything that test/app/schema.graphql promises', () => {
  expect(findBreakingChanges(buildSchema(CONTRACT), schema)).toEqual([]);
});

test('an API without a promised field, argument or value would fail the test above', () => {
  const narrower = CONTRACT.replace('TITLE_DESC', 'TITLE_DOWN')
    .replace('  completed: Boolean!\n\n', '  finished: Boolean!\n\n')
    .replace('expectedUpdatedAt: Datetime\n', 'expectedUpdatedAt: Datetime!\n');
  const types = findBreakingChanges(buildSchema(CONTRACT), buildSchema(narrower)).map(
    (c) => c.type,
  );
  expect(types.sort()).toEqual([
    BreakingChangeType.FIELD_CHANGED_KIND,
    BreakingChangeType.FIELD_REMOVED,
    BreakingChangeType.VALUE_REMOVED_FROM_ENUM,
  ]);
});
