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

export const CompleteAll = graphql(`
  mutation CompleteAll { setAllTasksCompleted(input: { completed: true }) { count tasks { ...TaskFields } } }
`);

export const ClearCompleted = graphql(`
  mutation ClearCompleted { clearCompletedTasks { count } }
`);
