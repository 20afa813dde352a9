import * as vscode from 'vscode';
import type { Context } from '../context.ts';
import { isCancelled } from '../host/errors.ts';
import type { Diagnosis, Finding, Place } from '../verifier/diagnose.ts';
import { cellOf } from '../verifier/matrix.ts';
import { label } from '../text.ts';
import { pickHost } from '../ui/pickers.ts';
import { editingHost } from '../workspace/knownHosts.ts';
import { affects } from '../workspace/settings.ts';
import { bpfGlobs, fileOf, findBpfFiles, rangeOf } from './bpfFiles.ts';
import type { Verifier } from './verifier.ts';

/**
 * The BPF sources of the workspace as tests, below each its programs, once a kernel has seen them, and below these the
 * hosts, where it is several. To run one is to have the hosts verify it that were named for it by a command, else the
 * one chosen for BPF source.
 */
export class ProgramTests implements vscode.Disposable {
  readonly #context: Context;
  readonly #verifier: Verifier;
  readonly #controller = vscode.tests.createTestController(
    'sockmapBypass.programs',
    vscode.l10n.t('BPF programs'),
  );
  readonly #subscriptions: readonly { dispose(): void }[];
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
      this.#controller,
      profile,
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
    const found = await findBpfFiles();
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
      const add = (id: readonly string[], text: string, description: string, at: Place) => {
        const row = this.#controller.createTestItem(
          [uri.toString(), ...id].join('\n'),
          label(text),
          fileOf(uri, at) ?? uri,
        );
        row.description = label(description);
        row.range = rangeOf(at);
        return row;
      };
      const row = add([name], name, section, place);
      const hosts = diagnoses.map((one) =>
        add([name, one.host], one.host, kernelName(one), cellOf(one, name).place ?? place),
      );
      if (hosts.length > 1) row.children.replace(hosts);
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
    const files = all.map(fileItem);
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
    const objections = (program: string | undefined, diagnosis: Diagnosis): vscode.TestMessage[] =>
      diagnosis.findings
        .filter((one) => one.severity === 'error' && one.program === program)
        .map((one) => messageOf(uri, diagnosis, one));
    const conclude = (row: vscode.TestItem, diagnosis: Diagnosis | undefined): void => {
      const [, name = ''] = row.id.split('\n');
      const verdict = diagnosis && cellOf(diagnosis, name).verdict;
      if (diagnosis === undefined || verdict === 'none') run.skipped(row);
      else if (verdict === 'accepted') run.passed(row);
      else {
        const [own, whole] = [objections(name, diagnosis), objections(undefined, diagnosis)];
        const words = own.length > 0 ? own : whole;
        run.failed(row, words.length > 0 ? words : new vscode.TestMessage(rejectedBy(diagnosis)));
      }
    };
    for (const [, row] of item.children) {
      if (row.children.size === 0) conclude(row, diagnoses[0]);
      for (const [, each] of row.children)
        conclude(
          each,
          diagnoses.find(({ host }) => each.id.endsWith(`\n${host}`)),
        );
    }
    const whole = diagnoses.flatMap((one) => objections(undefined, one));
    if (whole.length > 0) run.failed(item, whole, milliseconds);
    else if (item.children.size === 0) run.passed(item, milliseconds);
  }

  dispose(): void {
    for (const one of [...this.#subscriptions, ...this.#watchers]) one.dispose();
  }
}

const kernelName = ({ kernel }: Diagnosis): string => (kernel === '' ? '' : `Linux ${kernel}`);

const rejectedBy = ({ host, kernel }: Diagnosis): string =>
  kernel === ''
    ? vscode.l10n.t('Rejected on {0}.', host)
    : vscode.l10n.t('Rejected on {0} (Linux {1}).', host, kernel);

/** The words of clang, libbpf or a kernel, at their line. */
function messageOf(uri: vscode.Uri, diagnosis: Diagnosis, one: Finding): vscode.TestMessage {
  const message = new vscode.TestMessage(`${rejectedBy(diagnosis)}\n${one.message}`);
  const file = fileOf(uri, one.place);
  if (file !== undefined) message.location = new vscode.Location(file, rangeOf(one.place));
  return message;
}

/** The file that a row belongs to. */
const fileItem = (item: vscode.TestItem): vscode.TestItem =>
  item.parent === undefined ? item : fileItem(item.parent);
