import path from 'node:path';
import * as vscode from 'vscode';
import { programLines } from '../verifier/definitions.ts';
import type { ProgramReport } from '../verifier/diagnose.ts';
import { changesOf, growthText, type Change } from '../verifier/difference.ts';
import { programFigures, type Figure } from '../verifier/figures.ts';
import type { HotLine, RunRate } from '../verifier/runTime.ts';
import { fileOf } from './bpfFiles.ts';
import { lineIn, shareText } from './hotLines.ts';
import type { RunTimes } from './runTimes.ts';
import type { Verifier } from './verifier.ts';
import type { Version, Versions } from './versions.ts';
import { makeLens } from '../ui/inEditor.ts';

/** Above each program: what the kernel made of it, and what that is beside earlier versions. */
export class ProgramLenses implements vscode.CodeLensProvider {
  readonly #verifier: Verifier;
  readonly #versions: Versions;
  readonly #runTimes: RunTimes;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.#changed.event;

  constructor({
    verifier,
    versions,
    runTimes,
  }: {
    verifier: Verifier;
    versions: Versions;
    runTimes: RunTimes;
  }) {
    this.#verifier = verifier;
    this.#versions = versions;
    this.#runTimes = runTimes;
    const fire = () => {
      this.#changed.fire();
    };
    verifier.onDidVerify(fire);
    versions.onDidChange(fire);
    runTimes.onDidChange(fire);
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const { uri } = document;
    const answers = Array.from(this.#verifier.answers(uri).values());
    if (answers.length === 0) return [];
    // Where they are now: the text may have been edited since.
    const lines = programLines(document.getText());
    return answers.flatMap(({ diagnosis: { host, kernel, programs } }) =>
      programs.flatMap((program) => {
        if (fileOf(uri, program.place)?.toString() !== uri.toString()) return [];
        const line = lines.get(program.name) ?? program.place.line;
        const range = new vscode.Range(line, 0, line, 0);
        const named = { host, uri, program: program.name };
        const open = (shown: Parameters<typeof makeLens>[1], listing: string) =>
          makeLens(range, shown, {
            command: 'sockmapBypass.showVerifierLog',
            arguments: [{ ...named, listing }],
          });
        const where = answers.length > 1 ? host : undefined;
        if (program.verdict !== 'accepted') {
          const text =
            program.verdict === 'rejected'
              ? vscode.l10n.t('rejected by Linux {0}: log', kernel)
              : vscode.l10n.t('could not be loaded by Linux {0}: log', kernel);
          return [open({ host: where, icon: 'error', text }, 'log')];
        }
        const { save, head } = this.#versions.earlier(uri, host);
        const since = (version: Version | undefined) =>
          changesOf(version?.figures.get(program.name), programFigures(program));
        const compare = (text: string, others: object) =>
          makeLens(
            range,
            { text },
            {
              command: 'sockmapBypass.compareProgram',
              arguments: [{ ...named, ...others }],
            },
          );
        const [sinceSave, sinceHead] = [since(save), since(head)];
        const committed = headText(sinceHead);
        const rate = this.#runTimes.rate(host, program);
        const [hottest] = this.#runTimes.lines(host, program);
        const toggle = { command: 'sockmapBypass.toggleRunTimes', arguments: [{ on: false }] };
        return [
          open({ host: where, icon: 'pass', text: summary(program, sinceSave) }, 'states'),
          ...(committed === undefined ? [] : [compare(committed, { with: 'head' })]),
          ...(rate === undefined
            ? []
            : [makeLens(range, { icon: 'pulse', text: rateText(rate) }, toggle)]),
          ...(hottest === undefined ? [] : [hottestLens(document, range, hottest)]),
          open({ text: vscode.l10n.t('bytecode') }, 'bytecode'),
          open({ text: vscode.l10n.t('machine code') }, 'machine-code'),
          ...(sinceSave.length + sinceHead.length === 0
            ? []
            : [compare(vscode.l10n.t('compare'), {})]),
        ];
      }),
    );
  }
}

/** Where the program spends most of its time: to be gone to, in this document. */
function hottestLens(document: vscode.TextDocument, range: vscode.Range, hot: HotLine) {
  const line = lineIn(document, hot);
  const name =
    line === undefined ? `${path.posix.basename(hot.file)}:${hot.line}` : String(line + 1);
  const place = new vscode.Position(line ?? range.start.line, 0);
  return makeLens(
    range,
    { icon: 'flame', text: vscode.l10n.t('hottest: line {0}, {1}', name, shareText(hot)) },
    {
      command: 'vscode.open',
      arguments: [document.uri, { selection: new vscode.Range(place, place) }],
    },
  );
}

/** "412 ns a run, 1,205 runs/s". */
function rateText({ nanosecondsPerRun, runsPerSecond, loaded, isOther }: RunRate): string {
  const count = (value: number) =>
    value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 1 : 0 });
  const ran =
    nanosecondsPerRun === undefined
      ? vscode.l10n.t('loaded, did not run')
      : vscode.l10n.t('{0} ns a run, {1} runs/s', count(nanosecondsPerRun), count(runsPerSecond));
  return [
    ran,
    ...(loaded > 1 ? [vscode.l10n.t('loaded {0} times', loaded)] : []),
    ...(isOther ? [vscode.l10n.t('other code than this')] : []),
  ].join(', ');
}

/** "551 instructions, 5,995 (+312, +5.5%) of 1,000,000 processed, 184 states (107 at a time), 136 bytes of stack, 6.3 ms". */
function summary({ instructions, statistics }: ProgramReport, changes: readonly Change[]): string {
  const count = (value: number, figure?: Figure) => {
    const change = changes.find((one) => one.figure === figure);
    const growth = change && growthText(change);
    return `${value.toLocaleString('en')}${growth === undefined ? '' : ` (${growth})`}`;
  };
  if (statistics === undefined) return vscode.l10n.t('accepted');
  const { processed, limit, states, peakStates, stack, microseconds } = statistics;
  return [
    ...(instructions === undefined
      ? []
      : [vscode.l10n.t('{0} instructions', count(instructions, 'instructions'))]),
    vscode.l10n.t('{0} of {1} processed', count(processed, 'processed'), count(limit)),
    vscode.l10n.t('{0} states ({1} at a time)', count(states, 'states'), count(peakStates)),
    ...(stack.length === 0
      ? []
      : [
          vscode.l10n.t(
            '{0} bytes of stack',
            count(
              stack.reduce((a, b) => a + b),
              'stack',
            ),
          ),
        ]),
    ...(microseconds === undefined
      ? []
      : [vscode.l10n.t('{0} ms', (microseconds / 1000).toFixed(1))]),
  ].join(', ');
}

/** The first figure that differs from what is committed: "since HEAD: +312, +5.5% processed". */
function headText(changes: readonly Change[]): string | undefined {
  const texts: Readonly<Partial<Record<Figure, (growth: string) => string>>> = {
    processed: (growth) => vscode.l10n.t('since HEAD: {0} processed', growth),
    instructions: (growth) => vscode.l10n.t('since HEAD: {0} instructions', growth),
    states: (growth) => vscode.l10n.t('since HEAD: {0} states', growth),
    stack: (growth) => vscode.l10n.t('since HEAD: {0} bytes of stack', growth),
  };
  for (const [figure, text] of Object.entries(texts)) {
    const change = changes.find((one) => one.figure === figure);
    const growth = change && growthText(change);
    if (growth !== undefined) return text(growth);
  }
  return undefined;
}
