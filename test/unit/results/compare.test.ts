import assert from 'node:assert/strict';
import { compareDocuments } from '../../../src/results/compare.ts';
import { changeText, noteTexts } from '../../../src/results/words/differenceTexts.ts';
import { comparisonReport } from '../../../src/results/words/compareReport.ts';
import { regressions } from '../../../src/results/regressionCheck.ts';
import type { Arm, ResultDocument, Sample, Topology } from '../../../src/results/document.ts';
import { resultDocument, roundTrip, stream } from './documents.ts';

/** Rates with a little scatter. */
const SCATTER = [0.99, 1, 1.01, 1.005, 0.995];

function run(
  rates: Partial<Record<Arm, number>>,
  change: Partial<ResultDocument> = {},
): ResultDocument {
  const samples = Object.entries(rates).flatMap(([arm, rate]) =>
    SCATTER.map((factor, repetition): Sample => ({
      ...stream(),
      arm: arm as Arm,
      repetition,
      throughputBitsPerSecond: rate * factor,
    })),
  );
  return resultDocument({ finishedAt: '2026-03-01T11:00:00.000Z', samples, ...change });
}
const verdicts = (before: ResultDocument, after: ResultDocument) =>
  compareDocuments(before, after).differences.map(({ arm, figure, verdict }) => [
    arm,
    figure,
    verdict,
  ]);

describe('two runs', () => {
  const before = run({ tcp: 1e9, bypass: 2e9 });

  it('are the same as themselves', () => {
    assert.deepEqual(verdicts(before, before), [
      ['tcp', 'rate', 'same'],
      ['bypass', 'rate', 'same'],
    ]);
    assert.deepEqual(compareDocuments(before, before).notes, []);
    assert.deepEqual(regressions(compareDocuments(before, before)), []);
  });

  it('differ by arm, with an interval', () => {
    const after = run({ tcp: 1e9, bypass: 1.8e9 });
    assert.deepEqual(verdicts(before, after), [
      ['tcp', 'rate', 'same'],
      ['bypass', 'rate', 'worse'],
    ]);
    const [, { ratio } = assert.fail()] = compareDocuments(before, after).differences;
    assert.ok(ratio?.interval);
    assert.ok(Math.abs(ratio.ratio - 0.9) < 1e-9);
    assert.ok(ratio.interval.low > 0.88 && ratio.interval.high < 0.92);
    assert.deepEqual(verdicts(after, before)[1], ['bypass', 'rate', 'better']);
  });

  it('say nothing for sure where one is too noisy or too short', () => {
    const noisy = run({ tcp: 1e9, bypass: 2e9 });
    const samples = noisy.samples.map((sample, i) =>
      sample.experiment === 'throughput' && i % 2 === 0
        ? { ...sample, throughputBitsPerSecond: 3 * sample.throughputBitsPerSecond }
        : sample,
    );
    assert.deepEqual(
      new Set(verdicts(before, { ...noisy, samples }).map((one) => one[2])),
      new Set(['inconclusive']),
    );
    const short = {
      ...before,
      samples: before.samples.filter(({ repetition }) => repetition === 0),
    };
    assert.deepEqual(verdicts(before, short)[0], ['tcp', 'rate', 'inconclusive']);
  });

  it('compare latencies with their steps: less is better', () => {
    const at = (p50: number): ResultDocument =>
      resultDocument({
        finishedAt: '2026-03-01T11:00:00.000Z',
        samples: SCATTER.map((_, repetition) => ({
          ...roundTrip(),
          repetition,
          latencyUs: { mean: p50, stddev: 1, p50, p90: 2 * p50, p99: 3 * p50 },
        })),
      });
    const of = (a: number, b: number) => verdicts(at(a), at(b)).map((one) => one[2]);
    assert.deepEqual(of(20, 30), ['same', 'worse', 'worse', 'worse']);
    assert.deepEqual(of(30, 20), ['same', 'better', 'better', 'better']);
    // One step of netperf's whole µs is no difference.
    assert.equal(of(12, 13)[1], 'inconclusive');
  });

  it('leave out samples that measured the programs themselves', () => {
    const timed: Sample = {
      ...stream(),
      arm: 'bypass',
      throughputBitsPerSecond: 1,
      bpf: { redirectedBytes: 1, runs: 1, nanoseconds: 1 },
    };
    const after = { ...before, samples: [...before.samples, timed] };
    assert.equal(verdicts(before, after)[1]?.[2], 'same');
  });

  it('name what else differs', () => {
    const host = { ...before.host, kernel: '6.12.0', name: 'web2' };
    const programs = { ...before.programs, tags: { sockmap_sockops: 'other' } };
    const { finishedAt: _, ...cut } = run({ tcp: 1e9, 'bypass-classic': 1e9 }, { host, programs });
    const notes = noteTexts(compareDocuments(before, cut));
    assert.match(notes.join('\n'), /The host differs: ann@web1 before, web2 after\./);
    assert.match(notes.join('\n'), /The kernel differs: 6\.8\.0 before, 6\.12\.0 after\./);
    assert.match(notes.join('\n'), /BPF programs differ/);
    assert.match(notes.join('\n'), /was interrupted/);
    assert.match(notes.join('\n'), /only one run measured: 1 before, 1 after/);
  });

  it('say first that they are of two topologies, where one of before there was a choice is of loopback', () => {
    const as = (topology: Topology | undefined) => ({
      ...before,
      plan: { ...before.plan, ...(topology && { topology }) },
    });
    const [note] = noteTexts(compareDocuments(as(undefined), as('namespaces')));
    assert.match(
      note ?? '',
      /^The topology differs.*: one network namespace, over loopback before; two .* bridge after\.$/,
    );
    assert.deepEqual(noteTexts(compareDocuments(as(undefined), as('loopback'))), []);
    assert.match(comparisonReport(as('loopback'), as('namespaces')), /- The topology differs/);
  });
});

