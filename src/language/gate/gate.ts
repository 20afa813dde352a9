import * as z from 'zod';
import { answers, type Answers } from './answers.ts';
import { asTold } from './capabilities.ts';
import { StreamError } from './frames.ts';
import { integer, reason, shapes, words, type Places, type Shapes } from './shapes.ts';
import { notice, plain } from './text.ts';

/** A message of JSON-RPC; the fields that are not of its kind are missing. */
export interface Message {
  readonly jsonrpc: '2.0';
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: unknown;
}

export interface Passage {
  /** For the editor, built anew. */
  readonly deliver?: Message;
  /** To the server at once, in place of the editor. */
  readonly reply?: Message;
}

/**
 * How much a server may send that nobody asked for: so many bytes at once, and then so many a second. A
 * message counts for a kibibyte at least. clangd sends some hundred bytes with each keystroke.
 */
const UNASKED = { bytes: 64 * 2 ** 20, perSecond: 2 * 2 ** 20, least: 1024 } as const;

const MOST_DIAGNOSTICS = 1000;
/** Notifications that are for the log. */
const WRITTEN = ['window/logMessage', 'window/showMessage'];
/** Their loss does no harm, and a server may well send them. */
const IGNORED = ['$/progress', '$/cancelRequest', '$/logTrace', 'telemetry/event'];
const METHOD_NOT_FOUND = -32601;
const INVALID = -32803;

const envelope = z.object({
  id: z.union([z.number(), z.string().max(256)]).optional(),
  method: z.string().max(256).optional(),
  params: z.unknown().optional(),
  result: z.unknown().optional(),
  error: z.unknown().optional(),
});
const failure = z.object({ code: z.int(), message: z.string().transform(notice) });
const items = z.object({ items: z.array(z.unknown()).max(1000) });
const said = z.object({ message: words });

/** Notifications a server may send to the editor. */
function notifications({ shown, list, diagnostic }: Shapes): ReadonlyMap<string, z.ZodType> {
  return new Map<string, z.ZodType>([
    [
      'textDocument/publishDiagnostics',
      z.object({
        uri: shown,
        version: integer.nullish().transform((version) => version ?? undefined),
        diagnostics: list(diagnostic, MOST_DIAGNOSTICS),
      }),
    ],
    ['textDocument/clangd.fileStatus', z.object({ uri: shown, state: words })],
  ]);
}

/**
 * Everything a language server sends passes here: what it may ask, notify and answer is listed, field by
 * field, and all else is refused, and said in the log. The server is the host's: whoever rules there writes
 * these messages.
 */
export class Gate {
  readonly #shapes: Shapes;
  readonly #answers: Answers;
  readonly #notifications: ReadonlyMap<string, z.ZodType>;
  readonly #edit: z.ZodType;
  readonly #log: (line: string) => void;
  readonly #now: () => number;
  /** Our requests that are not answered yet: their methods, by id. */
  readonly #asked = new Map<number | string, string>();
  /** Commands a person has chosen that are not answered yet, and how many edits came of them: one for each. */
  #commands = 0;
  #edits = 0;
  #unasked: number = UNASKED.bytes;
  #last: number;

