// Running other programs for the set-up: quiet while they work, their own words when they fail.
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { env, getuid, stdout } from 'node:process';

/** System programs are not on everyone's PATH. */
const SYSTEM = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

export function say(text) {
  console.log(`Set-up: ${text}`);
}

export function findCommand(name) {
  for (const directory of [...(env.PATH ?? '').split(path.delimiter), ...SYSTEM]) {
    const file = path.resolve(directory, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not here.
    }
  }
  return undefined;
}

/** The command's output, or nothing when it is missing or fails. */
export function ask(command, args) {
  const file = findCommand(command);
  if (file === undefined) return undefined;
  const { status, stdout: output } = spawnSync(file, args, { encoding: 'utf8' });
  return status === 0 ? output : undefined;
}

/** Runs a step of the set-up; on a terminal its latest line shows that it goes on. */
export async function step(label, command, args, options = {}) {
  const started = Date.now();
  say(`${label} …`);
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...env, ...options.env },
    stdio: ['inherit', 'pipe', 'pipe'],
  });
  const lines = [];
  const status = stdout.isTTY
    ? (line) => stdout.write(`\r\x1b[K  ${line.slice(0, stdout.columns - 4)}`)
    : () => undefined;
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream.setEncoding('utf8').on('data', (text) => {
      const parts = (rest + text).split(/[\r\n]+/);
      rest = parts.pop() ?? '';
      lines.push(...parts.filter((line) => line.trim() !== ''));
      if (parts.length > 0) status(lines.at(-1) ?? '');
    });
    stream.on('end', () => lines.push(rest));
  }
  const outcome = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  if (stdout.isTTY) stdout.write('\r\x1b[K');
  if (outcome !== 0) {
    const words = lines.slice(-30).join('\n');
    throw new Error(`${label}: ${command} ${args.join(' ')} ended with ${outcome}.\n${words}`);
  }
  const seconds = (Date.now() - started) / 1000;
  if (seconds > 2) say(`${label}: done in ${seconds.toFixed(0)} s.`);
  return lines.join('\n');
}

/** The same as root: directly, or through sudo, which asks for the password itself. */
export function rootStep(label, command, args, options = {}) {
  if (getuid?.() === 0) return step(label, command, args, options);
  if (findCommand('sudo') === undefined) {
    throw new Error(`${label} needs root and there is no sudo: run this set-up as root.`);
  }
  const variables = Object.entries(options.env ?? {}).map(([name, value]) => `${name}=${value}`);
  return step(label, 'sudo', ['env', ...variables, command, ...args], options);
}
