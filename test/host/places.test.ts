import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { readTarget } from '../../src/bypass/build.ts';
import { checkSemantics } from '../../src/bypass/semantics.ts';
import { compileToLoad, Workbench } from '../../src/bypass/workbench.ts';
import { verifySource } from '../../src/verifier/verify.ts';
import { Host } from '../../src/host/host.ts';
import { scratchDirectory } from '../../src/host/guard.ts';
import { startSshd, type SshdOptions, type TestSshd } from '../harness/sshd.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../harness/temporary.ts';
import { bpfSource } from '../harness/host/bypass.ts';
import { problemOf } from '../harness/host/problems.ts';

const bpf = path.join(import.meta.dirname, '../../bpf');
const read = (name: string) => fs.readFileSync(path.join(bpf, name));

const PROGRAM = `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
SEC("socket") int pass(void *ctx) { return 0; }
char LICENSE[] SEC("license") = "GPL";
`;
const source = { entry: 'a.bpf.c', files: new Map([['a.bpf.c', Buffer.from(PROGRAM)]]) };

/** Its own directory lies below the last, which is mounted over last. */
const HARDENED = ['/var/tmp', '/run', '/dev/shm', '/tmp'];

describe('temporary files of a host', () => {
  let own: TemporaryDirectory;
  let sshd: TestSshd | undefined;
  let host: Host;
  beforeEach(() => {
    own = temporaryDirectory();
  });
  afterEach(async () => {
    await host.dispose();
    await sshd?.stop();
    await own.remove();
  });
  const connect = async (options: SshdOptions): Promise<void> => {
    sshd = await startSshd(options);
    host = new Host(sshd.alias, { ssh: { configFile: sshd.configFile } });
  };
  /** A directory of its own in place of each, so that what others do in theirs is not seen, and of the server's. */
  const ownPlaces = (...directories: string[]): string =>
    [
      `mkdir -p -m 0755 ${directories.map((one) => own.path + one).join(' ')} ${own.path}/run/sshd`,
      `chmod 1777 ${own.path}/tmp`,
      `s=$(dirname "$5"); mkdir "${own.path}/tmp/\${s#/tmp/}"; mount --bind "$s" "${own.path}/tmp/\${s#/tmp/}"`,
      ...directories.map((one) => `mount --rbind ${own.path}${one} ${one}`),
    ].join('\n');
  const noexec = (...directories: string[]): string =>
    directories.map((one) => `mount -o remount,bind,noexec ${one}`).join('\n');
  const left = (): string[] =>
    ['/var/cache', ...HARDENED].flatMap((directory) =>
      fs
        .readdirSync(path.join(own.path, directory))
        .filter((name) => name.startsWith('sockmap-bypass.')),
    );

  it('with noexec where they usually lie, programs are run from elsewhere', async () => {
    await connect({
      mounts: [ownPlaces('/var/cache', ...HARDENED), noexec(...HARDENED)].join('\n'),
    });
    const { programs } = await verifySource(host, source, { tool: read('tools/verify.c') });
    assert.deepEqual(
      programs.map(({ verdict }) => verdict),
      ['accepted'],
    );
    const rows = await checkSemantics(host, {
      source: await bpfSource('guarded'),
      probe: read('tools/semantics.c'),
      only: ['peek'],
    });
    assert.equal(rows[0]?.tcp, rows[0]?.bypass);
    await host.dispose();
    assert.deepEqual(left(), []);
  });

  it('with noexec everywhere, that is said by name, and what runs no program goes on', async () => {
    const home = os.homedir();
    await connect({
      mounts: [
        ownPlaces('/var/cache', ...HARDENED),
        `mount --bind ${home} ${home}`,
        noexec(...HARDENED, '/var/cache', home),
      ].join('\n'),
    });
    for (const attempt of [
      () => scratchDirectory(host, { executable: true }),
      () => verifySource(host, source, { tool: read('tools/verify.c') }),
    ]) {
      const { words, next } = await problemOf(attempt(), 'command');
      for (const place of ['/tmp', '/var/tmp', '/run', os.homedir()])
        assert.match(words, new RegExp(`^${place}: .*(\n.*)?noexec`, 'm'));
      assert.match(next, /TMPDIR/);
    }
    const scratch = await scratchDirectory(host);
    assert.deepEqual(left(), [path.basename(scratch.line)]);
    await scratch[Symbol.asyncDispose]();
    assert.deepEqual(left(), []);
  });

  for (const [what, mount] of [
    ['missing', 'rmdir "$t"'],
    ['read-only', 'mount --bind "$t" "$t"; mount -o remount,bind,ro "$t"'],
    ['full', 'mount -t tmpfs -o size=64k tmpfs "$t"'],
    ['out of inodes', 'mount -t tmpfs -o nr_inodes=2 tmpfs "$t"'],
    ['somebody else’s', 'chown 65533 "$t"'],
    ['below a directory of somebody else', 'chown 65533 "${t%/*}"'],
    ['below one where all may rename it', 'chmod 777 "${t%/*}"'],
  ] as const) {
    it(`with a TMPDIR that is ${what}, they lie elsewhere`, async () => {
      const directory = path.join(own.path, 'closed');
      fs.mkdirSync(directory);
      await connect({
        mounts: `t=${directory}\n${mount}`,
        serverLines: [`SetEnv TMPDIR=${directory}`],
      });
      await using scratch = await scratchDirectory(host, { executable: true });
      assert.ok(!scratch.line.startsWith(own.path));
      await using bench = await Workbench.open(host, await readTarget(host));
      assert.ok(!bench.directory.startsWith(own.path));
      assert.ok(fs.existsSync(await compileToLoad(bench, await bench.upload(source))));
    });
  }

  it('with a TMPDIR in a directory of all where each can rename only his own, they lie there', async () => {
    const directory = path.join(own.path, 'sticky');
    fs.mkdirSync(directory);
    fs.chmodSync(directory, 0o1777);
    await connect({ serverLines: [`SetEnv TMPDIR=${directory}`] });
    await using scratch = await scratchDirectory(host);
    assert.equal(path.dirname(scratch.line), fs.realpathSync(directory));
  });
});

