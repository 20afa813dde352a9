import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { allSettledOrThrow } from '../../src/host/allSettledOrThrow.ts';
import { makeAccount, type TestAccount } from '../harness/accounts.ts';
import { run } from '../harness/run.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../harness/temporary.ts';
import { Arms, runInside, type Arm } from '../harness/host/arms.ts';
import {
  makeCertificate,
  postgresProgram,
  startHttp2,
  startMemcached,
  startNginx,
  startPostgres,
  startRedis,
  type Nginx,
  type Server,
} from '../harness/host/servers.ts';
import { eventually } from '../harness/host/wait.ts';

const MIB = 1 << 20;

/** Sizes of values and bodies: around segments, pages, socket buffers and the queue bound of the bypass. */
const SIZES = [0, 1, 100, 1024, 1449, 4096, 16_383, 65_537, 250_000, MIB - 100];
/** Sizes of files. */
const FILES = [1, 10, 100, 1024, 10 * 1024].map((kib) => kib * 1024);

const program = (name: string): string => path.join(import.meta.dirname, 'applications', name);
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
/** The rest may go over TCP: that is how a sender is held back whose reader lags. */
const share = (bytes: number): number => Math.floor(bytes / 8);

interface Reply {
  readonly bytes: number;
  readonly sha256: string;
}

interface Fetched {
  readonly connections: number;
  readonly answers: readonly (Reply & { status: number })[];
}

interface Asked {
  readonly method: 'GET' | 'PUT';
  readonly path: string;
  readonly file?: string;
}

/** Output of wrk.lua. */
interface Load {
  readonly right: number;
  readonly wrong: number;
}

const NO_ERROR = { wrong: 0, connect: 0, read: 0, write: 0, status: 0, timeout: 0 };

