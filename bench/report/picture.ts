/**
 * The comparison as an SVG: CPU per request (server and database) and median latency with delay, as bars.
 * Takes findings, returns SVG text. Readable on light and dark backgrounds; no scripts, fonts or links.
 */
import type { Findings } from '../findings.ts';
import { OURS } from '../peers.ts';
import { linesOf, type Scene, scenesOf } from './summary.ts';
import { sceneTitle } from './table.ts';

const WIDTH = 900;
const LABELS = 255;
const VALUES = 110;
const BAR = 15;
const STEP = 21;

interface Bar {
  readonly title: string;
  readonly ours: boolean;
  /** Segments of the bar; the second is lighter. */
  readonly parts: readonly number[];
  readonly text: string;
}

export function picture(findings: Findings): string {
  let y = 40;
  const panels = scenesOf(findings).map((scene) => {
    const bars = barsOf(findings, scene);
    const panel = panelOf(scene, bars, y);
    y += 44 + bars.length * STEP;
    return panel;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" role="img" aria-label="CPU time per request and latency of this server and its peers">
<style>
  text { font: 13px system-ui, sans-serif; fill: #24292f; }
  .title { font-weight: 600; }
  .quiet { fill: #57606a; }
  .ours { fill: #1a7f37; }
  .ours.second { fill: #7bc48f; }
  .theirs { fill: #6e7781; }
  .theirs.second { fill: #b6bdc5; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .quiet { fill: #9198a1; }
    .ours { fill: #3fb950; }
    .ours.second { fill: #1f6f34; }
    .theirs { fill: #8b949e; }
    .theirs.second { fill: #484f58; }
  }
</style>
<text x="0" y="16" class="quiet">Shorter is better. Dark: the server. Light: PostgreSQL. “where”: rows kept apart by the program, without RLS.</text>
${panels.join('\n')}
</svg>
`;
}

/** Without delay: CPU. With delay: latency. */
function barsOf(findings: Findings, scene: Scene): Bar[] {
  return linesOf(findings, scene).flatMap((line) => {
    const { serverCpu, databaseCpu, p50 = 0, name, keptApartBy } = line;
    const title = `${line.title}${keptApartBy === 'where' ? ' · where' : ''}`;
    const ours = name === OURS;
    if (scene.delayMs > 0) return { title, ours, parts: [p50], text: `${p50.toFixed(1)} ms` };
    if (serverCpu === undefined || databaseCpu === undefined) return [];
    const text = `${Math.round(serverCpu + databaseCpu)} µs`;
    return { title, ours, parts: [serverCpu, databaseCpu], text };
  });
}

function panelOf(scene: Scene, bars: readonly Bar[], top: number): string {
  const sums = bars.map(({ parts }) => parts.reduce((sum, part) => sum + part, 0));
  const scale = (WIDTH - LABELS - VALUES) / Math.max(...sums);
  const what = scene.delayMs > 0 ? 'median latency' : 'CPU per request';
  const rows = bars.map(({ title, ours, parts, text }, i) => {
    const y = top + 12 + i * STEP;
    let x = LABELS;
    const rects = parts.map((part, n) => {
      const width = part * scale;
      const rect = `<rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" class="${ours ? 'ours' : 'theirs'}${n > 0 ? ' second' : ''}"/>`;
      x += width;
      return rect;
    });
    const baseline = y + BAR - 3;
    return `<text x="${LABELS - 8}" y="${baseline}" text-anchor="end"${ours ? ' class="title"' : ''}>${title}</text>${rects.join('')}<text x="${(x + 6).toFixed(1)}" y="${baseline}" class="quiet">${text}</text>`;
  });
  return `<text x="0" y="${top}" class="title">${sceneTitle(scene)} · ${what}</text>\n${rows.join('\n')}`;
}
