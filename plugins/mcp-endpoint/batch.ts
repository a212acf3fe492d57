import type { Reply } from './reply.ts';

/** Collects the answers of one batch: an array as JSON, or one event each where a message came before them. */
export class BatchReply {
  readonly #reply: Reply;
  readonly #answers: string[] = [];
  #missing: number;
  #streaming = false;

  constructor(reply: Reply, requests: number) {
    this.#reply = reply;
    this.#missing = requests;
  }

  part(): Reply {
    return {
      push: (text) => {
        this.#streaming = true;
        this.#reply.push(text);
      },
      end: (text) => this.#collect(text),
    };
  }

  #collect(text: string): void {
    this.#answers.push(text);
    if (--this.#missing > 0) return;
    if (!this.#streaming) return this.#reply.end(`[${this.#answers.join(',')}]`);
    const last = this.#answers.pop() ?? '';
    for (const answer of this.#answers) this.#reply.push(answer);
    this.#reply.end(last);
  }
}
