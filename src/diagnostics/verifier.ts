import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import type { BpfSource } from '../bypass/build.ts';
import { SourceError } from '../bypass/source.ts';
import type { Context } from '../context.ts';
import { HostError, isCancelled } from '../host/errors.ts';
import { allSettledOrThrow } from '../host/allSettledOrThrow.ts';
import { exists, relativePath, rootOf, watchBuildFiles } from '../workspace/folders.ts';
import { readProgram } from '../workspace/program.ts';
import { affects, setting } from '../workspace/settings.ts';
import type { Diagnosis, Finding } from '../verifier/diagnose.ts';
import { sourceFindings } from '../verifier/sourceFindings.ts';
import { editingHost } from '../workspace/knownHosts.ts';
import { Asking } from './asking.ts';
import { fileOf, isBpfFile, isWithin } from './bpfFiles.ts';
import type { BpfStatus } from '../ui/bpfStatus.ts';
import { Problems } from './problems.ts';
import type { Verified } from './verified.ts';
import { VerifierStatus } from './verificationStatus.ts';

const BUILD_SETTINGS = ['flags', 'link', 'include', 'defines', 'libbpf', 'root'].map(
  (name) => `verify.${name}`,
);
const SETTLE_MS = 300;

/**
 * Verifies BPF C on hosts and shows what they object to. Holds the last answers, for the lines above
 * programs and the logs; the next verification of the file replaces them.
 */
export class Verifier implements vscode.Disposable {
  readonly #context: Context;
  readonly #problems: Problems;
  readonly #status: VerifierStatus;
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  /** Receives the files with new answers. */
  readonly onDidVerify = this.#changed.event;
  readonly #answers = new Map<string, ReadonlyMap<string, Verified>>();
  /** The hosts a command named for a file: saving asks them again, whether they answered or not. */
  readonly #chosen = new Map<string, readonly string[]>();
  readonly #running = new Map<string, AbortController>();
  readonly asking = new Asking();
  /** Hosts a person was asked by and did not want: not again until a command names them. */
  readonly #declined = new Set<string>();
  /** Sources that are compiled in another way than when they were verified. */
  readonly #outdated = new Set<string>();
  #settle: NodeJS.Timeout | undefined;
  readonly #subscriptions: vscode.Disposable[];

