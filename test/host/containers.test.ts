import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { makeAccount, type TestAccount } from '../harness/accounts.ts';
import { atEnd } from '../harness/cleanup.ts';
import { Arms, entering, runInside, type Arm } from '../harness/host/arms.ts';
import {
  makeCertificate,
  makeCluster,
  nginxScratch,
  nginxStream,
  postgresProgram,
  redisArgv,
  startServer,
  type Server,
} from '../harness/host/servers.ts';
import { run } from '../harness/run.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../harness/temporary.ts';

const MIB = 1 << 20;
const NAMESPACES = path.join(import.meta.dirname, 'programs/namespaces.sh');
const program = (name: string): string => path.join(import.meta.dirname, 'applications', name);
/** The interpreter for which the distribution has packages. */
const PYTHON = '/usr/bin/python3';
const FILES = [1, 10, 100, 1024, 10 * 1024].map((kib) => kib * 1024);
/** The rest may go over TCP: that is how a sender is held back whose reader lags. */
const share = (bytes: number): number => Math.floor(bytes / 8);

/** Containers, as namespaces.sh makes them. */
const ADDRESS = { a: '10.77.1.2', b: '10.77.1.3', c: '10.77.1.4' } as const;
/** Container b by a service's name: addresses are translated on the way, both. */
const SERVICE = '10.77.9.9';

