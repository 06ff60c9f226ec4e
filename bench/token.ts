/** CPU time of verifying a token, the first time and from the cache. Takes the stage, returns microseconds. */
import { bearerToken } from '../src/identity/bearer.ts';
import { openVerifier } from '../src/identity/open.ts';
import type { Stage } from './support/stage.ts';
import { median } from './support/statistics.ts';

const PEOPLE = 200;
const ROUNDS = 9;

export interface TokenCosts {
  /** Microseconds of CPU, the median of several rounds. */
  readonly first: number;
  readonly repeated: number;
}

export async function tokenCosts(stage: Stage): Promise<TokenCosts> {
  const headers: string[] = [];
  for (let id = 1; id <= PEOPLE; id++) headers.push(`Bearer ${await stage.token(id)}`);
  const first: number[] = [];
  const repeated: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const { secret, ...rules } = stage.issuer;
    const verify = openVerifier(
      { ...rules, key: secret, algorithms: ['HS256'], maxAge: 24 * 3600 },
      () => {},
    );
    const all = async (times: number): Promise<number> => {
      const before = process.cpuUsage();
      for (let i = 0; i < times; i++)
        for (const header of headers) await verify(bearerToken(header));
      const { user, system } = process.cpuUsage(before);
      return (user + system) / (times * headers.length);
    };
    first.push(await all(1));
    repeated.push(await all(100));
  }
  return { first: median(first), repeated: median(repeated) };
}