  /** @param typed what clangd, or whoever takes its place, shows of a file as one types. */
  constructor(
    context: Context,
    typed: (uri: vscode.Uri) => readonly vscode.Diagnostic[],
    status: BpfStatus,
  ) {
    this.#status = new VerifierStatus(status);
    this.#context = context;
    this.#problems = new Problems(typed);
    const deletions = vscode.workspace.createFileSystemWatcher('**/*', true, true, false);
    this.#subscriptions = [
      vscode.workspace.onDidSaveTextDocument((document) => {
        void this.#saved(document);
      }),
      vscode.workspace.onDidDeleteFiles(({ files }) => {
        for (const uri of files) this.#forget(uri);
      }),
      vscode.workspace.onDidRenameFiles(({ files }) => {
        for (const { oldUri } of files) this.#forget(oldUri);
      }),
      watchBuildFiles((file) => {
        this.#rebuilt(rootOf(file));
      }),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (affects(change, ...BUILD_SETTINGS)) this.#rebuilt();
      }),
      deletions,
      deletions.onDidDelete((uri) => {
        void this.#deleted(uri);
      }),
    ];
  }

  answers(uri: vscode.Uri): ReadonlyMap<string, Verified> {
    return this.#answers.get(uri.toString()) ?? new Map<string, Verified>();
  }

  /**
   * Verifies a file on hosts, all at once; what is under way for it is given up.
   * @returns one answer a host, in their order.
   * @throws HostError when a host cannot be asked; the others' answers are shown all the same.
   */
  async verify(
    uri: vscode.Uri,
    hosts: readonly string[],
    signal?: AbortSignal,
  ): Promise<Diagnosis[]> {
    for (const host of hosts) this.#declined.delete(host);
    this.#chosen.set(uri.toString(), hosts);
    return this.#verify(uri, hosts, hosts, signal);
  }

  /** Answers about a file whose text is the one that the hosts saw: of sources that it belongs to, by their URI. */
  *answersAbout(
    file: vscode.Uri,
  ): Generator<{ source: vscode.Uri; host: string; answer: Verified }> {
    const key = file.toString();
    const document = vscode.workspace.textDocuments.find(({ uri }) => uri.toString() === key);
    for (const [name, answers] of this.#answers) {
      for (const [host, answer] of answers) {
        // The first version is that of the file on disk.
        const isSame = (answer.files.get(key) ?? 1) === document?.version;
        if (answer.files.has(key) && isSame) yield { source: vscode.Uri.parse(name), host, answer };
      }
    }
  }

  /** The objections of hosts to such a file. */
  *findingsIn(file: vscode.Uri): Generator<{ source: vscode.Uri; finding: Finding }> {
    for (const { source, answer } of this.answersAbout(file)) {
      for (const finding of answer.diagnosis.findings) {
        if (fileOf(source, finding.place)?.toString() === file.toString())
          yield { source, finding };
      }
    }
  }

  /** The source of a file as the editors have it, for the host. */
  async source(uri: vscode.Uri): Promise<BpfSource> {
    if (!vscode.workspace.isTrusted) {
      throw new HostError({
        kind: 'input',
        tried: vscode.l10n.t('verify {0}', path.basename(uri.path)),
        words: vscode.l10n.t('this workspace is not trusted'),
        next: vscode.l10n.t('Trust it first: its source would be compiled on your host.'),
      });
    }
    if (uri.scheme !== 'file') {
      throw new HostError({
        kind: 'input',
        tried: vscode.l10n.t('verify {0}', path.basename(uri.path)),
        words: vscode.l10n.t('{0} is not a file', uri.toString()),
        next: vscode.l10n.t('Save it to a file.'),
      });
    }
    return readProgram(uri);
  }

  tool(): Promise<Uint8Array> {
    return readFile(path.join(this.#context.bpfDirectory, 'tools', 'verify.c'));
  }

  /** From now on saving asks the host that is chosen for BPF source. */
  followEditingHost(): void {
    this.#chosen.clear();
  }

  /** Shows what there is of a file, after clangd has said something new of it. */
  refresh(uri: vscode.Uri): void {
    this.#problems.refresh(uri);
  }

  /** @param kept whose answers are shown: what one of them said before stays where it gives none now. */
  async #verify(
    uri: vscode.Uri,
    hosts: readonly string[],
    kept: readonly string[],
    signal?: AbortSignal,
  ): Promise<Diagnosis[]> {
    const key = uri.toString();
    this.#running.get(key)?.abort();
    const controller = new AbortController();
    const abort = () => {
      controller.abort();
    };
    signal?.addEventListener('abort', abort, { once: true });
    this.#running.set(key, controller);
    this.#outdated.delete(key);
    this.#status.begins(uri, hosts);
    const following = this.asking.begin(uri);
    const found = new Map<string, Verified>();
    try {
      await allSettledOrThrow(
        hosts.map(async (host) => {
          found.set(host, await following(host, this.#ask(uri, host, controller.signal)));
        }),
      );
      const all = Array.from(found.values());
      const diagnoses = hosts.flatMap((host) => found.get(host)?.diagnosis ?? []);
      this.#status.verified(uri, diagnoses, Math.max(...all.map((each) => each.milliseconds)));
      return diagnoses;
    } catch (error) {
      if (!isCancelled(error)) this.#status.failed(uri, error);
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
      if (!controller.signal.aborted && found.size > 0) this.#publish(uri, kept, found);
      if (this.#running.get(key) === controller) {
        this.#running.delete(key);
        this.#status.ends(uri);
        this.#verifyOutdated(key);
      }
    }
  }

  async #ask(uri: vscode.Uri, name: string, signal: AbortSignal): Promise<Verified> {
    const [{ verifySource }, { diagnose }, host, tool] = await Promise.all([
      import('../verifier/verify.ts'),
      import('../verifier/diagnose.ts'),
      this.#context.host(name),
      this.tool(),
    ]);
    const started = performance.now();
    const versions = new Map(
      vscode.workspace.textDocuments.map((each) => [each.uri.toString(), each.version]),
    );
    const entry = relativePath(rootOf(uri), uri) ?? '';
    let names: Iterable<string> = [entry];
    const answer = (
      made: Pick<Verified, 'diagnosis' | 'source' | 'verdicts' | 'object'>,
    ): Verified => {
      const files = Array.from(names, (file) => fileOf(uri, { file })?.toString() ?? '');
      return {
        ...made,
        files: new Map(files.map((file) => [file, versions.get(file)])),
        milliseconds: Math.round(performance.now() - started),
      };
    };
    try {
      const source = await this.source(uri);
      names = source.files.keys();
      const verification = await verifySource(host, source, { tool, signal });
      const { programs: verdicts, object } = verification;
      return answer({ diagnosis: diagnose(verification, source), source, verdicts, object });
    } catch (error) {
      if (error instanceof HostError && error.problem.kind === 'privilege') {
        this.#declined.add(name);
      }
      if (error instanceof SourceError) names = [entry, ...error.files];
      const findings = sourceFindings(error, entry);
      if (findings === undefined) throw error;
      const diagnosis = { host: name, kernel: '', findings, programs: [] };
      return answer({ diagnosis, source: undefined, verdicts: [], object: undefined });
    }
  }

  /** The file itself if it is a program, and those that include it. */
  async #saved(document: vscode.TextDocument): Promise<void> {
    if (!vscode.workspace.isTrusted) return;
    const saved = document.uri.toString();
    const including = Array.from(this.#answers).flatMap(([key, answers]) =>
      Array.from(answers.values()).some(({ files }) => files.has(saved)) ? [key] : [],
    );
    const own = isBpfFile(document) ? [saved] : [];
    for (const key of new Set([...own, ...including])) {
      await this.#verifyQuietly(vscode.Uri.parse(key));
    }
  }

  /**
   * Sources in editors are compiled in another way from now on: they are verified again.
   * @param folder those in it alone.
   */
  #rebuilt(folder?: vscode.Uri): void {
    for (const { uri } of vscode.workspace.textDocuments) {
      const key = uri.toString();
      const isThere = folder === undefined || isWithin(folder, uri);
      if (isThere && this.#answers.has(key)) this.#outdated.add(key);
    }
    clearTimeout(this.#settle);
    // A generator writes its files more than once.
    this.#settle = setTimeout(() => {
      for (const key of Array.from(this.#outdated)) {
        if (!this.#running.has(key)) this.#verifyOutdated(key);
      }
    }, SETTLE_MS);
  }

  #verifyOutdated(key: string): void {
    if (this.#outdated.delete(key)) void this.#verifyQuietly(vscode.Uri.parse(key));
  }

  /** Never in the way of who types: quiet, and only where nothing has to be asked. */
  async #verifyQuietly(uri: vscode.Uri): Promise<void> {
    const hosts = this.#chosen.get(uri.toString()) ?? this.#knownHosts();
    const asked = hosts.filter((host) => !this.#declined.has(host));
    if (asked.length === 0) return;
    try {
      if (setting('verify.onSave', uri)) await this.#verify(uri, asked, hosts);
    } catch (error) {
      if (isCancelled(error)) return;
      this.#status.failed(uri, error);
      this.#context.log.error(error instanceof Error ? error.message : String(error));
    }
  }

  #knownHosts(): string[] {
    const host = editingHost(this.#context);
    return host === undefined ? [] : [host];
  }

  #publish(uri: vscode.Uri, hosts: readonly string[], found: ReadonlyMap<string, Verified>): void {
    const before = this.answers(uri);
    const answers = hosts.flatMap((host): [string, Verified][] => {
      const answer = found.get(host) ?? before.get(host);
      return answer === undefined ? [] : [[host, answer]];
    });
    this.#answers.set(uri.toString(), new Map(answers));
    this.#problems.put(
      uri,
      answers.map(([, answer]) => answer),
    );
    this.#changed.fire(uri);
  }

  /** Others than the editor write a file by taking it away and putting it there again. */
  async #deleted(uri: vscode.Uri): Promise<void> {
    const isKnown = Array.from(this.#answers.values()).some((answers) =>
      Array.from(answers.values()).some(({ files }) =>
        Array.from(files.keys()).some((file) => isWithin(uri, vscode.Uri.parse(file))),
      ),
    );
    // A file that cannot be read counts as gone.
    if (isKnown && !(await exists(uri).catch(() => false))) this.#forget(uri);
  }

  #forget(place: vscode.Uri): void {
    this.#problems.forget(place);
    for (const key of new Set([...this.#running.keys(), ...this.#answers.keys()])) {
      const uri = vscode.Uri.parse(key);
      if (!isWithin(place, uri)) continue;
      this.#running.get(key)?.abort();
      for (const known of [this.#running, this.#answers, this.#chosen, this.#outdated]) {
        known.delete(key);
      }
      this.#status.forget(uri);
      this.asking.forget(uri);
      this.#changed.fire(uri);
    }
  }

  dispose(): void {
    clearTimeout(this.#settle);
    this.#outdated.clear();
    for (const controller of this.#running.values()) controller.abort();
    const owned = [this.#problems, this.#status, this.asking, this.#changed];
    for (const each of [...owned, ...this.#subscriptions]) each.dispose();
  }
}
