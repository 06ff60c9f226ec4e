/**
 * `npm run soak -- --minutes 10`: the faults (faults.ts), then the memory (memory.ts). With `--memory` only
 * the memory, with `--heap=128` on another heap. Ends with 1 if a claim of either does not hold.
 */
import { onlyMemory } from './arguments.ts';

if (!onlyMemory) await import('./faults.ts');
await import('./memory.ts');