describe('real applications over the bypass', () => {
  let arms: Arms;
  let account: TestAccount;
  let temporary: TemporaryDirectory;
  before(async () => {
    account = await makeAccount('none');
    temporary = temporaryDirectory();
    fs.chmodSync(temporary.path, 0o755);
    arms = new Arms('apps');
    await arms.load();
  });
  after(async () => {
    await arms.remove();
    await account.remove();
    await temporary.remove();
  });

  /** A server for each arm; they end with the suite. */
  function serve<S extends Server>(start: (arm: Arm, account: string) => Promise<S>) {
    const servers = new Map<string, S>();
    before(async () => {
      for (const arm of [arms.tcp, arms.bypass]) {
        servers.set(arm.name, await start(arm, account.name));
      }
    });
    after(async () => {
      for (const server of servers.values()) await server.stop();
      await eventually(
        'no socket is left in the map',
        async () => (await arms.status()).sockets === 0,
      );
    });
    return (arm: Arm): S => {
      const server = servers.get(arm.name);
      assert.ok(server);
      return server;
    };
  }

  /** Sends the same bytes over a few connections at once, and gives what came back on each. */
  async function exchange(arm: Arm, address: string, port: number, request: Buffer) {
    const file = path.join(temporary.path, 'request');
    fs.writeFileSync(file, request);
    const argv = [process.execPath, program('exchange.mjs'), address, String(port), file, '4'];
    return JSON.parse(await runInside(arm, argv)) as Reply[];
  }

  describe('redis', () => {
    const redis = serve(startRedis);
    const values = [...SIZES, MIB].map((size) => randomBytes(size));
    const bulk = (value: Buffer | string): Buffer => {
      const bytes = Buffer.from(value);
      return Buffer.concat([Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n')]);
    };
    const command = (...words: (Buffer | string)[]): Buffer =>
      Buffer.concat([Buffer.from(`*${words.length}\r\n`), ...words.map(bulk)]);
    const cli = (arm: Arm, ...words: string[]): Promise<string> =>
      runInside(arm, ['redis-cli', '-p', String(redis(arm).port), ...words]);
    const benchmark = (arm: Arm, ...options: string[]): Promise<string> =>
      runInside(arm, ['redis-benchmark', '-p', String(redis(arm).port), '-q', ...options]);
    /** redis's own checksum of all it holds. */
    const digest = async (arm: Arm): Promise<string> => {
      const text = (await cli(arm, 'DEBUG', 'DIGEST')).trim();
      assert.match(text, /^[0-9a-f]{40}$/);
      await cli(arm, 'FLUSHALL');
      return text;
    };

    for (const address of ['127.0.0.1', '::1']) {
      it(`keeps pipelined values of up to 1 MB, at ${address}`, async () => {
        // Enough of the small ones that answers and requests cross.
        const rounds = [
          ...values.map((value) => [value]),
          ...Array<Buffer[]>(200).fill(values.slice(0, 5)),
        ];
        const parts = rounds.flat().map((value, i) => [
          [command('SET', `key:${i}`, value), command('GET', `key:${i}`)],
          [Buffer.from('+OK\r\n'), bulk(value)],
        ]);
        const request = Buffer.concat([...parts.flatMap(([sent]) => sent ?? []), command('QUIT')]);
        const reply = Buffer.concat([
          ...parts.flatMap(([, got]) => got ?? []),
          Buffer.from('+OK\r\n'),
        ]);
        const replies = await arms.compare(
          share(4 * (request.length + reply.length)),
          async (arm) => ({
            replies: await exchange(arm, address, redis(arm).port, request),
            digest: await digest(arm),
          }),
        );
        const expected = { bytes: reply.length, sha256: sha256(reply) };
        assert.deepEqual(replies.replies, Array(4).fill(expected));
      });
    }

    it('answers redis-benchmark: every kind of command, pipelined and not', async () => {
      await arms.compare(2 * MIB, async (arm) => {
        await benchmark(arm, '-n', '3000', '-c', '10');
        // Whole pipelines: redis-benchmark fills the last one up.
        for (const pipeline of ['1', '16', '500']) {
          await benchmark(arm, '-t', 'set,get,incr', '-n', '4000', '-c', '10', '-P', pipeline);
        }
        // A connection for each request: the service's next ones stay on TCP for the rest of a second.
        await benchmark(arm, '-t', 'incr', '-n', '2000', '-c', '10', '-k', '0');
        await delay(1100);
        // INCR of every run, also those of the first.
        const count = await cli(arm, 'GET', 'counter:__rand_int__');
        assert.equal(Number(count), 3000 + 3 * 4000 + 2000);
        const size = await cli(arm, 'DBSIZE');
        await cli(arm, 'FLUSHALL');
        return { count, size };
      });
    });

    it('answers redis-benchmark with values of 1 MB', async () => {
      const options = ['-t', 'set,get', '-d', String(MIB), '-n', '60', '-c', '5'];
      await arms.compare(share(2 * 60 * MIB), async (arm) => {
        await benchmark(arm, ...options);
        return digest(arm);
      });
    });

    it('loads what redis-cli --pipe streams', async () => {
      const count = 20_000;
      const stream = Buffer.concat(
        Array.from({ length: count }, (_, i) => command('SET', `key:${i}`, `value ${i}`)),
      ).toString();
      await arms.compare(0, async (arm) => {
        const argv = ['redis-cli', '-p', String(redis(arm).port), '--pipe'];
        const said = await runInside(arm, argv, { input: stream });
        assert.match(said, new RegExp(`errors: 0, replies: ${count}`));
        return digest(arm);
      });
    });
  });

  describe('nginx', () => {
    let files: string;
    let certificate: string;
    before(async () => {
      files = path.join(temporary.path, 'files');
      fs.mkdirSync(files);
      for (const size of FILES) fs.writeFileSync(path.join(files, String(size)), randomBytes(size));
      certificate = path.join(temporary.path, 'certificate.pem');
      await makeCertificate(certificate, 'localhost', ['127.0.0.1']);
    });
    const nginx = serve<Nginx>((arm, user) =>
      startNginx(arm, user, { files, certificate, key: `${certificate}.key` }),
    );

    const fileOf = (size: number): string => path.join(files, String(size));
    const expected = () =>
      FILES.map((size) => ({
        status: 200,
        bytes: size,
        sha256: sha256(fs.readFileSync(fileOf(size))),
      }));
    const total = FILES.reduce((sum, size) => sum + size, 0);

    async function fetched(
      arm: Arm,
      origin: string,
      requests: readonly Asked[],
      keepAlive = true,
    ): Promise<Fetched> {
      const job = { origin, keepAlive, parallel: 4, ca: certificate, requests };
      const argv = [process.execPath, program('fetch.mjs'), JSON.stringify(job)];
      return JSON.parse(await runInside(arm, argv)) as Fetched;
    }

    const ROUNDS = 4;
    const asked = (method: Asked['method'], prefix = '/'): Asked[] =>
      Array.from({ length: ROUNDS }, () => FILES)
        .flat()
        .map((size) => ({
          method,
          path: `${prefix}${size}`,
          ...(method === 'PUT' && { file: fileOf(size) }),
        }));
    const gets = (prefix?: string): Asked[] => asked('GET', prefix);
    const answered = () => Array.from({ length: ROUNDS }, expected).flat();

    for (const host of ['127.0.0.1', '[::1]']) {
      for (const keepAlive of [true, false]) {
        const how = keepAlive ? 'kept alive' : 'closed after each';
        it(`sends files of 1 KB to 10 MB at ${host}, connections ${how}`, async () => {
          const { answers, connections } = await arms.compare(share(ROUNDS * total), (arm) =>
            fetched(arm, `http://${host}:${nginx(arm).port}`, gets(), keepAlive),
          );
          assert.deepEqual(answers, answered());
          assert.equal(connections, keepAlive ? 4 : ROUNDS * FILES.length);
        });
      }
    }

    it('sends files over TLS', async () => {
      const { answers } = await arms.compare(share(ROUNDS * total), (arm) =>
        fetched(arm, `https://127.0.0.1:${nginx(arm).tlsPort}`, gets()),
      );
      assert.deepEqual(answers, answered());
    });

    describe('that reads much', () => {
      // It asks FIONREAD then: on a kernel with the fault it stalled whenever a sender went to TCP.
      it('sends files as a proxy for itself', async () => {
        const { answers } = await arms.compare(share(2 * ROUNDS * total), (arm) =>
          fetched(arm, `http://127.0.0.1:${nginx(arm).port}`, gets('/proxy/')),
        );
        assert.deepEqual(answers, answered());
      });

      for (const [how, prefix] of [
        ['', '/put/'],
        [' through the proxy', '/proxy/put/'],
      ] as const) {
        it(`takes files${how}`, async () => {
          const requests = asked('PUT').map((each, i) => ({ ...each, path: `${prefix}${i}` }));
          await arms.compare(share(ROUNDS * total), async (arm) => {
            const { answers } = await fetched(arm, `http://127.0.0.1:${nginx(arm).port}`, requests);
            const uploads = path.join(nginx(arm).directory, 'uploads');
            for (const [i, { file = '' }] of requests.entries()) {
              const arrived = fs.readFileSync(path.join(uploads, String(i)));
              assert.ok(arrived.equals(fs.readFileSync(file)), `${file} as ${i}`);
            }
            fs.rmSync(uploads, { recursive: true });
            return answers.map(({ status }) => status);
          });
        });
      }
    });

    for (const { title, size, options } of [
      { title: '1 KB, connections kept alive', size: 1024, options: [] },
      { title: '1 KB, connections closed', size: 1024, options: ['-H', 'Connection: close'] },
      { title: '1 MB, connections kept alive', size: MIB, options: [] },
    ]) {
      it(`serves wrk: ${title}`, async () => {
        await arms.compare(share(100 * size), async (arm) => {
          const load = await wrk(arm, nginx(arm), fileOf(size), ['-d', '2s', ...options]);
          assert.ok(load.right > 100, JSON.stringify(load));
          return { ...load, right: 0 };
        });
      });
    }
  });

  /** Has wrk fetch a file over and over, and compare every body with it. */
  async function wrk(arm: Arm, server: Server, file: string, options: readonly string[]) {
    const url = `http://127.0.0.1:${server.port}/${path.basename(file)}`;
    const argv = [
      'wrk',
      '-t',
      '2',
      '-c',
      '16',
      ...options,
      '-s',
      program('wrk.lua'),
      url,
      '--',
      file,
    ];
    const load = JSON.parse((await runInside(arm, argv)).trim().split('\n').at(-1) ?? '') as Load;
    assert.deepEqual(load, { right: load.right, ...NO_ERROR });
    return load;
  }

  describe('that ask FIONREAD before they read', () => {
    let available: string;
    before(async () => {
      available = path.join(temporary.path, 'available');
      const source = path.join(import.meta.dirname, 'programs/available.c');
      await run('cc', ['-O2', '-Wall', '-pthread', '-o', available, source]);
    });

    for (const { title, bytes, message, more } of [
      { title: 'bulk, to a reader that lags', bytes: 128 * MIB, message: 256 * 1024, more: [] },
      { title: 'small messages one way', bytes: 4 * MIB, message: 200, more: [] },
      { title: 'what was sent before accept()', bytes: 1000, message: 1000, more: ['early'] },
      {
        title: 'much of it, sent before accept()',
        bytes: 8 * MIB,
        message: 65_536,
        more: ['early'],
      },
    ]) {
      it(`read all: ${title}`, async () => {
        const least = more.length > 0 ? 0 : 1000;
        const said = await arms.compare(least, (arm) =>
          runInside(arm, [available, String(bytes), String(message), ...more]),
        );
        assert.equal(said.trim(), 'ok');
      });
    }
  });

  describe('that work while the bypass comes and goes', () => {
    const redis = serve(startRedis);
    const COMINGS = 3;

    it('redis counts every INCR', async () => {
      const { bypass } = arms;
      const port = String(redis(bypass).port);
      const options = ['-t', 'incr', '-n', '20000', '-c', '20', '-P', '4', '-q'];
      const over = new AbortController();
      let runs = 0;
      const benchmarks = (async () => {
        for (; !over.signal.aborted; runs++)
          await runInside(bypass, ['redis-benchmark', '-p', port, ...options]);
      })();
      const changes = (async () => {
        for (let coming = 0; coming < COMINGS; coming++) {
          const before = await arms.redirectedBytes();
          await eventually(
            'INCRs are redirected',
            async () => (await arms.redirectedBytes()) > before + 1000,
          );
          await arms.unload();
          await arms.load();
        }
      })();
      await allSettledOrThrow([
        benchmarks,
        changes.finally(() => {
          over.abort();
        }),
      ]);
      const count = await runInside(bypass, [
        'redis-cli',
        '-p',
        port,
        'GET',
        'counter:__rand_int__',
      ]);
      assert.equal(Number(count), runs * 20_000);
    });
  });

  describe('PostgreSQL', () => {
    const postgres = serve(startPostgres);
    const asked = (arm: Arm, name: string, ...args: string[]): Promise<string> =>
      runInside(arm, [postgresProgram(name), ...args], {
        env: {
          ...process.env,
          PGHOST: '127.0.0.1',
          PGPORT: String(postgres(arm).port),
          PGUSER: 'postgres',
          PGDATABASE: 'postgres',
        },
      });
    const sql = (arm: Arm, ...statements: string[]): Promise<string> =>
      asked(
        arm,
        'psql',
        '-XqAt',
        '-v',
        'ON_ERROR_STOP=1',
        ...statements.flatMap((each) => ['-c', each]),
      );

    it('keeps the books that pgbench writes, however it asks', async () => {
      const clients = 4;
      const transactions = 150;
      const protocols = ['simple', 'extended', 'prepared'];
      await arms.compare(MIB, async (arm) => {
        await asked(arm, 'pgbench', '-i', '-q', '-s', '1');
        for (const protocol of protocols) {
          const said = await asked(
            ...([arm, 'pgbench', '-M', protocol, '-n', '--random-seed=7'] as const),
            '-c',
            String(clients),
            '-j',
            '2',
            '-t',
            String(transactions),
          );
          assert.match(said, new RegExp(`actually processed: ${clients * transactions}/`));
          assert.match(said, /number of failed transactions: 0 /);
        }
        const sums = await sql(
          arm,
          `select (select sum(abalance) from pgbench_accounts), (select sum(bbalance) from pgbench_branches),
             (select sum(tbalance) from pgbench_tellers), sum(delta), count(*) from pgbench_history`,
        );
        const [accounts, branches, tellers, history, count] = sums.trim().split('|');
        assert.deepEqual([branches, tellers, history], [accounts, accounts, accounts]);
        assert.equal(Number(count), protocols.length * clients * transactions);
        return sums;
      });
    });

    it('copies 100 MB in and out', async () => {
      const file = path.join(temporary.path, 'rows');
      const hash = createHash('sha256');
      let bytes = 0;
      const output = fs.openSync(file, 'w');
      for (let row = 0; bytes < 100 * MIB;) {
        // Rows of all lengths.
        const rows = Array.from(
          { length: 500 },
          () => `${++row}\t${randomBytes(row % 2000).toString('hex')}\n`,
        );
        const text = Buffer.from(rows.join(''));
        hash.update(text);
        bytes += fs.writeSync(output, text);
      }
      fs.closeSync(output);
      const expected = hash.digest('hex');
      const back = `${file}-back`;
      await arms.compare(MIB, async (arm) => {
        await sql(arm, 'create unlogged table copied (number int, data text)');
        await sql(arm, `\\copy copied from '${file}'`);
        await sql(arm, `\\copy (select * from copied order by number) to '${back}'`);
        const copied = sha256(fs.readFileSync(back));
        assert.equal(copied, expected);
        return copied;
      });
    });
  });

  describe('memcached', () => {
    const memcached = serve(startMemcached);

    it('keeps values of many sizes, also for several who ask at once', async () => {
      const values = [...SIZES, 3 * MIB].map((size) => randomBytes(size));
      const crlf = Buffer.from('\r\n');
      const name = (i: number): string => `key-${i}`;
      const value = (i: number): Buffer => {
        const bytes = values[i % values.length] ?? crlf;
        return Buffer.concat([Buffer.from(`VALUE ${name(i)} 7 ${bytes.length}\r\n`), bytes, crlf]);
      };
      const set = (i: number, word: string): Buffer => {
        const bytes = values[i % values.length] ?? crlf;
        return Buffer.concat([
          Buffer.from(`set ${name(i)} 7 0 ${bytes.length}${word}\r\n`),
          bytes,
          crlf,
        ]);
      };
      const all = Array.from({ length: 2 * values.length }, (_, i) => i);
      const end = Buffer.from('END\r\n');
      const request = Buffer.concat([
        ...all.map((i) => set(i, '')),
        ...all.flatMap((i) => [set(i, ' noreply'), Buffer.from(`get ${name(i)}\r\n`)]),
        Buffer.from(`get ${all.map(name).join(' ')}\r\nquit\r\n`),
      ]);
      const reply = Buffer.concat([
        ...all.map(() => Buffer.from('STORED\r\n')),
        ...all.flatMap((i) => [value(i), end]),
        ...all.map(value),
        end,
      ]);
      const replies = await arms.compare(share(4 * (request.length + reply.length)), (arm) =>
        exchange(arm, '127.0.0.1', memcached(arm).port, request),
      );
      assert.deepEqual(replies, Array(4).fill({ bytes: reply.length, sha256: sha256(reply) }));
    });
  });

  describe('HTTP/2', () => {
    const http2 = serve((arm) => startHttp2(arm, program('http2.mjs')));

    it('carries many streams at once, and large bodies, both ways', async () => {
      const sizes = [...Array<number[]>(10).fill(SIZES).flat(), 10 * MIB];
      const sessions = 3;
      const bytes = sessions * sizes.reduce((sum, size) => sum + size, 0);
      const outcome = await arms.compare(share(2 * bytes), async (arm) => {
        const argv = [process.execPath, program('http2.mjs'), 'ask', String(http2(arm).port)];
        return JSON.parse(
          await runInside(arm, [...argv, String(sessions), ...sizes.map(String)]),
        ) as unknown;
      });
      assert.deepEqual(outcome, { streams: sessions * sizes.length, bytes, wrong: 0 });
    });
  });
});
