import { execa } from 'execa';

/** Runs a command to its end and returns its standard output; a failure carries the command's own words. */
export async function run(
  command: string,
  args: readonly string[],
  options: { input?: string; cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  const { input = '', cwd, env = process.env } = options;
  const { stdout } = await execa(command, args, {
    input,
    env,
    extendEnv: false,
    stripFinalNewline: false,
    ...(cwd !== undefined && { cwd }),
  });
  return stdout;
}
