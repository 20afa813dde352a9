import * as l10n from '@vscode/l10n';
import { bytes, type Entry } from './entry.ts';

const SOURCES_OF_NULL: Readonly<Record<string, () => string>> = {
  map_value: () => l10n.t('bpf_map_lookup_elem() returns NULL if the map has no such element.'),
  sock: () => l10n.t('A socket lookup returns NULL if there is no such socket.'),
  sock_common: () =>
    l10n.t('A lookup of a socket, or the `sk` of a context, is NULL if there is no such socket.'),
  tcp_sock: () => l10n.t('bpf_tcp_sock() returns NULL if it is not a TCP socket.'),
  ringbuf_mem: () => l10n.t('bpf_ringbuf_reserve() returns NULL when the ring buffer is full.'),
  alloc_mem: () => l10n.t('bpf_ringbuf_reserve() returns NULL when the ring buffer is full.'),
};

/** Pointers, and what they point to. */
export const MEMORY: readonly Entry[] = [
  {
    id: 'null',
    pattern:
      /(?:invalid mem access '|arithmetic on |type=|R\d+ is )(?<type>\w+?)_or_null|Possibly NULL pointer|expected to be non-NULL/,
    detail: ({ type = '' }) => SOURCES_OF_NULL[type]?.(),
    why: 'The pointer may be NULL on this path, and is used without having been compared with NULL.',
    fix: 'Compare it with NULL and use it only where it is not: `if (!p) return …;`.',
  },
  {
    id: 'scalar-dereference',
    pattern: /R\d+ invalid mem access '(?:inv|scalar)'/,
    why: 'To the verifier this is a number, not a pointer: it was cast from an integer, read out of kernel memory, is known to be NULL here, or a call since has made it invalid (a release, or a helper that may move the packet).',
    fix: 'Get the pointer again after such a call; read kernel memory with BPF_CORE_READ() or bpf_probe_read_kernel(); keep pointers in variables of pointer type.',
  },
  {
    id: 'not-memory',
    pattern: /R\d+ invalid mem access '(?<type>\w+)'/,
    detail: ({ type = '' }) => l10n.t('The register holds {0}.', nameOfType(type)),
    why: 'What this pointer refers to cannot be read or written by a program.',
    fix: 'Pass it to the helper made for it; where a map is meant, look its element up first.',
  },
  {
    id: 'uninitialised-register',
    pattern: /R(?<register>\d+) !read_ok/,
    detail: ({ register = '' }) =>
      register === '0'
        ? l10n.t('Nothing was put into R0, the return value.')
        : /^[1-5]$/.test(register)
          ? l10n.t('R{0} holds an argument, and each call clobbers it.', register)
          : undefined,
    why: 'A value is used that was never set on this path: an uninitialised variable, a missing return value, or a function declared with fewer arguments than it reads.',
    fix: 'Give the variable a value on every path, and end every path with a `return`.',
  },
  {
    id: 'uninitialised-stack',
    pattern:
      /read from stack (?:R\d+ )?(?:off|var_off) [^=]*\+-?\d+ size|uninit stack in range of var-offset/,
    why: 'Bytes of the stack are read that were never written: a field that is not set, or padding between fields that a helper would copy.',
    fix: 'Zero the whole variable first: `struct key k = {};`, or memset() where it has padding.',
  },
  {
    id: 'stack-bounds',
    pattern:
      /(?:to|from|of)? ?stack(?: R\d+)? (?:off=(?<offset>-?\d+) (?:access_)?size=(?<size>\d+)|var_off=|type=)|variable-offset.* stack|invalid stack (?:type|off)|variable(?: offset)? stack (?:access|pointer)|stack pointer arithmetic goes out of range/,
    detail: ({ offset, size }) =>
      offset === undefined
        ? undefined
        : l10n.t(
            'It touches {0}, counted from the end of the stack frame; the frame is -512 to -1.',
            bytes(Number(offset), Number(size)),
          ),
    why: 'The access lies, or may lie, outside of the variable or of the function’s stack frame.',
    fix: 'Index arrays on the stack only with what was compared with their length right before (as unsigned), and pass helpers the size of the variable: sizeof(variable).',
  },
  {
    id: 'stack-pointer',
    pattern:
      /corrupt spilled pointer|invalid size of register (?:spill|fill)|leaking pointer from stack|cannot spill pointers|spilled ptr in range|partial copy of pointer|sign-extension part of pointer/,
    why: 'A pointer on the stack has to be written and read as a whole, 8 bytes at once: a part of it would be a number made from a kernel address.',
    fix: 'Do not copy or overwrite part of a struct that holds pointers; keep them in variables of their own.',
  },
  {
    id: 'packet',
    pattern:
      /invalid access to packet, off=(?<offset>-?\d+) size=(?<size>\d+), R\d+\(id=\d+,off=-?\d+,r=(?<known>\d+)\)|offset is outside of the packet/,
    detail: ({ offset, size, known }) =>
      offset === undefined
        ? undefined
        : l10n.t(
            'It needs the first {0} bytes from where the pointer came from; the checks before it guarantee {1}.',
            String(Number(offset) + Number(size)),
            known ?? '0',
          ),
    why: 'The packet may be shorter than this access: it has to be compared with the packet’s end before.',
    fix: 'Before the access `if ((void *)(p + 1) > data_end) return …;` with the very pointer that is used; take data and data_end anew after a helper that changes the packet.',
  },
  {
    id: 'argument-size',
    pattern:
      /zero-sized read|map value, value_size=\d+ off=\d+ size=0|len pair leads to invalid memory access|rdwr_buf_size/,
    why: 'The size passed along with this memory may be zero, or larger than the memory.',
    fix: 'Bound it right before the call from both sides, or pass sizeof(variable).',
  },
  {
    id: 'map-value-bounds',
    pattern:
      /invalid access to map (?:value|key)(?: pointer)?, (?:value|key)_size=(?<all>\d+) off=(?<offset>-?\d+)(?: size=(?<size>\d+))?/,
    detail: ({ all = '', offset, size }) =>
      size === undefined ? undefined : mayTouch(offset, size, all),
    why: 'The access lies outside of the map’s value, or may: the index is not bounded tightly enough.',
    fix: 'Compare the index with the number of elements right before the access (`if (i >= N) return …;`, unsigned), and use that same variable.',
  },
  {
    id: 'memory-bounds',
    pattern:
      /invalid access to memory, mem_size=(?<all>\d+) off=(?<offset>-?\d+) size=(?<size>\d+)|invalid \S+ buffer access|invalid access to flow keys|R\d+ invalid \S+ access off=|(?:min|max) value is outside of the allowed memory range/,
    detail: ({ all, offset, size }) =>
      all === undefined ? undefined : mayTouch(offset, size, all),
    why: 'The access lies outside of the memory the pointer refers to, or may.',
    fix: 'Ask for as much memory as is used, and compare indexes with its size right before the access.',
  },
  {
    id: 'kernel-type-bounds',
    pattern:
      /access beyond (?:struct|the end of member)|cannot access ptr member|invalid negative access|doesn't have field at offset|field \S+ doesn't have size/,
    why: 'At this offset the kernel’s type has no field, or not of this size.',
    fix: 'Check the type: this kernel’s may differ from the headers’. Declare it with `preserve_access_index` (vmlinux.h does) so that offsets are relocated.',
  },
  {
    id: 'negative',
    pattern: /min value is negative/,
    why: 'The length or the index may be negative to the verifier.',
    fix: 'Make the variable unsigned, or test `if (n < 0) return …;`, then bound it from above too.',
  },
  {
    id: 'unbounded',
    pattern:
      /unbounded (?:memory access|min value|variable)|with mixed signed bounds|invalid variable (?:buffer )?offset|makes \S+ pointer be out of bounds|unlimited memory access/,
    why: 'A length or an offset has no limit that the verifier knows of at this point.',
    fix: 'Bound it right before it is used: compare it with a constant, or mask it (`n &= SIZE - 1`). Where the compiler moves the check away, use a `volatile` copy or barrier_var().',
  },
  {
    id: 'special-field',
    pattern:
      /cannot be accessed (?:directly by load|indirectly by helper)|kptr in map can only|kptr access|invalid kptr access|store to referenced kptr|imm must be 0 when storing to kptr/,
    why: 'This part of the value belongs to the kernel: a lock, a timer, a list or a kernel pointer.',
    fix: 'Leave it to the helpers made for it (a kernel pointer: bpf_kptr_xchg()), and copy the other fields one by one.',
  },
  {
    id: 'read-only',
    pattern:
      /write into map forbidden|cannot write into|only read (?:from .* )?is supported|write to change key|may write into memory|not allow writes to packet data|frame pointer is read only|changes packet data, while original/,
    why: 'This memory may only be read here: a constant, a map that is read-only to programs, or what the kernel has lent.',
    fix: 'Write to a copy on the stack or to a map of your own; a global variable must not be `const`.',
  },
  {
    id: 'write-only',
    pattern: /read from map forbidden/,
    why: 'Programs may only write this map (BPF_F_WRONLY_PROG).',
    fix: 'Leave the flag out of the map’s definition, or keep a readable copy elsewhere.',
  },
  {
    id: 'traced-argument',
    pattern:
      /func '\S+' (?:doesn't have \d+-th argument|offset -?\d+ is not multiple of 8|size \d+ must be 8|arg\d+ )|context argument offset/,
    why: 'The function that is traced has no such argument, or one that cannot be read this way.',
    fix: 'Compare the arguments of BPF_PROG() with the function’s in this kernel’s vmlinux.h: their number, order and types.',
  },
  {
    id: 'context-access',
    pattern:
      /invalid bpf_context access off=(?<offset>-?\d+) size=(?<size>\d+)|(?:variable|negative offset|dereference of modified) ctx |BPF_STX? stores into R\d+ ctx/,
    detail: ({ offset, size }) =>
      offset === undefined
        ? undefined
        : l10n.t(
            'It accesses {0} of the context, which this type of program may not access at all, with this size or in this direction.',
            bytes(Number(offset), Number(size)),
          ),
    why: 'Of its context a program may read certain fields, and write fewer; each whole, at its own fixed offset.',
    fix: 'Use the fields this program type has, each by its name and straight from the argument (no array index, no sum with the context pointer); to write, see which fields are writable.',
  },
  {
    id: 'modified-pointer',
    pattern:
      /(?:dereference of modified|negative offset) \S+ ptr|variable \S+ access var_off|must have (?:zero|constant) offset(?! when passed to release)|cannot pass in \S+ at an offset|doesn't have constant offset|at (?:a|the) constant offset|pointer offset -?\d+ is not allowed/,
    why: 'This kind of pointer may only be used as it was given, or with a constant offset.',
    fix: 'Keep the original pointer and pass it on unchanged.',
  },
  {
    id: 'foreign-memory',
    pattern: /access (?:user|percpu) memory|direct access to \S+ is disallowed/,
    why: 'The pointer leads to user space or to per-CPU memory, which a plain load cannot reach.',
    fix: 'Use bpf_probe_read_user() or bpf_core_read_user(), or bpf_per_cpu_ptr() and bpf_this_cpu_ptr().',
  },
  {
    id: 'different-pointers',
    pattern:
      /same insn cannot be used with different pointers|tried to .* from different maps, paths/,
    why: 'One instruction would access pointers of different kinds, depending on the path.',
    fix: 'Write the access out in each branch, so that the compiler does not join them (barrier_var() helps).',
  },
  {
    id: 'leak',
    pattern: /leaks addr/,
    why: 'A kernel address would become visible outside: as a return value, in a map, or in a packet.',
    fix: 'Store or return what the pointer points to, not the pointer.',
  },
  {
    id: 'unprivileged',
    pattern: /prohibited for !root|!root|pointer comparison prohibited/,
    why: 'Only privileged programs may do this, since it could reveal kernel addresses.',
    fix: 'Load it with CAP_BPF and CAP_PERFMON, or as root.',
  },
  {
    id: 'pointer-arithmetic',
    pattern:
      /pointer arithmetic|pointer \S+ pointer prohibited|bitwise operator .* on pointer|math between|subtract pointer|subtraction from stack pointer|has pointer with unsupported alu|beyond pointer bounds/,
    why: 'This arithmetic would make a pointer the verifier could not check.',
    fix: 'Add a bounded, non-negative number to the original pointer; do all other arithmetic on numbers. Casts to 32 bits count as arithmetic.',
  },
  {
    id: 'misaligned',
    pattern: /misaligned/,
    why: 'The access is not aligned to its size, which this memory requires.',
    fix: 'Lay the data out so that the field is aligned (order of fields, padding), or copy it with memcpy() from a packed struct.',
  },
  {
    id: 'atomic',
    pattern: /BPF_ATOMIC|atomic (?:operand|opcode)|BPF_XADD/,
    why: 'Atomic operations work on 4 or 8 aligned bytes in maps and on the stack, and not every kernel has each of them (5.12 for those that return the old value).',
    fix: 'Use a 32- or 64-bit integer in a map’s value with __sync_fetch_and_add(), and do not use what it returns on older kernels.',
  },
  {
    id: 'constant-string',
    pattern:
      /does not point to a readonly map|not zero-terminated|direct value access|point to a const string|Invalid format string|fmt string/i,
    why: 'The string has to be a constant the verifier can read, and of the allowed form.',
    fix: 'Declare it `static const char text[] = "…";`; formats know fewer conversions than printf().',
  },
];

const mayTouch = (offset = '', size = '', all = ''): string =>
  l10n.t(
    'It may touch {0}; there are {1} bytes, 0 to {2}.',
    bytes(Number(offset), Number(size)),
    all,
    String(Number(all) - 1),
  );

/** The verifier's names of types (kernel/bpf/log.c, reg_type_str). */
export function nameOfType(type: string): string {
  const found = NAMES.find(([pattern]) => pattern.test(type));
  return found === undefined ? type : found[1]();
}

const NAMES: readonly (readonly [RegExp, () => string])[] = [
  [/_or_null$/, () => l10n.t('a pointer that may be NULL')],
  [/^(?:inv|scalar)$/, () => l10n.t('a number')],
  [/^fp$/, () => l10n.t('a pointer to the stack')],
  [/^ctx$/, () => l10n.t('the context')],
  [/^(?:const_)?map_ptr$/, () => l10n.t('the map itself')],
  [/^map_value$/, () => l10n.t('a pointer into a map’s value')],
  [/^map_key$/, () => l10n.t('a pointer to a map’s key')],
  [/^pkt$/, () => l10n.t('a pointer into the packet')],
  [/^pkt_meta$/, () => l10n.t('a pointer to the packet’s metadata')],
  [/^pkt_end$/, () => l10n.t('the packet’s end')],
  [/^(?:ringbuf|alloc)_mem$/, () => l10n.t('a record of a ring buffer')],
  [/^(?:sock|sock_common|tcp_sock|xdp_sock)$/, () => l10n.t('a socket')],
  [/^(?:trusted_|rcu_|untrusted_)*ptr_$/, () => l10n.t('a pointer to a kernel object')],
  [/^func$/, () => l10n.t('a function')],
];
