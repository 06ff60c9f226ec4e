/**
 * Chromium for the tests of pages. Where there is none the tests are skipped and one line says so. Contexts
 * note what goes wrong in them: each message of the console that is an error or a warning, each exception.
 */
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium } from 'playwright-core';

/** Where Debian and its children put it. */
const CHROMIUM = '/usr/bin/chromium';

export function findChromium(what: string): boolean {
  const found = existsSync(CHROMIUM);
  if (!found) console.warn(`skipped: the tests of ${what} need a browser at ${CHROMIUM}`);
  return found;
}

export const launch = (): Promise<Browser> =>
  chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });

/** Returns the problems so far and those to come, and forgets those that a test expects. */
export function watchProblems(context: BrowserContext): string[] {
  const problems: string[] = [];
  context.on('console', (message) => {
    const kind = message.type();
    if (kind === 'error' || kind === 'warning') problems.push(`${kind}: ${message.text()}`);
  });
  context.on('weberror', (error) => problems.push(error.error().message));
  return problems;
}
