import type { Readable, Writable } from 'node:stream';
import {
  AbstractMessageReader,
  StreamMessageWriter,
  type DataCallback,
  type Disposable,
  type Message,
  type MessageReader,
  type MessageTransports,
} from 'vscode-languageclient/node';
import { Frames, parseMessage } from './gate/frames.ts';
import type { Gate, Message as GateMessage } from './gate/gate.ts';
import { Replies } from './gate/replies.ts';

/**
 * A language server's two streams, with the gate between them and the editor: what it does not let
 * through never gets to the client.
 * @param onBroken called once with what no language server sends; nothing is read after that.
 */
export function gated(
  { stdout, stdin }: { stdout: Readable; stdin: Writable },
  gate: Gate,
  onBroken: (error: Error) => void,
): MessageTransports {
  const writer = new GatedWriter(stdin, gate);
  return { reader: new GatedReader(stdout, gate, writer, onBroken), writer, detached: true };
}

class GatedWriter extends StreamMessageWriter {
  readonly #gate: Gate;

  constructor(stdin: Writable, gate: Gate) {
    super(stdin);
    this.#gate = gate;
  }

  override write(message: Message): Promise<void> {
    return super.write(this.#gate.outgoing(message as GateMessage));
  }
}

class GatedReader extends AbstractMessageReader implements MessageReader {
  readonly #stream: Readable;
  readonly #gate: Gate;
  readonly #replies: Replies;
  readonly #onBroken: (error: Error) => void;

  constructor(stream: Readable, gate: Gate, writer: GatedWriter, onBroken: (error: Error) => void) {
    super();
    this.#stream = stream;
    this.#gate = gate;
    this.#replies = new Replies((reply) => writer.write(reply));
    this.#onBroken = onBroken;
  }

  listen(callback: DataCallback): Disposable {
    const frames = new Frames();
    const read = (piece: Buffer): void => {
      try {
        for (const frame of frames.push(piece)) {
          const { deliver, reply } = this.#gate.incoming(parseMessage(frame), frame.length);
          if (reply !== undefined) this.#replies.send(reply);
          if (deliver !== undefined) callback(deliver);
        }
      } catch (error) {
        this.#stream.off('data', read);
        this.#onBroken(error instanceof Error ? error : new Error(String(error)));
      }
    };
    this.#stream.on('data', read);
    this.#stream.on('close', () => {
      this.fireClose();
    });
    this.#stream.on('error', (error) => {
      this.fireError(error);
    });
    return {
      dispose: () => {
        this.#stream.off('data', read);
      },
    };
  }
}
