/** Every operation of the page. `npm run codegen` makes their types. */
import { graphql } from './gql';

export const TaskFields = graphql(`
  fragment TaskFields on Task { id title description completed createdAt updatedAt }
`);

export const Tasks = graphql(`
  query Tasks($condition: TaskCondition!, $after: Cursor) {
    tasks(condition: $condition, first: 30, after: $after) {
      totalCount
      nodes { ...TaskFields }
      pageInfo { endCursor hasNextPage }
    }
  }
`);

export const CreateTask = graphql(`
  mutation CreateTask($task: TaskInput!, $key: String!) {
    createTask(input: { task: $task, idempotencyKey: $key }) { task { ...TaskFields } }
  }
`);

/** Without the variable $expected the row is not compared; with null it must never have changed. */
export const UpdateTask = graphql(`
  mutation UpdateTask($id: Int!, $patch: TaskPatch!, $expected: Datetime) {
    updateTask(input: { id: $id, patch: $patch, expectedUpdatedAt: $expected }) { task { ...TaskFields } }
  }
`);

export const DeleteTask = graphql(`
  mutation DeleteTask($id: Int!) { deleteTask(input: { id: $id }) { task { id } } }
`);

/** All of them are made, or none: one statement, one key. */
export const CreateTasks = graphql(`
  mutation CreateTasks($tasks: [TaskInput!]!, $key: String!) {
    createTasks(input: { tasks: $tasks, idempotencyKey: $key }) { tasks { ...TaskFields } }
  }
`);

export const UpdateTasks = graphql(`
  mutation UpdateTasks($ids: [Int!]!, $patch: TaskPatch!) {
    updateTasks(input: { ids: $ids, patch: $patch }) { tasks { ...TaskFields } }
  }
`);

export const DeleteTasks = graphql(`
  mutation DeleteTasks($ids: [Int!]!) { deleteTasks(input: { ids: $ids }) { ids } }
`);

export const CompleteAll = graphql(`
  mutation CompleteAll {
    setAllTasksCompleted(input: { completed: true }) { count ids tasks { ...TaskFields } }
  }
`);

export const ClearCompleted = graphql(`
  mutation ClearCompleted { clearCompletedTasks { count } }
`);

export const TaskNow = graphql(`
  query TaskNow($id: Int!) { task(id: $id) { ...TaskFields } }
`);
