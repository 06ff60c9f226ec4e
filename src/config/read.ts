/**
 * Takes an environment, returns functions that read one setting each. Text is trimmed, and an empty value
 * counts as absent. Must never throw for an invalid value: problems are collected and reported together.
 */

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Settings {
  text(name: string): string | undefined;
  /** The value without trimming: white space may be part of a secret. */
  raw(name: string): string | undefined;
  integer(name: string, fallback: number, min: number, max: number): number;
  /** One of `names`; the first is the default. */
  choice<Name extends string>(name: string, names: readonly [Name, ...Name[]]): Name;
  /** Adds a sentence for the operator. It must not contain the value of a secret. */
  problem(sentence: string): void;
  readonly problems: readonly string[];
}

export function readSettings(env: Environment): Settings {
  const problems: string[] = [];
  const text = (name: string): string | undefined => env[name]?.trim() || undefined;
  return {
    text,
    raw: (name) => env[name] || undefined,
    integer(name, fallback, min, max) {
      const value = text(name);
      if (value === undefined) return fallback;
      if (/^[0-9]+$/.test(value) && Number(value) >= min && Number(value) <= max)
        return Number(value);
      problems.push(`${name} must be a whole number from ${min} to ${max}.`);
      return fallback;
    },
    choice(name, names) {
      const value = text(name) ?? names[0];
      const known = names.find((known) => known === value);
      if (!known) problems.push(`${name} must be ${names.join(' or ')}.`);
      return known ?? names[0];
    },
    problem: (sentence) => problems.push(sentence),
    problems,
  };
}
