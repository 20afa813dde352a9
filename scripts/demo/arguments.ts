import { parseArgs } from 'node:util';

export interface DemoArguments {
  /** A real host; undefined: this machine over a private sshd. */
  readonly host: string | undefined;
  /** Measure between two network namespaces, which the run makes, as between containers. */
  readonly containers: boolean;
  /** Leave the editor open for a person. */
  readonly open: boolean;
}

/** @throws Error naming the word that does not fit. */
export function readArguments(argv: readonly string[]): DemoArguments {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      host: { type: 'string' },
      containers: { type: 'boolean', default: false },
      open: { type: 'boolean', default: false },
    },
  });
  return { host: values.host, containers: values.containers, open: values.open };
}
