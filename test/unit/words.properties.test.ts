import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { execa, execaSync } from 'execa';
import fc from 'fast-check';
import { extract } from 'tar-stream';
import { pairSemantics, parseSemantics, fionreadFault } from '../../src/bypass/semantics.ts';
import { socketFaults } from '../../src/bypass/faults.ts';
import { HostError } from '../../src/host/errors.ts';
import { loginShellLine, shellLine } from '../../src/host/quote.ts';
import { isPlainPath } from '../../src/host/plainPath.ts';
import { classify } from '../../src/host/sshWords.ts';
import { sshAliases } from '../../src/host/sshConfig.ts';
import { archive } from '../../src/host/upload.ts';
import {
  assertPlain,
  changed,
  holds,
  holdsLater,
  jsonOf,
  longTextOf,
  textOf,
} from './properties.ts';
import { recorded } from './recorded.ts';

/** Whatever an argument can be: any text without NUL, and what shells give a meaning to. */
const word = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.string({
      unit: fc.constantFrom(
        "'",
        '"',
        '\\',
        '$',
        '`',
        '!',
        '\n',
        ' ',
        '*',
        '(',
        ';',
        '0',
        '1',
        '%',
        '-',
        '~',
        '#',
        '=',
        '{',
        ',',
        '}',
      ),
      maxLength: 20,
    }),
  )
  .map((text) => text.replaceAll('\0', ''));

/** As many words as fit go through one process. */
const words = fc.array(word, { minLength: 1, maxLength: 200 });
const PRINT = 'for word; do printf "%s\\0" "$word"; done';

function through(shell: string, line: string): string[] {
  const { stdout } = execaSync(shell, ['-c', line]);
  return stdout.split('\0').slice(0, -1);
}

describe('properties of quoting', () => {
  const shells = ['sh', 'bash', 'dash'].filter(
    (name) => name === 'sh' || fs.existsSync(`/usr/bin/${name}`) || fs.existsSync(`/bin/${name}`),
  );
  for (const shell of shells) {
    holds(
      `${shell} sees every word as it is`,
      words,
      (all) => {
        assert.deepEqual(through(shell, shellLine(['sh', '-c', PRINT, 'sh', ...all])), all);
      },
      25,
    );
    holds(
      `sh behind the login shell ${shell} sees every word as it is`,
      words,
      (all) => {
        const line = loginShellLine(['sh', '-c', PRINT, 'sh', ...all]);
        assert.match(line, /^exec sh -c 'eval "\$\(printf %b "\$0"\)"' '[ "-&(-~]*'$/);
        assert.deepEqual(through(shell, line), all);
      },
      25,
    );
  }
  holds(
    'of words without end',
    longTextOf(["'", '\\', '"', '$(', '\n', 'a']),
    (text) => {
      const line = loginShellLine([text.replaceAll('\0', '')]);
      assert.ok(line.length < 25 * text.length + 100);
    },
    25,
  );
});