describe('two runs of another reach', () => {
  it('say so, where both documents do', () => {
    const as = (reach?: 'namespace' | 'host') => {
      const { programs } = resultDocument();
      return run({ tcp: 1e9 }, { programs: { ...programs, ...(reach && { reach }) } });
    };
    assert.deepEqual(noteTexts(compareDocuments(as('namespace'), as('host'))), [
      'The bypass paired connections within each network namespace before, between network namespaces, too after.',
    ]);
    assert.deepEqual(noteTexts(compareDocuments(as(), as('host'))), []);
  });
});

describe('two runs of one name', () => {
  const notes = (old: object, now: object): string[] => {
    const of = (change: object) =>
      run({ tcp: 1e9 }, { host: { ...resultDocument().host, ...change } });
    return noteTexts(compareDocuments(of(old), of(now)));
  };

  it('recognise another machine by what it is made of, and by its id', () => {
    assert.deepEqual(
      notes(
        { cpuModel: 'Xeon', turbo: true, virtual: false, machine: 'a' },
        { cpuModel: 'EPYC', turbo: false, distribution: 'Debian 12', machine: 'b' },
      ),
      [
        'The runs were made on two different machines.',
        'The distribution differs: Ubuntu 24.04 before, Debian 12 after.',
        'The CPU model differs: Xeon before, EPYC after.',
        'The virtualisation differs: off before, unknown after.',
        'The turbo differs: on before, off after.',
      ],
    );
  });

  it('say nothing of a machine whose id one of them does not know', () => {
    assert.deepEqual(notes({}, { machine: 'b' }), []);
    assert.deepEqual(notes({ machine: 'b' }, { machine: 'b' }), []);
  });
});

describe('a run that got worse', () => {
  const compared = (factor: number, tcp = 1) =>
    compareDocuments(run({ tcp: 1e9, bypass: 2e9 }), run({ tcp: tcp * 1e9, bypass: factor * 2e9 }));

  it('is one whose bypass is slower for sure by more than is allowed', () => {
    assert.deepEqual(
      regressions(compared(0.9)).map(({ arm }) => arm),
      ['bypass'],
    );
    assert.deepEqual(regressions(compared(0.96)), []);
    assert.deepEqual(regressions(compared(0.9), 15), []);
    assert.equal(regressions(compared(0.96), 1).length, 1);
  });

  it('is not one whose TCP is slower', () => {
    assert.deepEqual(regressions(compared(1, 0.5)), []);
  });

  it('is none where the host is slower as a whole', () => {
    const { differences } = compared(0.8, 0.8);
    const [tcp, bypass] = differences;
    assert.deepEqual([tcp?.verdict, bypass?.verdict], ['worse', 'worse']);
    assert.equal(tcp?.againstTcp, undefined);
    assert.ok(Math.abs((bypass?.againstTcp?.ratio ?? 0) - 1) < 1e-9);
    assert.deepEqual(regressions(compared(0.8, 0.8)), []);
    // Nor where TCP has won what the bypass has not.
    assert.deepEqual(regressions(compared(1, 2)), []);
    assert.equal(regressions(compared(0.8, 0.9)).length, 1);
  });

  it('is one of TCP where there is nothing else', () => {
    const only = (rate: number) => run({ tcp: rate });
    assert.equal(regressions(compareDocuments(only(1e9), only(5e8))).length, 1);
  });
});

describe('the report of a comparison', () => {
  it('has all figures in a table, and says how to read it', () => {
    const report = comparisonReport(run({ tcp: 1e9, bypass: 2e9 }), run({ tcp: 5e8, bypass: 2e9 }));
    assert.match(
      report,
      /2 measurements: 0 better, 1 worse, 1 the same within 5%, 0 inconclusive\./,
    );
    assert.match(report, /TCP itself changed at 1 of 1 sizes/);
    assert.match(
      report,
      /\| throughput, 64 B \| TCP \| rate \| 1\.00 Gbit\/s \| 0\.500 Gbit\/s \| -50\.0% \(.*\) \| worse \|/,
    );
  });

  it('lets no Markdown of a file in', () => {
    const host = { ...resultDocument().host, name: '<img src=x>[a](http://b)|' };
    const report = comparisonReport(run({}, { host }), run({}));
    assert.doesNotMatch(report, /[^\\]<img|[^\\]\[a/);
    assert.match(report, /no variant and size in common/);
  });

  it('writes changes with their sign', () => {
    assert.equal(
      changeText({ ratio: 0.9, interval: { low: 0.88, high: 1.02 }, pairs: 3 }),
      '-10.0% (-12.0% to +2.0%)',
    );
    assert.equal(changeText({ ratio: 1.5, pairs: 1 }), '+50.0%');
    assert.equal(changeText(undefined), '');
  });
});
