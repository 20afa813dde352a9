import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Host } from '../../src/host/host.ts';
import { measureRunTime } from '../../src/verifier/measureRunTime.ts';
import { hottestLines, rateOf, type RunReading } from '../../src/verifier/runTime.ts';
import { verifySource } from '../../src/verifier/verify.ts';
import { eventually } from '../harness/host/wait.ts';
import { HOT_LINE, HOT_TEXT, hotProgram } from '../harness/hotProgram.ts';
import { run } from '../harness/run.ts';
import { startSshd, type TestSshd } from '../harness/sshd.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../harness/temporary.ts';

const tools = path.join(import.meta.dirname, '../../bpf/tools');
const read = (name: string) => fs.readFileSync(path.join(tools, name));
const RUNS = 1000;

describe('the run time of loaded programs', () => {
  const pin = `/sys/fs/bpf/of-run-time-${process.pid}`;
  // Its own: others of the machine may have programs of the usual name.
  const name = `timed_${process.pid}`;
  let sshd: TestSshd;
  let host: Host;
  let folder: TemporaryDirectory;
  let readings: RunReading[];
  before(async () => {
    sshd = await startSshd();
    host = new Host(sshd.alias, { ssh: { configFile: sshd.configFile } });
    folder = temporaryDirectory({
      'a.bpf.c': hotProgram(name),
      packet: '\0'.repeat(64),
    });
    const [entry, object] = ['a.bpf.c', 'a.o'].map((one) => path.join(folder.path, one));
    const flags = ['-O2', '-g', '-target', 'bpf', '-idirafter', '/usr/include/x86_64-linux-gnu'];
    await run('clang', [...flags, '-c', entry ?? '', '-o', object ?? '']);
    await run('bpftool', ['prog', 'load', object ?? '', pin]);
  });
  after(async () => {
    fs.rmSync(pin, { force: true });
    await host.dispose();
    await sshd.stop();
    await folder.remove();
  });
  beforeEach(() => {
    readings = [];
  });

  const start = () => measureRunTime(host, read('run-time.c'), [name], (one) => readings.push(one));
  const runs = () => {
    const packet = path.join(folder.path, 'packet');
    return run('bpftool', [
      'prog',
      'run',
      'pinned',
      pin,
      'data_in',
      packet,
      'repeat',
      String(RUNS),
    ]);
  };
  const counted = async (): Promise<number> => {
    const text = await run('bpftool', ['-j', 'prog', 'show', 'pinned', pin]);
    return (JSON.parse(text) as { run_cnt?: number }).run_cnt ?? 0;
  };
  const nobodyMeasures = () =>
    eventually('nobody measures any more', async () => {
      const before = await counted();
      await runs();
      return (await counted()) === before;
    });

  it('is measured while it is read, of the code that was verified, and no longer', async () => {
    const file = path.join(folder.path, 'a.bpf.c');
    const files = new Map([['a.bpf.c', fs.readFileSync(file)]]);
    const source = { entry: 'a.bpf.c', files };
    const { programs } = await verifySource(host, source, { tool: read('verify.c') });
    const meter = await start();
    await eventually('it is read', () => readings.length > 0);
    await runs();
    const [first] = readings;
    const program = { name, tag: programs[0]?.tag };
    const rate = () => {
      const last = readings.at(-1);
      return first && last && rateOf(first, last, program);
    };
    await eventually('its runs are counted', () => (rate()?.runsPerSecond ?? 0) > 0);
    assert.ok((rate()?.nanosecondsPerRun ?? 0) > 0);
    assert.equal(rate()?.isOther, false);
    assert.ok((await counted()) >= RUNS);
    const hottest = await eventually('its hottest line is known', async () => {
      await runs();
      const last = readings.at(-1);
      return last && hottestLines(last, program)[0];
    });
    assert.ok(hottest);
    assert.equal(path.basename(hottest.file), 'a.bpf.c');
    assert.equal(hottest.text, HOT_TEXT);
    assert.equal(hottest.line, HOT_LINE);
    assert.ok(hottest.share > 0.5, String(hottest.share));
    const [last] = readings.slice(-1);
    assert.deepEqual(last && hottestLines(last, { name, tag: '0'.repeat(16) }), []);
    await meter[Symbol.asyncDispose]();
    await nobodyMeasures();
  });

  it('is measured no longer when the connection is gone', async () => {
    const meter = await start();
    await eventually('it is read', () => readings.length > 0);
    await host.dispose();
    await assert.rejects(meter.ended());
    await nobodyMeasures();
  });
});
