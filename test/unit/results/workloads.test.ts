import assert from 'node:assert/strict';
import { parsePlan } from '../../../src/bench/planFile.ts';
import { compareDocuments } from '../../../src/results/compare.ts';
import {
  parseDocument,
  type Arm,
  type ResultDocument,
  type Sample,
  type WorkloadSample,
} from '../../../src/results/document.ts';
import { reportMarkdown, samplesCsv, figureCsv } from '../../../src/results/export.ts';
import { figuresOf } from '../../../src/results/figures.ts';
import { extentOf, schedule } from '../../../src/results/plan.ts';
import { tableOf } from '../../../src/results/pointsTable.ts';
import { regressionCheck } from '../../../src/results/regressionCheck.ts';
import { runsOf } from '../../../src/results/runs.ts';
import { bypassedPart, isShared } from '../../../src/results/samples.ts';
import { comparisonView } from '../../../src/results/words/comparisonView.ts';
import { findingTexts } from '../../../src/results/words/findingTexts.ts';
import { resultDocument } from './documents.ts';
import { at } from './panelRuns.ts';

const ECHO = {
  name: 'echo',
  client: ['true'],
  metric: { pattern: '(.)' },
  unit: 'requests/s',
  higherIsBetter: true,
};
const planText = (change: object = {}, whole: object = {}): string =>
  JSON.stringify({
    name: 'own',
    workloads: [{ ...ECHO, ...change }],
    secondsPerSample: 1,
    repetitions: 6,
    ...whole,
  });

describe('a plan with workloads', () => {
  it('measures each by TCP and the bypass, in turned order', () => {
    const plan = parsePlan(planText());
    assert.deepEqual(plan.points, []);
    const { slots } = schedule(plan, []);
    assert.deepEqual(
      slots.map(({ point, arm }) => [point.experiment, arm]),
      [
        ['workload', 'tcp'],
        ['workload', 'bypass'],
      ],
    );
    assert.ok(extentOf(plan).seconds[1] > 12 * 2);
  });

  const FAULTS: [text: string, words: RegExp][] = [
    [planText({}, { workloads: [] }), /points: nothing is measured/],
    [planText({ client: [] }), /workloads\[0\]\.client: /],
    [planText({ client: ['a\0b'] }), /workloads\[0\]\.client\[0\]: must not contain a NUL/],
    [planText({ clinet: ['x'] }), /workloads\[0\]: .*clinet/],
    [planText({ metric: {} }), /workloads\[0\]\.metric: takes exactly one of/],
    [planText({ metric: { pattern: 'x' } }), /workloads\[0\]\.metric: its pattern has no group/],
    [planText({ metric: { jsonPath: 'x y' } }), /workloads\[0\]\.metric: /],
    [planText({ arms: ['tcp', 'unix'] }), /workloads\[0\]\.unix: .*commands of its own/],
    [planText({ arms: ['tcp-nodelay'] }), /workloads\[0\]\.arms\[0\]: /],
    [planText({ user: 'a b' }), /workloads\[0\]\.user: must be the name of an account/],
    [planText({ name: 'a\nb' }), /workloads\[0\]\.name: must be one line/],
    [planText({}, { workloads: [ECHO, ECHO] }), /workload, echo appears twice/],
    [
      planText(
        {},
        {
          points: [
            { experiment: 'connections', requestBytes: 1, responseBytes: 1, arms: ['unix'] },
          ],
        },
      ),
      /short connections, 1 B \/ 1 B lists the variant unix/,
    ],
  ];
  for (const [text, words] of FAULTS) {
    it(`says ${words.source}`, () => {
      assert.throws(() => parsePlan(text), words);
    });
  }
});

const sample = (
  arm: Arm,
  round: number,
  value: number,
  change: Partial<WorkloadSample> = {},
): Sample => ({
  experiment: 'workload',
  workload: 'echo',
  metrics: { value },
  metric: 'value',
  unit: 'requests/s',
  higherIsBetter: true,
  arm,
  repetition: round,
  order: round,
  startedAt: at(10 + round),
  seconds: 2,
  cpuSeconds: 1,
  loopbackBytes: 1000,
  ...(arm === 'bypass' && { bpf: { redirectedBytes: 99_000 } }),
  ...change,
});
const JITTER = [0, 1, -1, 2, -2, 0];
const rounds = (tcp: number, bypass: number, change: Partial<WorkloadSample> = {}): Sample[] =>
  JITTER.flatMap((jitter, round) => [
    sample('tcp', round, tcp * (1 + jitter / 1000), change),
    sample('bypass', round, bypass * (1 - jitter / 1000), change),
  ]);
const documentOf = (samples: Sample[]): ResultDocument =>
  parseDocument(JSON.stringify(resultDocument({ plan: parsePlan(planText()), samples })));
const TIME = { workload: 'time', unit: 'ms', higherIsBetter: false };

