import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { listCgroups } from '../../src/host/cgroups.ts';
import { Host } from '../../src/host/host.ts';
import { makeAccount } from '../harness/accounts.ts';
import { cgroupMount, makeCgroup, type TestCgroup } from '../harness/cgroup.ts';
import { isAlive, processRef } from '../harness/processes.ts';
import { startSshd, type TestSshd } from '../harness/sshd.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../harness/temporary.ts';
import { eventually } from '../harness/host/wait.ts';

const [WEB, DB, POD] = ['3f9a1c', 'beef', '77'].map((start) => start.padEnd(64, '0d')) as [
  string,
  string,
  string,
];
const UID = '0a1b2c3d-1111-2222-3333-444455556666';

const LABELS = `"labels": {"io.kubernetes.pod.name": "cart-0", "io.kubernetes.pod.namespace": "shop",
  "io.kubernetes.pod.uid": "${UID}"}`;
const CRI = `{"containers": [{"id": "${POD}", "metadata": {"name": "app"}, ${LABELS}}]}`;
const script = (text: string): string => `#!/bin/sh\n${text}\n`;

describe('the containers of a host', () => {
  let own: TemporaryDirectory;
  let cgroup: TestCgroup;
  let sshd: TestSshd | undefined;
  let host: Host;
  beforeEach(() => {
    cgroup = makeCgroup('containers');
  });
  afterEach(async () => {
    await host.dispose();
    await sshd?.stop();
    await cgroup.remove();
    await own.remove();
  });

  /** @param tools executables that a login of the host finds. */
  const connect = async (tools: Record<string, string>, user?: string): Promise<void> => {
    own = temporaryDirectory(tools);
    fs.chmodSync(own.path, 0o755);
    for (const name of Object.keys(tools)) fs.chmodSync(path.join(own.path, name), 0o755);
    const serverLines = [`SetEnv PATH=${own.path}:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin`];
    sshd = await startSshd({ serverLines, ...(user !== undefined && { user }) });
    host = new Host(sshd.alias, { ssh: { configFile: sshd.configFile } });
    await host.becomeRoot();
  };
  const labels = async (): Promise<(string | undefined)[]> => {
    const all = await listCgroups(host, cgroupMount() ?? '', { root: true });
    return all.flatMap((one) => (one.path.startsWith(`${cgroup.path}/`) ? [one.label] : []));
  };

  it('come from whichever engine is there, with hostile ones beside it', async () => {
    cgroup.child(`docker-${WEB}.scope`);
    cgroup.child(`kubepods-besteffort-pod${UID.replaceAll('-', '_')}.slice/crio-${POD}.scope`);
    cgroup.child(`libpod-${DB}.scope`);
    const mark = `${cgroup.name}.pid`;
    await connect({
      // Hangs, and so does its child, which has the output open.
      docker: script(`echo $$ >"\${0%/*}/${mark}"; trap '' TERM; sleep 1000; :`),
      podman: script('yes "rubbish without end"'),
      crictl: script(`echo 'warning: no default endpoint' >&2; cat <<'END'\n${CRI}\nEND`),
      nerdctl: script('exit 1'),
    });
    assert.deepEqual(await labels(), [
      'container 3f9a1c0d0d0d',
      'pod shop/cart-0',
      'container shop/cart-0/app',
      'container beef0d0d0d0d',
    ]);
    const pid = Number(fs.readFileSync(path.join(own.path, mark), 'utf8'));
    await eventually('the engine that hung is gone', () => {
      const found = processRef(pid);
      return Promise.resolve(found === undefined || !isAlive(found));
    });
  });

  it('are known by their short ids where no engine is', async () => {
    cgroup.child(`docker-${WEB}.scope`);
    await connect({});
    assert.deepEqual(await labels(), ['container 3f9a1c0d0d0d']);
  });

  it('may be the account’s own, which root does not see', async () => {
    const account = await makeAccount('nopasswd');
    try {
      cgroup.child(`libpod-${DB}.scope/container`);
      const told = `[ "$(id -u)" != 0 ] && echo '${DB} db docker.io/library/postgres:17'`;
      await connect({ podman: script(told) }, account.name);
      const label = 'container db · docker.io/library/postgres:17';
      assert.deepEqual(await labels(), [label, `in ${label}`]);
    } finally {
      await host.dispose();
      await sshd?.stop();
      sshd = undefined;
      await account.remove();
    }
  });

  it('are asked for only where cgroups look like theirs, and podman where it is used', async () => {
    const asked = `touch "\${0%/*}/asked-$(basename "$0")"`;
    await connect({ docker: script(asked), podman: script(asked) });
    const names = () => fs.readdirSync(own.path).filter((name) => name.startsWith('asked'));
    cgroup.child('plain.service');
    await labels();
    assert.deepEqual(names(), []);
    cgroup.child(`docker-${WEB}.scope`);
    await labels();
    assert.deepEqual(names(), ['asked-docker']);
    cgroup.child(`libpod-${DB}.scope`);
    await labels();
    assert.deepEqual(names(), ['asked-docker', 'asked-podman']);
  });
});
