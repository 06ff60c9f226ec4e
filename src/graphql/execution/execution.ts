/**
 * Puts our own reading of documents and our own executor into grafserv, and masks what execution reports.
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
import { markRead } from '../../database/request.ts';
import { type Execute, type Executor, executeCompiled } from '../compiled/execute.ts';
import { boundPlans, keepPlansWithDocuments } from '../compiled/plan-cache.ts';
import { checkGrafast } from '../compiled/versions.ts';
import { exceededByVariables } from './complexity.ts';
import { costOf, type DocumentOptions, documentReader, MAX_PLANS } from './documents.ts';
import { noteUnserved } from './grafserv.ts';

/** `grafast` is PostGraphile's own, slower; for versions that the other was not tested with. */
export type ExecutorName = 'compiled' | 'grafast';

/** Operations whose plans grafast's own cache keeps, about 3 MB for the largest. */
const MAX_OPERATIONS = 50;

/** How an operation ended; the code and the id are its first error's. */
export interface Executed {
  readonly kind: string;
  readonly name: string | undefined;
  readonly executor: Executor;
  readonly code: string | undefined;
  /** Of what was hidden from the client. */
  readonly errorId: string | undefined;
}

export interface ExecutionHooks {
  readonly mask: (error: GraphQLError) => GraphQLError;
  readonly executed: (request: IncomingMessage, what: Executed) => void;
  /** Counts points of the rate limit. */
  readonly charge: (request: IncomingMessage, points: number) => Refusal | undefined;
}

/** That a person has asked for too much in this minute. */
export interface Refusal {
  readonly message: string;
  readonly retryAfterSeconds: number;
}

export interface ExecutionOptions extends DocumentOptions {
  readonly executor: ExecutorName;
}

export function executionPlugin(
  options: ExecutionOptions,
  { mask, executed, charge }: ExecutionHooks,
): GraphileConfig.Plugin {
  const compiled = options.executor === 'compiled';
  if (compiled) checkGrafast();
  const readers = new WeakMap<GraphQLSchema, ReturnType<typeof documentReader>>();
  const readerOf = (schema: GraphQLSchema) => {
    let reader = readers.get(schema);
    if (!reader) {
      if (compiled) keepPlansWithDocuments(schema, MAX_PLANS);
      else boundPlans(schema, MAX_OPERATIONS, MAX_PLANS);
      reader = documentReader(schema, options);
      readers.set(schema, reader);
    }
    return reader;
  };

  const ours = (config: ExecutionConfig): ExecutionConfig => ({
    ...config,
    parseAndValidate: readerOf(config.schema),
    async execute(args) {
      const limit = exceededByVariables(args.variableValues, options.limits);
      if (limit) return { errors: [limit] };
      const operation = getOperationAST(args.document, args.operationName);
      const kind = operation?.operation ?? 'none';
      const pgSettings = settingsOf(args.contextValue);
      if (kind === 'query' && pgSettings) markRead(pgSettings);
      const request =
        ('requestContext' in args && args.requestContext?.expressv4?.req) || undefined;
      const refusal = request && charge(request, costOf(args.document) - 1);
      if (refusal) {
        noteUnserved(request, 429, refusal.retryAfterSeconds);
        const extensions = { code: 'UNAVAILABLE', reason: 'RATE_LIMITED' };
        return { errors: [new GraphQLError(refusal.message, { extensions })] };
      }
      const execute = config.execute as Execute;
      const { result, executor } = compiled
        ? await executeCompiled(args, execute)
        : { result: await execute(args), executor: 'grafast' as const };
      const ended = (error?: GraphQLError) => {
        const { code, errorId } = (error?.extensions ?? {}) as { code?: string; errorId?: string };
        if (request)
          executed(request, { kind, name: operation?.name?.value, executor, code, errorId });
      };
      if (!('errors' in result) || !result.errors) {
        ended();
        return result;
      }
      const masked = { ...result, errors: result.errors.map(mask) };
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

/** The object that the preset's context made. */
function settingsOf(contextValue: unknown): object | undefined {
  return (contextValue as { pgSettings?: object } | undefined)?.pgSettings;
}

/** 503 or 504 only where no field has a value and every error is of that kind. */
function statusOf({ data, errors = [] }: ExecutionResult): 503 | 504 | undefined {
  if (Object.values(data ?? {}).some((value) => value !== null)) return undefined;
  const all = (code: string) => errors.every(({ extensions }) => extensions.code === code);
  if (all('UNAVAILABLE')) return 503;
  return all('TIMEOUT') ? 504 : undefined;
}
