import fs from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../../..');

interface Contributed {
  readonly command: string;
  readonly title: string;
  readonly category?: string;
}

const read = (name: string): string => fs.readFileSync(path.join(ROOT, name), 'utf8');
const manifest = JSON.parse(read('package.json')) as {
  contributes: { commands: readonly Contributed[] };
};
const WORDS = fs.existsSync(path.join(ROOT, 'package.nls.json'))
  ? (JSON.parse(read('package.nls.json')) as Record<string, string>)
  : {};

const worded = (text: string): string =>
  text.replace(/^%(.+)%$/, (all, key: string) => WORDS[key] ?? all);

/** All that package.json contributes, sorted. */
export const COMMAND_IDS = manifest.contributes.commands.map(({ command }) => command).sort();

const contributed = (id: string): Contributed => {
  const found = manifest.contributes.commands.find(({ command }) => command === id);
  if (found === undefined) throw new Error(`package.json has no command ${id}.`);
  return found;
};

/** As a menu has it: `Load sockmap bypass`. */
export const titleOnly = (id: string): string => worded(contributed(id).title);

/** As the palette has it: `Sockmap: Load sockmap bypass`. */
export function titleOf(id: string): string {
  const { category } = contributed(id);
  return category === undefined ? titleOnly(id) : `${worded(category)}: ${titleOnly(id)}`;
}
