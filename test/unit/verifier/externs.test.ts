import assert from 'node:assert/strict';
import { definedIn, externMaps } from '../../../src/verifier/externs.ts';

const filesOf = (texts: Readonly<Record<string, string>>): Map<string, Uint8Array> =>
  new Map(Object.entries(texts).map(([name, text]) => [name, Buffer.from(text)]));

describe('what sources leave to each other', () => {
  it('are maps that are declared extern, at their names', () => {
    const text = `/* extern struct a no SEC(".maps"); */
extern struct kind named SEC(".maps");
extern struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
} written SEC(".maps");
struct {} own SEC(".maps");
`;
    assert.deepEqual(Array.from(externMaps(text)), [
      ['named', 1],
      ['written', 4],
    ]);
  });

  it('are found in the sources that define them, once each', () => {
    const files = filesOf({
      'a.bpf.c': `#include "all.h"
extern struct {
	int x;
} map SEC(".maps");
extern __u64 counter;
extern const int table[4];
extern int bpf_task_size(void) __ksym;
extern int CONFIG_HZ __kconfig;
static int own(int a);
static int own(int a) { return step(a) + other(a); }
SEC("xdp") int program(void *ctx) { return own(1); }
`,
      'all.h': 'int step(int a);\nint here(void);\n',
      'c.c': 'int here(void)\n{\n\treturn 1;\n}\n',
    });
    const others = filesOf({
      'b.bpf.c': `struct { int x; } map SEC(".maps");
__u64 counter = 1;
const int table[4] = {1};
int bpf_task_size(void) { return 1; }
int CONFIG_HZ;
`,
      'd.bpf.c': '__noinline int step(int a)\n{\n\treturn a;\n}\n__u64 counter;\n',
      'e.bpf.c':
        'extern __u64 counter;\nint x(void) { return step(1); }\nstatic int step(int a) { }\n',
      'c.c': 'int step(int a) { return 1; }\n',
    });
    assert.deepEqual(definedIn({ files }, others), [
      { file: 'b.bpf.c', names: ['map', 'counter', 'table'] },
      { file: 'd.bpf.c', names: ['step'] },
    ]);
  });

  it('are found in no time in whatever a file holds', () => {
    const long = `extern ${'a '.repeat(200_000)}\n${'int '.repeat(200_000)}(`;
    assert.deepEqual(definedIn({ files: filesOf({ a: long }) }, filesOf({ b: long })), []);
  });
});
