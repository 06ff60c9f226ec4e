/** Findings as text for a terminal. Receives what the doctor found; prints nothing itself. */
import { errorsOf, type Finding } from './doctor.ts';

/** One block for each finding, its fix last so that it can be copied, and a line that counts them. */
export function report(findings: readonly Finding[]): string {
  const blocks = findings.map(
    ({ code, level, object, message, fix }) =>
      `${level}  ${code}  ${object}\n  ${message}\n  fix: ${fix}\n`,
  );
  return [...blocks, summary(findings)].join('\n');
}

/** One line for one finding, for logs. */
export const line = ({ code, level, object, message }: Finding): string =>
  `doctor: ${level} ${code} ${object}: ${message}`;

function summary(findings: readonly Finding[]): string {
  const errors = errorsOf(findings).length;
  const warnings = findings.length - errors;
  if (errors + warnings === 0) return 'The doctor found nothing.';
  const count = (n: number, word: string) => `${n} ${word}${n === 1 ? '' : 's'}`;
  return `${count(errors, 'error')}, ${count(warnings, 'warning')}. docs/doctor.md explains each code.`;
}
