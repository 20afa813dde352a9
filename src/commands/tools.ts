import * as vscode from 'vscode';
import * as z from 'zod';
import { assess, DEFAULT_SECONDS } from '../assess/assess.ts';
import { checkHostAndKept } from '../bypass/checkKept.ts';
import { bypassStatus } from '../bypass/load.ts';
import { compareDocuments } from '../results/compare.ts';
import { readDocument } from '../bench/store.ts';
import type { App } from '../app.ts';
import { HostError } from '../host/errors.ts';
import { jsonText, label } from '../text.ts';
import { isKnownHost } from '../workspace/knownHosts.ts';

/** The read-only actions that language models may invoke; package.json declares each with its input. */
interface Tool {
  /** The question before each invocation; undefined where no host is connected to. */
  readonly question: (input: unknown) => string | undefined;
  /** @returns plain data. */
  readonly run: (app: App, input: unknown, signal: AbortSignal) => Promise<object>;
}

const text = z.string().min(1).max(1000);
const onHost = z.strictObject({ host: text });
const assessed = z.strictObject({
  host: text,
  seconds: z.int().min(1).max(60).default(DEFAULT_SECONDS),
});
/** The most flows in an answer for a model, which reads no more. */
const MOST_FLOWS = 50;
const verified = z.strictObject({ host: text, file: text });
const compared = z.strictObject({ before: text, after: text });

export const TOOLS = {
  checkHost: {
    question: (input) =>
      vscode.l10n.t(
        'Connect to {0}, and read what it has and what it lacks? It may ask for your password.',
        onHost.parse(input).host,
      ),
    run: async (app, input, signal) =>
      checkHostAndKept(await known(app, onHost.parse(input).host), signal),
  },
  bypassStatus: {
    question: (input) =>
      vscode.l10n.t(
        'Connect to {0}, and read as root what is loaded there?',
        onHost.parse(input).host,
      ),
    run: async (app, input, signal) =>
      bypassStatus(await known(app, onHost.parse(input).host), signal),
  },
  assessTraffic: {
    question: (input) => {
      const { host, seconds } = assessed.parse(input);
      return vscode.l10n.t(
        'Connect to {0}, and watch its TCP sockets as root for {1} s? No service is touched.',
        host,
        seconds,
      );
    },
    run: async (app, input, signal) => {
      const { host, seconds } = assessed.parse(input);
      const whole = await assess(await known(app, host), { seconds, signal });
      return { ...whole, flows: whole.flows.slice(0, MOST_FLOWS) };
    },
  },
  verifySource: {
    question: (input) => {
      const { host, file } = verified.parse(input);
      return vscode.l10n.t(
        'Connect to {0}, compile {1} there, and verify it with the kernel, as root? Nothing is attached.',
        host,
        file,
      );
    },
    run: async (app, input, signal) => {
      const { host, file } = verified.parse(input);
      const { name } = await known(app, host);
      return app.verifier.verify(inWorkspace(file), [name], signal);
    },
  },
  compareBenchmarks: {
    question: () => undefined,
    run: async (_app, input) => {
      const { before, after } = compared.parse(input);
      const [old, now] = [before, after].map((file) => readDocument(inWorkspace(file).fsPath));
      if (old === undefined || now === undefined) throw new RangeError('two runs');
      return compareDocuments(await old, await now);
    },
  },
} satisfies Readonly<Record<string, Tool>>;

/** @throws HostError for a host that the person has neither used nor configured. */
async function known(app: App, host: string): Promise<Awaited<ReturnType<App['host']>>> {
  if (await isKnownHost(app, host)) return app.host(host);
  throw new HostError({
    kind: 'input',
    tried: 'connect',
    where: host,
    words: vscode.l10n.t('a language model names it, and you have neither used nor configured it'),
    next: vscode.l10n.t('Run Check host there once by yourself.'),
  });
}

/** @throws HostError for what is no file of the workspace. */
function inWorkspace(file: string): vscode.Uri {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  const uri =
    file.startsWith('/') || folder === undefined
      ? vscode.Uri.file(file)
      : vscode.Uri.joinPath(folder.uri, file);
  if (vscode.workspace.getWorkspaceFolder(uri) !== undefined) return uri;
  throw new HostError({
    kind: 'input',
    tried: vscode.l10n.t('read {0}', file),
    words: vscode.l10n.t('it is not in this workspace'),
    next: vscode.l10n.t('Name a file of the workspace.'),
  });
}

/** A confirmation for each invocation that connects to a host. */
export function prepareTool(tool: Tool, input: unknown): vscode.PreparedToolInvocation | undefined {
  const message = tool.question(input);
  if (message === undefined) return undefined;
  return {
    confirmationMessages: { title: vscode.l10n.t('Sockmap Bypass'), message: label(message) },
  };
}

export async function invokeTool(
  app: App,
  tool: Tool,
  input: unknown,
  token: vscode.CancellationToken,
): Promise<vscode.LanguageModelToolResult> {
  const controller = new AbortController();
  const cancel = (): void => {
    controller.abort();
  };
  if (token.isCancellationRequested) cancel();
  const cancellation = token.onCancellationRequested(cancel);
  const data = await tool.run(app, input, controller.signal).finally(() => {
    cancellation.dispose();
  });
  return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(jsonText(data))]);
}
