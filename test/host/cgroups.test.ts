import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { networkNamespaces } from '../../src/bypass/namespaces.ts';
import { Host } from '../../src/host/host.ts';
import { makeGround, type BypassGround } from '../harness/host/bypass.ts';
import { eventually } from '../harness/host/wait.ts';
import { problemOf } from '../harness/host/problems.ts';

describe('the network namespaces of cgroups', () => {
  let ground: BypassGround;
  let host: Host;
  const running: ChildProcess[] = [];
  beforeEach(() => {
    ground = makeGround('namespaces');
    host = new Host('local');
  });
  afterEach(async () => {
    for (const child of running.splice(0)) {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    await host.dispose();
    await ground.remove();
  });

  /** A process in a cgroup that has entered namespaces of its own, by flags of unshare(1). */
  async function start(cgroup: string, ...flags: readonly string[]): Promise<void> {
    const script = 'echo 0 >"$1/cgroup.procs"; shift; exec "$@"';
    const argv = [...(flags.length === 0 ? [] : ['unshare', ...flags]), 'sleep', '60'];
    const child = spawn('sh', ['-c', script, 'sh', cgroup, ...argv], { stdio: 'ignore' });
    running.push(child);
    await eventually('it runs', () => {
      const comm = fs.readFileSync(`/proc/${String(child.pid)}/comm`, 'utf8');
      return Promise.resolve(comm === 'sleep\n');
    });
  }

  it('are those of their processes, each once, with those in user namespaces told apart', async () => {
    const { path: cgroup } = ground;
    assert.deepEqual(await networkNamespaces(host, [cgroup]), {
      ...{ count: 0, userOwned: 0, capped: false, canReachHost: true },
    });
    const [inner, other] = [path.join(cgroup, 'inner'), ground.cgroup.child('other')];
    fs.mkdirSync(inner);
    await start(cgroup);
    await start(cgroup);
    const counts = async (...cgroups: string[]) => {
      const { count, userOwned } = await networkNamespaces(host, cgroups);
      return [count, userOwned];
    };
    assert.deepEqual(await counts(cgroup), [1, 0]);
    await start(inner, '--net');
    await start(other, '--user', '--map-root-user', '--net');
    assert.deepEqual(await counts(cgroup), [2, 0]);
    assert.deepEqual(await counts(other), [1, 1]);
    assert.deepEqual(await counts(cgroup, other), [3, 1]);
  });

  it('are of cgroups that are there', async () => {
    await problemOf(networkNamespaces(host, [ground.path, `${ground.path}-gone`]), 'not-found');
  });
});
