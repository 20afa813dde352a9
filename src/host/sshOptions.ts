import { execa } from 'execa';

export const BATCH = ['-o', 'BatchMode=yes', '-T'];

/**
 * The transport needs these, whatever the person's configuration says of them; everything else is theirs.
 * @param seconds in which a connection has to be there; half of them for the network alone.
 * @param version of the client, as it says itself.
 */
export const transportOptions = (seconds: number, version: string): string[] => [
  '-o',
  `ConnectTimeout=${Math.max(1, Math.floor(seconds / 2))}`,
  '-o',
  'ServerAliveInterval=5',
  '-o',
  'ServerAliveCountMax=3',
  '-o',
  'ControlPersist=no',
  '-o',
  'RemoteCommand=none',
  '-o',
  'PermitLocalCommand=no',
  // Forwardings, and the network device of `Tunnel`.
  '-o',
  'ClearAllForwardings=yes',
  '-o',
  'ForwardX11=no',
  '-o',
  'EscapeChar=none',
  // Errors, and nothing but them: not none (QUIET), no banner, no picture of the host's key.
  '-o',
  'LogLevel=ERROR',
  // A client that does not know an option takes it for a mistake.
  ...(atLeast(version, 8, 5) ? ['-o', 'LogVerbose=none'] : []),
  ...(atLeast(version, 8, 7)
    ? ['SessionType=default', 'StdinNull=no', 'ForkAfterAuthentication=no'].flatMap((one) => [
        '-o',
        one,
      ])
    : []),
];

function atLeast(version: string, major: number, minor: number): boolean {
  const [, first, second] = /^OpenSSH_\D*(\d+)\.(\d+)/.exec(version) ?? [];
  const difference = Number(first ?? 0) - major || Number(second ?? 0) - minor;
  return difference >= 0;
}

const versions = new Map<string, Promise<string>>();

/** The answer of `ssh -V`; empty where it cannot be started, which the connection then reports. */
export function clientVersion(program: string): Promise<string> {
  let version = versions.get(program);
  if (version === undefined) {
    version = execa(program, ['-V'], {
      reject: false,
      stdin: 'ignore',
      timeout: 5000,
      maxBuffer: 64 * 1024,
      all: true,
    }).then(({ all }) => all);
    versions.set(program, version);
  }
  return version;
}
