import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parseObject } from '../../../src/verifier/object.ts';
import type { BpfSource } from '../../../src/bypass/build.ts';
import { withLines, withPositions } from '../../../src/verifier/listings.ts';
import type { Verification } from '../../../src/verifier/verify.ts';
import { parseClang } from '../../../src/verifier/clang.ts';
import { condense } from '../../../src/verifier/condense.ts';
import { programLines } from '../../../src/verifier/definitions.ts';
import { diagnose, type Finding } from '../../../src/verifier/diagnose.ts';
import { parseLog } from '../../../src/verifier/log.ts';
import { codeLines, logLines } from '../../../src/verifier/places.ts';
import {
  expectation,
  VERIFIER_PROGRAMS,
  type Expectation,
} from '../../harness/verifierPrograms.ts';

const directory = path.join(import.meta.dirname, '../recorded/verifier');

const unpack = (name: string): unknown =>
  JSON.parse(gunzipSync(fs.readFileSync(path.join(directory, name))).toString());

interface Recorded {
  readonly kernel: string;
  readonly programs: Readonly<Record<string, Pick<Verification, 'words' | 'programs'>>>;
}

const objects = unpack('objects.json.gz') as Readonly<Record<string, string>>;
const objectOf = (file: string): Buffer => Buffer.from(objects[file] ?? '', 'base64');

function verificationOf(file: string, { kernel, programs }: Recorded): Verification {
  const recorded = programs[file];
  assert.ok(recorded, file);
  return {
    host: 'recorded',
    kernel,
    compiler: '',
    object: objectOf(file),
    assumed: [],
    ...recorded,
  };
}

function sourceOf(file: string): { source: BpfSource; expected: Expectation } {
  const entry = `rejected/${file}`;
  const files = [entry, 'common.h'].map(
    (name) => [name, fs.readFileSync(path.join(VERIFIER_PROGRAMS, name))] as const,
  );
  return { source: { entry, files: new Map(files) }, expected: expectation(entry) };
}

/** Programs that a kernel does not refuse, or refuses elsewhere, because it lacks the function. */
const OTHERWISE: Readonly<
  Record<string, Readonly<Record<string, Partial<Expectation> | 'accepted'>>>
> = {
  '5.10': {
    'callback-result.bpf.c': { line: 9, explanation: 'function-information' },
    'dynptr-uninitialised.bpf.c': { explanation: 'helper-unknown' },
    'global-function-null.bpf.c': { line: 13, explanation: 'global-function' },
  },
  // It lets more functions call each other in a row.
  '7.2': { 'call-depth.bpf.c': 'accepted' },
};

for (const name of fs.readdirSync(directory).filter((each) => /^\d/.test(each))) {
  const version = name.replace('.json.gz', '');
  describe(`the verifier of Linux ${version}, as recorded`, () => {
    const recorded = unpack(name) as Recorded;
    for (const file of Object.keys(recorded.programs)) {
      it(`${file}: an error at its line, explained`, () => {
        const { source, expected: usual } = sourceOf(file);
        const otherwise = OTHERWISE[version]?.[file] ?? {};
        const verification = verificationOf(file, recorded);
        const { findings } = diagnose(verification, source);
        if (otherwise === 'accepted') {
          assert.deepEqual(findings, []);
          return;
        }
        const [finding, ...others] = findings;
        assert.ok(finding, 'it is accepted');
        assert.equal(others.length, 0);
        const expected = { ...usual, ...otherwise };
        assert.equal(finding.place.file, expected.file);
        assert.equal(finding.place.line, expected.line, finding.message);
        assert.equal(finding.explanation, expected.explanation, finding.message);
        assert.ok(finding.place.endColumn > finding.place.column);
        assert.doesNotMatch(finding.message, /insns processed|^processed /m);
        // The words come first, and they are the tool's own.
        const told = verification.programs.map(({ log, words }) => `${log}\n${words}`).join('\n');
        assert.ok(told.includes(firstLine(finding)), finding.message);
        // The path there: instructions in the source, each with what it alone changes.
        for (const { place, message } of finding.related) {
          assert.ok(source.files.has(place.file), place.file);
          assert.doesNotMatch(message, / \d+: (?:frame|R\d)/);
        }
      });
    }

    it('says where a value comes from that was not checked', () => {
      const file = 'null-map-lookup.bpf.c';
      const { findings } = diagnose(verificationOf(file, recorded), sourceOf(file).source);
      assert.match(
        findings[0]?.related.at(-1)?.message ?? '',
        /^R0 comes from here: call bpf_map_lookup_elem/,
      );
    });

    it('says which way a branch went', () => {
      const file = 'reference-kept.bpf.c';
      const { findings } = diagnose(verificationOf(file, recorded), sourceOf(file).source);
      const branches = (findings[0]?.related ?? []).filter(({ message }) =>
        /^(?:not )?taken: if r\d+ [!=]= 0x0 goto pc\+\d+$/.test(message),
      );
      assert.notEqual(branches.length, 0, JSON.stringify(findings[0]?.related));
    });

    it('asks of no register where the verifier only shows what it has', () => {
      const file = 'loop-endless.bpf.c';
      const { findings } = diagnose(verificationOf(file, recorded), sourceOf(file).source);
      assert.doesNotMatch(findings[0]?.message ?? '', /(?:cur|old) state/);
      assert.ok(!findings[0]?.related.some(({ message }) => message.includes('comes from')));
    });
  });
}