  /** @param now in milliseconds. */
  constructor(
    places: Places,
    log: (line: string) => void,
    now: () => number = () => performance.now(),
  ) {
    this.#log = log;
    this.#now = now;
    this.#last = now();
    this.#shapes = shapes(places, (left) => {
      this.#refused(`${left}, left out`);
    });
    this.#answers = answers(this.#shapes);
    this.#notifications = notifications(this.#shapes);
    this.#edit = z.object({ edit: this.#shapes.workspaceEdit });
  }

  /** A message of ours as it goes to the server. */
  outgoing(message: Message): Message {
    const { id, method } = message;
    if (id === undefined || method === undefined) return message;
    this.#asked.set(id, method);
    if (method === 'workspace/executeCommand') this.#commands++;
    return method === 'initialize' ? { ...message, params: asTold(message.params) } : message;
  }

  /**
   * A message of the server's.
   * @param bytes its size.
   * @throws StreamError when it sends more than anyone could want.
   */
  incoming(value: unknown, bytes: number): Passage {
    const message = envelope.safeParse(value).data;
    const { id, method } = message ?? {};
    const isAnswer = method === undefined && id !== undefined && this.#asked.has(id);
    if (!isAnswer) this.#charge(bytes);
    if (message === undefined) return this.#refused('what is no message');
    if (method === undefined) return this.#answered(id, message);
    return id === undefined
      ? this.#notified(method, message.params)
      : this.#requested(id, method, message.params);
  }

  /** The arguments of `APPLY`, if they are what clangd offered; undefined for what others call it with. */
  action(value: unknown): z.infer<Shapes['action']> | undefined {
    return this.#shapes.action.safeParse(value).data;
  }

  #answered(
    id: number | string | undefined,
    { result, error }: { result?: unknown; error?: unknown },
  ): Passage {
    const method = id === undefined ? undefined : this.#asked.get(id);
    if (id === undefined || method === undefined) return this.#refused('an answer to no question');
    this.#asked.delete(id);
    if (method === 'workspace/executeCommand') {
      this.#commands--;
      this.#edits = Math.max(0, this.#edits - 1);
    }
    const failed = (code: number, why: string): Passage => ({
      deliver: { jsonrpc: '2.0', id, error: { code, message: why } },
    });
    if (error !== undefined) {
      const fault = failure.safeParse(error).data;
      return failed(fault?.code ?? INVALID, fault?.message ?? 'failed');
    }
    const parsed = this.#answers.get(method)?.safeParse(result ?? null);
    if (parsed?.success === true) return { deliver: { jsonrpc: '2.0', id, result: parsed.data } };
    const why = `the answer to ${method}: ${reason(parsed?.error)}`;
    this.#refused(why);
    return failed(INVALID, notice(`refused ${why}`));
  }

  #notified(method: string, params: unknown): Passage {
    const known = this.#notifications.get(method);
    if (known !== undefined) {
      const { data, error } = known.safeParse(params);
      return error === undefined
        ? { deliver: { jsonrpc: '2.0', method, params: data } }
        : this.#refused(`${method}: ${reason(error)}`);
    }
    if (WRITTEN.includes(method)) this.#log(said.safeParse(params).data?.message ?? '');
    else if (!IGNORED.includes(method)) return this.#refused(method);
    return {};
  }

  #requested(id: number | string, method: string, params: unknown): Passage {
    const answer = (result: unknown): Passage => ({ reply: { jsonrpc: '2.0', id, result } });
    switch (method) {
      case 'workspace/applyEdit':
        return this.#edited(id, params);
      case 'workspace/semanticTokens/refresh':
      case 'workspace/inlayHint/refresh':
        return { deliver: { jsonrpc: '2.0', id, method } };
      case 'workspace/configuration':
        // It has all settings that it needs: none is for it to read.
        return answer((items.safeParse(params).data?.items ?? []).map(() => null));
      case 'window/showMessageRequest':
        this.#log(said.safeParse(params).data?.message ?? '');
        return answer(null);
      case 'window/showDocument':
        this.#refused(method);
        return answer({ success: false });
      default: {
        this.#refused(method);
        const message = `${plain(method, 100)} is not allowed`;
        return { reply: { jsonrpc: '2.0', id, error: { code: METHOD_NOT_FOUND, message } } };
      }
    }
  }

  /** Only where a person has chosen a command that has clangd edit, and once. */
  #edited(id: number | string, params: unknown): Passage {
    const isAsked = this.#edits < this.#commands;
    const { data, error } = isAsked ? this.#edit.safeParse(params) : {};
    const why = isAsked ? error && reason(error) : 'nobody asked for it';
    if (why === undefined) {
      this.#edits++;
      return { deliver: { jsonrpc: '2.0', id, method: 'workspace/applyEdit', params: data } };
    }
    this.#refused(`workspace/applyEdit: ${why}`);
    return { reply: { jsonrpc: '2.0', id, result: { applied: false, failureReason: why } } };
  }

  #charge(bytes: number): void {
    const now = this.#now();
    const earned = (Math.max(0, now - this.#last) / 1000) * UNASKED.perSecond;
    this.#last = now;
    this.#unasked =
      Math.min(UNASKED.bytes, this.#unasked + earned) - Math.max(bytes, UNASKED.least);
    if (this.#unasked < 0) throw new StreamError('a flood of messages that nobody asked for');
  }

  #refused(what: string): Passage {
    this.#log(`refused ${plain(what, 500)}`);
    return {};
  }
}
