import assert from 'node:assert/strict';
import { parseFile } from '../../../src/results/parseFile.ts';
import { baselineSchema } from '../../../src/verifier/baseline.ts';
import { compareFigures, growthCheck, growthText } from '../../../src/verifier/difference.ts';
import {
  figuresOf,
  type Figure,
  type FigureSet,
  type ProgramFigures,
} from '../../../src/verifier/figures.ts';
import { parseVeristat, veristatText } from '../../../src/verifier/veristat.ts';

const program = (name: string, figures: Partial<ProgramFigures> = {}): ProgramFigures => ({
  name,
  verdict: 'accepted',
  instructions: 50,
  processed: 1000,
  states: 20,
  peakStates: 10,
  stack: 64,
  microseconds: 900,
  ...figures,
});
const COST: readonly Figure[] = ['processed', 'states', 'peakStates', 'stack'];
const check = (before: ProgramFigures[], now: ProgramFigures[], most = 10, bounded = COST) =>
  growthCheck(compareFigures(before, now), most, bounded);

describe('figures of the verifier compared', () => {
  it('are those that a diagnosis has, the stack of all functions together', () => {
    const place = { file: 'a.bpf.c', line: 0, column: 0, endColumn: 0 };
    const statistics = {
      microseconds: 12,
      stack: [16, 8],
      processed: 9,
      limit: 1_000_000,
      maxStatesPerInstruction: 1,
      states: 3,
      peakStates: 2,
    };
    const report = { name: 'count', section: 'xdp', place, instructions: 5 };
    const { programs, kernel } = figuresOf(
      {
        host: 'web1',
        kernel: '6.18.44',
        findings: [],
        programs: [
          { ...report, verdict: 'accepted', statistics },
          { ...report, verdict: 'failed', statistics: undefined },
        ],
      },
      'a.bpf.c',
    );
    assert.equal(kernel, '6.18.44');
    assert.deepEqual(programs[0], {
      name: 'count',
      verdict: 'accepted',
      instructions: 5,
      processed: 9,
      states: 3,
      peakStates: 2,
      stack: 24,
      microseconds: 12,
    });
    assert.deepEqual([programs[1]?.verdict, programs[1]?.stack], ['failed', undefined]);
  });

  it('growth up to the bound is good, and what is above it is worse', () => {
    const before = [program('count')];
    assert.equal(check(before, [program('count', { processed: 1100 })]).outcome, 'good');
    const { outcome, grown } = check(before, [program('count', { processed: 1101 })]);
    assert.equal(outcome, 'worse');
    assert.deepEqual(grown, [{ program: 'count', figure: 'processed', before: 1000, now: 1101 }]);
    assert.equal(check(before, [program('count', { processed: 500, stack: 0 })]).outcome, 'good');
  });

  it('anything is more than nothing', () => {
    const { grown } = check(
      [program('count', { stack: 0 })],
      [program('count', { stack: 8 })],
      1e5,
    );
    assert.deepEqual(
      grown.map(({ figure }) => figure),
      ['stack'],
    );
  });

  it('time and size fail nothing, nor does a figure that is not asked about or not known', () => {
    const before = [program('count', { peakStates: undefined })];
    const now = [program('count', { microseconds: 9e6, instructions: 5000, states: 90 })];
    assert.equal(check(before, now, 0, ['processed']).outcome, 'good');
    assert.deepEqual(
      check(before, now, 0).grown.map(({ figure }) => figure),
      ['states'],
    );
  });

  it('a program that is accepted no more is worse; its figures say nothing, nor do those of a new or a lost one', () => {
    const before = [program('count'), program('lost', { processed: 1 })];
    const now = [
      program('count', { verdict: 'rejected', processed: 900_000 }),
      program('new', { processed: 900_000 }),
    ];
    const { outcome, rejected, grown, programs } = check(before, now);
    assert.deepEqual([outcome, rejected, grown], ['worse', ['count'], []]);
    assert.deepEqual(
      programs.map(({ name, before: earlier, now: later }) => [name, earlier, later]),
      [
        ['count', 'accepted', 'rejected'],
        ['new', undefined, 'accepted'],
        ['lost', 'accepted', undefined],
      ],
    );
    assert.equal(check(now, [program('count')]).outcome, 'good');
  });

  it('of no program in common nothing can be said', () => {
    assert.equal(check([program('count')], [program('other')]).outcome, 'inconclusive');
    assert.equal(check([], []).outcome, 'inconclusive');
  });

  it('a difference is words of both: how much, and how many percent', () => {
    const said = (before: number, now: number) => growthText({ before, now });
    assert.equal(said(1234, 1546), '+312, +25%');
    assert.equal(said(100_000, 104_000), '+4,000, +4%');
    assert.equal(said(1000, 1045), '+45, +4.5%');
    assert.equal(said(1_000_000, 999_999), '−1, −<0.1%');
    assert.equal(said(0, 8), '+8');
    assert.equal(said(8, 0), '−8, −100%');
    assert.equal(said(8, 8), undefined);
  });
});