const firstLine = ({ message }: Finding): string => message.split('\n')[0] ?? '';

describe('a log without positions', () => {
  it('gets line and column from the object', () => {
    const recorded = unpack('5.10.json.gz') as Recorded;
    const [program] = recorded.programs['null-map-lookup.bpf.c']?.programs ?? [];
    assert.ok(program && !/@ .*:\d+/.test(program.log));
    const { source } = sourceOf('null-map-lookup.bpf.c');
    const { findings } = diagnose(verificationOf('null-map-lookup.bpf.c', recorded), source);
    // The compiler's column is that of ++ in `\tvalue->count++`.
    assert.equal(findings[0]?.place.column, 1);
    assert.equal(findings[0].place.endColumn, '\tvalue->count++'.length);
  });
});

describe('the line information of an object', () => {
  it('covers every instruction of a program, functions it calls included', () => {
    const [program, ...others] = parseObject(objectOf('call-depth.bpf.c'));
    assert.equal(others.length, 0);
    assert.equal(program?.name, 'program');
    const lines = Array.from({ length: program.instructions }, (_, i) => program.at(i)?.line);
    assert.ok(lines.every((line) => line !== undefined && line > 0));
    // The program itself, at the end of the file, comes first, then f1, which is above it.
    assert.ok((lines[0] ?? 0) > (lines.at(-1) ?? 0));
    assert.equal(program.at(program.instructions), undefined);
  });

  it('is refused where the object is none, or is cut off', () => {
    for (const bytes of [new Uint8Array(), Buffer.from('\x7fELF'), Buffer.alloc(200)]) {
      assert.throws(() => parseObject(bytes), RangeError);
    }
    const whole = objectOf('call-depth.bpf.c');
    for (let size = 0; size < whole.length; size += 97) {
      assert.throws(() => parseObject(whole.subarray(0, size)), RangeError);
    }
  });
});

/** Written after what kernel/bpf/diagnostics.c of Linux 7.3 prints: no such kernel is at hand. */
const REPORT = `0: R1=ctx() R10=fp0
; u64 *record = bpf_ringbuf_reserve(&records, 8, 0); @ a.bpf.c:7
0: (85) call bpf_ringbuf_reserve#131  ; R0=ringbuf_mem_or_null(id=2,ref_obj_id=2,sz=8)
; *record = 1; @ a.bpf.c:9
1: (7a) *(u64 *)(r0 +0) = 1
R0 invalid mem access 'ringbuf_mem_or_null'

Verification failed: Register Type Safety: Invalid dereference

Reason:
  R0 may be NULL here (ringbuf_mem_or_null). The program could dereference NULL on this path, so the
  verifier cannot prove this access is safe.

At:
  program @ a.bpf.c:9:10
       8 |                                                                    0 | (85) call
  >>>  9 |         *record = 1;                                           >>> 1 | (7a) *(u64 *)(r0 +0) = 1
         |         ^-- error: invalid dereference of R0 (ringbuf_mem_or_null)

Causal path:
  program @ a.bpf.c:7:16
  >>>  7 |         u64 *record = bpf_ringbuf_reserve(&records, 8, 0);     >>> 0 | (85) call
         |         ^-- update: R0 changed from uninitialized value to ringbuf_mem_or_null
  insn 1
         | ^-- branch: condition is true

Suggestion:
  Add a NULL check and dereference the pointer only on the non-NULL path.

verification time 30 usec
stack depth 0
processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`;

