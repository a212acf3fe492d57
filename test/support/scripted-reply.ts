/** What a stand-in for a language model says to one request, in words that know no protocol. */
export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of all that follows: the whole body. */
  readonly body?: unknown;
  /** Instead of all that follows: the data of each event of a stream, as it is. */
  readonly events?: readonly unknown[];
  readonly text?: string;
  readonly reasoning?: string;
  readonly calls?: readonly ScriptedCall[];
  readonly finish?: 'stop' | 'tools' | 'length' | 'refused';
  /** In tokens; default: 100 and 20. null: it reports none. */
  readonly usage?: ScriptedUsage | null;
  /** Before anything is sent, headers too. */
  readonly afterMs?: number;
  /** Before each event of a stream. */
  readonly chunkMs?: number;
  /** After so many events of a stream (or half of another answer) the connection is cut. */
  readonly cutAfter?: number;
  /** After so many events the stream ends as if all was said. */
  readonly endAfter?: number;
  /** After so many events nothing more comes. */
  readonly stallAfter?: number;
  /** In the place of this event stands one that is no JSON. */
  readonly garbageAt?: number;
  /** In the place of this event stands an error of this type. */
  readonly errorAt?: { readonly event: number; readonly type: string };
}

export interface ScriptedCall {
  readonly name: string;
  /** A text is sent as it is, valid or not. */
  readonly args?: object | string;
  readonly id?: string;
}

export interface ScriptedUsage {
  /** Cached tokens included. */
  readonly input: number;
  readonly output: number;
  readonly cacheRead?: number;
  readonly cacheWrite?: number;
  readonly reasoning?: number;
}

export const USAGE: ScriptedUsage = { input: 100, output: 20 };

export const argsText = ({ args = {} }: ScriptedCall): string =>
  typeof args === 'string' ? args : JSON.stringify(args);

export const finishOf = ({ finish, calls }: Reply): NonNullable<Reply['finish']> =>
  finish ?? (calls !== undefined && calls.length > 0 ? 'tools' : 'stop');

const PIECE = 7;

/** As models send it: in pieces. At least one. */
export const piecesOf = (text: string): string[] => text.match(new RegExp(`.{1,${PIECE}}`, 'gsu')) ?? [''];
