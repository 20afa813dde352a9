import assert from 'node:assert/strict';
import path from 'node:path';
import { collectSource, directoryReader } from '../../../src/bypass/source.ts';
import { quickFixes } from '../../../src/verifier/fixes.ts';
import { sectionFor } from '../../../src/verifier/fixes/section.ts';
import { fixedText } from '../../harness/fixedText.ts';
import { OFFERED } from '../../harness/offeredFixes.ts';
import { expectation, programsThatAre, VERIFIER_PROGRAMS } from '../../harness/verifierPrograms.ts';

/** The fixes that are offered for a fault at the line with `// here`, with the text that each makes. */
function offered(
  text: string,
  explanation: string,
  further: Readonly<Record<string, string>> = {},
) {
  const file = 'a.bpf.c';
  const lines = text.split('\n');
  const line = lines.findIndex((each) => each.includes('// here'));
  const column = (lines[line] ?? '').search(/\S/);
  const files = new Map(
    Object.entries({ ...further, [file]: text }).map(([name, content]) => [
      name,
      Buffer.from(content),
    ]),
  );
  const place = { file, line, column, endColumn: column + 1 };
  const fixes = quickFixes(files)({ place, explanation, from: 'verifier', message: '' });
  return fixes.map((fix) => ({ title: fix.title, text: fixedText(text, fix) }));
}

const program = (body: string, head = 'SEC("xdp")\nint program(struct xdp_md *ctx)'): string =>
  `${head}\n{\n${body}\n}\n`;
const titles = (...[text, explanation, further]: Parameters<typeof offered>): string[] =>
  offered(text, explanation, further).map(({ title }) => title);

