import assert from 'node:assert/strict';
import type { Sample } from '../../../src/results/document.ts';
import { figuresOf } from '../../../src/results/figures.ts';
import { runsOf } from '../../../src/results/runs.ts';
import { findingTexts } from '../../../src/results/words/findingTexts.ts';
import { documentOf, stream, trip } from './panelRuns.ts';

const rounds = [0, 1, 2];
/** A wobble of 1% either way, so that equal is not exactly equal. */
const wobble = (round: number): number => 1 + (round - 1) / 100;

function findings(samples: Sample[]) {
  const runs = runsOf([documentOf(samples)]);
  return findingTexts(figuresOf(runs), runs);
}

/** Throughput as the article found it: the bypass behind at small messages, ahead at large ones. */
const streams = (nagle: boolean): Sample[] =>
  Object.entries({ 64: 0.5, 256: 0.8, 1024: 1, 16384: 1.3, 65536: 2.5 }).flatMap(([size, ratio]) =>
    rounds.flatMap((round) => [
      stream('tcp', round, 1e9, Number(size)),
      ...(nagle ? [] : [stream('tcp-nodelay', round, 0.2e9 * wobble(round), Number(size))]),
      stream('bypass', round, 1e9 * ratio * wobble(round), Number(size)),
    ]),
  );

