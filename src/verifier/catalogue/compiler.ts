import * as l10n from '@vscode/l10n';
import type { Entry } from './entry.ts';
import { versionsOf } from './versions.ts';

/** Functions of the compiler's own library, by what C asks for them. */
const LIBRARY: readonly (readonly [RegExp, () => string])[] = [
  [
    /^(?:mem|bcmp)/,
    () =>
      l10n.t(
        'Copying, clearing or comparing memory becomes a call where the size is not constant or is large.',
      ),
  ],
  [
    /^__(?:float|fix|add|sub|mul|div|neg|ext|trunc|eq|ne|lt|le|gt|ge|un)\w*[sdtxh]f/,
    () => l10n.t('This is floating-point arithmetic.'),
  ],
  [/ti[23]?$/, () => l10n.t('This is 128-bit arithmetic.')],
  [
    /^abort$/,
    () =>
      l10n.t(
        'The compiler puts this where the program can never come: after __builtin_trap(), or undefined behaviour.',
      ),
  ],
];

/** Said by clang. The verifier has not seen the program yet. */
export const COMPILER: readonly Entry[] = [
  {
    id: 'signed-division',
    pattern: /unsupport(?:ed)? signed division|cannot make code for s(?:div|rem|divrem)\b/i,
    why: 'BPF has no signed division or remainder before -mcpu=v4 (Linux 6.6, clang 18).',
    fix: 'Make both operands unsigned; where one may be negative, divide its absolute value and put the sign back. The difference of two pointers is divided, too: subtract them as numbers (`(__u64)end - (__u64)start`).',
  },
  {
    id: 'stack-size',
    pattern: /BPF stack limit/,
    why: 'A function has 512 bytes of stack for all its variables.',
    fix: 'Move large variables into a per-CPU array map with one element, or make them smaller.',
  },
  {
    id: 'dynamic-stack',
    pattern: /dynamic stack allocation|dynamic_stackalloc/i,
    why: 'An array of variable length, or alloca(): the stack of a BPF program has a fixed size.',
    fix: 'Give the array a constant size, and bound what is used of it.',
  },
  {
    id: 'indirect-jump',
    pattern: /cannot make code for brind\b/i,
    why: 'The jump goes to an address that is computed (`goto *p`): BPF jumps only to places that the compiler knows.',
    fix: 'Use a `switch`.',
  },
  {
    id: 'thread-local',
    pattern: /thread-local storage is not supported/,
    why: 'A BPF program has no threads of its own.',
    fix: 'Use a per-CPU array map, or a global variable, which all processors share.',
  },
  {
    id: 'library-call',
    pattern: /call to built-?in function '(?<name>\w+)' is not supported/i,
    detail: ({ name = '' }) => LIBRARY.find(([pattern]) => pattern.test(name))?.[1](),
    why: 'There is no library that this function could come from: BPF programs call helpers, kernel functions and their own.',
    fix: 'For memory, use a constant size (__builtin_memset(p, 0, sizeof(*p))), or a loop with a bound; for fractions, integers scaled by a constant.',
  },
  {
    id: 'inline-assembly',
    pattern:
      /^inline assembly: |\bin asm\b|in inline ass?e?m|register for constraint|^clang crashed: Code generation$/,
    why: 'Inline assembly for BPF is written as the verifier’s log has it: `r1 = r2`, `r1 += 4`, `if r1 > 7 goto +3`, `r0 = *(u32 *)(r1 + 8)`. Operands are `%0` or `%[name]`, constraints “r” (64 bits), “w” (32 bits, -mcpu=v3) and “i”, and each label that is jumped to has to be there.',
    fix: 'Compare the line with what `llvm-objdump -d` prints for a BPF object; `gotol`, `may_goto`, `(s8)` and signed division take clang 18 or newer and -mcpu=v4.',
  },
  {
    id: 'compiler-crash',
    pattern: /^clang crashed: /,
    why: 'This is a fault of clang: its code generator for BPF crashed in this function, mostly over a builtin that BPF has no instruction for (__builtin_clz(), __builtin_ctz() and __builtin_ffs() with clang 14, the frame’s and the return address).',
    fix: 'Do without the builtin (count zeros in a loop with a bound), or install a newer clang on the host.',
  },
  {
    id: 'header-conflict',
    pattern: /^beside a header: (?:typedef )?redefinition\b/,
    why: 'vmlinux.h has all types of the kernel; this header defines some of them again. The two do not go together.',
    fix: 'Include one of the two. Beside vmlinux.h only libbpf’s headers (<bpf/…>) are needed; write down the few macros that it lacks (`#define ETH_P_IP 0x0800`).',
  },
  {
    id: 'missing-types',
    pattern: /unknown type name '(?:__)?(?:[us](?:8|16|32|64)|[bl]e(?:16|32|64)|wsum|sum16)'/,
    why: 'The kernel’s integer types are declared in vmlinux.h; <linux/types.h>, which <linux/bpf.h> includes, has those with two underscores (__u32). Libbpf’s own headers include neither.',
    fix: 'Include vmlinux.h or <linux/bpf.h> before everything else.',
  },
  {
    id: 'function-signature',
    pattern:
      /VarArgs or StructRet|variadic|aggregate returns|only (?:small returns|integer returns)|stack arguments are not supported|too many arg(?:ument)?s(?! provided| to function| to block)|pass by value/i,
    why: 'A function of BPF takes at most five arguments, each in one register, and returns one: no structs by value, no variable arguments.',
    fix: 'Pass a pointer to the struct and have the function fill it, or inline it (`static __always_inline`).',
  },
  {
    id: 'atomic',
    pattern: /unsupported atomic|XADD return value|cannot make code for Atomic/i,
    why: 'This atomic operation, or using what it returns, needs -mcpu=v3 (Linux 5.12), and many need 8 bytes.',
    fix: 'Use 64 bits, and do not use the result of __sync_fetch_and_add().',
  },
  {
    id: 'too-old',
    pattern:
      /(?:use of undeclared identifier|implicit declaration of function|unknown type name|call to undeclared function) '(?<name>\w+)'/,
    detail: ({ name = '' }) => versionsOf(name),
    isOnlyWithDetail: true,
    why: 'The headers of libbpf, or of Linux, that the host has are older than this source.',
    fix: 'Install newer ones there (libbpf-dev, linux-libc-dev), include vmlinux.h, or put the project’s own copy of libbpf’s headers where includes are looked for (sockmapBypass.verify.include, --include): it goes before the host’s. Where loading takes a newer libbpf as well, an administrator installs one there, and sockmapBypass.verify.libbpf (--libbpf) names its prefix.',
  },
  {
    id: 'compiler-too-old',
    pattern:
      /unknown target CPU '(?:v4|v5)'|unknown attribute 'preserve_static_offset'|address_space.*not supported/,
    why: 'The host’s clang is older than this source: -mcpu=v4 and preserve_static_offset came with clang 18, arenas with 19.',
    fix: 'Install a newer clang there, or do without.',
  },
  {
    id: 'missing-header',
    pattern: /'(?<name>[^'\n]{1,200})' file not found/,
    detail: ({ name = '' }) =>
      name.endsWith('skel.h')
        ? l10n.t(
            'A skeleton is made from a compiled object: user space includes it, a BPF program does not.',
          )
        : name.endsWith('stubs-32.h')
          ? l10n.t(
              'A header of the C library was included (<netinet/…>, <sys/…>), and for BPF it takes those of 32 bits. Include <linux/…> or vmlinux.h in its place: BPF programs have no C library. Where the project compiles so, Debian has them in libc6-dev-i386.',
            )
          : undefined,
    why: 'It is neither beside the source, nor in a directory that is searched, nor among the headers of the host.',
    fix: 'Name its directory (sockmapBypass.verify.include, --include), or open the folder that holds it; generate what is generated; install the package on the host.',
  },
];
