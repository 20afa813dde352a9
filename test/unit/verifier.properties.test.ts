import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { withLines, withPositions } from '../../src/verifier/listings.ts';
import { parseVerdicts } from '../../src/verifier/verdicts.ts';
import type { Verification } from '../../src/verifier/verify.ts';
import { explain } from '../../src/verifier/catalogue.ts';
import { condense } from '../../src/verifier/condense.ts';
import { diagnose } from '../../src/verifier/diagnose.ts';
import { parseLog, parseStatistics } from '../../src/verifier/log.ts';
import { codeLines, logLines } from '../../src/verifier/places.ts';
import { parseVeristat } from '../../src/verifier/veristat.ts';
import {
  assertPlain,
  changed,
  holds,
  INHERITED,
  longTextOf,
  orRefused,
  result,
  textOf,
} from './properties.ts';
import { BOUNDARY } from './recorded.ts';

interface Recorded {
  readonly programs: Readonly<Record<string, Pick<Verification, 'words' | 'programs'>>>;
}
const directory = path.join(import.meta.dirname, 'recorded/verifier');
const { programs: recordedPrograms } = JSON.parse(
  gunzipSync(fs.readFileSync(path.join(directory, '6.18.json.gz'))).toString(),
) as Recorded;
const LOGS = Object.values(recordedPrograms).flatMap(({ programs }) =>
  programs.map(({ log }) => log).filter((log) => log !== ''),
);

const WORDS = [
  '0: (b7) ',
  '12: (85) ',
  'r1 = 0',
  'call bpf_map_lookup_elem#1',
  '; ',
  'R0=scalar()',
  'R1_w=ctx()',
  'if r1 != 0x0 goto pc+3',
  ' 15: R0=1',
  'from 3 to 7: ',
  'from 3 to 7 (speculative execution): ',
  'frame1: ',
  'R0',
  'R10=fp0',
  'fp-8=mmmm',
  'refs=2',
  ' @ a.bpf.c:7',
  ' @ ',
  'a.bpf.c',
  ':7',
  ':7:5',
  'verification time 12 usec',
  'stack depth 8+16',
  '\n',
  '\n\n',
  'processed 9 insns (limit 1000000) ',
  'max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n',
  'Verification failed: ',
  'Register Type Safety: Invalid',
  '\nReason:\n',
  '\nSuggestion:\n  x',
  '\nAt:\n',
  '\nCausal path:\n',
  '  program @ a.bpf.c:7:5\n',
  '  insn 3\n',
  '    >>> 1 | (07)',
  '  ^-- update: ',
  'infinite loop detected at insn 4\n',
  'BPF program is too large. Processed 1000001 insn\n',
  'R1 type=scalar expected=fp\n',
  'alloc_insn=3',
  'invalid access to map value, value_size=8 off=8 size=8\n',
  "libbpf: map 'a': failed",
  'No ',
  'func#1 @0',
  "map '",
  'from ',
  'stack size ',
  'reference ',
  'same insn ',
  'bitwise operator ',
  'function ',
];

const verification = (log: string, words = ''): Verification => ({
  host: 'h',
  kernel: '6.18',
  compiler: '',
  words,
  object: new Uint8Array(),
  assumed: [],
  programs: [
    { name: 'a', section: 'xdp', verdict: 'rejected', words, log },
    { name: 'b', section: 'tc', verdict: 'failed', words: log, log: '' },
    { name: 'c', section: 'tc', verdict: 'accepted', words: '', log },
  ],
});
const SOURCE = {
  entry: 'a.bpf.c',
  files: new Map([['a.bpf.c', Buffer.from('SEC("xdp") int a(void *c)\n{\n  return 0;\n}\n')]]),
};

