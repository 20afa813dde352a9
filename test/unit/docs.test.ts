import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { FAULTS } from '../../src/bypass/faults.ts';
import { COUNTER_GROUPS } from '../../src/bypass/counterReport.ts';
import type { ProblemKind } from '../../src/host/errors.ts';
import { ISSUE_IDS } from '../../src/host/issues.ts';
import type { Noise, OutcomeVerdict } from '../../src/results/finding.ts';
import { noiseText } from '../../src/results/words/noiseText.ts';
import { outcomeText } from '../../src/results/words/outcomeTexts.ts';
import { COMMAND_IDS, titleOnly } from '../harness/vscode/commands.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const read = (name: string): string => fs.readFileSync(path.join(ROOT, name), 'utf8');
const DOCUMENTS = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'bpf/README.md',
  ...fs
    .readdirSync(path.join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** The anchors of a document's headings, as GitHub makes them. */
const anchors = (text: string): string[] =>
  Array.from(text.matchAll(/^#+ (.+)$/gm), ([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

describe('the documents', () => {
  for (const name of DOCUMENTS) {
    it(`${name} links to what is there`, () => {
      const links = Array.from(read(name).matchAll(/\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"/g));
      for (const [, link, picture] of links) {
        const [file = '', anchor] = (link ?? picture ?? '').split('#');
        if (/^[a-z]+:/.test(file)) continue;
        const target = file === '' ? name : path.join(path.dirname(name), file);
        assert.ok(fs.existsSync(path.join(ROOT, target)), `${target} of ${name}`);
        if (anchor !== undefined)
          assert.ok(anchors(read(target)).includes(anchor), `#${anchor} of ${target} in ${name}`);
      }
    });
  }

  it('README has the command that CI runs', () => {
    const [, command = ''] = /^exec (.+)$/m.exec(read('.ci/run')) ?? [];
    assert.match(read('README.md'), new RegExp(`^    ${command}$`, 'm'));
  });
});

describe('troubleshooting by finding', () => {
  const text = read('docs/troubleshooting.md');
  const rows = text.split('\n').filter((line) => line.startsWith('| '));
  const firstCells = rows.map((row) => row.split('|')[1]?.trim() ?? '');
  const cells = new Set(firstCells.flatMap((cell) => cell.split(/, /)));

  it('has a section for each finding of Check host, and no other', () => {
    const [, section = ''] = /^## Check host$([^]*?)^## /m.exec(text) ?? [];
    const titles = Array.from(section.matchAll(/^### (.+)$/gm), ([, title]) => title);
    assert.deepEqual(titles.sort(), [...ISSUE_IDS].sort());
  });

  it('has a row for each kind of error', () => {
    // Typed, so that a new kind does not compile until it is here.
    const kinds: Readonly<Record<ProblemKind, true>> = {
      cancelled: true,
      unreachable: true,
      'host-key': true,
      authentication: true,
      'connection-lost': true,
      timeout: true,
      privilege: true,
      'not-found': true,
      compile: true,
      verifier: true,
      occupied: true,
      command: true,
      protocol: true,
      input: true,
    };
    for (const kind of Object.keys(kinds)) assert.ok(cells.has(`\`${kind}\``), kind);
  });

  it('has a row for each counter', () => {
    const counters = COUNTER_GROUPS.flatMap((group) => Object.keys(group.counters));
    assert.deepEqual(
      firstCells.filter((cell) => /^`[a-z]+_[a-z_]+`$/.test(cell)).sort(),
      counters.map((name) => `\`${name}\``).sort(),
    );
  });

  it('has a row for each verdict', () => {
    const verdicts: Readonly<Record<Exclude<OutcomeVerdict, 'higher' | 'lower'>, true>> = {
      early: true,
      same: true,
      unclear: true,
      tcp: true,
      shared: true,
      idle: true,
      stalled: true,
    };
    for (const verdict of Object.keys(verdicts) as OutcomeVerdict[]) {
      const words = outcomeText({ verdict, sizes: [64], ratios: [] });
      assert.ok(cells.has(words), words);
    }
  });

  it('has a row for each noise', () => {
    const spread = { kind: 'spread', arm: 'tcp', typical: 0.1, worst: 0.2, worstAt: '' } as const;
    const noises: Readonly<Record<Noise['kind'], Noise>> = {
      spread: { ...spread, quiet: false },
      tooFewRounds: { kind: 'tooFewRounds' },
      sharedBypass: { kind: 'sharedBypass', shared: 1, samples: 2 },
      steal: { kind: 'steal', meanPercent: 1, maxPercent: 2 },
      load: { kind: 'load', median: 1, max: 2, cpus: 2, own: 1 },
      governor: { kind: 'governor', governor: 'schedutil' },
      turbo: { kind: 'turbo' },
      virtual: { kind: 'virtual' },
      resumed: { kind: 'resumed', times: 1 },
    };
    for (const noise of [...Object.values(noises), { ...spread, quiet: true }]) {
      const words = noiseText(noise);
      assert.ok(
        firstCells.some((cell) => cell.length > 8 && words.includes(cell)),
        words,
      );
    }
  });
});

describe('keyboard', () => {
  it('has each command by its title', () => {
    const titles = read('docs/keyboard.md')
      .split('\n')
      .flatMap((line) => line.split('|')[1]?.split(', ') ?? [])
      .map((title) => title.trim());
    for (const id of COMMAND_IDS) assert.ok(titles.includes(titleOnly(id)), titleOnly(id));
  });
});

describe('hazards', () => {
  it('has a row for each fault that load probes', () => {
    const text = read('docs/hazards.md');
    const rows = Array.from(text.matchAll(/^\| `([\w-]+)` +\|/gm), ([, id]) => id);
    assert.deepEqual(rows.sort(), FAULTS.map(({ id }) => id).sort());
  });
});
