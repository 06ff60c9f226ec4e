/**
 * The versions whose internals were read and tested; package-lock.json pins the same. checkGrafast() takes the
 * installed versions and throws an OperatorError for any other. docs/executor.md says how to take a new one.
 */
import { version as dataplanVersion } from 'postgraphile/@dataplan/pg';
import { version as grafastVersion } from 'postgraphile/grafast';
import { OperatorError } from '../../errors.ts';

export const TESTED = { grafast: '1.1.3', '@dataplan/pg': '1.1.2' } as const;

type Versions = Readonly<Record<keyof typeof TESTED, string>>;

const INSTALLED: Versions = { grafast: grafastVersion, '@dataplan/pg': dataplanVersion };

/** Throws an OperatorError unless the installed versions are the tested ones. */
export function checkGrafast(installed: Versions = INSTALLED): void {
  for (const [name, tested] of Object.entries(TESTED)) {
    const version = installed[name as keyof Versions];
    if (version === tested) continue;
    throw new OperatorError(
      `${name} is ${version}; compiled operations were tested with ${tested} only.`,
      'install the pinned version with npm ci, or set GRAPHQL_EXECUTOR=grafast.',
    );
  }
}
