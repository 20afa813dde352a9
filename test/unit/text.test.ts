import assert from 'node:assert/strict';
import {
  fileName,
  jsonText,
  label,
  listed,
  markdownText,
  oneLine,
  paragraphs,
  shortIds,
  visible,
} from '../../src/text.ts';

/** As VS Code 1.139 finds links and icons in labels and messages. */
const LINK = /\[([^\]]+)\]\(((?:https?:\/\/|command:|file:)[^)\s]+)(?: (["'])(.+?)(\3))?\)/i;
const ICON = /(\\)?\$\(([A-Za-z0-9-]+(?:~[A-Za-z]+)?)\)/;
const UNSEEN = /[\p{Cf}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\p{Cs}]/u;

/** Texts of pieces that mean something somewhere; the same ones with every run. */
function* texts(count: number): Generator<string> {
  const pieces = [
    '[',
    ']',
    '(',
    ')',
    '$(',
    '$',
    '](command:a.b)',
    '[x](https://h)',
    '[x](file:///e)',
    '$(zap)',
    '$(loading~spin)',
    '\\$(x)',
    '\u001b[2J',
    '\u001b]0;t\u0007',
    '\u009b31m',
    '\0',
    '\u202e',
    '\u2066',
    '\u2069',
    '\u200f',
    '\u200b',
    '\ufeff',
    '\u00ad',
    '\u2028',
    '\u2029',
    '\u3164',
    '\u{e0041}',
    '\ud800',
    '\udc00',
    '\ufe0f',
    '\r',
    '\n',
    '\r\n',
    '\t',
    ' ',
    '\u0085',
    'a',
    'B',
    '0',
    '-',
    'ä',
    '漢',
    '😀',
    '*',
    '_',
    '`',
    '<b>',
    '&#x202e;',
    '|',
    '~',
    '#',
    '!',
    'http://h/',
    '1.',
    '+',
    '=',
    '../',
    '/',
    '\\',
    '..',
    'x'.repeat(300),
  ];
  let seed = 7;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  for (let index = 0; index < count; index++) {
    yield Array.from({ length: random(12) }, () => pieces[random(pieces.length)] ?? '').join('');
  }
}

describe('text from outside', () => {
  it('spells out what would not be seen', () => {
    const said = 'a\u202eb\u200b \u001b[31mred\u001b[0m\u0007 c\u009b2Jd\u2028e\ud800';
    const shown =
      'a<U+202E>b<U+200B> <U+001B>[31mred<U+001B>[0m<U+0007> c<U+009B>2Jd<U+2028>e<U+D800>';
    assert.equal(visible(said), shown);
    assert.equal(visible('one\r\ntwo\tthree\n'), 'one\ntwo\tthree\n');
    assert.equal(visible('ein Gerät, 漢字, 😀'), 'ein Gerät, 漢字, 😀');
  });

  it('makes no links and icons of it, and leaves shell lines readable', () => {
    assert.equal(
      label('error: [click](command:workbench.action.closeWindow)'),
      'error: [click] (command:workbench.action.closeWindow)',
    );
    assert.equal(label('$(zap) on: $(loading~spin)'), '$ (zap) on: $ (loading~spin)');
    assert.equal(
      label('apt-get install "tools-$(uname -r)"'),
      'apt-get install "tools-$(uname -r)"',
    );
    assert.equal(label('two\n  lines\u2028three'), 'two lines<U+2028>three');
  });

  it('cuts what is too long in its middle, never a character in half', () => {
    const cut = oneLine(`Could not ${'😀'.repeat(5000)} do next.`, 40);
    assert.equal(Array.from(cut).length, 40);
    assert.match(cut, /^Could not 😀+…😀*.* do next\.$/u);
    assert.equal(paragraphs('x\n'.repeat(500)).split('\n').length, 30);
  });

  it('is text wherever it is put', () => {
    for (const text of texts(20_000)) {
      for (const one of [label(text), oneLine(text), fileName(text), markdownText(text)]) {
        assert.doesNotMatch(one, /\p{Cc}/u);
        assert.doesNotMatch(one, UNSEEN);
      }
      assert.doesNotMatch(visible(text), /[^\P{Cc}\t\n]/u);
      assert.doesNotMatch(paragraphs(text), UNSEEN);
      const json = jsonText({ text });
      assert.doesNotMatch(json, /[^\P{Cc}\n]/u);
      assert.doesNotMatch(json, UNSEEN);
      assert.deepEqual(JSON.parse(json), { text });
      assert.doesNotMatch(label(text), LINK);
      assert.doesNotMatch(label(text), ICON);
      assert.equal(label(label(text)), label(text));
      assert.ok(Array.from(label(text)).length <= 400);
      assert.doesNotMatch(fileName(text), /[/\\:*?"<>|]|^\./);
      // Each of Markdown's signs has its backslash.
      assert.doesNotMatch(markdownText(text).replace(/\\[^]/g, ''), /[\\`*_{}[\]<>|#!&~$]|:\/\//);
    }
  });
});

describe('names in a sentence', () => {
  it('are three at most, with ids of containers cut short', () => {
    const id = '3f9a1c'.padEnd(64, '0d');
    assert.equal(listed([]), '');
    assert.equal(listed(['a']), 'a');
    assert.equal(listed(['a', 'b']), 'a and b');
    assert.equal(listed(['a', 'b', 'c']), 'a, b and c');
    assert.equal(listed(['a', 'b', 'c', 'd']), 'a, b and 2 more');
    assert.equal(listed([`/docker-${id}.scope`]), '/docker-3f9a1c0d0d0d….scope');
    assert.equal(shortIds(`${id}0`), `${id}0`);
  });
});
