/**
 * GraphQL's names for the labels of PostgreSQL's enums. A label may be any text, such as `in progress`; a
 * name has letters of ASCII, digits and underscores only (https://spec.graphql.org/October2021/#sec-Names).
 * PostGraphile writes other alphabets in ASCII and ends with an error at a space or a hyphen. Receives labels,
 * hands on names; what is stored stays the label.
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

/** What these words are to GraphQL, no value of an enum may be. */
const RESERVED: readonly string[] = ['true', 'false', 'null'];

/** A text of ASCII as a name: itself if it is one, so that labels which always were names keep them. */
function nameOf(text: string): string {
  const parts = text.split(/[^A-Za-z0-9_]+/);
  const name = parts.length > 1 ? parts.filter(Boolean).join('_') : text;
  // Two underscores at the beginning are GraphQL's own.
  const allowed = (name || '_').replace(/^__+/, '_').replace(/^(?=[0-9])/, '_');
  return RESERVED.includes(allowed) ? `${allowed}_` : allowed;
}

const sharedName = (type: string, [first, second]: readonly string[], name: string) =>
  new OperatorError(
    `The labels ${JSON.stringify(first)} and ${JSON.stringify(second)} of the enum ${type} would both be ${name} in GraphQL.`,
    `rename one of them: alter type ${type} rename value … to …`,
  );
