import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { atEnd } from '../cleanup.ts';
import { descendants, endProcesses, processRef } from '../processes.ts';
import { run } from '../run.ts';
import { temporaryDirectory } from '../temporary.ts';
import { freePort } from '../port.ts';
import { asAccount, entering, inside, type Arm } from './arms.ts';
import { eventually } from './wait.ts';

/** A server of the test's own: private directory, free port on loopback, an account without rights. */
export interface Server {
  readonly port: number;
  /** Where its data is. */
  readonly directory: string;
  stop(): Promise<void>;
}

interface Plan {
  readonly arm: Pick<Arm, 'cgroup'>;
  /** Root's when left out. */
  readonly account?: string | undefined;
  /** Where it listens; our own network namespace when left out. */
  readonly netns?: string;
  /** Prepares the directory, which belongs to the account, and tells what to run. */
  readonly argv: (
    port: number,
    directory: string,
  ) => readonly string[] | Promise<readonly string[]>;
}

export async function startServer({ arm, account, netns, argv }: Plan): Promise<Server> {
  const port = await freePort();
  const temporary = temporaryDirectory();
  const directory = path.join(temporary.path, 'data');
  fs.chmodSync(temporary.path, 0o711);
  fs.mkdirSync(directory);
  if (account !== undefined) await run('chown', [`${account}:`, directory]);
  const program = await argv(port, directory);
  const [command = '', ...args] =
    netns === undefined
      ? inside(arm, program, account)
      : inside(arm, entering(netns, asAccount(program, account)));

  const log = path.join(temporary.path, 'log');
  const output = fs.openSync(log, 'w');
  const child = spawn(command, args, { cwd: directory, stdio: ['ignore', output, output] });
  fs.closeSync(output);
  const ended = once(child, 'exit');
  const stop = atEnd(async () => {
    const main = child.pid === undefined ? undefined : processRef(child.pid);
    if (main !== undefined && child.exitCode === null) {
      const below = descendants(main.pid);
      // To each of these servers it means: now, but in order.
      await endProcesses([main], { first: 'SIGINT', graceMs: 5000 });
      await endProcesses(below);
      await ended;
    }
    await temporary.remove();
  });
  try {
    await eventually(`${program[0] ?? ''} listens`, () => {
      if (child.exitCode !== null) {
        throw new Error(`${program.join(' ')} ended: ${fs.readFileSync(log, 'utf8')}`);
      }
      return netns === undefined ? accepts(port) : listensIn(netns, port);
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, directory, stop };
}

async function listensIn(netns: string, port: number): Promise<boolean> {
  const [command = '', ...args] = entering(netns, ['ss', '-Hltn', `sport = :${port}`]);
  return (await run(command, args)).trim() !== '';
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}

/** A redis that keeps nothing. @param further options. */
export const redisArgv = (
  port: number,
  directory: string,
  ...further: readonly string[]
): string[] => [
  'redis-server',
  '--port',
  String(port),
  '--dir',
  directory,
  '--save',
  '',
  '--appendonly',
  'no',
  ...further,
];

export const startRedis = (arm: Plan['arm'], account?: string): Promise<Server> =>
  startServer({
    arm,
    account,
    argv: (port, directory) =>
      redisArgv(port, directory, '--bind', '127.0.0.1', '::1', '--enable-debug-command', 'local'),
  });

export const startMemcached = (arm: Arm, account: string): Promise<Server> =>
  startServer({
    arm,
    account,
    argv: (port) => [
      'memcached',
      '-l',
      '127.0.0.1',
      '-p',
      String(port),
      '-U',
      '0',
      '-m',
      '256',
      '-I',
      '4m',
      '-t',
      '2',
    ],
  });

/** Where nginx puts what it does not keep in memory; by default it is the system's. */
export const nginxScratch = (directory: string): string =>
  ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${directory}/${name};`)
    .join(' ');

/** Directive that loads the module for streams, which is built into nginx elsewhere. */
export function nginxStream(): string {
  const found = ['/usr/lib/nginx/modules', '/usr/lib64/nginx/modules']
    .map((each) => path.join(each, 'ngx_stream_module.so'))
    .find((each) => fs.existsSync(each));
  return found === undefined ? '' : `load_module ${found};`;
}

export interface Nginx extends Server {
  readonly tlsPort: number;
}

/**
 * Serves a directory, takes files with PUT below /put/ (they go to `uploads` in its own directory),
 * counts its requests at /status, and is a proxy for itself below /proxy/.
 */
export async function startNginx(
  arm: Arm,
  account: string,
  site: { files: string; certificate: string; key: string },
): Promise<Nginx> {
  const tlsPort = await freePort();
  const server = await startServer({
    arm,
    account,
    argv: (port, directory) => {
      const scratch = nginxScratch(directory);
      const config = path.join(path.dirname(directory), 'nginx.conf');
      fs.writeFileSync(
        config,
        `daemon off; worker_processes 2; pid ${directory}/pid; error_log stderr;
events {}
http {
  access_log off; sendfile on; keepalive_requests 1000000; client_max_body_size 0; ${scratch}
  ssl_certificate ${site.certificate}; ssl_certificate_key ${site.key};
  server {
    listen 127.0.0.1:${port}; listen [::1]:${port}; listen 127.0.0.1:${tlsPort} ssl;
    root ${site.files};
    location /put/ { alias ${directory}/uploads/; dav_methods PUT; create_full_put_path on; }
    location /status { stub_status; }
    location /proxy/ {
      proxy_pass http://127.0.0.1:${port}/; proxy_http_version 1.1; proxy_set_header Connection "";
    }
  }
}
`,
      );
      return ['nginx', '-e', 'stderr', '-c', config];
    },
  });
  return { ...server, tlsPort };
}

/** Where PostgreSQL's programs are: Debian keeps those of each version apart. */
function postgresPrograms(): string {
  const place = '/usr/lib/postgresql';
  const versions = fs.existsSync(place) ? fs.readdirSync(place) : [];
  const newest = versions
    .filter((version) => fs.existsSync(path.join(place, version, 'bin', 'pgbench')))
    .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))[0];
  return newest === undefined ? '' : path.join(place, newest, 'bin');
}

export const postgresProgram = (name: string): string => path.join(postgresPrograms(), name);

/** Makes an empty cluster of PostgreSQL in a directory of the account's. @returns where it is. */
export async function makeCluster(
  arm: Pick<Arm, 'cgroup'>,
  account: string,
  directory: string,
): Promise<string> {
  const data = path.join(directory, 'cluster');
  const [command = '', ...args] = inside(
    arm,
    [
      postgresProgram('initdb'),
      '-D',
      data,
      '--auth=trust',
      '--username=postgres',
      '--no-sync',
      '--encoding=UTF8',
      '--locale=C',
    ],
    account,
  );
  await run(command, args, { cwd: directory });
  return data;
}

/** @param netns where it listens at all addresses; our own, at loopback, when left out. */
export const startPostgres = (
  arm: Pick<Arm, 'cgroup'>,
  account: string,
  netns?: string,
): Promise<Server> =>
  startServer({
    arm,
    account,
    ...(netns !== undefined && { netns }),
    argv: async (port, directory) => {
      const data = await makeCluster(arm, account, directory);
      fs.appendFileSync(path.join(data, 'pg_hba.conf'), 'host all all samenet trust\n');
      const settings = {
        port: String(port),
        listen_addresses: netns === undefined ? '127.0.0.1' : '0.0.0.0',
        unix_socket_directories: '',
        fsync: 'off',
        work_mem: '256MB',
      };
      const options = Object.entries(settings).flatMap(([name, value]) => [
        '-c',
        `${name}=${value}`,
      ]);
      return [postgresProgram('postgres'), '-D', data, ...options];
    },
  });

/** Makes a certificate for addresses, and its key beside it, FILE.key, which any account may read. */
export async function makeCertificate(
  file: string,
  name: string,
  addresses: readonly string[],
): Promise<void> {
  await run('openssl', [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    `${file}.key`,
    '-out',
    file,
    '-days',
    '2',
    '-subj',
    `/CN=${name}`,
    '-addext',
    `subjectAltName=${addresses.map((one) => `IP:${one}`).join(',')}`,
  ]);
  fs.chmodSync(`${file}.key`, 0o644);
}

/** HTTP/2 without TLS, which sends every body back. */
export const startHttp2 = (arm: Arm, program: string): Promise<Server> =>
  startServer({
    arm,
    argv: (port) => [process.execPath, program, 'serve', String(port)],
  });
