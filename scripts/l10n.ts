/**
 * Words for people: writes l10n/bundle.l10n.json, every sentence of the code for translators (`npm run l10n`).
 * With `--check` it writes nothing, and fails where that file is out of date, or where package.json and
 * package.nls.json do not name the same keys.
 */
import fs from 'node:fs';
import path from 'node:path';
import { getL10nJson } from '@vscode/l10n-dev';
import { format } from 'prettier';
import { globSync } from 'tinyglobby';
import { TABLES } from './l10n/tables.ts';

const root = path.join(import.meta.dirname, '..');
const BUNDLE = 'l10n/bundle.l10n.json';
const read = (file: string): string => fs.readFileSync(path.join(root, file), 'utf8');

const files = globSync(['src/**/*.ts', 'webview/**/*.ts'], { cwd: root }).sort();
// Most files have no such words, and parsing them takes as long.
const found = await getL10nJson(
  files
    .map((file) => ({ extension: '.ts' as const, contents: read(file) }))
    .filter(({ contents }) => contents.includes('l10n')),
);
const words = { ...found, ...Object.fromEntries(TABLES.map((one) => [one, one])) };
const sorted = Object.fromEntries(Object.entries(words).sort(([a], [b]) => (a < b ? -1 : 1)));
const bundle = await format(JSON.stringify(sorted), { parser: 'json', printWidth: 100 });

if (process.argv.includes('--check')) {
  const complaints = [...bundleComplaints(), ...manifestComplaints()];
  if (complaints.length > 0) {
    console.error(complaints.join('\n'));
    process.exitCode = 1;
  }
} else {
  fs.mkdirSync(path.join(root, path.dirname(BUNDLE)), { recursive: true });
  fs.writeFileSync(path.join(root, BUNDLE), bundle);
}

function bundleComplaints(): string[] {
  const isCurrent = fs.existsSync(path.join(root, BUNDLE)) && read(BUNDLE) === bundle;
  return isCurrent ? [] : [`${BUNDLE} is out of date: npm run l10n`];
}

/** Keys that package.json uses and package.nls.json lacks, and those that nothing uses. */
function manifestComplaints(): string[] {
  const used = new Set(
    Array.from(read('package.json').matchAll(/"%([\w.-]+)%"/g), ([, key = '']) => key),
  );
  const known = Object.keys(JSON.parse(read('package.nls.json')) as object);
  return [
    ...Array.from(used)
      .filter((key) => !known.includes(key))
      .map((key) => `package.nls.json has no ${key}`),
    ...known
      .filter((key) => !used.has(key))
      .map((key) => `Nothing uses ${key} of package.nls.json`),
  ];
}
