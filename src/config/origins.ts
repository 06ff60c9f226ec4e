/**
 * Takes the setting CORS_ORIGINS, returns its origins as a browser sends them, or "*". Notes an invalid
 * origin as a problem: it would never match a request.
 */
import type { Settings } from './read.ts';

export function readOrigins(settings: Settings): readonly string[] {
  const origins = (settings.text('CORS_ORIGINS') ?? '').split(/[\s,]+/).filter(Boolean);
  for (const origin of origins) {
    if (origin !== '*' && !isOrigin(origin)) {
      settings.problem(
        `CORS_ORIGINS contains ${origin}, which is not an origin: write it as https://app.example.com, without a path.`,
      );
    }
  }
  return origins;
}

const isOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text;
