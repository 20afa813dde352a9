import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import type { BpfSource } from '../../bypass/compile.ts';
import { collectSource, SourceError } from '../../bypass/source.ts';
import type { ProgramVerdict } from '../../bypass/verify.ts';
import type { Context } from '../../context.ts';
import { HostError, isCancelled } from '../../host/errors.ts';
import { isPlainPath } from '../../host/scratch.ts';
import { settled } from '../../host/settled.ts';
import { folderReader, relativePath } from '../../language/files.ts';
import type { Diagnosis, Finding, Place, Related } from '../../language/verifier/diagnose.ts';
import { editingHost } from '../knownHosts.ts';
import { logUri } from './uris.ts';

/** What one host made of a file, with what it is to be shown again. */
export interface Verified {
  readonly diagnosis: Diagnosis;
  readonly verdicts: readonly ProgramVerdict[];
  readonly object: Uint8Array | undefined;
  readonly milliseconds: number;
}

export const BPF_FILES: vscode.DocumentFilter = { scheme: 'file', pattern: '**/*.bpf.c' };

/**
 * Verifies BPF C on hosts and shows what they object to. Holds the last answers, for the lines above
 * programs and the logs; the next verification of the file replaces them.
 */
export class Verifier implements vscode.Disposable {
  readonly #context: Context;
  readonly #diagnostics = vscode.languages.createDiagnosticCollection('sockmapBypass.verifier');
  readonly #status = vscode.languages.createLanguageStatusItem('sockmapBypass.verifier', BPF_FILES);
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  /** Told of the files with new answers. */
  readonly onDidVerify = this.#changed.event;
  readonly #answers = new Map<string, ReadonlyMap<string, Verified>>();
  /** Files each verification has marked: a header may be marked by several. */
  readonly #marks = new Map<string, ReadonlyMap<string, readonly vscode.Diagnostic[]>>();
  readonly #running = new Map<string, AbortController>();
  /** Hosts a person was asked by and did not want: not again until a command names them. */
  readonly #declined = new Set<string>();
  readonly #subscriptions: vscode.Disposable[];

