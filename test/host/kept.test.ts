import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { checkHostAndKept } from '../../src/bypass/checkKept.ts';
import { keepBypass, stopKeeping } from '../../src/bypass/keep.ts';
import type { HostError } from '../../src/host/errors.ts';
import { Host } from '../../src/host/host.ts';
import { withFunctions } from '../../src/host/hostScript.ts';
import { makeAccount } from '../harness/accounts.ts';
import {
  attachedTo,
  bpfSource,
  localKeys,
  makeSite,
  type BypassSite,
} from '../harness/host/bypass.ts';
import { eventually } from '../harness/host/wait.ts';
import { run } from '../harness/run.ts';
import { startSshd, type TestSshd } from '../harness/sshd.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../harness/temporary.ts';

const BPF = path.join(import.meta.dirname, '../../bpf');

/**
 * Tests the units of `sockmap-bypassctl keep`, with its files in a directory of the test's: this machine's are
 * left alone. systemd itself is in test/kernels/kept.test.ts.
 */
describe('what systemd runs for a kept bypass', () => {
  let own: TemporaryDirectory;
  let site: BypassSite;
  let cgroup = '';
  before(() => {
    own = temporaryDirectory();
    site = makeSite('kept');
    cgroup = path.join(site.path, 'service');
    for (const name of ['lib/shop', 'etc', 'var/shop', 'run', 'units/multi-user.target.wants']) {
      fs.mkdirSync(path.join(own.path, name), { recursive: true, mode: 0o755 });
    }
    for (const name of fs.readdirSync(BPF).filter((each) => /\.[ch]$/.test(each))) {
      fs.copyFileSync(path.join(BPF, name), within(`lib/shop/${name}`));
    }
    fs.copyFileSync(path.join(BPF, 'tools/semantics.c'), within('lib/shop/semantics.c.txt'));
    fs.writeFileSync(
      within('etc/shop.conf'),
      `version 0.1.0\npolicy guarded\nreach host\nverdict yes\ncgroup ${cgroup}\n`,
    );
    const enabled = within('units/multi-user.target.wants/sockmap-bypass@shop.service');
    fs.writeFileSync(enabled, '');
    fs.chmodSync(own.path, 0o755);
  });
  after(async () => {
    await call('ctl_kept_end');
    await site.remove();
    await own.remove();
  });

  const within = (name: string): string => path.join(own.path, name);
  /** In a cgroup of the test's, as in the unit's own. */
  const call = async (name: string, ...args: string[]) => {
    const script = withFunctions(`kept_places() {
lib=${within('lib')} etc=${within('etc')} var=${within('var')} run=${within('run')} units=${within('units')}
}
ctl_load_by_hand() { ctl_load --cgroup "$2" --source "$3"; }
echo 0 >"$1/cgroup.procs" && shift && ${name} shop "$@"`);
    const argv = ['-c', script, 'sh', site.cgroup.path, ...args];
    return execa('sh', argv, { reject: false, env: { LC_ALL: 'C' }, stdin: 'ignore' });
  };
  const done = async (name: string, ...args: string[]): Promise<string> => {
    const { exitCode, stderr } = await call(name, ...args);
    assert.equal(exitCode, 0, stderr);
    return stderr;
  };
  const restart = (): void => {
    fs.rmdirSync(cgroup);
    fs.mkdirSync(cgroup);
  };
  const forget = (): void => {
    fs.writeFileSync(within('var/shop/stamp'), 'another kernel');
  };

  it('compiles, tries and probes it before its cgroup is there, and loads nothing then', async () => {
    assert.match(await done('ctl_kept_run'), /none of its cgroups is there/);
    assert.ok(fs.existsSync(within('var/shop/bypass.o')));
    assert.deepEqual(fs.readdirSync(within('var/shop')).sort(), ['bypass.o', 'faults', 'stamp']);
    assert.deepEqual((await site.left()).pins, []);
  });

  it('puts it on its cgroup whenever that comes, by the programs that are there', async () => {
    fs.mkdirSync(cgroup);
    await done('ctl_kept_start');
    const [first, ...more] = await attachedTo(cgroup);
    assert.deepEqual([first?.name, more], ['sockmap_sockops', []]);
    for (let round = 0; round < 3; round++) {
      restart();
      await done('ctl_kept_start');
      assert.deepEqual(
        (await attachedTo(cgroup)).map(({ id }) => id),
        [first?.id],
      );
    }
    // As a host that had not all of its addresses when the service started.
    const pins = `/sys/fs/bpf/sockmap-bypass/${fs.statSync(cgroup).ino}`;
    const keys = await localKeys(pins);
    const [gone = ''] = keys;
    const key = ['key', 'hex', ...gone.split(' ')];
    await run('bpftool', ['map', 'delete', 'pinned', `${pins}/bypass_local`, ...key]);
    await done('ctl_kept_run');
    assert.deepEqual((await localKeys(pins)).sort(), keys.sort());
    await done('ctl_kept_run', '--replace');
    assert.notEqual((await attachedTo(cgroup))[0]?.id, first?.id);
  });

  it('does not put on what was made for another kernel, until that is tried', async () => {
    forget();
    restart();
    assert.match(await done('ctl_kept_start'), /has not verified it on this kernel yet/);
    assert.deepEqual(await attachedTo(cgroup), []);
    await done('ctl_kept_run');
    assert.equal((await attachedTo(cgroup)).length, 1);
  });

  it('refuses what changes for programs what it did not before, and says so', async () => {
    assert.match(fs.readFileSync(within('var/shop/faults'), 'utf8'), /^splice-receive: /m);
    fs.writeFileSync(within('var/shop/faults'), '');
    forget();
    restart();
    const { exitCode, stderr } = await call('ctl_kept_run');
    assert.equal(exitCode, 1);
    assert.match(stderr, /not loaded: on Linux .* what it did not before: splice-receive/);
    assert.match(fs.readFileSync(within('run/shop.why'), 'utf8'), /splice-receive/);
    assert.deepEqual([await attachedTo(cgroup), (await site.left()).pins], [[], []]);
    fs.rmSync(within('var/shop/faults'));
  });

  it('refuses what does not compile', async () => {
    fs.appendFileSync(within('lib/shop/sockmap_bypass.bpf.c'), '#error no\n');
    assert.equal((await call('ctl_kept_run')).exitCode, 1);
    assert.match(fs.readFileSync(within('run/shop.why'), 'utf8'), /it does not compile on Linux/);
    fs.copyFileSync(
      path.join(BPF, 'sockmap_bypass.bpf.c'),
      within('lib/shop/sockmap_bypass.bpf.c'),
    );
    await done('ctl_kept_run');
    assert.equal((await attachedTo(cgroup)).length, 1);
  });

  it('takes it down at its end, and stays off until it is started', async () => {
    await done('ctl_kept_end');
    assert.deepEqual(await attachedTo(cgroup), []);
    restart();
    await done('ctl_kept_start');
    assert.deepEqual(await attachedTo(cgroup), []);
  });

  it('leaves alone at its end what was on its cgroup before, and it never loaded', async () => {
    const load = await call('ctl_load_by_hand', cgroup, BPF);
    assert.equal(load.exitCode, 0, load.stderr);
    const before = await attachedTo(cgroup);
    assert.equal(before.length, 1);
    fs.appendFileSync(within('lib/shop/sockmap_bypass.bpf.c'), '#error no\n');
    assert.equal((await call('ctl_kept_run', '--replace')).exitCode, 1);
    await done('ctl_kept_end');
    assert.deepEqual(await attachedTo(cgroup), before);
    fs.copyFileSync(
      path.join(BPF, 'sockmap_bypass.bpf.c'),
      within('lib/shop/sockmap_bypass.bpf.c'),
    );
    await done('ctl_kept_run', '--replace');
    await done('ctl_kept_end');
    assert.deepEqual(await attachedTo(cgroup), []);
  });

  it('leaves nothing at its end of a try that was cut off', async () => {
    forget();
    const running = call('ctl_kept_run');
    let tried = '';
    await eventually('it is tried', async () => {
      const name = fs.readdirSync(site.cgroup.path).find((each) => each.startsWith('try-'));
      tried = path.join(site.cgroup.path, name ?? '', 'bypass');
      return fs.existsSync(tried) && (await attachedTo(tried)).length > 0;
    });
    const pins = `/sys/fs/bpf/sockmap-bypass/${fs.statSync(tried).ino}`;
    assert.ok(fs.existsSync(pins));
    fs.writeFileSync(path.join(site.cgroup.path, 'cgroup.kill'), '1');
    await running;
    await done('ctl_kept_end');
    assert.ok(!fs.existsSync(pins));
  });
});

