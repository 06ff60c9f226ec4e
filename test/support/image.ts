/**
 * What the Dockerfile puts into the image, made without Docker: its COPY instructions are read and done,
 * and of node_modules only what `npm ci --omit=dev --omit=optional` would install.
 */
import {
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

export interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** By stage, in order; a line that ends in a backslash goes on. */
export function dockerfile(): Instruction[][] {
  const text = readFileSync(join(ROOT, 'Dockerfile'), 'utf8')
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n\s*/g, '');
  const stages: Instruction[][] = [];
  for (const line of text.split('\n').filter(Boolean)) {
    const [name = '', ...rest] = line.split(' ');
    if (name === 'FROM' || stages.length === 0) stages.push([]);
    stages.at(-1)?.push({ name, text: rest.join(' ').trim() });
  }
  return stages;
}

export function buildImage(directory: string): void {
  const build = dockerfile().find(([from]) => from?.text.endsWith(' AS build')) ?? [];
  for (const { name, text } of build) {
    if (name !== 'COPY') continue;
    const sources = text.split(' ');
    const target = join(directory, sources.pop() ?? '');
    for (const source of sources) {
      const whole = lstatSync(join(ROOT, source)).isDirectory();
      copy(join(ROOT, source), whole ? target : join(target, source));
    }
  }
  for (const path of productionPackages()) {
    copy(join(ROOT, path), join(directory, path), 'node_modules');
  }
}

/** Paths in node_modules, as npm decides it from the lock file. */
function productionPackages(): string[] {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: true; optional?: true; devOptional?: true }>;
  };
  return Object.entries(lock.packages)
    .filter(([path, { dev, optional, devOptional }]) => path && !dev && !optional && !devOptional)
    .map(([path]) => path);
}

function copy(from: string, to: string, except?: string): void {
  const found = lstatSync(from);
  mkdirSync(dirname(to), { recursive: true, mode: 0o755 });
  if (found.isSymbolicLink()) symlinkSync(readlinkSync(from), to);
  else if (!found.isDirectory()) share(from, to);
  else {
    mkdirSync(to, { recursive: true, mode: 0o755 });
    for (const name of readdirSync(from)) {
      if (name !== except) copy(join(from, name), join(to, name));
    }
  }
}

/** A second name for the same file, where that is possible. */
function share(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}
