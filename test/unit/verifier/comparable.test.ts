import assert from 'node:assert/strict';
import { comparable } from '../../../src/verifier/comparable.ts';

const listing = (first: number, map: number, line: number) => `int count(struct xdp_md * ctx):
; int key = 0; @ a.bpf.c:${line}
   ${first}: (b7) r1 = 0
; sum(&key); @ helpers.h:${line + 3}
   ${first + 1}: (18) r1 = map[id:${map}]
   ${first + 3}: (18) r2 = map[id:${map + 2}][0]+8
   ${first + 5}: (85) call __htab_map_lookup_elem#${map}004
   ${first + 6}: (85) call pc+12#bpf_prog_${String(map).padStart(16, '0')}_sum
   ${first + 7}: (15) if r0 == 0x0 goto pc+1
`;

describe('listings that are compared', () => {
  it('are the same where only places, ids and addresses differ', () => {
    assert.notEqual(listing(0, 12, 7), listing(40, 98, 9));
    assert.equal(
      comparable(listing(0, 12, 7), 'a.bpf.c'),
      comparable(listing(40, 98, 9), 'a.bpf.c'),
    );
  });

  it('keep what an instruction does, below its line of the source', () => {
    assert.equal(
      comparable(listing(0, 12, 7), 'src/a.bpf.c'),
      `int count(struct xdp_md * ctx):
; int key = 0;
    (b7) r1 = 0
; sum(&key); @ helpers.h
    (18) r1 = map[1]
    (18) r2 = map[2][0]+8
    (85) call __htab_map_lookup_elem
    (85) call pc+12#bpf_prog_sum
    (15) if r0 == 0x0 goto pc+1
`,
    );
  });

  it('keep maps apart that have numbers of several digits', () => {
    assert.equal(
      comparable('0: (18) r1 = map[id:100]\n2: (18) r2 = map[id:99]', 'a.bpf.c'),
      '    (18) r1 = map[2]\n    (18) r2 = map[1]',
    );
  });

  it('keep the states of a log, without the numbers of registers’ ids', () => {
    const log = (id: number) => `; long *value = bpf_map_lookup_elem(&hits, &key); @ a.bpf.c:14
5: (18) r1 = 0xffff8881094bc00${id}           ; R1=map_ptr(map=hits,ks=4,vs=8)
6: (18) r2 = 0xffffffffffffffff         ; R2=-1
; if (value) @ a.bpf.c:16
8: (15) if r0 == 0x0 goto pc+3          ; R0=map_value(map=hits,ks=4,vs=8,id=${id}) (3 times)`;
    assert.equal(comparable(log(1), 'a.bpf.c'), comparable(log(2), 'a.bpf.c'));
    assert.match(
      comparable(log(1), 'a.bpf.c'),
      /R0=map_value\(map=hits,ks=4,vs=8,id\) \(3 times\)$/,
    );
  });
});
