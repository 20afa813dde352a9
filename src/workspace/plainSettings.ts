/** Settings of one value, by their names after `sockmapBypass.`; they are read also while a window starts. */
export interface PlainSettings {
  readonly host: string;
  readonly 'ssh.program': string;
  readonly 'ssh.configFile': string;
  /** Seconds. */
  readonly 'ssh.connectTimeout': number;
  readonly 'clangd.enabled': boolean;
  readonly 'verify.onSave': boolean;
  /** A folder above the one that is open, relative to it: "..". */
  readonly 'verify.root': string;
  readonly 'results.folder': string;
}

/** Their defaults, as package.json declares them. */
export const PLAIN_SETTINGS: PlainSettings = {
  host: '',
  'ssh.program': '',
  'ssh.configFile': '',
  'ssh.connectTimeout': 20,
  'clangd.enabled': true,
  'verify.onSave': true,
  'verify.root': '',
  'results.folder': '',
};

/** Settings of several texts, and their defaults. */
export const LIST_SETTINGS = {
  /** Patterns of sources of BPF programs. */
  'verify.files': [],
} as const satisfies Record<string, readonly string[]>;
