import { realpathSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { HostError } from '../host/errors.ts';
import type { Places } from './gate/shapes.ts';
import { hostPath, hostUri, webAddress } from './gate/uris.ts';
import { rootOf } from '../workspace/folders.ts';
import { relativePath } from '../workspace/folders.ts';
import { hostFileUri, HOST_SCHEME, KERNEL_TYPES } from './hostFiles.ts';
import type { Mirror } from './mirror.ts';

/** A file of this window as the mirror has it: number of its folder, and its path from there on. */
export interface MirroredFile {
  readonly index: number;
  readonly name: string;
}

/** Which file here is which on the host, both ways. */
export class Paths implements Places {
  readonly #mirror: Mirror;
  readonly #roots: vscode.Uri[] = [];
  /** Files that were copied there or opened in clangd, by their path there: the host can name no other of ours. */
  readonly #files = new Map<string, { readonly root: vscode.Uri; readonly uri: vscode.Uri }>();

  constructor(mirror: Mirror) {
    this.#mirror = mirror;
  }

  /** Undefined for what is no file here, and for a folder itself. */
  locate(uri: vscode.Uri): MirroredFile | undefined {
    if (uri.scheme !== 'file') return undefined;
    const root = rootOf(uri);
    const name = relativePath(root, uri);
    return name === undefined ? undefined : { index: this.#index(root), name };
  }

  /** From now on the host may name this file of a folder, and it may be edited. */
  share({ index, name }: MirroredFile): void {
    const root = this.#roots[index];
    if (root === undefined) return;
    const uri = vscode.Uri.joinPath(root, name);
    this.#files.set(`${this.#mirror.folder(index)}/${name}`, { root, uri });
  }

  /** The URI the language server knows a document by. */
  toHost(uri: vscode.Uri): string {
    if (uri.scheme === HOST_SCHEME) {
      return hostUri(uri.path === KERNEL_TYPES ? this.#types() : uri.path);
    }
    const file = this.locate(uri);
    // A folder is reported, if at all, as the files of it that are there; nothing else is.
    if (file === undefined) return hostUri(`${this.#mirror.directory}/src`);
    return hostUri(`${this.#mirror.folder(file.index)}/${file.name}`);
  }

  /**
   * The document here for a file of the language server: one of a folder, or the host's own to read.
   * @throws HostError for anything else; nothing like it comes through the gate.
   */
  fromHost(value: string): vscode.Uri {
    const address = webAddress(value);
    if (address !== undefined) return vscode.Uri.parse(address, true);
    const there = hostPath(value);
    const file = there === undefined ? undefined : this.#files.get(there);
    if (file !== undefined) return file.uri;
    if (there === undefined || !this.isShown(there)) {
      throw new HostError({
        kind: 'input',
        tried: vscode.l10n.t('open a file that clangd refers to'),
        where: this.#mirror.host.name,
        words: vscode.l10n.t('{0} is not a file of the source or the host', JSON.stringify(value)),
        next: vscode.l10n.t('Look at clangd on that host: it does not answer as clangd does.'),
      });
    }
    return hostFileUri(this.#mirror.host.name, there === this.#types() ? KERNEL_TYPES : there);
  }

  /** A file that was copied there, the kernel's types, or a file of the host's outside of the copy. */
  isShown(there: string): boolean {
    return (
      this.#files.has(there) ||
      there === this.#types() ||
      !there.startsWith(`${this.#mirror.directory}/`)
    );
  }

  /** A file that was copied there, and is here within its folder still: no link leads out of it. */
  isEditable(there: string): boolean {
    const file = this.#files.get(there);
    if (file === undefined) return false;
    try {
      const [root, real] = [file.root, file.uri].map(({ fsPath }) => realpathSync(fsPath));
      const inside = path.relative(root ?? '', real ?? '');
      return !/^(?:\.\.[/\\]|\.\.$|$)/.test(inside) && !path.isAbsolute(inside);
    } catch {
      return false;
    }
  }

  /** Words of the host's tools, in which files of the mirror are called by their paths here. */
  reworded(words: string): string {
    return this.#roots.reduce(
      (text, _, index) => text.replaceAll(`${this.#mirror.folder(index)}/`, ''),
      words,
    );
  }

  #types(): string {
    return `${this.#mirror.directory}/include/vmlinux.h`;
  }

  #index(root: vscode.Uri): number {
    const known = this.#roots.findIndex((each) => each.toString() === root.toString());
    return known < 0 ? this.#roots.push(root) - 1 : known;
  }
}
