import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { ACCEPTED, REJECTED } from '../../harness/countingProgram.ts';
import { eventually } from '../../harness/host/wait.ts';
import { startSshd, type TestSshd } from '../../harness/sshd.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../../harness/temporary.ts';
import { keepEvidence } from '../../harness/vscode/artifacts.ts';
import { titleOf } from '../../harness/vscode/commands.ts';
import { packageExtension } from '../../harness/vscode/packageExtension.ts';
import { startSession, type Session } from '../../harness/vscode/session.ts';
import { inEveryTheme, inNarrowWindow } from '../../harness/vscode/themes.ts';
import { hotProgram } from '../../harness/hotProgram.ts';
import { run } from '../../harness/run.ts';
import { VISITED } from '../../harness/visitedProgram.ts';

const ARTIFACTS = path.resolve(import.meta.dirname, '../../../out/verifier');

/** The texts of the lines that are marked, and what stands beside them. */
async function marked(editor: Locator): Promise<{ lines: string[]; beside: string }> {
  // No function with a name of its own: in the page the helper tsx calls for it is missing.
  const drawn = await editor.evaluate((element) => ({
    marks: Array.from(element.querySelectorAll('.view-overlays .cdr'), (each) => ({
      name: each.className,
      top: Math.round(each.getBoundingClientRect().top),
    })),
    lines: Array.from(element.querySelectorAll('.view-lines .view-line'), (each) => ({
      text: each.textContent,
      top: Math.round(each.getBoundingClientRect().top),
    })),
    after: Array.from(element.querySelectorAll('.view-lines span'), (each) => ({
      name: each.className,
      content: getComputedStyle(each, '::after').content,
    })),
  }));
  const ours = /ced-.*TextEditorDecorationType/;
  const tops = new Set(drawn.marks.filter(({ name }) => ours.test(name)).map(({ top }) => top));
  return {
    lines: drawn.lines
      .filter(({ top }) => tops.has(top))
      .map(({ text }) => text.replaceAll('\u00a0', ' ').trim()),
    beside: drawn.after
      .filter(({ name, content }) => ours.test(name) && content !== 'none')
      .map(({ content }) => content)
      .join(' '),
  };
}