describe('a baseline file', () => {
  const set: FigureSet = {
    schema: 1,
    file: 'src/count.bpf.c',
    kernel: '6.18.44',
    programs: [program('count'), program('other', { verdict: 'rejected', stack: undefined })],
  };
  const fault = (text: string, source = 'count.bpf.c'): string => {
    try {
      parseVeristat(text, source);
      return 'none';
    } catch (error) {
      return (error as Error).message;
    }
  };

  it('is read as it was written, as JSON', () => {
    const text = JSON.stringify(set);
    assert.deepEqual(parseFile(text, baselineSchema, 'a baseline'), JSON.parse(text));
  });

  it('in JSON may be no other document, nor have figures that are none', () => {
    const wrong = (change: object) => () =>
      parseFile(JSON.stringify({ ...set, ...change }), baselineSchema, 'a baseline');
    assert.throws(wrong({ schema: 2 }), /^Error: not a baseline: schema: /);
    assert.throws(
      wrong({ programs: [program('count', { processed: -1 })] }),
      /^Error: not a baseline: programs\[0\]\.processed: /,
    );
    assert.throws(wrong({ programs: [program('a'), program('a')] }), /appears twice/);
  });

  it('is read as it was written, as CSV, without what veristat has no word for', () => {
    const text = veristatText(set);
    assert.equal(
      text,
      `file_name,prog_name,verdict,duration,total_insns,total_states,peak_states,prog_size,stack_depth
count.bpf.c,count,success,900,1000,20,10,50,64
count.bpf.c,other,failure,900,1000,20,10,50,0
`,
    );
    assert.deepEqual(parseVeristat(text, 'count.bpf.c'), {
      schema: 1,
      file: 'count.bpf.c',
      programs: [program('count'), program('other', { verdict: 'rejected', stack: 0 })],
    });
  });

  it('of veristat has rows of several objects, and columns of its own', () => {
    const text = `file_name,prog_name,verdict,duration,total_insns,total_states,peak_states,max_states_per_insn,max_mark_read_len,prog_size,prog_size_jited,prog_type,attach_type,stack_depth,mem_peak
count.bpf.o,count,success,12,9,3,2,1,0,5,40,xdp,N/A,24,0
other.bpf.o,count,failure,1,2,3,4,5,6,7,8,xdp,N/A,9,0\r
`;
    const only = (source: string) => parseVeristat(text, source).programs;
    assert.deepEqual(only('src/count.bpf.c'), [
      {
        name: 'count',
        verdict: 'accepted',
        microseconds: 12,
        processed: 9,
        states: 3,
        peakStates: 2,
        instructions: 5,
        stack: 24,
      },
    ]);
    assert.equal(only('other.bpf.c')[0]?.verdict, 'rejected');
    assert.match(
      fault(text, 'third.bpf.c'),
      /no program of third\.bpf\.c, but of count\.bpf\.o, other\.bpf\.o/,
    );
  });

  it('of one object alone may call it otherwise', () => {
    const text = 'file_name,prog_name,verdict\nskeleton_bpfel.o,count,success\n';
    assert.deepEqual(parseVeristat(text, 'count.bpf.c').programs, [
      { name: 'count', verdict: 'accepted' },
    ]);
  });

  it('that is broken says in which row, and how', () => {
    const rows = (...all: string[]) =>
      fault(['file_name,prog_name,verdict,total_insns', ...all, ''].join('\n'));
    assert.match(fault(''), /nor a baseline of ours: it has no column file_name/);
    assert.match(fault('file_name,prog_name,verdict_base\n'), /no column verdict/);
    assert.equal(rows('a.o,b,success'), 'row 2: 3 columns, not the 4 of the first row');
    assert.equal(
      rows('a.o,b,success,1', 'a.o,c,fine,1'),
      'row 3: the verdict is success or failure, not fine',
    );
    assert.equal(rows('a.o,b,success,1e9'), 'row 2: total_insns is not a number: 1e9');
    assert.equal(rows('a.o,b,success,-1'), 'row 2: total_insns is not a number: -1');
    assert.equal(
      rows('a.o,b,success,9999999999999999'),
      'row 2: total_insns is not a number: 9999999999999999',
    );
    assert.equal(rows('a.o,,success,1'), 'row 2: no name of a program');
    assert.equal(rows('a.o,b,success,1', '', 'a.o,b,success,1'), 'row 4: b of a.o appears twice');
    assert.equal(
      rows(...Array.from({ length: 20_001 }, (_, at) => `a.o,b${at},success,1`)),
      'it has more than 20000 programs',
    );
  });
});
