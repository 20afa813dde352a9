import * as l10n from '@vscode/l10n';
import type { Entry } from './entry.ts';
import { nameOfType } from './memory.ts';

/** Functions of the kernel, what is passed to them, and what they hand out. */
export const CALLS: readonly Entry[] = [
  {
    id: 'gpl',
    pattern: /GPL[- ]?(?:compatible|restricted)|GPL-only/i,
    why: 'This function may be called only from programs under a licence compatible with the GPL.',
    fix: 'Declare it: `char LICENSE[] SEC("license") = "GPL";`.',
  },
  {
    id: 'flags',
    pattern: /non-zero flags|flags? (?:must be|should be) (?:0|zero)/i,
    why: 'This function has no flags yet: anything but 0 is refused.',
    fix: 'Pass 0 as its flags.',
  },
  {
    id: 'packet-argument',
    pattern: /helper access to the packet is not allowed/,
    why: 'This helper does not take a pointer into the packet, or not in programs of this type.',
    fix: 'Copy what it needs to the stack first (bpf_skb_load_bytes(), bpf_xdp_load_bytes(), or an assignment after a check of bounds) and pass that.',
  },
  {
    id: 'lockdown',
    pattern:
      /(?:unknown func|cannot use helper) bpf_(?:probe_read_kernel(?:_str)?|probe_write_user)\b|locked? ?down/i,
    why: 'The kernel is locked down: in the mode “confidentiality” programs may not read its memory, and in “integrity” they may not write that of processes.',
    fix: 'Look at /sys/kernel/security/lockdown; Secure Boot switches it on, and only a boot without it switches it off.',
  },
  {
    id: 'helper-unknown',
    pattern: /invalid func (?<name>\S+)#(?<number>\d+)/,
    detail: ({ name = '', number = '' }) =>
      l10n.t(
        'This kernel does not have helper number {0}.',
        name === 'unknown' ? number : `${number} (${name})`,
      ),
    why: 'Helpers are numbered, and newer kernels have more of them.',
    fix: 'See in which kernel it appeared (`bpftool feature probe` lists what this one has), and do without on older ones: bpf_core_enum_value_exists() says so at run time.',
  },
  {
    id: 'helper-not-allowed',
    pattern:
      /unknown func (?<name>\w+)#\d+|cannot use helper (?<helper>\w+)|helper call is not allowed|func (?<other>\w+)#\d+ +(?:not )?supported|cannot update sockmap in this context/,
    detail: ({ name, helper, other }) => {
      const known = name ?? helper ?? other;
      return known === undefined
        ? undefined
        : l10n.t('{0}() is not for programs of this type.', known);
    },
    why: 'Which helpers there are depends on the type of program, thus on the section.',
    fix: 'Use another helper, or do it in a program of a type that has this one (`bpftool feature probe` lists them by type).',
  },
  {
    id: 'map-argument',
    pattern:
      /cannot pass map_type|not allowed for map\b|expected prog array|kernel subsystem misconfigured|tracing progs cannot use|cannot be used for PREEMPT_RT|isn't map pointer|doesn't match map pointer|invalid map_ptr|cgroup storage of each type|bpf_struct_ops map cannot|map_ptr access not supported/,
    why: 'This kind of map does not go with this function, or with this type of program.',
    fix: 'Use the functions made for that kind of map, and pass the map itself (`&map`) where one is expected.',
  },
  {
    id: 'kernel-function-declaration',
    pattern: /incompatible with (?:kernel|vmlinux|module)|func_proto \[\d+\]/,
    why: 'The function is there, but its declaration in the source differs from the kernel’s: in the number of its arguments, their types or what it returns.',
    fix: 'Take the declaration from this kernel’s vmlinux.h (`bpftool btf dump file /sys/kernel/btf/vmlinux format c`).',
  },
  {
    id: 'kernel-function',
    pattern:
      /calling kernel function|kernel function \S+ (?:is not allowed|args#|unhandled|returns pointer)|kernel function btf_id|kernel function calls?\b|kfunc offset|for kfunc|support calling kfunc|destructive kfunc|kfunc bpf_rdonly|address (?:for|of) kernel function|BTF for kernel function|module BTFs?(?: object)? (?:fd|is)|different module BTFs|not a module BTF/i,
    why: 'This kernel does not have that function, or does not offer it to this type of program, or the arguments do not match its own.',
    fix: 'Check its declaration and for which program types it is registered in this kernel; declare it `__ksym __weak` and test it where a kernel may lack it.',
  },
  {
    id: 'reference-leak',
    pattern: /Unreleased reference|reference leak/,
    why: 'Something acquired here, a socket, a ring buffer record or an object, is not released on every path to the end.',
    fix: 'Release it before each `return`: bpf_sk_release(), bpf_ringbuf_submit() or bpf_ringbuf_discard(), bpf_obj_drop().',
  },
  {
    id: 'kernel-pointer',
    pattern: /has no valid kptr|doesn't point to kptr/,
    why: 'The map’s value has no pointer in that place that the kernel may hold an object with (`__kptr`). clang 14 leaves that mark out of the object where the pointer is one to a struct.',
    fix: 'Declare it as `struct NAME __kptr *field;`, directly in the struct given with __type(value, …); where it is so already, use a newer clang on the host.',
  },
  {
    id: 'lock-definition',
    pattern:
      /map '.*' (?:has to have BTF|has more than (?:one|\d+)|doesn't have 'struct|is not a struct type|has repeating|has no valid)|has no valid bpf_\w+|doesn't point to 'struct|kptr isn't referenced|not found at offset=/,
    why: 'The map’s value does not hold that lock, timer or kernel pointer in the form the kernel looks for.',
    fix: 'Put it directly into the struct given with __type(value, …), once and aligned, and pass its address in that element.',
  },
  {
    id: 'lock',
    pattern:
      /bpf_spin_lock|bpf_spin_unlock|spin_\{lock|res_spin_|without taking a lock|holding a lock|not in the same allocation/i,
    why: 'A lock may be held only for a moment: no second one, no calls but those made for it, and it has to be released on every path.',
    fix: 'Make calls before or after; keep loads and stores between bpf_spin_lock() and bpf_spin_unlock(), and unlock before each `return`.',
  },
  {
    id: 'rcu',
    pattern:
      /rcu_read_(?:lock|unlock|\{)|rcu read (?:lock|unlock)|expected an RCU CS|bpf_rcu|must be a rcu pointer/i,
    why: 'The pointer or the call needs an RCU read section around it, or such a section is not closed, or something in it may sleep.',
    fix: 'Enclose it in bpf_rcu_read_lock() and bpf_rcu_read_unlock(), on every path, and call what may sleep outside.',
  },
  {
    id: 'preemption',
    pattern: /preempt_(?:enable|disable)|non-preemptible|preemption|local_irq_|IRQ/,
    why: 'A section that excludes preemption or interrupts is not closed, or something in it may sleep.',
    fix: 'Close it on every path, in the reverse order of opening, and call what may sleep outside.',
  },
  {
    id: 'sleepable',
    pattern: /sleepable|may sleep|cannot sleep|might sleep/i,
    why: 'Only programs that may sleep can do this, or only those that may not.',
    fix: 'Use the sleepable form of the program type (`.s` in the section: "lsm.s/…", "fentry.s/…"), or a function that does not sleep (bpf_probe_read_user() for bpf_copy_from_user()).',
  },
  {
    id: 'tail-call',
    pattern: /(?<!map for )tail[_ ]calls?/i,
    why: 'A tail call is not possible here: from a function whose callers use more than 256 bytes of stack, that returns no int, or while something is held.',
    fix: 'Make it from the program itself, or with less stack, and release everything first.',
  },
  {
    id: 'dynptr',
    pattern: /dynptr/i,
    why: 'A dynptr is used that is not initialised, was released or changed, or is of the wrong kind.',
    fix: 'Leave the struct to its functions: initialise it once (bpf_dynptr_from_mem(), bpf_ringbuf_reserve_dynptr()), release it once, and get slices anew after it changed.',
  },
  {
    id: 'iterator',
    pattern: /\biterator\b|\biter_\w+ as\b|iter pointer|\bbpf_iter_\w+_(?:new|next|destroy)/,
    why: 'An iterator is used before it was made, or is not destroyed on every path.',
    fix: 'Use bpf_for() or bpf_for_each(), which do both.',
  },
  {
    id: 'exception',
    pattern: /exception c(?:b|allback)|bpf_throw|exception/i,
    why: 'bpf_throw() ends the program, and what is held or unwound at that moment is limited; its callback takes one number and returns what the program may return.',
    fix: 'Throw where nothing is held; declare the callback `__noinline int name(u64 cookie)` and name it with __exception_cb(name), once.',
  },
  {
    id: 'callback',
    pattern: /callback(?! return| the register| function not allowed for map)/i,
    why: 'The callback has the wrong form, or does what is not allowed in one.',
    fix: 'Pass a static function with the signature the helper wants; it returns 0 to go on and 1 to stop.',
  },
  {
    id: 'owned-object',
    pattern:
      /rbtree|bpf_list|list_head|rb_root|owning ref|allocated object|bpf_obj_new|bpf_percpu_obj|bpf_refcount|obj_drop|operation on \S+ expects|must point to kernel BTF/,
    why: 'Objects of a program’s own have one owner at a time: a variable, a list or a tree.',
    fix: 'After adding an object to a list or tree do not use it but under the same lock; take it out to own it again, and drop what is owned.',
  },
  {
    id: 'reference-use',
    pattern:
      /(?:release|reference).*(?:not acquired|has not been acquired|unacquired)|unacquired reference|must be referenced|expects? refcounted|referenced or trusted|zero offset when passed to release/,
    why: 'What is released or passed here is not an object the program owns at this point: it was never acquired, is already released, or is a pointer read out of memory.',
    fix: 'Pass the very pointer the acquiring call returned, unchanged, compared with NULL, and only once.',
  },
  {
    id: 'argument-type',
    pattern:
      /R(?<register>\d) type=(?<type>\w+) expected=(?<expected>.*)|R\d+ is of type \S+ but|arg#?\d+ (?:expected|expects|is|pointer|doesn't|type|reference|must|no referenced|BTF)|has invalid btf|expected pointer to|kernel function \S+ args/,
    detail: ({ register = '', type, expected = '' }) =>
      type === undefined
        ? undefined
        : l10n.t(
            'Argument {0} is {1}; this function takes {2}.',
            register,
            nameOfType(type),
            alternatives(expected),
          ),
    why: 'The argument is not of the kind the function takes.',
    fix: 'Compare the arguments, one by one, with the helper’s signature (hover over its name); data passed by pointer lies on the stack, in a map or in a packet.',
  },
  {
    id: 'argument-constant',
    pattern:
      /(?<!register )R\d+ is not a (?:known constant|constant address|const|scalar)|must be a known constant|type ID argument must/,
    why: 'This argument has to be a constant, or at least a number.',
    fix: 'Pass a literal or sizeof(…); what is computed at run time does not count.',
  },
  {
    id: 'arena-address',
    pattern: /arena's user address must be set/,
    why: 'The libbpf of the host is older than this source: arenas came with libbpf 1.4, which gives them their address.',
    fix: 'Install a newer libbpf beside it and name its prefix (sockmapBypass.verify.libbpf, --libbpf). Programs that use an arena take clang 19 as well.',
  },
  {
    id: 'arena',
    pattern: /arena|addr_space_cast/,
    why: 'Arenas need a JIT compiler that knows them, 6.9 or newer, and pointers of their own address space.',
    fix: 'Declare such pointers with `__arena`, and one arena map in the object.',
  },
  {
    id: 'legacy-packet-function',
    pattern: /LD_(?:\[?ABS\]?|\[?ABS\|IND\]?).* only allowed in functions that return/i,
    why: 'load_byte(), load_half() and load_word() end the function they stand in where the packet is too short: it has to return an int, and so have its callers.',
    fix: 'Make the function return int, inline it, or use bpf_skb_load_bytes(), which returns an error instead.',
  },
  {
    id: 'legacy-packet-access',
    pattern: /BPF_LD_\[?ABS|LD_ABS/,
    why: 'load_byte(), load_half() and load_word() are for socket filters and tc programs, and not while something is held.',
    fix: 'Use bpf_skb_load_bytes(), or read the packet directly.',
  },
];

/** The types a helper takes, in words, each once. */
function alternatives(expected: string): string {
  const names = expected.split(',').map((type) => nameOfType(type.trim()));
  return Array.from(new Set(names.filter((name) => name !== ''))).join(l10n.t(' or '));
}
