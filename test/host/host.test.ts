import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { text } from 'node:stream/consumers';
import { cancelled, isCancelled } from '../../src/host/errors.ts';
import { Host } from '../../src/host/host.ts';
import { onLines } from '../../src/host/lines.ts';
import type { TestSshd } from '../harness/sshd.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../harness/temporary.ts';
import { assertAllEnd, newMark, sleepers, untilSleeping } from '../harness/host/marks.ts';
import { problemOf } from '../harness/host/problems.ts';
import { hostBy, WAYS } from '../harness/host/ways.ts';

const tried = 'try';

for (const way of WAYS) {
  describe(`a host by ${way}`, () => {
    let server: TestSshd | undefined;
    let host: Host;
    let stop: () => Promise<void>;
    let directory: TemporaryDirectory;
    before(async () => {
      directory = temporaryDirectory();
      ({ host, server, stop } = await hostBy(way));
    });
    after(async () => {
      await stop();
      await directory.remove();
    });

    const sh = (script: string, ...args: string[]) =>
      host.run(['sh', '-c', script, 'sh', ...args], { tried });

    it('gives output, words of complaint and exit code apart', async () => {
      const result = await sh('printf "out\\n\\n"; printf err >&2; exit 3');
      assert.deepEqual(result, { stdout: 'out\n\n', stderr: 'err', exitCode: 3 });
    });

    it("gives the command's own exit code; 255, which is ssh's, becomes 254", async () => {
      for (const [code, expected] of [
        ...[0, 1, 2, 126, 127, 128, 253, 254].map((code) => [code, code] as const),
        [255, 254] as const,
      ]) {
        assert.equal((await sh(`exit ${code}`)).exitCode, expected);
        const fed = await host.run(['sh', '-c', `exit ${code}`], { tried, input: 'x' });
        assert.equal(fed.exitCode, expected);
      }
      assert.equal((await sh('kill -9 $$')).exitCode, 137);
    });

    it('knows a missing program by its exit code', async () => {
      const { exitCode, stderr } = await host.run(['no-such-program'], { tried });
      assert.equal(exitCode, 127);
      assert.match(stderr, /no-such-program/);
    });

    it('checks: any exit but 0 is an error with all the words', async () => {
      assert.equal(await host.check(['echo', 'x'], { tried }), 'x\n');
      const failing = ['sh', '-c', 'echo unseen; echo one >&2; echo two >&2; exit 7'];
      const problem = await problemOf(host.check(failing, { tried, next: 'Look.' }), 'command');
      assert.equal(problem.words, 'one\ntwo\n\nsh: exit code 7');
      assert.deepEqual([problem.where, problem.next], [host.name, 'Look.']);
      const silent = await problemOf(
        host.check(['sh', '-c', 'echo why; false'], { tried }),
        'command',
      );
      assert.match(silent.words, /^why\n/);
    });

    it('passes every word as it is', async () => {
      const words = [
        '',
        ' ',
        "it's",
        '$HOME',
        '`id`',
        'a\\b',
        '*',
        '-n',
        'a\nb\n',
        '!!',
        'grüße',
        '#',
      ];
      const { stdout } = await sh('for word; do printf "%s\\0" "$word"; done', ...words);
      assert.deepEqual(stdout.split('\0').slice(0, -1), words);
    });

    it('carries a large output whole', async () => {
      const { stdout } = await sh('head -c 20000000 /dev/zero | tr "\\0" x; echo end');
      assert.equal(stdout.length, 20_000_004);
      assert.ok(stdout.endsWith('xend\n'));
    });

    it('carries any bytes to the input of a command', async () => {
      const bytes = randomBytes(3_000_000);
      const input = Buffer.concat([Buffer.from('\0\r\n\x03\x04\n~.\n'), bytes]);
      const { stdout } = await host.run(['sha256sum'], { tried, input });
      assert.equal(stdout.split(' ')[0], createHash('sha256').update(input).digest('hex'));
      assert.equal((await host.run(['cat'], { tried, input: 'ä\n' })).stdout, 'ä\n');
      assert.equal((await host.run(['wc', '-c'], { tried, input: '' })).stdout.trim(), '0');
    });

    it('gives a command without input nothing to wait for', async () => {
      assert.equal((await host.run(['cat'], { tried })).stdout, '');
      assert.equal((await host.transact(['cat'], { tried })).stdout, '');
    });

    it('does not mind a command that ends without reading its input', async () => {
      const input = randomBytes(3_000_000);
      assert.equal((await host.run(['sh', '-c', 'exit 5'], { tried, input })).exitCode, 5);
    });

    it('gives untranslated words and the tools of administrators', async () => {
      const { stdout } = await sh('echo "$LC_ALL"; echo "$PATH"');
      const [locale, places = ''] = stdout.split('\n');
      assert.equal(locale, 'C');
      assert.ok(places.split(':').includes('/usr/sbin'));
    });

    it('reports lines as they come', async () => {
      const flag = path.join(directory.path, 'flag');
      const lines: string[] = [];
      const { stdout } = await host.transact(
        ['sh', '-c', 'echo ready; until [ -e "$1" ]; do sleep 0.05; done; printf last', 'sh', flag],
        {
          tried,
          timeoutMs: 20_000,
          onLine: (line) => {
            lines.push(line);
            fs.writeFileSync(flag, '');
          },
        },
      );
      assert.deepEqual(lines, ['ready', 'last']);
      assert.equal(stdout, 'ready\nlast');
    });

    // More than the sessions that sshd allows a connection by default.
    it('runs many commands at once', async () => {
      const numbers = Array.from({ length: 14 }, (_, i) => String(i));
      const outputs = await Promise.all(numbers.map((n) => sh('sleep 0.1; echo $1', n)));
      assert.deepEqual(
        outputs.map(({ stdout }) => stdout.trim()),
        numbers,
      );
    });

    it('speaks with a process over its streams', async () => {
      await host.connect();
      const child = host.spawn(['sh', '-c', 'while read -r x; do echo "<$x>"; done'], { tried });
      const lines: string[] = [];
      const second = new Promise<void>((resolve) => {
        onLines(child.stdout, (line) => {
          lines.push(line);
          if (lines.length === 1) child.stdin.write('two\n');
          else resolve();
        });
      });
      child.stdin.write('one\n');
      await second;
      child.stdin.end();
      assert.equal((await child.ended).exitCode, 0);
      assert.deepEqual(lines, ['<one>', '<two>']);
    });

    describe('ends on the host', () => {
      /** A command with a child, and one that has left it and obeys no request. */
      const family = (mark: string): string[] => [
        'sh',
        '-c',
        `sleep ${mark} & sh -c 'trap "" TERM; sleep ${mark}; sleep ${mark}' & sleep ${mark}`,
      ];

      it('a command that takes too long, with its children', async () => {
        const mark = newMark();
        const running = host.run(family(mark), { tried, timeoutMs: 1500 });
        const failed = problemOf(running, 'timeout');
        await untilSleeping(mark, 3);
        const problem = await failed;
        assert.match(problem.words, /^not finished after 1.5 s: sh -c …\n/);
        await assertAllEnd(mark);
      });

      it('a command that is cancelled, with its children', async () => {
        const mark = newMark();
        const controller = new AbortController();
        const running = host.run(family(mark), { tried, signal: controller.signal });
        const failed = problemOf(running, 'cancelled');
        await untilSleeping(mark, 3);
        controller.abort();
        assert.equal((await failed).tried, tried);
        await assertAllEnd(mark);
      });

      it('a process that speaks, when its input ends', async () => {
        const mark = newMark();
        await host.connect();
        const child = host.spawn(['sh', '-c', 'cat; echo bye', mark], { tried });
        child.stdin.end();
        assert.equal(await text(child.stdout), 'bye\n');
        assert.equal((await child.ended).exitCode, 0);
        await assertAllEnd(mark);
      });
    });

    it('starts nothing for who has cancelled already', async () => {
      const file = path.join(directory.path, 'started');
      const signal = AbortSignal.abort();
      await problemOf(host.run(['touch', file], { tried, signal }), 'cancelled');
      assert.ok(!fs.existsSync(file));
    });

    it('lets a transaction finish that is cancelled meanwhile', async () => {
      const controller = new AbortController();
      const flag = path.join(directory.path, 'finished');
      const { stdout } = await host.transact(
        ['sh', '-c', 'echo go; sleep 1; touch "$1"; echo end', 'sh', flag],
        {
          tried,
          signal: controller.signal,
          onLine: () => {
            controller.abort();
          },
        },
      );
      assert.equal(stdout, 'go\nend\n');
      assert.ok(fs.existsSync(flag));
    });

    it('lets a transaction finish that is late, or prints too much', async () => {
      const [late, loud] = ['late', 'loud'].map((name) => path.join(directory.path, name));
      const argv = ['sh', '-c', 'sleep 1.5; touch "$1"; echo end', 'sh', late ?? ''];
      const { stdout } = await host.transact(argv, { tried, timeoutMs: 500 });
      assert.equal(stdout, 'end\n');
      const flood = ['sh', '-c', 'head -c 40000000 /dev/zero; touch "$1"', 'sh', loud ?? ''];
      const problem = await problemOf(host.transact(flood, { tried }), 'command');
      assert.match(problem.words, /^it sent more than 32 MiB to its standard output/);
      assert.match(problem.next, /^It ends by itself on the host/);
      for (const flag of [late, loud]) assert.ok(fs.existsSync(flag ?? ''));
    });

    it('answers the question of a transaction once, however long that takes', async () => {
      const script =
        'echo before; echo ready; read -r a; echo "$a"; read -r b || echo "and $b"; exit 3';
      const { stdout, exitCode } = await host.transact(['sh', '-c', script], {
        tried,
        timeoutMs: 4000,
        answer: (line) => (line === 'before' ? undefined : delay(4500).then(() => `<${line}>`)),
      });
      assert.deepEqual([stdout, exitCode], ['before\nready\n<ready>\nand \n', 3]);
    });

    it('leaves no process of a command that ends by itself', async () => {
      const mark = newMark();
      await host.run(['sh', '-c', 'true', mark], { tried });
      await assertAllEnd(mark);
      assert.deepEqual(sleepers(mark), []);
    });

    it('logs what it runs', async () => {
      const log: string[] = [];
      const other = new Host(host.name, {
        ...(server && { ssh: { configFile: server.configFile } }),
        log: (line) => log.push(line),
      });
      await other.run(['echo', "it's"], { tried: 'greet' });
      const script = ['sh', '-c', 'exit "$1" # a long text', 'ends.sh', '3', 'b', 'c'];
      await other.run(script, { tried: 'end' });
      await other.dispose();
      assert.deepEqual(
        log.map((line) => line.replace(/\d+\.\d\d s$/, 'N s')),
        [
          `${host.name}: greet: echo it's`,
          `${host.name}: greet: exit 0 after N s`,
          `${host.name}: end: sh ends.sh 3 b …`,
          `${host.name}: end: exit 3 after N s`,
        ],
      );
    });

    it('knows that it is root here', async () => {
      assert.equal(await host.privilege(), 'root');
      await host.becomeRoot();
      assert.equal((await host.run(['id', '-u'], { tried, root: true })).stdout, '0\n');
    });
  });
}

describe('a cancellation', () => {
  it('is distinguished from other failures', () => {
    assert.ok(isCancelled(cancelled('load', 'web1')));
  });
});
