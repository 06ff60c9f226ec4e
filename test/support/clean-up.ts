/**
 * Vitest's set-up file: ends what a test started and did not end. It runs in each test file, while the modules
 * that it imports are shared by the files of a worker.
 */
import { afterEach } from 'vitest';
import { endProcesses } from './process.ts';

afterEach(endProcesses);
