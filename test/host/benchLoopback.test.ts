import assert from 'node:assert/strict';
import type { Arm, Plan } from '../../src/results/document.ts';
import { runBenchmark } from '../../src/bench/run.ts';
import { Host } from '../../src/host/host.ts';
import { run } from '../harness/run.ts';
import { startSshd, type TestSshd } from '../harness/sshd.ts';
import { setBenchStage, type BenchStage } from '../harness/host/benchStage.ts';
import { assertNoBench } from '../harness/host/benches.ts';
import { bpfSource } from '../harness/host/bypass.ts';
import { problemOf } from '../harness/host/problems.ts';
import { makeNetns, type TestNetns } from '../harness/host/traffic.ts';

/** As much as shows that netperf measures. */
const plan = (arms: Arm[]): Plan => ({
  name: 'loopback',
  points: [{ experiment: 'latency', requestBytes: 64, responseBytes: 64, arms }],
  secondsPerSample: 1,
  repetitions: 1,
});

describe('a benchmark over a loopback device', () => {
  let stage: BenchStage;
  let netns: TestNetns;
  let inside: TestSshd;
  let host: Host;
  before(async () => {
    stage = await setBenchStage('loopback');
  });
  after(() => stage.stop());
  beforeEach(async () => {
    netns = await makeNetns();
    // The host's commands find themselves in the namespace, and cgroups where they are mounted.
    inside = await startSshd({
      serverLines: [
        `ForceCommand exec nsenter --net=/run/netns/${netns.name} sh -c "$SSH_ORIGINAL_COMMAND"`,
      ],
    });
    host = new Host(inside.alias, { ssh: { configFile: inside.configFile } });
  });
  afterEach(async () => {
    await host.dispose();
    await inside.stop();
    await netns.remove();
    await assertNoBench(stage.outer.cgroup.path);
  });

  const ip = (...argv: string[]) => run('ip', ['-n', netns.name, ...argv]);
  const nft = (rule: string) =>
    run('ip', ['netns', 'exec', netns.name, 'nft', '-f', '-'], {
      input: `table inet test { chain input { type filter hook input priority 0; ${rule}; }; }\n`,
    });
  /** A device with addresses of its own beside the loopback device. */
  const addDevice = async (): Promise<void> => {
    await ip('link', 'add', 'one', 'type', 'veth', 'peer', 'name', 'two');
    await ip('link', 'set', 'one', 'up');
    await ip('link', 'set', 'two', 'up');
  };
  const bench = (arms: Arm[] = ['tcp', 'bypass']) =>
    runBenchmark(host, {
      cgroup: stage.cgroup,
      source: bpfSource,
      plan: plan(arms),
      save: () => Promise.resolve(),
    });

  it('that is filtered says so by name before it measures', async () => {
    await addDevice();
    await ip('address', 'add', '192.0.2.1/24', 'dev', 'one');
    await nft('iif lo tcp dport 20000-32767 drop');
    const dropped = await problemOf(bench(), 'command');
    assert.match(
      dropped.headline ?? '',
      /^a packet filter on lo drops connections to 127\.0\.0\.1 port \d+: no answer in 5 s$/,
    );
    assert.match(dropped.next, /nft list ruleset/);
    await run('ip', ['netns', 'exec', netns.name, 'nft', 'flush', 'ruleset']);
    // A filter may let control connections through and stop data.
    await nft('iif lo tcp dport > 32767 tcp flags & (syn | ack) == syn drop');
    const data = await problemOf(bench(), 'command');
    const [, port] =
      /drops connections to 127\.0\.0\.1 port (\d+):/.exec(data.headline ?? '') ?? [];
    assert.ok(Number(port) > 32_767, data.headline);
    await run('ip', ['netns', 'exec', netns.name, 'nft', 'flush', 'ruleset']);
    await nft('iif lo tcp dport 20000-32767 reject with tcp reset');
    const refused = await problemOf(bench(), 'command');
    assert.match(
      refused.headline ?? '',
      /cannot connect to it: a packet filter on lo refuses that$/,
    );
    assert.match(refused.words, /netserver listening on 127\.0\.0\.1/, 'with netperf’s words');
  });

  it('of a host whose other addresses are of IPv6 alone measures over ::1', async () => {
    await addDevice();
    const { samples } = await bench();
    const [tcp, bypass] = samples;
    assert.ok(tcp?.experiment === 'latency' && tcp.transactionsPerSecond > 10);
    assert.ok((tcp.loopbackBytes ?? 0) > 1000, 'its own loopback device carried it');
    assert.ok((bypass?.bpf?.redirectedBytes ?? 0) > 1000, JSON.stringify(bypass));
    const classic = await problemOf(bench(['tcp', 'bypass-classic']), 'input');
    assert.match(classic.words, /the classic policy bypasses IPv4 alone/);
  });

  it('without 127.0.0.1 measures over ::1', async () => {
    await addDevice();
    await ip('address', 'del', '127.0.0.1/8', 'dev', 'lo');
    const { samples } = await bench();
    assert.ok((samples[1]?.bpf?.redirectedBytes ?? 0) > 1000);
  });

  it('of a host without IPv6 measures over 127.0.0.1', async () => {
    const off = 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6';
    await run('ip', ['netns', 'exec', netns.name, 'sh', '-c', off]);
    await ip('address', 'add', '127.0.0.2/8', 'dev', 'lo');
    const { samples } = await bench();
    assert.ok((samples[1]?.bpf?.redirectedBytes ?? 0) > 1000);
  });

  it('that has no address beside it, or is down, says why nothing can be measured', async () => {
    const alone = await problemOf(bench(), 'command');
    assert.match(alone.headline ?? '', /neither 127\.0\.0\.1 nor ::1 on a host that has no other/);
    assert.match(alone.next, /ip address add 127\.0\.0\.2\/8 dev lo/);
    await ip('link', 'set', 'lo', 'down');
    const down = await problemOf(bench(), 'not-found');
    assert.equal(down.words, 'the loopback device is down');
    assert.equal(down.remedy, 'ip link set lo up');
  });
});
