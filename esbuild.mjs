// Bundles the extension (dist/extension.cjs) and the chart panel (dist/panel.js).
import { mkdir, stat } from 'node:fs/promises';
import { argv } from 'node:process';
import { context } from 'esbuild';

const production = argv.includes('--production');
const watch = argv.includes('--watch');

const common = {
  bundle: true,
  minify: production,
  sourcemap: !production,
  logLevel: 'info',
  legalComments: production ? 'linked' : 'none',
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
