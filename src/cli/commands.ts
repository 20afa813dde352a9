import type { Command } from './command.ts';
import { benchmark } from './commands/benchmark.ts';

/** In the order of the help. */
export const COMMANDS: readonly Command[] = [benchmark];
