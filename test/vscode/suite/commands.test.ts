import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import vscode from 'vscode';
import { parseDocument } from '../../../src/results/document.ts';
import type { BypassStatus } from '../../../src/bypass/attachment.ts';
import type { HostCheck } from '../../../src/host/check.ts';
import { attachedTo } from '../../harness/host/bypass.ts';
import { startSshd, type TestSshd } from '../../harness/sshd.ts';
import { makePlace, type Place } from '../../harness/vscode/place.ts';

const PLAN = {
  name: 'one sample each',
  points: [{ experiment: 'latency', requestBytes: 64, responseBytes: 64, arms: ['tcp', 'bypass'] }],
  secondsPerSample: 1,
  repetitions: 1,
};

/** Runs a command as a keybinding, a task or another extension does. */
async function execute<T>(name: string, argument: unknown): Promise<T> {
  const answer: unknown = await vscode.commands.executeCommand(`sockmapBypass.${name}`, argument);
  return answer as T;
}

/** Values that may cross to another process unharmed: no functions, no classes. */
function assertPlain(value: unknown): void {
  assert.deepEqual(structuredClone(value), value);
  const walk = (each: unknown): void => {
    if (typeof each !== 'object' || each === null) return;
    assert.ok([Object.prototype, Array.prototype].includes(Object.getPrototypeOf(each) as object));
    Object.values(each).forEach(walk);
  };
  walk(value);
}

