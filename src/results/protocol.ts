import { FIGURE_IDS, LATENCY_METRICS, type FigureId, type LatencyMetric } from './quantities.ts';
import type { ResultDocument } from './document.ts';
import { oneLine } from '../text.ts';

/** Side by side; lines of more could not be distinguished. */
export const MOST_RUNS = 3;

/** A result document and the name of its file. */
export type ShownRun = { readonly document: ResultDocument; readonly fileName: string };

/**
 * The same on its way: VS Code hands bytes on as they are, but takes objects apart and copies them
 * value by value, for 10,000 samples longer than all else together.
 */
export type SentRun = { readonly json: Uint8Array; readonly fileName: string };

export const sentRun = ({ document, fileName }: ShownRun): SentRun => ({
  json: new TextEncoder().encode(JSON.stringify(document)),
  fileName,
});

/** A run that goes on: the document without the samples before `from`, which the panel has. */
export type SentGrowth = {
  /** Index into the runs. */
  readonly run: number;
  readonly from: number;
  readonly json: Uint8Array;
};

/**
 * The message for a run after an earlier state of it: undefined where that was another document, so
 * that all of it has to be sent. Samples that stay are the same objects (`DocumentReader`).
 */
export function sentGrowth(
  run: number,
  before: ResultDocument,
  { document }: ShownRun,
): SentGrowth | undefined {
  const from = before.samples.length;
  const continues =
    from > 0 &&
    from <= document.samples.length &&
    before.samples.at(-1) === document.samples[from - 1];
  if (!continues) return undefined;
  const { json } = sentRun({
    document: { ...document, samples: document.samples.slice(from) },
    fileName: '',
  });
  return { run, from, json };
}

/** @returns undefined where the samples before are not there, and all has to be sent. */
export function grownRun(
  { document: before, fileName }: ShownRun,
  { from, json }: SentGrowth,
): ShownRun | undefined {
  if (before.samples.length !== from) return undefined;
  const { document } = shownRun({ json, fileName });
  return {
    fileName,
    document: { ...document, samples: [...before.samples, ...document.samples] },
  };
}

/** The sender has validated it; its words are still those of whoever wrote it. */
export function shownRun({ json, fileName }: SentRun): ShownRun {
  const document = JSON.parse(new TextDecoder().decode(json)) as ResultDocument;
  const { host, cgroup, plan } = document;
  return {
    fileName: oneLine(fileName),
    document: {
      ...document,
      host: Object.fromEntries(
        Object.entries(host).map(([name, value]) => [
          name,
          typeof value === 'string' ? oneLine(value, 200) : value,
        ]),
      ) as ResultDocument['host'],
      cgroup: oneLine(cgroup, 1000),
      plan: { ...plan, name: oneLine(plan.name, 200) },
    },
  };
}

/**
 * Every message between the extension and the chart panel, compiled by both sides.
 * The panel holds no truth: it draws what the messages say.
 */
export type ToPanel =
  /** The editor's own document first, then those picked beside it. */
  | { readonly type: 'runs'; readonly runs: readonly [SentRun, ...SentRun[]] }
  /** One of them goes on. A panel that does not have it as it was asks for all by `ready`. */
  | ({ readonly type: 'grown' } & SentGrowth)
  /** The file cannot be shown; `reason` says why and what to do. */
  | { readonly type: 'invalid'; readonly reason: string; readonly fileName: string };

/**
 * Texts that the extension makes itself; pictures come from the panel. `samples` and `figure` are CSV, `page`
 * and `report` Markdown of one page and of all.
 */
const TEXT_EXPORTS = ['samples', 'figure', 'page', 'report'] as const;
const TARGETS = ['file', 'clipboard'] as const;
export type TextExport = (typeof TEXT_EXPORTS)[number];

export type FromPanel =
  /** Sent once the panel's script listens; the host answers with the current state. */
  | { readonly type: 'ready' }
  | { readonly type: 'openAsText' }
  | { readonly type: 'addRuns' }
  /** Index into the runs; the first one stays. */
  | { readonly type: 'removeRun'; readonly run: number }
  /** Opens the comparison of the first run with this one, as before and after. */
  | { readonly type: 'compareRun'; readonly run: number }
  | { readonly type: 'resume' }
  | {
      readonly type: 'exportText';
      readonly what: TextExport;
      readonly to: (typeof TARGETS)[number];
      readonly figure: FigureId;
      readonly metric: LatencyMetric;
    }
  | { readonly type: 'exportPicture'; readonly figure: FigureId; readonly picture: Picture };

type Picture =
  | { readonly format: 'png'; readonly content: Uint8Array }
  | { readonly format: 'svg'; readonly content: string };

/** A webview's messages are not trusted: whatever else arrives is ignored. */
export function isFromPanel(message: unknown): message is FromPanel {
  if (!isRecord(message)) return false;
  const { type, run, what, to, figure, metric, picture } = message;
  switch (type) {
    case 'ready':
    case 'openAsText':
    case 'addRuns':
    case 'resume':
      return true;
    case 'removeRun':
    case 'compareRun':
      return Number.isInteger(run) && Number(run) > 0;
    case 'exportText':
      return (
        isOneOf(TEXT_EXPORTS, what) &&
        isOneOf(TARGETS, to) &&
        isOneOf(FIGURE_IDS, figure) &&
        isOneOf(LATENCY_METRICS, metric)
      );
    case 'exportPicture':
      return isOneOf(FIGURE_IDS, figure) && isPicture(picture);
    default:
      return false;
  }
}

const isPicture = (value: unknown): value is Picture =>
  isRecord(value) &&
  ((value['format'] === 'png' && value['content'] instanceof Uint8Array) ||
    (value['format'] === 'svg' && typeof value['content'] === 'string'));

/** The frame also gets messages of the editor's own; the host has validated what is inside ours. */
export const isToPanel = (message: unknown): message is ToPanel =>
  isRecord(message) && isOneOf(['runs', 'grown', 'invalid'] as const, message['type']);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const isOneOf = <T extends string>(values: readonly T[], value: unknown): value is T =>
  (values as readonly unknown[]).includes(value);