describe('what the verifier thinks of a source, in a window', () => {
  let sshd: TestSshd;
  let other: TestSshd;
  let folder: TemporaryDirectory;
  let session: Session;
  keepEvidence(() => session);
  before(async () => {
    sshd = await startSshd({ alias: 'verifying-host' });
    other = await startSshd();
    sshd.addHost('other-host', {
      lines: [
        `Port ${other.port}`,
        `IdentityFile "${other.identityFile}"`,
        `UserKnownHostsFile "${other.knownHostsFile}"`,
      ],
    });
    sshd.addHost('gone-host', { lines: ['ProxyCommand false'] });
    folder = temporaryDirectory({
      'rejected.bpf.c': REJECTED,
      'accepted.bpf.c': ACCEPTED,
      'visited.bpf.c': VISITED,
    });
    session = await startSession({
      extensions: [await packageExtension()],
      folder: path.resolve(folder.path),
      settings: {
        'sockmapBypass.ssh.configFile': sshd.configFile,
        'sockmapBypass.host': sshd.alias,
        'sockmapBypass.clangd.enabled': false,
        'editor.minimap.enabled': false,
        'editor.occurrencesHighlight': 'off',
      },
      viewport: { width: 1600, height: 900 },
    });
  });
  after(async () => {
    await session.stop();
    await other.stop();
    await sshd.stop();
    await folder.remove();
  });
  const lens = (text: string): Locator =>
    session.page.locator('.codelens-decoration a:visible', { hasText: text });
  const pressLine = async (index: number, text: string): Promise<void> => {
    await session.workbench
      .editor(index)
      .locator('.view-line', { hasText: text })
      .first()
      .click({ position: { x: 60, y: 8 } });
  };

  it('the error stands in the hover, the verifier’s words first, then why, and how to fix it', async () => {
    await session.workbench.saveUntil('rejected.bpf.c', session.workbench.squiggles().first());
    // The lens moves the lines below it when it comes.
    await lens('rejected by Linux').waitFor();
    const rows = await session.workbench.hover('+=');
    const text = rows.join('\n').replaceAll('\u00a0', ' ');
    assert.match(
      text,
      /^R0 invalid mem access 'map_value_or_null'\s+bpf_map_lookup_elem\(\) returns NULL if/,
    );
    assert.match(text, /Compare it with NULL[^]*verifier \d\S*null/);
    assert.match(text, /R0 comes from here: call bpf_map_lookup_elem/);
  });

  it('the whole log is one press away', async () => {
    await lens('rejected by Linux').click();
    await session.workbench.tab('count on verifying-host.bpf-log').waitFor();
    await eventually('the failing instruction is marked', async () => {
      const { lines } = await marked(session.workbench.editor(1));
      return (
        lines.length === 1 &&
        /^\d+: \([0-9a-f]{2}\) r1 = \*\(u64 \*\)\(r0 \+0\)/.test(lines[0] ?? '')
      );
    });
    await session.workbench.run('View: Close All Editors');
  });

  it('of an accepted program what was counted stands above it', async () => {
    await session.workbench.saveUntil('accepted.bpf.c', lens('instructions'));
    assert.match(
      (await lens('instructions').innerText()).replaceAll('\u00a0', ' '),
      /\d+ instructions, \d+ of 1,000,000 processed, \d+ states \(\d+ at a time\), \d+ bytes of stack, [\d.]+ ms/,
    );
  });

  it('the state beside the language is that of the file in the editor', async () => {
    for (const [name, state] of [
      ['rejected.bpf.c', 'BPF: rejected'],
      ['accepted.bpf.c', 'BPF: verified'],
      ['rejected.bpf.c', 'BPF: rejected'],
      ['accepted.bpf.c', 'BPF: verified'],
    ] as const) {
      await session.workbench.openFile(name);
      await session.page
        .locator(`[id="status.languageStatus"] [aria-label*="${state}"]`)
        .first()
        .waitFor();
    }
  });

  const lookup = /bpf_map_lookup_elem\(&hits, &key\)/;
  for (const [listing, pressed, instruction, line, registers] of [
    ['bpf-states', 'instructions', 'R0=map_value_or_null', lookup, /R0=map_value_or_null/],
    ['bpf-bytecode', 'bytecode', 'r1 = map[', lookup, /^/],
    ['bpf-machine-code', 'machine code', 'push', /int count\(struct xdp_md \*ctx\)/, /^/],
  ] as const) {
    it(`${listing} follows the source, and the source follows it`, async () => {
      await lens(pressed).click();
      await session.workbench.tab(`count on verifying-host.${listing}`).waitFor();
      // Only one listing at a time stands beside the source.
      assert.equal(await session.page.locator('.editor-group-container').count(), 2);
      await pressLine(0, '*value += 1');
      await eventually('the instructions of the line are marked', async () => {
        const { lines } = await marked(session.workbench.editor(1));
        return lines.length > 0 && !lines.some((line) => line.includes('lookup'));
      });
      await pressLine(1, instruction);
      await eventually('the line of the instruction is marked, with its registers', async () => {
        const { lines, beside } = await marked(session.workbench.editor(0));
        return lines.length === 1 && line.test(lines[0] ?? '') && registers.test(beside);
      });
    });
  }

  it('what a change costs stands in the line above, and both versions beside each other', async () => {
    await session.workbench.run('View: Close All Editors');
    await session.workbench.saveUntil('accepted.bpf.c', lens('instructions'));
    const more = '\t\tfor (int i = 0; i < 20; i++)\n\t\t\t*value += bpf_get_prandom_u32() & 1;';
    fs.writeFileSync(
      path.join(folder.path, 'accepted.bpf.c'),
      ACCEPTED.replace('\t\t*value += 1;', more),
    );
    await session.workbench.editor().getByText('bpf_get_prandom_u32').first().waitFor();
    await session.workbench.saveUntil('accepted.bpf.c', lens('compare'));
    assert.match(
      (await lens('instructions').innerText()).replaceAll('\u00a0', ' '),
      /\d+ \(\+\d+, \+\d+%\) instructions, \d+ \(\+\d+, \+\d+%\) of 1,000,000 processed/,
    );
    await lens('compare').click();
    await session.workbench.item('last save').first().click();
    await session.page.locator('.tab', { hasText: 'count: last save ↔ now' }).waitFor();
    const sides = session.page.locator('.monaco-diff-editor .view-lines');
    await sides.nth(1).getByText('bpf_get_prandom_u32').first().waitFor();
    assert.doesNotMatch(await sides.nth(0).innerText(), /prandom/);
  });

  it('what it knew at a line is a key away, visit by visit, and what it never reached is dimmed', async () => {
    await session.workbench.run('View: Close All Editors');
    await session.workbench.saveUntil('visited.bpf.c', lens('instructions'));
    await pressLine(0, '*value +=');
    const hover = session.page.locator('.monaco-hover:not(.hidden)');
    for (const visit of [1, 2]) {
      await session.page.keyboard.press('Alt+.');
      await hover.getByText(`visit ${visit} of 3`).waitFor();
    }
    await hover.getByText('value of map hits, 8 bytes').waitFor();
    await session.page.keyboard.press('Escape');
    const colours = (text: string): Promise<string[]> =>
      session.workbench
        .editor()
        .locator('.view-line', { hasText: text })
        .locator('span span')
        .evaluateAll((all) =>
          all
            .filter(({ textContent }) => textContent.trim() !== '')
            .map((each) => getComputedStyle(each).color),
        );
    const [dimmed, other] = ['*value = 100', '*value +='];
    assert.ok(new Set(await colours(dimmed)).size > 1);
    await session.workbench.run(titleOf('sockmapBypass.toggleCoverage'));
    await eventually('it has one colour', async () => new Set(await colours(dimmed)).size === 1);
    assert.ok(new Set(await colours(other)).size > 1);
    await pressLine(0, '*value = 100');
    await session.page.keyboard.type(' ');
    await eventually('it is edited', async () => new Set(await colours(dimmed)).size > 1);
    await session.workbench.run('File: Revert File');
  });

  it('where a loaded program spends its time stands behind its lines', async () => {
    const { workbench } = session;
    const at = (name: string) => path.join(folder.path, name);
    const [name, pin] = ['busy_in_a_window', '/sys/fs/bpf/busy_in_a_window'];
    fs.writeFileSync(at('busy.bpf.c'), hotProgram(name));
    fs.writeFileSync(at('packet'), Buffer.alloc(64));
    const flags = ['-O2', '-g', '-target', 'bpf', '-idirafter', '/usr/include/x86_64-linux-gnu'];
    await run('clang', [...flags, '-c', at('busy.bpf.c'), '-o', at('busy.o')]);
    await run('bpftool', ['prog', 'load', at('busy.o'), pin]);
    await workbench.run('View: Close All Editors');
    await workbench.saveUntil('busy.bpf.c', lens('instructions'));
    await workbench.run(titleOf('sockmapBypass.toggleRunTimes'));
    const prog = ['prog', 'run', 'pinned', pin, 'data_in', at('packet'), 'repeat', '1000'];
    await eventually('its line says so', async () => {
      await run('bpftool', prog);
      const { beside } = await marked(workbench.editor(0));
      return new RegExp(`\\d+% of ${name}`).test(beside.replaceAll('\u00a0', ' '));
    });
    await lens('hottest').waitFor();
    for (const theme of ['light', 'dark'] as const) {
      await session.setTheme(theme);
      await workbench.screenshot(path.join(ARTIFACTS, `hottest-${theme}.png`));
    }
    await workbench.run(titleOf('sockmapBypass.toggleRunTimes'));
    await eventually('it is gone', async () => {
      const { beside } = await marked(workbench.editor(0));
      return !beside.includes(name);
    });
    fs.rmSync(pin);
    await workbench.run('View: Close All Editors');
    for (const made of ['busy.bpf.c', 'busy.o', 'packet']) fs.rmSync(at(made));
  });

  const page = () => session.workbench.webview();
  const verified = () => page().locator('#summary', { hasText: '2 verified, 2 rejected' });
  const cell = (source: string, host: number, state: string): Locator =>
    page()
      .locator('tbody', { hasText: source })
      .locator('tr:nth-child(2) td')
      .nth(host)
      .and(page().locator(`[data-state="${state}"]`));
  it('programs and hosts are a table: each cell the verdict with its place, or why there is none', async () => {
    const { workbench } = session;
    await workbench.run('View: Close All Editors');
    fs.writeFileSync(path.join(folder.path, 'accepted.bpf.c'), ACCEPTED);
    await workbench.run(titleOf('sockmapBypass.verifyOnHosts'));
    await workbench.pickMany('Choose sources', 'accepted.bpf.c', 'rejected.bpf.c');
    await workbench.pickMany('Choose hosts', 'verifying-host', 'other-host', 'gone-host');
    await verified().waitFor({ timeout: 120_000 });
    const [hosts] = await page().locator('thead').allInnerTexts();
    assert.match(hosts ?? '', /verifying-host\s+Linux \d[^]*other-host\s+Linux \d[^]*gone-host/);
    for (const host of [0, 1]) {
      const accepted = await cell('accepted.bpf.c', host, 'accepted').innerText();
      assert.match(accepted, /verified\s*accepted\.bpf\.c:\d+\s*\d+ instructions processed/);
      const rejected = await cell('rejected.bpf.c', host, 'rejected').innerText();
      assert.match(
        rejected,
        /rejected\s*rejected\.bpf\.c:17\s*bpf_map_lookup_elem\(\) returns NULL/,
      );
    }
    const gone = await cell('accepted.bpf.c', 2, 'unreached').innerText();
    assert.match(gone, /could not be asked\s*Could not .*gone-host/);
    // A host that cannot be reached is not asked again and again.
    await cell('rejected.bpf.c', 2, 'unrun').waitFor();
    await workbench.clearNotifications();
    for (const type of ['Markdown', 'CSV']) {
      await page()
        .getByRole('button', { name: `Copy as ${type}` })
        .click();
      await page().getByText(`The ${type} is on the clipboard.`).waitFor();
    }
    await inEveryTheme(session, page(), (theme) =>
      workbench.screenshot(path.join(ARTIFACTS, `matrix-${theme}.png`)),
    );
    const overflow = await inNarrowWindow(session, page(), () =>
      workbench.screenshot(path.join(ARTIFACTS, 'matrix-narrow.png')),
    );
    assert.ok(overflow <= 0, String(overflow));
    await cell('rejected.bpf.c', 1, 'rejected').getByRole('button').focus();
    await session.page.keyboard.press('Enter');
    await workbench.tab('rejected.bpf.c').waitFor();
    await workbench.statusBarItem(/Ln 17, Col \d+/).waitFor();
  });

  it('in the Testing view each program has a verdict for each host', async () => {
    const { workbench } = session;
    await workbench.run('Testing: Focus on Test Explorer View');
    const failed = session.page.locator('.codicon-testing-failed-icon');
    const row = (name: RegExp): Locator =>
      session.page.locator('.test-explorer .monaco-list-row', { hasText: name, has: failed });
    await workbench.run('Test: Run All Tests');
    // Each source is verified on each host first.
    await row(/^rejected\.bpf\.c/).waitFor({ timeout: 150_000 });
    const open = async (name: RegExp, child: RegExp): Promise<void> => {
      // VS Code opens and closes rows by itself while results come in.
      await eventually(`${name} is open`, async () => {
        if ((await row(name).getAttribute('aria-expanded')) === 'false')
          await row(name).locator('.monaco-tl-twistie').click();
        return row(child).isVisible();
      });
    };
    await open(/^rejected\.bpf\.c/, /^count/);
    await open(/^count/, /^other-host/);
    await row(/^verifying-host/).waitFor();
    await workbench.screenshot(path.join(ARTIFACTS, 'testing-hosts.png'));
  });

  it('after a reload the page has its sources and hosts, and verifies on request', async () => {
    const { workbench } = session;
    const goToPage = () => session.page.locator('.tab', { hasText: 'Verifier matrix' }).click();
    await goToPage();
    await verified().waitFor();
    await session.reload('Verifier matrix');
    await goToPage();
    await page().locator('#summary', { hasText: '6 not run' }).waitFor();
    await workbench.screenshot(path.join(ARTIFACTS, 'matrix-not-run.png'));
    await page().getByRole('button', { name: 'Verify again' }).click();
    await verified().waitFor({ timeout: 120_000 });
    const errors = session
      .browserErrors()
      .filter((each) => /Content Security Policy|matrix\.(js|css)/i.test(each));
    assert.deepEqual(errors, []);
  });
});