  constructor(context: Context) {
    this.#context = context;
    this.#status.name = 'BPF verifier';
    this.#status.text = 'BPF: not verified yet';
    this.#status.command = { command: 'sockmapBypass.verify', title: 'Verify' };
    this.#subscriptions = [
      vscode.workspace.onDidSaveTextDocument((document) => {
        void this.#saved(document);
      }),
      vscode.workspace.onDidDeleteFiles(({ files }) => {
        for (const uri of files) this.#forget(uri);
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
    const key = uri.toString();
    this.#running.get(key)?.abort();
    const controller = new AbortController();
    const abort = () => {
      controller.abort();
    };
    signal?.addEventListener('abort', abort, { once: true });
    this.#running.set(key, controller);
    for (const host of hosts) this.#declined.delete(host);
    this.#say(`$(loading~spin) verifying on ${hosts.join(', ')}`, true);
    try {
      const found = new Map<string, Verified>();
      const asked = hosts.map(async (host) => {
        found.set(host, await this.#ask(uri, host, controller.signal));
      });
      try {
        await settled(asked);
      } finally {
        if (!controller.signal.aborted) this.#publish(uri, new Map([...found].sort(order(hosts))));
      }
      this.#report(found);
      return hosts.flatMap((host) => found.get(host)?.diagnosis ?? []);
    } catch (error) {
      this.#failed(error, hosts);
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
      if (this.#running.get(key) === controller) this.#running.delete(key);
    }
  }

  /** The source of a file as the editors have it, for the host, and where it looks for headers. */
  async source(uri: vscode.Uri): Promise<{ source: BpfSource; include: readonly string[] }> {
    if (!vscode.workspace.isTrusted) {
      throw new HostError({
        kind: 'input',
        tried: `verify ${path.basename(uri.path)}`,
        where: 'this window',
        words: 'this workspace is not trusted',
        next: 'Trust it first: its source would be compiled on your host.',
      });
    }
    if (uri.scheme !== 'file') {
      throw new HostError({
        kind: 'input',
        tried: `verify ${path.basename(uri.path)}`,
        where: 'this window',
        words: `${uri.toString()} is not a file`,
        next: 'Save it to a file.',
      });
    }
    const { readVerifySettings } = await import('./settings.ts');
    const { include, defines } = readVerifySettings(uri);
    const root = rootOf(uri);
    const source = await collectSource(
      relativePath(root, uri) ?? path.posix.basename(uri.path),
      folderReader(root, true),
      include.filter((one) => !path.posix.isAbsolute(one)),
    );
    return { source: { ...source, defines }, include };
  }

  tool(): Promise<Uint8Array> {
    return readFile(path.join(this.#context.bpfDirectory, 'verify.c'));
  }

  async #ask(uri: vscode.Uri, name: string, signal: AbortSignal): Promise<Verified> {
    const [{ verifySource }, { diagnose }, host, tool] = await Promise.all([
      import('../../bypass/verify.ts'),
      import('../../language/verifier/diagnose.ts'),
      this.#context.host(name),
      this.tool(),
    ]);
    const started = Date.now();
    try {
      const { source, include } = await this.source(uri);
      const verification = await verifySource(host, source, { tool, signal, include });
      return {
        diagnosis: diagnose(verification, source),
        verdicts: verification.programs,
        object: verification.object,
        milliseconds: Date.now() - started,
      };
    } catch (error) {
      const findings = asFindings(error, relativePath(rootOf(uri), uri) ?? '');
      if (findings === undefined) throw error;
      const diagnosis = { host: name, kernel: '', findings, programs: [] };
      return { diagnosis, verdicts: [], object: undefined, milliseconds: Date.now() - started };
    }
  }

  /** Never in the way of who types: quiet, and only where nothing has to be asked. */
  async #saved(document: vscode.TextDocument): Promise<void> {
    if (!vscode.workspace.isTrusted || vscode.languages.match(BPF_FILES, document) === 0) return;
    const { readVerifySettings } = await import('./settings.ts');
    if (!readVerifySettings(document.uri).onSave) return;
    const before = Array.from(this.answers(document.uri).keys());
    const hosts = before.length > 0 ? before : this.#knownHosts();
    if (hosts.length === 0 || hosts.some((host) => this.#declined.has(host))) return;
    try {
      await this.verify(document.uri, hosts);
    } catch (error) {
      if (isCancelled(error)) return;
      this.#context.log.error(error instanceof Error ? error.message : String(error));
      if (error instanceof HostError && error.problem.kind === 'privilege') {
        for (const host of hosts) this.#declined.add(host);
      }
    }
  }

  #knownHosts(): string[] {
    const host = editingHost(this.#context);
    return host === undefined ? [] : [host];
  }

  #publish(uri: vscode.Uri, found: ReadonlyMap<string, Verified>): void {
    const marks = new Map<string, vscode.Diagnostic[]>();
    for (const { diagnosis } of found.values()) {
      for (const finding of diagnosis.findings) {
        const file = fileOf(uri, finding.place) ?? uri;
        const key = file.toString();
        const each = asDiagnostic(uri, finding, diagnosis, found.size > 1);
        marks.set(key, [...(marks.get(key) ?? []), each]);
      }
    }
    const old = this.#marks.get(uri.toString());
    this.#marks.set(uri.toString(), marks);
    this.#answers.set(uri.toString(), found);
    for (const key of new Set([...(old?.keys() ?? []), ...marks.keys()]))
      this.refresh(vscode.Uri.parse(key));
    this.#changed.fire(uri);
  }

  /** Shows what there is of a file, but for what clangd shows as one types: that stands there already. */
  refresh(uri: vscode.Uri): void {
    const key = uri.toString();
    const typed = this.#context.language.diagnostics(uri);
    const all = Array.from(this.#marks.values(), (marks) => marks.get(key) ?? []).flat();
    this.#diagnostics.set(
      uri,
      all.filter(
        (each) => each.source !== 'clang' || !typed.some((other) => isSameError(each, other)),
      ),
    );
  }

  #forget(uri: vscode.Uri): void {
    this.#running.get(uri.toString())?.abort();
    if (this.#answers.has(uri.toString())) this.#publish(uri, new Map());
    this.#answers.delete(uri.toString());
    this.#marks.delete(uri.toString());
  }

  #report(found: ReadonlyMap<string, Verified>): void {
    const all = Array.from(found.values());
    const wrong = all.filter(({ diagnosis }) =>
      diagnosis.findings.some(({ severity }) => severity === 'error'),
    );
    const where = all.map(({ diagnosis: { host, kernel } }) => `${kernel} on ${host}`).join(', ');
    const seconds = Math.max(0, ...all.map(({ milliseconds }) => milliseconds)) / 1000;
    this.#status.severity =
      wrong.length > 0
        ? vscode.LanguageStatusSeverity.Error
        : vscode.LanguageStatusSeverity.Information;
    this.#status.detail = `${where}, ${seconds.toFixed(1)} s`;
    this.#say(wrong.length > 0 ? '$(error) BPF: rejected' : '$(pass) BPF: verified', false);
  }

  #failed(error: unknown, hosts: readonly string[]): void {
    if (isCancelled(error)) return;
    this.#status.severity = vscode.LanguageStatusSeverity.Error;
    this.#status.detail = error instanceof Error ? error.message : String(error);
    this.#say(`$(warning) BPF: not verified on ${hosts.join(', ')}`, false);
  }

  #say(text: string, busy: boolean): void {
    this.#status.text = text;
    this.#status.busy = busy;
  }

  dispose(): void {
    for (const controller of this.#running.values()) controller.abort();
    for (const owned of [this.#diagnostics, this.#status, this.#changed, ...this.#subscriptions]) {
      owned.dispose();
    }
  }
}

const order =
  (hosts: readonly string[]) =>
  ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number =>
    hosts.indexOf(a) - hosts.indexOf(b);

/** clang and clangd word an error alike, but for its first letter and what clangd adds. */
function isSameError(a: vscode.Diagnostic, b: vscode.Diagnostic): boolean {
  const words = ({ message }: vscode.Diagnostic): string =>
    message
      .replace(/\n[^]*/, '')
      .replace(/ (\[-W[\w-]+\]|\(fix(es)? available\))$/, '')
      .toLowerCase();
  return a.range.start.line === b.range.start.line && words(a) === words(b);
}

/** What may be uploaded of a file's surroundings. */
export const rootOf = (uri: vscode.Uri): vscode.Uri =>
  vscode.workspace.getWorkspaceFolder(uri)?.uri ?? vscode.Uri.joinPath(uri, '..');

/** A file of the source; undefined for one of the host, or what a `#line` directive makes up. */
export function fileOf(uri: vscode.Uri, { file }: Place): vscode.Uri | undefined {
  return isPlainPath(file) ? vscode.Uri.joinPath(rootOf(uri), file) : undefined;
}

export const rangeOf = ({ line, column, endColumn }: Place): vscode.Range =>
  new vscode.Range(line, column, line, Math.max(endColumn, column));

function asDiagnostic(
  uri: vscode.Uri,
  finding: Finding,
  { host, kernel }: Diagnosis,
  isOneOfSeveral: boolean,
): vscode.Diagnostic {
  const { place, severity, from, message, explanation, related, program } = finding;
  const elsewhere = fileOf(uri, place) === undefined;
  const range = elsewhere ? new vscode.Range(0, 0, 0, 0) : rangeOf(place);
  const diagnostic = new vscode.Diagnostic(
    range,
    [
      isOneOfSeveral ? `${host} (Linux ${kernel}): ` : '',
      elsewhere ? `${place.file}:${place.line + 1}: ` : '',
      message,
    ].join(''),
    severity === 'error' ? vscode.DiagnosticSeverity.Error : vscode.DiagnosticSeverity.Warning,
  );
  diagnostic.source = from === 'verifier' ? `verifier ${kernel}` : from;
  if (program !== undefined) {
    const target = logUri(uri, host, program);
    diagnostic.code = { value: explanation ?? 'log', target };
  }
  diagnostic.relatedInformation = related.flatMap(({ place: at, message: words }: Related) => {
    const file = fileOf(uri, at);
    const where = file === undefined ? [] : [new vscode.Location(file, rangeOf(at))];
    return where.map((location) => new vscode.DiagnosticRelatedInformation(location, words));
  });
  return diagnostic;
}

/** What is wrong with the source rather than with asking. */
function asFindings(error: unknown, entry: string): Finding[] | undefined {
  if (!(error instanceof HostError)) return undefined;
  const { kind, words, next } = error.problem;
  const at = (file: string, line: number, what: string): Finding => ({
    place: { file, line, column: 0, endColumn: 1000 },
    ...{ severity: 'error', from: 'clang', message: `${what}\n${next}`, related: [] },
    ...{ explanation: undefined, why: undefined, mend: next, program: undefined },
  });
  if (error instanceof SourceError) {
    return error.refused.map(({ file, line, wrong }) => at(file, line - 1, wrong));
  }
  return kind === 'compile' ? [at(entry, 0, words)] : undefined;
}
