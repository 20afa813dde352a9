import type { Host } from '../host/host.ts';

/** Whether a source asks for the kernel's types and does not bring them along. */
export function wantsKernelTypes(files: ReadonlyMap<string, Uint8Array>): boolean {
  if (Array.from(files.keys()).some((name) => /(^|\/)vmlinux\.h$/.test(name))) return false;
  return Array.from(files.values()).some((content) =>
    /^[ \t]*#[ \t]*include[ \t]*["<]vmlinux\.h[">]/m.test(Buffer.from(content).toString()),
  );
}

/** Whole or not at all: others may look for it meanwhile. */
const WRITE = `[ -e "$1/vmlinux.h" ] || { umask 022; mkdir -p "$1" &&
bpftool btf dump file /sys/kernel/btf/vmlinux format c >"$1/.new$$" && mv "$1/.new$$" "$1/vmlinux.h"; }`;

/**
 * Writes the types of the host's kernel to `vmlinux.h` in a directory there, unless they are there.
 * @throws HostError with bpftool's words.
 */
export async function writeKernelTypes(
  host: Host,
  directory: string,
  signal?: AbortSignal,
): Promise<void> {
  await host.check(['sh', '-c', WRITE, 'sh', directory], {
    tried: "write the kernel's types to vmlinux.h",
    signal,
    next: 'Check that the kernel carries BTF, and that bpftool is there.',
  });
}
