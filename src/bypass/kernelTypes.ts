import * as l10n from '@vscode/l10n';
import type { Host } from '../host/host.ts';
import { scriptArgv } from '../host/hostScript.ts';

/** Stands in a source for a vmlinux.h that it looks for in a directory; kernel-types.sh writes the file of this name. */
export const KERNEL_TYPES: Uint8Array = Buffer.from('#include <sockmap-bypass-vmlinux.h>\n');

/** Whether a source asks for the kernel's types and does not bring them along. */
export function wantsKernelTypes(files: ReadonlyMap<string, Uint8Array>): boolean {
  if (Array.from(files.values()).includes(KERNEL_TYPES)) return true;
  if (Array.from(files.keys()).some((name) => /(^|\/)vmlinux\.h$/.test(name))) return false;
  return Array.from(files.values()).some((content) =>
    /^[ \t]*#[ \t]*include[ \t]*["<]vmlinux\.h[">]/m.test(Buffer.from(content).toString()),
  );
}

/**
 * Writes the types of the host's kernel to `include/vmlinux.h` in a directory of ours there, unless they are there.
 * @throws HostError with bpftool's words.
 */
export async function writeKernelTypes(
  host: Host,
  directory: string,
  signal?: AbortSignal,
): Promise<void> {
  await host.check(scriptArgv('kernel-types.sh', directory), {
    tried: l10n.t("write the kernel's types to vmlinux.h"),
    signal,
    next: l10n.t('Check that the kernel carries BTF, and that bpftool is there.'),
  });
}
