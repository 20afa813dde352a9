import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { parseDocument, type ResultDocument } from '../../../src/results/document.ts';
import { ACCEPTED, REJECTED } from '../../harness/countingProgram.ts';
import { keepAsking } from '../../harness/host/roundTrips.ts';
import { eventually } from '../../harness/host/wait.ts';
import { axeFaults, drawnIn } from '../../harness/vscode/axe.ts';
import { keepEvidence } from '../../harness/vscode/artifacts.ts';
import { titleOf } from '../../harness/vscode/commands.ts';
import { THEMES, type Theme } from '../../harness/vscode/workbench.ts';
import { setStage, type Stage } from './stage.ts';

const ARTIFACTS = path.resolve(import.meta.dirname, '../../../out/axe');
/** Measured on a real host, with every figure's samples. */
const RECORDED = path.resolve(
  import.meta.dirname,
  '../../unit/recorded/bench/all-figures.sockmap-bench.json',
);
const [RUN, OTHER, CUT] = ['run', 'other', 'cut'].map((name) => `${name}.sockmap-bench.json`) as [
  string,
  string,
  string,
];

/** A host that cannot be reached. */
const GONE = 'gone-host';

type Scan = (name: string) => Promise<void>;

/** A page of ours: comes up, and is scanned in each of its states. */
interface PageOfOurs {
  readonly name: string;
  show(stage: Stage, scan: Scan): Promise<void>;
}

const PAGES: readonly PageOfOurs[] = [
  {
    name: 'result of one run, each figure',
    async show({ workbench }, scan) {
      await workbench.openFile(RUN);
      const panel = workbench.webview();
      await panel.locator('#state', { hasText: 'Finished' }).waitFor();
      // The run has these: all figures of the article.
      await panel.locator('#tab-fig7').waitFor();
      for (const tab of await panel.getByRole('tab').all()) {
        await tab.click();
        await scan(((await tab.getAttribute('id')) ?? '').replace('tab-', ''));
      }
    },
  },
  {
    name: 'result with another run laid over it',
    async show({ workbench }, scan) {
      await workbench.openFile(RUN);
      const panel = workbench.webview();
      await panel.locator('#tab-fig2').click();
      await panel.getByRole('button', { name: 'Overlay another run' }).click();
      await workbench.quick.locator('.monaco-list-row', { hasText: OTHER }).click();
      await panel.locator('.runs li', { hasText: 'web2' }).waitFor();
      await scan('overlay');
    },
  },
  {
    name: 'comparison of two runs',
    async show({ workbench }, scan) {
      await workbench.run('Sockmap: Compare benchmarks');
      await workbench.pick(RUN);
      await workbench.pick(OTHER);
      const panel = workbench.webview();
      for (const id of ['throughput-rate', 'latency-p50']) {
        await panel.locator(`#tab-${id}`).click();
        await scan(`comparison-${id}`);
      }
    },
  },
  {
    name: 'live page of a bypass',
    async show({ workbench, steps, host }, scan) {
      await workbench.run('Sockmap: Show bypass status');
      await steps.pickHost(host);
      await workbench.webview().locator('#bypass').waitFor();
      await scan('live');
    },
  },
  {
    name: 'page of the fleet',
    async show({ workbench }, scan) {
      await workbench.run('Sockmap: Open fleet page');
      const panel = workbench.webview();
      await panel.locator('tr[data-state="read"]').first().waitFor();
      await panel.locator('#numbers tbody tr').first().waitFor();
      await scan('fleet');
    },
  },
  {
    name: 'verifier matrix',
    async show({ workbench, host }, scan) {
      await workbench.run(titleOf('sockmapBypass.verifyOnHosts'));
      await workbench.pickMany('Choose sources', 'accepted.bpf.c', 'rejected.bpf.c');
      await workbench.pickMany('Choose hosts', host, GONE);
      const panel = workbench.webview();
      await panel.locator('[data-state="rejected"]').waitFor();
      await panel.locator('[data-state="unreached"]').waitFor();
      await panel.locator('#again:enabled').waitFor();
      await scan('matrix');
    },
  },
  {
    name: 'page of an assessment',
    async show({ workbench }, scan) {
      const under = workbench.notification(/Assessing the local traffic/);
      const pairs = workbench.webview().locator('#pairs-table tbody tr').first();
      const comes = (what: Locator, timeout: number) =>
        what.waitFor({ timeout }).then(
          () => true,
          () => false,
        );
      // A page that is being closed may still have the keys. The observer is compiled first.
      await eventually(
        'it is assessed',
        async () => {
          await workbench.page.keyboard.press('Control+Alt+L');
          return (await comes(under, 5000)) && (await comes(pairs, 70_000));
        },
        150_000,
      );
      await scan('assess');
    },
  },
  {
    name: 'result of a run that was interrupted',
    async show({ workbench }, scan) {
      await workbench.openFile(CUT);
      const panel = workbench.webview();
      await panel.locator('#state', { hasText: 'Incomplete' }).waitFor();
      await panel.locator('#tab-overview').click();
      await scan('cut');
    },
  },
];

describe('pages of ours, as axe reads them', () => {
  let stage: Stage | undefined;
  let traffic: { stop(): Promise<void> } | undefined;
  keepEvidence(() => stage?.session);

  before(async () => {
    stage = await setStage({
      label: 'axe',
      keybindings: (host, cgroup) => [
        {
          key: 'ctrl+alt+l',
          command: 'sockmapBypass.assess',
          args: { host, seconds: 1, cgroup },
        },
      ],
    });
    traffic = await keepAsking(stage.place.cgroup, stage.place.cgroup);
    await stage.steps.load(stage.host, stage.place.label);
    stage.sshd.addHost(GONE, { lines: ['ProxyCommand false'] });
    const text = fs.readFileSync(RECORDED, 'utf8');
    const measured = parseDocument(text);
    const other: ResultDocument = { ...measured, host: { ...measured.host, name: 'web2' } };
    const { finishedAt: _, ...unfinished } = measured;
    const cut = { ...unfinished, samples: measured.samples.slice(0, 30) };
    const files = {
      [RUN]: text,
      [OTHER]: JSON.stringify(other),
      [CUT]: JSON.stringify(cut),
      'accepted.bpf.c': ACCEPTED,
      'rejected.bpf.c': REJECTED,
    };
    for (const [name, content] of Object.entries(files))
      fs.writeFileSync(path.join(stage.folder, name), content);
  });
  after(async () => {
    await traffic?.stop();
    await stage?.stop();
  });

  for (const theme of Object.keys(THEMES) as Theme[]) {
    describe(`in ${THEMES[theme].label}`, () => {
      before(async () => {
        await stage?.session.setTheme(theme);
      });
      afterEach(async () => {
        await stage?.workbench.run('View: Close All Editors');
      });

      for (const page of PAGES) {
        it(page.name, async () => {
          assert.ok(stage);
          const { workbench } = stage;
          const faults: string[] = [];
          await page.show(stage, async (name) => {
            await drawnIn(workbench.webview(), theme);
            const found = await axeFaults(workbench.webview());
            faults.push(...found.map((fault) => `${name}: ${fault}`));
            await workbench.screenshot(path.join(ARTIFACTS, `${name}-${theme}.png`));
          });
          assert.deepEqual(faults, []);
        });
      }
    });
  }
});
