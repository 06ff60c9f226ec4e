/**
 * The OpenAPI 3.1 document of REST (https://spec.openapis.org/oas/v3.1.1). Takes the model of a schema and the
 * constraints of the database, returns the document. Contains names, comments and rules of the schema, never a row.
 */
import type { Constraints } from '../../database/constraints.ts';
import { resourceOf } from '../calls.ts';
import type { Model } from '../model.ts';
import { HEADERS, PROBLEM, RESPONSES } from './answers.ts';
import { callPath, pathsOf } from './paths.ts';
import { rulesOf } from './rules.ts';
import { schemasOf } from './schemas.ts';

/** `most`: rows of the largest page. */
export function openApiDocument(model: Model, constraints: Constraints, most: number): object {
  const resources = [...model.resources.values()];
  const functions = [...model.functions.values()];
  const schemas = resources.map((resource) =>
    schemasOf(resource, rulesOf(constraints, resource.schema, resource.name)),
  );
  return {
    openapi: '3.1.1',
    info: {
      title: 'Rowguard',
      version: '1.0.0',
      description:
        'Everything here is your own: PostgreSQL keeps the rows of different people apart.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    tags: [
      ...resources.map(({ path, description }) => ({
        name: path,
        ...(description && { description }),
      })),
      ...(functions.length > 0 ? [{ name: 'rpc', description: 'Functions of the database.' }] : []),
    ],
    paths: Object.assign(
      {},
      ...resources.map((resource) => pathsOf(resource, most)),
      ...functions.map((callable) => callPath(callable, resourceOf(model, callable), most)),
    ),
    components: {
      schemas: Object.assign({ Problem: PROBLEM }, ...schemas),
      responses: RESPONSES,
      headers: HEADERS,
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'The token of the sign-in service.',
        },
      },
    },
  };
}
