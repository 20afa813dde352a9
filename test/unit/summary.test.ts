import assert from 'node:assert/strict';
import {
  ARMS,
  parseDocument,
  type Arm,
  type ResultDocument,
  type Sample,
} from '../../src/bench/document.ts';
import { ARM_LABELS, progressOf, sizesOf, summarize } from '../../src/bench/summary.ts';
import { latencyFigure, throughputFigure } from '../../webview/figure.ts';
import { findingOf } from '../../webview/finding.ts';

const START = Date.parse('2026-03-01T10:00:00Z');

function documentOf(samples: Sample[], finished = false): ResultDocument {
  const arms: Arm[] = ['tcp', 'bypass'];
  return parseDocument(
    JSON.stringify({
      schema: 1,
      id: '5f0c6a5e-6a0e-4d0e-9f0a-0d1f3c1b2a11',
      startedAt: at(0),
      ...(finished && { finishedAt: at(900) }),
      host: {
        name: 'db1',
        kernel: '6.8.0',
        architecture: 'x86_64',
        distribution: 'Ubuntu 24.04',
        cpus: 8,
        netperf: '2.7.1',
      },
      cgroup: '/sys/fs/cgroup/app',
      programs: { policy: 'guarded', tags: {} },
      plan: {
        name: 'quick',
        points: [
          { experiment: 'latency', requestBytes: 64, responseBytes: 64, arms },
          { experiment: 'throughput', messageBytes: 16384, arms },
          { experiment: 'throughput', messageBytes: 64, arms },
        ],
        secondsPerSample: 5,
        repetitions: 3,
      },
      samples,
    }),
  );
}

function findingsOf(samples: Sample[]): { throughput: string; latency: string } {
  const document = documentOf(samples);
  const [sizes, rows] = [sizesOf(document), summarize(document)];
  return {
    throughput: findingOf(throughputFigure(sizes, rows)),
    latency: findingOf(latencyFigure(sizes, rows, 'p50')),
  };
}

const at = (seconds: number) => new Date(START + seconds * 1000).toISOString();

function stream(arm: Arm, repetition: number, bits: number, extra: Partial<Sample> = {}): Sample {
  return {
    experiment: 'throughput',
    messageBytes: 64,
    throughputBitsPerSecond: bits,
    ...extra,
    ...common(arm, repetition),
  } as Sample;
}

function trip(arm: Arm, repetition: number, p50: number): Sample {
  return {
    experiment: 'latency',
    requestBytes: 64,
    responseBytes: 64,
    transactionsPerSecond: 1e6 / p50,
    latencyUs: { mean: p50 + 0.5, stddev: 1, p50, p90: p50 + 2, p99: p50 + 9 },
    ...common(arm, repetition),
  };
}

const common = (arm: Arm, repetition: number) => ({
  arm,
  repetition,
  order: repetition,
  startedAt: at(10 + repetition),
  seconds: 5,
});

