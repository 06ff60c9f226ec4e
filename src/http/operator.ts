/**
 * Takes a request, tells whether the operator sent it: with METRICS_TOKEN as its Bearer token. Must never
 * show by its duration how much of a wrong token was right.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request } from 'express';

/** Without a token that is set, nobody is the operator. */
export function isOperator(request: Request, token: string | undefined): boolean {
  if (token === undefined) return false;
  const given = digest(request.get('authorization') ?? '');
  return timingSafeEqual(given, digest(`Bearer ${token}`));
}

/** Of equal length for all texts, as timingSafeEqual demands. */
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
