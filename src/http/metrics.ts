/**
 * GET /metrics, in the text that Prometheus reads. It tells how many people are busy with what, so in
 * production it answers only whoever has the token for it, and without one it is not there.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { Registry } from 'prom-client';
import { sendError } from './answers.ts';

export interface MetricsAccess {
  readonly registry: Registry;
  /** Undefined: anybody, or in production nobody. */
  readonly token: string | undefined;
  readonly production: boolean;
}

export function metricsPage({ registry, token, production }: MetricsAccess): RequestHandler {
  return async (request, response, next) => {
    if (token === undefined && production) return next();
    if (token !== undefined && !same(request.get('authorization') ?? '', `Bearer ${token}`)) {
      response.set('WWW-Authenticate', 'Bearer');
      return sendError(response, 401, 'UNAUTHENTICATED', 'Send the token of METRICS_TOKEN.');
    }
    response.set('Content-Type', registry.contentType).send(await registry.metrics());
  };
}

/** Takes the same time wherever they differ. */
const same = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
