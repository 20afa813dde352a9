import assert from 'node:assert/strict';
import vscode from 'vscode';
import manifest from '../../../package.json' with { type: 'json' };
import { startSshd, type TestSshd } from '../../harness/sshd.ts';

/** Has a tool do its work, as a language model's client does outside of a chat. */
async function invoke(name: string, input: object): Promise<unknown> {
  const tokenless = { input, toolInvocationToken: undefined };
  const { content } = await vscode.lm.invokeTool(`sockmapBypass_${name}`, tokenless);
  const [part] = content;
  assert.ok(part instanceof vscode.LanguageModelTextPart);
  return JSON.parse(part.value);
}

describe('tools of language models', () => {
  let sshd: TestSshd | undefined;
  let host = '';
  const settings = (): vscode.WorkspaceConfiguration =>
    vscode.workspace.getConfiguration('sockmapBypass.ssh');
  before(async () => {
    sshd = await startSshd({ alias: 'of-the-tools' });
    host = sshd.alias;
    await settings().update('configFile', sshd.configFile, vscode.ConfigurationTarget.Global);
  });
  after(async () => {
    await settings().update('configFile', undefined, vscode.ConfigurationTarget.Global);
    await sshd?.stop();
  });

  it('are registered as package.json declares them', () => {
    const registered = new Set(vscode.lm.tools.map(({ name }) => name));
    const declared = manifest.contributes.languageModelTools.map(({ name }) => name);
    assert.equal(declared.length, 5);
    assert.deepEqual(
      declared.filter((name) => !registered.has(name)),
      [],
    );
  });

  it('look at a host that is configured, and give plain data', async () => {
    const check = (await invoke('checkHost', { host })) as { facts: { kernel: string } };
    assert.match(check.facts.kernel, /^\d+\.\d+/);
    const status = (await invoke('bypassStatus', { host })) as { host: string };
    assert.equal(status.host, host);
    const assessed = (await invoke('assessTraffic', { host, seconds: 1 })) as {
      flows: unknown[];
      verdict: { words: string };
    };
    assert.ok(assessed.flows.length <= 50);
    assert.notEqual(assessed.verdict.words, '');
  });

  it('connect to no host that the person has neither used nor configured', async () => {
    await assert.rejects(
      invoke('bypassStatus', { host: 'root@not-configured.invalid' }),
      /neither used nor configured/,
    );
  });

  it('read no file outside of the workspace', async () => {
    const file = '/etc/hostname';
    await assert.rejects(invoke('verifySource', { host, file }), /not in this workspace/);
    await assert.rejects(
      invoke('compareBenchmarks', { before: file, after: '../../etc/hostname' }),
      /not in this workspace/,
    );
  });

  it('take nothing else than what they declare', async () => {
    await assert.rejects(invoke('checkHost', { host, command: 'id' }));
    await assert.rejects(invoke('checkHost', {}));
  });
});
