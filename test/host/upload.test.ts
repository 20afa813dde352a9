import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { Host } from '../../src/host/host.ts';
import { scriptArgv } from '../../src/host/hostScript.ts';
import { archive, upload } from '../../src/host/upload.ts';
import { run } from '../harness/run.ts';
import { startSshd, type TestSshd } from '../harness/sshd.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../harness/temporary.ts';

const LONG = 'a'.repeat(148) + '.h';
const files = new Map<string, Uint8Array>([
  [LONG, Buffer.from('long')],
  [`${'deep'.repeat(30)}/${LONG}`, Buffer.from('deep')],
  ['ünïcode *.h', Buffer.from('u')],
  ['bytes.bin', randomBytes(100_000)],
]);

for (const [kind, script] of [
  ['GNU', ':'],
  ['BusyBox', 'busybox --install -s .'],
] as const) {
  describe(`an upload to a host with the tools of ${kind}`, () => {
    let tools: TemporaryDirectory;
    let target: TemporaryDirectory;
    let sshd: TestSshd;
    let host: Host;
    before(async () => {
      tools = temporaryDirectory();
      fs.chmodSync(tools.path, 0o755);
      await run('sh', ['-c', `cd "$1" && ${script}`, 'sh', tools.path]);
      const rest = kind === 'GNU' ? ':/usr/bin:/bin' : '';
      sshd = await startSshd({ serverLines: [`SetEnv PATH=${tools.path}${rest}`] });
      host = new Host(sshd.alias, { ssh: { configFile: sshd.configFile } });
    });
    beforeEach(() => {
      target = temporaryDirectory({ 'bytes.bin': 'old' });
    });
    afterEach(() => target.remove());
    after(async () => {
      await host.dispose();
      await sshd.stop();
      await tools.remove();
    });

    it('has each file by its name, for their owner alone, in place of older ones', async () => {
      const tar = await host.check(['sh', '-c', 'tar --version 2>&1 | head -n 1'], {
        tried: 'see whose tar it is',
      });
      assert.equal(/busybox/i.test(tar), kind === 'BusyBox', tar);
      await upload(host, target.path, files);
      for (const [name, content] of files) {
        const file = path.join(target.path, name);
        assert.deepEqual(fs.readFileSync(file), Buffer.from(content));
        assert.equal(fs.statSync(file).mode & 0o777, 0o600);
      }
      const top = Array.from(files.keys(), (name) => name.split('/')[0]);
      assert.deepEqual(fs.readdirSync(target.path).toSorted(), top.toSorted());
    });

    it('that is cut off leaves everything as it was', async () => {
      const whole = await archive(files);
      const { exitCode, stderr } = await host.run(scriptArgv('receive', target.path), {
        tried: 'upload a part',
        input: whole.subarray(0, whole.length / 2),
      });
      assert.notEqual(exitCode, 0);
      assert.match(stderr, /tar: /);
      assert.deepEqual(fs.readdirSync(target.path), ['bytes.bin']);
      assert.equal(fs.readFileSync(path.join(target.path, 'bytes.bin'), 'utf8'), 'old');
    });
  });
}
