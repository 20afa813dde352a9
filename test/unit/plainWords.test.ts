import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { globSync } from 'tinyglobby';
import { COMMANDS } from '../../src/cli/commands.ts';
import { helpOf, overview } from '../../src/cli/help.ts';

const root = path.join(import.meta.dirname, '../..');
const read = (file: string): string => fs.readFileSync(path.join(root, file), 'utf8');
const values = (file: string): string[] =>
  Object.values(JSON.parse(read(file)) as Record<string, string>);

/** Everything that people read, by where it is. */
const shown = (): [where: string, text: string][] => [
  ...values('l10n/bundle.l10n.json').map((text): [string, string] => ['a sentence', text]),
  ...values('package.nls.json').map((text): [string, string] => ['package.nls.json', text]),
  ...[overview(COMMANDS), ...COMMANDS.map(helpOf)].map((text): [string, string] => ['help', text]),
  ...globSync(['README.md', 'SECURITY.md', 'docs/*.md'], { cwd: root }).map(
    (file): [string, string] => [file, read(file)],
  ),
];

/** Phrases that nobody of the trade would write, and what to write. */
const ODD: readonly (readonly [odd: RegExp, plain: string])[] = [
  [/could not connect on\b/i, 'Could not connect to'],
  [/\bon this window\b/i, 'in this window'],
  [/\bmend(?:ed|s|ing)?\b/i, 'fix'],
  [/hardly (?:a byte|redirected)/i, 'almost no data, mostly TCP'],
  [/does not decide/i, 'inconclusive'],
  [/is worth it for/i, 'is faster for'],
  [/TCP no delay|Nagle on\b/i, 'TCP with TCP_NODELAY'],
  [/its 95% interval, interval of ratio|interval of (?:the )?ratio/i, '95% CI, ratio (95% CI)'],
  [/cut off and went on/i, 'interrupted and resumed'],
  [/memory ends|not to leave on/i, 'queues can exhaust memory'],
  [/\bfor good\b/i, 'permanently'],
  [/" is no size|\bis no (?:macro|file of|host string|argv)\b/i, 'is not a'],
  [/\bfor sure\b/i, 'significantly'],
  [/Of \d+ figures|\bOf its bytes\b/, 'N measurements'],
  [/once for this kernel\b.*sockets|Probing sockets on/i, 'Checking socket compatibility'],
  [/with their numbers/i, 'and integer values'],
  [/\b(?:amiss|heed|whereof|hitherto)\b|for the asking|in the way of its end/i, 'plain English'],
  [/what talks to|have the kernel verify|what is left of it\b/i, 'a noun'],
  [
    /\bcannot be told\b|to ask on\b|\banew, and|\bto what is bundled\b|\bas bundled\b/i,
    'plain English',
  ],
  [/next to nothing|all the same before|no end after|\bunless it is told\b/i, 'plain English'],
  [/one word too many|\bno bad one\b|nothing can be said/i, 'plain English'],
];

describe('words for people', () => {
  it('are those of the trade', () => {
    const found = shown().flatMap(([where, text]) =>
      ODD.flatMap(([odd, plain]) => {
        const hit = odd.exec(text)?.[0];
        return hit === undefined ? [] : [`${where}: "${hit}" (${plain}): ${text.slice(0, 120)}`];
      }),
    );
    assert.deepEqual(found, []);
  });

  it('call arms variants, but where they name the key of a plan', () => {
    const arms = values('l10n/bundle.l10n.json').filter((text) => /\barms?\b/i.test(text));
    assert.deepEqual(
      arms.filter((text) => !text.includes('"arms"')),
      [],
    );
  });
  it('are not names of styles, which a translation would change', () => {
    const sources = globSync(['src/**/*.ts', 'webview/**/*.ts'], { cwd: root });
    assert.deepEqual(
      sources.filter((file) => /\bclass: (?:vscode\.)?l10n\b/.test(read(file))),
      [],
    );
  });

  it('name in comments what they are about, first of all', () => {
    const sources = globSync(
      ['*.{js,mjs}', '{src,webview,scripts,test,bpf,deploy}/**', '!**/node_modules/**'],
      { cwd: root, ignore: ['test/host/programs/released/**', 'test/fixtures/**/*.json'] },
    );
    const found = sources.flatMap((file) =>
      read(file)
        .split('\n')
        .filter((line) => /(?:^|\s)(?:\/\/|\/\*\*?|\*|#) (?:Of|What) /.test(line))
        .map((line) => `${file}: ${line.trim()}`),
    );
    assert.deepEqual(found, []);
  });
});