describe('quick fixes', () => {
  for (const file of programsThatAre('rejected')) {
    const name = path.basename(file, '.bpf.c');
    const known = OFFERED[name] ?? [];
    it(`${name}: ${known.length === 0 ? 'nothing is offered' : known.join(', or ')}`, async () => {
      const { file: where, line, explanation, words } = expectation(file);
      const { files } = await collectSource(file, directoryReader(VERIFIER_PROGRAMS));
      const text = Buffer.from(files.get(where) ?? []).toString();
      const column = (text.split('\n')[line] ?? '').search(/\S/);
      const place = { file: where, line, column, endColumn: column + 1 };
      const from = name.startsWith('compiler-') ? 'clang' : 'verifier';
      const fixes = quickFixes(files)({ place, explanation, from, message: words });
      assert.deepEqual(
        fixes.map(({ title }) => title),
        known,
      );
    });
  }

  describe('a comparison with NULL', () => {
    const looked = '\tstruct value *value = find(1);\n';
    const used = '\tvalue->count++; // here';
    const nulls = (text: string) => titles(text, 'null');

    it('is indented as the statement is, by the step of the function', () => {
      const [fix] = offered(
        program('  struct v *v = find(1);\n\n  while (more()) {\n    v->n++; // here\n  }'),
        'null',
      );
      assert.match(fix?.text ?? '', /\n {4}if \(!v\)\n {6}return XDP_PASS;\n {4}v->n\+\+;/);
    });

    it('keeps carriage returns and what stands around it', () => {
      const text = program(looked + used).replaceAll('\n', '\r\n');
      assert.match(
        offered(text, 'null')[0]?.text ?? '',
        /\tif \(!value\)\n\t\treturn XDP_PASS;\n\tvalue->count\+\+; \/\/ here\r\n/,
      );
    });

    it('is on the line where others stand there, before the first that looks behind it, and in no initializer', () => {
      const one = '\tint k = 1; struct value *value = find(1); value->first = 1;\n';
      const [fix] = offered(program(one + used), 'null');
      assert.match(
        fix?.text ?? '',
        /find\(1\); if \(!value\) return XDP_PASS; value->first = 1;\n\tvalue->count/,
      );
      const inBlock = '\tif (k) {\n\t\tvalue->first = 1;\n\t}\n';
      assert.match(
        offered(program(looked + inBlock + used), 'null')[0]?.text ?? '',
        /\}\n\tif \(!value\)\n\t\treturn XDP_PASS;\n\tvalue->count/,
      );
      const initializer = '\tstruct pair pair = {\n\t\t.a = value->count, // here\n\t};\n';
      assert.deepEqual(nulls(program(looked + initializer)), []);
    });

    it('returns what each type of program, and each type, leaves as it was', () => {
      const heads: Readonly<Record<string, string>> = {
        'SEC("tc") int p(struct __sk_buff *ctx)': 'return 0;',
        'SEC("?xdp.frags") int p(struct xdp_md *ctx)': 'return XDP_PASS;',
        'SEC("sk_skb/stream_verdict") int p(struct __sk_buff *ctx)': 'return SK_PASS;',
        'SEC("cgroup_skb/egress") int p(struct __sk_buff *ctx)': 'return 1;',
        'SEC("sockops") int p(struct bpf_sock_ops *ctx)': 'return 1;',
        'SEC("kprobe/do_exit")\nint BPF_KPROBE(p, long code)': 'return 0;',
        'static __always_inline void f(void)': 'return;',
        'static struct value *f(u32 a)': 'return 0;',
      };
      for (const [head, end] of Object.entries(heads)) {
        assert.deepEqual(nulls(program(looked + used, head)), [`Insert: if (!value) ${end}`], head);
      }
    });

    it('is not offered where what to return is somebody’s decision', () => {
      for (const head of [
        'static int f(u32 key)',
        'static bool f(u32 key)',
        'SEC("socket") int p(struct __sk_buff *ctx)',
        'SEC("struct_ops/init") int p(u64 *ctx)',
        'SEC("sk_skb/stream_parser") int p(struct __sk_buff *ctx)',
        'SEC(SECTION) int p(u64 *ctx)',
      ]) {
        assert.deepEqual(nulls(program(looked + used, head)), [], head);
      }
    });

    it('is not offered where it would be another’s body, or behind what it guards', () => {
      for (const before of [
        '\tif (a)\n\t',
        '\telse\n\t',
        '\tfor (int i = 0; i < 3; i++)\n\t',
        '\tbpf_for(i, 0, 3)\n\t',
        '\tswitch (a) {\n\tcase 1:\n\t',
        '\tagain:\n\t',
        '\tdo\n\t',
      ]) {
        assert.deepEqual(nulls(program(looked + before + used)), [], before);
      }
      const looped = '\tfor (int i = 0; i < value->count; i++) { // here\n\t}';
      assert.deepEqual(nulls(program(looked + looped)), []);
      assert.deepEqual(nulls(program(`${looked}\tx = 1; value->count++; // here`)), []);
    });

    it('is not offered for what was compared already, or holds something', () => {
      assert.deepEqual(nulls(program(`${looked}\tif (!value)\n\t\tx();\n${used}`)), []);
      assert.deepEqual(nulls(program(`${looked}\tx = value && value->count; // here`)), []);
      const held = '\tbpf_spin_lock(&l->lock);\n';
      assert.deepEqual(nulls(program(held + looked + used)), []);
    });

    it('is not misled by comments, strings and macros', () => {
      const noise =
        '\t/* if (!value) { */\n\tchar s[] = "} if (!value) {";\n#define X(a) if (!value) {\\\n\treturn 0\n';
      assert.equal(nulls(program(looked + noise + used)).length, 1);
    });
  });

  it('a bound of an index: no mask where the length is no power of two, none where lengths differ', () => {
    const body = '\tvalue->text[index] = 1; // here';
    const local = '\tstruct value *value = f();\n\tu32 index = g();\n';
    const types = (length: string) => ({ 'a.h': `struct value {\n\tchar text[${length}];\n};\n` });
    const bounds = (length: string, text = program(local + body)) =>
      titles(text, 'unbounded', types(length));
    assert.deepEqual(bounds('12'), ['Insert: if (index >= 12) return XDP_PASS;']);
    assert.deepEqual(bounds('16').length, 2);
    assert.deepEqual(bounds('N'), []);
    assert.deepEqual(
      bounds('16', `struct other {\n\tint text[4];\n};\n${program(local + body)}`),
      [],
    );
    // A mask goes where there is no statement that may stand before.
    assert.deepEqual(bounds('16', program(local + body, 'static int f(void)')), [
      'Mask the index: index & 15',
    ]);
  });

  it('a section’s name: what was meant, where it can be one thing alone', () => {
    const meant: Readonly<Record<string, string | undefined>> = {
      xpd: 'xdp',
      XDP: 'xdp',
      xdp_prog: 'xdp',
      xdp_drop_tcp: 'xdp',
      '?sock_ops': '?sockops',
      sock_ops: 'sockops',
      classifer: 'classifier',
      'kporbe/do_exit': 'kprobe/do_exit',
      'trace_point/syscalls/sys_enter_open': 'tracepoint/syscalls/sys_enter_open',
      'tracepiont/syscalls/sys_enter_open': 'tracepoint/syscalls/sys_enter_open',
      'tcx/ingress': 'tc',
      'cgroup/conect4': 'cgroup/connect4',
      // Either would be one slip.
      'cgroup/connect': undefined,
      no_such_type: undefined,
      xdp: undefined,
      'netkit/primary': undefined,
      '': undefined,
    };
    for (const [name, known] of Object.entries(meant)) assert.equal(sectionFor(name), known, name);
  });

  it('a licence: only where none is declared, and never another one', () => {
    const gpl = (licence: string) => titles(`${program('\tf(); // here')}${licence}`, 'gpl');
    const declared = (name: string) => `char L[] SEC("license") = "${name}";\n`;
    assert.deepEqual(gpl(''), ['Insert: char LICENSE[] SEC("license") = "GPL";']);
    for (const name of ['Proprietary', 'MIT', 'Apache-2.0', 'GPL', 'Dual MIT/GPL', 'GPL-3.0']) {
      assert.deepEqual(gpl(declared(name)), [], name);
    }
    const written = 'Write the licence as the kernel reads it: ';
    for (const name of ['gpl', 'GPLv2', 'GPL-2.0-only', 'GPL-2.0+']) {
      assert.deepEqual(gpl(declared(name)), [`${written}"GPL"`], name);
    }
    assert.deepEqual(gpl(declared('GPL-2.0 OR BSD-3-Clause')), [`${written}"Dual BSD/GPL"`]);
    const header = { 'l.h': 'char LICENSE[] SEC("license") = "X";\n' };
    assert.deepEqual(titles(program('\tf(); // here'), 'gpl', header), []);
  });

  it('a function that may be missing: only where nothing is made of its result', () => {
    const weak = (body: string, further?: Readonly<Record<string, string>>) =>
      titles(`extern int f(int a) __ksym; // here\n${program(body)}`, 'ksym', further);
    assert.equal(weak('\tf(1);\n\tif (a) {\n\t\tf(2);\n\t}').length, 1);
    assert.deepEqual(weak('\treturn f(1);'), []);
    assert.deepEqual(weak('\tif (a)\n\t\tf(1);'), []);
    assert.deepEqual(weak(''), []);
    assert.deepEqual(weak('\tf(1);', { 'b.h': 'static void g(void) { f(1); }' }), []);
  });

  it('a text that ends in the middle, or is none of C, takes neither for ever nor the process', () => {
    for (const text of [
      '{',
      '}',
      '"',
      '/*',
      'SEC("',
      '((((',
      '\u0000',
      '{'.repeat(5000),
      `${'('.repeat(5000)}// here`,
    ]) {
      for (const kind of [
        'null',
        'packet',
        'unbounded',
        'gpl',
        'ksym',
        'lock',
        'map-creation',
        'section-name',
        'flags',
      ]) {
        offered(`// here\n${text}`, kind);
      }
    }
  });
});
