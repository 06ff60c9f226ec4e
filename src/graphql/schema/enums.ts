/**
 * GraphQL names for PostgreSQL enum labels. Takes a label, which may be any text such as `in progress`,
 * returns a name of ASCII letters, digits and underscores
 * (https://spec.graphql.org/October2021/#sec-Names). PostGraphile transliterates other alphabets and
 * fails at a space or a hyphen. The stored label never changes.
 */
import type {} from 'graphile-build-pg';
import type {} from 'postgraphile';
import { OperatorError } from '../../errors.ts';

export const EnumsPlugin: GraphileConfig.Plugin = {
  name: 'EnumsPlugin',
  version: '1.0.0',
  inflection: {
    replace: {
      enumValue(previous, _options, label, codec) {
        const name = (text: string) => nameOf(previous?.(text, codec) ?? text);
        const own = name(label);
        const sharing = codec.values.map(({ value }) => value).filter((text) => name(text) === own);
        if (sharing.length > 1) throw sharedName(codec.name, sharing, own);
        return own;
      },
    },
  },
};

/** GraphQL reserves these words: no enum value may have their names. */
const RESERVED: readonly string[] = ['true', 'false', 'null'];

/** ASCII text → name. A text that is a valid name stays unchanged. */
function nameOf(text: string): string {
  const parts = text.split(/[^A-Za-z0-9_]+/);
  const name = parts.length > 1 ? parts.filter(Boolean).join('_') : text;
  // GraphQL reserves names that begin with two underscores.
  const allowed = (name || '_').replace(/^__+/, '_').replace(/^(?=[0-9])/, '_');
  return RESERVED.includes(allowed) ? `${allowed}_` : allowed;
}

const sharedName = (type: string, [first, second]: readonly string[], name: string) =>
  new OperatorError(
    `The labels ${JSON.stringify(first)} and ${JSON.stringify(second)} of the enum ${type} would both be ${name} in GraphQL.`,
    `rename one of them: alter type ${type} rename value … to …`,
  );
