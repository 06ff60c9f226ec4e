/**
 * The GraphQL API of a database, and its reload after the database has changed. Takes the preset, returns an
 * Api to mount. A reload must never affect requests in flight, which end on the schema they began with. If
 * the new schema cannot be built, the old schema stays.
 */
import type { Server, ServerResponse } from 'node:http';
import type { Express, Request, Response } from 'express';
import { makeSchema } from 'postgraphile';
import type {
  DocumentNode,
  ExecutionResult,
  GraphQLError,
  GraphQLSchema,
} from 'postgraphile/graphql';
import { forgetTemplates } from './compiled/templates.ts';
import { ownDocumentReader } from './execution/documents.ts';
import { type Answered, Grafserv } from './execution/grafserv.ts';
import { type Introspect, introspector } from './execution/introspection.ts';
import { buildError } from './schema/build-error.ts';
import { sdlOf } from './sdl.ts';

export interface Api {
  mount(app: Express, server: Server): Promise<void>;
  /** Reads the database's catalogue again and serves the new schema. Rejects if it cannot be built. */
  reload(): Promise<void>;
  /** The schema that is served. A reload replaces it. */
  schema(): GraphQLSchema;
  /**
   * Answers a request by an operation that the server itself has written, valid for the schema that is served now.
   * `rows`: its largest page. The limits of a person hold as for an operation that the request had sent.
   */
  run(request: Request, response: Response, operation: OwnOperation): Promise<ExecutionResult>;
  /** Reads a client's text: the document within the limits of a person, or the errors for the client. */
  read(request: Request, response: Response, text: string): Promise<Read>;
  /** Runs a document that `read` has accepted. */
  runDocument(
    request: Request,
    response: Response,
    document: DocumentNode,
    variables: Readonly<Record<string, unknown>>,
  ): Promise<ExecutionResult>;
  /** The schema that is served, as in test/app/schema.graphql. */
  print(): string;
  /** Answers a query about the schema; undefined for any other request. Asks no database and no identity. */
  introspect: Introspect;
  /** Ends the event streams of GraphiQL, which never end by themselves and would hold up a stop. */
  endStreams(): void;
  release(): Promise<void>;
}

/** One of the two. */
export interface Read {
  readonly document?: DocumentNode;
  readonly errors?: readonly GraphQLError[];
}

export interface OwnOperation {
  readonly text: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly rows: number;
}

/** The event stream of GraphiQL in watch mode. At every event GraphiQL fetches the schema again. */
const STREAM_PATH = '/graphql/stream';

export async function openApi(
  preset: GraphileConfig.Preset,
  answered: Answered,
  maxTokens: number,
): Promise<Api> {
  let { schema } = await build(preset);
  let introspect = introspector(schema, maxTokens);
  const serv = new Grafserv({ preset, schema }, answered);
  let read = ownDocumentReader(schema);
  const streams = new Set<ServerResponse>();
  return {
    async mount(app, server) {
      app.get(STREAM_PATH, (_request, response, next) => {
        streams.add(response);
        response.once('close', () => streams.delete(response));
        next();
      });
      await serv.addTo(app, server, false);
    },
    async reload() {
      ({ schema } = await build(preset));
      read = ownDocumentReader(schema);
      introspect = introspector(schema, maxTokens);
      serv.setSchema(schema);
      forgetTemplates();
    },
    schema: () => schema,
    run: (request, response, { text, variables, rows }) =>
      serv.run(request, response, read(text, rows), variables),
    read: async (request, response, text) => serv.read(request, response, text),
    runDocument: (...args) => serv.run(...args),
    print: () => sdlOf(schema),
    introspect: (request) => introspect(request),
    endStreams() {
      for (const response of streams) response.destroy();
    },
    async release() {
      await serv.release();
    },
  };
}

/** Throws an OperatorError where two objects of the database have one name in the API. */
const build: typeof makeSchema = async (preset) => {
  try {
    return await makeSchema(preset);
  } catch (error) {
    throw buildError(error);
  }
};
