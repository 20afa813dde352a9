import type { Command } from './command.ts';
import { assess } from './commands/assess.ts';
import { attach } from './commands/attach.ts';
import { benchmark } from './commands/benchmark.ts';
import { canary } from './commands/canary.ts';
import { check } from './commands/check.ts';
import { compare } from './commands/compare.ts';
import { configure } from './commands/configure.ts';
import { detach } from './commands/detach.ts';
import { fleet } from './commands/fleet.ts';
import { load } from './commands/load.ts';
import { semantics } from './commands/semantics.ts';
import { status } from './commands/status.ts';
import { unload } from './commands/unload.ts';
import { verify } from './commands/verify.ts';

/** In the order of the help. */
export const COMMANDS: readonly Command[] = [
  check,
  assess,
  load,
  configure,
  canary,
  attach,
  detach,
  status,
  unload,
  benchmark,
  compare,
  fleet,
  semantics,
  verify,
];
