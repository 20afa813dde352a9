import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { execa } from 'execa';
import { readTarget, type BpfSource } from '../../src/bypass/build.ts';
import { compileToLoad, Workbench } from '../../src/bypass/workbench.ts';
import { verifySource } from '../../src/verifier/verify.ts';
import { HostError } from '../../src/host/errors.ts';
import { Host } from '../../src/host/host.ts';
import { withFunctions } from '../../src/host/hostScript.ts';
import { firstLine } from '../../src/host/lines.ts';
import { upload } from '../../src/host/upload.ts';
import { Mirror } from '../../src/language/mirror.ts';
import { commandLine, descendants, endProcesses, processRef } from '../harness/processes.ts';
import { run } from '../harness/run.ts';
import { startSshd, type TestSshd } from '../harness/sshd.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../harness/temporary.ts';
import { newMark, sleepers } from '../harness/host/marks.ts';
import { eventually } from '../harness/host/wait.ts';

const SECRET = 'the_administrators_secret';
const tool = fs.readFileSync(path.join(import.meta.dirname, '../../bpf/tools/verify.c'));

/** A process whose first thread has ended. */
const THREADS = `#include <pthread.h>
#include <unistd.h>
static void *wait(void *unused) { for (;;) pause(); }
int main(void) { pthread_t thread; pthread_create(&thread, 0, wait, 0); pthread_exit(0); }
`;

