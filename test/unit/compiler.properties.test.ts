import assert from 'node:assert/strict';
import path from 'node:path';
import fc from 'fast-check';
import { wantsKernelTypes } from '../../src/bypass/kernelTypes.ts';
import { collect, includesOf } from '../../src/bypass/source.ts';
import { parseClang } from '../../src/verifier/clang.ts';
import { programLines } from '../../src/verifier/definitions.ts';
import { editorColumn, linesOf } from '../../src/verifier/text.ts';
import { assertPlain, holds, holdsLater, longTextOf, textOf } from './properties.ts';

const CLANG = [
  'a.bpf.c',
  'sub/../h.h',
  ':1',
  ':2:5',
  ':',
  '{3:5-3:9}',
  '{',
  '}',
  ': error: ',
  ': warning: ',
  ': note: ',
  ': fatal error: ',
  ' use of undeclared identifier',
  '\n',
  '\r',
  'In file included from a.bpf.c:1:\n',
  'a.bpf.c:1:1: note: x\n',
  'a.bpf.c:1:999999: error: x\n',
  `a.bpf.c:${'9'.repeat(400)}:1: error: x\n`,
];

describe('properties of the compiler’s words', () => {
  const files = new Map([['a.bpf.c', Buffer.from(`int ä = 🐝;\n${'x'.repeat(5000)}\n`)]]);
  const check = (text: string) => {
    const messages = parseClang(text, files);
    assertPlain(messages);
    for (const { line, column, endColumn = column, notes } of messages) {
      assert.ok(line >= 0 && column >= 0 && endColumn >= 0);
      assert.ok(notes.every(({ severity }) => severity === 'note'));
    }
  };
  holds('of any words', textOf(CLANG), check);
  holds('of words without end', longTextOf(CLANG), check, 25);

  const said = fc.array(
    fc.record(
      {
        file: fc.stringMatching(/^[a-z]{1,8}\.[ch]$/),
        line: fc.integer({ min: 1, max: 99_999 }),
        column: fc.integer({ min: 1, max: 500 }),
        severity: fc.constantFrom('error' as const, 'warning' as const),
        message: fc.stringMatching(/^[a-z '()*]{1,40}$/),
      },
      { noNullPrototype: true },
    ),
  );
  holds('come back as they were printed', said, (all) => {
    const text = all.map(
      ({ file, line, column, severity, message }) =>
        `${file}:${line}:${column}: ${severity}: ${message}\n`,
    );
    const expected = all.map((one) => ({ ...one, endColumn: undefined, notes: [] }));
    assert.deepEqual(parseClang(text.join(''), new Map()), expected);
  });

  const line = fc
    .string({ unit: 'grapheme', maxLength: 40 })
    .map((text) => text.replaceAll('\n', ''));
  holds('columns: bytes become characters', fc.tuple(line, fc.nat(40)), ([text, at]) => {
    const characters = Array.from(text);
    const before = characters.slice(0, at).join('');
    // Editors have no byte order mark.
    const expected = before.startsWith('\u{feff}') ? before.length - 1 : before.length;
    assert.equal(editorColumn(text, Buffer.byteLength(before)), expected);
  });
});

const SOURCE = [
  'SEC("xdp")',
  'SEC(',
  '"',
  'int ',
  'a(',
  'BPF_PROG(b, ',
  ')',
  '{',
  '}',
  '/*',
  '*/',
  '//',
  '\n',
  '*',
  '__attribute__((',
  '))',
  '(',
  '__weak ',
  '#',
  '#include ',
  'include',
  '__has_include(',
  '"h.h"',
  '<h.h>',
  '"../x.h"',
  '<',
  '>',
  '/etc/passwd',
  'vmlinux.h',
  '\ufeff',
  '\\',
  "'",
  '\r\n',
  '#include <vmlinux.h>\n',
];

describe('properties of a source', () => {
  const check = (text: string) => {
    const count = linesOf(Buffer.from(text)).length;
    for (const at of programLines(text).values()) assert.ok(at >= 0 && at < count);
    for (const { line, name } of includesOf(text)) {
      assert.ok(line >= 1 && line <= count);
      assert.ok(name !== '' && !name.includes('\n'));
    }
    wantsKernelTypes(new Map([['a.c', Buffer.from(text)]]));
  };
  holds('of any words', textOf(SOURCE), check);
  holds('of words without end', longTextOf(SOURCE), check, 25);

  const names = fc.uniqueArray(
    fc.stringMatching(/^[a-z]{2,8}$/).filter((name) => !['if', 'do', 'no'].includes(name)),
  );
  holds('its programs are at their lines', names, (all) => {
    const text = all
      .map(
        (name) =>
          `/* SEC("x") no(\n*/\nSEC("xdp") // comment (here)\nint ${name}(void *ctx)\n{\n}\n`,
      )
      .join('');
    const lines = programLines(text);
    for (const [index, name] of all.entries()) assert.equal(lines.get(name), 6 * index + 3);
    assert.equal(lines.get('no'), undefined);
  });

  const folder = fc.dictionary(fc.stringMatching(/^(?:[a-c]\/)?[a-d]\.h$/), textOf(SOURCE));
  const entry = textOf([
    '#include "',
    'a.h',
    '"\n',
    '../',
    'a/',
    '/',
    '<b/c.h>\n',
    '#include <',
    '.',
    '\\',
    '-x',
    '\0',
  ]);
  holdsLater(
    'no file outside of its folder is asked for',
    fc.tuple(entry, folder),
    async ([text, others]) => {
      const asked: string[] = [];
      const files = new Map(Object.entries({ ...others, 'e.bpf.c': text }));
      const collected = await collect('e.bpf.c', (file) => {
        asked.push(file);
        const found = files.get(file);
        return Promise.resolve(found === undefined ? undefined : Buffer.from(found));
      });
      for (const file of [...asked, ...collected.files.keys()]) {
        assert.ok(
          !path.posix.isAbsolute(file) && !/^\.\.(?:\/|$)/.test(path.posix.normalize(file)),
          file,
        );
        assert.ok(!/(?:^|\/)-|[\0\\]/.test(file), file);
      }
    },
  );
});