describe('commands with an argument', () => {
  let sshd: TestSshd | undefined;
  let place: Place | undefined;
  let host = '';
  let cgroup = '';
  const settings = (): vscode.WorkspaceConfiguration =>
    vscode.workspace.getConfiguration('sockmapBypass.ssh');

  before(async () => {
    sshd = await startSshd({ alias: 'of-the-suite' });
    // Nothing listens on the port for echo.
    sshd.addHost('no-server', { lines: ['Port 7'] });
    place = makePlace('suite');
    [host, cgroup] = [sshd.alias, place.cgroup];
    await settings().update('configFile', sshd.configFile, vscode.ConfigurationTarget.Global);
  });
  after(async () => {
    await settings().update('configFile', undefined, vscode.ConfigurationTarget.Global);
    await sshd?.stop();
    await place?.remove();
  });

  /** The status' entry of our cgroup. */
  const ours = ({ attachments }: BypassStatus): BypassStatus['attachments'][number] | undefined =>
    attachments.find((each) => each.cgroup === cgroup);

  it('load gives the status of what it loaded', async () => {
    const status = await execute<BypassStatus>('load', { host, cgroup });
    assertPlain(status);
    assert.equal(status.host, host);
    const loaded = ours(status);
    assert.equal(loaded?.state, 'attached');
    assert.equal(loaded.policy, 'guarded');
    assert.deepEqual(await place?.attached(), [loaded.sockops?.id]);
  });

  it('load on a cgroup that has it is refused, unless it is to replace', async () => {
    const before = await place?.attached();
    await assert.rejects(execute('load', { host, cgroup }), /it is loaded there already/);
    assert.deepEqual(await place?.attached(), before);
    const status = await execute<BypassStatus>('load', { host, cgroup, replace: true });
    assert.deepEqual(await place?.attached(), [ours(status)?.sockops?.id]);
    assert.notDeepEqual(await place?.attached(), before);
  });

  it('status gives programs, sockets and counters', async () => {
    const status = await execute<BypassStatus>('status', { host });
    assertPlain(status);
    const found = ours(status);
    assert.deepEqual(await place?.attached(), [found?.sockops?.id]);
    assert.match(found?.sockops?.tag ?? '', /^[0-9a-f]{16}$/);
    assert.match(found?.redirect?.tag ?? '', /^[0-9a-f]{16}$/);
    assert.equal(found?.sockets, 0);
    assert.equal(found.counters['redirected_bytes'], 0);
  });

  it('runBenchmark gives the URI of the finished document', async () => {
    const uri = await execute<vscode.Uri>('runBenchmark', { host, cgroup, profile: PLAN });
    assert.equal(uri.scheme, 'file');
    assert.match(uri.path, /\.sockmap-bench\.json$/);
    const document = parseDocument(fs.readFileSync(uri.fsPath, 'utf8'));
    assert.ok(document.finishedAt !== undefined);
    assert.deepEqual(document.plan, PLAN);
    assert.equal(document.samples.length, 2);
    // The pins and the program stay; nothing of the run does.
    assert.equal((await place?.left())?.length, 2);
  });

  it('configure gives the status with the new policy', async () => {
    const off = await execute<BypassStatus>('configure', { host, cgroup, mode: 'off' });
    assertPlain(off);
    assert.equal(ours(off)?.config?.mode, 'off');
    const on = await execute<BypassStatus>('configure', { host, cgroup, mode: 'guarded' });
    // The limits are those of the settings.
    assert.deepEqual(ours(on)?.config, {
      mode: 'guarded',
      reach: 'namespace',
      queueBound: 4 << 20,
      oneWayLimit: 256,
    });
  });

  it('unload gives the status after it', async () => {
    const status = await execute<BypassStatus>('unload', { host, cgroup });
    assertPlain(status);
    assert.equal(ours(status), undefined);
    assert.deepEqual(await place?.left(), []);
  });

  it('load takes several cgroups and a reach, which configure changes', async () => {
    assert.ok(place);
    const other = place.parent.child('other');
    const of = async (at: string): Promise<number[]> =>
      (await attachedTo(at)).flatMap(({ id, name }) => (name === 'sockmap_sockops' ? [id] : []));
    const inner = place.parent.child('service/inner');
    const cgroups = [cgroup, other, inner];
    const loaded = ours(await execute<BypassStatus>('load', { host, cgroups, reach: 'host' }));
    assert.equal(loaded?.config?.reach, 'host');
    // A cgroup inside of another is covered by it.
    assert.deepEqual(loaded.cgroups.toSorted(), [cgroup, other].toSorted());
    const program = loaded.sockops?.id;
    assert.deepEqual(
      [await of(cgroup), await of(other), await of(inner)],
      [[program], [program], []],
    );

    const within = await execute<BypassStatus>('configure', { host, cgroup, reach: 'namespace' });
    assert.equal(ours(within)?.config?.reach, 'namespace');
    assert.equal(ours(within)?.config?.mode, 'guarded');
    const fewer = await execute<BypassStatus>('removeCgroups', { host, cgroup: other });
    assert.deepEqual(ours(fewer)?.cgroups, [cgroup]);
    const more = await execute<BypassStatus>('addCgroups', {
      host,
      cgroup,
      cgroups: [other, inner],
    });
    assertPlain(more);
    assert.deepEqual(ours(more)?.cgroups.toSorted(), [cgroup, other].toSorted());
    assert.deepEqual(await of(other), [program]);
    const none = await execute<BypassStatus>('unload', { host, cgroup: other });
    assert.equal(ours(none), undefined);
    assert.deepEqual([await of(cgroup), await of(other)], [[], []]);
    fs.rmdirSync(inner);
    fs.rmdirSync(other);
    assert.deepEqual(await place.left(), []);
  });

  it('checkHost gives facts and findings', async () => {
    const check = await execute<HostCheck>('checkHost', { host });
    assertPlain(check);
    assert.equal(check.facts.kernel, os.release());
    assert.ok(!check.findings.some(({ severity }) => severity === 'blocks'));
  });

  it('checkSemantics gives a table', async () => {
    const rows = await execute<unknown[]>('checkSemantics', { host });
    assertPlain(rows);
    assert.ok(rows.length > 0);
    assert.deepEqual(await place?.left(), []);
  });

  it('the classic policy, and this machine without ssh', async () => {
    const argument = { host: 'local', cgroup };
    const status = await execute<BypassStatus>('load', { ...argument, policy: 'classic' });
    assertPlain(status);
    assert.equal(status.host, 'local');
    assert.equal(ours(status)?.policy, 'classic');
    assert.ok(ours(await execute<BypassStatus>('status', { host: 'local' })));
    assert.equal(ours(await execute<BypassStatus>('unload', argument)), undefined);
    assert.equal((await execute<HostCheck>('checkHost', { host: 'local' })).facts.bpffs, true);
    assert.deepEqual(await place?.left(), []);
  });

  const wrong: readonly (readonly [command: string, argument: unknown, names: RegExp])[] = [
    ['load', {}, /host[^]*cgroup/],
    ['load', 'a word', /expected object/],
    ['load', { host: 'h', cgroup: 'c', policy: 'other' }, /policy/],
    ['load', { host: 'h', cgroup: 'c', replace: 'yes' }, /replace/],
    ['load', { host: 'h', cgroup: 'c', polcy: 'classic' }, /polcy/],
    ['load', { host: 'h', cgroup: 'c', cgroups: ['d'] }, /cgroup: name a cgroup, or several/],
    ['load', { host: 'h', cgroups: [] }, /cgroups/],
    ['load', { host: 'h', cgroup: 'c', reach: 'all' }, /reach/],
    ['load', { host: 'h', cgroup: 'c', policy: 'classic', reach: 'host' }, /guarded policy/],
    ['addCgroups', { host: 'h', cgroups: ['c'] }, /cgroup/],
    ['removeCgroups', { host: 'h' }, /name a cgroup/],
    ['configure', { host: 'h', cgroup: 'c' }, /mode, a reach, a share or a limit/],
    ['unload', { host: 'h' }, /cgroup/],
    ['configure', { host: 'h', cgroup: 'c', mode: 'on' }, /mode/],
    ['status', { host: '' }, /host/],
    ['status', 7, /expected object/],
    ['checkHost', { host: 7 }, /host/],
    ['checkSemantics', { host: [] }, /host/],
    ['runBenchmark', { host: 'h', cgroup: 'c', profile: 'nonsense' }, /profile/],
    ['runBenchmark', { host: 'h', cgroup: 'c', profile: { ...PLAN, points: [] } }, /profile/],
  ];
  for (const [command, argument, names] of wrong) {
    it(`${command} refuses ${JSON.stringify(argument).slice(0, 60)}`, async () => {
      await assert.rejects(execute(command, argument), (error: Error) => {
        assert.match(error.message, /Could not read the argument of the command/);
        assert.match(error.message, names);
        assert.match(error.message, /Correct the keybinding or the task/);
        return true;
      });
    });
  }

  it('failures are thrown to the caller, with the words of the host', async () => {
    const failures: readonly (readonly [command: string, argument: unknown, says: RegExp])[] = [
      ['load', { host, cgroup: `${cgroup}/none` }, /none is not a cgroup\. Name one/],
      ['load', { host, cgroup: '/../..' }, /is not a cgroup below/],
      ['unload', { host, cgroup }, /nothing is loaded on .*\. Show the status/],
      ['runBenchmark', { host, cgroup, profile: PLAN }, /no bypass is loaded on .*Load it, then/],
      ['status', { host: 'no-server' }, /Could not connect to no-server: .*Connection refused/],
      ['checkHost', { host: 'no-server' }, /Could not connect to no-server: .*refused/],
      ['status', { host: '-oProxyCommand=true' }, /not a destination ssh takes/],
    ];
    for (const [command, argument, says] of failures) {
      await assert.rejects(execute(command, argument), { message: says });
    }
    assert.deepEqual(await place?.left(), []);
  });
});
