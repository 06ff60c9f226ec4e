/**
 * The normalised cache. Rows change in every list at once. A new task is put into the lists whose condition
 * it meets; a list whose rows only the server can know is asked again.
 */
import { type Cache, cacheExchange } from '@urql/exchange-graphcache';
import type { TaskFieldsFragment, TaskInput, TasksQueryVariables } from './gql/graphql';
import * as queries from './queries';

type Task = TaskFieldsFragment;
type Condition = TasksQueryVariables['condition'];
type Result<Name extends string> = { [name in Name]?: { task: Task } | null };

function pagesOf(cache: Cache): TasksQueryVariables[] {
  const fields = cache.inspectFields('Query').filter(({ fieldName }) => fieldName === 'tasks');
  return fields.map((field) => field.arguments as TasksQueryVariables);
}

function refetch(cache: Cache, isAffected: (condition: Condition) => boolean = () => true) {
  for (const page of pagesOf(cache)) {
    if (isAffected(page.condition)) cache.invalidate('Query', 'tasks', { ...page });
  }
}

const refetchAll = (_result: unknown, _args: unknown, cache: Cache) => refetch(cache);

function addTask(cache: Cache, task: Task): void {
  for (const variables of pagesOf(cache)) {
    const { completed, search } = variables.condition;
    if (completed || search) continue;
    cache.updateQuery({ query: queries.Tasks, variables }, (data) => {
      if (!data || data.tasks.nodes.some(({ id }) => id === task.id)) return data;
      const nodes = variables.after ? data.tasks.nodes : [task, ...data.tasks.nodes];
      return { tasks: { ...data.tasks, nodes, totalCount: data.tasks.totalCount + 1 } };
    });
  }
}

let lastTemporaryId = 0;

export const cache = () =>
  cacheExchange({
    keys: { TaskConnection: () => null, PageInfo: () => null },
    updates: {
      Mutation: {
        createTask: (result: Result<'createTask'>, _args, cache, { optimistic }) => {
          if (result.createTask) addTask(cache, result.createTask.task);
          if (!optimistic) refetch(cache, ({ search }) => Boolean(search));
        },
        updateTask: (result: Result<'updateTask'>, _args, cache, { optimistic }) => {
          if (optimistic) return;
          // Refused: the row is not what this page shows.
          const refused = !result.updateTask;
          refetch(cache, (condition) => refused || Object.keys(condition).length > 0);
        },
        deleteTask: refetchAll,
        setAllTasksCompleted: refetchAll,
        clearCompletedTasks: refetchAll,
      },
    },
    optimistic: {
      createTask: ({ input }: { input: { task: TaskInput } }) => ({
        __typename: 'CreateTaskPayload',
        // A negative id: the server has not confirmed this row.
        task: {
          __typename: 'Task',
          id: --lastTemporaryId,
          title: input.task.title,
          description: null,
          completed: false,
          createdAt: new Date().toISOString(),
          updatedAt: null,
        },
      }),
      // Only the check box: the editor waits for the answer.
      updateTask: ({ input }: { input: { id: number; patch: Partial<Task> } }, cache) => {
        const task = cache.readFragment(queries.TaskFields, { __typename: 'Task', id: input.id });
        if (!task || input.patch.completed === undefined) return null;
        const changed = { ...task, ...input.patch, __typename: 'Task' as const };
        return { __typename: 'UpdateTaskPayload', task: changed };
      },
    },
  });
