/**
 * GET /metrics, in the text format of Prometheus. Takes the registry and the token METRICS_TOKEN, returns a
 * handler. In production it must never answer without the token: the
 * figures show what people do.
 */
import type { RequestHandler } from 'express';
import type { Registry } from 'prom-client';
import { sendError } from './answers.ts';
import { isOperator } from './operator.ts';

export interface MetricsAccess {
  readonly registry: Registry;
  /** undefined: open in development, absent in production. */
  readonly token: string | undefined;
  readonly production: boolean;
}

export function metricsPage({ registry, token, production }: MetricsAccess): RequestHandler {
  return async (request, response, next) => {
    if (token === undefined && production) return next();
    if (token !== undefined && !isOperator(request, token)) {
      response.set('WWW-Authenticate', 'Bearer');
      return sendError(
        response,
        401,
        'UNAUTHENTICATED',
        'Send METRICS_TOKEN: Authorization: Bearer <token>.',
      );
    }
    response.set('Content-Type', registry.contentType).send(await registry.metrics());
  };
}
