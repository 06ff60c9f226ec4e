/**
 * `npm run soak -- --minutes 10`: the faults (faults.ts), then the memory (memory.ts). With `--memory` only
 * the memory, with `--heap=128` on another heap. Ends with 1 if a claim of either does not hold.
 */
const HELP = `Usage: npm run soak -- [--minutes <n>] [--memory]

Lets people, faults and kills run on a temporary database, then counts what was lost. Then floods the
server's memory. Exit code 1 if a claim does not hold.

  --minutes  how long the faults go on (10)
  --memory   only the memory
`;

if (process.argv.some((argument) => argument === '--help' || argument === '-h')) {
  console.log(HELP.trim());
  process.exit(0);
}
const { onlyMemory } = await import('./arguments.ts');
if (!onlyMemory) await import('./faults.ts');
await import('./memory.ts');