describe('real applications in containers, over the bypass', function () {
  this.timeout(180_000);
  const id = `sockmap-apps-${process.pid}`;
  let arms: Arms;
  let account: TestAccount;
  let temporary: TemporaryDirectory;
  let certificate: string;
  let remove: () => Promise<void>;
  before(async () => {
    account = await makeAccount('none');
    temporary = temporaryDirectory();
    fs.chmodSync(temporary.path, 0o755);
    certificate = path.join(temporary.path, 'certificate.pem');
    await makeCertificate(certificate, 'here', [ADDRESS.b, SERVICE]);
    await run(NAMESPACES, ['make', id]);
    remove = atEnd(async () => {
      await run(NAMESPACES, ['remove', id]);
    });
    arms = new Arms('containers');
    await arms.load({ localNetworks: ['10.77.9.0/24', '10.77.1.1'] }, 'host');
  });
  after(async () => {
    await arms.remove();
    await remove();
    await account.remove();
    await temporary.remove();
  });

  const container = (name: keyof typeof ADDRESS): string => `${id}-${name}`;
  /** Runs a client in container a. */
  const ask = (arm: Arm, argv: readonly string[], env?: NodeJS.ProcessEnv): Promise<string> =>
    runInside(arm, entering(container('a'), argv), env && { env: { ...process.env, ...env } });

  /** Has servers started in one arm, and the work done there. */
  async function withServers<T>(
    starts: readonly (() => Promise<Server>)[],
    work: (...ports: number[]) => Promise<T>,
  ): Promise<T> {
    const servers: Server[] = [];
    try {
      for (const start of starts) servers.push(await start());
      return await work(...servers.map(({ port }) => port));
    } finally {
      for (const server of servers.reverse()) await server.stop();
    }
  }

  for (const [how, address] of [
    ['directly', ADDRESS.b],
    ['as a service', SERVICE],
  ] as const) {
    it(`redis keeps what redis-benchmark writes, asked ${how}`, async () => {
      await arms.compare(share(2 * 60 * MIB), (arm) =>
        withServers(
          [
            () =>
              startServer({
                arm,
                account: account.name,
                netns: container('b'),
                argv: (port, directory) =>
                  redisArgv(
                    port,
                    directory,
                    '--bind',
                    '0.0.0.0',
                    '--protected-mode',
                    'no',
                    '--enable-debug-command',
                    'yes',
                  ),
              }),
          ],
          async (port) => {
            const at = ['-h', address, '-p', String(port)];
            await ask(arm, ['redis-benchmark', ...at, '-q', '-n', '3000', '-c', '10', '-P', '16']);
            const large = ['-t', 'set,get', '-d', String(MIB), '-n', '60', '-c', '5'];
            await ask(arm, ['redis-benchmark', ...at, '-q', ...large]);
            return (await ask(arm, ['redis-cli', ...at, 'DBSIZE'])).trim();
          },
        ),
      );
    });
  }

  const startNginx = (
    arm: Arm,
    netns: string,
    site: (port: number, directory: string) => string,
  ): Promise<Server> =>
    startServer({
      arm,
      account: account.name,
      netns,
      argv: (port, directory) => {
        const config = path.join(path.dirname(directory), 'nginx.conf');
        const text = `${nginxStream()} daemon off; worker_processes 1; pid ${directory}/pid; error_log stderr;
events {}
${site(port, directory)}
`;
        fs.writeFileSync(config, text);
        return ['nginx', '-e', 'stderr', '-c', config];
      },
    });

  const postgres = (arm: Arm) => () =>
    startServer({
      arm,
      account: account.name,
      netns: container('b'),
      argv: async (port, directory) => {
        const data = await makeCluster(arm, account.name, directory);
        fs.appendFileSync(path.join(data, 'pg_hba.conf'), 'host all all all trust\n');
        return [
          postgresProgram('postgres'),
          '-D',
          data,
          '-c',
          `port=${port}`,
          '-c',
          'listen_addresses=*',
          '-c',
          'unix_socket_directories=',
          '-c',
          'fsync=off',
        ];
      },
    });

  /** The rows that pgbench leaves in the database at this address. */
  async function keepBooks(arm: Arm, host: string, port: number): Promise<string> {
    const env = {
      PGHOST: host,
      PGPORT: String(port),
      PGUSER: 'postgres',
      PGDATABASE: 'postgres',
    };
    const bench = (...args: string[]) => ask(arm, [postgresProgram('pgbench'), ...args], env);
    await bench('-i', '-q', '-s', '1');
    const said = await bench('-n', '--random-seed=7', '-c', '4', '-j', '2', '-t', '150');
    assert.match(said, /actually processed: 600\//);
    const sums = `select (select sum(abalance) from pgbench_accounts), sum(delta), count(*)
      from pgbench_history`;
    const row = await ask(arm, [postgresProgram('psql'), '-XqAt', '-c', sums], env);
    const [accounts, history, count] = row.trim().split('|');
    assert.deepEqual([history, count], [accounts, '600']);
    return row;
  }

  it('pgbench keeps its books in PostgreSQL', async () => {
    await arms.compare(MIB, (arm) =>
      withServers([postgres(arm)], (port) => keepBooks(arm, SERVICE, port)),
    );
  });

  it('pgbench keeps its books in PostgreSQL behind nginx behind nginx', async () => {
    const proxy = (arm: Arm, netns: keyof typeof ADDRESS, to: string) => () =>
      startNginx(
        arm,
        container(netns),
        (port) => `stream { server { listen ${port}; proxy_pass ${to}; } }`,
      );
    await arms.compare(3 * MIB, (arm) =>
      withServers([postgres(arm)], (database) =>
        withServers([proxy(arm, 'c', `${SERVICE}:${database}`)], (inner) =>
          withServers([proxy(arm, 'b', `${ADDRESS.c}:${inner}`)], (outer) =>
            keepBooks(arm, ADDRESS.b, outer),
          ),
        ),
      ),
    );
  });

  describe('nginx before nginx', () => {
    let files: string;
    before(() => {
      files = path.join(temporary.path, 'files');
      fs.mkdirSync(files);
      for (const size of FILES) fs.writeFileSync(path.join(files, String(size)), randomBytes(size));
    });
    const hashes = (): string[] =>
      FILES.map((size) =>
        createHash('sha256')
          .update(fs.readFileSync(path.join(files, String(size))))
          .digest('hex'),
      );
    const total = FILES.reduce((sum, size) => sum + size, 0);

    const nginx = (arm: Arm, netns: string, server: (port: number) => string) => () =>
      startNginx(
        arm,
        netns,
        (port, directory) =>
          `http { access_log off; sendfile on; ${nginxScratch(directory)} server { ${server(port)} } }`,
      );

    /** Files in container c, and before them in b a proxy that speaks TLS and HTTP/2, or neither. */
    async function chain<T>(
      arm: Arm,
      tls: boolean,
      work: (port: number) => Promise<T>,
    ): Promise<T> {
      return withServers(
        [nginx(arm, container('c'), (port) => `listen ${port}; root ${files};`)],
        (upstream) =>
          withServers(
            [
              nginx(
                arm,
                container('b'),
                (port) => `listen ${port}${tls ? ' ssl http2' : ''};
  ${tls ? `ssl_certificate ${certificate}; ssl_certificate_key ${certificate}.key;` : ''}
  location / {
    proxy_pass http://${ADDRESS.c}:${upstream}; proxy_http_version 1.1; proxy_set_header Connection "";
  }`,
              ),
            ],
            work,
          ),
      );
    }

    it('sends files over HTTP/2 and TLS', async () => {
      const fetched = await arms.compare(share(2 * total), (arm) =>
        chain(arm, true, async (port) => {
          const to = fs.mkdtempSync(path.join(temporary.path, 'fetched-'));
          const urls = FILES.flatMap((size) => [
            '-o',
            path.join(to, String(size)),
            `https://${SERVICE}:${port}/${size}`,
          ]);
          const argv = ['curl', '-sS', '--http2', '--cacert', certificate, '--parallel'];
          const said = await ask(arm, [...argv, '-w', '%{http_version} %{http_code}\n', ...urls]);
          assert.deepEqual(new Set(said.trim().split('\n')), new Set(['2 200']));
          return FILES.map((size) =>
            createHash('sha256')
              .update(fs.readFileSync(path.join(to, String(size))))
              .digest('hex'),
          );
        }),
      );
      assert.deepEqual(fetched, hashes());
    });

    it('sends files to a Java client, which asks how much is available', async () => {
      const fetched = await arms.compare(share(2 * total), (arm) =>
        chain(arm, false, async (port) => {
          const urls = FILES.map((size) => `http://${ADDRESS.b}:${port}/${size}`);
          return (await ask(arm, ['java', program('Fetch.java'), ...urls])).trim().split('\n');
        }),
      );
      assert.deepEqual(fetched, hashes());
    });
  });

  for (const tls of [false, true]) {
    // It asks for SO_RCVLOWAT and TCP_INQ.
    it(`gRPC, which goes to TCP, carries messages of all sizes${tls ? ', over TLS' : ''}`, async () => {
      const { counters: before } = await arms.status();
      const said = await arms.compare(0, (arm) =>
        withServers(
          [
            () =>
              startServer({
                arm,
                account: account.name,
                netns: container('b'),
                argv: (port) => [
                  PYTHON,
                  program('grpc_echo.py'),
                  'serve',
                  '0.0.0.0',
                  String(port),
                  ...(tls ? [certificate, `${certificate}.key`] : []),
                ],
              }),
          ],
          (port) =>
            ask(arm, [
              PYTHON,
              program('grpc_echo.py'),
              'ask',
              SERVICE,
              String(port),
              ...(tls ? [certificate] : []),
            ]),
        ),
      );
      const { messages, wrong } = JSON.parse(said) as Record<string, number>;
      assert.deepEqual({ messages, wrong }, { messages: 200, wrong: 0 });
      const { counters } = await arms.status();
      const grown = (name: string): number => (counters[name] ?? NaN) - (before[name] ?? NaN);
      assert.ok(grown('tcp_socket_options') > 0, JSON.stringify(counters));
    });
  }
});
