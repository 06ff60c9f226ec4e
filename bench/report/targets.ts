/** Targets beside the measured values, as a table. A missed target is reported, not an error. */
import type { Findings } from '../findings.ts';
import { OURS } from '../peers.ts';
import type { Spread } from '../support/statistics.ts';
import { ratio, type Scene, totalCpu } from './summary.ts';
import { markdown, range } from './table.ts';

const NEAR: Scene = { workload: 'newest', delayMs: 0 };
const FAR: Scene = { workload: 'newest', delayMs: 5 };

export function targets(findings: Findings): string {
  const against = (theirs: string, scene = NEAR) => ({
    cpu: ratio(findings, scene, [OURS, theirs], totalCpu),
    rate: ratio(findings, scene, [OURS, theirs], (cell) => cell.requestsPerSecond),
    p50: ratio(findings, scene, [OURS, theirs], (cell) => cell.p50),
  });
  const trips = findings.workloads.map((name) => findings.roundTrips.get(`${OURS} ${name}`) ?? 0);
  const most = Math.max(...trips);
  const policies = ratio(findings, NEAR, ['floor', 'floor-plain'], (cell) => cell.databaseCpu);
  const sameInC = ratio(
    findings,
    NEAR,
    ['pgbench-rls', 'pgbench-plain'],
    (cell) => cell.databaseCpu,
  );
  const { first, repeated } = findings.token;
  const rows: [string, string, boolean | undefined][] = [
    ['1 round trip per read and simple write', `${most}`, most === 1],
    atMost('database CPU of a read, with RLS ÷ without (node:http)', policies, 1.1),
    atMost('the same from pgbench', sameInC, 1.1),
    atMost('a login’s page of 200, view ÷ table (execution)', findings.login.execution, 1.6),
    atMost('the same, CPU of the backend', findings.login.cpu, 1.6),
    atMost('CPU of server and database ÷ stock PostGraphile', against('stock').cpu, 0.5),
    atLeast('requests/s ÷ stock PostGraphile', against('stock').rate, 2),
    atMost('CPU ÷ graphql-yoga without RLS', against('yoga').cpu, 1),
    atMost('CPU ÷ Apollo Server without RLS', against('apollo').cpu, 1),
    atLeast('requests/s ÷ FastAPI + SQLModel', against('fastapi').rate, 6),
    atMost('CPU ÷ node:http on our adaptor', against('floor').cpu, 1.8),
    atMost('p50, 5 ms from the database ÷ stock PostGraphile', against('stock', FAR).p50, 0.3),
    [
      'a repeated token: at most 5 µs',
      `${repeated.toFixed(1)} µs (the first time ${first.toFixed(0)})`,
      repeated <= 5,
    ],
  ];
  return markdown([
    ['target', 'measured', 'met'],
    ...rows.map(([target, measured, met]) => [
      target,
      measured || 'not measured',
      met === undefined ? '' : met ? 'yes' : '**no**',
    ]),
  ]);
}

const atMost = (
  what: string,
  value: Spread | undefined,
  limit: number,
): [string, string, boolean | undefined] => [
  `${what}: at most ${limit}`,
  range(value),
  value && value.median <= limit,
];

const atLeast = (
  what: string,
  value: Spread | undefined,
  limit: number,
): [string, string, boolean | undefined] => [
  `${what}: at least ${limit}`,
  range(value),
  value && value.median >= limit,
];
