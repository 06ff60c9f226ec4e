/** The rows "Who is asking" of docs/security.md. Data only; the shape is explained in promise.ts. */
import { broken, type Promised } from './promise.ts';

const IDENTITY = 'migrations/committed/000001-identity.sql';
const ACCOUNT = 'migrations/committed/000004-account.sql';
const VERIFIER = 'src/identity/verifier.ts';
const RLS = 'test/database/rls.test.ts';
const OTHER = 'test/accounts/psql-login-identity.test.ts';

export const IDENTITIES: readonly Promised[] = [
  {
    row: 'The setting `jwt.claims.user_id` counts only on the server’s login and on the owner’s',
    breaks: [
      broken(
        IDENTITY,
        "when session_user = 'todo_authenticator'",
        'when true',
        `${OTHER} › no other identity by %s`,
      ),
    ],
  },
  {
    row: 'A login is always its own person, whatever it sets, switches to or starts with',
    breaks: [
      broken(
        IDENTITY,
        'where l.login = session_user);',
        "where l.login = coalesce('todo_psql_' || nullif(current_setting('jwt.claims.user_id', true), ''), session_user));",
        `${OTHER} › no other identity by options of the connection`,
      ),
      broken(
        'migrations/committed/000011-direct-pages.sql',
        "execute format('grant connect on database %I to %I', current_database(), v_login);",
        "execute format('grant connect on database %I to %I', current_database(), v_login); execute format('grant todo_user to %I', v_login);",
        `${OTHER} › no other identity by settings that the login’s next session starts with`,
      ),
    ],
  },
  {
    row: 'Without a claim, or with an empty one, nothing is read. A claim that is no integer, or out of range, is an error',
    breaks: [
      broken(
        IDENTITY,
        "then nullif(current_setting('jwt.claims.user_id', true), '')::integer",
        "then nullif(substring(current_setting('jwt.claims.user_id', true) from '\\d+'), '')::integer",
        `${RLS} › a request with a claim that is SQL`,
      ),
      broken(
        IDENTITY,
        "then nullif(current_setting('jwt.claims.user_id', true), '')::integer",
        "then (nullif(current_setting('jwt.claims.user_id', true), '')::bigint & 2147483647)::integer",
        `${RLS} › a request with an out of range claim`,
      ),
      broken(
        IDENTITY,
        "then nullif(current_setting('jwt.claims.user_id', true), '')::integer",
        "then current_setting('jwt.claims.user_id', true)::integer",
        `${RLS} › a request with an empty claim`,
      ),
    ],
  },
  {
    row: 'A request that did not switch to `todo_user` reads nothing',
    breaks: [
      broken(
        'migrations/roles.sql',
        'grant todo_user to todo_authenticator with admin false, inherit false, set true;',
        'grant todo_user to todo_authenticator with admin false, inherit true, set true;',
        `${RLS} › the server’s login that forgot its role, with a claim`,
      ),
    ],
  },
  {
    row: 'The claim is sent with every request. It is the verified number, and nothing else of the token is sent',
    breaks: [
      broken(
        'src/database/session.ts',
        '[USER_ID_SETTING]: String(userId)',
        '[USER_ID_SETTING]: String(userId - (userId % 2))',
        'test/database/adaptor/behaviour.test.ts › everybody sees their own rows while sixty requests of six people share three connections',
      ),
      broken(
        'src/database/one-round-trip/preamble.ts',
        'const known = Object.keys(settings).length === REQUEST_SETTINGS.length;',
        'const known = true;',
        'test/database/adaptor/transactions.test.ts › a request %s is not run',
      ),
    ],
  },
  {
    row: 'A token counts only if its algorithm, signature, issuer, audience, times and user id are as configured',
    breaks: [
      broken(
        VERIFIER,
        '!algorithms.includes(alg)',
        'false',
        'test/identity/verifier.test.ts › the algorithm comes from the configuration, not from the token',
      ),
      {
        file: VERIFIER,
        edits: [
          ['jwtVerify }', 'decodeJwt }'],
          [
            'await jwtVerify(token, key, {',
            'await (async (...[text]) => ({ payload: decodeJwt(text) }))(token, key, {',
          ],
        ],
        fails: ['test/identity/verifier.test.ts › the signature'],
      },
      broken(
        VERIFIER,
        "throw refused('HEADER_FIELD');",
        ';',
        'test/identity/verifier.test.ts › must not choose a key, or how the token is read',
      ),
      broken(
        VERIFIER,
        'audience: rules.audience,',
        '',
        'test/identity/verifier.test.ts › issuer and audience',
      ),
      broken(
        VERIFIER,
        'clockTolerance: rules.clockTolerance,',
        'clockTolerance: 3600,',
        'test/identity/verifier.test.ts › a token %s is refused',
      ),
      broken(
        'src/identity/claims.ts',
        'userId: userId(payload[userIdClaim])',
        'userId: userId(payload[userIdClaim] ?? payload.sub)',
        'test/identity/claims.test.ts › sub is not used as the user id',
      ),
    ],
  },
  {
    row: 'A token of a withdrawn key is refused within ten minutes, also one that the server remembers',
    breaks: [
      broken(
        VERIFIER,
        'if (renewing) await renewing;',
        '',
        'test/identity/key-set.test.ts › after ten minutes without a request it is refused at once',
      ),
    ],
  },
  {
    row: 'A request with no token, a wrong one or an expired one gets 401. It reads and changes nothing and takes no database connection',
    breaks: [
      broken(
        'src/http/authenticate.ts',
        'sendUnauthenticated(response, error);',
        'next();',
        'test/app/graphql.test.ts › with %s is 401, reads nothing and changes nothing',
        'test/http/authenticate.test.ts › without a database connection',
      ),
    ],
  },
  {
    row: 'The tokens of a deleted account stay refused',
    breaks: [
      broken(
        ACCOUNT,
        'after delete on public."user"\n  for each row execute function app_private.remember_deleted_user()',
        'after delete on public."user"\n  for each row when (false) execute function app_private.remember_deleted_user()',
        'test/accounts/account.test.ts › after %s the account stays deleted until a later sign-in',
      ),
      broken(
        ACCOUNT,
        'where d.id = p_id and d.deleted_at >= p_issued_at',
        'where false',
        'test/accounts/account.test.ts › after %s the account stays deleted until a later sign-in',
      ),
      broken(
        'migrations/committed/000006-deletions.sql',
        'where d.deleted_at >= p_since',
        'where false',
        'test/http/authenticate.test.ts › deleted at one server is refused by the other in seconds',
      ),
      broken(
        'migrations/committed/000006-deletions.sql',
        'insert into app_private.deleted_user (id, deleted_at) values (p_user_id, clock_timestamp())\n    on conflict (id) do update set deleted_at = excluded.deleted_at;',
        '',
        'test/accounts/deletions.test.ts › of somebody who was never here, tokens issued before it begin no account',
      ),
    ],
  },
  {
    row: 'No password of a person is stored',
    breaks: [
      broken(
        'migrations/committed/000002-user.sql',
        'email text not null,',
        'email text not null, password_digest text,',
        'test/database/schema.test.ts › no column anywhere holds a password',
      ),
    ],
  },
];