describe('a bypass to be kept, over ssh', () => {
  const CONF = '/etc/sockmap-bypass';
  let site: BypassSite;
  let sshd: TestSshd;
  let host: Host;
  before(async () => {
    site = makeSite('keep');
    sshd = await startSshd();
    host = new Host(sshd.alias, { ssh: { configFile: sshd.configFile } });
  });
  after(async () => {
    fs.rmSync(`${CONF}/test-keep.conf`, { force: true });
    await host.dispose();
    await sshd.stop();
    await site.remove();
  });

  const tools = {
    command: fs.readFileSync(path.join(BPF, 'tools/sockmap-bypassctl')),
    probe: fs.readFileSync(path.join(BPF, 'tools/semantics.c')),
  };
  const keep = () =>
    keepBypass(host, { cgroup: site.path, readSource: (policy) => bpfSource(policy), tools });

  const writeKept = (): void => {
    fs.mkdirSync(CONF, { recursive: true, mode: 0o755 });
    fs.writeFileSync(
      `${CONF}/test-keep.conf`,
      `version 0.1.0\npolicy guarded\nreach host\nverdict yes\ncgroup ${site.path}\n`,
    );
  };

  it('is one that is on, on a host with systemd; else what to do is said, and nothing changes', async () => {
    if (!fs.existsSync('/run/systemd/system'))
      await assert.rejects(keep(), (error: HostError) => {
        assert.equal(error.problem.kind, 'not-found');
        assert.match(error.message, /systemd does not run there/);
        assert.match(error.message, /sockmap-bypassctl load --cgroup \/.+/);
        return true;
      });
    else await assert.rejects(keep(), /nothing is loaded on/);
    assert.ok(!fs.existsSync(CONF));
    assert.deepEqual((await site.left()).pins, []);
  });

  it('is ended by who needs a password for sudo, and is asked again after a wrong one', async () => {
    const account = await makeAccount('password');
    sshd.addHost('keeper', { user: account.name });
    const answers = ['wrong', 'wrong', 'wrong', 'wrong', account.password];
    const asked: boolean[] = [];
    const log: string[] = [];
    const user = new Host('keeper', {
      ssh: { configFile: sshd.configFile },
      askPassword: (_name, retry) => {
        asked.push(retry);
        return Promise.resolve(answers.shift());
      },
      log: (line) => log.push(line),
    });
    try {
      writeKept();
      await assert.rejects(stopKeeping(user, 'test-keep'), (error: HostError) => {
        assert.equal(error.problem.kind, 'privilege');
        return true;
      });
      assert.ok(fs.existsSync(`${CONF}/test-keep.conf`));
      assert.equal((await stopKeeping(user, 'test-keep')).kept, undefined);
      assert.ok(!fs.existsSync(CONF));
      assert.deepEqual(asked, [false, true, true, false, true]);
      assert.ok(!log.some((text) => text.includes(account.password)));
    } finally {
      await user.dispose();
      await account.remove();
    }
  });

  it('is found by a check, and is no longer kept when that is ended, by its name or a cgroup', async () => {
    await assert.rejects(stopKeeping(host, 'test-keep'), /test-keep is not kept/);
    for (const named of ['test-keep', site.path]) {
      writeKept();
      const { kept, facts } = await checkHostAndKept(host);
      assert.deepEqual(
        kept.map(({ name, version, state }) => [name, version, state]),
        [['test-keep', '0.1.0', 'waiting']],
      );
      assert.equal(facts.systemd, fs.existsSync('/run/systemd/system'));
      const status = await stopKeeping(host, named);
      assert.equal(status.kept, undefined);
      for (const left of [CONF, '/var/lib/sockmap-bypass', '/run/sockmap-bypass-kept'])
        assert.ok(!fs.existsSync(left), left);
    }
  });
});