describe('the report of Linux 7.3', () => {
  const log = parseLog(REPORT);

  it('is read beside the log proper', () => {
    assert.equal(log.message, "R0 invalid mem access 'ringbuf_mem_or_null'");
    assert.equal(log.steps.length, 2);
    assert.equal(log.statistics?.processed, 2);
    assert.equal(log.report?.category, 'Register Type Safety');
    assert.equal(log.report.problem, 'Invalid dereference');
    assert.match(log.report.reason, /^R0 may be NULL here .* so the verifier cannot prove/);
    assert.match(log.report.suggestion, /^Add a NULL check/);
    assert.deepEqual(log.report.at, {
      function: 'program',
      file: 'a.bpf.c',
      line: 9,
      column: 10,
      instruction: 1,
      what: 'error: invalid dereference of R0 (ringbuf_mem_or_null)',
    });
    assert.deepEqual(
      log.report.path.map(({ line, instruction, what }) => [line, instruction, what]),
      [
        [7, 0, 'update: R0 changed from uninitialized value to ringbuf_mem_or_null'],
        [undefined, 1, 'branch: condition is true'],
      ],
    );
  });

  it('explains the error in the kernel’s own words, with its path', () => {
    const verification: Verification = {
      host: 'h',
      kernel: '7.3.0',
      compiler: '',
      words: '',
      assumed: [],
      object: new Uint8Array(),
      programs: [{ name: 'program', section: 'xdp', verdict: 'rejected', words: '', log: REPORT }],
    };
    const { findings } = diagnose(verification, { entry: 'a.bpf.c', files: new Map() });
    assert.match(
      findings[0]?.message ?? '',
      /^R0 invalid mem access.*\nInvalid dereference\. R0 may/,
    );
    assert.match(findings[0]?.fix ?? '', /NULL check/);
    assert.equal(findings[0]?.place.line, 8);
  });

  it('with nothing in its path is read as well', () => {
    const bare = REPORT.replace(
      /Causal path:[^]*?\n\n/,
      'Causal path:\n  no retained diagnostic events on this path\n\n',
    );
    assert.deepEqual(parseLog(bare).report?.path, []);
  });
});

describe('a log', () => {
  it('of a million instructions is parsed from its end, with its line numbers', () => {
    const line = '1: (07) r1 += 1                       ; R1=scalar()\n';
    const lines = 200_000;
    const text = `${line.repeat(lines)}BPF program is too large. Processed 1000001 insn\nprocessed 1000001 insns (limit 1000000) max_states_per_insn 4 total_states 5 peak_states 5 mark_read 0\n`;
    const { steps, message, statistics } = parseLog(text);
    assert.equal(steps.at(-1)?.line, lines - 1);
    assert.ok(steps.length < lines);
    assert.match(message, /too large/);
    assert.equal(statistics?.processed, 1_000_001);
  });

  it('of hundreds of thousands of instructions has a place where it loops', () => {
    const steps = Array.from({ length: 250_000 }, (_, index) => `${index}: (07) r1 += 1\n`).join(
      '',
    );
    const log = `; x++; @ a.bpf.c:3\n${steps}BPF program is too large. Processed 1000001 insn\n`;
    const verification: Verification = {
      host: 'h',
      kernel: '6.18',
      compiler: '',
      words: '',
      assumed: [],
      object: new Uint8Array(),
      programs: [{ name: 'a', section: 'xdp', verdict: 'rejected', words: '', log }],
    };
    const { findings } = diagnose(verification, { entry: 'a.bpf.c', files: new Map() });
    assert.equal(findings[0]?.explanation, 'too-complex');
  });

  it('counts its lines right also behind a message that lacks its line break', () => {
    const { steps } = parseLog('wrongverification time 12 usec\n0: (b7) r0 = 0\n');
    assert.deepEqual(
      steps.map(({ line }) => line),
      [1],
    );
  });

  it('of nothing has nothing', () => {
    assert.deepEqual(parseLog(''), {
      steps: [],
      message: '',
      statistics: undefined,
      report: undefined,
    });
  });
});