describe('the compiler of a person who is root', () => {
  let own: TemporaryDirectory;
  let sshd: TestSshd;
  let host: Host;
  const connect = async (environment: string): Promise<void> => {
    sshd = await startSshd({ serverLines: [`SetEnv ${environment}`] });
    host = new Host(sshd.alias, { ssh: { configFile: sshd.configFile } });
  };
  /** It includes what only root may read. */
  const source = () => {
    const text = `#define FILE "${own.path}/secret.h"\n#include FILE\n`;
    return { entry: 'a.bpf.c', files: new Map([['a.bpf.c', Buffer.from(text)]]) };
  };
  /** As a load does. @returns the object. */
  const compile = async (one: BpfSource, compiled = () => Promise.resolve('')): Promise<string> => {
    await using bench = await Workbench.open(host, await readTarget(host));
    const object = await compileToLoad(bench, await bench.upload(one));
    await compiled();
    return fs.readFileSync(object, 'latin1');
  };
  const load = (): Promise<string> => compile(source());
  const problem = async (done: Promise<unknown>): Promise<HostError['problem']> => {
    try {
      await done;
    } catch (error) {
      if (error instanceof HostError) return error.problem;
      throw error;
    }
    return assert.fail('it is done');
  };

  beforeEach(() => {
    own = temporaryDirectory({ 'secret.h': `${SECRET};\n` });
    fs.chmodSync(own.path, 0o755);
    fs.chmodSync(path.join(own.path, 'secret.h'), 0o600);
  });
  afterEach(async () => {
    await host.dispose();
    await sshd.stop();
    await own.remove();
  });

  describe('whose temporary files lie where nobody else gets', () => {
    let closed = '';
    beforeEach(async () => {
      closed = path.join(own.path, 'closed');
      fs.mkdirSync(closed, { mode: 0o700 });
      await connect(`TMPDIR=${closed}`);
    });

    it('does not load as root', async () => {
      const { kind, words } = await problem(load());
      assert.equal(kind, 'compile');
      assert.match(words, /secret\.h.*denied/i);
    });

    it('does not verify as root', async () => {
      const { compiler, object } = await verifySource(host, source(), { tool });
      assert.match(compiler, /secret\.h.*denied/i);
      assert.equal(object, undefined);
    });

    it('does not answer the editor as root', async () => {
      await using mirror = await Mirror.open(host);
      await mirror.sync(0, source().files);
      const command = mirror.command(0, source(), 'a.bpf.c');
      assert.match((await mirror.checkSyntax(0, command)).words, /secret\.h.*denied/i);
      const clangd = mirror.startClangd();
      const running = () =>
        descendants(sshd.pid).filter(({ pid }) => commandLine(pid)[0]?.endsWith('clangd'));
      await eventually('it runs', () => running().length === 1);
      const status = fs.readFileSync(`/proc/${running()[0]?.pid ?? 0}/status`, 'utf8');
      const [, uid = ''] = /^Uid:\t(\d+)\t\1\t\1\t\1$/m.exec(status) ?? [];
      assert.ok(Number(uid) >= 61184 && Number(uid) <= 65519, uid);
      assert.match(
        status,
        new RegExp(`^Gid:\t${uid}\t${uid}\t${uid}\t${uid}\nFDSize:.*\nGroups:\t \n`, 'm'),
      );
      assert.match(status, /^NoNewPrivs:\t1$/m);
      clangd.stdin.end();
      clangd.stdout.resume();
      await clangd.ended;
      assert.deepEqual(fs.readdirSync(closed), []);
    });
  });

  describe('is out of reach', () => {
    /** Compiles for long enough to be attacked. */
    const SLOW = `#define F(n) int f##n(int a) { for (int i = 0; i < a; i++) a += i * n; return a; }
#define G(n) F(n##0) F(n##1) F(n##2) F(n##3) F(n##4) F(n##5) F(n##6) F(n##7) F(n##8) F(n##9)
#define H(n) G(n##0) G(n##1) G(n##2) G(n##3) G(n##4) G(n##5) G(n##6) G(n##7) G(n##8) G(n##9)
H(1) H(2) H(3) H(4) H(5) H(6) H(7) H(8)
`;
    const slow = { entry: 'slow.bpf.c', files: new Map([['slow.bpf.c', Buffer.from(SLOW)]]) };
    const compiled = (): Promise<string> => compile(slow, () => told);
    const verified = async (): Promise<string> => {
      const { object } = await verifySource(host, slow, { tool });
      return Buffer.from(object ?? '').toString('latin1');
    };
    const checked = async (): Promise<string> => {
      await using mirror = await Mirror.open(host);
      await mirror.sync(0, slow.files);
      await mirror.checkSyntax(0, mirror.command(0, slow, slow.entry));
      return '';
    };
    let told: Promise<string>;

    for (const [what, compiles] of Object.entries({ compiled, verified, checked })) {
      it(`of other users, of nobody too, when a source is ${what}`, async () => {
        await connect('X=1');
        await host.connect();
        const steal = path.join(own.path, 'steal');
        const program = path.join(import.meta.dirname, 'programs/steal.c');
        await run('clang', ['-O1', '-o', steal, program]);
        const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups', '--'];
        const thief = spawn('setpriv', [...nobody, steal, slow.entry], { stdio: 'pipe' });
        const running = processRef(thief.pid ?? 0);
        try {
          const waiting = new Promise((resolve) => thief.stdout.once('data', resolve));
          told = text(thief.stdout);
          await waiting;
          const object = await compiles();
          assert.match(
            await told,
            /^output: Operation not permitted\nsource: Permission denied\n$/m,
          );
          assert.doesNotMatch(object, /STOLEN/);
        } finally {
          await endProcesses(running === undefined ? [] : [running]);
        }
      });
    }
  });

  it('leaves no process behind, whatever it starts', async () => {
    const mark = newMark();
    const clang = path.join(own.path, 'clang');
    fs.writeFileSync(clang, `#!/bin/sh\nsetsid sleep ${mark} &\nexec /usr/bin/clang "$@"\n`);
    fs.chmodSync(clang, 0o755);
    await connect(`PATH=${own.path}:${process.env['PATH'] ?? ''}`);
    const source = { entry: 'a.bpf.c', files: new Map([['a.bpf.c', Buffer.from('int x;')]]) };
    await compile(source);
    assert.deepEqual(sleepers(mark), []);
    assert.notEqual((await verifySource(host, source, { tool })).object, undefined);
    assert.deepEqual(sleepers(mark), []);
  });

  it('has a number of its own, however many there are, and gives it back', async () => {
    const script = withFunctions('reserve; echo "$own"; read -r answer; release');
    const runs = Array.from({ length: 8 }, () => spawn('sh', ['-c', script], { stdio: 'pipe' }));
    const numbers = await Promise.all(
      runs.map(async ({ stdout }) => Number(await firstLine(stdout))),
    );
    assert.equal(new Set(numbers).size, runs.length);
    for (const number of numbers) assert.ok(number >= 61184 && number <= 65519);
    runs[0]?.kill('SIGKILL');
    for (const { stdin } of runs.slice(1)) stdin.end();
    await eventually('they have ended', () =>
      runs.every(({ exitCode, signalCode }) => (exitCode ?? signalCode) !== null),
    );
    const left = numbers.filter((number) => fs.existsSync(`/run/sockmap-bypass/${number}`));
    // It was killed before it could tidy up: its number is free, as nothing holds the file.
    assert.deepEqual(left, numbers.slice(0, 1));
    await run('flock', [
      '-n',
      `/run/sockmap-bypass/${numbers[0] ?? ''}`,
      'rm',
      `/run/sockmap-bypass/${numbers[0] ?? ''}`,
    ]);
  });

  it('works in no directory that somebody else has put in the place of ours', async () => {
    await connect('SOCKMAP=1');
    const good = { entry: 'a.bpf.c', files: new Map([['a.bpf.c', Buffer.from('int x;')]]) };
    await using bench = await Workbench.open(host, await readTarget(host));
    await using mirror = await Mirror.open(host);
    const uploaded = await bench.upload(good);
    await mirror.sync(0, good.files);
    const replaced: string[] = [];
    try {
      for (const directory of [bench.directory, mirror.directory]) {
        fs.renameSync(directory, `${directory}.ours`);
        replaced.push(directory);
        await run('cp', ['-a', `${directory}.ours`, directory]);
        await run('chown', ['-R', '65534:65534', directory]);
      }
      for (const attempt of [
        () => bench.compile(uploaded, { isParsed: false }),
        () => bench.upload(good),
        () => mirror.sync(0, new Map()),
        () => mirror.writeTypes(),
        () => mirror.checkSyntax(0, ['clang']),
        () => upload(host, uploaded.directory, good.files),
      ]) {
        assert.match((await problem(attempt())).words, /is somebody else's now/);
      }
      await bench.remove(uploaded);
      assert.ok(fs.existsSync(`${uploaded.directory}/src/a.bpf.c`));
    } finally {
      for (const directory of replaced) {
        fs.rmSync(directory, { recursive: true });
        fs.renameSync(`${directory}.ours`, directory);
      }
    }
  });

  it('reads copies in which files become directories, and the other way round', async () => {
    await connect('SOCKMAP=1');
    await using mirror = await Mirror.open(host);
    const text = Buffer.from('int x;');
    const there = () =>
      fs.readdirSync(mirror.folder(0), { recursive: true, encoding: 'utf8' }).toSorted();
    for (const [files, wanted] of [
      [
        ['a', 'b/c/d'],
        ['a', 'b', 'b/c', 'b/c/d'],
      ],
      [
        ['a/e', 'b'],
        ['a', 'a/e', 'b'],
      ],
      [['a'], ['a']],
      [[], []],
    ] as const) {
      await mirror.sync(0, new Map(files.map((name) => [name, text])));
      assert.deepEqual(there(), wanted);
    }
  });

  it('does not run at all where it would have to be root', async () => {
    const tools = path.join(own.path, 'tools');
    fs.mkdirSync(tools);
    for (const name of fs.readdirSync('/usr/bin').filter((each) => each !== 'setpriv')) {
      fs.symlinkSync(`/usr/bin/${name}`, path.join(tools, name));
    }
    await connect(`PATH=${tools}`);
    const verify = () => verifySource(host, source(), { tool });
    for (const attempt of [load, verify, () => Mirror.open(host)]) {
      const { kind, words, next } = await problem(attempt());
      assert.equal(kind, 'not-found');
      assert.match(words, /would be root, and is not run\n.*setpriv: not found/);
      assert.match(next, /Install setpriv/);
    }
  });
});

describe('a number of its own is found among the processes', () => {
  let own: TemporaryDirectory;
  beforeEach(() => {
    own = temporaryDirectory({ 'threads.c': THREADS });
    fs.chmodSync(own.path, 0o755);
  });
  afterEach(() => own.remove());

  const listed = async (script: string, ...args: string[]): Promise<string> =>
    run('unshare', ['-m', 'sh', '-fc', withFunctions(script), 'sh', ...args]);

  it('also where its first thread has ended, and is ended', async () => {
    const program = path.join(own.path, 'threads');
    await run('clang', ['-pthread', '-o', program, `${program}.c`]);
    const script = `reserve; $as "$1" & child=$!
until grep -q '^State:.Z' /proc/$child/status; do sleep 0.05; done
[ "$(own_processes)" = $child ] && echo found
end_own && [ -z "$(own_processes)" ] && echo ended; kill -s KILL $child; release`;
    assert.equal(await listed(`{ ${script}; } 2>/dev/null`, program), 'found\nended\n');
  });

  it('is in no group but one of compilers', async () => {
    for (const group of ['0', '61183', '65520', 'x']) {
      const argv = ['-c', withFunctions('reserve "$1"'), 'sh', group];
      const { exitCode, stderr } = await execa('sh', argv, { reject: false });
      assert.equal(exitCode, 120);
      assert.match(stderr, /group .* is not one of compilers/);
    }
  });

  it('however many there are, and none is not nobody', async () => {
    const script = `own=61184; mount -t tmpfs none /proc
own_processes 2>/dev/null || echo none
is_unused 2>/dev/null || echo unknown
seq 1000001 1009000 | (cd /proc && xargs mkdir)
for pid in $(seq 1000001 1009000); do
  printf 'State:\\tS\\nPid:\\t%s\\nUid:\\t61184\\nThreads:\\t1\\n' $pid >/proc/$pid/status
done
ulimit -s 128; own_processes | wc -l`;
    assert.equal(await listed(script), 'none\nunknown\n9000\n');
  });
});

describe('a script of an account without root', () => {
  it('works in its own directory also where it was root who became its account', async () => {
    const place = temporaryDirectory();
    try {
      fs.chmodSync(place.path, 0o700);
      fs.chownSync(place.path, 65534, 65534);
      const argv = ['--reuid=65534', '--regid=65534', '--clear-groups', 'sh', '-c'];
      const script = withFunctions('enter_own "$1" && pwd');
      const { stdout } = await execa('setpriv', [...argv, script, 'sh', place.path], {
        env: { SUDO_UID: '12345' },
      });
      assert.equal(stdout, place.path);
    } finally {
      await place.remove();
    }
  });
});
