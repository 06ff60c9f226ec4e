/** Findings as text for a terminal. Takes the doctor's findings, returns text, never prints. */
import { errorsOf, type Finding } from './doctor.ts';

/** One block per finding, its fix last so that it can be copied, then a line with the counts. */
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