describe('clang’s words', () => {
  it('have place, range and notes', () => {
    const text = `In file included from a.bpf.c:1:
sub/h.h:3:5:{3:5-3:9}{3:12-3:13}: error: use of undeclared identifier 'nope'
a.bpf.c:2:1: note: expanded from here
a.bpf.c:9:2: warning: unused variable 'x' [-Wunused-variable]
1 error generated.
`;
    assert.deepEqual(
      parseClang(text, new Map()).map(({ file, line, column, endColumn, severity, notes }) => [
        file,
        line,
        column,
        endColumn,
        severity,
        notes.length,
      ]),
      [
        ['sub/h.h', 3, 5, 9, 'error', 1],
        ['a.bpf.c', 9, 2, undefined, 'warning', 0],
      ],
    );
  });
});

describe('places in a source', () => {
  const text = [
    '\u{feff}/* ä */ one;',
    '/* größer als äöü 🐝 */ int key = undeclared;',
    'a line;',
    '',
  ].join('\r\n');
  const files = new Map([['sub/h.h', Buffer.from(text)]]);

  it('are counted as editors count, where the compiler counts bytes', () => {
    const bytes = (line: string, words: string): number =>
      Buffer.from(line.slice(0, line.indexOf(words))).length + 1;
    const [first = '', second = ''] = text.split('\r\n');
    const said = [
      `sub/h.h:1:${bytes(first, 'one')}: error: first`,
      `sub/h.h:2:${bytes(second, 'und')}:{2:${bytes(second, 'und')}-2:${bytes(second, ';')}}: error: second`,
      'sub/h.h:3:300: error: beyond the line',
      'elsewhere.h:3:4: error: in a file that is not known',
    ].join('\n');
    assert.deepEqual(
      parseClang(said, files).map(({ column, endColumn }) => [column - 1, endColumn]),
      [
        [first.indexOf('one') - 1, undefined],
        [second.indexOf('und'), second.indexOf(';') + 1],
        [299, undefined],
        [3, undefined],
      ],
    );
  });

  it('are in the file that an include goes up to', () => {
    const said = `In file included from rejected/a.bpf.c:1:
rejected/../sub/./h.h:2:1: error: wrong
/usr/include/x/../y.h:2:1: note: there
`;
    const verification: Verification = {
      host: 'h',
      kernel: '6.1',
      compiler: said,
      object: undefined,
      words: '',
      assumed: [],
      programs: [],
    };
    const { findings } = diagnose(verification, { entry: 'rejected/a.bpf.c', files });
    assert.equal(findings[0]?.place.file, 'sub/h.h');
    assert.equal(findings[0].related[0]?.place.file, '/usr/include/y.h');
  });

  it('of programs are where they are defined, by macros too', () => {
    const lines = programLines(`char LICENSE[] SEC("license") = "GPL";
struct { int x; } map SEC(".maps");
static int helper(int one) { return one + two(1); }
SEC("xdp") int one(struct xdp_md *ctx) { return helper(1); }
SEC("kprobe/do_exit") // explained (here)
int BPF_KPROBE(two)
{ return one(0); }
SEC("fentry/x") /* a * comment (too) */ int
BPF_PROG(three, struct sock *sk, int one)
SEC(SECTION) __weak __attribute__((aligned(8), naked)) int four (void *ctx)`);
    assert.deepEqual(
      ['one', 'two', 'three', 'four', 'helper', 'map'].map((name) => lines.get(name)),
      [3, 5, 8, 9, undefined, undefined],
    );
  });

  it('of programs are found in no time in a text that has none', () => {
    for (const each of ['SEC("a") /* */ = ', 'SEC(a)', '/*', 'SEC("x") // \n', 'SEC("x") a ']) {
      assert.ok(programLines(each.repeat(200_000)).size < 3);
    }
  });
});

