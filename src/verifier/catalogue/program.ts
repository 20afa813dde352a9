import * as l10n from '@vscode/l10n';
import type { Entry } from './entry.ts';
import { versionsOf } from './versions.ts';

/** Whatever else the message speaks of. */
export const BUG: Entry = {
  id: 'verifier-bug',
  pattern:
    /verifier (?:internal error|bug)|internal bug|is misconfigured|REG INVARIANTS VIOLATION/i,
  why: 'This is a fault of the kernel’s verifier, not of the program.',
  fix: 'Write it differently at this place, try a newer kernel, and report it to bpf@vger.kernel.org with the log.',
};

/** The program as a whole: its size, its paths, what it returns and what it is attached to. */
export const PROGRAM: readonly Entry[] = [
  {
    id: 'stack-size',
    pattern:
      /combined stack size of (?<calls>\d+) calls is (?<size>\d+)|stack size .*(?:too large)|Looks like the BPF stack limit/i,
    detail: ({ calls, size }) =>
      size === undefined
        ? undefined
        : l10n.t('{0} functions need {1} bytes together.', calls ?? '', size),
    why: 'A program has 512 bytes of stack, for all functions that call each other.',
    fix: 'Move large variables into a per-CPU array map with one element, or reuse them in one function.',
  },
  {
    id: 'call-depth',
    pattern: /the call stack of \d+ frames is too deep/,
    why: 'At most eight functions may call each other in a row.',
    fix: 'Inline some of them (`static __always_inline`).',
  },
  {
    id: 'return-value',
    pattern:
      /the register R\d+ (?:is not a|has)(?: smin=(?<min>-?\d+) smax=(?<max>-?\d+))?|should have been in|R0 (?:is )?not a scalar value|cannot return stack pointer/,
    detail: ({ min, max }) =>
      min === undefined
        ? undefined
        : min === max
          ? l10n.t('It returns {0}.', min)
          : l10n.t('It returns something from {0} to {1}.', min, max ?? ''),
    why: 'This type of program, or callback, may return only certain numbers, and never a pointer.',
    fix: 'Return one of those in the message on every path, as a constant or compared with the range before.',
  },
  {
    id: 'infinite-loop',
    pattern: /infinite loop detected|back-edge|loop is not bounded/,
    why: 'Nothing that the verifier tracks changes from one round of this loop to the next, or the kernel knows no loops (before 5.3).',
    fix: 'Count up to a constant: `for (i = 0; i < MAX; i++)`; use bpf_for() (6.4) or bpf_loop() (5.17) where the number is large, `#pragma unroll` on old kernels.',
  },
  {
    id: 'too-complex',
    pattern:
      /program is too large|too complex|too many states|speculative verification|iteration limit reached/i,
    why: 'There are more paths through the program than the verifier is willing to walk (a million instructions), mostly because of a loop with branches in it.',
    fix: 'Make the loop shorter, use bpf_loop() (5.17) or bpf_for() (6.4), or move its body into a global function, which is verified once.',
  },
  {
    id: 'program-size',
    pattern:
      /program too (?:big|long)|at most \d+ insns|E2BIG|(?<!create: |\):)Argument list too long|too many (?:subprograms|different|module)|number of maps per program|cannot be patched due to 16-bit/,
    why: 'The program has more instructions, functions or maps than the kernel takes.',
    fix: 'Split it with tail calls, and move what is repeated into functions that are not inlined.',
  },
  {
    id: 'dead-code',
    pattern: /unreachable insn/,
    why: 'No path reaches this instruction.',
    fix: 'Remove the code, or what makes it unreachable: a jump over it, or a call the compiler takes for one that never returns.',
  },
  {
    id: 'control-flow',
    pattern:
      /jump out of range|last insn is not an exit or jmp|jump into the middle|call to invalid destination|invalid may_goto|invalid insn idx|no program starts at insn/i,
    why: 'The program leaves its own instructions: a function ends without a return, or jumps out of itself. Code that is undefined in C often compiles to this.',
    fix: 'Return on every path, divide by no zero and shift by less than the width; inline assembly has to end in `exit` or a jump.',
  },
  {
    id: 'division',
    pattern: /div(?:ision)? by zero/i,
    why: 'A division by the constant zero.',
    fix: 'Correct the divisor.',
  },
  {
    id: 'shift',
    pattern: /invalid shift/i,
    why: 'A shift by as many bits as the value has, or more.',
    fix: 'Shift by less than 32 for int, 64 for long; widen the value first (`(u64)x << 40`).',
  },
  {
    id: 'global-function',
    pattern:
      /[Gg]lobal func|Arg#\d+ type|doesn't return scalar|Caller passes invalid args|reg type unsupported for arg|Function \S+ has \d+ > \d+ args|unsupported set of tags|combination of tags|pointer tag|Unrecognized arg#/,
    why: 'A function that is not static is verified by itself, without what its callers know: of numbers nothing, of pointers that they may be NULL.',
    fix: 'Compare its pointers with NULL, pass at most five numbers or pointers to plain structs, or make it `static`.',
  },
  {
    id: 'function-information',
    pattern:
      /func[_ ]info|line_info|subprogs without BTF|func(?:tion)? .*BTF is|Invalid BTF of func|needs? valid BTF|func#\d+ doesn't point/,
    why: 'What the object says of its functions does not fit its instructions, or is missing; kernels before 5.13 count functions passed to helpers differently.',
    fix: 'Compile with -g and clang 11 or newer; on an old kernel call the function directly instead of passing it.',
  },
  {
    id: 'core-relocation',
    pattern:
      /invalid CO-RE relocation|CO-RE relo|failed to (?:perform|resolve) CO-RE|\brelo #\d+|core_relo/,
    why: 'The type or field does not exist on this kernel, or not in this form.',
    fix: 'Test with bpf_core_field_exists() or bpf_core_type_exists() before use, and check its name against this kernel’s vmlinux.h.',
  },
  {
    id: 'no-target',
    pattern:
      /attach program FD is not set|no BTF-based attach target is specified|extension program.*target|freplace.*attach/i,
    why: 'The program is made for another program or function, which user space names before it loads it; the section does not.',
    fix: 'Name it in the section where it is always the same (SEC("fentry/function")); a freplace program can only be verified beside the program it replaces a part of.',
  },
  {
    id: 'struct-ops',
    pattern:
      /^struct_ops (?:init|reloc)|^struct_ops\S* without a log\n(?![^]*skipping unrecognized)[^]*524/m,
    why: 'The variable in the section ".struct_ops" has to be of a type of operations that this kernel has, with the members that are set; a program of the section "struct_ops/…" is loaded as the member of such a variable, never alone.',
    fix: 'Compare the type with this kernel’s vmlinux.h (`struct bpf_struct_ops_NAME` names those that it takes), and set the program in the variable: `.member = (void *)program`.',
  },
  {
    id: 'attach-target',
    pattern: /prog '_': failed to find kernel BTF type ID/,
    why: 'This kernel has no function, tracepoint or hook of that name to attach to: it is inlined, renamed or left out there, or it is one of a module.',
    fix: 'Look for its name of this kernel (`grep NAME /proc/kallsyms`, or vmlinux.h); for a module, load that first and write SEC("fentry/MODULE:NAME").',
  },
  {
    id: 'no-fentry',
    pattern:
      /^(?:fentry|fexit|fmod_ret|lsm)\S* without a log\n[^]*(?:not permitted|error 524|not supported)/,
    why: 'This kernel cannot attach programs to functions of its own: it was built without trampolines (CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS), or for an architecture that has none.',
    fix: 'Use a kprobe of the same function, with BPF_KPROBE() and BPF_CORE_READ().',
  },
  {
    id: 'attachment',
    pattern:
      /is not modifiable|Subprog \S+ doesn't exist|Cannot (?:replace|extend|recursively|nest)|can only be attached|Only FENTRY|Can attach to only|can't modify return|address of function|attach_btf_id|provide btf_id|attach to (?:invalid|unsupported) member|noreturn|is not supported for this attach type|The function \S+ (?:has \d+ arg|return type|with variable|arg\d)|fmod_ret|struct_ops module|Tracing programs|BTF of tracepoint|while \S+\(\) has|doesn't match type|arg\d+ in \S+\(\)/i,
    why: 'The program cannot be attached to what its section names: this kernel has no such function or point, or not for this type of program.',
    fix: 'Check the name after the slash in SEC(…) against this kernel (`bpftool btf dump file /sys/kernel/btf/vmlinux`, or /proc/kallsyms).',
  },
  {
    id: 'permission',
    pattern: /CAP_[A-Z]|Operation not permitted|EPERM/,
    why: 'The kernel did not allow it: privileges are missing, or it is locked down.',
    fix: 'Load it as root or with the capabilities named; see `dmesg` about lockdown.',
  },
  {
    id: 'jit',
    pattern: /\bJIT\b|non-JITed|JITed/,
    why: 'The kernel’s JIT compiler is off, or this architecture’s cannot do that yet.',
    fix: 'Switch it on (`sysctl net.core.bpf_jit_enable=1`), or do without.',
  },
  {
    id: 'kernel-btf',
    pattern:
      /missing BTF|BTF is (?:required|mandatory|missing)|vmlinux BTF|in-kernel BTF|btf_vmlinux|no BTF\b|requires BTF/i,
    why: 'The kernel’s own type information, or that of the object, is needed and missing.',
    fix: 'Compile with -g, and use a kernel with CONFIG_DEBUG_INFO_BTF (check /sys/kernel/btf/vmlinux).',
  },
  {
    id: 'ksym',
    pattern:
      /extern .*not found|not found in (?:kernel|vmlinux)|no such symbol|kernel symbol|ldimm64|kfunc '_' is referenced/,
    why: 'The kernel has no such function or variable, or nothing defines what is called here.',
    fix: 'Check the name; declare it `__ksym __weak` and test it before use where only some kernels have it.',
  },
  {
    id: 'extern-unresolved',
    pattern: /extern '_' \(strong\): not resolved/,
    why: 'Nothing has that name: no option of this kernel’s configuration (`__kconfig`), and none of its symbols (`__ksym`).',
    fix: 'Check the name; `__weak` behind it makes it 0 where it is missing.',
  },
  {
    id: 'function-pointer',
    pattern: /unknown opcode 8d/,
    why: 'A function is called through a pointer that the compiler knows no value of: BPF calls only functions that it names.',
    fix: 'Call the functions by their names in a `switch`, use tail calls, or pass the function to a helper that takes one (bpf_loop()).',
  },
  {
    id: 'instruction',
    pattern:
      /unknown (?:opcode|insn class)|uses reserved fields|invalid (?:BPF_|bpf_ld_imm64|insn)|unrecognized bpf_ld/i,
    why: 'This kernel does not know the instruction: the compiler was set to a newer instruction set.',
    fix: 'Compile with -mcpu=v2 or v3 as the kernel has it (v3 from 5.1, v4 from 6.6), and look into inline assembly.',
  },
];

