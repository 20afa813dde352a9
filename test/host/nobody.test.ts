import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { compile } from '../../src/bypass/compile.ts';
import { verifySource } from '../../src/bypass/verify.ts';
import { HostError } from '../../src/host/errors.ts';
import { Host } from '../../src/host/host.ts';
import { scratchDirectory } from '../../src/host/scratch.ts';
import { Mirror } from '../../src/language/client/mirror.ts';
import { commandLine, descendants } from '../support/processes.ts';
import { startSshd, type TestSshd } from '../support/sshd.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../support/temporary.ts';
import { eventually } from './helpers/wait.ts';

const SECRET = 'the_administrators_secret';
const tool = fs.readFileSync(path.join(import.meta.dirname, '../../bpf/verify.c'));

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
  const load = async (): Promise<string> => {
    await using directory = await scratchDirectory(host);
    return await compile(host, source(), directory.line, 'x86_64');
  };
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
      const command = mirror.command(0, source(), [], 'a.bpf.c');
      assert.match((await mirror.checkSyntax(0, command)).words, /secret\.h.*denied/i);
      const clangd = mirror.startClangd();
      const running = () =>
        descendants(sshd.pid).filter(({ pid }) => commandLine(pid)[0]?.endsWith('clangd'));
      await eventually('it runs', () => running().length === 1);
      const status = fs.readFileSync(`/proc/${running()[0]?.pid ?? 0}/status`, 'utf8');
      assert.match(status, /^Uid:\t65534\t65534\t/m);
      clangd.stdin.end();
      clangd.stdout.resume();
      await clangd.ended;
      assert.deepEqual(fs.readdirSync(closed), []);
    });
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
