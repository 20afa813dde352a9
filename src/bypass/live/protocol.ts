/**
 * Every message between the extension and the live page of a host's bypasses, compiled by both sides. The page
 * holds no truth: it draws what the messages say.
 */

/** Traffic in each second up to a moment; null where it is not known. */
export interface RatePoint {
  /** Seconds since the host's boot. */
  readonly at: number;
  readonly bypassBytes: number | null;
  readonly bypassMessages: number | null;
  readonly tcpBytes: number | null;
  /** TCP knows no messages, but segments with data. */
  readonly tcpSegments: number | null;
}

interface CounterRow {
  readonly name: string;
  readonly label: string;
  /** Since the programs were loaded. */
  readonly total: number;
  /** Within the seconds of `LiveView.recentSeconds`. */
  readonly recent: number;
}

export interface CounterGroup {
  readonly title: string;
  readonly rows: readonly CounterRow[];
}

export interface SocketRow {
  readonly local: string;
  readonly peer: string;
  /** `nginx (4711)`; empty where it is not known. */
  readonly process: string;
  readonly inMap: boolean;
  /** Bytes over TCP in each second; null where the socket is new. */
  readonly tcpBytes: number | null;
}

/** One of a few, in words. */
export interface Option {
  readonly value: string;
  readonly label: string;
  readonly detail: string;
}

/** Settings that the guarded programs accept while they run. */
export interface Controls {
  readonly mode: string;
  readonly modes: readonly Option[];
  readonly reach: string;
  readonly reaches: readonly Option[];
  readonly queueBoundMiB: number;
  readonly oneWayLimit: number;
  /** Percentage of new connections. */
  readonly share: number;
  /** The least and the most of these. */
  readonly ranges: {
    readonly queueBoundMiB: readonly [number, number];
    readonly oneWayLimit: readonly [number, number];
    readonly share: readonly [number, number];
  };
}

/** The bypass that is looked at. */
export interface ShownBypass {
  readonly title: string;
  /** Whether it hands data over now. */
  readonly isOn: boolean;
  /** In words: on, off, being loaded, … */
  readonly state: string;
  readonly facts: readonly (readonly [string, string])[];
  readonly controls: Controls | undefined;
  /** Why there are no figures. */
  readonly unread: string | undefined;
  readonly points: readonly RatePoint[];
  /** Why there is no line for TCP, or what it leaves out. */
  readonly tcpNote: string | undefined;
  /** Why nothing is on the bypass yet, where that is not to be seen in the counters. */
  readonly notYet: string | undefined;
  readonly recentSeconds: number;
  readonly groups: readonly CounterGroup[];
  readonly sockets: readonly SocketRow[];
  /** How many are shown of how many. */
  readonly socketsNote: string;
}

export interface LiveView {
  readonly host: string;
  /** For VS Code to keep. */
  readonly kept: LivePageState;
  /** To choose from. */
  readonly bypasses: readonly { readonly id: string; readonly label: string }[];
  readonly chosen: string | undefined;
  readonly bypass: ShownBypass | undefined;
  /** The fate of the bypass that was looked at, where it is gone. */
  readonly gone: string | undefined;
  /** Bypasses that the host keeps across reboots and has not loaded, each with the reason. */
  readonly keptOff: readonly string[];
  /** Milliseconds since the host was read; undefined as long as it was not. */
  readonly ageMs: number | undefined;
  /** Why it could not be read since. */
  readonly problem: string | undefined;
  /** A change is under way. */
  readonly busy: boolean;
}

export type ToLivePage = { readonly type: 'live'; readonly view: LiveView };

export type FromLivePage =
  /** Sent once the page's script listens; the host answers with the current state. */
  | { readonly type: 'ready' }
  /** Whether the page can be seen: its window may be minimised. */
  | { readonly type: 'seen'; readonly seen: boolean }
  /** Another bypass, by its id. */
  | { readonly type: 'choose'; readonly id: string }
  /** Read the host now. */
  | { readonly type: 'retry' }
  | { readonly type: 'report' }
  | { readonly type: 'load' }
  /** Asks what a canary of this bypass is to be, and ends the one that runs. */
  | { readonly type: 'canary' | 'endCanary' }
  | { readonly type: 'mode'; readonly mode: string }
  | { readonly type: 'reach'; readonly reach: string }
  | {
      readonly type: 'limits';
      readonly queueBoundMiB: number;
      readonly oneWayLimit: number;
      readonly share: number;
    };

/** The state that VS Code keeps of the page while its window is reloaded. */
export interface LivePageState {
  readonly host: string;
  readonly id?: string | undefined;
}
