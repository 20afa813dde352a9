import * as vscode from 'vscode';
import { rootOf } from '../../views/verifier/files.ts';
import { relativePath } from '../files.ts';
import { hostFileUri, HOST_SCHEME, KERNEL_TYPES } from './hostFiles.ts';
import type { Mirror } from './mirror.ts';

/** A file of this window as the mirror has it: number of its folder, and its path from there on. */
export interface MirroredFile {
  readonly index: number;
  readonly name: string;
}

/** Which file here is which on the host, both ways. */
export class Paths {
  readonly #mirror: Mirror;
  readonly #roots: vscode.Uri[] = [];

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

  /** The URI the language server knows a document by. */
  toHost(uri: vscode.Uri): string {
    if (uri.scheme === HOST_SCHEME) {
      const path =
        uri.path === KERNEL_TYPES ? `${this.#mirror.directory}/include/vmlinux.h` : uri.path;
      return vscode.Uri.file(path).toString();
    }
    if (uri.scheme !== 'file') return uri.toString();
    const file = this.locate(uri);
    const path = file
      ? `${this.#mirror.folder(file.index)}/${file.name}`
      : this.#mirror.folder(this.#index(uri));
    return vscode.Uri.file(path).toString();
  }

  /** The document here for a file of the language server: one of a folder, or the host's own to read. */
  fromHost(value: string): vscode.Uri {
    const uri = vscode.Uri.parse(value);
    if (uri.scheme !== 'file') return uri;
    const root = this.#roots.find((_, index) =>
      uri.path.startsWith(`${this.#mirror.folder(index)}/`),
    );
    if (root !== undefined) {
      const folder = this.#mirror.folder(this.#roots.indexOf(root));
      return vscode.Uri.joinPath(root, uri.path.slice(folder.length + 1));
    }
    const types = `${this.#mirror.directory}/include/vmlinux.h`;
    return hostFileUri(this.#mirror.host.name, uri.path === types ? KERNEL_TYPES : uri.path);
  }

  /** Words of the host's tools, in which files of the mirror are called by their paths here. */
  told(words: string): string {
    return this.#roots.reduce(
      (text, _, index) => text.replaceAll(`${this.#mirror.folder(index)}/`, ''),
      words,
    );
  }

  #index(root: vscode.Uri): number {
    const known = this.#roots.findIndex((each) => each.toString() === root.toString());
    return known < 0 ? this.#roots.push(root) - 1 : known;
  }
}
