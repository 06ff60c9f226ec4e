/** The settings of an operator: what is left out, what is set, what is wrong. */
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';

test('without any, there are bounds, requests are logged, and nobody else may read', () => {
  const { poolQueue, logLevel, metricsToken, corsOrigins } = loadConfig({});
  expect({ poolQueue, logLevel, metricsToken, corsOrigins }).toEqual({
    poolQueue: 200,
    logLevel: 'info',
    metricsToken: undefined,
    corsOrigins: [],
  });
});

test('each is a setting', () => {
  const { poolQueue, logLevel, metricsToken, corsOrigins } = loadConfig({
    POOL_QUEUE: '0',
    LOG_LEVEL: 'warn',
    METRICS_TOKEN: 'secret',
    CORS_ORIGINS: 'https://a.example, https://b.example',
  });
  expect({ poolQueue, logLevel, metricsToken, corsOrigins }).toEqual({
    poolQueue: 0,
    logLevel: 'warn',
    metricsToken: 'secret',
    corsOrigins: ['https://a.example', 'https://b.example'],
  });
});

test('a wrong one is named with what it may be', () => {
  const wrong = { POOL_QUEUE: 'many', LOG_LEVEL: 'loud', CORS_ORIGINS: 'a.example' };
  expect(() => loadConfig(wrong)).toThrow(
    /POOL_QUEUE must be a whole number[\s\S]*LOG_LEVEL must be info or[\s\S]*CORS_ORIGINS contains a\.example/,
  );
});
