import assert from 'node:assert/strict';
import {
  hottestLines,
  rateOf,
  readingsOf,
  type RunReading,
} from '../../../src/verifier/runTime.ts';

const TAG = '0123456789abcdef';
const OTHER = 'fedcba9876543210';
const read = (...lines: string[]): RunReading[] => {
  const found: RunReading[] = [];
  const add = readingsOf((reading) => found.push(reading));
  for (const line of lines) add(line);
  return found;
};
const reading = (at: number, ...programs: [tag: string, id: number, runs: number, ns: number][]) =>
  read(
    ...programs.map(([tag, id, runs, ns]) => `program count ${tag} ${id} ${runs} ${ns}`),
    `at ${at}`,
  )[0] ?? assert.fail('no reading');
const count = { name: 'count', tag: TAG };

describe('run time of loaded programs', () => {
  it('is read when it is whole; other words are let be', () => {
    assert.deepEqual(
      read(
        `program count ${TAG} 7 3 900`,
        'program count short 7 3 900',
        `program count ${TAG} 7 -3 900`,
        'at noon',
        'at 5000000',
        'at 7000000',
        `program count ${TAG} 7 3 900`,
      ),
      [
        {
          at: 5_000_000,
          programs: [{ name: 'count', tag: TAG, id: 7, runs: 3, nanoseconds: 900, lines: [] }],
        },
        { at: 7_000_000, programs: [] },
      ],
    );
  });

  it('is that between two readings, for each run and each second', () => {
    const rate = rateOf(
      reading(1_000_000, [TAG, 7, 100, 5_000]),
      reading(3_000_000, [TAG, 7, 300, 25_000]),
      count,
    );
    assert.deepEqual(rate, {
      nanosecondsPerRun: 100,
      runsPerSecond: 100,
      loaded: 1,
      isOther: false,
    });
  });

  it('of several that are loaded is that of all with the same code, one that is new from its beginning', () => {
    const rate = rateOf(
      reading(0, [TAG, 7, 100, 1000]),
      reading(1_000_000, [TAG, 7, 110, 2000], [TAG, 8, 10, 1000], [OTHER, 9, 1e6, 1e9]),
      count,
    );
    assert.deepEqual(rate, {
      nanosecondsPerRun: 100,
      runsPerSecond: 20,
      loaded: 2,
      isOther: false,
    });
  });

  it('of other code than was verified is said to be that', () => {
    const [before, now] = [reading(0, [OTHER, 7, 0, 0]), reading(1_000_000, [OTHER, 7, 2, 80])];
    assert.deepEqual(rateOf(before, now, count)?.isOther, true);
    assert.deepEqual(rateOf(before, now, { name: 'count', tag: undefined })?.isOther, false);
  });

  it('is none of what does not run, is not loaded, or is counted anew', () => {
    const still = reading(0, [TAG, 7, 5, 500]);
    const later = (...all: Parameters<typeof reading> extends [number, ...infer R] ? R : never) =>
      reading(1_000_000, ...all);
    assert.equal(rateOf(still, later([TAG, 7, 5, 500]), count)?.nanosecondsPerRun, undefined);
    assert.equal(rateOf(still, later([TAG, 7, 1, 100]), count)?.runsPerSecond, 0);
    assert.equal(rateOf(still, later(), count), undefined);
    assert.equal(rateOf(still, still, count), undefined);
  });

  it('is found by the 15 characters of a name that the kernel keeps', () => {
    const name = 'a_name_of_more_characters';
    const [before, now] = [0, 1].map(
      (at) => read(`program a_name_of_more_ ${TAG} 7 ${at} ${at}`, `at ${at}`)[0],
    );
    assert.ok(before && now);
    assert.equal(rateOf(before, now, { name, tag: TAG })?.loaded, 1);
  });

  it('is divided among the lines of the code that was verified, however often it is loaded', () => {
    const [now] = read(
      `program count ${TAG} 7 3 900`,
      'line 7 20 12 ./src/a b.bpf.c\t\tsum += one();',
      'line 7 10 13 ./src/a b.bpf.c\treturn sum;',
      'line 8 99 13 ./src/a b.bpf.c\tof a program that it is not below',
      'line 7 -1 13 ./src/a b.bpf.c\treturn sum;',
      `program count ${TAG} 8 3 900`,
      'line 8 10 12 ./src/a b.bpf.c\tsum += one();',
      `program count ${OTHER} 9 3 900`,
      'line 9 90 2 ./src/a b.bpf.c\treturn 0;',
      'at 5',
    );
    assert.ok(now);
    const file = './src/a b.bpf.c';
    assert.deepEqual(hottestLines(now, count), [
      { file, line: 12, text: 'sum += one();', share: 0.75 },
      { file, line: 13, text: 'return sum;', share: 0.25 },
    ]);
    assert.deepEqual(hottestLines(now, { name: 'count', tag: '0'.repeat(16) }), []);
    assert.deepEqual(hottestLines(now, { name: 'other' }), []);
  });

  it('is not divided where too little of it was seen', () => {
    const [now] = read(`program count ${TAG} 7 3 900`, 'line 7 19 1 a.bpf.c\tx', 'at 5');
    assert.deepEqual(now && hottestLines(now, count), []);
  });
});
