import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { findSpliceReaders } from '../../src/bypass/spliceReaders.ts';
import { Host } from '../../src/host/host.ts';
import { makeCgroup, type TestCgroup } from '../harness/cgroup.ts';
import { run } from '../harness/run.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../harness/temporary.ts';
import { inside } from '../harness/host/arms.ts';
import { eventually } from '../harness/host/wait.ts';

/** Sleeps; with the mark of Go's linker in its data where MARK is defined. */
const PROGRAM = `#include <unistd.h>
#ifdef MARK
const char *volatile mark = "\\xff Go buildinf:";
#endif
int main(void) { pause(); return 0; }
`;

describe('programs that read with splice()', () => {
  const host = new Host('local');
  const running: ChildProcess[] = [];
  let temporary: TemporaryDirectory;
  let cgroup: TestCgroup;
  before(async () => {
    temporary = temporaryDirectory({ 'program.c': PROGRAM });
    cgroup = makeCgroup('splice');
    const build = (name: string, ...flags: string[]) =>
      run('cc', [...flags, '-o', path.join(temporary.path, name), `${temporary.path}/program.c`]);
    await build('proxy', '-DMARK');
    await build('other');
    fs.copyFileSync(path.join(temporary.path, 'other'), path.join(temporary.path, 'haproxy'));
    fs.copyFileSync(path.join(temporary.path, 'proxy'), path.join(temporary.path, '[x](c:y)\n$'));
  });
  after(async () => {
    for (const child of running) {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    await cgroup.remove();
    await host.dispose();
    await temporary.remove();
  });

  /** Runs one of the programs in a cgroup, and gives its process. */
  async function start(name: string, directory: string): Promise<number> {
    const file = path.join(temporary.path, name);
    const [command = '', ...args] = inside({ cgroup: directory }, [file]);
    const child = spawn(command, args, { stdio: 'ignore' });
    running.push(child);
    const pid = child.pid ?? 0;
    await eventually(`${name} runs`, () => fs.readlinkSync(`/proc/${pid}/exe`) === file);
    return pid;
  }

  it('are found in a cgroup and below it, each process, and none that is something else', async () => {
    const below = cgroup.child('below');
    const proxies = [await start('proxy', cgroup.path), await start('proxy', below)];
    const haproxy = await start('haproxy', below);
    await start('other', cgroup.path);
    const odd = await start('[x](c:y)\n$', cgroup.path);
    const found = await findSpliceReaders(host, [cgroup.path]);
    assert.deepEqual(
      found.toSorted((a, b) => a.pid - b.pid),
      [
        ...proxies.map((pid) => ({ pid, kind: 'go', name: 'proxy' })),
        { pid: haproxy, kind: 'haproxy', name: 'haproxy' },
        { pid: odd, kind: 'go', name: 'xc:y' },
      ].toSorted((a, b) => a.pid - b.pid),
    );
  });

  it('are none in a cgroup without a process, nor in one that is gone', async () => {
    assert.deepEqual(await findSpliceReaders(host, [cgroup.child('empty')]), []);
    assert.deepEqual(await findSpliceReaders(host, [`${cgroup.path}/gone`]), []);
  });
});
