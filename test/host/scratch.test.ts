import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { Host } from '../../src/host/host.ts';
import { guard, scratchDirectory } from '../../src/host/guard.ts';
import { upload } from '../../src/host/upload.ts';
import { endProcesses } from '../harness/processes.ts';
import type { TestSshd } from '../harness/sshd.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../harness/temporary.ts';
import { assertAllEnd, clients, newMark } from '../harness/host/marks.ts';
import { masters } from '../harness/host/masters.ts';
import { problemOf } from '../harness/host/problems.ts';
import { hostBy, WAYS } from '../harness/host/ways.ts';
import { eventually } from '../harness/host/wait.ts';

for (const way of WAYS) {
  describe(`a private directory on a host by ${way}`, () => {
    let server: TestSshd | undefined;
    let host: Host;
    let stop: () => Promise<void>;
    let own: TemporaryDirectory;
    before(async () => {
      own = temporaryDirectory();
      ({ host, server, stop } = await hostBy(way));
    });
    after(async () => {
      await stop();
      await own.remove();
    });

    const gone = (directory: string) => eventually('it is gone', () => !fs.existsSync(directory));

    it('is private, and gone when released, with what is in it', async () => {
      const directory = await scratchDirectory(host);
      const stat = fs.statSync(directory.line);
      assert.ok(stat.isDirectory());
      assert.equal(stat.mode & 0o777, 0o700);
      assert.match(path.basename(directory.line), /^sockmap-bypass\.\w{10}$/);
      fs.mkdirSync(path.join(directory.line, 'a b', 'c'), { recursive: true });
      fs.writeFileSync(path.join(directory.line, '-rf'), '');
      await directory[Symbol.asyncDispose]();
      assert.ok(!fs.existsSync(directory.line));
    });

    it('is another one each time', async () => {
      const [one, two] = await Promise.all([scratchDirectory(host), scratchDirectory(host)]);
      assert.notEqual(one.line, two.line);
      await one[Symbol.asyncDispose]();
      assert.ok(fs.existsSync(two.line));
      await two[Symbol.asyncDispose]();
      assert.ok(!fs.existsSync(two.line));
    });

    it('takes files of any bytes, which nobody else can read', async () => {
      await using directory = await scratchDirectory(host);
      const files = new Map<string, Uint8Array>([
        ['a.bpf.c', Buffer.from("it's\n")],
        ['bytes_1.bin', randomBytes(500_000)],
        ['empty', Buffer.alloc(0)],
        ['below/of it/deep.h', Buffer.from('x')],
        ['.hidden/.too', Buffer.from('z')],
        ['long'.repeat(50), Buffer.from('l')],
        [`${'deep'.repeat(30)}/${'er'.repeat(60)}.h`, Buffer.from('d')],
        ['ünïcode *.h', Buffer.from('u')],
        ...Array.from({ length: 20 }, (_, index) => [`${index}.h`, Buffer.from('y')] as const),
      ]);
      await upload(host, directory.line, files);
      for (const [name, content] of files) {
        const file = path.join(directory.line, name);
        assert.deepEqual(fs.readFileSync(file), Buffer.from(content));
        assert.equal(fs.statSync(file).mode & 0o777, 0o600);
      }
      const top = new Set(Array.from(files.keys(), (name) => name.split('/')[0]));
      assert.deepEqual(new Set(fs.readdirSync(directory.line)), top);
    });

    it('takes no file that would lie elsewhere', async () => {
      await using directory = await scratchDirectory(host);
      for (const name of [
        '../x',
        '/etc/x',
        '',
        '.',
        '..',
        '-x',
        'a\n',
        'a\\b',
        'a/../../x',
        'a/',
        'a//b',
        'a/-b',
        'a/..',
        '../.a',
      ]) {
        await assert.rejects(
          upload(host, directory.line, new Map([[name, Buffer.from('')]])),
          RangeError,
        );
      }
      assert.deepEqual(fs.readdirSync(directory.line), []);
    });

    it('that cannot be written to is an error with the reason', async () => {
      const files = new Map([['a', Buffer.from('x')]]);
      const problem = await problemOf(upload(host, `${own.path}/nowhere`, files), 'command');
      assert.equal(problem.tried, 'upload a');
      assert.match(problem.words, /nowhere/);
    });

    it('is gone after the program that made it was killed', async () => {
      const script = path.join(import.meta.dirname, '../harness/host/client.ts');
      const job = { alias: host.name, configFile: server?.configFile, action: 'scratch' };
      const child = spawn(process.execPath, ['--import', 'tsx', script, JSON.stringify(job)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [line] = (await once(child.stdout, 'data')) as [Buffer];
      const directory = line.toString().trim();
      assert.ok(fs.existsSync(directory));
      child.kill('SIGKILL');
      await gone(directory);
    });

    /** A guard whose processes carry the mark. */
    const marker = (mark: string, file: string, signal?: AbortSignal) =>
      guard(
        host,
        { setup: 'file=$1; touch "$file"; echo up', undo: 'rm "$file"', args: [file, mark] },
        { tried: 'guard', signal },
      );

    it('is gone after the process that guards it was killed, or its connection', async () => {
      for (const kill of way === 'ssh' ? (['client', 'master'] as const) : []) {
        const mark = newMark();
        const file = path.join(own.path, kill);
        const guarded = await marker(mark, file);
        assert.ok(fs.existsSync(file));
        const refs = kill === 'client' ? clients(mark) : server ? masters(server) : [];
        assert.equal(refs.length, 1);
        await endProcesses(refs, { first: 'SIGKILL' });
        await gone(file);
        await assertAllEnd(mark);
        await guarded[Symbol.asyncDispose]();
        await eventually('commands run again', () =>
          host.run(['true'], { tried: 'try' }).then(
            () => true,
            () => false,
          ),
        );
      }
    });

    it('is undone for who cancels while it is made', async () => {
      const file = path.join(own.path, 'cancelled');
      const mark = newMark();
      const controller = new AbortController();
      const making = guard(
        host,
        {
          setup: 'f=$1; touch "$f"; until [ -e "$f.go" ]; do sleep 0.05; done; echo up',
          undo: 'rm "$f"',
          args: [file, mark],
        },
        { tried: 'guard', signal: controller.signal },
      );
      const failed = problemOf(making, 'cancelled');
      await eventually('it begins', () => fs.existsSync(file));
      controller.abort();
      fs.writeFileSync(`${file}.go`, '');
      await failed;
      assert.ok(!fs.existsSync(file));
      await assertAllEnd(mark);
    });

    it('is not even begun for who has cancelled before', async () => {
      const file = path.join(own.path, 'never');
      const making = marker(newMark(), file, AbortSignal.abort());
      await problemOf(making, 'cancelled');
      assert.ok(!fs.existsSync(file));
    });

    it('that cannot be set up says why', async () => {
      const failing = guard(
        host,
        { setup: 'echo "no room" >&2; exit 1', undo: 'false' },
        { tried: 'make room' },
      );
      const problem = await problemOf(failing, 'command');
      assert.match(problem.words, /no room/);
      assert.equal(problem.tried, 'make room');
    });

    it('keeps a star in a name a star', async () => {
      const file = path.join(own.path, '*');
      fs.writeFileSync(path.join(own.path, 'kept'), '');
      await using guarded = await guard(
        host,
        { setup: 'f=$1; >"$f"; echo $f', undo: 'rm -f $f', args: [file] },
        { tried: 'guard' },
      );
      assert.equal(guarded.line, file);
      await guarded[Symbol.asyncDispose]();
      assert.deepEqual(
        fs.readdirSync(own.path).filter((name) => name === '*' || name === 'kept'),
        ['kept'],
      );
    });
  });
}
