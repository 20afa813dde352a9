import assert from 'node:assert/strict';
import { briefly } from '../../../src/host/errors.ts';
import { parseFacts } from '../../../src/host/facts.ts';
import { diagnosticsText, maskedDiagnostics } from '../../../src/ui/diagnosticsText.ts';
import { placeOf } from '../../../src/ui/errorPlace.ts';
import { LastLines } from '../../../src/ui/keptLog.ts';
import { BOUNDARY } from '../recorded.ts';

const facts = parseFacts(
  `\n${BOUNDARY} kernel\n6.1.0-18-amd64\n\n${BOUNDARY} architecture\nx86_64\n\n${BOUNDARY} clang\nDebian clang version 14.0.6\n\n${BOUNDARY} end\n`,
  BOUNDARY,
  'root',
);
const DIAGNOSED = {
  versions: { 'Sockmap Bypass': '0.1.0', editor: 'Visual Studio Code 1.99.0' },
  problem: {
    kind: 'command',
    tried: 'load the bypass',
    where: 'ada@web1',
    words: 'sudo: eve@10.1.2.3 is not allowed\n/home/ada/x: \u202eno',
    exitCode: 1,
    next: 'Look at the host.',
  } as const,
  hosts: [
    { name: 'ada@web1', facts },
    { name: 'db', facts: undefined },
  ],
  log: 'web1 (root): list the cgroups: exit 0 after 0.24 s',
};

describe('diagnostics', () => {
  it('have versions, the last failure, the facts of hosts, and the log', () => {
    const text = diagnosticsText(DIAGNOSED);
    for (const part of [
      /^Versions\n {2}Sockmap Bypass: 0\.1\.0$/m,
      /^ {2}tried: load the bypass$/m,
      /^ {2}exit status: 1$/m,
      /^ {4}\/home\/ada\/x: <U\+202E>no$/m,
      /^ {2}system: Linux 6\.1\.0-18-amd64, x86_64, /m,
      /^ {2}tools: clang 14\.0\.6, clangd missing, bpftool missing/m,
      /^ {2}has: no BTF, /m,
      /^ {2}findings: .*bpftool \(blocks\)/m,
      /^Host db: not reached$/m,
      /^Log\nweb1 \(root\): list the cgroups: exit 0 after 0\.24 s$/m,
    ]) {
      assert.match(text, part);
    }
  });

  it('are masked as a whole: the same name has the same mask in each part', () => {
    const text = maskedDiagnostics(DIAGNOSED, ['ada@web1', 'db', 'local']);
    assert.doesNotMatch(text, /ada|eve|web1|10\.1\.2\.3|\bdb\b/);
    const [, user, host] = /^ {2}where: (user-\d+)@(host-\d+)$/m.exec(text) ?? [];
    assert.ok(user !== undefined && host !== undefined, text);
    assert.match(text, new RegExp(`^ {4}/home/${user}/x`, 'm'));
    assert.match(text, new RegExp(`^Log\n${host} \\(root\\): list`, 'm'));
  });

  it('keep the last lines of the log, which have an end', () => {
    const lines = new LastLines();
    for (let each = 0; each < 1000; each++) lines.add(`line ${each}\n${'x'.repeat(10_000)}`);
    const kept = lines.text.split('\n');
    assert.equal(kept.length, 500);
    assert.equal(kept.at(-2), 'line 999');
    assert.equal(kept.at(-1)?.length, 2000);
  });
});

describe('the place of an error', () => {
  it('is that of the first error of the compiler', () => {
    const words = [
      'In file included from bpf/a.bpf.c:3:',
      "bpf/kernel.h:12:5: warning: unused 'x'",
      "bpf/kernel.h:14:9: error: unknown type name 'u99'",
      'bpf/a.bpf.c:20:1: error: more',
    ];
    assert.deepEqual(placeOf(words.join('\n')), { file: 'bpf/kernel.h', line: 14, column: 9 });
    assert.deepEqual(placeOf("a.c:3:10: fatal error: 'x.h' file not found"), {
      file: 'a.c',
      line: 3,
      column: 10,
    });
  });

  it('is the last one that the verifier was at', () => {
    const words =
      '; a = 1; @ a.bpf.c:5\n0: (b7) r1 = 1\n; return *p; @ a.bpf.c:7\n1: R1 invalid mem';
    assert.deepEqual(placeOf(words), { file: 'a.bpf.c', line: 7, column: 1 });
  });

  it('is unknown where the words name none', () => {
    for (const words of ['', 'a.c: error: no', '/etc/passwd: 3', '; x @ y', 'a:1:2: error: no']) {
      assert.equal(placeOf(words), undefined, words);
    }
  });
});

describe('an error in a notification', () => {
  it('names what failed and the next step; of many words it has the ends', () => {
    const message = briefly({
      kind: 'command',
      tried: 'load it',
      where: 'web1',
      words: `no: ${'x'.repeat(1000)} end`,
      next: 'Look at the host.',
    });
    assert.match(message, /^Could not load it on web1: no: x+…x+ end\. Look at the host\.$/);
    assert.ok(message.length < 230);
  });
});
