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
  if (findings.length === 0) return 'The doctor found nothing.';
  const count = (level: Finding['level']) => findings.filter((it) => it.level === level).length;
  const plural = (n: number, word: string) => `${n} ${word}${n === 1 ? '' : 's'}`;
  const allowed = count('allowed');
  const parts = [
    plural(errorsOf(findings).length, 'error'),
    plural(count('warning'), 'warning'),
    ...(allowed > 0 ? [`${allowed} allowed by a comment`] : []),
  ];
  return `${parts.join(', ')}. docs/doctor.md explains each code.`;
}
