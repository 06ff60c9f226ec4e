/**
 * Installs our document reader and executor in grafserv, and masks the errors of execution. Takes the limits
 * and hooks, returns a plugin. An operation must never run before its points are charged.
 */
import type { IncomingMessage } from 'node:http';
import type {} from 'postgraphile';
import type { ExecutionConfig } from 'postgraphile/grafserv';
import {
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
} from 'postgraphile/graphql';
import { callerOf, markRead } from '../../database/request.ts';
import { NO_SUBSCRIPTION, NOT_SUPPORTED, TOO_OFTEN, tooLarge } from '../client-error.ts';
import { type Execute, type Executor, executeCompiled } from '../compiled/execute.ts';
import { checkGrafast } from '../compiled/versions.ts';
import { exceeds, mayExceed } from './answer-size.ts';
import { exceededByVariables } from './complexity.ts';
import { acceptedOf, type DocumentOptions, documentReader } from './documents.ts';
import { type Answered, noteUnserved } from './grafserv.ts';
import { itemsToWrite } from './items.ts';
import { atItsField, type PageRequest } from './page-errors.ts';
import { boundPlans } from './plan-budget.ts';
import { pointsOfItems } from './points.ts';
import { nullWhereRequired } from './required-variables.ts';
import { replaceInheritedKeys } from './variable-names.ts';

/** `grafast`: PostGraphile's own, slower executor. `compiled` falls back to it for untested versions. */
export type ExecutorName = 'compiled' | 'grafast';

/** How an operation ended. `code` and `errorId` belong to its first error. */
export interface Executed {
  readonly kind: string;
  readonly name: string | undefined;
  /** Undefined: the operation was refused and did not run. */
  readonly executor: Executor | undefined;
  readonly code: string | undefined;
  /** Of the error that was hidden from the client. */
  readonly errorId?: string | undefined;
}

export interface ExecutionHooks {
  readonly mask: (error: GraphQLError) => GraphQLError;
  readonly executed: (request: IncomingMessage, what: Executed) => void;
  /**
   * Counts the points of a request beyond its first, which HTTP has counted; may be 0. Returns undefined, or
   * the seconds until the person may ask again.
   */
  readonly charge: (request: IncomingMessage, points: number) => number | undefined;
  /** Gets the bytes that the database has sent for a request, also if its answer is refused. */
  readonly answered: Answered;
}

export interface ExecutionOptions extends DocumentOptions {
  readonly executor: ExecutorName;
}

export function executionPlugin(
  options: ExecutionOptions,
  { mask, executed, charge, answered }: ExecutionHooks,
): GraphileConfig.Plugin {
  const compiled = options.executor === 'compiled';
  if (compiled) checkGrafast();
  const readers = new WeakMap<GraphQLSchema, ReturnType<typeof documentReader>>();
  const readerOf = (schema: GraphQLSchema) => {
    let reader = readers.get(schema);
    if (!reader) {
      boundPlans(schema, compiled);
      reader = documentReader(schema, options);
      readers.set(schema, reader);
    }
    return reader;
  };
  const ours = (config: ExecutionConfig): ExecutionConfig => ({
    ...config,
    parseAndValidate: (text) => readerOf(config.schema)(text),
    async execute(sent) {
      // The first operation of a schema may be one of the server's own, which no reader has read.
      readerOf(config.schema);
      const variableValues = replaceInheritedKeys(sent.variableValues);
      const args: typeof sent =
        variableValues === sent.variableValues ? sent : { ...sent, variableValues };
      const limit = exceededByVariables(args.variableValues, options.limits);
      if (limit) return { errors: [limit] };
      const request =
        ('requestContext' in args && args.requestContext?.expressv4?.req) || undefined;
      const operation = getOperationAST(args.document, args.operationName);
      const kind = operation?.operation ?? 'none';
      // Streams are made of queries: src/live/.
      if (kind === 'subscription') return { errors: [subscription()] };
      const { points = 1, required } = acceptedOf(args.document) ?? {};
      const missing = required && nullWhereRequired(required, operation, args.variableValues);
      if (missing) return { errors: [missing] };
      const items = itemsToWrite(args.schema, args.document, operation, args.variableValues);
      const wait = request && charge(request, Math.max(points, pointsOfItems(items)) - 1);
      if (request && wait !== undefined) {
        noteUnserved(request, 429, wait);
        const name = operation?.name?.value;
        executed(request, { kind, name, executor: undefined, code: 'UNAVAILABLE' });
        return { errors: [rateLimited()] };
      }
      const pgSettings = settingsOf(args.contextValue);
      if (kind === 'query' && pgSettings) markRead(pgSettings);
      const execute = config.execute as Execute;
      const { result: made, executor } = compiled
        ? await executeCompiled(args, execute)
        : { result: await execute(args), executor: 'grafast' as const };
      const { maxAnswerBytes } = options.limits;
      const received = callerOf(pgSettings)?.receivedBytes ?? 0;
      if (request) answered(request, received);
      const result: ExecutionResult =
        mayExceed(received, options.limits) && exceeds(made.data, maxAnswerBytes)
          ? { data: null, errors: [answerTooLarge(maxAnswerBytes, kind === 'query')] }
          : made;
      const ended = (error?: GraphQLError) => {
        const { code, errorId } = (error?.extensions ?? {}) as { code?: string; errorId?: string };
        if (request)
          executed(request, { kind, name: operation?.name?.value, executor, code, errorId });
      };
      if (!('errors' in result) || !result.errors) {
        ended();
        return result;
      }
      const at: PageRequest = {
        schema: args.schema,
        document: args.document,
        operation,
        variables: args.variableValues ?? {},
        maxPageSize: options.maxPageSize,
      };
      const masked = {
        ...result,
        errors: result.errors.map((error) => atItsField(mask(error), at)),
      };
      ended(masked.errors[0]);
      const status = statusOf(masked);
      if (status && request) noteUnserved(request, status);
      return masked;
    },
  });

  return {
    name: 'ExecutionPlugin',
    version: '1.0.0',
    grafserv: {
      middleware: {
        setPreset(next, event) {
          const { getExecutionConfig } = event;
          event.getExecutionConfig = async function (context) {
            return ours(await getExecutionConfig.call(this, context));
          };
          return next();
        },
      },
    },
  };
}

const subscription = (): GraphQLError =>
  new GraphQLError(NO_SUBSCRIPTION, {
    extensions: { code: 'BAD_USER_INPUT', reason: NOT_SUPPORTED },
  });

const rateLimited = (): GraphQLError =>
  new GraphQLError(TOO_OFTEN, { extensions: { code: 'UNAVAILABLE', reason: 'RATE_LIMITED' } });

const answerTooLarge = (maxBytes: number, isRead: boolean): GraphQLError =>
  new GraphQLError(tooLarge(maxBytes, isRead), { extensions: { code: 'TOO_COMPLEX' } });

/** The settings object from the preset's `context`. */
function settingsOf(contextValue: unknown): object | undefined {
  return (contextValue as { pgSettings?: object } | undefined)?.pgSettings;
}

/** 503 or 504 only if no field has a value and all errors have the same code. */
function statusOf({ data, errors = [] }: ExecutionResult): 503 | 504 | undefined {
  if (Object.values(data ?? {}).some((value) => value !== null)) return undefined;
  const all = (code: string) => errors.every(({ extensions }) => extensions.code === code);
  if (all('UNAVAILABLE')) return 503;
  return all('TIMEOUT') ? 504 : undefined;
}
