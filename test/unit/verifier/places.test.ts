import assert from 'node:assert/strict';
import type { BpfSource } from '../../../src/bypass/build.ts';
import { diagnose, type Finding } from '../../../src/verifier/diagnose.ts';
import type { Verification } from '../../../src/verifier/verify.ts';

const sourceOf = (text: string): BpfSource => ({
  entry: 'a.bpf.c',
  files: new Map([['a.bpf.c', Buffer.from(text)]]),
});

const verified = (text: string, what: Partial<Verification>): readonly Finding[] =>
  diagnose(
    {
      host: 'h',
      kernel: '6.1',
      compiler: '',
      object: undefined,
      words: '',
      assumed: [],
      programs: [],
      ...what,
    },
    sourceOf(text),
  ).findings;

const compiled = (said: string, text = ''): readonly Finding[] =>
  verified(text, { compiler: said });

const shown = (findings: readonly Finding[]): string[] =>
  findings.map(
    ({ place, explanation }) => `${place.file}:${place.line + 1} ${explanation ?? 'none'}`,
  );

describe('where clang’s words are shown', () => {
  it('in a header of the host: at the include that led there', () => {
    const findings = compiled(`In file included from a.bpf.c:7:
In file included from sub/own.h:3:
In file included from /usr/include/string.h:26:
/usr/include/features.h:7:11:{7:11-7:27}: fatal error: 'gnu/stubs-32.h' file not found
`);
    assert.deepEqual(shown(findings), ['sub/own.h:3 missing-header']);
    assert.match(findings[0]?.message ?? '', /^\/usr\/include\/features\.h:7: /);
    assert.match(findings[0]?.why ?? '', /C library/);
  });

  it('of its code generator: at the line, in each of its forms', () => {
    const forms: readonly (readonly [said: string, at: string])[] = [
      [
        `Error at line 10: Unsupport signed division for DAG: 0x40: i64 = sdiv 0x41, 0x42, ./a.bpf.c:10:11Please convert to unsigned div/mod.
fatal error: error in backend: Cannot select: 0x40: i64 = sdiv 0x41, 0x42, ./a.bpf.c:10:11
  0x41: i64 = sra 0x43, Constant:i64<32>, ./a.bpf.c:8:15
`,
        'a.bpf.c:10 signed-division',
      ],
      [
        'a.bpf.c:10:11: error: unsupported signed division, please convert to unsigned div/mod.\n',
        'a.bpf.c:10 signed-division',
      ],
      [
        'fatal error: error in backend: line 8: Invalid usage of the XADD return value\n',
        'a.bpf.c:8 atomic',
      ],
      [
        `fatal error: error in backend: Unsupported dynamic stack allocation
4.	Running pass 'BPF DAG->DAG Pattern Instruction Selection' on function '@late'
`,
        'a.bpf.c:3 dynamic-stack',
      ],
      [
        `a.bpf.c:5:5: error: Looks like the BPF stack limit of 512 bytes is exceeded. Please move large on stack variables into BPF per-cpu array map.
a.bpf.c:5:5: note: could not determine the original source location for a.bpf.c:0:0
a.bpf.c:7:5: error: Looks like the BPF stack limit of 512 bytes is exceeded. Please move large on stack variables into BPF per-cpu array map.
`,
        'a.bpf.c:5 stack-size',
      ],
      [
        "a.bpf.c:9:2: error: A call to built-in function '__adddf3' is not supported.\n",
        'a.bpf.c:9 library-call',
      ],
      [
        'a.bpf.c:4:43: error: functions with VarArgs or StructRet are not supported\n',
        'a.bpf.c:4 function-signature',
      ],
    ];
    for (const [said, at] of forms) {
      assert.deepEqual(
        shown(compiled(said, '\nSEC("xdp")\nint late(void *ctx)\n{\n}\n')),
        [at],
        said,
      );
    }
  });

  it('of its code generator: one mark for one cause', () => {
    const call = (line: number, name: string): string =>
      `a.bpf.c:${line}:9: error: A call to built-in function '${name}' is not supported.\n`;
    const findings = compiled(
      [
        call(6, '__floatunsidf'),
        call(6, '__muldf3'),
        call(6, '__floatunsidf'),
        call(9, '__udivti3'),
        'a.bpf.c:9:9: error: only small returns supported\n',
        'a.bpf.c:14:9: error: too many args to 0x1c21f40: i64 = GlobalAddress<i32 (i32, i32, i32, i32, i32, i32)* @sum> 0, ./a.bpf.c:14:9\n',
        'a.bpf.c:12:22: error: defined with too many args\n',
        'fatal error: error in backend: Cannot select: 0x40: ch = vaend 0x41\n',
      ].join(''),
    );
    assert.deepEqual(shown(findings), [
      'a.bpf.c:6 library-call',
      'a.bpf.c:9 library-call',
      'a.bpf.c:12 function-signature',
    ]);
    assert.deepEqual(
      findings.map(({ related }) => related.map(({ message }) => message)),
      [
        ["A call to built-in function '__muldf3' is not supported."],
        ['only small returns supported'],
        ['too many args to sum()'],
      ],
    );
    const jump = `fatal error: error in backend: Cannot select: 0x40: ch = brind 0x41, 0x42
  0x42: i64,ch = load<(load (s64) from %ir.9, !tbaa !49)> 0x43, undef:i64, ./a.bpf.c:6:8
    0x43: i64 = add 0x44, 0x45, ./a.bpf.c:7:8
`;
    assert.deepEqual(shown(compiled(jump)), ['a.bpf.c:6 indirect-jump']);
    const twice = 'a.bpf.c:3:4: error: expected expression\n';
    assert.deepEqual(shown(compiled(twice + twice)), ['a.bpf.c:3 none']);
  });

  it('names what is too old', () => {
    const macros = 'bpf_for(i, 0, 10)\nint BPF_UPROBE(program, int number)\n';
    for (const [said, since] of [
      ["a.bpf.c:1:18: error: expected ';' after expression\n", /^bpf_for came with libbpf 1\.2/],
      ['a.bpf.c:2:24: error: expected identifier\n', /^BPF_UPROBE came with libbpf 1\.2/],
      [
        "a.bpf.c:3:9: error: use of undeclared identifier 'BPF_MAP_TYPE_ARENA'; did you mean 'BPF_MAP_TYPE_ARRAY'?\n",
        /^BPF_MAP_TYPE_ARENA came with Linux 6\.9/,
      ],
    ] as const) {
      assert.match(compiled(said, macros)[0]?.why ?? '', since);
    }
    // A source that has its own stumbles over something else.
    const own = `#define bpf_for(i) for\n${macros}`;
    assert.deepEqual(shown(compiled("a.bpf.c:2:3: error: expected ';'\n", own)), [
      'a.bpf.c:2 none',
    ]);
    const [first] = compiled("a.bpf.c:4:5: error: use of undeclared identifier 'BPF_UPROBE'\n");
    assert.match(first?.why ?? '', /libbpf 1\.2/);
    const [other] = compiled("a.bpf.c:4:5: error: use of undeclared identifier 'my_thing'\n");
    assert.equal(other?.explanation, undefined);
  });
});