describe('findings in words', () => {
  it('say at which message size the bypass overtakes TCP', () => {
    assert.deepEqual(findings(streams(true)).fig2, [
      'Bypass throughput against TCP: 20% to 50% lower from 64 B to 256 B; ' +
        'no difference that matters at 1 KiB; 1.3 to 2.5 times as high from 16 KiB to 64 KiB.',
      'Bypass overtakes TCP between 1 KiB and 16 KiB.',
      'From 64 B to 64 KiB the message grows 1,024 times, the throughput of Bypass 5 times, that of TCP not.',
    ]);
  });

  it('say what Nagle’s algorithm does', () => {
    const { fig3 } = findings(streams(false));
    assert.match(
      fig3[0] ?? '',
      /^Bypass throughput against TCP with TCP_NODELAY: 2\.5 to 13 times as high/,
    );
    assert.equal(
      fig3.at(-1),
      'Without Nagle’s algorithm, TCP throughput against TCP with it: 80% lower from 64 B to 64 KiB.',
    );
  });

  it('say how much, and how sure, at a single size', () => {
    const samples = rounds.flatMap((round) => [trip('tcp', round, 50), trip('bypass', round, 40)]);
    const { fig4, fig5 } = findings(samples);
    assert.deepEqual(fig4, [
      'At 64 B / 64 B, Bypass P50 latency is 40 µs, TCP 50 µs (medians): ' +
        '20% lower round by round (95% CI 18% to 22% lower).',
      'netperf counts percentiles in steps of 1 µs, which is 2.5% of 40 µs; the means at 64 B / 64 B ' +
        'are finer: TCP 50.50 µs (standard deviation 1.000), Bypass 40.50 µs (standard deviation 1.000).',
    ]);
    assert.equal(fig5.at(-1), 'It is the inverse of the mean latency, within 0.1%.');
  });

  it('claim nothing the data do not bear out', () => {
    const noisy = [10, 14, 12].flatMap((us, round) => [
      trip('tcp', round, 12),
      trip('bypass', round, us),
    ]);
    const first = (samples: Sample[]) => findings(samples).fig4[0] ?? '';
    assert.match(first(noisy), /: inconclusive \(95% CI .* higher\)\.$/);
    assert.match(first(noisy.slice(0, 2)), /one round so far, too little to compare\.$/);
    assert.equal(first(noisy.slice(0, 1)), 'No samples of the bypass yet.');
    assert.equal(first(noisy.slice(1, 2)), 'No samples of TCP to compare with yet.');
    assert.match(first([]), /^Nothing to compare yet/);
    const apart = [trip('tcp', 0, 12), trip('bypass', 1, 12)];
    assert.equal(first(apart), 'No round has both Bypass and TCP yet.');
    assert.match(
      findings(noisy).overview[0] ?? '',
      /^No measurement here shows that the bypass is faster yet\.$/,
    );
    assert.match(findings(noisy).overview[1] ?? '', /^Inconclusive for/);
  });

  it('say how latency moves with size, and that the request’s hardly matters', () => {
    const samples = [64, 256].flatMap((request) =>
      [64, 16384].flatMap((response) =>
        rounds.flatMap((round) => {
          const more = (response > 64 ? 100 : 0) + (request > 64 ? 30 : 0);
          return [
            trip('tcp', round, 200 + more, response, request),
            trip('bypass', round, 100 + more, response, request),
          ];
        }),
      ),
    );
    const { fig4, fig6 } = findings(samples);
    assert.equal(
      fig4[1],
      'As responses grow from 64 B to 16 KiB, P50 latency moves: Bypass from 100 to 200 µs, TCP from 200 to 300 µs.',
    );
    assert.equal(
      fig4[2],
      'With requests of 256 B instead of 64 B, P50 latency: Bypass 15% to 30% higher at both sizes; ' +
        'TCP 10% to 15% higher at both sizes.',
    );
    assert.deepEqual(
      fig6.map((sentence) => sentence.split(',')[0]),
      ['Bypass', 'Bypass', 'With requests of 256 B instead of 64 B'],
    );
  });

  it('give the time in the BPF programs in the article’s terms', () => {
    const timed = (size: number, seconds: number) =>
      stream('bypass', 0, 1e9, size, {
        redirectedBytes: 625e6,
        runs: 1000,
        nanoseconds: Math.round((seconds / 12) * 1e9),
      });
    assert.deepEqual(findings([timed(256, 1.5), timed(65536, 0.3)]).fig7, [
      'Bypass spends 1.5 s of 60 s at 256 B (2.5% of one CPU) and 0.3 s of 60 s at 64 KiB ' +
        '(0.5% of one CPU) in its BPF programs: it falls as messages grow.',
      'A call takes 25,000 to 125,000 ns.',
      'Share of its data that Bypass redirected: at least 99% at every size.',
    ]);
    // More than a CPU is a percentage too.
    assert.match(findings([timed(256, 75)]).fig7[0] ?? '', / 75 s of 60 s at 256 B \(130% of one/);
    const peak = findings([timed(256, 0.1), timed(4096, 1.5), timed(65536, 0.3)]).fig7[0];
    assert.match(peak ?? '', /: with a maximum of 1\.5 s at 4 KiB\.$/);
  });

  it('say how much of the bypass was one', () => {
    const part = (size: number, share: number) =>
      rounds.flatMap((round) => [
        stream('tcp', round, 1e9, size),
        // 5 s of 1 Gbit/s.
        stream('bypass', round, 1e9, size, { redirectedBytes: Math.round(625e6 * share) }),
      ]);
    assert.equal(
      findings([
        ...part(64, 0.001),
        ...part(256, 0),
        ...part(4096, 0.4),
        ...part(65536, 1),
      ]).fig2.at(-1),
      'Share of its data that Bypass redirected: less than 1% from 64 B to 256 B, 40% at 4 KiB, at least 99% at 64 KiB. ' +
        'Where that is less than 1%, the stream was on TCP, and TCP is what was measured.',
    );
    assert.equal(
      findings([...part(64, 0.995), ...part(4096, 1)]).fig2.at(-1),
      'Share of its data that Bypass redirected: at least 99% at every size.',
    );
    // Data that went by TCP recommends nothing, however it came out.
    const nagle = [...part(64, 0), ...part(65536, 1)].map((sample) =>
      sample.arm === 'bypass' && sample.experiment === 'throughput'
        ? { ...sample, throughputBitsPerSecond: 1.5e9 * wobble(sample.repetition) }
        : sample,
    );
    assert.deepEqual(findings(nagle).overview.slice(0, 2), [
      'The bypass is faster on this host for one-way streams at 64 KiB (50% faster than TCP).',
      'Almost no data used the bypass for one-way streams at 64 B, so these sizes say nothing about it.',
    ]);
    assert.equal(
      findings(part(64, 0)).overview[0],
      'No measurement here shows that the bypass is faster yet.',
    );
    // Documents from before this was counted say nothing of it.
    assert.doesNotMatch(findings(streams(true)).fig2.join(' '), /redirected/);
  });

  it('trust no count of a bypass that other programs used as well', () => {
    const [tcpOnly, proven] = [64, 65_536].map((size, place) =>
      rounds.flatMap((round): Sample[] => [
        stream('tcp', round, 1e9, size),
        {
          // 5 s of 1.5 Gbit/s, twice as much counted, all or nothing over the loopback device.
          ...stream('bypass', round, 1.5e9 * wobble(round), size, { redirectedBytes: 2e9 }),
          loopbackBytes: place === 0 ? 1e9 : 0,
        },
        stream('bypass', round, 1e9, size, {
          redirectedBytes: 2e9,
          runs: 10,
          nanoseconds: 1e6,
        }),
      ]),
    );
    assert.ok(tcpOnly && proven);
    const { overview, fig2, fig7 } = findings([...tcpOnly, ...proven]);
    assert.deepEqual(overview.slice(0, 2), [
      'The bypass is faster on this host for one-way streams at 64 KiB (50% faster than TCP).',
      'Other programs used the same bypass, and whether netperf’s bytes went through it is not known, for one-way streams at 64 B.',
    ]);
    assert.match(
      overview.join(' '),
      /Other programs used the same bypass during 12 of its 12 samples/,
    );
    assert.match(
      fig2.at(-1) ?? '',
      /redirected: an unknown part at 64 B, at least 99% at 64 KiB\. Other programs/,
    );
    assert.match(fig7.join(' '), /the time includes theirs/);
    assert.doesNotMatch(Object.values(findings(proven.slice(0, 1))).join(' '), /Other programs/);
  });

  it('recommend the bypass for the traffic it is faster for, and TCP for the rest', () => {
    const trips = rounds.flatMap((round) => [trip('tcp', round, 50), trip('bypass', round, 40)]);
    assert.deepEqual(findings([...streams(true), ...trips]).overview, [
      'The bypass is faster on this host for requests and responses at 64 B (25% faster than TCP); ' +
        'one-way streams from 16 KiB to 64 KiB (1.3 to 2.5 times as fast as TCP).',
      'Leave TCP in place for one-way streams from 64 B to 256 B (20% to 50% slower than TCP).',
      'No difference that matters for one-way streams at 1 KiB.',
      'TCP alone varies by 0% from sample to sample (standard deviation, median of the sizes), by 0% at 64 B / 64 B: a quiet host.',
    ]);
  });

  it('distinguish runs', () => {
    const one = documentOf(streams(true));
    const runs = runsOf([one, documentOf(streams(true), { host: { ...one.host, name: 'db2' } })]);
    const { fig2 } = findingTexts(figuresOf(runs), runs);
    assert.deepEqual(
      fig2.map((sentence) => sentence.split(':')[0]),
      ['ann@web1', 'db2'],
    );
  });
});
