// Bundles the extension (dist/extension.cjs) and the chart panel (dist/panel.js).
import { mkdir, stat } from 'node:fs/promises';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { context } from 'esbuild';

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

const common = {
  bundle: true,
  minify: production,
  sourcemap: !production,
  logLevel: 'info',
  legalComments: production ? 'linked' : 'none',
  plugins: [onlyEnglish],
};
const bundles = [
  {
    ...common,
    entryPoints: ['src/extension.ts'],
    outfile: 'dist/extension.cjs',
    platform: 'node',
    // The oldest VS Code we run in (1.96) has Node 20.
    target: 'node20',
    format: 'cjs',
    external: ['vscode'],
  },
  {
    ...common,
    entryPoints: ['webview/panel.ts'],
    outfile: 'dist/panel.js',
    platform: 'browser',
    target: 'es2022',
    format: 'iife',
  },
];

await mkdir('dist', { recursive: true });
for (const bundle of bundles) {
  const build = await context(bundle);
  if (watch) await build.watch();
  else {
    await build.rebuild();
    await build.dispose();
    if (production) {
      const { size } = await stat(bundle.outfile);
      console.log(`${bundle.outfile}: ${(size / 1024).toFixed(0)} KiB`);
    }
  }
}
