import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import vscode from 'vscode';
import type { Comparison } from '../../../src/results/compare.ts';
import { parseDocument, type ResultDocument, type Sample } from '../../../src/results/document.ts';
import { cgroupMount } from '../../harness/cgroup.ts';
import { shortPlan } from '../../harness/shortPlan.ts';
import { startSshd, type TestSshd } from '../../harness/sshd.ts';
import { temporaryDirectory } from '../../harness/temporary.ts';
import { eventually } from '../../harness/host/wait.ts';
import { makePlace, type Place } from '../../harness/vscode/place.ts';

const PLAN = shortPlan('short');
const SUFFIX = '.sockmap-bench.json';

async function execute<T>(name: string, argument: unknown): Promise<T> {
  const answer: unknown = await vscode.commands.executeCommand(`sockmapBypass.${name}`, argument);
  return answer as T;
}

describe('benchmarks in the editor', () => {
  let sshd: TestSshd | undefined;
  let place: Place | undefined;
  let host = '';
  let cgroup = '';
  let measured: { uri: vscode.Uri; document: ResultDocument } | undefined;
  const settings = () => vscode.workspace.getConfiguration('sockmapBypass.ssh');
  const folder = (): string => vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? assert.fail();
  const file = (name: string): string => path.join(folder(), name);
  const write = (name: string, content: unknown): vscode.Uri => {
    fs.writeFileSync(file(name), JSON.stringify(content, null, 2));
    return vscode.Uri.file(file(name));
  };
  const results = (): string[] => fs.readdirSync(folder()).filter((name) => name.endsWith(SUFFIX));
  const read = (at: string): ResultDocument => parseDocument(fs.readFileSync(at, 'utf8'));

  before(async () => {
    sshd = await startSshd({ alias: 'of-the-benchmarks' });
    place = makePlace('tasks');
    [host, cgroup] = [sshd.alias, place.cgroup];
    await settings().update('configFile', sshd.configFile, vscode.ConfigurationTarget.Global);
    await execute('load', { host, cgroup });
    const uri = await execute<vscode.Uri>('runBenchmark', { host, cgroup, profile: PLAN });
    measured = { uri, document: read(uri.fsPath) };
  });
  after(async () => {
    await execute('unload', { host, cgroup });
    await settings().update('configFile', undefined, vscode.ConfigurationTarget.Global);
    await sshd?.stop();
    await place?.remove();
  });

  const faster = (document: ResultDocument, factor: number): ResultDocument => ({
    ...document,
    id: crypto.randomUUID(),
    samples: document.samples.map((sample): Sample =>
      sample.arm === 'bypass' && sample.experiment === 'latency'
        ? { ...sample, transactionsPerSecond: factor * sample.transactionsPerSecond }
        : sample,
    ),
  });

  it('compare gives the differences of two documents as data, and shows them', async () => {
    assert.ok(measured);
    const { uri, document } = measured;
    const baseline = write(`slower${SUFFIX}`, faster(document, 0.1));
    const { differences } = await execute<Comparison>('compare', { baseline, uri });
    assert.deepEqual(
      differences.map(({ arm, figure }) => `${arm} ${figure}`),
      ['tcp', 'bypass'].flatMap((arm) =>
        ['rate', 'p50', 'p90', 'p99'].map((figure) => `${arm} ${figure}`),
      ),
    );
    const rate = differences.find(({ arm, figure }) => arm === 'bypass' && figure === 'rate');
    assert.ok(Math.abs((rate?.ratio?.ratio ?? 0) - 10) < 1e-6);
    assert.ok(Math.abs((rate?.againstTcp?.ratio ?? 0) - 10) < 1e-6);
    await eventually('the report is open', () =>
      vscode.window.tabGroups.all.some(({ tabs }) =>
        tabs.some(({ label }) => label.includes(`compared with slower${SUFFIX}`)),
      ),
    );
  });

  it('documents that are none are refused with the place of the fault', async () => {
    assert.ok(measured);
    const { uri, document } = measured;
    for (const [content, words] of [
      [{ ...document, samples: [{ arm: 'tcp' }] }, /benchmark: samples\[0\]\.experiment: /],
      [{ ...document, schema: 2 }, /benchmark: schema: Invalid input: expected 1/],
      ['<script>alert(1)</script>', /not a sockmap benchmark/],
    ] as const) {
      const other = write(`hostile${SUFFIX}`, content);
      await assert.rejects(execute('compare', { baseline: other, uri }), words);
      await assert.rejects(execute('resumeBenchmark', { uri: other }), words);
      await assert.rejects(execute('importBenchmark', { uri: other }), words);
    }
    fs.rmSync(file(`hostile${SUFFIX}`));
  });

  it('import takes the document of another machine, whatever its name, and overwrites nothing', async () => {
    assert.ok(measured);
    const elsewhere = temporaryDirectory();
    const foreign = {
      ...measured.document,
      host: { ...measured.document.host, name: '../../db2' },
      script: '<script>alert(1)</script>',
    };
    const from = path.join(elsewhere.path, 'mailed.txt');
    fs.writeFileSync(from, JSON.stringify(foreign));
    const uri = vscode.Uri.file(from);
    const first = await execute<vscode.Uri>('importBenchmark', { uri });
    assert.equal(path.dirname(first.fsPath), folder());
    assert.match(path.basename(first.fsPath), /^[\w.-]*db2\.sockmap-bench\.json$/);
    const { script: _, ...understood } = foreign;
    assert.deepEqual(read(first.fsPath), understood);
    assert.ok(!fs.readFileSync(first.fsPath, 'utf8').includes('script'));
    const second = await execute<vscode.Uri>('importBenchmark', { uri });
    assert.equal(second.fsPath, first.fsPath.replace(SUFFIX, `-2${SUFFIX}`));
    await eventually('both are shown', () => {
      const shown = vscode.window.tabGroups.all.flatMap(({ tabs }) =>
        tabs.flatMap(({ input }) =>
          input instanceof vscode.TabInputCustom ? input.uri.fsPath : [],
        ),
      );
      return [first, second].every(({ fsPath }) => shown.includes(fsPath));
    });
    for (const each of [first, second]) fs.rmSync(each.fsPath);
    await elsewhere.remove();
  });

  it('resume completes a document that was cut off, and refuses one that was not', async () => {
    assert.ok(measured);
    const { finishedAt: _, ...unfinished } = measured.document;
    const cut = { ...unfinished, samples: unfinished.samples.slice(0, 3) };
    const uri = write(`cut${SUFFIX}`, cut);
    assert.equal((await execute<vscode.Uri>('resumeBenchmark', { uri })).fsPath, uri.fsPath);
    const whole = read(uri.fsPath);
    assert.ok(whole.finishedAt !== undefined);
    assert.equal(whole.id, cut.id);
    assert.deepEqual(whole.samples.slice(0, 2), cut.samples.slice(0, 2));
    // The third was half of a round: it is measured again, beside its partner.
    assert.deepEqual(
      whole.samples.map(({ arm, repetition, order }) => `${order} ${repetition} ${arm}`),
      ['0 0 tcp', '1 0 bypass', '2 1 bypass', '3 1 tcp', '4 2 tcp', '5 2 bypass'],
    );
    await assert.rejects(execute('resumeBenchmark', { uri }), /it has finished/);
    assert.equal((await place?.left())?.length, 2, 'the bypass, and nothing of the run');
  });

  it('resume completes a run that had a cgroup and a bypass of its own, as the command line makes them', async () => {
    assert.ok(measured);
    const { finishedAt: _, ...unfinished } = measured.document;
    const own = `${cgroupMount() ?? ''}/sockmap-bypass-run-0123abcd`;
    const uri = write(`own${SUFFIX}`, {
      ...unfinished,
      id: crypto.randomUUID(),
      cgroup: own,
      limits: { queueBound: 2 << 20 },
      samples: unfinished.samples.slice(0, 2),
    });
    await execute('resumeBenchmark', { uri });
    const whole = read(uri.fsPath);
    assert.deepEqual([whole.cgroup, whole.samples.length], [own, 6]);
    assert.ok(whole.finishedAt !== undefined);
    assert.ok(!fs.existsSync(own));
  });

  let tasks = 0;
  /** Runs a task of `tasks.json` to its end. */
  const runTask = async (definition: object): Promise<number | undefined> => {
    const label = `benchmark ${++tasks}`;
    const task = { type: 'sockmap-bench', host, cgroup, ...definition, label };
    fs.mkdirSync(file('.vscode'), { recursive: true });
    write('.vscode/tasks.json', { version: '2.0.0', tasks: [task] });
    const known: { task?: vscode.Task } = {};
    await eventually('the task is known', async () => {
      const all = await vscode.tasks.fetchTasks();
      const found = all.find(({ name }) => name === label);
      if (found) known.task = found;
      return found !== undefined;
    });
    const ended = new Promise<number | undefined>((resolve) => {
      const subscription = vscode.tasks.onDidEndTaskProcess(({ execution, exitCode }) => {
        if (execution.task.name !== label) return;
        subscription.dispose();
        resolve(exitCode);
      });
    });
    await vscode.tasks.executeTask(known.task ?? assert.fail());
    return ended;
  };

  it('a task ends with 0, 2 when the bypass got slower, 1 when nothing can be measured', async () => {
    assert.ok(measured);
    write('short.sockmap-plan.json', PLAN);
    write(`before${SUFFIX}`, measured.document);
    write(`better${SUFFIX}`, faster(measured.document, 10));
    const known = results();
    assert.equal(await runTask({ plan: 'short.sockmap-plan.json' }), 0);
    const [name, ...others] = results().filter((each) => !known.includes(each));
    assert.ok(name !== undefined && others.length === 0);
    assert.equal(read(file(name)).plan.name, 'short');
    const plan = 'short.sockmap-plan.json';
    assert.equal(await runTask({ plan, baseline: `better${SUFFIX}` }), 2);
    // As fast as before within a factor of 20 either way, however busy this machine is.
    assert.equal(await runTask({ plan, baseline: `before${SUFFIX}`, maxSlowdown: 95 }), 0);
    assert.equal(await runTask({ plan, baseline: 'none.sockmap-bench.json' }), 1);
    assert.equal(await runTask({ plan, cgroup: `${cgroup}/none` }), 1);
    assert.equal((await place?.left())?.length, 2, 'the bypass, and nothing of the runs');
  });

  it('no run of this window is resumed while it goes on: neither a command’s nor a task’s', async () => {
    write('short.sockmap-plan.json', PLAN);
    for (const start of [
      () => execute('runBenchmark', { host, cgroup, profile: PLAN }),
      () => runTask({ plan: 'short.sockmap-plan.json' }),
    ]) {
      const known = results();
      const running = start();
      const name = await eventually(
        'a sample is taken',
        () =>
          results().find((each) => !known.includes(each) && read(file(each)).samples.length > 0) ??
          '',
        60_000,
      );
      const uri = vscode.Uri.file(file(name));
      const resuming = execute('resumeBenchmark', { uri });
      await assert.rejects(resuming, /Could not resume .*: its run is still under way/);
      await running;
      assert.equal(read(uri.fsPath).samples.length, 6);
      await assert.rejects(execute('resumeBenchmark', { uri }), /it has finished/);
    }
  });

  it('a plan file is completed and checked while it is written', async () => {
    const uri = write('own.sockmap-plan.json', {
      ...PLAN,
      repetition: 3,
      points: [{ experiment: 'throughput', messageBytes: 0, arms: ['tcp', 'udp', 'tcp'] }],
    });
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document);
    const messages = await eventually('the plan is checked', () =>
      vscode.languages
        .getDiagnostics(uri)
        .map(({ message }) => message)
        .join('\n'),
    );
    assert.match(messages, /repetition/);
    assert.match(messages, /messageBytes|minimum|below/i);
    assert.match(messages, /tcp-nodelay/);
    const inside = document.positionAt(document.getText().indexOf('"repetition"'));
    const list = await vscode.commands.executeCommand<vscode.CompletionList>(
      'vscode.executeCompletionItemProvider',
      uri,
      inside,
    );
    const offered = list.items.map(({ label }) =>
      typeof label === 'string' ? label : label.label,
    );
    for (const key of ['minRepetitions', 'targetInterval', 'bpfTime']) {
      assert.ok(offered.includes(key), `${key} in ${offered.join(', ')}`);
    }
  });
});