describe('properties of the verifier’s words', () => {
  const check = (text: string) => {
    const log = parseLog(text);
    assertPlain(log);
    const count = text.split('\n').length;
    for (const { line } of log.steps) assert.ok(line >= 0 && line < count);
    assertPlain(parseStatistics(text));
    assertPlain(condense(text));
    for (const { line, sourceLine } of logLines(text)) {
      assert.ok(line >= 0 && line < count && sourceLine >= 0);
    }
  };
  const diagnosed = (text: string) => {
    const { findings, programs } = diagnose(verification(text, text), SOURCE);
    assertPlain(findings);
    assertPlain(programs);
    for (const { place, related } of findings) {
      for (const { line, column, endColumn } of [place, ...related.map((one) => one.place)]) {
        assert.ok(line >= 0 && column >= 0 && endColumn >= column);
      }
    }
  };
  const log = fc.constantFrom(...LOGS).chain((text) => changed(text, WORDS));
  holds('a log: of any words', textOf(WORDS), check);
  holds('a log: of recorded words, changed', log, check);
  holds('a log: of words without end', longTextOf(WORDS), check, 25);
  holds('a diagnosis: of any words', textOf(WORDS), diagnosed);
  holds('a diagnosis: of recorded words, changed', log, diagnosed);
  holds('a diagnosis: of words without end', longTextOf(WORDS), diagnosed, 25);
  holds(
    'an explanation: of words without end',
    longTextOf(WORDS),
    (text) => {
      explain(text);
    },
    25,
  );

  const lines = fc.array(
    fc.record({
      instruction: fc.nat(100_000),
      text: fc.stringMatching(/^r\d = r\d( [+-] \d{1,5})?$/),
      state: fc.option(fc.stringMatching(/^R\d=[a-z]{1,8}\(\)$/), { nil: undefined }),
      source: fc.option(fc.nat({ max: 9999 }), { nil: undefined }),
    }),
  );
  holds('a log: its instructions come back as they were printed', lines, (all) => {
    const text = all
      .map(
        ({ instruction, text, state, source }) =>
          `${source === undefined ? '' : `; x = 1; @ a.bpf.c:${source}\n`}${instruction}: (bf) ${text}${state === undefined ? '' : `   ; ${state}`}\n`,
      )
      .join('');
    assert.deepEqual(
      parseLog(text).steps.map((step) => [step.instruction, step.text, step.state]),
      all.map(({ instruction, text, state }) => [instruction, text, state]),
    );
  });
});

describe('properties of listings', () => {
  const words = [
    '; return 0; @ a.bpf.c:7\n',
    '; ',
    ' @ ',
    ':7',
    '[file:',
    '/tmp/x/a.bpf.c',
    ' line_num:',
    '14',
    ' line_col:6]',
    ' line_num:0 ',
    '\n',
    '   0: (b7) r1 = 0\n',
    '   0:\t55\tpush %rbp\n',
    '\t',
    '/',
    '0 1 a.bpf.c\tone\n',
    '1 1 ',
    '; [file:',
  ];
  const check = (text: string) => {
    assertPlain(codeLines(withPositions(text)));
    assertPlain(codeLines(text));
    assertPlain(codeLines(withLines(text, text)));
  };
  holds('of any words', textOf(words), check);
  holds('of words without end', longTextOf(words), check, 25);
});

describe('properties of veristat’s CSV', () => {
  const words = [
    'file_name,',
    'prog_name,',
    'verdict',
    ',total_insns',
    ',peak_states',
    ',stack_depth\n',
    'a.bpf.o,',
    'b.o,',
    'count,',
    'success',
    'failure',
    ',9',
    ',-1',
    ',',
    '\n',
    '\r\n',
    '"',
    ...INHERITED.map((name) => `${name},`),
  ];
  const head = 'file_name,prog_name,verdict,total_insns\n';
  const texts = fc.oneof(textOf(words), longTextOf(words));
  holds(
    'of any words',
    fc.oneof(
      texts,
      texts.map((text) => `${head}${text}`),
    ),
    (text) => {
      assertPlain(
        result(
          () => parseVeristat(text, 'a.bpf.c'),
          () => true,
        ),
      );
    },
  );
});

describe('properties of verdicts', () => {
  const words = [
    `\n${BOUNDARY} object\n`,
    `\n${BOUNDARY} program a\n`,
    `\n${BOUNDARY} words\n`,
    `\n${BOUNDARY} log\n`,
    `\n${BOUNDARY} end\n`,
    'xdp\n',
    'accepted',
    'rejected',
    'failed',
    '\n',
    BOUNDARY,
  ];
  holds(
    'of any words',
    fc.oneof(textOf(words), longTextOf(words)),
    (text) => {
      assertPlain(orRefused(() => parseVerdicts(text, BOUNDARY)));
    },
    25,
  );

  const line = fc.string().map((text) => text.trim());
  const verdicts = fc.array(
    fc.record(
      {
        name: fc.stringMatching(/^\w{1,15}$/),
        section: fc.stringMatching(/^[\w/.]{1,15}$/),
        verdict: fc.constantFrom('accepted' as const, 'rejected' as const, 'failed' as const),
        words: line,
        log: line,
      },
      { noNullPrototype: true },
    ),
  );
  holds('come back as they were printed', verdicts, (all) => {
    const section = (name: string, text: string) => `\n${BOUNDARY} ${name}\n${text}\n`;
    const text = all
      .map(
        (one) =>
          section(`program ${one.name}`, `${one.section}\n${one.verdict}`) +
          section('words', one.words) +
          section('log', one.log),
      )
      .join('');
    assert.deepEqual(parseVerdicts(text, BOUNDARY).programs, all);
  });
});
