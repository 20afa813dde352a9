import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The host's own command, whose functions the other scripts may call. */
const COMMAND = 'sockmap-bypassctl';
/** Those that it does not need itself. */
const FUNCTIONS = 'functions.sh';

/** The files for hosts, from the sources and from the bundle alike. */
const TOOLS = path.join('bpf', 'tools');

const texts = new Map<string, string>();

/** The text of a file of `bpf/tools`. */
function read(name: string): string {
  const known = texts.get(name);
  if (known !== undefined) return known;
  let directory = import.meta.dirname;
  while (!existsSync(path.join(directory, TOOLS, COMMAND))) {
    const above = path.dirname(directory);
    if (above === directory) throw new Error(`${TOOLS} is missing beside ${import.meta.dirname}`);
    directory = above;
  }
  const text = readFileSync(path.join(directory, TOOLS, name), 'utf8');
  texts.set(name, text);
  return text;
}

const FUNCTION = /^(\w+)\(\) \{(?: .*\}|\n[^]*?\n\})$/gm;

/** Without comments and margins: a command line has its bounds, 32,767 characters where Windows is the client. */
const bare = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trimStart())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .join('\n');

const functionsOf = (text: string): Map<string, string> =>
  new Map(Array.from(text.matchAll(FUNCTION), ([all, name = '']) => [name, bare(all)]));

let library: ReadonlyMap<string, string> | undefined;
const libraryFunctions = (): ReadonlyMap<string, string> =>
  (library ??= new Map([...functionsOf(read(COMMAND)), ...functionsOf(read(FUNCTIONS))]));

const linked = new Map<string, string>();

/**
 * A script for a host, in one piece: what a file of `bpf/tools` says, behind those functions of
 * `sockmap-bypassctl` and `functions.sh` that it names, and that these name.
 * @param name `NAME.sh`; or a function of `sockmap-bypassctl`, which gets the script's arguments.
 */
export function hostScript(name: string): string {
  const known = linked.get(name);
  if (known !== undefined) return known;
  const text = name.endsWith('.sh') ? bare(read(name)) : `${name} "$@"`;
  const script = withFunctions(text);
  linked.set(name, script);
  return script;
}

/** A script with the functions that it names. */
export const withFunctions = (text: string): string => link(text, libraryFunctions());

/** @param library functions by their names, each as it is written. */
export function link(text: string, library: ReadonlyMap<string, string>): string {
  const wanted = new Set<string>();
  const look = (within: string): void => {
    for (const [word] of within.matchAll(/\w+/g)) {
      if (wanted.has(word) || !library.has(word)) continue;
      wanted.add(word);
      look(library.get(word) ?? '');
    }
  };
  look(text);
  for (const own of functionsOf(text).keys()) wanted.delete(own);
  const parts = Array.from(library).flatMap(([each, body]) => (wanted.has(each) ? [body] : []));
  return [...parts, text].join('\n');
}

/** The argv that runs it. */
export const scriptArgv = (name: string, ...args: readonly string[]): string[] => [
  'sh',
  '-c',
  hostScript(name),
  name,
  ...args,
];
