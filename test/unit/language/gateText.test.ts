import assert from 'node:assert/strict';
import { safeMarkdown, title } from '../../../src/language/gate/text.ts';

describe('Markdown of a language server', () => {
  const CLANGD = `### function \`add\`  

---
→ \`int\`  
Parameters:  
- \`int a[2]\`

Adds two. See [x\\](http://e.x).  

---
\`\`\`cpp
static int add(int a[2], int b) // [x](command:y)
\`\`\``;

  it('keeps what clangd writes', () => {
    const made = safeMarkdown(CLANGD);
    for (const kept of [
      '### function `add`  ',
      '\n---\n→ `int`  \n',
      '- `int a[2]`',
      'See \\[x\\](http\\://e.x).',
      '\n```cpp\nstatic int add(int a[2], int b) // [x](command:y)\n```\n',
    ]) {
      assert.ok(made.includes(kept), `${kept} in ${made}`);
    }
  });

  const cases: [name: string, markdown: string, made: string][] = [
    ['a link', '[a](command:b)', '\\[a\\](command:b)'],
    ['an image', '![a](http://b)', '\\!\\[a\\](http\\://b)'],
    ['an address before code', 'https://e.x/` ![x](y)`', 'https\\://e.x/` ![x](y)`'],
    ['an address of the web', 'WWW.a.b<command:x>', 'WWW\\.a.b\\<command:x\\>'],
    ['what is not seen', 'a\u200b\u2028\u{e0041}b', 'ab'],
    ['a reference', '[a]: command:b', '\\[a\\]: command:b'],
    ['an escape that is none', '\\\\[a](b)', '\\\\\\[a\\](b)'],
    ['an autolink', '<vscode://a>', '\\<vscode\\://a\\>'],
    ['HTML', '<img src=x>', '\\<img src=x\\>'],
    ['a quote and a table', '> a | b', '\\> a \\| b'],
    ['another kind of fence', '~~~\n[a](b)\n~~~', '\\~\\~\\~\n\\[a\\](b)\n\\~\\~\\~'],
    ['code that does not end in its line', '`a\n[b](c)`', '\\`a\n\\[b\\](c)\\`'],
    ['code that ends with other ticks', '`a``[b](c)', '\\`a\\`\\`\\[b\\](c)'],
    ['an escaped tick', '\\`[a](b)`', '\\`\\[a\\](b)\\`'],
    ['code across a table', '`a|[b](c)`', '\\`a\\|\\[b\\](c)\\`'],
    ['an address of mail', 'a@b.org', 'a\\@b.org'],
    ['an icon or an entity', '$(zap) &lt;', '$(zap) \\&lt;'],
    ['text turned around', 'a\u202eb\u0000', 'ab'],
  ];
  for (const [name, markdown, made] of cases) {
    it(`makes text of ${name}`, () => {
      assert.equal(safeMarkdown(markdown), made);
    });
  }

  it('ends a block of code where it ends, and not before', () => {
    assert.equal(safeMarkdown('```c\na'), '\n```c\na\n```\n');
    assert.equal(safeMarkdown('```\na\n````\n[b](c)'), '\n```\na\n```\n\n\\[b\\](c)');
    assert.equal(safeMarkdown('```\n  x ``` [a](b)\n```'), '\n````\n  x ``` [a](b)\n````\n');
    assert.equal(safeMarkdown('```[a](b)'), '\\`\\`\\`\\[a\\](b)');
  });

  it('takes as long as the text is', () => {
    const started = process.cpuUsage().user;
    for (const unit of ['`', '``` ', '[`', '\\', '```\n']) safeMarkdown(unit.repeat(100_000));
    assert.ok(process.cpuUsage().user - started < 5e6);
  });

  it('makes no icon of a title, and one line', () => {
    assert.equal(title('$(zap) a\nb'), '$ (zap) a b');
  });
});
