import { version } from '../../package.json';
import { errorText, HostError, isCancelled } from '../host/errors.ts';
import { Host } from '../host/host.ts';
import { jsonText, visible } from '../text.ts';
import { STATUS, type Call, type Command, type Session } from './command.ts';
import { helpOf, overview, PROGRAM } from './help.ts';
import { UsageError } from './options.ts';
import { ask, isTerminal, say } from './terminal.ts';

/**
 * Runs the command line.
 * @param argv without the program's name.
 * @param bpf directory of the bundled BPF C.
 * @returns the exit status.
 */
export async function run(
  commands: readonly Command[],
  argv: readonly string[],
  { bpf, signal }: Pick<Session, 'bpf' | 'signal'>,
): Promise<number> {
  const [name = '', ...rest] = argv;
  if (name === '--version') return print(`${PROGRAM} ${version}\n`);
  if (name === '--help' || name === '-h') return print(overview(commands));
  const command = commands.find((one) => one.name === name);
  let call: Call;
  try {
    if (command === undefined) {
      throw new UsageError(name === '' ? 'COMMAND is missing.' : `There is no command ${name}.`);
    }
    call = command.parse(rest);
    if (call.help) return print(helpOf(command));
  } catch (error) {
    if (error instanceof UsageError) return wrongUse(error, command);
    throw error;
  }
  return perform(command, call, { bpf, signal });
}

function wrongUse({ message }: UsageError, command: Command | undefined): number {
  const help = [PROGRAM, ...(command === undefined ? [] : [command.name]), '--help'].join(' ');
  say(`${message}\n${help} shows how it is used.`);
  return STATUS.usage;
}

async function perform(
  command: Command | undefined,
  call: Call,
  { bpf, signal }: Pick<Session, 'bpf' | 'signal'>,
): Promise<number> {
  const hosts: Host[] = [];
  const session: Session = {
    bpf,
    signal,
    onStep: say,
    host: (name, options) => {
      const host = makeHost(name, options, signal);
      hosts.push(host);
      return host;
    },
    isAnswered: isTerminal(),
    confirm: async (question) =>
      /^y(es)?$/i.test(((await ask(`${question} [y/N] `, { signal })) ?? '').trim()),
  };
  try {
    const { data, text, status = STATUS.good } = await call.run(session);
    print(call.json ? `${jsonText(data)}\n` : text);
    return status;
  } catch (error) {
    if (error instanceof UsageError) return wrongUse(error, command);
    // Cancelling may come too late, or its clean-up fail: then that is what there is to say.
    const isUnanswered = error instanceof HostError && error.problem.kind === 'privilege';
    if (isCancelled(error) || (signal.aborted && isUnanswered)) {
      say('Cancelled.');
      return STATUS.cancelled;
    }
    say(errorText(error));
    const problem = error instanceof HostError ? error.problem : { words: errorText(error) };
    if (call.json) print(`${jsonText({ error: problem })}\n`);
    return STATUS.failed;
  } finally {
    await Promise.all(hosts.map((host) => host.dispose()));
  }
}

function makeHost(
  name: string,
  options: Parameters<Session['host']>[1],
  signal: AbortSignal,
): Host {
  const { 'ssh-config': configFile, ssh: program, 'connect-timeout': connectSeconds } = options;
  return new Host(name, {
    ssh: {
      ...(configFile !== undefined && { configFile }),
      ...(program !== undefined && { program }),
      ...(connectSeconds !== undefined && { connectSeconds }),
      asksOnTerminal: isTerminal(),
    },
    ...(options.verbose && { log: say }),
    ...(isTerminal() && {
      askPassword: (host, retry, account) =>
        ask(
          `${retry ? 'That password was not accepted. ' : ''}sudo: password of ${account ?? 'your account'} on ${host}: `,
          { secret: true, signal },
        ),
    }),
  });
}

function print(text: string): typeof STATUS.good {
  process.stdout.write(visible(text));
  return STATUS.good;
}
