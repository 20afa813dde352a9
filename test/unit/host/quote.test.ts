import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { execaSync } from 'execa';
import { loginShellLine, shellLine, shellWord } from '../../../src/host/quote.ts';

/** Everything any shell gives a meaning to, alone and in company. */
const HOSTILE = [
  '',
  ' ',
  'plain',
  'two words',
  "it's",
  "'",
  "''",
  '"quoted"',
  '$HOME ${HOME} $(id) `id`',
  'a\\b\\\\c\\n\\0101\\',
  '!! !$ !-1 ^a^b',
  '* ? [a-z] {a,b} ~ ~root',
  '#comment',
  'a; b & c && d || e | f',
  '<in >out 2>&1',
  '(sub) { group; }',
  'line\nbreak',
  '\n',
  'trailing\n\n',
  'tab\tcarriage\r',
  '-n',
  '--',
  '=eq a=b',
  '%s %d %% %',
  'grüße 日本語 🚀',
  '\u0001\u001b[31m\u007f',
  "'; touch /hostile; '",
  '$(printf "\\047")',
];

const PRINT = 'for word; do printf "%s\\0" "$word"; done';

function through(shell: readonly string[], line: string): string[] {
  const [file = '', ...args] = shell;
  const { stdout } = execaSync(file, [...args, '-c', line]);
  return stdout.split('\0').slice(0, -1);
}

/** Login shells by chance on this machine, beside those that are on every one. */
const installed = (name: string): boolean =>
  (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .some((each) => fs.existsSync(`${each}/${name}`));
const POSIX = [['sh'], ['bash'], ['dash'], ['ksh'], ['zsh'], ['busybox', 'sh']];
const OTHERS = [['fish'], ['tcsh'], ['csh']];
const here = (shells: string[][]): string[][] =>
  shells.filter(([file = '']) => file === 'sh' || file === 'bash' || installed(file));

describe('quoting', () => {
  for (const shell of here(POSIX)) {
    it(`gives ${shell.join(' ')} every word as it is`, () => {
      assert.deepEqual(through(shell, shellLine(['sh', '-c', PRINT, 'sh', ...HOSTILE])), HOSTILE);
    });
  }

  for (const shell of here([...POSIX, ...OTHERS])) {
    it(`reaches sh through the login shell ${shell.join(' ')}`, () => {
      const line = loginShellLine(['sh', '-c', PRINT, 'sh', ...HOSTILE]);
      assert.deepEqual(through(shell, line), HOSTILE);
    });
  }

  it('passes every byte a word can hold', () => {
    const word = String.fromCharCode(...Array.from({ length: 126 }, (_, i) => i + 1));
    for (const shell of here([...POSIX, ...OTHERS])) {
      assert.deepEqual(through(shell, loginShellLine(['sh', '-c', PRINT, 'sh', word])), [word]);
    }
  });

  it('is one line of plain characters on its way through the login shell', () => {
    const line = loginShellLine(['sh', '-c', PRINT, 'sh', ...HOSTILE]);
    assert.match(line, /^exec sh -c 'eval "\$\(printf %b "\$0"\)"' '[ "-&(-~]+'$/);
  });

  it('leaves harmless words readable', () => {
    assert.equal(shellLine(['clang', '-O2', '-I/tmp/x', 'a.c']), 'clang -O2 -I/tmp/x a.c');
    assert.equal(shellWord("it's"), `'it'\\''s'`);
    assert.equal(shellWord(''), `''`);
  });

  it('refuses a NUL byte, which no word can hold', () => {
    assert.throws(() => shellWord('a\0b'), RangeError);
    assert.throws(() => loginShellLine(['a\0b']), RangeError);
  });
});
