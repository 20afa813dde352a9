// Runs inside the extension host in place of the real extensionTestsPath: it mirrors the tests' console
// to a file the launcher follows and records the outcome, because the workbench reports exit code 0
// also when the extension host dies before any test ran.
const fs = require('node:fs');
const path = require('node:path');
const { format } = require('node:util');

exports.run = async function run() {
  const { tests, output, result } = JSON.parse(process.env.SOCKMAP_CODE_WEB);
  const log = fs.openSync(output, 'a');
  // VS Code makes the methods of `console` read-only, so the whole object is replaced.
  const original = globalThis.console;
  const write = (...args) => fs.writeSync(log, format(...args) + '\n');
  const methods = ['log', 'info', 'warn', 'error', 'debug'];
  globalThis.console = Object.create(
    original,
    Object.fromEntries(methods.map((name) => [name, { value: write }])),
  );
  let failure;
  try {
    await require(tests).run(path.dirname(tests));
  } catch (error) {
    failure = error;
    fs.writeSync(log, format(error) + '\n');
  }
  globalThis.console = original;
  fs.writeFileSync(result, JSON.stringify({ code: failure ? 1 : 0 }));
  if (failure) throw failure;
};