describe('the socket of a shared connection', () => {
  let own: TemporaryDirectory;
  let sshd: TestSshd;
  const { TMPDIR, XDG_RUNTIME_DIR } = process.env;
  before(async () => {
    sshd = await startSshd();
    own = temporaryDirectory();
  });
  after(async () => {
    restore('TMPDIR', TMPDIR);
    restore('XDG_RUNTIME_DIR', XDG_RUNTIME_DIR);
    await sshd.stop();
    await own.remove();
  });
  const restore = (name: string, value: string | undefined) => {
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
  };

  for (const [what, place] of [
    ['too long for one', 'x'.repeat(100)],
    ['one that ssh would expand', '%h'],
    ['missing', 'missing/too'],
  ] as const) {
    it(`lies elsewhere where the TMPDIR of this machine is ${what}`, async () => {
      const directory = path.join(own.path, place);
      if (what !== 'missing') fs.mkdirSync(directory);
      process.env['TMPDIR'] = directory;
      // Just as long: 73 bytes and what is added to them.
      const runtime = path.join(own.path, 'r'.repeat(72 - own.path.length));
      fs.mkdirSync(runtime, { recursive: true });
      process.env['XDG_RUNTIME_DIR'] = what === 'missing' ? directory : runtime;
      const host = new Host(sshd.alias, { ssh: { configFile: sshd.configFile } });
      try {
        assert.equal((await host.run(['true'], { tried: 'say hello' })).exitCode, 0);
        await host.dispose();
        if (what === 'missing') assert.ok(!fs.existsSync(directory));
        else assert.deepEqual(fs.readdirSync(directory), []);
      } finally {
        await host.dispose();
      }
    });
  }
});
