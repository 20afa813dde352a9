import { isDeepStrictEqual } from 'node:util';
import * as vscode from 'vscode';
import type { BpfSource } from '../bypass/build.ts';
import type { Context } from '../context.ts';
import { isCancelled } from '../host/errors.ts';
import { figuresOf, type ProgramFigures } from '../verifier/figures.ts';
import { relativePath, rootOf } from '../workspace/folders.ts';
import { gitHead } from '../workspace/gitHead.ts';
import type { Verified } from './verified.ts';
import type { Verifier } from './verifier.ts';

/** A source as it was at some time, and the host's figures of its programs. */
export interface Version {
  readonly source: BpfSource;
  readonly figures: ReadonlyMap<string, ProgramFigures>;
}

/** Versions that a host's answer about a source is compared with. */
export interface Earlier {
  /** Verified before it, and accepted as a whole. */
  readonly save?: Version | undefined;
  readonly head?: (Version & { readonly commit: string }) | undefined;
}

interface Kept extends Earlier {
  /** Accepted as a whole: the next answer is compared with it. */
  readonly accepted?: Version | undefined;
  /** HEAD is being verified, or has been: not again for this commit and these flags. */
  readonly asked?: { readonly commit: string; readonly flags: object } | undefined;
}

/** Keeps earlier versions of what is verified: the last that was accepted, and git's HEAD, which it verifies too. */
export class Versions implements vscode.Disposable {
  readonly #context: Context;
  readonly #verifier: Verifier;
  /** By file, then by host. */
  readonly #kept = new Map<string, Map<string, Kept>>();
  readonly #controller = new AbortController();
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.#changed.event;
  readonly #subscription: vscode.Disposable;

  constructor(context: Context, verifier: Verifier) {
    this.#context = context;
    this.#verifier = verifier;
    this.#subscription = verifier.onDidVerify((uri) => {
      this.#take(uri);
    });
  }

  earlier(uri: vscode.Uri, host: string): Earlier {
    return this.#kept.get(uri.toString())?.get(host) ?? {};
  }

  #take(uri: vscode.Uri): void {
    const key = uri.toString();
    const answers = this.#verifier.answers(uri);
    const before = this.#kept.get(key);
    if (answers.size === 0) this.#kept.delete(key);
    else {
      const kept = Array.from(answers, ([host, answer]): [string, Kept] => [
        host,
        advanced(before?.get(host) ?? {}, answer),
      ]);
      this.#kept.set(key, new Map(kept));
    }
    for (const [host, answer] of answers) void this.#askHead(uri, host, answer);
  }

  #put(uri: vscode.Uri, host: string, change: Partial<Kept>): void {
    const hosts = this.#kept.get(uri.toString());
    const kept = hosts?.get(host);
    if (kept !== undefined) hosts?.set(host, { ...kept, ...change });
  }

  /** Quietly: who saves has not asked for it. */
  async #askHead(uri: vscode.Uri, host: string, answer: Verified): Promise<void> {
    if (answer.source === undefined) return;
    try {
      const head = await this.#readHead(uri, host, answer.source);
      if (head === undefined) return;
      const isSame = areEqual(head.source, answer.source);
      const version = isSame ? versionOf(answer) : await this.#verify(host, head.source);
      this.#put(uri, host, { head: version && { ...version, commit: head.commit } });
      this.#changed.fire(uri);
    } catch (error) {
      if (isCancelled(error)) return;
      this.#put(uri, host, { asked: undefined });
      const words = error instanceof Error ? error.message : String(error);
      this.#context.log.warn(vscode.l10n.t('HEAD could not be compared: {0}', words));
    }
  }

  /** @returns undefined where there is none, or it is known already. */
  async #readHead(
    uri: vscode.Uri,
    host: string,
    { files: _files, ...flags }: BpfSource,
  ): Promise<{ commit: string; source: BpfSource } | undefined> {
    const root = rootOf(uri);
    const entry = relativePath(root, uri) ?? '';
    const head = await gitHead(root, entry);
    if (head === undefined) {
      this.#put(uri, host, { head: undefined, asked: undefined });
      return undefined;
    }
    const { commit, read } = head;
    const asked = { commit, flags };
    if (isDeepStrictEqual(this.#kept.get(uri.toString())?.get(host)?.asked, asked))
      return undefined;
    this.#put(uri, host, { head: undefined, asked });
    const [{ readBuildSettings }, { configuredSource }] = await Promise.all([
      import('../workspace/checkedSettings.ts'),
      import('../bypass/flags/build.ts'),
    ]);
    const source = await configuredSource(entry, root.fsPath, read, readBuildSettings(uri));
    return { commit, source };
  }

  async #verify(name: string, source: BpfSource): Promise<Version | undefined> {
    const [{ verifySource }, { diagnose }, host, tool] = await Promise.all([
      import('../verifier/verify.ts'),
      import('../verifier/diagnose.ts'),
      this.#context.host(name),
      this.#verifier.tool(),
    ]);
    const { signal } = this.#controller;
    const verification = await verifySource(host, source, { tool, signal });
    return versionOf({ diagnosis: diagnose(verification, source), source });
  }

  dispose(): void {
    this.#controller.abort();
    this.#subscription.dispose();
    this.#changed.dispose();
  }
}

function versionOf({ diagnosis, source }: Pick<Verified, 'diagnosis' | 'source'>) {
  if (source === undefined || diagnosis.programs.length === 0) return undefined;
  const { programs } = figuresOf(diagnosis, source.entry);
  return { source, figures: new Map(programs.map((one) => [one.name, one])) };
}

/** A version that is verified again takes the place of nothing. */
function advanced(kept: Kept, answer: Verified): Kept {
  const version = versionOf(answer);
  const isAccepted =
    version !== undefined &&
    Array.from(version.figures.values()).every(({ verdict }) => verdict === 'accepted');
  const { accepted } = kept;
  const isSame =
    accepted !== undefined &&
    answer.source !== undefined &&
    areEqual(accepted.source, answer.source);
  if (isSame) return kept;
  return { ...kept, save: accepted, accepted: isAccepted ? version : accepted };
}

function areEqual({ files, ...a }: BpfSource, { files: others, ...b }: BpfSource): boolean {
  return (
    files.size === others.size &&
    Array.from(files).every(([name, content]) => {
      const other = others.get(name);
      return other !== undefined && Buffer.compare(content, other) === 0;
    }) &&
    isDeepStrictEqual(a, b)
  );
}
