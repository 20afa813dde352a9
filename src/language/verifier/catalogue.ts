/** A kind of error of the verifier, explained. */
export interface Explanation {
  /** A stable name. */
  readonly id: string;
  /** Why the verifier refuses. */
  readonly why: string;
  /** How to mend it. */
  readonly mend: string;
}

/** The first pattern that fits decides, so the more telling ones come first. */
const CATALOGUE: readonly (readonly [id: string, pattern: RegExp, why: string, mend: string])[] = [
  [
    'null',
    /(?:invalid mem access|R\d+ (?:pointer arithmetic on|invalid)|type=).*_or_null|possibly NULL pointer/,
    'The pointer may be NULL on this path: a map lookup, a socket lookup or an allocation can fail.',
    'Compare it with NULL and use it only where it is not.',
  ],
  [
    'uninitialised-register',
    /R\d+ !read_ok/,
    'A register is read that holds nothing on this path: an uninitialised variable, a function that returns nothing, or an argument lost in a call, which clobbers R1 to R5.',
    'Give the variable a value on every path, and return a value from every path of the program.',
  ],
  [
    'uninitialised-stack',
    /invalid (?:indirect )?read from stack|invalid (?:indirect )?access to stack .*(?:uninit|read)/,
    'Bytes of the stack are read that were never written: a field that is not set, or padding between fields that a helper would copy.',
    'Zero the whole variable first: `struct key k = {};`, or memset() where it has padding.',
  ],
  [
    'stack-bounds',
    /invalid (?:indirect |unbounded |variable-offset )*(?:read|write|access)?\s*(?:from|to|of)? ?(?:indirect access to )?stack|variable(?:-| )offset (?:stack|write to stack)|invalid stack (?:type|off)|stack pointer arithmetic goes out of range/,
    'The access may lie outside of the function’s stack frame, or at an offset the verifier does not know.',
    'Index arrays on the stack with a value that was compared with their length just before; use a map for larger ones.',
  ],
  [
    'stack-size',
    /combined stack size|stack (?:size|depth).*(?:too large|exceed)|Looks like the BPF stack limit/i,
    'A program has 512 bytes of stack, with all functions that call each other.',
    'Move large variables into a per-CPU array map with one element, or inline the calls.',
  ],
  [
    'call-depth',
    /the call stack of \d+ frames is too deep/,
    'At most eight functions may call each other in a row.',
    'Inline some of them (`static __always_inline`).',
  ],
  [
    'packet',
    /invalid access to packet|offset is outside of the packet|R\d+ offset is outside of the packet/,
    'The packet may be shorter than this access: the verifier wants to see the comparison with its end.',
    'Before the access check `if (pointer + size > data_end) return …;` on the same pointer; check anew after a helper that changes the packet.',
  ],
  [
    'map-value-bounds',
    /invalid access to map value|R\d+ (?:min|max) value is outside of the (?:allowed memory|array|map value) range/,
    'The access may lie outside of the value: the verifier knows the index or the length only within bounds that are too wide.',
    'Compare the index with the size right before the access, as an unsigned value, and use the compared variable itself.',
  ],
  [
    'unbounded',
    /unbounded (?:memory access|min value)|(?:min|max) value is (?:negative|not allowed|outside)|pointer and register with unbounded|makes pkt pointer be out of bounds|value -?\d+ makes .* pointer be out of bounds|invalid variable(?:-offset)? (?:offset|access)|unlimited memory access/,
    'A length or an offset has no limit the verifier knows of, or may be negative.',
    'Bound it right before it is used: make it unsigned and compare it with a constant, or mask it (`n &= SIZE - 1`) so that the compiler cannot move the check away.',
  ],
  [
    'map-value-special',
    /(?:kptr|bpf_spin_lock|spin_lock|bpf_timer|bpf_list|bpf_rb|special).*(?:cannot be accessed|access|overlap)|cannot be accessed directly by load\/store/,
    'Part of the map’s value belongs to the kernel: a lock, a timer or a kernel pointer.',
    'Leave it to the helpers made for it; copy the other fields one by one.',
  ],
  [
    'read-only',
    /write into map forbidden|read into map forbidden|cannot write into (?:rdonly_)?|rdonly_(?:mem|buf)|only read is supported|write to change key/,
    'This memory may only be read here: constants, a map made read-only, or what the kernel lent.',
    'Write to a copy on the stack or to a map of your own.',
  ],
  [
    'context-access',
    /invalid bpf_context access|dereference of modified ctx|variable ctx access|disallowed (?:read|write)?.*ctx/,
    'A program may access only certain fields of its context, with their own size and at a fixed offset, and not every kind of program the same ones.',
    'Look up which fields this type of program has; read them directly from the context argument, each by its own name.',
  ],
  [
    'leak',
    /leaks? addr(?:ess)?|leak(?:s)? (?:pointer|kernel)|R\d+ leaks|attempt to corrupt spilled pointer|pointer (?:comparison|operation) prohibited/,
    'A kernel address would become visible outside: as a return value, in a map, or in a packet.',
    'Store what the pointer points to, not the pointer; return a number.',
  ],
  [
    'return-value',
    /At (?:program|subprogram|callback) (?:exit|return)|At .* return.* the register R0|R0 (?:has value|is not a known value)|should have been in/,
    'The value returned is none this type of program may return.',
    'Return one of the values listed in the message on every path, as a constant or compared with the range.',
  ],
  [
    'scalar-dereference',
    /R\d+ invalid mem access '(?:inv|scalar|.*scalar)|invalid mem access 'inv'/,
    'What is dereferenced is a number to the verifier, not a pointer: cast from an integer, changed by arithmetic it cannot follow, or read from kernel memory.',
    'Read kernel memory with bpf_probe_read_kernel() or BPF_CORE_READ(); keep pointers in pointer variables.',
  ],
  [
    'pointer-arithmetic',
    /pointer arithmetic|pointer (?:\+=|-=) pointer|bitwise operator .* on pointer|math between|R\d+ (?:subtraction|tried to|has pointer)|arithmetic on|32-bit pointer arithmetic|dereference of modified/,
    'This arithmetic would make a pointer the verifier could not check.',
    'Add a bounded, non-negative number to the original pointer; do other arithmetic on numbers.',
  ],
  [
    'misaligned',
    /misaligned/,
    'The access is not aligned to its size, which this memory requires.',
    'Lay the data out so that the field is aligned (order of fields, padding), or copy it byte by byte.',
  ],
  [
    'infinite-loop',
    /infinite loop detected|back-edge|loop is not bounded/,
    'The loop has no end the verifier can prove: nothing it knows of changes from one round to the next.',
    'Count up to a constant: `for (i = 0; i < MAX; i++)`; use bpf_loop() or bpf_for() where the number is large.',
  ],
  [
    'too-complex',
    /too (?:large|complex)|too many (?:instructions|insns|states|jumps)|BPF program is too large|sequence of \d+ jumps/,
    'There are more paths through this program than the verifier is willing to walk, mostly a loop with branches in it.',
    'Make the loop shorter, use bpf_loop() (5.17) or bpf_for() (6.4), or move its body into a global function, which is verified once.',
  ],
  [
    'program-size',
    /program too (?:big|long)|at most \d+ insns|E2BIG|Argument list too long/,
    'The program has more instructions than the kernel takes.',
    'Split it with tail calls or global functions.',
  ],
  [
    'dead-code',
    /unreachable insn/,
    'No path reaches this instruction.',
    'Remove the code, or what makes it unreachable: a call that never returns, a jump over it.',
  ],
  [
    'control-flow',
    /jump out of range|last insn is not an exit or jmp|invalid (?:jump|insn)|jump into the middle/,
    'The program leaves its own instructions: it ends without a return, or jumps past its end.',
    'Return on every path; inline assembly has to end in `exit` or a jump.',
  ],
  [
    'division',
    /div(?:ision)? by zero|invalid (?:BPF_)?(?:div|shift)|invalid shift/i,
    'A division by a constant zero, or a shift by more than the width of the value.',
    'Correct the constant.',
  ],
  [
    'lock',
    /bpf_spin_lock|without taking a lock|spin lock|holding a lock|(?:inside|within) (?:a )?bpf_spin_lock|lock.*(?:held|missing|taken)|bpf_res_spin|function calls are not allowed while holding/i,
    'A lock may be held only for a moment: no second one, no other calls, and it has to be released on every path.',
    'Do the work before or after, keep only loads and stores between bpf_spin_lock() and bpf_spin_unlock(), and unlock before each return.',
  ],
  [
    'rcu',
    /rcu_read_(?:lock|unlock)|in RCU|bpf_preempt|preempt/i,
    'A section that excludes sleeping or preemption is left open, or something in it may sleep.',
    'Close it on every path, and call what may sleep outside.',
  ],
  [
    'reference-leak',
    /Unreleased reference|reference leak|would lead to reference leak|BPF_EXIT instruction .*(?:reference|lock)/,
    'Something acquired here, a socket, a ring buffer record or an object, is not released on every path to the end.',
    'Release it before each return: bpf_sk_release(), bpf_ringbuf_submit() or _discard(), bpf_obj_drop().',
  ],
  [
    'reference-use',
    /(?:release|reference).*(?:not acquired|has not been acquired|unacquired|was not|already|must be referenced)|expects? (?:a )?(?:refcounted|referenced|trusted)|must be a (?:rcu|referenced)|must have zero offset|not (?:a )?referenced/,
    'What is released or passed here is not an object the program owns at this point.',
    'Pass the very pointer the acquiring call returned, unchanged, checked against NULL, and only once.',
  ],
  [
    'helper-unknown',
    /unknown func|helper call is not allowed|program of this type cannot use helper|cannot (?:use|call) (?:helper|func)|calling kernel function .* is not allowed|cannot call (?:GPL|exception|kfunc)|invalid func |kfunc.*(?:not allowed|not found|unknown)|kernel function .*not/,
    'This kernel does not have that function, or not for this type of program.',
    'Check in which kernel it appeared and for which program types (`bpftool feature probe`); choose another, or another type.',
  ],
  [
    'gpl',
    /GPL[- ]?(?:compatible|restricted)|non-GPL/,
    'This function may be called only from programs under a licence compatible with the GPL.',
    'Declare it: `char LICENSE[] SEC("license") = "GPL";`.',
  ],
  [
    'sleepable',
    /sleepable|may sleep|cannot sleep|might sleep/i,
    'This may sleep, and the program must not here.',
    'Use a sleepable program type (`.s` in the section), or a function that does not sleep.',
  ],
  [
    'dynptr',
    /dynptr|ringbuf.*(?:dynptr)/i,
    'A dynptr is used that is not initialised, was released, or is of the wrong kind.',
    'Initialise it first, release it once, and take a slice again after the data may have moved.',
  ],
  [
    'iterator',
    /iter(?:ator)?[ _]/,
    'An iterator is used before it was made, or not destroyed on every path.',
    'Use bpf_for() or bpf_for_each(), which do both.',
  ],
  [
    'function-information',
    /func_info/,
    'This kernel counts the functions of the program differently from its BTF: it does not know functions passed to helpers (5.13).',
    'Call the function directly, in a loop with a constant bound.',
  ],
  [
    'callback',
    /callback/i,
    'The callback has the wrong form, or does what is not allowed in one.',
    'Pass a static function with the signature the helper wants, which returns 0 or 1.',
  ],
  [
    'map-argument',
    /cannot pass map_type|expected prog array|kernel subsystem misconfigured|expected=(?:const_)?map_ptr|map_type .* (?:is not|not supported)|in map_ptr|map.*(?:incompatible|not allowed)|tracing progs cannot use/,
    'This kind of map does not go with this function or this type of program.',
    'Use the functions made for that kind of map.',
  ],
  [
    'tail-call',
    /tail_calls? (?:are|is) not|tail call|tail_call/i,
    'Tail calls are not possible here: in a function called while holding something, or together with the stack it leaves too little of.',
    'Call it from the program itself, with nothing held, and less than 256 bytes of stack.',
  ],
  [
    'argument-size',
    /invalid zero-sized read|R\d+ (?:invalid|min|max) (?:size|value)|mem.*size|R\d+ .*(?:negative|zero)/,
    'A size passed to a function may be zero, negative, or larger than the memory it goes with.',
    'Bound it right before the call, from both sides.',
  ],
  [
    'argument-type',
    /type=\S+ expected=|arg#?\d+ (?:expected|type|is|pointer|must|reference)|R\d+ (?:must be|is not|expected)|Caller passes invalid args|expected pointer/,
    'The argument is not of the kind the function takes.',
    'Compare with the function’s signature; memory passed to a helper has to be on the stack, in a map or in a packet.',
  ],
  [
    'global-function',
    /[Gg]lobal (?:function|func)|Arg#\d+ type|Func#\d+|func.*(?:global|doesn't return scalar|not.*scalar)/,
    'A function that is not static is verified by itself, without what its callers know.',
    'Check pointers against NULL in it, or make it `static`.',
  ],
  [
    'access-size',
    /invalid (?:read|write|access)|out of bounds|access beyond|off=-?\d+ size=\d+/,
    'The access lies outside of what the pointer may be used for.',
    'Check offset and size against the type; compare them with the limits before the access.',
  ],
  [
    'core-relocation',
    /invalid CO-RE relocation|CO-RE reloc|failed to (?:perform|resolve) CO-RE|relo #\d+/,
    'The type or field does not exist on this kernel, or not in this form.',
    'Test with bpf_core_field_exists() or bpf_core_type_exists() first, and check its name against this kernel’s vmlinux.h.',
  ],
  [
    'ksym',
    /extern \(?.*(?:not found|ksym)|failed to find (?:kernel )?BTF|is not found in vmlinux BTF|no such symbol/,
    'The kernel has no such function or variable.',
    'Declare it `__weak` and test it before use, or run on a kernel that has it.',
  ],
  [
    'kernel-btf',
    /BTF is (?:required|mandatory)|vmlinux BTF|attach_btf_id|no BTF|missing BTF/i,
    'The kernel’s own type information, or that of this program, is needed and missing.',
    'Use a kernel with CONFIG_DEBUG_INFO_BTF (check /sys/kernel/btf/vmlinux), and the name of a function it has.',
  ],
  [
    'section-name',
    /missing BPF prog type|check ELF section name|failed to guess program type|invalid section/,
    'The section’s name tells libbpf the type of program, and it does not know this one.',
    'Use a name of libbpf’s list, for example SEC("xdp"), SEC("sockops") or SEC("tc").',
  ],
  [
    'map-creation',
    /failed to create map|map '.*': failed|map.*create|Error in bpf_(?:create_map|map_create)/,
    'The kernel would not make the map: a type it does not have, or sizes that do not fit that type.',
    'Compare key size, value size, entries and flags with what the type asks for.',
  ],
  [
    'permission',
    /Operation not permitted|EPERM|CAP_/,
    'The kernel did not allow it at all: missing privileges, locked down, or not under this licence.',
    'Check the host.',
  ],
];

/** What is known of an error; the message may be several lines. */
export function explain(message: string): Explanation | undefined {
  const found = CATALOGUE.find(([, pattern]) => pattern.test(message));
  if (found === undefined) return undefined;
  const [id, , why, mend] = found;
  return { id, why, mend };
}
