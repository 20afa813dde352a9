import * as vscode from 'vscode';
import type { Diagnosis, Finding, Related } from '../verifier/diagnose.ts';
import { fileOf, isWithin, rangeOf } from './bpfFiles.ts';
import { logUri } from './listingUris.ts';
import type { Verified } from './verified.ts';
import { makeDiagnostic, makeRelated } from '../ui/inEditor.ts';

interface Mark {
  readonly diagnostic: vscode.Diagnostic;
  /** Version of the document at that time; undefined if no editor had it. */
  readonly version: number | undefined;
}

/** Shows in the files of a source what hosts object to. */
export class Problems implements vscode.Disposable {
  readonly #verified = vscode.languages.createDiagnosticCollection('sockmapBypass.verifier');
  /** For themselves: what changes among these leaves the others where edits have moved them to. */
  readonly #compiled = vscode.languages.createDiagnosticCollection('sockmapBypass.compiler');
  /** By the source that was verified, then by file: a header may be marked by several. */
  readonly #marks = new Map<string, ReadonlyMap<string, readonly Mark[]>>();
  readonly #typed: (uri: vscode.Uri) => readonly vscode.Diagnostic[];

  /** @param typed what clangd, or whoever takes its place, shows of a file as one types. */
  constructor(typed: (uri: vscode.Uri) => readonly vscode.Diagnostic[]) {
    this.#typed = typed;
  }

  /** Shows what the hosts said of a source, in place of what they said before. */
  put(uri: vscode.Uri, answers: readonly Verified[]): void {
    const marks = new Map<string, Mark[]>();
    for (const { diagnosis, files } of answers) {
      for (const finding of diagnosis.findings) {
        const key = (fileOf(uri, finding.place) ?? uri).toString();
        const diagnostic = asDiagnostic(uri, finding, diagnosis, answers.length > 1);
        const mark = { diagnostic, version: files.get(key) };
        marks.set(key, [...(marks.get(key) ?? []), mark]);
      }
    }
    const old = this.#marks.get(uri.toString());
    this.#marks.set(uri.toString(), marks);
    for (const key of new Set([...(old?.keys() ?? []), ...marks.keys()])) {
      this.refresh(vscode.Uri.parse(key));
    }
  }

  /** Takes away what there is of a file or a folder, and of sources there. */
  forget(place: vscode.Uri): void {
    const isGone = (key: string): boolean => isWithin(place, vscode.Uri.parse(key));
    const touched = new Set<string>();
    for (const [source, marks] of Array.from(this.#marks)) {
      const left = isGone(source) ? [] : Array.from(marks).filter(([file]) => !isGone(file));
      if (left.length === marks.size) continue;
      for (const file of marks.keys()) touched.add(file);
      if (isGone(source)) this.#marks.delete(source);
      else this.#marks.set(source, new Map(left));
    }
    for (const key of touched) this.refresh(vscode.Uri.parse(key));
  }

  /**
   * Shows what there is of a file. What the compiler said is left out where it stands there already, as
   * one types, or where the text has changed since: whoever follows the text knows better.
   */
  refresh(uri: vscode.Uri): void {
    const key = uri.toString();
    const all = Array.from(this.#marks.values(), (marks) => marks.get(key) ?? []).flat();
    const typed = this.#typed(uri);
    const document = vscode.workspace.textDocuments.find((each) => each.uri.toString() === key);
    // The first version is that of the file on disk.
    const isChanged = ({ version = 1 }: Mark): boolean =>
      document !== undefined && document.version !== version;
    const compiled = all.filter(
      (mark) =>
        mark.diagnostic.source === 'clang' &&
        !isChanged(mark) &&
        !typed.some((other) => isSameError(mark.diagnostic, other)),
    );
    show(this.#compiled, uri, compiled);
    const verified = all.filter(({ diagnostic }) => diagnostic.source !== 'clang');
    show(this.#verified, uri, verified);
  }

  dispose(): void {
    this.#verified.dispose();
    this.#compiled.dispose();
  }
}

/** Problems that are there already stay: edits have moved them since, and their new ranges are outdated. */
function show(
  collection: vscode.DiagnosticCollection,
  uri: vscode.Uri,
  marks: readonly Mark[],
): void {
  const shown = collection.get(uri) ?? [];
  const isSame = marks.every(({ diagnostic }, index) => diagnostic === shown[index]);
  if (isSame && shown.length === marks.length) return;
  collection.set(
    uri,
    marks.map(({ diagnostic }) => diagnostic),
  );
}

/** clang and clangd word an error alike, but for its first letter and what clangd adds. */
function isSameError(a: vscode.Diagnostic, b: vscode.Diagnostic): boolean {
  const words = ({ message }: vscode.Diagnostic): string =>
    message
      .replace(/\n[^]*/, '')
      .replace(/ (\[-W[\w-]+\]|\(fix(es)? available\))$/, '')
      .toLowerCase();
  return a.range.start.line === b.range.start.line && words(a) === words(b);
}

const SEVERITIES: Readonly<Record<Finding['severity'], vscode.DiagnosticSeverity>> = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  note: vscode.DiagnosticSeverity.Information,
};

function asDiagnostic(
  uri: vscode.Uri,
  finding: Finding,
  { host, kernel }: Diagnosis,
  isOneOfSeveral: boolean,
): vscode.Diagnostic {
  const { place, severity, from, message, explanation, related, program } = finding;
  const elsewhere = fileOf(uri, place) === undefined;
  const range = elsewhere ? new vscode.Range(0, 0, 0, 0) : rangeOf(place);
  const diagnostic = makeDiagnostic(
    range,
    [
      isOneOfSeveral ? vscode.l10n.t('{0} (Linux {1}): ', host, kernel) : '',
      elsewhere ? `${place.file}:${place.line + 1}: ` : '',
      message,
    ].join(''),
    SEVERITIES[severity],
  );
  diagnostic.source = from === 'verifier' ? `verifier ${kernel}` : from;
  if (program !== undefined) {
    const target = logUri(uri, host, program);
    diagnostic.code = { value: explanation ?? 'log', target };
  } else if (explanation !== undefined) diagnostic.code = explanation;
  diagnostic.relatedInformation = related.flatMap(({ place: at, message: words }: Related) => {
    const file = fileOf(uri, at);
    const where = file === undefined ? [] : [new vscode.Location(file, rangeOf(at))];
    return where.map((location) => makeRelated(location, words));
  });
  return diagnostic;
}
