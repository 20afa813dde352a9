import assert from 'node:assert/strict';
import type { Arm, Plan, ResultDocument, Sample } from '../../../src/results/document.ts';
import { figuresOf } from '../../../src/results/figures.ts';
import { runsOf } from '../../../src/results/runs.ts';
import { findingTexts } from '../../../src/results/words/findingTexts.ts';
import { tableOf } from '../../../src/results/pointsTable.ts';
import { documentOf, stream, trip } from './panelRuns.ts';

const rounds = [0, 1, 2];
const wobble = (round: number): number => 1 + (round - 1) / 200;

/** A run of some arms, each twice as fast as the one before; round trips alike. */
function run(arms: readonly Arm[], { request = 64, host = 'web1' } = {}): ResultDocument {
  const samples: Sample[] = arms.flatMap((arm, place) =>
    rounds.flatMap((round) => [
      stream(arm, round, 1e9 * 2 ** place * wobble(round)),
      trip(arm, round, 400 / 2 ** place, 128, request),
    ]),
  );
  const plan: Plan = {
    name: 'own',
    secondsPerSample: 1,
    repetitions: 3,
    points: [
      { experiment: 'throughput', messageBytes: 64, arms: [...arms] },
      { experiment: 'latency', requestBytes: request, responseBytes: 128, arms: [...arms] },
    ],
  };
  const document = documentOf(samples, { plan });
  return { ...document, host: { ...document.host, name: host } };
}

function shown(...documents: ResultDocument[]) {
  const runs = runsOf(documents);
  const figures = figuresOf(runs);
  return { figures, findings: findingTexts(figures, runs) };
}

describe('a run without TCP', () => {
  it('of two bypasses compares them, by name', () => {
    const { figures, findings } = shown(run(['bypass', 'bypass-classic']));
    for (const id of ['fig2', 'fig5'] as const) {
      assert.match(
        findings[id].join(' '),
        /Bypass classic .*, Bypass .*\(medians\): (2 times as high|100% higher)/,
      );
      assert.doesNotMatch(findings[id].join(' '), /No samples|TCP/);
    }
    assert.deepEqual(findings.overview.slice(0, 2), [
      'TCP was not measured: Bypass classic is compared with Bypass.',
      'The classic bypass is faster on this host for requests and responses at 128 B (100% faster than Bypass); ' +
        'one-way streams at 64 B (2 times as fast as Bypass).',
    ]);
    const { overview, fig2 } = figures;
    assert.equal(overview.title, 'Speed compared with Bypass, by size');
    assert.equal(overview.unit, '× Bypass');
    assert.deepEqual(
      overview.series.map(({ label, against }) => [label, against]),
      [
        ['Bypass classic, throughput against Bypass', 'bypass'],
        ['Bypass classic, transaction rate against Bypass', 'bypass'],
      ],
    );
    assert.ok(tableOf(fig2).columns.includes('× Bypass'));
  });

  it('of TCP without Nagle compares with it, also round trips', () => {
    const { figures, findings } = shown(run(['tcp-nodelay', 'bypass']));
    assert.match(
      findings.fig3[0] ?? '',
      /TCP with TCP_NODELAY 1 Gbit\/s \(medians\): 2 times as high/,
    );
    assert.match(findings.fig5[0] ?? '', /TCP with TCP_NODELAY .*\(medians\): 100% higher/);
    // The effect of Nagle's algorithm was not measured.
    assert.match(findings.fig2[0] ?? '', /^Bypass is measured alone here/);
    assert.match(
      findings.overview[0] ?? '',
      /^The bypass is faster on this host for requests and responses at 128 B .*; one-way streams of programs that set TCP_NODELAY at 64 B/,
    );
    assert.equal(figures.overview.unit, '× TCP with TCP_NODELAY');
    assert.equal(
      figures.overview.yTitle,
      'Times as fast as TCP with TCP_NODELAY (above 1 is faster)',
    );
  });

  it('of one arm has nothing to compare', () => {
    const { findings } = shown(run(['bypass']));
    assert.match(
      findings.fig2[0] ?? '',
      /measured alone here: there is nothing to compare it with/,
    );
    assert.match(findings.overview[0] ?? '', /^Nothing to compare yet/);
  });
});

describe('runs laid over each other', () => {
  it('of other request sizes are all there, each with what it has', () => {
    const { figures, findings } = shown(
      run(['tcp', 'bypass']),
      run(['tcp', 'bypass'], { request: 256, host: 'db2' }),
    );
    assert.deepEqual(
      figures.fig5.series.map(({ label }) => label),
      [
        'TCP, 64 B requests, ann@web1',
        'Bypass, 64 B requests, ann@web1',
        'TCP, 256 B requests, db2',
        'Bypass, 256 B requests, db2',
      ].map((label) => label.replace('ann@web1', 'web1')),
    );
    assert.equal(findings.fig5.length, 2);
    assert.doesNotMatch(findings.fig5.join(' '), /No samples/);
    assert.equal(figures.overview.series.length, 4);
  });

  it('show the request size they have in common, though one has more of another', () => {
    const both = run(['tcp', 'bypass'], { request: 256, host: 'db2' });
    const more = [64, 1024].flatMap((response) => [
      ...rounds.flatMap((round) => [
        trip('tcp', round, 50, response, 64),
        trip('bypass', round, 40, response, 64),
      ]),
    ]);
    const { figures } = shown(run(['tcp', 'bypass'], { request: 256 }), {
      ...both,
      samples: [...both.samples, ...more],
    });
    assert.deepEqual(
      [...new Set(figures.fig5.series.map(({ requestBytes }) => requestBytes))],
      [256],
    );
  });

  it('name what each is compared with where that differs', () => {
    const { figures } = shown(
      run(['tcp', 'bypass']),
      run(['bypass', 'bypass-classic'], { host: 'db2' }),
    );
    const { columns, groups } = tableOf(figures.fig2);
    const place = columns.indexOf('Ratio') - 2;
    assert.deepEqual(
      groups[0]?.rows.map(({ cells }) => cells[place]),
      ['–', '2.00 × TCP', '–', '2.00 × Bypass'],
    );
    assert.equal(figures.overview.unit, '× its baseline');
  });
});
