import { homedir } from 'node:os';
import path from 'node:path';
import SSHConfig, { LineType } from 'ssh-config';
import { glob } from 'tinyglobby';

/** ssh reads no deeper (ssh_config(5)). */
const DEEPEST = 16;

/**
 * The aliases a person has written into an ssh configuration: names of `Host` lines without
 * patterns, through `Include`s. For a list to choose from, so what cannot be read is left out.
 * @param read text of a file, given its path.
 * @param home the person's; relative `Include`s, nested ones too, are below its `.ssh`.
 */
export async function sshAliases(
  file: string,
  read: (file: string) => Promise<string>,
  home = homedir(),
): Promise<string[]> {
  const found = new Set<string>();
  const seen = new Set<string>();
  const visit = async (one: string, depth: number): Promise<void> => {
    if (seen.has(one) || depth > DEEPEST) return;
    seen.add(one);
    for (const { name, words } of await directives(one, read)) {
      if (name === 'host') {
        for (const word of words) if (/^[^*?!]+$/.test(word)) found.add(word);
      } else if (name === 'include') {
        for (const word of words)
          for (const next of await included(word, home)) await visit(next, depth + 1);
      }
    }
  };
  await visit(file, 0);
  return Array.from(found);
}

interface Directive {
  readonly name: string;
  readonly words: readonly string[];
}

async function directives(
  file: string,
  read: (file: string) => Promise<string>,
): Promise<Directive[]> {
  try {
    return flat(SSHConfig.parse(await read(file)));
  } catch {
    return [];
  }
}

/** Those of a stanza follow its `Host` or `Match`. */
const flat = (config: SSHConfig): Directive[] =>
  config.flatMap((line) => {
    if (line.type !== LineType.DIRECTIVE) return [];
    const { param, value } = line;
    const words = typeof value === 'string' ? value.split(/\s+/) : value.map(({ val }) => val);
    return [{ name: param.toLowerCase(), words }, ...('config' in line ? flat(line.config) : [])];
  });

/** Files an `Include` names, in the order of their names, as glob(7) has it. */
async function included(word: string, home: string): Promise<string[]> {
  const named = word
    .replace(/^~(?=\/|$)|%d/g, home)
    .replace(/\$\{(\w+)\}/g, (_, name: string) => process.env[name] ?? '');
  const whole = path.resolve(home, '.ssh', named);
  if (!/[*?[]/.test(named)) return [whole];
  const options = { absolute: true, expandDirectories: false, followSymbolicLinks: true };
  return (await glob(whole, options).catch(() => [])).toSorted();
}
