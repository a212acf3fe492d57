import { StringDecoder } from 'node:string_decoder';

export interface StreamEvent {
  readonly event: string;
  readonly data: string;
}

/** Reads `text/event-stream` piece by piece. */
export class EventStream {
  lastId: string | undefined;
  retryMs: number | undefined;
  readonly #onEvent: (event: StreamEvent) => void;
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';
  #name = '';
  #data: string[] = [];
  #bytes = 0;
  #started = false;

  constructor(onEvent: (event: StreamEvent) => void) {
    this.#onEvent = onEvent;
  }

  /** Bytes of the event that is being read. */
  get pendingBytes(): number {
    return this.#bytes;
  }

  push(chunk: Buffer): void {
    let text = this.#decoder.write(chunk);
    if (!this.#started && text !== '') {
      this.#started = true;
      if (text.charCodeAt(0) === 0xfeff) text = text.slice(1);
    }
    this.#bytes += chunk.length;
    if (this.#rest.length > 0 && !/[\r\n]/.test(text)) {
      this.#rest += text;
      return;
    }
    const all = this.#rest + text;
    const returns = all.includes('\r');
    let from = 0;
    for (;;) {
      const end = returns ? nextBreak(all, from) : all.indexOf('\n', from);
      if (end === -1) break;
      // A lone CR at the very end may be half of a CRLF.
      if (all[end] === '\r' && end === all.length - 1) break;
      this.#line(all.slice(from, end));
      from = end + (all[end] === '\r' && all[end + 1] === '\n' ? 2 : 1);
    }
    this.#rest = all.slice(from);
  }

  #line(line: string): void {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const field = colon === -1 ? line : line.slice(0, colon);
    const start = line[colon + 1] === ' ' ? colon + 2 : colon + 1;
    const value = colon === -1 ? '' : line.slice(start);
    if (field === 'data') this.#data.push(value);
    else if (field === 'event') this.#name = value;
    else if (field === 'id' && !value.includes('\0')) this.lastId = value;
    else if (field === 'retry' && /^\d+$/.test(value)) this.retryMs = Number(value);
  }

  #dispatch(): void {
    const data = this.#data.join('\n');
    const event = this.#name || 'message';
    this.#data = [];
    this.#name = '';
    this.#bytes = 0;
    if (data !== '') this.#onEvent({ event, data });
  }
}

function nextBreak(text: string, from: number): number {
  const lf = text.indexOf('\n', from);
  const cr = text.indexOf('\r', from);
  return lf === -1 ? cr : cr === -1 ? lf : Math.min(lf, cr);
}
