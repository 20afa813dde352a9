import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { CATALOGUE, entriesFor, explain } from '../../../src/verifier/catalogue.ts';
import { libbpfMessage } from '../../../src/verifier/libbpf.ts';
import { parseLog } from '../../../src/verifier/log.ts';

/** Messages of kernels from 5.10 on, and of libbpf, by their meaning. */
const MESSAGES: Readonly<Record<string, readonly string[]>> = {
  'map-form': [
    "map 'tries.inner': can't determine key size for type [40]: -22.",
    "map 'nested.inner': multi-level inner maps not supported.",
    "map 'odd': unknown field 'size_of_key'.",
    "map 'untyped': map type isn't specified.",
    "map 'number': unexpected def kind var.",
    "map 'hidden': unsupported map linkage static.",
    "map 'clashing': conflicting key size 8 != 4.",
  ],
  'merged-constants': ["sec '.rodata': failed to determine size from ELF: size 0, err -2"],
  'struct-ops': [
    'struct_ops init_kern: struct own_ops is not found in kernel BTF',
    'struct_ops init_kern arena: Cannot find member tail_call in kernel BTF',
    'struct_ops reloc own: cannot relocate non func ptr ssthresh',
    "struct_ops/go without a log\nprog 'go': BPF program load failed: ERROR: strerror_r(524)=22",
  ],
  'link-section': ["non-identical contents of section 'license' are not supported"],
  'extern-undefined': [
    "failed to find BTF for extern 'memcmp': -2",
    "failed to find BTF for extern 'step' [21] section: -2",
    "failed to find BTF for extern 'strlen' [28] section: -2",
    "unrecognized extern section '.maps'",
  ],
  'link-conflict': ["conflicting non-weak symbol #14 (step) definition in 'b.bpf.c'"],
  'link-mismatch': [
    "global 'seen': map max_entries mismatch",
    "global 'step': incompatible int '(null)' size 4 and 8",
  ],
  flags: ["get_local_storage() doesn't support non-zero flags"],
  'packet-argument': ['helper access to the packet is not allowed'],
  lockdown: [
    'program of this type cannot use helper bpf_probe_read_kernel#113',
    'unknown func bpf_probe_write_user#36',
  ],
  exception: ['cannot call exception cb directly', 'exception callback fn() must return scalar'],
  'kernel-function-declaration': [
    "extern (func ksym) 'bpf_task_acquire': func_proto [12] incompatible with vmlinux [3456]",
  ],
  'legacy-packet-function': ["LD_ABS is only allowed in functions that return 'int'."],
  'attach-target': ["prog 'program': failed to find kernel BTF type ID of 'no_such_function': -3"],
  'no-target': [
    "prog 'replacement': attach program FD is not set",
    "prog 'trace': no BTF-based attach target is specified, use bpf_program__set_attach_target()",
  ],
  'no-fentry': [
    "fentry/do_exit without a log\nprog 'trace': BPF program load failed: Operation not permitted",
  ],
  'too-old': ["prog 'program': missing BPF prog type, check ELF section name 'tcx/ingress'"],
  'arena-address': ["arena's user address must be set via map_extra or mmap()"],
  'kernel-pointer': ['R1 has no valid kptr', "R1 doesn't point to kptr"],
  null: [
    "R0 invalid mem access 'map_value_or_null'",
    "R0 invalid mem access 'ptr_or_null_'",
    'R1 pointer arithmetic on map_value_or_null prohibited, null-check it first',
    'R2 type=map_value_or_null expected=fp, pkt, map_value',
    'R1 is ptr_or_null_task_struct invalid negative access: off=-8',
    'Possibly NULL pointer passed to trusted arg0',
    'Possibly NULL pointer passed to helper arg2',
    'arg#0 is expected to be non-NULL',
  ],
  'scalar-dereference': ["R1 invalid mem access 'inv'", "R7 invalid mem access 'scalar'"],
  'not-memory': ["R1 invalid mem access 'map_ptr'", "R3 invalid mem access 'pkt_end'"],
  'uninitialised-register': ['R0 !read_ok', 'R7 !read_ok'],
  'uninitialised-stack': [
    'invalid indirect read from stack off -16+8 size 16',
    'invalid indirect read from stack R3 off -16+8 size 16',
    'invalid read from stack R2 var_off (0xfffffffffffffff0; 0xf)+8 size 1',
  ],
  'stack-bounds': [
    'invalid stack type R2 off=-600 access_size=8',
    'invalid stack off=-520 size=8',
    'invalid write to stack R10 off=-520 size=8',
    'invalid read from stack R10 off=8 size=8',
    'invalid indirect access to stack R1 off=-16 size=31',
    'invalid unbounded variable-offset write to stack R1',
    'invalid variable-offset read from stack R1 var_off=(0x0; 0x1f) off=-16 size=1',
    'R1 stack pointer arithmetic goes out of range, prohibited for !root; off=8',
  ],
  'stack-pointer': [
    'attempt to corrupt spilled pointer on stack',
    'invalid size of register spill',
    'leaking pointer from stack off -8',
    'R2 partial copy of pointer',
    'R2 sign-extension part of pointer',
  ],
  packet: [
    'invalid access to packet, off=4 size=1, R1(id=0,off=4,r=0)\nR1 offset is outside of the packet',
    'invalid access to packet, off=4 size=1, R1(id=0,off=4,r=0)\nR1 min value is outside of the allowed memory range',
  ],
  'argument-size': [
    'R2 invalid zero-sized read: u64=[0,0]',
    'invalid zero-sized read',
    'invalid access to map value, value_size=2 off=0 size=0\nR1 min value is outside of the allowed memory range',
    'arg#1 arg#2 memory, len pair leads to invalid memory access',
  ],
  'map-value-bounds': [
    'invalid access to map value, value_size=24 off=24 size=1\nR6 max value is outside of the allowed memory range',
    'invalid access to map key, key_size=4 off=0 size=8',
    'invalid access to map value pointer, value_size=4 off=8',
  ],
  'memory-bounds': [
    'invalid access to memory, mem_size=8 off=8 size=8',
    'R1 invalid rdonly buffer access: off=8, size=8',
    'invalid access to flow keys off=64 size=4',
    'R1 invalid sock access off=200 size=4',
    'R1 min value is outside of the allowed memory range',
  ],
  'kernel-type-bounds': [
    'access beyond struct task_struct at off 99999 size 8',
    'cannot access ptr member next with moff 0 in struct list_head with off 1 size 4',
    'access beyond the end of member comm (mend:16) in struct x with off 12 size 8',
    'R1 is ptr_file invalid negative access: off=-8',
  ],
  negative: [
    'R2 min value is negative, either use unsigned index or do a if (index >=0) check.',
    "R2 min value is negative, either use unsigned or 'var &= const'",
  ],
  unbounded: [
    'R6 unbounded memory access, make sure to bounds check any such access',
    "R2 unbounded memory access, use 'var &= const' or 'if (var < const)'",
    'math between map_value pointer and register with unbounded min value is not allowed',
    'value -2147483648 makes map_value pointer be out of bounds',
    'R1 invalid variable buffer offset: off=0, var_off=(0x0; 0xff)',
    'R1 has unknown scalar with mixed signed bounds, pointer arithmetic with it prohibited for !root',
  ],
  'special-field': [
    'bpf_spin_lock cannot be accessed directly by load/store',
    'bpf_timer cannot be accessed directly by load/store',
    'kptr access size must be BPF_DW',
    'kptr in map can only be accessed using BPF_LDX/BPF_STX/BPF_ST',
  ],
  'read-only': [
    'write into map forbidden, value_size=4 off=0 size=4',
    'R1 cannot write into rdonly_mem',
    'R1 cannot write into rdonly_buf',
    'cannot write into packet',
    'only read is supported',
    'only read from bpf_array is supported',
    'write to change key R2 not allowed',
    'frame pointer is read only',
    'the prog does not allow writes to packet data',
  ],
  'write-only': ['read from map forbidden, value_size=4 off=0 size=4'],
  'context-access': [
    'invalid bpf_context access off=200 size=4',
    'dereference of modified ctx ptr R1 off=4 disallowed',
    'variable ctx access var_off=(0x0; 0x4) disallowed',
    'negative offset ctx ptr R1 off=-4 disallowed',
    'BPF_ST stores into R1 ctx is not allowed',
  ],
  'traced-argument': [
    "func 'do_unlinkat' doesn't have 6-th argument",
    "func 'task_newtask' doesn't have 5-th argument\ninvalid bpf_context access off=72 size=8",
    "func 'do_unlinkat' arg0 has type INT. Only pointer access is allowed",
    "func 'do_unlinkat' offset 4 is not multiple of 8",
  ],
  'modified-pointer': [
    'dereference of modified ptr_ ptr R1 off=8 disallowed',
    'variable trusted_ptr_ access var_off=(0x0; 0xf8) disallowed',
    'map_value pointer offset 1073741823 is not allowed',
    "R1 doesn't have constant offset. bpf_timer has to be at the constant offset",
  ],
  'foreign-memory': [
    'R1 is ptr_sched_entity access user memory: off=0',
    'R1 is ptr_rq access percpu memory: off=0',
  ],
  'different-pointers': ['same insn cannot be used with different pointers'],
  leak: [
    'R1 leaks addr into map',
    'R1 leaks addr into ctx',
    'R0 leaks addr as return value',
    'R4 leaks addr into helper function',
  ],
  unprivileged: ['R1 pointer comparison prohibited'],
  'pointer-arithmetic': [
    'R1 pointer += pointer prohibited',
    'R0 pointer arithmetic with *= operator prohibited',
    'R0 bitwise operator |= on pointer prohibited',
    'R1 32-bit pointer arithmetic prohibited',
    'R1 tried to subtract pointer from scalar',
    'R1 subtraction from stack pointer prohibited',
    'R1 pointer arithmetic on pkt_end prohibited',
    'math between fp pointer and 4294967295 is not allowed',
  ],
  misaligned: [
    'misaligned stack access off 0+0+-7 size 4',
    'misaligned packet access off 0+2+15+0 size 4',
    'misaligned value access off (0x0; 0x1)+0+0 size 8',
  ],
  atomic: [
    'BPF_ATOMIC stores into R1 pkt is not allowed',
    'BPF_ATOMIC uses invalid atomic opcode 51',
    'BPF_XADD stores into R1 ctx is not allowed',
  ],
  'constant-string': ["R3 does not point to a readonly map'", 'string is not zero-terminated'],
  gpl: [
    'cannot call GPL-restricted function from non-GPL compatible program',
    'cannot call kernel function from non-GPL compatible program',
  ],
  'reference-leak': [
    'Unreleased reference id=2 alloc_insn=11',
    'Unreleased reference id=2 alloc_insn=4\nBPF_EXIT instruction in main prog would lead to reference leak',
    'tail_call would lead to reference leak',
  ],
  'lock-definition': [
    "map 'locks' has to have BTF in order to use bpf_spin_lock",
    "map 'timers' doesn't have 'struct bpf_timer'",
    "map 'locks' has no valid bpf_spin_lock",
    "off 8 doesn't point to 'struct bpf_spin_lock' that is at 0",
  ],
  lock: [
    'bpf_spin_unlock is missing',
    'bpf_spin_unlock without taking a lock',
    'function calls are not allowed while holding a lock',
    'Locking two bpf_spin_locks are not allowed',
    'BPF_EXIT instruction in main prog cannot be used inside bpf_spin_lock-ed region',
    'held lock and object are not in the same allocation',
  ],
  rcu: [
    'R1 must be a rcu pointer',
    'kernel func bpf_x is sleepable within rcu_read_lock region',
    'BPF_EXIT instruction in main prog cannot be used inside bpf_rcu_read_lock-ed region',
    'expected an RCU CS when using bpf_iter_task_next',
  ],
  preemption: [
    '1 bpf_preempt_enable is missing',
    'sleepable helper bpf_copy_from_user#148 in non-preemptible region',
  ],
  sleepable: [
    'helper call might sleep in a non-sleepable prog',
    'Sleepable programs can only use array, hash, ringbuf and local storage maps',
    'program must be sleepable to call sleepable kfunc bpf_x',
  ],
  'tail-call': [
    'tail_calls are not allowed when call stack of previous frames is 304 bytes. Too large',
    "tail_call is only allowed in functions that return 'int'.",
  ],
  dynptr: [
    'Expected an initialized dynptr as arg #2',
    'Expected an initialized dynptr as R3',
    'Dynptr has to be an uninitialized dynptr',
    'Expected a dynptr of type ringbuf as arg #1',
    'arg#0 expected pointer to stack or const struct bpf_dynptr',
  ],
  iterator: [
    'expected uninitialized iter_num as arg #1',
    'expected an initialized iter_num as arg #1',
    'arg#0 expected pointer to an iterator on stack',
  ],
  callback: ['callback function not static', 'callback function cannot be the main program'],
  'owned-object': [
    'arg#1 expected pointer to allocated object',
    'rbtree_remove node input must be non-owning ref',
    'allocated object must be referenced',
  ],
  'reference-use': [
    'R1 must be referenced when passed to release function',
    'R1 must be referenced or trusted',
    'func bpf_sk_release#86 reference has not been acquired before',
    'arg 1 is an unacquired reference',
  ],
  'kernel-function': [
    'calling kernel function bpf_rcu_read_lock is not allowed',
    'kernel function bpf_x args#0 expected pointer to STRUCT task_struct but R1 has a pointer to STRUCT file',
    'too many different kernel function calls',
    'JIT does not support calling kernel function',
  ],
  'helper-unknown': ['invalid func unknown#9999', 'invalid func bpf_dynptr_read#201'],
  'helper-not-allowed': [
    'unknown func bpf_skb_load_bytes#26',
    'program of this type cannot use helper bpf_skb_load_bytes#26',
    'helper call is not allowed in probe',
    'func bpf_get_func_arg#183 supported only for fentry/fexit/fmod_ret programs',
    'cannot update sockmap in this context',
  ],
  'map-argument': [
    'callback function not allowed for map',
    'cannot pass map_type 1 into func bpf_tail_call#12',
    'expected prog array map for tail call',
    'kernel subsystem misconfigured verifier',
    'tracing progs cannot use bpf_timer yet',
    'tracing progs cannot use bpf_spin_lock yet',
  ],
  'argument-type': [
    'R1 type=scalar expected=map_ptr',
    'R2 type=ctx expected=fp, pkt, pkt_meta, map_key, map_value',
    'arg#0 expected pointer to ctx, but got fp',
    'arg#0 is ptr_file expected ptr_sock or socket',
    'R1 is of type file but sock is expected',
    'arg2 expected pointer to func',
  ],
  'argument-constant': [
    "R2 is not a known constant'",
    'R4 must be a known constant',
    'R2 is not a scalar',
  ],
  arena: ['JIT is required to use arena', 'Only one arena per program'],
  'legacy-packet-access': ['BPF_LD_[ABS|IND] instructions not allowed for this program type'],
  'verifier-bug': [
    'verifier internal error: unexpected ptr_reg',
    'verifier bug. No program starts at insn 7',
  ],
  'stack-size': [
    'combined stack size of 2 calls is 608. Too large',
    'stack size of subprog 1 is 576. Too large',
  ],
  'call-depth': ['the call stack of 9 frames is too deep !'],
  'return-value': [
    'At program exit the register R0 has value (0x5; 0x0) should have been in (0x0; 0x1)',
    'At program exit the register R0 has smin=5 smax=5 should have been in [0, 1]',
    'At program exit the register R0 has unknown scalar value should have been in [0, 1]',
    'At callback return the register R0 has smin=5 smax=5 should have been in [0, 1]',
    'In async callback the register R0 is not a known value (fp)',
    'At subprogram exit the register R0 is not a scalar value (fp)',
    'R0 not a scalar value',
    'cannot return stack pointer to the caller',
  ],
  'infinite-loop': ['infinite loop detected at insn 1', 'back-edge from insn 9 to 2'],
  'too-complex': [
    'BPF program is too large. Processed 1000001 insn',
    'The sequence of 8193 jumps is too complex.',
  ],
  'program-size': [
    'too many subprograms',
    "libbpf: prog 'program': BPF program load failed: Argument list too long",
  ],
  'dead-code': ['unreachable insn 2'],
  'control-flow': [
    'jump out of range from insn 1 to 102',
    'last insn is not an exit or jmp',
    'jump into the middle of ldimm64 insn 3',
  ],
  division: ['div by zero'],
  shift: ['invalid shift 64'],
  'global-function': [
    'Arg#0 type PTR in use() is not supported yet.',
    "Caller passes invalid args into func#1 ('use')",
    "Global function use() doesn't return scalar. Only those are supported.",
    'Function use has 6 > 5 args',
  ],
  'function-information': [
    "number of funcs in func_info doesn't match number of subprogs",
    'missing btf func_info',
  ],
  'core-relocation': [
    '1: <invalid CO-RE relocation>\nfailed to resolve CO-RE relocation <byte_off> [23] struct task_struct.arena_lock_rcu (0:0 @ offset 0)',
    '3: <invalid CO-RE relocation>\nfailed to resolve CO-RE relocation <byte_off> [25] struct task_struct.no_such_field (0:0 @ offset 0)',
  ],
  attachment: [
    'do_unlinkat() is not modifiable',
    'attach_btf_id 12345 is not a function',
    "Subprog nothing doesn't exist",
    'The address of function x cannot be found',
  ],
  permission: [
    'loading/calling other bpf or kernel functions are allowed for CAP_BPF and CAP_SYS_ADMIN',
    "libbpf: prog 'program': BPF program load failed: Operation not permitted",
  ],
  jit: ["JIT doesn't support bpf-to-bpf calls"],
  'kernel-btf': ['libbpf: failed to find valid kernel BTF\nlibbpf: Error loading vmlinux BTF: -3'],
  ksym: [
    "7: <invalid kfunc call>\nkfunc 'bpf_tail_call' is referenced but wasn't resolved",
    "libbpf: extern (func ksym) 'no_such_function': not found in kernel or module BTFs",
  ],
  'extern-unresolved': ["extern 'CONFIG_NO_SUCH_OPTION' (strong): not resolved"],
  'function-pointer': ['unknown opcode 8d'],
  instruction: ['unknown opcode 0f', 'BPF_MOV uses reserved fields'],
  'map-definition': [
    "libbpf: elf: legacy map definitions in 'maps' section are not supported by libbpf v1.0+",
  ],
  'map-section': ["prog 'count': bad map relo against 'counts' in section 'maps/counts'"],
  'map-creation': [
    "map 'huge': failed to create: Argument list too long(-7)",
    "libbpf: map 'wide': failed to create: Invalid argument(-22)",
  ],
  'section-name': [
    "libbpf: prog 'program': missing BPF prog type, check ELF section name 'no_such_type'",
  ],
  relocation: ["libbpf: prog 'program': unexpected relo for insn #3 type 10"],
};

