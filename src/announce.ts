/**
 * Prints where the server listens, who signs its tokens, and the demo accounts. Takes the facts and a
 * function that prints a line. Must only get tokens of the development key.
 */
import type { DemoLogin } from './embedded/development.ts';
import type { VerifierOptions } from './identity/open.ts';

export interface Announcement {
  readonly url: string;
  readonly graphiql: boolean;
  readonly demo: readonly DemoLogin[];
  readonly identity: Pick<VerifierOptions, 'key' | 'issuer' | 'userIdClaim'>;
}

export function announce(what: Announcement, say: (line: string) => void): void {
  const { url, graphiql, demo, identity } = what;
  say(
    `\nRowguard is ready: POST ${url}/graphql${graphiql ? `, or open ${url}/ in a browser` : ''}`,
  );
  if (identity.key instanceof URL) {
    say(`\n  Tokens are signed by ${identity.issuer}, with the keys at ${identity.key.href}.`);
    say(`  Sign in there, and send its token (with ${identity.userIdClaim} and email) as:`);
    say('    Authorization: Bearer <token>');
  }
  for (const { name, userId, email, token } of demo) {
    say(`\n  ${name} is user ${userId}, ${email}`);
    say(`    token  ${token}`);
    say(`    psql   npm run psql -- ${email}`);
  }
  if (demo.length > 0) say('\nCtrl-C stops the server and the database; the data stays.');
}
