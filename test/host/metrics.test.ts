import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import * as z from 'zod';
import { withFunctions } from '../../src/host/hostScript.ts';
import { makeSite, type BypassSite } from '../harness/host/bypass.ts';
import { eventually } from '../harness/host/wait.ts';
import { freePort } from '../harness/port.ts';
import { endProcesses, processRef } from '../harness/processes.ts';
import { run } from '../harness/run.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../harness/temporary.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const BPF = path.join(ROOT, 'bpf');
const COMMAND = path.join(BPF, 'tools/sockmap-bypassctl');
const PROMETHEUS = path.join(ROOT, 'deploy/prometheus');
const DASHBOARD = path.join(ROOT, 'deploy/grafana/sockmap-bypass.json');
const UNITS = path.join(ROOT, 'deploy/systemd');

/** A name that would break a label. */
const HOSTILE = 'a "b" \\c{d="e"} 1\t';

const resultSchema = z.array(
  z.object({
    metric: z.record(z.string(), z.string()),
    value: z.tuple([z.number(), z.string()]),
  }),
);
const answerSchema = z.object({
  status: z.literal('success'),
  data: z.object({ result: resultSchema }),
});

describe('what watches bypasses', () => {
  let own: TemporaryDirectory;
  let site: BypassSite;
  let hostile = '';
  before(async () => {
    own = temporaryDirectory();
    site = makeSite('metrics');
    hostile = path.join(site.path, HOSTILE);
    fs.mkdirSync(hostile);
    await run('sh', [COMMAND, 'load', '--cgroup', hostile, '--source', BPF]);
  });
  after(async () => {
    await run('sh', [COMMAND, 'unload', '--cgroup', hostile]);
    fs.rmdirSync(hostile);
    await site.remove();
    await own.remove();
  });

  const prometheusText = () => run('sh', [COMMAND, 'metrics', '--prometheus']);

  it('gets metrics that promtool has nothing to say about, whatever a cgroup is called', async () => {
    const input = await prometheusText();
    assert.ok(input.includes('a \\"b\\" \\\\c{d=\\"e\\"} 1\\\\x09'), input);
    const { stdout, stderr } = await execa('promtool', ['check', 'metrics'], { input });
    assert.equal(stdout + stderr, '');
  });

  it('gets them as a file, whole or not at all', async () => {
    const file = path.join(own.path, 'sockmap_bypass.prom');
    await run('sh', [COMMAND, 'metrics', '--to', file]);
    assert.match(fs.readFileSync(file, 'utf8'), /^sockmap_bypass_sockets\{/m);
    assert.equal(fs.statSync(file).mode & 0o777, 0o644);
    fs.writeFileSync(file, 'old');
    const argv = ['-c', 'ulimit -f 1; exec "$@"', 'sh', COMMAND, 'metrics', '--to', file];
    assert.equal((await execa('sh', argv, { reject: false })).exitCode, 1);
    assert.equal(fs.readFileSync(file, 'utf8'), 'old');
    assert.deepEqual(fs.readdirSync(own.path), [path.basename(file)]);
  });

  it('gets alert rules that promtool accepts, and that fire when they should', async () => {
    await run('promtool', ['check', 'rules', path.join(PROMETHEUS, 'sockmap-bypass.rules.yml')]);
    const test = path.join(PROMETHEUS, 'sockmap-bypass.rules.test.yml');
    await run('promtool', ['test', 'rules', test]);
  });

  it('gets rules and a dashboard that name nothing but what there is', async () => {
    const named = [DASHBOARD, path.join(PROMETHEUS, 'sockmap-bypass.rules.yml')].flatMap((file) =>
      Array.from(fs.readFileSync(file, 'utf8').matchAll(/\bsockmap_bypass_\w+/g), ([name]) => name),
    );
    const text = await prometheusText();
    const there = Array.from(text.matchAll(/^# TYPE (\w+) /gm), ([, name]) => name);
    assert.ok(named.length > 20);
    assert.deepEqual(
      named.filter((name) => !there.includes(name)),
      [],
    );
  });

  it('gets units that systemd reads without a word', async () => {
    const root = path.join(own.path, 'root');
    const put = (file: string, text: string, mode = 0o644): void => {
      fs.mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
      fs.writeFileSync(path.join(root, file), text, { mode });
    };
    const units = '/usr/lib/systemd/system';
    for (const name of fs.readdirSync(units).filter((each) => /\.(target|slice)$/.test(each))) {
      put(`${units}/${name}`, fs.readFileSync(path.join(units, name), 'utf8'));
    }
    const say = (name: string, ...args: string[]) =>
      run('sh', ['-c', withFunctions(`${name} "$@"`), 'sh', ...args]);
    const mine = '/etc/systemd/system';
    put(`${mine}/sockmap-bypass@.service`, await say('kept_unit'));
    put(`${mine}/shop.service`, '[Service]\nExecStart=/usr/bin/timeout 5\n');
    const patience = async (timeout: string) =>
      (await run('sh', ['-c', withFunctions('kept_patience')], { input: timeout })).trim();
    const patient = await patience('1min 30s\n');
    assert.equal(patient, '-k 5 20');
    assert.equal(await patience('infinity\n'), patient);
    assert.equal(await patience('10s 500ms\n'), '-k 2 5');
    assert.equal(await patience('900ms\n'), '-k 1 1');
    const dropin = await say('kept_dropin', 'shop', patient);
    put(`${mine}/shop.service.d/50-sockmap-bypass-shop.conf`, dropin);
    const slices = await run('sh', ['-c', withFunctions('kept_slices "a.slice\nb.slice\n"')]);
    put(`${mine}/sockmap-bypass@shop.service.d/50-sockmap-bypass-shop.conf`, slices);
    assert.match(slices, /^Wants=a\.slice\nAfter=a\.slice\nWants=b\.slice\nAfter=b\.slice$/m);
    for (const name of fs.readdirSync(UNITS)) {
      put(`${mine}/${name}`, fs.readFileSync(path.join(UNITS, name), 'utf8'));
    }
    put('/usr/local/lib/sockmap-bypass/sockmap-bypassctl', '#!/bin/sh\n', 0o755);
    put('/usr/bin/timeout', '#!/bin/sh\n', 0o755);
    const names = ['sockmap-bypass@shop.service', 'shop.service', 'sockmap-bypass-metrics.timer'];
    for (const name of [...names, 'sockmap-bypass-metrics.service']) {
      const argv = ['verify', '--man=no', `--root=${root}`, name];
      const { stdout, stderr } = await execa('systemd-analyze', argv);
      assert.equal(stdout + stderr, '', name);
    }
  });

  it('is scraped by Prometheus through node_exporter', async () => {
    const directory = path.join(own.path, 'textfile');
    fs.mkdirSync(directory);
    await run('sh', [COMMAND, 'metrics', '--to', path.join(directory, 'sockmap_bypass.prom')]);
    const [exporter, server] = [await freePort(), await freePort()];
    const config = path.join(own.path, 'prometheus.yml');
    fs.writeFileSync(
      config,
      `global: { scrape_interval: 1s }
rule_files: ['${path.join(PROMETHEUS, 'sockmap-bypass.rules.yml')}']
scrape_configs: [{ job_name: node, static_configs: [{ targets: ['127.0.0.1:${exporter}'] }] }]
`,
    );
    const options = { stdio: 'ignore', reject: false } as const;
    const started = [
      execa(
        'prometheus-node-exporter',
        [
          '--collector.disable-defaults',
          '--collector.textfile',
          `--collector.textfile.directory=${directory}`,
          '--web.disable-exporter-metrics',
          `--web.listen-address=127.0.0.1:${exporter}`,
        ],
        options,
      ),
      execa(
        'prometheus',
        [
          `--config.file=${config}`,
          `--storage.tsdb.path=${path.join(own.path, 'tsdb')}`,
          `--web.listen-address=127.0.0.1:${server}`,
        ],
        options,
      ),
    ];
    try {
      const query = 'sockmap_bypass_sockets_limit or node_textfile_scrape_error';
      const ask = `http://127.0.0.1:${server}/api/v1/query?query=${encodeURIComponent(query)}`;
      const scraped = await eventually(
        'Prometheus has scraped it',
        async (): Promise<z.infer<typeof resultSchema> | undefined> => {
          const response = await fetch(ask).catch(() => undefined);
          const answer = answerSchema.safeParse(await response?.json().catch(() => undefined));
          const result = answer.data?.data.result ?? [];
          return result.length > 1 ? result : undefined;
        },
        60_000,
      );
      const found = scraped ?? [];
      const [limit] = found.filter(({ metric }) => metric['cgroup']?.endsWith('1\\x09'));
      assert.equal(limit?.metric['cgroup'], hostile.replace('\t', '\\x09'));
      assert.ok(Number(limit.value[1]) > 0);
      const fault = found.find(({ metric: { __name__: name } }) => name?.startsWith('node_'));
      assert.equal(fault?.value[1], '0', 'the collector has read the file');
    } finally {
      const running = started.flatMap(({ pid }) => processRef(pid ?? 0) ?? []);
      await endProcesses(running);
      await Promise.all(started);
    }
  });
});
