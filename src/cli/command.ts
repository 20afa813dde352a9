import { parseArgs } from 'node:util';
import type { Host } from '../host/host.ts';
import {
  flag,
  number,
  text,
  UsageError,
  type Option,
  type Options,
  type Values,
} from './options.ts';

/** Exit statuses; docs and help list them. 64 is EX_USAGE of sysexits(3), 130 a shell's for Ctrl-C. */
export const STATUS = { good: 0, failed: 1, bad: 2, usage: 64, cancelled: 130 } as const;

/** The outcome of a command, for people and for programs. */
export interface Answer {
  /** Output of `--json`. */
  readonly data: object;
  readonly text: string;
  /** Good unless it says otherwise. */
  readonly status?: number;
}

/** The parts that commands work with. */
export interface Session {
  /** The bundled BPF C. */
  readonly bpf: string;
  readonly signal: AbortSignal;
  /** A host, disposed of when the command has ended. */
  host(name: string, options: Values<typeof HOST_OPTIONS>): Host;
  /** Shows what is being done. */
  readonly onStep: (line: string) => void;
  /** Whether there is a person to ask. */
  readonly isAnswered: boolean;
  /** Asks the person; anything but yes is a no. */
  confirm(question: string): Promise<boolean>;
}

export interface Operand {
  readonly help: string;
  readonly optional?: true;
  /** One or more, of the last operand. */
  readonly several?: true;
}
export type Operands = Readonly<Record<string, Operand>>;
type OperandValues<P extends Operands> = {
  readonly [K in keyof P]: P[K] extends { several: true }
    ? readonly string[]
    : P[K] extends { optional: true }
      ? string | undefined
      : string;
};

/** A command without what its function is given: for the table, the help and the parser. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** In the order they are typed, by their names in capitals. */
  readonly operands: Operands;
  readonly options: Options;
  /** Arguments as a person would type them after the command. */
  readonly examples: readonly string[];
  /** Meaning of exit status 2; a command without it never ends so. */
  readonly bad?: string;
  /** Further paragraphs of the help. */
  readonly notes?: readonly string[];
  /** @throws UsageError */
  parse(argv: readonly string[]): Call;
}

export interface Call {
  readonly json: boolean;
  readonly help: boolean;
  /** @throws HostError */
  run(session: Session): Promise<Answer>;
}

/** Options of every command. */
const COMMON_OPTIONS = {
  json: flag('Print one JSON document to standard output, and all words to standard error.'),
  help: flag('Show this help.'),
};

/** Options of every command that reaches a host. */
export const HOST_OPTIONS = {
  'ssh-config': text('FILE', 'An ssh configuration instead of your own (ssh -F).'),
  ssh: text('PROGRAM', 'The ssh client to run instead of ssh.'),
  'connect-timeout': number(
    'SECONDS',
    [1, 600],
    'How long to wait for a connection; 20 by default.',
  ),
  verbose: flag('Show each command that is run on the host.'),
};

export const HOST: Operand = {
  help: 'local (this machine), or what ssh takes: an alias, user@host, ssh://user@host:port.',
};

/** Defines a command: its function is given what its operands and options are read as. */
export function command<const P extends Operands, O extends Options>(
  definition: Omit<Command, 'parse' | 'operands' | 'options'> & {
    readonly operands: P;
    readonly options: O;
    /** A fault of them together. */
    readonly fault?: (operands: OperandValues<P>, options: Values<O>) => string | undefined;
    readonly run: (
      session: Session,
      operands: OperandValues<P>,
      options: Values<O>,
    ) => Promise<Answer>;
  },
): Command {
  const { operands, fault, run } = definition;
  const options: Options = { ...definition.options, ...COMMON_OPTIONS };
  return {
    ...definition,
    options,
    parse: (argv) => {
      const { given, words } = split(argv, options);
      const isGiven = (name: string) => (given.get(name) ?? []).length > 0;
      if (isGiven('help'))
        return { json: false, help: true, run: () => Promise.reject(new Error('help')) };
      const values = Object.fromEntries(
        Object.entries(options).map(([name, option]) => [
          name,
          option.read(given.get(name) ?? [], `--${name}`),
        ]),
      ) as Values<O>;
      const named = readOperands(operands, words) as OperandValues<P>;
      const wrong = fault?.(named, values);
      if (wrong !== undefined) throw new UsageError(wrong);
      return { json: isGiven('json'), help: false, run: (session) => run(session, named, values) };
    },
  };
}

/** @throws UsageError in words of ours: those of parseArgs are about how it would have to be called. */
function split(argv: readonly string[], options: Options) {
  const type = ({ value }: Option<unknown>) => (value === undefined ? 'boolean' : 'string');
  const { tokens } = parseArgs({
    args: [...argv],
    strict: false,
    tokens: true,
    allowPositionals: true,
    options: Object.fromEntries(
      Object.entries(options).map(([name, option]) => [
        name,
        { type: type(option), multiple: true, ...(name === 'help' && { short: 'h' }) },
      ]),
    ),
  });
  const given = new Map<string, string[]>();
  const words: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value);
    if (token.kind !== 'option') continue;
    const { name, rawName } = token;
    const option = Object.hasOwn(options, name) ? options[name] : undefined;
    if (option === undefined) throw new UsageError(`There is no option ${rawName}.`);
    given.set(name, [...(given.get(name) ?? []), valueOf(token, option)]);
  }
  return { given, words };
}

/** Empty for a flag. */
function valueOf(
  {
    rawName,
    value,
    inlineValue,
  }: {
    readonly rawName: string;
    readonly value?: string | undefined;
    readonly inlineValue?: boolean | undefined;
  },
  option: Option<unknown>,
): string {
  if (option.value === undefined) {
    if (value !== undefined) throw new UsageError(`${rawName} takes no value, not even ${value}.`);
    return '';
  }
  const needs = `${rawName} needs a value, ${option.value}`;
  if (value === undefined) throw new UsageError(`${needs}.`);
  // A number may be negative; anything else that looks like an option most likely is one.
  if (inlineValue === false && /^-(?![\d.])./.test(value)) {
    throw new UsageError(
      `${needs}, and finds ${value}: a value that begins with - is written ${rawName}=${value}.`,
    );
  }
  return value;
}

function readOperands(
  operands: Operands,
  words: readonly string[],
): Record<string, string | string[]> {
  const names = Object.keys(operands);
  const missing = names.find(
    (name, index) => operands[name]?.optional !== true && (words[index] ?? '') === '',
  );
  if (missing !== undefined) throw new UsageError(`${missing} is missing.`);
  const several = names.find((name) => operands[name]?.several === true);
  const extra = words[names.length];
  if (extra !== undefined && several === undefined)
    throw new UsageError(`Unexpected argument: ${extra}`);
  const pairs = words.slice(0, names.length).map((word, at) => [names[at] ?? '', word] as const);
  return {
    ...Object.fromEntries(pairs),
    ...(several !== undefined && { [several]: words.slice(names.indexOf(several)) }),
  };
}
