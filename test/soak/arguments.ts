/** The command line of `npm run soak`. */
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    memory: { type: 'boolean', default: false },
    heap: { type: 'string', default: '512' },
  },
});

/** How long the faults go on. */
export const minutes = Number(values.minutes);
if (!(minutes >= 1)) throw new Error('--minutes must be 1 or more');

export const onlyMemory = values.memory;

/** The server's heap in the memory part, in megabytes (`--max-old-space-size`). */
export const heapMb = Number(values.heap);
if (!(heapMb >= 32)) throw new Error('--heap must be 32 or more');