/** Said by libbpf, before or after the verifier. */
export const LOADING: readonly Entry[] = [
  {
    id: 'map-definition',
    pattern: /legacy map definition|map definitions? .*(?:not supported|invalid)|SEC\("maps"\)/i,
    why: 'libbpf 1.0 and newer read only maps that BTF describes.',
    fix: 'Define it as `struct { __uint(type, …); __type(key, …); … } name SEC(".maps");`.',
  },
  {
    id: 'map-section',
    pattern: /bad map relo against '_' in section '_'/,
    why: 'libbpf reads maps from the section ".maps" alone, as BTF describes them, and variables from .data, .bss and .rodata. It loads nothing that is in another section.',
    fix: 'Define a map as `struct { __uint(type, …); __type(key, …); … } name SEC(".maps");`. Leave out SEC() of a variable, or begin its name with .data., .bss. or .rodata.',
  },
  {
    id: 'map-form',
    pattern:
      /^map '_': (?!failed|found)(?:.*\b(?:can't determine \w+ size for type|unexpected def kind|unknown field|map type isn't|conflicting|expected|unsupported (?:map linkage|pinning)|multi-level|should be|can't be|invalid|unexpected)\b)/m,
    why: 'libbpf reads a map from the type of its variable, and this one has not the form that it knows. A size that it cannot determine is that of a struct that is declared only, or defined inside of __array(values, struct { … }), of which the compiler keeps no more than the name.',
    fix: 'Define it as a global variable, not `static`: `struct { __uint(type, …); __uint(max_entries, …); __type(key, …); __type(value, …); } name SEC(".maps");`. Write the struct of inner maps as a named one of its own, or give sizes: __uint(key_size, sizeof(struct key)).',
  },
  {
    id: 'merged-constants',
    pattern: /sec '_': failed to determine size from ELF/,
    why: 'All constants of this section are strings, which the compiler has put into a section of its own (.rodata.str1.1); what it says of them is in the old one, and libbpf cannot open the object.',
    fix: 'Make one of them `const volatile`, or give them a section: `static const char text[] SEC(".rodata.text") = "…";`.',
  },
  {
    id: 'extern-undefined',
    pattern: /failed to find BTF for extern '_'|unrecognized extern section '_'/,
    why: 'A function, a variable or a map is declared here and defined nowhere in this source.',
    fix: 'Where another source of the project defines it, link both (sockmapBypass.verify.link, --link). Declare what is the kernel’s `__ksym`. The C library does not exist here: memcpy() and memset() of constant sizes are inlined.',
  },
  {
    id: 'link-conflict',
    pattern: /conflicting non-weak symbol/,
    why: 'Two of the sources that are linked define the same name.',
    fix: 'Define it in one of them, and declare it `extern` in the other; what a source has for itself alone is `static`.',
  },
  {
    id: 'link-section',
    pattern: /non-identical contents of section/,
    why: 'A section like "license" or "version" exists once in an object, and the sources that are linked have different contents for it.',
    fix: 'Write the same in each of them.',
  },
  {
    id: 'link-mismatch',
    pattern: /global '_': /,
    why: 'The sources that are linked declare something in different ways: a map of other sizes, a function of other arguments, a variable of another type.',
    fix: 'Put the declaration into a header that all of them include.',
  },
  {
    id: 'map-creation',
    pattern: /map '.*': failed|failed to create map|Error in bpf_(?:create_map|map_create)/,
    why: 'The kernel would not make the map: a type it does not have, or sizes that do not fit that type.',
    fix: 'Compare key size, value size, entries and flags with what the type asks for.',
  },
  {
    id: 'too-old',
    pattern:
      /missing BPF prog type|check ELF section name|failed to guess program type|invalid section|unrecognized ELF section|skipping unrecognized/,
    named: /(?:section name|section(?:\(\d+\))?|prefix) '?(?:\?)?(?<name>[\w.]+(?:\/[\w.]+)?)/,
    detail: ({ name = '' }) => versionsOf(name),
    isOnlyWithDetail: true,
    why: 'The libbpf of the host is older than this source: it does not know that kind of program or section.',
    fix: 'Install a newer libbpf-dev there, or a newer libbpf beside it and name its prefix (sockmapBypass.verify.libbpf, --libbpf), or write it in the older form (SEC("tc") for tcx, ".struct_ops" for ".struct_ops.link").',
  },
  {
    id: 'section-name',
    pattern:
      /missing BPF prog type|check ELF section name|failed to guess program type|invalid section/,
    why: 'The section’s name gives libbpf the type of program, and it does not know this one.',
    fix: 'Use a name of libbpf’s list, for example SEC("xdp"), SEC("sockops") or SEC("tc").',
  },
  {
    id: 'relocation',
    pattern: /\brelo(?:cation)?\b/,
    why: 'The instruction refers to something libbpf cannot resolve, such as a function that is only declared.',
    fix: 'Define the function in the same file, or declare it `__ksym`; libc does not exist here (memcpy() and memset() of constant sizes are inlined).',
  },
];