describe('samples of workloads', () => {
  it('went by the bypass as far as its bytes and those over TCP/IP say', () => {
    assert.equal(bypassedPart(sample('bypass', 0, 1)), 0.99);
    assert.equal(bypassedPart(sample('tcp', 0, 1)), undefined);
    const shared = sample('bypass', 0, 1, { bpf: { redirectedBytes: 9, otherMessages: 1 } });
    assert.ok(isShared(shared));
    assert.equal(bypassedPart(shared), undefined);
  });

  it('have the metric that is compared', () => {
    const odd = resultDocument({ samples: [sample('tcp', 0, 1, { metric: 'toString' })] });
    assert.throws(() => parseDocument(JSON.stringify(odd)), /samples\[0\]\.metrics: .*missing/);
  });
});

describe('the page of workloads', () => {
  const document = documentOf([...rounds(1000, 1500), ...rounds(10, 5, TIME)]);
  const runs = runsOf([document]);
  const figures = figuresOf(runs);
  const { workloads } = figures;

  it('has the speed of each as a ratio, whichever direction its metric has', () => {
    assert.deepEqual(workloads.names, ['echo', 'time']);
    const [tcp, bypass] = workloads.series;
    assert.deepEqual([tcp?.arm, bypass?.arm, bypass?.against], ['tcp', 'bypass', 'tcp']);
    assert.deepEqual(
      tcp?.points.map((point) => point?.median),
      [1, 1],
    );
    const ratios = bypass?.points.map((point) => Number(point?.median.toFixed(2)));
    assert.deepEqual(ratios, [1.5, 2]);
    assert.ok(bypass?.points.every((point) => point?.ratio?.interval !== undefined));
  });

  it('is a table with what was measured, in its unit', () => {
    const { columns, groups } = tableOf(workloads);
    assert.deepEqual(
      groups.map(({ size }) => size),
      ['echo', 'time'],
    );
    const cell = (group: number, row: number, column: string) =>
      groups[group]?.rows[row]?.cells[columns.indexOf(column) - 2];
    assert.match(cell(0, 1, 'Median') ?? '', /^1,500 requests\/s|^1500 requests\/s|requests\/s$/);
    assert.equal(cell(0, 1, '× TCP'), '1.50');
    assert.equal(cell(1, 1, 'Finding'), 'faster');
    assert.equal(cell(0, 1, 'Bypassed'), '99%');
    // 1 s of CPU time for 2 s of 1500 a second.
    assert.match(cell(0, 1, 'CPU µs per unit') ?? '', /^333\.\d$/);
    assert.equal(cell(1, 1, 'CPU µs per unit'), '–');
    assert.match(cell(1, 1, 'CPUs busy') ?? '', /^0\.5/);
  });

  it('says so in words', () => {
    const [echo = '', time = ''] = findingTexts(figures, runs).workloads;
    assert.match(
      echo,
      /^echo: Bypass 1,?500 requests\/s, TCP 1,?000 requests\/s \(medians\): speed 50% higher round by round \(95% CI /,
    );
    assert.match(time, /^time: Bypass 5 ms, TCP 10 ms \(medians\): speed 2 times as high/);
    // It takes 2 to 18 ms: the interval of its speed is not that of the time.
    const noisy = runsOf([
      documentOf(
        rounds(10, 10, TIME).map((one, at) =>
          sample(one.arm, one.repetition, one.arm === 'tcp' ? 10 : at % 4 === 1 ? 2 : 18, TIME),
        ),
      ),
    ]);
    assert.match(
      findingTexts(figuresOf(noisy), noisy).workloads.join(),
      /^time: Bypass [\d.]+ ms, TCP 10 ms \(medians\): inconclusive in speed \(95% CI \d+% lower to /,
    );
  });

  it('compares nothing by which hardly a byte was redirected', () => {
    const doubtful = rounds(1000, 1500).map((one) =>
      one.arm === 'bypass' ? { ...one, bpf: { redirectedBytes: 1 } } : one,
    );
    const shown = runsOf([documentOf(doubtful)]);
    const all = figuresOf(shown);
    assert.equal(
      all.workloads.series.find(({ arm }) => arm === 'bypass'),
      undefined,
    );
    assert.match(
      findingTexts(all, shown).workloads.join(),
      /echo: Bypass is not compared: mostly TCP/,
    );
  });

  it('lays runs over each other by the names of their workloads', () => {
    const other = documentOf(rounds(10, 20, TIME));
    const both = figuresOf(runsOf([document, { ...other, startedAt: at(9999) }])).workloads;
    assert.deepEqual(both.names, ['echo', 'time']);
    const second = both.series.find(({ run, arm }) => run === 1 && arm === 'bypass');
    assert.deepEqual(
      second?.points.map((point) => point && Number(point.median.toFixed(2))),
      [undefined, 0.5],
    );
  });

  it('is in CSV and report', () => {
    const [head = '', first = ''] = samplesCsv(runs).split('\r\n');
    const column = (name: string) => first.split(',')[head.split(',').indexOf(name)];
    assert.deepEqual(['experiment', 'workload', 'value', 'unit', 'cpuSeconds'].map(column), [
      'workload',
      'echo',
      '1000',
      'requests/s',
      '1',
    ]);
    assert.match(figureCsv(workloads, runs), /,bypass,tcp,.*,time,/);
    assert.match(reportMarkdown(runs), /## Speed of workloads compared with TCP\n\necho: /);
  });
});

describe('the page of their distribution', () => {
  const timed = (p99: number): Partial<WorkloadSample> => ({
    percentiles: [
      [50, 100],
      [99, p99],
    ],
  });
  const all = JITTER.flatMap((jitter, round) => [
    sample('tcp', round, 1000, timed(600 * (1 + jitter / 1000))),
    sample('bypass', round, 1500, timed(300 * (1 + jitter / 1000))),
  ]);
  const document = documentOf(all);
  const runs = runsOf([document]);
  const figures = figuresOf(runs);
  const { distribution } = figures;

  it('has a place for each percentile that is there, in µs, less being better', () => {
    assert.deepEqual(distribution.names, ['P50', 'P99']);
    // One of 2 requests is slower, and one of 100.
    assert.deepEqual(distribution.sizes, [2, 100]);
    assert.equal(distribution.better, 'lower');
    const [tcp, bypass] = distribution.series;
    assert.deepEqual([tcp?.arm, bypass?.arm, bypass?.against], ['tcp', 'bypass', 'tcp']);
    assert.deepEqual(
      bypass?.points.map((point) => point && Math.round(point.median)),
      [100, 300],
    );
    assert.equal(bypass.points[1]?.ratio?.ratio.toFixed(2), '0.50');
    assert.match(tableOf(distribution).caption, /by percentile, in µs$/);
    assert.match(reportMarkdown(runs), /## Latency of workloads by percentile\n\necho, P99: /);
  });

  it('says how the highest fares, and what a closed loop leaves out', () => {
    const [tail = '', caution = ''] = findingTexts(figures, runs).distribution;
    assert.match(
      tail,
      /^echo, P99: Bypass 300 µs, TCP 600 µs \(medians\): 50% lower round by round \(95% CI /,
    );
    assert.match(caution, /^echo: the client sends its next request only .*coordinated omission/);
    const plan = parsePlan(planText({ openLoop: true }));
    const open = runsOf([parseDocument(JSON.stringify({ ...document, plan }))]);
    assert.equal(findingTexts(figuresOf(open), open).distribution.length, 1);
  });

  it('is shown once where workloads differ in their metric alone', () => {
    const again = { ...ECHO, name: 'again', metric: { pattern: '(..)' } };
    const other = { ...ECHO, name: 'other', client: ['false'] };
    const plan = parsePlan(planText({}, { workloads: [ECHO, again, other] }));
    const samples = ['echo', 'again', 'other'].flatMap((workload) =>
      all.map((one) => ({ ...one, workload })),
    );
    const shown = runsOf([parseDocument(JSON.stringify({ ...document, plan, samples }))]);
    const made = figuresOf(shown);
    assert.deepEqual(
      made.distribution.series.map(({ label }) => label),
      ['TCP, echo', 'Bypass, echo', 'TCP, other', 'Bypass, other'],
    );
    assert.match(
      findingTexts(made, shown).distribution.join('\n'),
      /^echo, P99[^\n]+\nother, P99[^\n]+\necho, other: the client/,
    );
    assert.deepEqual(made.workloads.names, ['echo', 'again', 'other']);
  });

  it('is a table of what was counted', () => {
    const { columns, groups } = tableOf(distribution);
    assert.equal(columns.at(-1), 'Finding');
    assert.equal(groups[0]?.rows[0]?.cells[columns.indexOf('Median') - 2], '100');
  });

  it('is absent where no client reports percentiles', () => {
    const none = figuresOf(runsOf([documentOf(rounds(1000, 1500))]));
    assert.ok(none.distribution.absent);
  });
});

describe('workloads of two runs', () => {
  const before = documentOf([...rounds(1000, 1500), ...rounds(10, 5, TIME)]);

  it('are compared in the direction of their metric', () => {
    const after = documentOf([...rounds(1000, 1200), ...rounds(10, 4, TIME)]);
    const found = compareDocuments(before, after).differences.map(
      ({ size, arm, verdict, better }) => [
        size.experiment === 'workload' && size.workload,
        arm,
        better,
        verdict,
      ],
    );
    assert.deepEqual(found, [
      ['echo', 'tcp', 'higher', 'same'],
      ['echo', 'bypass', 'higher', 'worse'],
      ['time', 'tcp', 'lower', 'same'],
      ['time', 'bypass', 'lower', 'better'],
    ]);
    const { pages } = comparisonView(before, after, { before: 'a', after: 'b' });
    assert.deepEqual(
      pages.map(({ id, better }) => [id, better]),
      [
        ['workload-higher', 'higher is better'],
        ['workload-lower', 'lower is better'],
      ],
    );
    assert.equal(pages[1]?.groups[0]?.rows[1]?.after, '4 ms');
  });

  it('got slower where a time has grown', () => {
    const slower = documentOf([...rounds(1000, 1500), ...rounds(10, 6, TIME)]);
    assert.equal(regressionCheck(before, slower).outcome, 'worse');
    assert.equal(regressionCheck(slower, before).outcome, 'good');
  });
});
