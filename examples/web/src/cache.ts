/**
 * The normalised cache. Rows change everywhere at once; this file keeps the lists right when a task
 * appears, changes or goes. A list that only the server can know (a search) is asked again.
 */
import { type Cache, cacheExchange } from '@urql/exchange-graphcache';
import type { TaskFieldsFragment, TaskInput, TasksQueryVariables } from './gql/graphql';
import * as queries from './queries';

type Task = TaskFieldsFragment;

/** The pages in the cache, grouped by the condition of their list. */
function listsOf(cache: Cache): TasksQueryVariables[][] {
  const lists = new Map<string, TasksQueryVariables[]>();
  for (const { fieldName, arguments: args } of cache.inspectFields('Query')) {
    if (fieldName !== 'tasks') continue;
    const page = args as TasksQueryVariables;
    const key = JSON.stringify(page.condition);
    lists.set(key, [...(lists.get(key) ?? []), page]);
  }
  return [...lists.values()];
}

function refetch(cache: Cache, pages: readonly TasksQueryVariables[]): void {
  for (const page of pages) cache.invalidate('Query', 'tasks', { ...page, first: 30 });
}

const refetchAll = (_result: unknown, _args: unknown, cache: Cache): void => {
  for (const pages of listsOf(cache)) refetch(cache, pages);
};

interface Change {
  readonly id: number;
  /** undefined: it was deleted. */
  readonly task: Task | undefined;
  readonly created?: boolean;
  readonly textChanged?: boolean;
  readonly optimistic: boolean | undefined;
}

/** Puts a task into the lists it belongs to now, and takes it out of the others. */
function moveTask(cache: Cache, { id, task, created, textChanged, optimistic }: Change): void {
  for (const pages of listsOf(cache)) {
    const { completed, search } = pages[0]?.condition ?? {};
    const belongs = task !== undefined && (completed == null || completed === task.completed);
    const listed = pages.some((variables) =>
      cache
        .readQuery({ query: queries.Tasks, variables })
        ?.tasks.nodes.some((node) => node.id === id),
    );
    const edit = (add: number, change: (nodes: Task[], first: boolean) => Task[]) => {
      for (const variables of pages) {
        cache.updateQuery({ query: queries.Tasks, variables }, (data) => {
          if (!data) return data;
          const { nodes, totalCount } = data.tasks;
          const changed = change(nodes, !variables.after);
          return { tasks: { ...data.tasks, nodes: changed, totalCount: totalCount + add } };
        });
      }
    };
    if (listed && !belongs) edit(-1, (nodes) => nodes.filter((node) => node.id !== id));
    else if (!listed && belongs && created && !search) {
      edit(1, (nodes, first) => (first ? [task, ...nodes] : nodes));
    } else if (!optimistic && ((!listed && belongs) || (search && textChanged))) {
      refetch(cache, pages);
    }
  }
}

let lastTemporaryId = 0;

/** A row that the server has not confirmed. Its id is negative. */
const unconfirmed = ({ title }: TaskInput) => ({
  __typename: 'Task' as const,
  id: --lastTemporaryId,
  title,
  description: null,
  completed: false,
  createdAt: new Date().toISOString(),
  updatedAt: null,
});

export const cache = () =>
  cacheExchange({
    keys: { TaskConnection: () => null, PageInfo: () => null },
    updates: {
      Mutation: {
        createTask: (
          result: { createTask: { task: Task } | null },
          _args,
          cache,
          { optimistic },
        ) => {
          const task = result.createTask?.task;
          if (task) moveTask(cache, { id: task.id, task, created: true, optimistic });
        },
        createTasks: (
          result: { createTasks: { tasks: Task[] } | null },
          _args,
          cache,
          { optimistic },
        ) => {
          for (const task of result.createTasks?.tasks ?? []) {
            moveTask(cache, { id: task.id, task, created: true, optimistic });
          }
        },
        updateTask: (
          result: { updateTask: { task: Task } | null },
          args: { input: { patch: object } },
          cache,
          { optimistic },
        ) => {
          const task = result.updateTask?.task;
          const textChanged = 'title' in args.input.patch || 'description' in args.input.patch;
          if (task) moveTask(cache, { id: task.id, task, textChanged, optimistic });
        },
        deleteTask: (
          result: { deleteTask: object | null },
          { input: { id } }: { input: { id: number } },
          cache,
          { optimistic },
        ) => {
          if (!result.deleteTask) return;
          moveTask(cache, { id, task: undefined, optimistic });
          if (!optimistic) cache.invalidate({ __typename: 'Task', id });
        },
        // The rows that come back change at once. The lists are asked again, each in one request.
        updateTasks: refetchAll,
        deleteTasks: refetchAll,
        setAllTasksCompleted: refetchAll,
        clearCompletedTasks: refetchAll,
      },
    },
    optimistic: {
      createTask: ({ input }: { input: { task: TaskInput } }) => ({
        __typename: 'CreateTaskPayload',
        task: unconfirmed(input.task),
      }),
      createTasks: ({ input }: { input: { tasks: TaskInput[] } }) => ({
        __typename: 'CreateTasksPayload',
        tasks: input.tasks.map(unconfirmed),
      }),
      updateTask: ({ input }: { input: { id: number; patch: Partial<Task> } }, cache) => {
        const known = cache.readFragment(queries.TaskFields, { __typename: 'Task', id: input.id });
        if (!known || input.patch.completed === undefined) return null;
        return {
          __typename: 'UpdateTaskPayload',
          task: { ...known, ...input.patch, __typename: 'Task' },
        };
      },
      deleteTask: ({ input }: { input: { id: number } }) => ({
        __typename: 'DeleteTaskPayload',
        task: { __typename: 'Task', id: input.id },
      }),
    },
  });
