/** A piece of a call, as endpoints really send it. */
export interface CallDelta {
  readonly index?: number | null;
  readonly id?: string | null;
  readonly type?: string | null;
  readonly function?: { readonly name?: string | null; readonly arguments?: unknown } | null;
  readonly [member: string]: unknown;
}

interface Draft {
  readonly index: number | undefined;
  id: string;
  name: string;
  args: string;
  more: Record<string, unknown>;
}

/**
 * Puts calls together by their index. Endpoints differ: some send whole calls at once, without index or all with the index
 * 0; some send no ids; some repeat id and name, or all arguments, in later pieces.
 */
export class CallAssembly {
  readonly #begun: (name: string) => void;
  readonly all: Draft[] = [];

  constructor(begun: (name: string) => void) {
    this.#begun = begun;
  }

  add({ index, id, type: _, function: called, ...more }: CallDelta): void {
    const name = called?.name ?? '';
    const args = argsOf(called?.arguments);
    const draft = this.#of(index ?? undefined, id ?? '', name);
    draft.id ||= id ?? '';
    draft.more = { ...draft.more, ...more };
    if (draft.name === '' && name !== '') {
      draft.name = name;
      this.#begun(name);
    } else if (name !== draft.name && draft.args === '' && !name.startsWith(draft.name)) draft.name += name;
    else if (name !== '' && draft.args === '') draft.name = name;
    if (args !== '' && args === draft.args && isWhole(args)) return;
    draft.args += args;
  }

  #of(index: number | undefined, id: string, name: string): Draft {
    const known =
      index === undefined
        ? id === ''
          ? name === ''
            ? this.all.at(-1)
            : undefined
          : this.all.find((each) => each.id === id)
        : this.all.findLast((each) => each.index === index);
    const isAnother = known !== undefined && id !== '' && known.id !== '' && id !== known.id && name !== '';
    if (known !== undefined && !isAnother) return known;
    const draft: Draft = { index, id, name: '', args: '', more: {} };
    this.all.push(draft);
    return draft;
  }
}

const argsOf = (args: unknown): string =>
  typeof args === 'string' ? args : args === undefined || args === null ? '' : JSON.stringify(args);

function isWhole(args: string): boolean {
  try {
    return typeof JSON.parse(args) === 'object';
  } catch {
    return false;
  }
}
