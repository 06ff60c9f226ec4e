/**
 * grafserv for Express, with our status and content type on its answers. Takes authenticated requests,
 * returns their results and reports their size. Must never change the body of an answer.
 *
 * A middleware of grafserv could do the same. grafserv calls one with `next.callback = (callback) => …`, and V8
 * allocates a function that is assigned to a property in the old generation. That function keeps the whole
 * request alive until the next full collection (docs/performance.md, "Garbage").
 */
import type { IncomingMessage } from 'node:http';
import type { Request, Response } from 'express';
import { hookArgs } from 'postgraphile/grafast';
import type { GrafservConfig, RequestDigest, Result } from 'postgraphile/grafserv';
import { ExpressGrafserv } from 'postgraphile/grafserv/express/v4';
import type { DocumentNode, ExecutionResult } from 'postgraphile/graphql';
import { RETRY_AFTER } from '../client-error.ts';

export interface Unserved {
  readonly status: 429 | 503 | 504;
  /** Value of Retry-After, in seconds. */
  readonly wait: string | undefined;
}

/** Requests whose answer has no data, until the answer is sent. */
const unserved = new WeakMap<IncomingMessage, Unserved>();

/** Sets the HTTP status of an answer without data, for clients that look only at the status. */
export function noteUnserved(
  request: IncomingMessage,
  status: Unserved['status'],
  waitSeconds?: number,
): void {
  const wait = waitSeconds === undefined ? undefined : String(waitSeconds);
  unserved.set(request, { status, wait: status === 503 ? (wait ?? RETRY_AFTER) : wait });
}

/** What noteUnserved noted of a request; REST answers by itself. */
export const unservedOf = (request: IncomingMessage): Unserved | undefined => unserved.get(request);

const GRAPHQL = 'application/graphql-response+json';

/** Called with the bytes of a request's answer: for the rate limit. */
export type Answered = (request: IncomingMessage, bytes: number) => void;

export class Grafserv extends ExpressGrafserv {
  readonly #answered: Answered;

  constructor(config: GrafservConfig, answered: Answered) {
    super(config);
    this.#answered = answered;
  }

  /**
   * Runs a document as if the request had sent it: the same context, limits, executor and error mask. The document
   * is one that a reader of documents.ts has accepted for the schema that is served now.
   */
  async run(
    request: Request,
    response: Response,
    document: DocumentNode,
    variableValues: Readonly<Record<string, unknown>>,
  ): Promise<ExecutionResult> {
    const requestContext: Partial<Grafast.RequestContext> = {
      node: { req: request, res: response },
      expressv4: { req: request, res: response },
    };
    const config = await this.getExecutionConfig(requestContext);
    const { schema, contextValue, execute } = config;
    const args = {
      schema,
      document,
      rootValue: null,
      contextValue,
      variableValues,
      resolvedPreset: this.resolvedPreset,
      requestContext,
      middleware: this.grafastMiddleware,
    };
    await hookArgs(args);
    const result = await execute(args);
    if (Symbol.asyncIterator in result) throw new Error('REST has no streams');
    return result;
  }

  /** Reads the text of a client: its document within the limits, or the errors for the client. */
  async read(request: Request, response: Response, text: string) {
    const config = await this.getExecutionConfig({
      node: { req: request, res: response },
      expressv4: { req: request, res: response },
    });
    return config.parseAndValidate(text);
  }

  protected override async processRequest(digest: RequestDigest): Promise<Result | null> {
    const result = await super.processRequest(digest);
    if (!result || !('statusCode' in result)) return result;
    // A file of GraphiQL that does not exist: Express answers with a code.
    if (result.statusCode === 404) return null;
    // Without an explicit Accept the answer is application/json, which every tool knows.
    if (
      result.headers['content-type']?.startsWith(GRAPHQL) &&
      !digest.headers.accept?.includes(GRAPHQL)
    ) {
      result.headers['content-type'] = 'application/json; charset=utf-8';
    }
    const request = digest.requestContext.expressv4?.req;
    if (request && result.type === 'buffer' && request.method === 'POST') {
      this.#answered(request, result.buffer.byteLength);
    }
    const noted = request && unserved.get(request);
    if (!noted) return result;
    result.statusCode = noted.status;
    if (noted.wait !== undefined) result.headers['retry-after'] = noted.wait;
    return result;
  }
}
