import assert from 'node:assert/strict';
import { matrixText, shownBelow } from '../../../src/cli/diagnosisText.ts';
import type { Diagnosis, Finding } from '../../../src/verifier/diagnose.ts';
import { matrixOf } from '../../../src/verifier/matrix.ts';
import { isFromMatrixPage, readKeptMatrix } from '../../../src/verifier/matrix/protocol.ts';
import { matrixCsv, matrixMarkdown } from '../../../src/verifier/matrix/texts.ts';
import { matrixView, type Asked } from '../../../src/verifier/matrix/view.ts';

const at = (line: number) => ({ file: 'a.bpf.c', line, column: 1, endColumn: 9 });
const statistics = {
  microseconds: 12,
  stack: [16],
  processed: 5995,
  limit: 1_000_000,
  maxStatesPerInstruction: 1,
  states: 3,
  peakStates: 2,
};
const program = (name: string, verdict: 'accepted' | 'rejected') => ({
  name,
  section: 'xdp',
  verdict,
  place: at(2),
  instructions: 9,
  statistics: verdict === 'accepted' ? statistics : undefined,
});
const finding = (of: string | undefined, from: Finding['from'], why?: string): Finding => ({
  ...({ place: at(6), severity: 'error', from, message: 'R1 invalid mem access\nmore' } as const),
  explanation: undefined,
  why,
  fix: undefined,
  related: [],
  program: of,
});
const OLD: Diagnosis = {
  host: 'old',
  kernel: '5.10.0',
  findings: [
    finding('count', 'verifier', 'It may be NULL.'),
    finding('count', 'verifier', 'Another.'),
  ],
  programs: [program('count', 'rejected'), program('other', 'accepted')],
};
const NEW: Diagnosis = {
  host: 'new.example.org',
  kernel: '6.18.44',
  findings: [],
  programs: [program('count', 'accepted')],
};
const NONE: Diagnosis = {
  host: 'none',
  kernel: '',
  findings: [finding(undefined, 'clang')],
  programs: [],
};
const DIAGNOSES: readonly Diagnosis[] = [OLD, NEW, NONE];

describe('programs on several hosts', () => {
  it('have a cell for each host, with the place and the reason of what is wrong first', () => {
    const accepted = { verdict: 'accepted', processed: 5995, place: at(2) };
    const uncompiled = {
      verdict: 'uncompiled',
      place: at(6),
      explanation: 'R1 invalid mem access',
    };
    assert.deepEqual(matrixOf(DIAGNOSES).rows, [
      {
        program: 'count',
        section: 'xdp',
        cells: [
          { verdict: 'rejected', place: at(6), explanation: 'It may be NULL.' },
          accepted,
          uncompiled,
        ],
      },
      {
        program: 'other',
        section: 'xdp',
        cells: [accepted, { verdict: 'none' }, uncompiled],
      },
    ]);
  });

  it('are a table below what each host says', () => {
    const text = matrixText(DIAGNOSES, shownBelow(''));
    assert.match(text, /^old:\na\.bpf\.c:7:2: error: R1 invalid mem access \[verifier\]\n/);
    assert.equal(
      text.split('\n').slice(-5).join('\n'),
      `       old                        new.example.org            none
       Linux 5.10.0               Linux 6.18.44
count  rejected, a.bpf.c:7        accepted, 5,995 processed  does not compile, a.bpf.c:7
other  accepted, 5,995 processed  -                          does not compile, a.bpf.c:7
`,
    );
  });
});

const answered = (diagnosis: Diagnosis): Asked => ({ state: 'answered', diagnosis });

