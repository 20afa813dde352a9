import assert from 'node:assert/strict';
import fc from 'fast-check';
import { sampleSchema, type NetperfPoint } from '../../src/results/document.ts';
import { parseNetperf, parseUnixStream } from '../../src/bench/netperf.ts';
import { parseSample } from '../../src/bench/sample.ts';
import {
  assertPlain,
  changed,
  holds,
  INHERITED,
  longTextOf,
  result,
  textOf,
} from './properties.ts';
import { BOUNDARY, recorded } from './recorded.ts';

const STREAM = { experiment: 'throughput', messageBytes: 64, arms: ['tcp'] } as const;
const TRIP = { experiment: 'latency', requestBytes: 64, responseBytes: 64, arms: ['tcp'] } as const;
const POINTS = [STREAM, TRIP].map((point): NetperfPoint => ({ ...point, arms: [...point.arms] }));

const KEYS = [
  'ELAPSED_TIME',
  'LOCAL_CPU_UTIL',
  'REMOTE_CPU_UTIL',
  'LOCAL_SD',
  'REMOTE_SD',
  'TRANSACTION_RATE',
  'REMOTE_RECV_THROUGHPUT',
  'MEAN_LATENCY',
  'STDDEV_LATENCY',
  'P50_LATENCY',
  'P90_LATENCY',
  'P99_LATENCY',
];
const WORDS = [
  ...KEYS.map((key) => `${key}=`),
  'SD_UNITS=usec/KB\n',
  'SD_UNITS=usec/Tran\n',
  '\n',
  '1.00',
  '-1',
  'nan',
  'inf',
  '1e999',
  ' ',
  '64',
  '0.00',
  '163840 163840 64 1.00 1000.0 50 50 1 1\n',
  'establish control: are you sure',
];
const ALL = [...KEYS.map((key) => `${key}=1.5\n`), 'SD_UNITS=usec/KB\n'].join('');

describe('properties of what netperf prints', () => {
  const check = (text: string) => {
    const isOurs = ({ message }: Error) => message.startsWith('netperf ');
    for (const point of POINTS) {
      const figures = result(() => parseNetperf(text, point), isOurs);
      assertPlain(figures);
      assert.ok((figures?.seconds ?? 1) > 0);
    }
    assertPlain(result(() => parseUnixStream(text, { ...STREAM, arms: ['unix'] }), isOurs));
  };
  holds('of any words', textOf(WORDS), check);
  holds(
    'of recorded words, changed',
    fc
      .constantFrom('stream', 'rr', 'stream-banner', 'no-server')
      .chain((name) => changed(recorded(`netperf/${name}.txt`), WORDS)),
    check,
  );
  holds('of words without end', longTextOf(WORDS), check, 25);

  const figure = fc.double({ min: 0.001, max: 1e12, noNaN: true });
  holds(
    'its figures come back as they were printed',
    fc.array(figure, { minLength: 12, maxLength: 12 }),
    (values) => {
      const value = (key: string) => values[KEYS.indexOf(key)] ?? 0;
      const text = [...KEYS.map((key) => `${key}=${value(key)}`), 'SD_UNITS=usec/Tran'].join('\n');
      const [, point = TRIP as unknown as NetperfPoint] = POINTS;
      const figures = parseNetperf(text, point);
      assert.ok(figures.experiment === 'latency');
      assert.equal(figures.transactionsPerSecond, value('TRANSACTION_RATE'));
      assert.equal(figures.latencyUs.p99, value('P99_LATENCY'));
      assert.equal(figures.seconds, value('ELAPSED_TIME'));
    },
  );
  const columns = fc.tuple(
    figure,
    figure,
    fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 4, maxLength: 4 }),
  );
  holds(
    'a Unix stream comes back as it was printed',
    columns,
    ([seconds, rate, [client = 0, server = 0, own = 0, other = 0]]) => {
      const line = ['212992', '212992', '64', seconds, rate, client, server, own, other].join('  ');
      const figures = parseUnixStream(`banner\n${line}\n`, { ...STREAM, arms: ['unix'] });
      assert.equal(figures.seconds, seconds);
      assert.deepEqual(figures.cpu, { client, server });
      assert.deepEqual(figures.serviceDemand, { client: own, server: other });
    },
  );
});

const SECTIONS = [
  'load',
  'netperf',
  'cpu before',
  'cpu after',
  'loopback before',
  'loopback after',
  'redirect before',
  'redirect after',
  'sockops before',
  'sockops after',
  'counters idle',
  'counters before',
  'counters after',
];

describe('properties of a sample', () => {
  const [point = STREAM as unknown as NetperfPoint] = POINTS;
  const slot = (timed: boolean) => ({ point, arm: 'bypass', repetition: 0, timed }) as const;
  const taken = { order: 0, startedAt: '2026-03-01T10:00:01.000Z' };
  /** Whatever is taken for a sample can be read from a document again. */
  const check = (text: string) => {
    for (const timed of [false, true]) {
      const sample = result(
        () => parseSample(text, BOUNDARY, {}, slot(timed), taken),
        () => true,
      );
      if (sample === undefined) continue;
      assertPlain(sample);
      assert.deepEqual(sampleSchema.parse(JSON.parse(JSON.stringify(sample))), sample);
    }
  };
  const counters = fc
    .dictionary(
      fc.constantFrom('redirected_bytes', 'redirected_messages', ...INHERITED),
      fc.oneof(fc.nat(), fc.constantFrom(1e300, -5, 0.5)),
    )
    .map((value) => JSON.stringify([{ formatted: { values: [{ value }] } }]));
  const body = fc.oneof(
    textOf([
      'cpu 1 2 3 4 5 6 7 8',
      '1.5 0 0',
      '{"run_cnt":',
      '3}',
      '{}',
      '123',
      '-1',
      'x',
      '{"run_time_ns":1.5}',
      '9007199254740993',
    ]),
    counters,
    fc.constant(ALL),
  );
  const sections = fc.tuple(
    fc.tuple(...SECTIONS.map(() => body)),
    fc.array(fc.boolean(), { minLength: SECTIONS.length, maxLength: SECTIONS.length }),
  );
  holds(
    'of any words in its sections is one that a document may have, or an error',
    sections,
    ([bodies, given]) => {
      const text = SECTIONS.map((name, index) => {
        const words = name === 'netperf' ? ALL : bodies[index];
        return given[index] === true || name === 'netperf'
          ? `\n${BOUNDARY} ${name}\n${words ?? ''}\n`
          : '';
      });
      check(text.join(''));
    },
    300,
  );
  const words = [...SECTIONS.map((name) => `\n${BOUNDARY} ${name}\n`), ...WORDS, ALL];
  holds('of words without end', longTextOf(words), check, 25);
});
