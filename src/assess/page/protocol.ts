/**
 * Every message between the extension and the page of an assessment, compiled by both sides. All words are made by
 * the extension, and fit to be shown as text; the page adds nothing but where they stand.
 */

/** An objection to a bypass. */
export interface Against {
  readonly words: string;
  /** Whether to leave it alone until that is settled. */
  readonly isGrave: boolean;
}

/** A cgroup that would gain. */
export interface RankedCgroup {
  readonly name: string;
  /** Its path; empty where that is its name. */
  readonly path: string;
  readonly gain: string;
  readonly basis: string;
  /** Whether it is among those to load on. */
  readonly isChosen: boolean;
  readonly against: readonly Against[];
}

/** A cell of the table of pairs. */
export interface Cell {
  readonly text: string;
  /** By which its column is sorted. */
  readonly sort: number | string;
}

export interface Column {
  readonly title: string;
  /** Numbers are sorted from the highest on first. */
  readonly isNumber: boolean;
}

/** A row of the table of pairs: a cell for each column. */
export type PairRow = readonly Cell[];

export interface GraphNode {
  readonly name: string;
  /** Its processes, and what it sends and gets. */
  readonly words: string;
  readonly isChosen: boolean;
}

/** Traffic from the clients of one cgroup to the servers of another, or of the same. */
export interface GraphEdge {
  /** Indices of nodes: of the clients', and of the servers'. */
  readonly from: number;
  readonly to: number;
  /** A second, both ways. */
  readonly bytes: number;
  readonly words: string;
  readonly gains: boolean;
}

export interface Graph {
  /** The picture in words. */
  readonly words: string;
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  /** The part that it leaves out; empty where that is nothing. */
  readonly note: string;
}

export interface RelianceRow {
  readonly who: string;
  readonly use: string;
  readonly consequence: string;
  readonly basis: string;
  readonly isGrave: boolean;
}

export interface AssessmentView {
  readonly facts: readonly (readonly [string, string])[];
  readonly verdict: {
    readonly kind: 'gains' | 'doubtful' | 'nothing';
    readonly words: string;
    readonly basis: string;
    readonly against: readonly Against[];
  };
  /** Which reach is needed where; empty where nothing would gain. */
  readonly reach: string;
  readonly cgroups: readonly RankedCgroup[];
  readonly canLoad: boolean;
  /** The sizes that a benchmark would measure, in words; empty where none were seen. */
  readonly sizes: string;
  readonly columns: readonly Column[];
  readonly pairs: readonly PairRow[];
  /** How many are shown of how many. */
  readonly pairsNote: string;
  readonly graph: Graph;
  readonly relies: readonly RelianceRow[];
  readonly notLookedAt: readonly string[];
}

/** The state that VS Code keeps of the page while its window is reloaded. */
export interface AssessPageState {
  readonly host: string;
}

export interface AssessPageView {
  readonly host: string;
  readonly kept: AssessPageState;
  /** Undefined where there is none any more: they are kept for as long as the window. */
  readonly assessment: AssessmentView | undefined;
  /** Milliseconds since it ended. */
  readonly ageMs: number;
  /** Another one is under way. */
  readonly busy: boolean;
}

export type ToAssessPage = { readonly type: 'assessment'; readonly view: AssessPageView };

/** Things that the page asks for. */
const WISHES = ['ready', 'assess', 'load', 'benchmark', 'markdown'] as const;
export type FromAssessPage = {
  /** `ready`: sent once the page's script listens. */
  readonly type: (typeof WISHES)[number];
};

/** A webview's messages are not trusted: whatever else arrives is ignored. */
export const isFromAssessPage = (message: unknown): message is FromAssessPage =>
  WISHES.some((each) => each === (message as { type?: unknown } | null | undefined)?.type);
