import assert from 'node:assert/strict';
import { metricFault, readMetric } from '../../../src/bench/metric.ts';
import { metricsOf } from '../../../src/bench/metricsOf.ts';
import { metricSchema } from '../../../src/results/workloadSchema.ts';
import { recorded } from '../recorded.ts';

/** Two runs of each tool. */
const TOOLS = [
  'redis-benchmark',
  'pgbench',
  'wrk',
  'h2load',
  'iperf3',
  'iperf3-json',
  'memcaslap',
  'sockperf',
];
const runOf = (tool: string, run: 1 | 2) => recorded(`clients/${tool}.${run}`);

/** The number that a person points at: behind these words of the first run; and that of the second. */
const POINTED: [
  tool: string,
  words: string,
  way: object,
  unit: string,
  better: string,
  other: number,
][] = [
  ['redis-benchmark', '"GET","', { csvColumn: 'rps' }, 'requests/s', 'higher', 119047.62],
  ['redis-benchmark', '0.247","0.367","', { csvColumn: 'p99_latency_ms' }, 'ms', 'lower', 0.431],
  ['redis-benchmark', '"SET","', { pattern: '^"SET","([\\d.]+)' }, '', 'higher', 111111.11],
  [
    'pgbench',
    'tps = ',
    { pattern: '^tps += +([\\d.]+)' },
    'transactions/s',
    'higher',
    19856.329765,
  ],
  [
    'pgbench',
    'latency average = ',
    { pattern: '^latency average += +([\\d.]+) +ms' },
    'ms',
    'lower',
    0.101,
  ],
  [
    'wrk',
    'Requests/sec:  ',
    { pattern: '^Requests\\/sec: +([\\d.]+)' },
    'requests/s',
    'higher',
    21231.91,
  ],
  ['wrk', '     99%  ', { pattern: '^ *99% +([\\d.]+)ms' }, 'ms', 'lower', 37.46],
  [
    'memcaslap',
    'TPS: ',
    { pattern: '^Run time: +[\\d.]+[A-Za-z%]* +Ops: +[\\d.]+[A-Za-z%]* +TPS: +([\\d.]+)' },
    'transactions/s',
    'higher',
    127640,
  ],
  [
    'iperf3-json',
    '"sum_received":	{\n\t\t\t"start":\t0,\n\t\t\t"end":\t1.000548,\n\t\t\t"seconds":\t1.000548,\n\t\t\t"bytes":\t1669464064,\n\t\t\t"bits_per_second":\t',
    { jsonPath: '$.end.sum_received.bits_per_second' },
    'bit/s',
    'higher',
    10927820326.5075,
  ],
];

describe('the numbers of a client’s output', () => {
  for (const tool of TOOLS) {
    it(`of ${tool} are each read again by what is derived`, () => {
      const output = runOf(tool, 1);
      const found = metricsOf(output);
      assert.ok(found.length > 5);
      for (const { at, metric, value } of found) {
        assert.deepEqual(metricSchema.parse(metric), metric);
        assert.equal(metricFault(metric), undefined);
        assert.equal(Number(output.slice(...at)), value);
        assert.equal(readMetric(output, metric), value, JSON.stringify(metric));
      }
      const starts = found.map(({ at }) => at[0]);
      assert.deepEqual(
        starts,
        [...new Set(starts)].sort((a, b) => a - b),
      );
    });
  }

  for (const [tool, words, way, unit, better, other] of POINTED) {
    it(`of ${tool}, behind ${JSON.stringify(words.slice(0, 20))}: is found in another run, too`, () => {
      const output = runOf(tool, 1);
      const start = output.indexOf(words) + words.length;
      const one = metricsOf(output).find(({ at }) => at[0] === start);
      assert.ok(one, words);
      const { name, ...rest } = one.metric;
      assert.deepEqual(rest, way);
      assert.ok(name.length > 0);
      assert.equal(one.unit, unit);
      assert.equal(one.higherIsBetter, better === 'higher');
      assert.equal(readMetric(runOf(tool, 2), one.metric), other);
    });
  }

  it('of JSON with keys of any kind, or twice', () => {
    const output = '{"a b":[{"\\"":"1.5"},2],"c":1,"c":3,"d":true,"e":null,"f":"x","g":-1,"":4}';
    const found = metricsOf(output);
    assert.deepEqual(
      found.map(({ metric, value }) => [metric.jsonPath, value, readMetric(output, metric)]),
      [
        ['$["a b"][0]["\\""]', 1.5, 1.5],
        ['$["a b"][1]', 2, 2],
        ['$.c', 3, 3],
        ['$[""]', 4, 4],
      ],
    );
  });

  it('are not parts of dates, times, addresses and words', () => {
    const output = '2026-11-27 12:30:05 127.0.0.1:80 p99 v1.2.3 1,234.5 0.1-0.2 x_1\n';
    assert.deepEqual(
      metricsOf(output).map(({ value }) => value),
      [],
    );
  });

  it('a unit that may be another one in the next run makes that fail, and not be misread', () => {
    const [latency] = metricsOf('Latency 250.1us\n');
    assert.ok(latency);
    assert.throws(() => readMetric('Latency 1.2ms\n', latency.metric), /is not in the output/);
  });

  it('are found in time, and bounded, whatever was printed', () => {
    const outputs = [
      '1 '.repeat(500_000),
      '1'.repeat(1_000_000),
      'a 1\n'.repeat(250_000),
      `${'1,'.repeat(500)}\n`.repeat(1000),
      `[${'1,'.repeat(400_000)}1]`,
      `a,b\n${'1,2\n'.repeat(200_000)}`,
      '%\u001b\\(['.repeat(100_000),
      '',
    ];
    for (const output of outputs) assert.ok(metricsOf(output).length <= 1000);
  });
});
