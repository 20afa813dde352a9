import * as vscode from 'vscode';
import type { Context } from '../context.ts';
import { isCancelled } from '../host/errors.ts';
import type { Diagnosis, Finding } from '../verifier/diagnose.ts';
import { label } from '../text.ts';
import { pickHost } from '../ui/pickers.ts';
import { editingHost } from '../workspace/knownHosts.ts';
import { affects } from '../workspace/settings.ts';
import { bpfGlobs, fileOf, rangeOf } from './bpfFiles.ts';
import type { Verifier } from './verifier.ts';

const MOST_FILES = 1000;

/**
 * The BPF sources of the workspace as tests, and below each its programs, once a kernel has seen them. To run one is to
 * have the hosts verify it that were named for it by a command, else the one chosen for BPF source.
 */
export class ProgramTests implements vscode.Disposable {
  readonly #context: Context;
  readonly #verifier: Verifier;
  readonly #controller = vscode.tests.createTestController(
    'sockmapBypass.programs',
    vscode.l10n.t('BPF programs'),
  );
  readonly #subscriptions: vscode.Disposable[];
  readonly #watchers: vscode.Disposable[] = [];

  constructor(context: Context, verifier: Verifier) {
    this.#context = context;
    this.#verifier = verifier;
    this.#controller.resolveHandler = (item) =>
      item === undefined ? this.#find() : Promise.resolve();
    this.#controller.refreshHandler = () => this.#find();
    const profile = this.#controller.createRunProfile(
      vscode.l10n.t('Verify on host'),
      vscode.TestRunProfileKind.Run,
      (request, token) => this.#run(request, token),
      true,
    );
    profile.configureHandler = () => {
      void vscode.commands.executeCommand('sockmapBypass.chooseEditingHost');
    };
    this.#watch();
    this.#subscriptions = [
      ...[this.#controller, profile],
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (!affects(change, 'verify.files')) return;
        this.#watch();
        void this.#find();
      }),
      verifier.onDidVerify((uri) => {
        const item = this.#controller.items.get(uri.toString());
        const answers = Array.from(verifier.answers(uri).values());
        if (item !== undefined)
          this.#list(
            item,
            uri,
            answers.map(({ diagnosis }) => diagnosis),
          );
      }),
    ];
  }

  #watch(): void {
    for (const one of this.#watchers.splice(0)) one.dispose();
    for (const glob of bpfGlobs()) {
      const watcher = vscode.workspace.createFileSystemWatcher(glob, false, true, false);
      watcher.onDidCreate((uri) => {
        this.#add(uri);
      });
      watcher.onDidDelete((uri) => {
        this.#controller.items.delete(uri.toString());
      });
      this.#watchers.push(watcher);
    }
  }

  async #find(): Promise<void> {
    const found = await Promise.all(
      bpfGlobs().map((glob) => vscode.workspace.findFiles(glob, undefined, MOST_FILES)),
    ).then((each) => each.flat().slice(0, MOST_FILES));
    const known = new Set(found.map(String));
    for (const [id] of this.#controller.items)
      if (!known.has(id)) this.#controller.items.delete(id);
    for (const uri of found) this.#add(uri);
  }

  #add(uri: vscode.Uri): void {
    if (uri.scheme !== 'file' || this.#controller.items.get(uri.toString()) !== undefined) return;
    const name = label(vscode.workspace.asRelativePath(uri));
    this.#controller.items.add(this.#controller.createTestItem(uri.toString(), name, uri));
  }

  /** The programs of a file, each once, as the kernels have seen them. */
  #list(item: vscode.TestItem, uri: vscode.Uri, diagnoses: readonly Diagnosis[]): void {
    const programs = new Map(
      diagnoses.flatMap((one) => one.programs.map((each) => [each.name, each])),
    );
    const rows = Array.from(programs.values(), ({ name, section, place }) => {
      const row = this.#controller.createTestItem(
        [uri.toString(), name].join('\n'),
        label(name),
        fileOf(uri, place) ?? uri,
      );
      row.description = label(section);
      row.range = rangeOf(place);
      return row;
    });
    item.children.replace(rows);
  }

  async #run(request: vscode.TestRunRequest, token: vscode.CancellationToken): Promise<void> {
    await this.#find();
    const run = this.#controller.createTestRun(request);
    const controller = new AbortController();
    const cancellation = token.onCancellationRequested(() => {
      controller.abort();
    });
    try {
      for (const item of this.#wanted(request)) {
        if (token.isCancellationRequested) run.skipped(item);
        else await this.#verify(run, item, controller.signal);
      }
    } finally {
      cancellation.dispose();
      run.end();
    }
  }

  /** Files: a program is not verified without the others of its object. */
  #wanted({ include, exclude = [] }: vscode.TestRunRequest): vscode.TestItem[] {
    const all = include ?? Array.from(this.#controller.items, ([, item]) => item);
    const files = all.map((item) => item.parent ?? item);
    return Array.from(new Set(files)).filter((item) => !exclude.includes(item));
  }

  async #verify(run: vscode.TestRun, item: vscode.TestItem, signal: AbortSignal): Promise<void> {
    const { uri } = item;
    if (uri === undefined) return;
    // Its programs have the verdicts: a file that was started would be said to be skipped.
    item.busy = true;
    const started = performance.now();
    try {
      const hosts = await this.#hosts(uri);
      if (hosts.length === 0) {
        run.skipped(item);
        return;
      }
      const diagnoses = await this.#verifier.verify(uri, hosts, signal);
      this.#report(run, item, diagnoses, performance.now() - started);
    } catch (error) {
      if (isCancelled(error)) run.skipped(item);
      else run.errored(item, new vscode.TestMessage(error instanceof Error ? error.message : ''));
    } finally {
      item.busy = false;
    }
  }

  async #hosts(uri: vscode.Uri): Promise<readonly string[]> {
    const asked = Array.from(this.#verifier.answers(uri).keys());
    if (asked.length > 0) return asked;
    const host =
      editingHost(this.#context) ??
      (await pickHost(this.#context, vscode.l10n.t('Verify BPF source')));
    return host === undefined ? [] : [host];
  }

  #report(
    run: vscode.TestRun,
    item: vscode.TestItem,
    diagnoses: readonly Diagnosis[],
    milliseconds: number,
  ): void {
    const uri = item.uri ?? vscode.Uri.file('/');
    const objections = (program: string | undefined): vscode.TestMessage[] =>
      diagnoses.flatMap((diagnosis) =>
        diagnosis.findings
          .filter((one) => one.severity === 'error' && one.program === program)
          .map((one) => messageOf(uri, diagnosis, one)),
      );
    for (const [, row] of item.children) {
      const name = row.id.slice(row.id.indexOf('\n') + 1);
      const refusing = diagnoses.filter(({ programs }) =>
        programs.some((one) => one.name === name && one.verdict !== 'accepted'),
      );
      if (refusing.length === 0) run.passed(row);
      else {
        const words = objections(name);
        const also = refusing.map(({ host, kernel }) =>
          vscode.l10n.t('Rejected on {0} (Linux {1}).', host, kernel),
        );
        run.failed(row, words.length > 0 ? words : new vscode.TestMessage(also.join('\n')));
      }
    }
    const whole = objections(undefined);
    if (whole.length > 0) run.failed(item, whole, milliseconds);
    else if (item.children.size === 0) run.passed(item, milliseconds);
  }

  dispose(): void {
    for (const one of [...this.#subscriptions, ...this.#watchers]) one.dispose();
  }
}

/** The words of clang, libbpf or a kernel, at their line. */
function messageOf(uri: vscode.Uri, { host, kernel }: Diagnosis, one: Finding): vscode.TestMessage {
  const by =
    kernel === ''
      ? vscode.l10n.t('Rejected on {0}.', host)
      : vscode.l10n.t('Rejected on {0} (Linux {1}).', host, kernel);
  const message = new vscode.TestMessage(`${by}\n${one.message}`);
  const file = fileOf(uri, one.place);
  if (file !== undefined) message.location = new vscode.Location(file, rangeOf(one.place));
  return message;
}
