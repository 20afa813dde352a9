// Bundles the extension (dist/extension.cjs and what it loads later), the pages (dist/panel.js, dist/live.js) and
// the command line (dist/cli.cjs).
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { writeThirdPartyNotices } from '@rnx-kit/third-party-notices';
import { context, transform } from 'esbuild';

const production = argv.includes('--production');
const watch = argv.includes('--watch');

/** zod words its messages in fifty languages; ours are in English, like all of the rest. */
const onlyEnglish = {
  name: 'only-english',
  setup: (build) => {
    build.onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
      resolveDir: fileURLToPath(new URL('node_modules/zod/v4/locales', import.meta.url)),
    }));
  },
};

// The oldest VS Code we run in (1.96) has Node 20, and takes CommonJS alone.
const target = 'node20';

/** CommonJS has no import.meta: a library that makes itself a require() of its URL would throw when loaded. */
const addressed = {
  define: { 'import.meta.url': 'addressOfThisFile', 'import.meta.dirname': '__dirname' },
  logOverride: { 'empty-import-meta': 'error' },
  banner: `const addressOfThisFile = require('node:url').pathToFileURL(__filename).href;`,
};

/**
 * Writes the files of a build that is split where the source says import(): what a window does not use is
 * not read when it starts. esbuild splits modules of ECMAScript only, so each becomes CommonJS here.
 */
const writeSplit = {
  name: 'write-split',
  setup: (build) => {
    build.onEnd(async ({ errors, outputFiles = [] }) => {
      if (errors.length > 0) return;
      let bytes = 0;
      for (const file of outputFiles) {
        let { contents } = file;
        if (file.path.endsWith('.cjs')) {
          const sourcemap = production ? false : 'inline';
          // require() also for import(): VS Code hands out its API only there.
          const supported = { 'dynamic-import': false };
          const { define, logOverride, banner } = addressed;
          const form = { format: 'cjs', platform: 'node', target, supported, define, logOverride };
          const options = {
            ...form,
            ...(file.text.includes('import.meta.url') && { banner }),
            minify: production,
            sourcemap,
          };
          const { code } = await transform(file.text, { ...options, legalComments: 'inline' });
          contents = Buffer.from(code);
          bytes += contents.length;
        }
        await writeFile(file.path, contents);
      }
      const start = outputFiles.find((each) => path.basename(each.path) === 'extension.cjs');
      const kib = (size) => `${(size / 1024).toFixed(0)} KiB`;
      if (production)
        console.log(
          `extension: ${kib(bytes)}, of it at the start ${kib(start.contents.length)} and what it shares`,
        );
    });
  },
};

const common = {
  bundle: true,
  metafile: true,
  minify: production,
  logLevel: 'info',
  legalComments: production ? 'linked' : 'none',
};
const bundles = [
  {
    ...common,
    entryPoints: ['src/extension.ts'],
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
    chunkNames: 'chunks/[name]-[hash]',
    platform: 'node',
    target,
    format: 'esm',
    splitting: true,
    write: false,
    sourcemap: production ? false : 'inline',
    external: ['vscode'],
    // Its UMD form requires files by names that no bundler sees.
    alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
    // CommonJS in them asks for Node's modules by require(), which the outcome has.
    plugins: [onlyEnglish, writeSplit],
  },
  {
    ...common,
    entryPoints: ['src/cli/main.ts'],
    // In one file: it is started by itself, wherever it lies.
    outfile: 'dist/cli.cjs',
    platform: 'node',
    target,
    format: 'cjs',
    sourcemap: production ? false : 'inline',
    define: addressed.define,
    logOverride: addressed.logOverride,
    banner: { js: addressed.banner },
    plugins: [onlyEnglish],
  },
  {
    ...common,
    // Each in one file: a page has no more than one.
    entryPoints: [
      'webview/panel.ts',
      'webview/live.ts',
      'webview/compare.ts',
      'webview/assess.ts',
      'webview/fleet.ts',
      'webview/matrix.ts',
    ],
    outdir: 'dist',
    platform: 'browser',
    target: 'es2022',
    format: 'iife',
    sourcemap: !production,
    plugins: [onlyEnglish],
  },
];

await rm('dist', { recursive: true, force: true });
await mkdir('dist/chunks', { recursive: true });
const OWN_LICENCES = `Sockmap Bypass is under the MIT licence (LICENSE.txt); its programs for the kernel, below bpf/,
are under the GNU General Public License, version 2 (GPL-2.0, bpf/LICENSE).

It contains the packages below, under their own licences.
`;

const NAMED_ONLY = /^(Copyright .*); licensed under MIT \(.*\)$/gm;

const sources = new Set();
for (const bundle of bundles) {
  const build = await context(bundle);
  if (watch) await build.watch();
  else {
    const { metafile } = await build.rebuild();
    for (const { inputs } of Object.values(metafile.outputs)) {
      for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
        if (bytesInOutput > 0) sources.add(file);
      }
    }
    await build.dispose();
  }
}
if (!watch) await chmod('dist/cli.cjs', 0o755);
if (production) await writeNotices([...sources].sort());

/**
 * The licences of what has got into the bundles, and of nothing else: their terms ask for it. Of the
 * packages in one node_modules at a time, because two versions of one have the same name.
 */
async function writeNotices(files) {
  const folders = new Map();
  for (const file of files) {
    const folder = /^(?:.*\/)?node_modules\//.exec(file)?.[0];
    if (folder !== undefined) folders.set(folder, [...(folders.get(folder) ?? []), file]);
  }
  // The form of a source map, which it reads the names of packages from.
  const [sourceMapFile, outputFile] = ['dist/bundled.json', 'dist/ThirdPartyNotices.txt'];
  const parts = [OWN_LICENCES];
  // A package may say "MIT" and lack the text.
  const mit = /Permission is hereby[^]*?DEALINGS IN THE\s+SOFTWARE\./.exec(
    await readFile('LICENSE', 'utf8'),
  )?.[0];
  for (const sources of folders.values()) {
    await writeFile(sourceMapFile, JSON.stringify({ sources }));
    const rootPath = fileURLToPath(new URL('.', import.meta.url));
    await writeThirdPartyNotices({ rootPath, sourceMapFile, json: false, outputFile });
    parts.push((await readFile(outputFile, 'utf8')).replace(NAMED_ONLY, `$1\n\n${mit}`));
  }
  await writeFile(outputFile, parts.join(`\n${'='.repeat(72)}\n\n`));
  await writeFile(sourceMapFile, JSON.stringify({ sources: files }));
}
