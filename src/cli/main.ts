#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { COMMANDS } from './commands.ts';
import { STATUS } from './command.ts';
import { run } from './run.ts';
import { say } from './terminal.ts';

const controller = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    // Work begun on the host hangs on our connection: the host undoes it when we are gone.
    if (controller.signal.aborted) process.exit(STATUS.cancelled);
    say(
      'Cancelling. A second signal ends it at once; the host then undoes unfinished changes by itself.',
    );
    controller.abort();
  });
}
let isLost = false;
// Who reads may be gone, as head(1) is: that is no fault of the command. A full disk is one.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE' || isLost) return;
    isLost = true;
    process.exitCode = STATUS.failed;
    if (stream === process.stdout) say(`The output could not be written: ${code ?? ''}`);
  });
}

const bpf = fileURLToPath(new URL('../bpf', import.meta.url));
void run(COMMANDS, process.argv.slice(2), { bpf, signal: controller.signal }).then((status) => {
  process.exitCode = isLost && status === STATUS.good ? STATUS.failed : status;
});