describe('summary', () => {
  it('names every arm of the schema, in its order', () => {
    assert.deepEqual(Object.keys(ARM_LABELS), ARMS);
  });

  it('lists planned and measured sizes, smallest first', () => {
    const extra = { ...stream('tcp', 0, 1e9), messageBytes: 256 } as Sample;
    assert.deepEqual(sizesOf(documentOf([extra])), [
      { experiment: 'throughput', messageBytes: 64 },
      { experiment: 'throughput', messageBytes: 256 },
      { experiment: 'throughput', messageBytes: 16384 },
      { experiment: 'latency', requestBytes: 64, responseBytes: 64 },
    ]);
  });

  it('has no rows before the first sample', () => {
    assert.deepEqual(summarize(documentOf([])), []);
  });

  it('compares throughput with tcp by round and adds up what was redirected', () => {
    const bpf = { bpf: { redirectedBytes: 500 }, loopbackBytes: 7 };
    const rows = summarize(
      documentOf([
        stream('bypass', 0, 2.0e9, bpf),
        stream('tcp', 0, 1.0e9),
        stream('tcp', 1, 2.0e9),
        stream('bypass', 1, 4.0e9, bpf),
        stream('bypass', 2, 9.0e9),
      ]),
    );
    assert.deepEqual(rows, [
      {
        experiment: 'throughput',
        messageBytes: 64,
        arm: 'tcp',
        samples: 2,
        throughputBitsPerSecond: { median: 1.5e9, low: 1e9, high: 2e9 },
      },
      {
        experiment: 'throughput',
        messageBytes: 64,
        arm: 'bypass',
        samples: 3,
        redirectedBytes: 1000,
        loopbackBytes: 14,
        // The last round has no tcp yet: it counts for the median, not for the ratio.
        throughputBitsPerSecond: {
          median: 4e9,
          low: 2e9,
          high: 9e9,
          ratioToTcp: { ratio: 2, interval: { low: 2, high: 2 }, pairs: 2 },
        },
      },
    ]);
  });

  it('counts a round once, also where it holds an arm twice', () => {
    const rows = summarize(
      documentOf([
        stream('tcp', 0, 1e9),
        stream('bypass', 0, 1e9),
        stream('bypass', 0, 3e9),
        stream('tcp', 0, 1e9),
      ]),
    );
    const bypass = rows.find((row) => row.arm === 'bypass');
    assert.ok(bypass?.experiment === 'throughput');
    assert.deepEqual(bypass.throughputBitsPerSecond.ratioToTcp, { ratio: 2, pairs: 1 });
  });

  it('knows that percentiles are coarse and means are not', () => {
    const rounds = [0, 1, 2];
    const rows = summarize(
      documentOf(rounds.flatMap((round) => [trip('tcp', round, 13), trip('bypass', round, 12)])),
    );
    const bypass = rows.find((row) => row.arm === 'bypass');
    assert.ok(bypass?.experiment === 'latency');
    const { p50, mean } = bypass.latencyUs;
    assert.equal(p50.median, 12);
    assert.ok(p50.ratioToTcp?.interval && mean.ratioToTcp?.interval);
    assert.ok(p50.ratioToTcp.interval.high >= 1, 'one step of the histogram is no difference');
    assert.ok(mean.ratioToTcp.interval.high < 1);
    assert.equal(bypass.transactionsPerSecond.median, 1e6 / 12);
  });

  it('has no ratio for an arm that stalled', () => {
    const rows = summarize(documentOf([stream('tcp', 0, 1e9), stream('bypass', 0, 0)]));
    const bypass = rows.find((row) => row.arm === 'bypass');
    assert.ok(bypass?.experiment === 'throughput');
    assert.deepEqual(bypass.throughputBitsPerSecond, { median: 0, low: 0, high: 0 });
  });

  it('tells a run under way from one that was cut off', () => {
    const samples = [stream('tcp', 0, 1e9)];
    const counts = { taken: 1, planned: 18 };
    const soon = START + 20_000;
    const later = START + 200_000;
    assert.deepEqual(progressOf(documentOf(samples), soon), { state: 'running', ...counts });
    assert.deepEqual(progressOf(documentOf(samples), later), { state: 'incomplete', ...counts });
    assert.equal(progressOf(documentOf(samples, true), later).state, 'finished');
    assert.equal(progressOf(documentOf([]), soon).state, 'running');
  });
});

describe('findings', () => {
  const rounds = [0, 1, 2];

  it('says how much, and how sure, at a single size', () => {
    const samples = rounds.flatMap((round) => [trip('tcp', round, 50), trip('bypass', round, 40)]);
    assert.equal(
      findingsOf(samples).latency,
      'At 64 B / 64 B, Bypass round-trip p50 is 40 µs, TCP 50 µs (medians): ' +
        '20% lower round by round (95% interval 18% to 22% lower).',
    );
  });

  it('claims nothing the data do not bear out', () => {
    const noisy = [10, 14, 12].flatMap((us, round) => [
      trip('tcp', round, 12),
      trip('bypass', round, us),
    ]);
    assert.match(findingsOf(noisy).latency, /: no clear difference \(95% interval .* higher\)\.$/);
    const early = noisy.slice(0, 2);
    assert.match(findingsOf(early).latency, /one round so far, too little to compare\.$/);
    assert.equal(findingsOf(noisy.slice(0, 1)).latency, 'No samples of the bypass yet.');
    assert.equal(findingsOf(noisy.slice(1, 2)).latency, 'No samples of TCP to compare with yet.');
    assert.equal(findingsOf([]).latency, 'No samples yet.');
    const apart = [trip('tcp', 0, 12), trip('bypass', 1, 12)];
    assert.equal(findingsOf(apart).latency, 'No round has both Bypass and TCP yet.');
  });

  it('says at which sizes the bypass overtakes', () => {
    const ratios = { 64: 0.5, 256: 0.8, 1024: 1, 16384: 1.3, 65536: 2.5 };
    const samples = Object.entries(ratios).flatMap(([size, ratio]) =>
      rounds.flatMap((round) => {
        const messageBytes = Number(size);
        // A wobble of 1% either way, so that equal is not exactly equal.
        const bits = 1e9 * ratio * (1 + (round - 1) / 100);
        return [
          { ...stream('tcp', round, 1e9), messageBytes } as Sample,
          { ...stream('bypass', round, bits), messageBytes } as Sample,
        ];
      }),
    );
    assert.equal(
      findingsOf(samples).throughput,
      'Bypass throughput against TCP: 20% to 50% lower from 64 B to 256 B; ' +
        'no clear difference at 1 KiB; 1.3 to 2.5 times as high from 16 KiB to 64 KiB.',
    );
  });
});