describe('the page of programs and hosts', () => {
  const hosts = ['old', 'new.example.org', 'none', 'gone', 'slow'];
  const view = matrixView(hosts, [
    {
      name: 'src/a.bpf.c',
      asked: [
        ...DIAGNOSES.map(answered),
        { state: 'unreached', problem: 'Could not connect\nto gone.' },
        { state: 'running', diagnosis: NEW },
      ],
    },
    { name: 'b.bpf.c', asked: hosts.map(() => ({ state: 'unrun' })) },
  ]);
  const [first, second] = view.sources;

  it('names each host’s kernel, and each program with its section', () => {
    assert.deepEqual(
      view.hosts.map(({ kernel }) => kernel),
      ['5.10.0', '6.18.44', '', '', '6.18.44'],
    );
    assert.deepEqual(first?.programs, [
      { name: 'count', section: 'xdp' },
      { name: 'other', section: 'xdp' },
    ]);
  });

  it('has a verdict with its place in each cell, and one cell where all of a source fares alike', () => {
    const [old, fresh, none, gone, slow] = first?.columns ?? [];
    assert.deepEqual(old, [
      { state: 'rejected', words: 'rejected', detail: 'It may be NULL.', place: 'a.bpf.c:7' },
      {
        state: 'accepted',
        words: 'verified',
        detail: '5,995 instructions processed',
        place: 'a.bpf.c:3',
      },
    ]);
    assert.deepEqual(
      fresh?.map(({ state }) => state),
      ['accepted', 'none'],
    );
    assert.deepEqual(
      [none, gone, slow].map((cells) => cells?.map(({ words, detail }) => [words, detail])),
      [
        [['does not compile', 'R1 invalid mem access']],
        [['could not be asked', 'Could not connect to gone.']],
        [['running', '']],
      ],
    );
    assert.equal(view.isRunning, true);
  });

  it('has a row for a source of which nothing is known yet', () => {
    assert.ok(second);
    assert.deepEqual(second.programs, [{ name: '', section: '' }]);
    assert.deepEqual(
      second.columns.map((cells) => cells.map(({ words }) => words)),
      hosts.map(() => ['not run']),
    );
  });

  it('counts verdicts of programs', () => {
    assert.equal(
      view.summary,
      '2 verified, 3 rejected, 2 running, 5 not run, 2 could not be asked',
    );
  });

  it('is a Markdown table, and CSV with a row for each program on each host', () => {
    const [head, , count, , nothing] = matrixMarkdown(view).split('\n');
    assert.match(head ?? '', /^\| Source \| Program \| old, Linux 5\.10\.0 \| new\.example\.org, /);
    assert.match(
      count ?? '',
      /^\| src\/a\.bpf\.c \| count \| rejected, a\.bpf\.c:7, It may be NULL\. \| verified, 5,995 instructions processed \| does not compile, a\.bpf\.c:7, R1/,
    );
    assert.match(nothing ?? '', /^\| b\.bpf\.c \| {2}\| not run \|/);
    const lines = matrixCsv(view).trim().split('\r\n');
    assert.equal(lines.length, 1 + 3 * hosts.length);
    assert.equal(lines[1], 'src/a.bpf.c,count,xdp,old,5.10.0,rejected,a.bpf.c:7,It may be NULL.');
    assert.equal(lines[9], 'src/a.bpf.c,other,xdp,gone,,unreached,,Could not connect to gone.');
  });

  it('makes nothing of what a host or a file is called', () => {
    const evil = matrixView(['a\u202eb|c'], [{ name: '=x|[y](z)', asked: [answered(NEW)] }]);
    assert.equal(evil.hosts[0]?.name, 'a<U+202E>b|c');
    assert.match(matrixMarkdown(evil), /=x\\\|\\\[y\\\]\(z\)/);
    assert.match(matrixCsv(evil), /^'=x/m);
  });

  it('takes no message and no kept state but its own', () => {
    for (const message of [
      ...['ready', 'verify', 'choose', 'markdown', 'csv'].map((type) => ({ type })),
      { type: 'open', source: 0 },
      { type: 'open', source: 0, program: 'count', host: 1 },
    ])
      assert.ok(isFromMatrixPage(message), JSON.stringify(message));
    for (const message of [
      null,
      'ready',
      { type: 'other' },
      { type: 'open' },
      { type: 'open', source: '0' },
      { type: 'open', source: 0, program: 1 },
      { type: 'open', source: 0, host: 'old' },
    ])
      assert.ok(!isFromMatrixPage(message), JSON.stringify(message));
    const kept = { sources: ['file:///a'], hosts: ['old'] };
    assert.deepEqual(readKeptMatrix({ ...kept, more: 1 }), kept);
    for (const state of [undefined, {}, { ...kept, hosts: [] }, { ...kept, sources: [1] }])
      assert.equal(readKeptMatrix(state), undefined);
  });
});
