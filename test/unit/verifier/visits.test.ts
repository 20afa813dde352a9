import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Known } from '../../../src/verifier/known.ts';
import { parseObject } from '../../../src/verifier/object.ts';
import { knownWords } from '../../../src/verifier/valueWords.ts';
import { lineKey, visitsOf, type LineVisits } from '../../../src/verifier/visits.ts';
import { VERIFIER_PROGRAMS } from '../../harness/verifierPrograms.ts';

const RECORDED = path.join(import.meta.dirname, '../recorded/verifier');
type States = Readonly<Record<string, { readonly object: string; readonly log: string }>>;

/** The verifier's states in a recorded program. */
async function walked(states: States, stem: string, change = (log: string) => log) {
  const { object = '', log = '' } = states[stem] ?? {};
  const [program] = parseObject(Buffer.from(object, 'base64'));
  assert.ok(program, stem);
  const all = await visitsOf(program, change(log), true);
  const file = `accepted/${stem}.bpf.c`;
  const text = fs.readFileSync(path.join(VERIFIER_PROGRAMS, file), 'utf8').split('\n');
  const visits = (words: string): LineVisits | undefined =>
    all.visited.get(
      lineKey(
        file,
        text.findIndex((line) => line.includes(words)),
      ),
    );
  /** State at a line's first visit. */
  const known = (words: string): string[] => {
    const [first] = visits(words)?.kept ?? [];
    return first === undefined ? [] : knownWords(first.known);
  };
  return { all, visits, known };
}

for (const name of fs.readdirSync(RECORDED).filter((each) => each.startsWith('states-'))) {
  describe(`what the verifier of Linux ${name.slice('states-'.length, -'.json.gz'.length)} knew`, () => {
    const states = JSON.parse(
      gunzipSync(fs.readFileSync(path.join(RECORDED, name))).toString(),
    ) as States;

    it('of a packet, before it is compared with its end', async () => {
      const { known } = await walked(states, 'packet-again');
      const first = known('data + 1 > end || bpf_xdp');
      assert.ok(first.includes('R1 = end of the packet'), first.join('\n'));
      assert.ok(first.includes('R2 = packet, not checked'), first.join('\n'));
    });

    it('of a value that may be NULL, and of what has to be released', async () => {
      const { known } = await walked(states, 'socket');
      assert.ok(known('if (!sk)').includes('R0 = socket (sock), or NULL, to be released'));
      assert.ok(known('u32 family').includes('R0 = socket (sock), to be released'));
      assert.ok(!known('return').some((line) => line.includes('socket')));
    });

    it('of copies that a branch has tested with the value, which the log does not say', async () => {
      const { all } = await walked(states, 'lock');
      for (const { kept } of all.visited.values()) {
        for (const { known } of kept) {
          const values = Array.from(known.values());
          const isTested = values.some((value) => value.startsWith('map_value('));
          assert.ok(!isTested || !values.some((value) => value.startsWith('map_value_or_null')));
        }
      }
    });

    it('in a function that is called, and in one that is verified by itself', async () => {
      for (const stem of ['static-function', 'global-function']) {
        const { visits, known } = await walked(states, stem);
        assert.equal(visits('return number * 2')?.count, 1);
        const [call] = visits('return twice(')?.kept ?? [];
        assert.equal(call?.frame, 0);
        assert.ok(known('return twice(').includes('R1 = context'));
        const [inside] = visits('return number * 2')?.kept ?? [];
        assert.equal(inside?.frame, stem === 'static-function' ? 1 : 0);
        assert.match(known('return number * 2').join('\n'), /^R\d = (?:any )?number/m);
      }
    });

    it('of an index, in its range', async () => {
      const { all } = await walked(states, 'value-index');
      const words = Array.from(all.visited.values()).flatMap(({ kept }) =>
        kept.flatMap(({ known }) => knownWords(known)),
      );
      assert.ok(
        words.some((line) => /^R\d = number, 0 … \d+$/.test(line)),
        words.join('\n'),
      );
    });

    it('counts each visit, and keeps the first ones and the last ones', async () => {
      // The same walk a hundred times: as in a loop.
      const { all, visits } = await walked(states, 'ringbuf', (log) => log.repeat(100));
      const [line = ''] = all.visited.keys();
      const { count, kept } = all.visited.get(line) ?? { count: 0, kept: [] };
      assert.equal(count % 100, 0);
      assert.equal(kept.length, 25);
      assert.deepEqual([kept[0]?.number, kept[24]?.number], [1, count]);
      assert.deepEqual(visits('no such line'), undefined);
    });

    it('every line that has instructions and is walked over', async () => {
      for (const stem of Object.keys(states)) {
        const { all } = await walked(states, stem);
        assert.ok(all.compiled.size > 0);
        for (const line of all.visited.keys()) assert.ok(all.compiled.has(line), line);
        // Without its second half, the log knows less.
        const half = await walked(states, stem, (log) => log.slice(0, log.length / 2));
        assert.ok(half.all.visited.size < all.visited.size, stem);
      }
    });
  });
}