describe('properties of archives', () => {
  const isRefused = (error: unknown) => error instanceof RangeError;
  const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 });
  const file = fc.tuple(
    fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/')),
    fc.uint8Array({ maxLength: 1500 }),
  );
  holdsLater(
    'each file comes back, or its path is refused',
    fc.uniqueArray(file, { selector: ([path]) => path, maxLength: 8 }),
    async (files) => {
      const made = archive(new Map(files));
      if (!files.every(([path]) => isPlainPath(path))) {
        await assert.rejects(made, isRefused);
        return;
      }
      assert.deepEqual(
        await untar(await made),
        files.map(([path, content]) => [path, 0o600, Buffer.from(content)]),
      );
    },
  );
  holdsLater(
    'of paths without end',
    longTextOf(['a/', '/', '..', 'ä']),
    async (path) => {
      isPlainPath(path);
      await archive(new Map([[path, new Uint8Array()]])).catch((error: unknown) => {
        assert.ok(isRefused(error));
      });
    },
    25,
  );
  const plain = fc
    .array(fc.stringMatching(/^[\w äöü'$"*]{1,140}$/), { minLength: 1, maxLength: 3 })
    .map((parts) => parts.join('/'))
    .filter(isPlainPath);
  holdsLater(
    'tar sees each file by its name',
    fc.uniqueArray(plain, { minLength: 1, maxLength: 12 }),
    async (paths) => {
      const { stdout } = await execa('tar', ['-t', '--quoting-style=literal', '-f', '-'], {
        input: await archive(new Map(paths.map((each) => [each, Buffer.from('x')]))),
      });
      assert.deepEqual(stdout.split('\n'), paths);
    },
    15,
  );
});

/** By the reader of the library that wrote it: path, mode and content of each file. */
async function untar(bytes: Uint8Array): Promise<[string, number | undefined, Buffer][]> {
  const found: [string, number | undefined, Buffer][] = [];
  const reader = extract();
  reader.end(bytes);
  for await (const entry of reader) {
    found.push([entry.header.name, entry.header.mode, await buffer(entry)]);
  }
  return found;
}

const SSH = [
  'REMOTE HOST IDENTIFICATION HAS CHANGED',
  'Host key verification failed.',
  'No ',
  ' host key is known',
  'Permission denied',
  'ssh: connect to host h port 22: ',
  'Connection refused',
  'kex_exchange_identification: ',
  'keyword ',
  ' extra arguments',
  'terminating, 1 bad',
  '\n',
  'closed by',
];

describe('properties of ssh’s words', () => {
  const names = fs.readdirSync(path.join(import.meta.dirname, 'recorded/ssh'));
  const check = (text: string) => {
    const problem = classify(text, 'h', 'connect');
    assertPlain(problem);
    if (text.trim() !== '') assert.equal(problem.words, text.trim());
    assert.ok(problem.next.length > 0);
    assert.ok(new HostError(problem).message.startsWith('Could not connect to h'));
  };
  holds('any', textOf(SSH), check);
  holds(
    'recorded ones, changed',
    fc.constantFrom(...names).chain((name) => changed(recorded(`ssh/${name}`), SSH)),
    check,
  );
  holds('without end', longTextOf(SSH), check, 25);
});

describe('properties of an ssh configuration', () => {
  const CONFIG = [
    'Host ',
    'host=',
    'Include ',
    'a',
    ' b*',
    '!c',
    '"d e"',
    '~/',
    'Match ',
    'exec ',
    '\n',
    '  ',
    '#',
    '=',
    '"',
    "'",
    'Include config\n',
    '-o',
    '$(x)',
  ];
  const check = async (text: string) => {
    const aliases = await sshAliases('/h/.ssh/config', () => Promise.resolve(text));
    assertPlain(aliases);
    for (const alias of aliases) assert.doesNotMatch(alias, /[*?!]/);
  };
  holdsLater('of any words', textOf(CONFIG), check);
  const alias = fc.stringMatching(/^[a-z][a-z\d.-]{0,12}$/);
  holdsLater('its aliases come back', fc.uniqueArray(alias), async (all) => {
    const text = all.map((each) => `Host ${each} *.${each} !x\n  HostName 10.0.0.1\n`).join('\n');
    assert.deepEqual(await sshAliases('/h/config', () => Promise.resolve(text)), all);
  });
});

describe('properties of what the probe of semantics prints', () => {
  const KEYS = ['semantic', 'result', 'path', 'detail'];
  const check = (text: string) => {
    const seen = parseSemantics(text);
    const rows = pairSemantics(seen, parseSemantics(text.split('\n').reverse().join('\n')));
    assertPlain(rows);
    for (const { title, affected } of rows) {
      assert.equal(typeof title, 'string');
      assert.ok(Array.isArray(affected));
    }
    fionreadFault(rows);
    assertPlain(socketFaults(rows));
  };
  holds(
    'of any JSON, line by line',
    fc.array(jsonOf(KEYS, ['bypass', 'tcp', 'fionread'])).map((lines) => lines.join('\n')),
    check,
  );
  const name = fc.constantFrom('fionread', 'waitall', '__proto__', 'constructor', 'toString', 'x');
  const line = fc.record({
    semantic: name,
    result: fc.string(),
    path: fc.constantFrom('bypass', 'tcp', 'mixed', 'none'),
    detail: fc.string(),
  });
  holds(
    'of names that every object has',
    fc.array(line).map((lines) => lines.map((one) => JSON.stringify(one)).join('\n')),
    check,
  );
  holds(
    'of words without end',
    longTextOf(['{"semantic":"a"', ',"result":"x"', ',"path":"tcp","detail":""}', '\n', '{', '[']),
    check,
    25,
  );
});