describe('a log with many states', () => {
  const log = `0: R1=ctx() R10=fp0
; for (i = 0; i < 3; i++) @ a.bpf.c:5
0: (b7) r6 = 0                        ; R6=0
1: (85) call bpf_get_prandom_u32#7    ; R0=scalar()
2: (07) r6 += 1                       ; R6=1
3: (55) if r6 != 0x3 goto pc-3        ; R6=1
1: (85) call bpf_get_prandom_u32#7    ; R0=scalar(id=2)
2: (07) r6 += 1                       ; R6=2
; return 0; @ a.bpf.c:7
4: (b7) r0 = 0                        ; R0=0
processed 9 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`;

  it('is brought to each instruction once, in order, as it was first seen', () => {
    assert.deepEqual(condense(log).split('\n'), [
      '; for (i = 0; i < 3; i++) @ a.bpf.c:5',
      `0: (b7) r6 = 0${' '.repeat(34)}; R6=0`,
      `1: (85) call bpf_get_prandom_u32#7${' '.repeat(14)}; R0=scalar() (2 times)`,
      `2: (07) r6 += 1${' '.repeat(33)}; R6=1 (2 times)`,
      `3: (55) if r6 != 0x3 goto pc-3${' '.repeat(18)}; R6=1`,
      '; return 0; @ a.bpf.c:7',
      `4: (b7) r0 = 0${' '.repeat(34)}; R0=0`,
    ]);
  });

  it('is followed in that form too', () => {
    assert.deepEqual(
      logLines(condense(log)).map(({ line, sourceLine }) => [line, sourceLine]),
      [1, 2, 3, 4, 6].map((line) => [line, line < 6 ? 4 : 6]),
    );
  });
});

describe('listings', () => {
  it('of a kernel without positions follow by the object', () => {
    const file = 'null-map-lookup.bpf.c';
    const { programs } = unpack('5.10.json.gz') as Recorded;
    const log = programs[file]?.programs[0]?.log ?? '';
    assert.deepEqual(logLines(log), []);
    const [program] = parseObject(objectOf(file));
    const lines = logLines(log, (instruction) => program?.at(instruction));
    const { expected } = sourceOf(file);
    assert.equal(lines.at(-1)?.sourceLine, expected.line);
    assert.match(log.split('\n')[lines.at(-1)?.line ?? 0] ?? '', /^\d+: \(/);
  });

  it('of bpftool say where they come from as the verifier does', () => {
    const listing = `int count(struct xdp_md * ctx):
; int key = 0; [file:/tmp/x/dir/a.bpf.c line_num:14 line_col:6]
   0: (b7) r1 = 0
;  [file:/tmp/x/dir/a.bpf.c line_num:0 line_col:0]
   1: (63) *(u32 *)(r10 -4) = r1
`;
    const text = withPositions(listing);
    assert.equal(text.split('\n')[1], '; int key = 0; @ a.bpf.c:14');
    assert.deepEqual(
      codeLines(text).map(({ line, sourceLine }) => [line, sourceLine]),
      [1, 2, 3].map((line) => [line, 13]),
    );
  });

  it('of a host without objdump say so', () => {
    const text = withLines('sh: 6: objdump: not found\n', '0 1 a.bpf.c\tone\n');
    assert.match(text, /^; sh: 6: objdump: not found\n; .*objdump, of binutils/);
  });

  it('of objdump get the source lines, which both listings then follow', () => {
    const listing = '   0:\t55\tpush %rbp\n   1:\tc9\tleave\n   2:\tc3\tret\n';
    const lines = '0 1 /x/dir/a.bpf.c\t  one\n1 0 /x/dir/a.bpf.c\t\n2 2 ./inc.h\ttwo\t2';
    const text = withLines(listing, lines);
    assert.equal(text.split('\n')[0], '; one @ a.bpf.c:1');
    assert.equal(text.split('\n')[3], '; two\t2 @ inc.h:2');
    assert.deepEqual(
      codeLines(text).map(({ line, file, sourceLine }) => [line, file, sourceLine]),
      [0, 1, 2, 3, 4].map((line) => (line < 3 ? [line, 'a.bpf.c', 0] : [line, 'inc.h', 1])),
    );
  });
});
