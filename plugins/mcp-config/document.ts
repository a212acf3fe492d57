import type { Node, ParseError } from 'jsonc-parser';
import { fault } from '#kernel';

type Jsonc = typeof import('jsonc-parser');

/** A JSON text with comments and trailing commas, that knows where everything stands. */
export class JsonDocument {
  readonly #file: string;
  readonly #text: string;
  readonly #jsonc: Jsonc;
  readonly root: Node;

  /** Fault MCP_CONFIG_BROKEN with the first position where the text is no JSON. */
  constructor(file: string, text: string, jsonc: Jsonc) {
    this.#file = file;
    this.#text = text.replace(/^\uFEFF/, '');
    this.#jsonc = jsonc;
    const errors: ParseError[] = [];
    const root = jsonc.parseTree(this.#text, errors, { allowTrailingComma: true });
    const [first] = errors;
    if (this.#text.trim() === '') throw broken(this.place(0), 'the file is empty');
    if (first || !root) throw broken(this.place(first?.offset ?? 0), explain(jsonc, first));
    this.root = root;
  }

  /** `file:line:col` of an offset; both start at 1. */
  place(offset: number): string {
    const before = this.#text.slice(0, offset);
    const line = before.split('\n').length;
    return `${this.#file}:${line}:${offset - before.lastIndexOf('\n')}`;
  }

  /** The place of what `path` leads to below `from`, or of the last part that is there. */
  placeOf(from: Node, path: readonly (string | number)[]): string {
    for (let length = path.length; length >= 0; length--) {
      const found = this.#jsonc.findNodeAtLocation(from, path.slice(0, length));
      if (!found) continue;
      const named = typeof path[length - 1] === 'string' ? found.parent : undefined;
      return this.place((named?.type === 'property' ? named : found).offset);
    }
    return this.place(from.offset);
  }

  /** Members of an object in their order, doubles included. */
  members(object: Node): readonly { readonly name: string; readonly key: Node; readonly value: Node }[] {
    return (object.children ?? []).flatMap((property) => {
      const [key, value] = property.children ?? [];
      return key && value ? [{ name: String(key.value), key, value }] : [];
    });
  }

  value(node: Node): unknown {
    return this.#jsonc.getNodeValue(node);
  }
}

const explain = (jsonc: Jsonc, error: ParseError | undefined): string =>
  `not JSON: ${(error ? jsonc.printParseErrorCode(error.error) : 'nothing there')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()}`;

const broken = (place: string, problem: string) =>
  fault('MCP_CONFIG_BROKEN', `${place} ${problem}`, {
    kind: 'invalid',
    hint: 'mend it and save; the servers of the last good version stay until then',
  });
