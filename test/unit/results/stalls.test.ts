import assert from 'node:assert/strict';
import type { Sample } from '../../../src/results/document.ts';
import { figuresOf } from '../../../src/results/figures.ts';
import { runsOf } from '../../../src/results/runs.ts';
import { findingTexts } from '../../../src/results/words/findingTexts.ts';
import { tableOf } from '../../../src/results/pointsTable.ts';
import { documentOf, EQUAL, HALF, sizes, STALLED, TWICE } from './panelRuns.ts';

function findings(samples: Sample[]) {
  const runs = runsOf([documentOf(samples)]);
  return findingTexts(figuresOf(runs), runs);
}

const NOISY = [0.5, 2, 0.7, 1.6];

describe('a round that stalls', () => {
  it('is reported with its size, which counts among those measured', () => {
    const { fig2, overview } = findings(sizes({ 64: TWICE, 16_384: TWICE, 65_536: STALLED }));
    assert.equal(
      fig2[0],
      'Bypass throughput against TCP: 2.1 times as high from 64 B to 16 KiB; stalled in 1 of 4 rounds at 64 KiB.',
    );
    assert.deepEqual(overview.slice(0, 2), [
      'The bypass is faster on this host for one-way streams from 64 B to 16 KiB (2.1 times as fast as TCP).',
      'Inconclusive for one-way streams at 64 KiB (stalled in 1 of 4 rounds).',
    ]);
  });

  it('parts its neighbours', () => {
    const { fig2 } = findings(sizes({ 64: TWICE, 16_384: STALLED, 65_536: TWICE }));
    assert.equal(
      fig2[0],
      'Bypass throughput against TCP: 2.1 times as high at 64 B; stalled in 1 of 4 rounds at 16 KiB; ' +
        '2.1 times as high at 64 KiB.',
    );
  });

  it('is reported where it is the only size, or TCP’s', () => {
    const only = sizes({ 64: STALLED });
    assert.equal(
      findings(only).fig2[0],
      'Bypass throughput against TCP: stalled in 1 of 4 rounds at 64 B.',
    );
    const tcp = sizes({ 64: TWICE, 16_384: TWICE }).map((sample) =>
      sample.arm === 'tcp' && sample.repetition > 1 && sample.experiment === 'throughput'
        ? { ...sample, throughputBitsPerSecond: 0 }
        : sample,
    );
    assert.equal(
      findings(tcp).fig2[0],
      'Bypass throughput against TCP: TCP stalled in 2 of 4 rounds at both sizes.',
    );
  });
});

describe('the line of a series', () => {
  const breaksOf = (samples: Sample[]) => {
    const { fig2, overview } = figuresOf(runsOf([documentOf(samples)]));
    return [fig2, overview].map(
      ({ series }) => series.find(({ arm }) => arm === 'bypass')?.breaks ?? [],
    );
  };
  const redirecting = (samples: Sample[], parts: Readonly<Record<number, number>>): Sample[] =>
    samples.map((sample) =>
      sample.arm === 'bypass' && sample.experiment === 'throughput'
        ? {
            ...sample,
            bpf: {
              redirectedBytes: Math.round(
                ((parts[sample.messageBytes] ?? 1) * sample.throughputBitsPerSecond * 5) / 8,
              ),
            },
          }
        : sample,
    );

  it('does not go through sizes that were measured on TCP', () => {
    const samples = sizes({ 64: TWICE, 1024: TWICE, 16_384: TWICE });
    assert.deepEqual(breaksOf(redirecting(samples, { 1024: 0 })), [[1024], [1024]]);
    assert.deepEqual(breaksOf(redirecting(samples, {})), [[], []]);
  });

  it('shows no ratio across a size that stalled', () => {
    const samples = sizes({ 64: TWICE, 1024: STALLED, 16_384: TWICE });
    assert.deepEqual(breaksOf(samples), [[], [1024]]);
  });
});

describe('the size from which on the bypass is ahead', () => {
  const crossing = (ratios: Parameters<typeof sizes>[0]): string | undefined =>
    findings(sizes(ratios)).fig2.find((sentence) => sentence.includes(' overtake'));
  const SENTENCE = 'Bypass overtakes TCP between 1 KiB and 16 KiB.';

  it('is known by the sizes around it', () => {
    assert.equal(crossing({ 64: HALF, 1024: EQUAL, 16_384: TWICE, 65_536: TWICE }), SENTENCE);
    assert.equal(crossing({ 64: NOISY, 1024: HALF, 16_384: TWICE }), SENTENCE);
    assert.equal(crossing({ 64: HALF, 1024: HALF, 16_384: TWICE, 65_536: NOISY }), SENTENCE);
    assert.equal(crossing({ 64: HALF, 1024: HALF, 16_384: TWICE, 65_536: STALLED }), SENTENCE);
  });

  it('is not reported where they do not', () => {
    assert.equal(crossing({ 64: HALF, 1024: NOISY, 16_384: TWICE }), undefined);
    assert.equal(crossing({ 64: HALF, 1024: STALLED, 16_384: TWICE }), undefined);
    assert.equal(crossing({ 64: HALF, 1024: TWICE, 16_384: HALF }), undefined);
    assert.equal(crossing({ 64: HALF, 1024: NOISY }), undefined);
    assert.equal(crossing({ 64: HALF, 1024: EQUAL }), 'Bypass does not overtake TCP up to 1 KiB.');
  });

  it('is not reported of what went by TCP', () => {
    const onTcp = sizes({ 64: HALF, 1024: TWICE, 16_384: TWICE }).map((sample) =>
      sample.arm === 'bypass' ? { ...sample, bpf: { redirectedBytes: 0 } } : sample,
    );
    const { fig2 } = findings(onTcp);
    assert.equal(fig2[0], 'Bypass throughput against TCP: mostly TCP at all 3 sizes.');
    assert.ok(!fig2.join(' ').includes('overtake'));
    const [only] = findings(onTcp.slice(0, 8)).fig2;
    assert.equal(only, 'Bypass throughput against TCP: mostly TCP at 64 B.');
    const runs = runsOf([documentOf(onTcp)]);
    const { columns, groups } = tableOf(figuresOf(runs).fig2);
    const finding = columns.indexOf('Finding') - 2;
    assert.equal(groups[0]?.rows[1]?.cells[finding], 'mostly TCP');
  });
});
