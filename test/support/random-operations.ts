/**
 * Random operations that are valid for a schema: the same ones for the same seed. Values are drawn from
 * what tests know to matter (borders, wrong cursors, null, absent); hands on texts and variables.
 */
import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'postgraphile/graphql';

export interface Operation {
  readonly query: string;
  /** To be asked with each of these in turn. */
  readonly variables: readonly Record<string, unknown>[];
}

/** Values of each scalar, good and bad ones. */
export type Scalars = (name: string) => readonly unknown[];

/** Mulberry32. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Fields of one selection, at most; the limits of a request leave room for a few levels of them. */
const MAX_FIELDS = 4;
const MAX_DEPTH = 6;

export class Operations {
  readonly #schema: GraphQLSchema;
  readonly #random: () => number;
  readonly #scalars: Scalars;
  #declared: { name: string; type: GraphQLInputType; text: string }[] = [];
  #fragments: string[] = [];
  #names = 0;

  constructor(schema: GraphQLSchema, random: () => number, scalars: Scalars) {
    this.#schema = schema;
    this.#random = random;
    this.#scalars = scalars;
  }

  next(kind: 'query' | 'mutation'): Operation {
    this.#declared = [];
    this.#fragments = [];
    this.#names = 0;
    const root = this.#schema.getRootType(kind as never) as GraphQLObjectType;
    const selection = this.#selection(root, 1);
    const declared = this.#declared.map(({ text }) => text).join(', ');
    const query = `${kind} ${declared && `(${declared})`} ${selection} ${this.#fragments.join(' ')}`;
    const variables = Array.from({ length: 1 + this.#below(2) }, () => this.#variables());
    return { query, variables };
  }

  #below = (n: number): number => Math.floor(this.#random() * n);
  #chance = (p: number): boolean => this.#random() < p;
  #pick = <T>(list: readonly T[]): T => list[this.#below(list.length)] as T;

  #selection(type: GraphQLObjectType, depth: number): string {
    const all = Object.values(type.getFields());
    const deep = depth >= MAX_DEPTH;
    const fields = all.filter((field) => !deep || isLeafType(getNamedType(field.type)));
    const chosen = Array.from({ length: 1 + this.#below(MAX_FIELDS) }, () =>
      fields.length > 0 ? this.#field(this.#pick(fields), depth) : '__typename',
    );
    // The same once more, which may be one statement with the other.
    const [again] = chosen;
    if (again && depth < 3 && this.#chance(0.3))
      chosen.push(again.replace(/^n\d+:/, () => `${this.#name()}:`));
    if (this.#chance(0.2))
      chosen.push(this.#chance(0.5) ? '__typename' : `${this.#name()}: __typename`);
    const parts = chosen.map((field) => this.#wrapped(field, type));
    return `{ ${parts.join(' ')} }`;
  }

  #wrapped(field: string, { name: type }: GraphQLObjectType): string {
    if (this.#chance(0.06)) return `... on ${type}${this.#directive()} { ${field} }`;
    if (this.#chance(0.06)) {
      const name = `F${this.#fragments.length}`;
      this.#fragments.push(`fragment ${name} on ${type} { ${field} }`);
      return `...${name}${this.#directive()}`;
    }
    return field;
  }

  #field(field: GraphQLField<unknown, unknown>, depth: number): string {
    const args = field.args.flatMap((arg) => this.#argument(arg));
    const type = getNamedType(field.type);
    const inner = isObjectType(type) ? this.#selection(type, depth + 1) : '';
    // Two fields under one name must ask for the same.
    const alias = args.length > 0 || inner || this.#chance(0.1) ? `${this.#name()}: ` : '';
    const given = args.length > 0 ? `(${args.join(', ')})` : '';
    return `${alias}${field.name}${given}${this.#directive()} ${inner}`;
  }

  #name = (): string => `n${this.#names++}`;

  #directive(): string {
    if (!this.#chance(0.06)) return '';
    const type = this.#schema.getType('Boolean') as GraphQLInputType;
    const value = this.#chance(0.5) ? this.#variable(type, true) : String(this.#chance(0.5));
    return ` @${this.#pick(['skip', 'include'])}(if: ${value})`;
  }

  #argument(arg: GraphQLArgument): string[] {
    const must = isNonNullType(arg.type) && arg.defaultValue === undefined;
    if (!must && this.#chance(getNamedType(arg.type).name === 'Cursor' ? 0.88 : 0.6)) return [];
    const value = this.#chance(0.5)
      ? this.#variable(arg.type, must || isNonNullType(arg.type))
      : this.#literal(arg.type);
    return [`${arg.name}: ${value}`];
  }

  #variable(type: GraphQLInputType, must: boolean): string {
    const same = this.#declared.find((one) => String(one.type) === String(type));
    if (same && this.#chance(0.4)) return `$${same.name}`;
    const name = `v${this.#declared.length}`;
    const exact = must && !isNonNullType(type) ? `${type}!` : String(type);
    const initial = this.#chance(0.3) ? ` = ${this.#literal(type, true)}` : '';
    // With `null` for a default it would not be of the type any more.
    const text = `$${name}: ${exact}${initial === ' = null' && exact.endsWith('!') ? '' : initial}`;
    this.#declared.push({ name, type, text });
    return `$${name}`;
  }

  #variables(): Record<string, unknown> {
    const given: Record<string, unknown> = {};
    for (const { name, type, text } of this.#declared) {
      const must = text.includes('!') && !text.includes('=');
      if (must || this.#chance(0.8)) given[name] = this.#value(type);
    }
    return given;
  }

  #value(type: GraphQLInputType): unknown {
    if (isNonNullType(type)) return this.#value(type.ofType);
    if (this.#chance(0.12)) return null;
    if (isListType(type)) {
      return Array.from(
        { length: this.#below(4) },
        () => this.#value(type.ofType) ?? undefined,
      ).filter((item) => item !== undefined);
    }
    if (isEnumType(type)) return this.#pick(type.getValues()).name;
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields()).filter(
        (field) => isNonNullType(field.type) || this.#chance(0.4),
      );
      return Object.fromEntries(fields.map((field) => [field.name, this.#value(field.type)]));
    }
    return this.#pick(this.#scalars(type.name));
  }

  #literal(type: GraphQLInputType, constant = false): string {
    if (isNonNullType(type))
      return this.#literal(type.ofType, constant).replace(/^null$/, () =>
        this.#literal(type, constant),
      );
    if (this.#chance(0.1)) return 'null';
    if (!constant && !isListType(type) && this.#chance(0.15)) return this.#variable(type, true);
    if (isListType(type)) {
      const items = Array.from({ length: this.#below(4) }, () =>
        this.#literal(type.ofType, constant),
      );
      return `[${items.filter((item) => item !== 'null').join(', ')}]`;
    }
    if (isEnumType(type)) return this.#pick(type.getValues()).name;
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields()).filter(
        (field) => isNonNullType(field.type) || this.#chance(0.4),
      );
      return `{${fields.map((field) => `${field.name}: ${this.#literal(field.type, constant)}`).join(', ')}}`;
    }
    // GraphQL writes the keys of objects without quotes.
    return JSON.stringify(this.#pick(this.#scalars(type.name))).replace(/"(\w+)":/g, '$1:');
  }
}