describe('where libbpf’s and the verifier’s words are shown', () => {
  const failed = (words: string): Verification['programs'] => [
    { name: 'a', section: 'xdp', verdict: 'failed', words, log: '' },
  ];

  it('of an extern and of a map: at the declaration', () => {
    const text = `extern void gone(void) __ksym;
struct bpf_map_def SEC("maps") old = {};
struct {} wide SEC(".maps");
SEC("xdp") int a(void *ctx) { return 0; }
`;
    const unknown = `SEC("struct_ops/undo") int undo(void *ctx) { return 2; }

SEC(".struct_ops.link")
struct tcp_congestion_ops linked = {};
`;
    const words = `libbpf: elf: skipping unrecognized data section(5) .struct_ops.link
libbpf: elf: skipping relo section(6) .rel.struct_ops.link for section(5) .struct_ops.link
libbpf: prog 'undo': BPF program load failed: Invalid argument
`;
    const [rejected] = failed(words);
    assert.ok(rejected);
    const programs = [{ ...rejected, verdict: 'rejected' as const }];
    assert.deepEqual(shown(verified(unknown, { object: new Uint8Array(), programs })), [
      'a.bpf.c:3 too-old',
    ]);
    const places = [
      "libbpf: extern (func ksym) 'gone': not found in kernel or module BTFs",
      "libbpf: elf: legacy map definitions in 'maps' section are not supported by libbpf v1.0+",
      "libbpf: map 'wide': failed to create: Invalid argument(-22)",
    ].map((words) => verified(text, { object: new Uint8Array(), programs: failed(words) })[0]);
    assert.deepEqual(
      places.map((one) => one?.place.line),
      [0, 1, 2],
    );
  });

  it('without the dumps of types that libbpf adds', () => {
    const words = `libbpf: Error loading .BTF into kernel: -22.
libbpf: -- BEGIN BTF LOAD LOG ---
magic: 0xeb9f
[1] PTR (anon) type_id=2
-- END BTF LOAD LOG --
libbpf: map 'wide': failed to create: Invalid argument(-22)
`;
    const [first] = verified('', { object: new Uint8Array(), programs: failed(words) });
    assert.doesNotMatch(first?.message ?? '', /magic|PTR/);
    assert.match(first?.message ?? '', /map 'wide'/);
  });

  it('one mark for a line that several programs share, with their names', () => {
    const log = (register: string) => `0: R1=ctx() R10=fp0
; *p = 1; @ a.bpf.c:2
0: (7a) *(u64 *)(${register} +0) = 1
R${register.slice(1)} invalid mem access 'scalar'
processed 1 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`;
    const programs = ['one', 'two', 'three'].map((name, index) => ({
      name,
      section: 'xdp',
      words: '',
      log: log(`r${index + 1}`),
      verdict: 'rejected' as const,
    }));
    const findings = verified('', { object: new Uint8Array(), programs });
    assert.deepEqual(shown(findings), ['a.bpf.c:2 scalar-dereference']);
    assert.match(findings[0]?.message ?? '', /\nAlso in: one, two, three\.$/);
  });
});
