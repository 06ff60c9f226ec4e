/* eslint-disable */
import * as types from './graphql';
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';

/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "\n  fragment TaskFields on Task { id title description completed createdAt updatedAt }\n": typeof types.TaskFieldsFragmentDoc,
    "\n  query Tasks($condition: TaskCondition!, $after: Cursor) {\n    tasks(condition: $condition, first: 30, after: $after) {\n      totalCount\n      nodes { ...TaskFields }\n      pageInfo { endCursor hasNextPage }\n    }\n  }\n": typeof types.TasksDocument,
    "\n  mutation CreateTask($task: TaskInput!, $key: String!) {\n    createTask(input: { task: $task, idempotencyKey: $key }) { task { ...TaskFields } }\n  }\n": typeof types.CreateTaskDocument,
    "\n  mutation UpdateTask($id: Int!, $patch: TaskPatch!, $expected: Datetime) {\n    updateTask(input: { id: $id, patch: $patch, expectedUpdatedAt: $expected }) { task { ...TaskFields } }\n  }\n": typeof types.UpdateTaskDocument,
    "\n  mutation DeleteTask($id: Int!) { deleteTask(input: { id: $id }) { task { id } } }\n": typeof types.DeleteTaskDocument,
    "\n  mutation CompleteAll { setAllTasksCompleted(input: { completed: true }) { count tasks { ...TaskFields } } }\n": typeof types.CompleteAllDocument,
    "\n  mutation ClearCompleted { clearCompletedTasks { count } }\n": typeof types.ClearCompletedDocument,
};
const documents: Documents = {
    "\n  fragment TaskFields on Task { id title description completed createdAt updatedAt }\n": types.TaskFieldsFragmentDoc,
    "\n  query Tasks($condition: TaskCondition!, $after: Cursor) {\n    tasks(condition: $condition, first: 30, after: $after) {\n      totalCount\n      nodes { ...TaskFields }\n      pageInfo { endCursor hasNextPage }\n    }\n  }\n": types.TasksDocument,
    "\n  mutation CreateTask($task: TaskInput!, $key: String!) {\n    createTask(input: { task: $task, idempotencyKey: $key }) { task { ...TaskFields } }\n  }\n": types.CreateTaskDocument,
    "\n  mutation UpdateTask($id: Int!, $patch: TaskPatch!, $expected: Datetime) {\n    updateTask(input: { id: $id, patch: $patch, expectedUpdatedAt: $expected }) { task { ...TaskFields } }\n  }\n": types.UpdateTaskDocument,
    "\n  mutation DeleteTask($id: Int!) { deleteTask(input: { id: $id }) { task { id } } }\n": types.DeleteTaskDocument,
    "\n  mutation CompleteAll { setAllTasksCompleted(input: { completed: true }) { count tasks { ...TaskFields } } }\n": types.CompleteAllDocument,
    "\n  mutation ClearCompleted { clearCompletedTasks { count } }\n": types.ClearCompletedDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 *
 *
 * @example
 * ```ts
 * const query = graphql(`query GetUser($id: ID!) { user(id: $id) { name } }`);
 * ```
 *
 * The query argument is unknown!
 * Please regenerate the types.
 */
export function graphql(source: string): unknown;

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment TaskFields on Task { id title description completed createdAt updatedAt }\n"): (typeof documents)["\n  fragment TaskFields on Task { id title description completed createdAt updatedAt }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Tasks($condition: TaskCondition!, $after: Cursor) {\n    tasks(condition: $condition, first: 30, after: $after) {\n      totalCount\n      nodes { ...TaskFields }\n      pageInfo { endCursor hasNextPage }\n    }\n  }\n"): (typeof documents)["\n  query Tasks($condition: TaskCondition!, $after: Cursor) {\n    tasks(condition: $condition, first: 30, after: $after) {\n      totalCount\n      nodes { ...TaskFields }\n      pageInfo { endCursor hasNextPage }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CreateTask($task: TaskInput!, $key: String!) {\n    createTask(input: { task: $task, idempotencyKey: $key }) { task { ...TaskFields } }\n  }\n"): (typeof documents)["\n  mutation CreateTask($task: TaskInput!, $key: String!) {\n    createTask(input: { task: $task, idempotencyKey: $key }) { task { ...TaskFields } }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation UpdateTask($id: Int!, $patch: TaskPatch!, $expected: Datetime) {\n    updateTask(input: { id: $id, patch: $patch, expectedUpdatedAt: $expected }) { task { ...TaskFields } }\n  }\n"): (typeof documents)["\n  mutation UpdateTask($id: Int!, $patch: TaskPatch!, $expected: Datetime) {\n    updateTask(input: { id: $id, patch: $patch, expectedUpdatedAt: $expected }) { task { ...TaskFields } }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation DeleteTask($id: Int!) { deleteTask(input: { id: $id }) { task { id } } }\n"): (typeof documents)["\n  mutation DeleteTask($id: Int!) { deleteTask(input: { id: $id }) { task { id } } }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CompleteAll { setAllTasksCompleted(input: { completed: true }) { count tasks { ...TaskFields } } }\n"): (typeof documents)["\n  mutation CompleteAll { setAllTasksCompleted(input: { completed: true }) { count tasks { ...TaskFields } } }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation ClearCompleted { clearCompletedTasks { count } }\n"): (typeof documents)["\n  mutation ClearCompleted { clearCompletedTasks { count } }\n"];

export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}

export type DocumentType<TDocumentNode extends DocumentNode<any, any>> = TDocumentNode extends DocumentNode<  infer TType,  any>  ? TType  : never;