/**
 * docs/settings.md against src/config.ts. The tables must name every setting that is read and no other,
 * and their defaults and allowed values must be the real ones.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  type Environment,
  loadAdminConfig,
  loadConfig,
  loadDoctorConfig,
} from '../../src/config.ts';
import { describeError } from '../../src/errors.ts';
import { ROOT } from '../support/process.ts';

interface Row {
  readonly name: string;
  /** Undefined: the table says "none". */
  readonly initial: string | undefined;
  readonly values: string;
}

/** The rows of all tables whose first cell is a setting. */
const ROWS = readFileSync(join(ROOT, 'docs/settings.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| `[A-Z_]+`/.test(line))
  .map((line): Row => {
    const [, name = '', initial = '', values = ''] = line.split('|').map((cell) => cell.trim());
    return { name: unquoted(name) ?? '', initial: unquoted(initial), values };
  });

/** The text of a cell in code style; undefined for a cell of prose. */
function unquoted(cell: string): string | undefined {
  return /^`([^`]*)`$/.exec(cell)?.[1];
}

/** JWT_ALGORITHMS means nothing without a key set, so the defaults are compared beside one. */
const BASE: Environment = {
  JWKS_URL: 'https://issuer.example/jwks',
  JWT_ISSUER: 'https://issuer.example',
  JWT_AUDIENCE: 'rowguard',
};

/** Whether these settings are accepted, and what they come to. */
function outcome(env: Environment): unknown {
  try {
    return loadConfig({ ...BASE, ...env });
  } catch (error) {
    return `refused: ${(error as Error).message}`;
  }
}
const refusal = (name: string) => expect.stringMatching(new RegExp(`^refused: [^]*${name} `));

/** Every name that a loader looks up, whatever it does with the answer. */
function namesReadBy(load: (env: Environment) => unknown, env: Environment): string[] {
  const names: string[] = [];
  const recording = new Proxy(env, {
    get(target, name) {
      if (typeof name === 'string') names.push(name);
      return Reflect.get(target, name);
    },
  });
  try {
    load(recording);
  } catch {
    // Refused settings have been read too.
  }
  return names;
}

test('the tables name every setting that is read, once, and no other', () => {
  const external = { ...BASE, AUTH_DATABASE_URL: 'postgresql://a@db.example/todo' };
  const read = [loadConfig, loadAdminConfig, loadDoctorConfig].flatMap((load) =>
    [{}, BASE, external, { ...external, NODE_ENV: 'production' }].flatMap((env) =>
      namesReadBy(load, env),
    ),
  );
  expect(read.length).toBeGreaterThan(0);
  expect(ROWS.map(({ name }) => name).toSorted()).toEqual([...new Set(read)].toSorted());
});

const WITH_DEFAULT = ROWS.flatMap(({ name, initial }) =>
  initial === undefined ? [] : [{ name, initial }],
);

describe('a default', () => {
  test.each(WITH_DEFAULT)('$name is $initial', ({ name, initial }) => {
    expect(outcome({ [name]: initial })).toEqual(outcome({}));
    // Another value is not the same as none: so the line above compares something.
    const other = /^\d+$/.test(initial) ? String(Number(initial) + 1) : `${initial}x`;
    expect(outcome({ [name]: other })).not.toEqual(outcome({}));
  });

  test('that the code has is in the tables', () => {
    const documented = WITH_DEFAULT.map(({ initial }) => initial);
    expect(documented).toEqual(expect.arrayContaining(leavesOf(loadConfig({}))));
  });
});

/** Texts and numbers in a configuration, at any depth. */
function leavesOf(value: unknown): string[] {
  if (typeof value === 'string' || typeof value === 'number') return [String(value)];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(leavesOf) : [];
}

const RANGES = ROWS.flatMap(({ name, values }) => {
  const [, min, max] = /^(\d+) to (\d+)\b/.exec(values) ?? [];
  return min && max ? [{ name, min: Number(min), max: Number(max) }] : [];
});

test.each(RANGES)('$name may be $min to $max', ({ name, min, max }) => {
  for (const inside of [min, max]) {
    expect(outcome({ [name]: String(inside) })).not.toEqual(refusal(name));
  }
  for (const outside of [min - 1, max + 1]) {
    expect(outcome({ [name]: String(outside) })).toEqual(refusal(name));
  }
});

const CHOICES = ROWS.flatMap(({ name, values }) => {
  const names = values.split(', ').map(unquoted);
  return names.length > 1 && names.every((text) => text !== undefined) ? [{ name, names }] : [];
});

test.each(CHOICES)('$name may be one of $names', ({ name, names }) => {
  for (const value of names) expect(outcome({ [name]: value })).not.toEqual(refusal(name));
  // The sentence lists all of them, so none is missing in the table.
  expect(outcome({ [name]: 'something else' })).toContain(`${name} must be ${names.join(' or ')}.`);
});

test('a number or a choice is described as one', () => {
  const checked = new Set([...RANGES, ...CHOICES].map(({ name }) => name));
  const strict = ROWS.filter(({ name }) =>
    new RegExp(`${name} must be (a whole number|\\w[\\w-]* or )`).test(
      String(outcome({ [name]: 'something else' })),
    ),
  );
  expect(strict.map(({ name }) => name).filter((name) => !checked.has(name))).toEqual([]);
});

test('a wrong setting sends the reader to the tables', () => {
  let said = '';
  try {
    loadConfig({ PORT: 'high' });
  } catch (error) {
    said = describeError(error);
  }
  expect(said).toContain('docs/settings.md');
});