/** The first of two decides. A pair that is new here is one to look at. */
const COMPETING: readonly string[] = [
  'arena > jit',
  'arena-address > arena',
  'argument-size > map-value-bounds',
  'argument-size > memory-bounds',
  'context-access > instruction',
  'context-access > modified-pointer',
  'control-flow > ksym',
  'core-relocation > relocation',
  'dynptr > argument-type',
  'exception > callback',
  'function-information > kernel-btf',
  'function-pointer > instruction',
  'helper-not-allowed > attachment',
  'helper-unknown > dynptr',
  'iterator > argument-type',
  'kernel-function > argument-type',
  'kernel-function > jit',
  'kernel-function > program-size',
  'kernel-function > rcu',
  'kernel-type-bounds > owned-object',
  'legacy-packet-function > legacy-packet-access',
  'lock-definition > lock',
  'lockdown > helper-not-allowed',
  'map-argument > lock',
  'map-argument > tail-call',
  'map-section > relocation',
  'map-value-bounds > memory-bounds',
  'no-fentry > permission',
  'no-target > kernel-btf',
  'null > argument-type',
  'null > kernel-type-bounds',
  'null > not-memory',
  'null > pointer-arithmetic',
  'owned-object > argument-type',
  'owned-object > reference-use',
  'packet > memory-bounds',
  'preemption > sleepable',
  'rcu > iterator',
  'rcu > sleepable',
  'reference-leak > tail-call',
  'scalar-dereference > not-memory',
  'special-field > lock',
  'stack-bounds > pointer-arithmetic',
  'stack-bounds > unbounded',
  'stack-bounds > unprivileged',
  'struct-ops > ksym',
  'too-old > section-name',
  'traced-argument > context-access',
  'traced-argument > instruction',
  'unbounded > pointer-arithmetic',
  'unbounded > unprivileged',
  'verifier-bug > control-flow',
];

