/** GraphQL schema and resolvers for these workloads, as one would write them by hand. */
import type { TaskAccess } from './tasks.ts';

export interface Context {
  readonly userId: number;
}

export const typeDefs = /* GraphQL */ `
  type Task {
    id: Int!
    title: String!
    completed: Boolean!
    createdAt: String!
    updatedAt: String
  }
  type TaskPage {
    nodes: [Task!]!
  }
  type TaskPayload {
    task: Task
  }
  type Query {
    task(id: Int!): Task
    tasks(first: Int = 20, after: Int, completed: Boolean): TaskPage!
  }
  type Mutation {
    createTask(title: String!): TaskPayload!
    updateTask(id: Int!, completed: Boolean!): TaskPayload!
  }
`;

interface PageArguments {
  readonly first: number;
  readonly after?: number | null;
  readonly completed?: boolean | null;
}

export function resolversOn(tasks: TaskAccess) {
  return {
    Query: {
      task: (_: unknown, { id }: { id: number }, { userId }: Context) => tasks.byId(userId, id),
      tasks: async (_: unknown, page: PageArguments, { userId }: Context) => ({
        nodes: await tasks.page(userId, page),
      }),
    },
    Mutation: {
      createTask: async (_: unknown, { title }: { title: string }, { userId }: Context) => ({
        task: await tasks.create(userId, title),
      }),
      updateTask: async (
        _: unknown,
        { id, completed }: { id: number; completed: boolean },
        { userId }: Context,
      ) => ({ task: await tasks.setCompleted(userId, id, completed) }),
    },
  };
}
