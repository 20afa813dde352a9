/** Words of the kernel's that libbpf quotes: its own log, and the object's types one by one. */
const QUOTED = /^-- BEGIN .{0,40}LOAD LOG --+\n[^]*?(?:^-- END .{0,40}LOG --+$|$(?![^]))/gm;
const GIVES_UP =
  /^(?:failed to load object|prog '.*': failed to load|Retrying without BTF|Error in bpf_object__probe|permission error while running as root)/;

/** libbpf's words without what only says that it gives up, and without the kernel's dumps. */
export function libbpfMessage(words: string): string {
  const lines = words
    .replace(/^libbpf: /gm, '')
    .replace(QUOTED, '')
    .split('\n')
    .map((line) => line.trim())
    .filter(
      (line) => line !== '' && !GIVES_UP.test(line) && !line.includes('Retrying without BTF'),
    );
  return Array.from(new Set(lines)).join('\n') || 'libbpf cannot load it';
}