describe('what the log leaves out', () => {
  const after = (state: string, ...instructions: [string, string?][]): string[] => {
    const known = new Known();
    known.replace(state);
    for (const [text, change] of instructions) {
      known.execute(text);
      if (change !== undefined) known.change(change);
    }
    return Array.from(known.slots, ([name, value]) => `${name}=${value}`);
  };

  it('a call takes away its arguments, and pointers into a packet that it may move', () => {
    assert.deepEqual(
      after('R1=ctx() R2=0 R6=ctx() R7=pkt(off=14,r=34) fp-8=pkt_end()', [
        'call bpf_xdp_adjust_head#44',
        'R0=scalar()',
      ]),
      ['R6=ctx()', 'R0=scalar()'],
    );
    assert.deepEqual(after('R7=pkt(r=34)', ['call bpf_map_lookup_elem#1', 'R0=scalar()']), [
      'R7=pkt(r=34)',
      'R0=scalar()',
    ]);
  });

  it('a branch tells of all copies of a value; of what is only linked nothing is said', () => {
    const value = 'map_value_or_null(id=1,map=hits,ks=4,vs=8)';
    assert.deepEqual(
      after(`R0=${value} R6=${value} R7=map_value_or_null(id=2,map=hits,ks=4,vs=8)`, [
        'if r0 == 0x0 goto pc+3',
        'R0=map_value(map=hits,ks=4,vs=8)',
      ]),
      [
        'R0=map_value(map=hits,ks=4,vs=8)',
        'R6=map_value(map=hits,ks=4,vs=8)',
        'R7=map_value_or_null(id=2,map=hits,ks=4,vs=8)',
      ],
    );
    assert.deepEqual(
      after('R1=pkt(r=0) R2=pkt(off=4,r=0) R3=pkt_end()', [
        'if r2 > r3 goto pc+3',
        'R2=pkt(off=4,r=4) R3=pkt_end()',
      ]),
      ['R2=pkt(off=4,r=4)', 'R3=pkt_end()'],
    );
  });

  it('what was released is gone with all copies', () => {
    assert.deepEqual(
      after(
        'R6=sock(ref_obj_id=2) R7=sock(ref_obj_id=3) refs=2,3',
        ['r1 = r6', 'R1=sock(ref_obj_id=2) R6=sock(ref_obj_id=2) refs=2,3'],
        ['call bpf_sk_release#86', 'R0=scalar() refs=3'],
      ),
      ['R7=sock(ref_obj_id=3)', 'R0=scalar()'],
    );
  });

  it('a caller’s state is not a callee’s', () => {
    assert.deepEqual(after('frame1: R1=ctx() R10=fp0', ['exit'], ['r0 = 1', 'R0=1']), ['R0=1']);
  });
});

describe('what is known, in words', () => {
  const words = (name: string, value: string): string =>
    knownWords(new Map([[name, value]])).join('; ');
  for (const [value, said] of [
    ['ctx()', 'context'],
    ['ctx(id=0,off=0,imm=0)', 'context'],
    ['invP7', '7'],
    ['P-1', '-1'],
    ['0xffff888100000000', '0xffff888100000000'],
    ['scalar()', 'any number'],
    ['inv(id=0,umax_value=255,var_off=(0x0; 0xff))', 'number, 0 … 255'],
    ['scalar(smin=smin32=-128,smax=smax32=127)', 'number, -128 … 127'],
    [
      'scalar(smin=smin32=-256,smax=smax32=-1,umin=0xffffffffffffff00,umin32=0xffffff00,var_off=(0xffffffffffffff00; 0xff))',
      'number, -256 … -1',
    ],
    [
      'scalar(smin=smin32=0,smax=umax=smax32=umax32=72,var_off=(0x0; 0x48))',
      'number, 0 … 72, a multiple of 8',
    ],
    ['scalar(smin32=0,smax32=umax32=15)', 'number, its lower 32 bits 0 … 15'],
    ['map_value_or_null(id=1,map=hits,ks=4,vs=16)', 'value of map hits, 16 bytes, or NULL'],
    ['map_value(id=0,off=8,ks=4,vs=16,imm=0)', "a map's value of 16 bytes, at byte 8"],
    [
      'map_value(map=hits,ks=4,vs=24,off=8,smin=smin32=0,smax=umax=smax32=umax32=15,var_off=(0x0; 0xf))',
      'value of map hits, 24 bytes, at byte 8 + (0 … 15)',
    ],
    ['pkt(off=14,r=34)', 'packet, at byte 14, 20 bytes from there checked'],
    ['fp-16', 'address of the stack at fp-16'],
    ['fp[0]-16', "address of a caller's stack at fp-16"],
    ['rcu_ptr_or_null_task_struct(id=3)', "the kernel's task_struct (rcu), or NULL"],
    ['iter_num(ref_id=1,state=active,depth=0)', 'iter_num(ref_id=1,state=active,depth=0)'],
    ['anything else', 'anything else'],
  ] as const) {
    it(value, () => {
      assert.equal(words('R1', value), `R1 = ${said}`);
    });
  }
  for (const [value, said] of [
    ['mmmm????', 'fp-4 = 4 bytes, any'],
    ['m0mmmmmm', 'fp-1 = 1 byte, any; fp-2 = 1 byte, zero; fp-8 = 6 bytes, any'],
    ['????0', 'fp-8 = 4 bytes, 0'],
    ['0', 'fp-8 = 0'],
    ['mmmmscalar()', 'fp-4 = 4 bytes, any; fp-8 = 4 bytes, any number'],
    ['map_ptr(map=hits,ks=4,vs=8)', 'fp-8 = map hits'],
  ] as const) {
    it(`fp-8=${value}`, () => {
      assert.equal(words('fp-8', value), said);
    });
  }
});
