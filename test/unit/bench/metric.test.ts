import assert from 'node:assert/strict';
import { metricFault, readMetric } from '../../../src/bench/metric.ts';
import { metricSchema } from '../../../src/results/workloadSchema.ts';

const metric = (of: object) => metricSchema.parse(of);
const CSV = '"test","rps","p50"\n"GET","152,3","0.1"\n"SET","140000.5","0.2"\n';

describe('a metric', () => {
  const CASES: [what: string, output: string, of: object, value: number][] = [
    ['by a path', '{"end":{"sum":{"rate":2e9}}}', { jsonPath: '$.end.sum.rate', scale: 1e-9 }, 2],
    [
      'by a filter',
      '{"a":[{"n":"x","v":1},{"n":"y","v":"7"}]}',
      { jsonPath: "$.a[?@.n=='y'].v" },
      7,
    ],
    ['by a pattern', 'a\ntps = 1234.5 (net)\n', { pattern: '^tps = ([\\d.]+)' }, 1234.5],
    ['by its last match', 'now 1/s\rnow 2/s\nin all 3/s', { pattern: '(\\d+)/s' }, 3],
    ['by a column, of the last row', CSV, { csvColumn: 'rps' }, 140000.5],
    ['below other lines, without quotes', 'hello\r\na,b\r\n1,2\r\n', { csvColumn: 'b' }, 2],
  ];
  for (const [what, output, of, value] of CASES) {
    it(what, () => {
      assert.equal(readMetric(output, metric(of)), value);
    });
  }

  const FAULTS: [what: string, output: string, of: object, words: RegExp][] = [
    ['output that is not JSON', 'oops', { jsonPath: '$.a' }, /not JSON/],
    ['a path that is not there', '{}', { jsonPath: '$.a' }, /\$\.a is not in the output/],
    ['a path to several', '[1,2]', { jsonPath: '$[*]' }, /\$\[\*\] is 2 values/],
    ['a path to an object', '{"a":{}}', { jsonPath: '$.a' }, /gives \{\}, and not a number/],
    ['nothing', '{"a":null}', { jsonPath: '$.a' }, /gives null/],
    ['a pattern that is not there', 'x', { pattern: 'y(.)' }, /not in the output/],
    ['a group that took no part', 'x', { pattern: 'x(y)?' }, /not in the output/],
    ['words', 'x=abc', { pattern: 'x=(.*)' }, /gives "abc", and not a number/],
    ['less than nothing', 'x=-1', { pattern: 'x=(.*)' }, /and not a number that is 0 or more/],
    ['an empty value', 'a\n""\n', { csvColumn: 'a' }, /not a number|not in the output/],
    [
      'a column that is not there',
      CSV,
      { csvColumn: 'p99' },
      /the column p99 is not in the output/,
    ],
  ];
  for (const [what, output, of, words] of FAULTS) {
    it(`is not ${what}`, () => {
      assert.throws(() => readMetric(output, metric(of)), words);
    });
  }

  it('does not take for ever where its pattern would', () => {
    const output = `${'a'.repeat(40)}!`;
    assert.throws(() => readMetric(output, metric({ pattern: '^(a+)+$' })), /takes too long/);
  });

  it('has a pattern with a group, or a path, that can be read', () => {
    assert.equal(metricFault(metric({ pattern: '(a)' })), undefined);
    assert.match(metricFault(metric({ pattern: 'a' })) ?? '', /no group/);
    assert.match(metricFault(metric({ pattern: '(' })) ?? '', /Invalid regular expression/);
    assert.equal(metricFault(metric({ jsonPath: '$.a' })), undefined);
    assert.notEqual(metricFault(metric({ jsonPath: 'a b' })), undefined);
  });

  it('is in one way', () => {
    for (const of of [{}, { pattern: '(a)', csvColumn: 'a' }])
      assert.equal(metricSchema.safeParse(of).success, false);
  });
});