/** Logs of the corpus from kernels of five versions. */
function* recordedMessages(): Generator<string> {
  const directory = path.join(import.meta.dirname, '../recorded/verifier');
  for (const name of fs.readdirSync(directory).filter((each) => /^\d/.test(each))) {
    const text = gunzipSync(fs.readFileSync(path.join(directory, name))).toString();
    const { programs } = JSON.parse(text) as {
      programs: Record<string, { programs: { words: string; log: string }[] }>;
    };
    for (const { programs: verdicts } of Object.values(programs)) {
      for (const { words, log } of verdicts) yield parseLog(log).message || libbpfMessage(words);
    }
  }
}

describe('the catalogue of explanations', () => {
  for (const [id, messages] of Object.entries(MESSAGES)) {
    it(`knows what means ${id}`, () => {
      for (const message of messages) assert.equal(explain(message)?.id, id, message);
    });
  }

  it('has a message for each of its entries, and its names once', () => {
    const ids = CATALOGUE.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    assert.deepEqual(new Set(ids), new Set(Object.keys(MESSAGES)));
  });

  it('does not decide by names that people chose', () => {
    const names = ['dynptr_pool', 'arena', 'tail_call', 'bpf_spin_lock_stats', 'rcu_irq_JIT'];
    const messages = [
      "map '{0}': failed to create: Invalid argument(-22)",
      "prog '{0}': missing BPF prog type, check ELF section name '{0}'",
      "prog '{0}': failed to find kernel BTF type ID of '{0}': -3",
      "extern (func ksym) '{0}': not found in kernel or module BTFs",
      "Global function {0}() doesn't return scalar. Only those are supported.",
    ];
    for (const message of messages) {
      const expected = explain(message.replaceAll('{0}', 'plain'))?.id;
      assert.ok(expected);
      for (const name of names) {
        assert.equal(explain(message.replaceAll('{0}', name))?.id, expected, `${message} ${name}`);
      }
    }
  });

  it('has few entries that compete for a message, and these are known', () => {
    const competing = new Set<string>();
    for (const message of [...Object.values(MESSAGES).flat(), ...recordedMessages()]) {
      const [first, ...others] = entriesFor(message);
      for (const { id } of others) competing.add(`${first?.id ?? ''} > ${id}`);
    }
    assert.deepEqual(Array.from(competing).sort(), COMPETING);
  });

  it('says what the numbers and types of a message mean', () => {
    const told: readonly (readonly [message: string, start: string])[] = [
      [
        'invalid access to map value, value_size=24 off=24 size=8',
        'It may touch bytes 24 to 31; there are 24 bytes, 0 to 23.',
      ],
      [
        'invalid access to packet, off=12 size=2, R1(id=0,off=12,r=4)',
        'It needs the first 14 bytes from where the pointer came from; the checks before it guarantee 4.',
      ],
      [
        'R2 type=ctx expected=fp, map_value',
        'Argument 2 is the context; this function takes a pointer to the stack or a pointer into a map’s value.',
      ],
      [
        'At program exit the register R0 has smin=5 smax=7 should have been in [0, 1]',
        'It returns something from 5 to 7.',
      ],
      [
        'program of this type cannot use helper bpf_skb_load_bytes#26',
        'bpf_skb_load_bytes() is not',
      ],
      ["R0 invalid mem access 'map_value_or_null'", 'bpf_map_lookup_elem() returns NULL if'],
      ["R0 invalid mem access 'sock_or_null'", 'A socket lookup returns NULL if'],
      ["R1 invalid mem access 'pkt_end'", 'The register holds the packet’s end.'],
      ['invalid write to stack R10 off=-520 size=8', 'It touches bytes -520 to -513, counted from'],
      ['R0 !read_ok', 'Nothing was put into R0'],
    ];
    for (const [message, start] of told) {
      const why = explain(message)?.why ?? '';
      assert.ok(why.startsWith(start), why);
    }
  });

  it('has nothing to say of words it does not know', () => {
    assert.equal(explain('something new'), undefined);
  });
});
