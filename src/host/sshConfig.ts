import path from 'node:path';
import SSHConfig, { LineType } from 'ssh-config';

/**
 * The aliases a person has written into an ssh configuration: names of `Host` lines without
 * patterns, through `Include`s. For a list to choose from, so what cannot be read is left out.
 * @param read text of a file, given its path.
 */
export async function sshAliases(
  file: string,
  read: (file: string) => Promise<string>,
  depth = 0,
): Promise<string[]> {
  const lines = await read(file).then(
    (text) => {
      try {
        return SSHConfig.parse(text);
      } catch {
        return [];
      }
    },
    () => [],
  );
  const found: string[] = [];
  for (const line of lines) {
    if (line.type !== LineType.DIRECTIVE) continue;
    const words =
      typeof line.value === 'string' ? line.value.split(/\s+/) : line.value.map(({ val }) => val);
    const name = line.param.toLowerCase();
    if (name === 'host') found.push(...words.filter((word) => /^[^*?!]+$/.test(word)));
    if (name === 'include' && depth < 4) {
      for (const included of words.filter((word) => !/[*?[]/.test(word))) {
        const next = path.resolve(
          path.dirname(file),
          included.replace(/^~/, process.env['HOME'] ?? '~'),
        );
        found.push(...(await sshAliases(next, read, depth + 1)));
      }
    }
  }
  return Array.from(new Set(found));
}
