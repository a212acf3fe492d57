import { reason } from '#kernel';
import type { Step } from '../api.ts';
import type { Masker } from '../mask/masker.ts';
import type { PackWriter } from '../packs/pack-writer.ts';
import { type Hole, JsonWriter } from './json-writer.ts';
import { type Line, lineStart } from './line.ts';
import { writeReference } from './text-reference.ts';

export interface EncodedLine {
  readonly text: string;
  /** Of the start or the end alone. */
  readonly json: string;
}

/** Writes lines out: masked, long texts to the pack. */
export class LineEncoder {
  readonly #masker: Masker;
  readonly #packs: PackWriter;
  readonly #writer: JsonWriter;
  readonly #longText: number;

  constructor(masker: Masker, packs: PackWriter, longText: number) {
    this.#masker = masker;
    this.#packs = packs;
    this.#longText = longText;
    this.#writer = new JsonWriter(masker, packs, longText);
  }

  /** At once, but for huge texts: `pause` is called between the pieces of those. */
  encode(line: Line, pause: () => Promise<void>): EncodedLine | Promise<EncodedLine> {
    switch (line.t) {
      case 'start':
        return this.#payload(line, `"t":"start","hold":${line.hold},"start":`, line.start, pause);
      case 'end':
        return this.#payload(line, `"t":"end","hold":${line.hold},"end":`, line.end, pause);
      case 'step': {
        const scenario = line.scenario === undefined ? '' : `"scenario":${JSON.stringify(line.scenario)},`;
        return this.#payload(line, `"t":"step","i":${line.i},${scenario}"step":`, sound(line.step), pause);
      }
      default:
        return { text: `${lineStart(line.run)}"t":"${line.t}","hold":${line.hold}}\n`, json: '' };
    }
  }

  #payload(line: Line, head: string, payload: object, pause: () => Promise<void>): EncodedLine | Promise<EncodedLine> {
    const finish = (pieces: readonly string[]): EncodedLine => {
      const json = pieces.join('');
      return { text: `${lineStart(line.run)}${head}${json}}\n`, json: line.t === 'step' ? '' : json };
    };
    const spare = (error: unknown) =>
      finish(this.#writer.write({ ...scalars(payload), unrecorded: reason(error) }).pieces);
    try {
      const { pieces, holes } = this.#writer.write(payload);
      return holes.length === 0 ? finish(pieces) : this.#fill(pieces, holes, pause).then(finish).catch(spare);
    } catch (error) {
      return spare(error);
    }
  }

  async #fill(pieces: string[], holes: readonly Hole[], pause: () => Promise<void>): Promise<string[]> {
    for (const { at, text } of holes) {
      const masked = this.#masker.pieces(text);
      if (text.length > this.#longText && text.isWellFormed()) {
        pieces[at] = writeReference(await this.#packs.putPieces(masked, pause));
        continue;
      }
      const parts: string[] = [];
      for (const part of masked) {
        parts.push(part);
        await pause();
      }
      pieces[at] = this.#writer.masked(parts.join(''));
    }
    return pieces;
  }
}

/** A time or turn that is no number would make the line unreadable. */
function sound(step: Step): Step {
  return Number.isFinite(step.at) && Number.isFinite(step.turn)
    ? step
    : {
        ...step,
        at: Number.isFinite(step.at) ? step.at : Date.now(),
        turn: Number.isFinite(step.turn) ? step.turn : 0,
      };
}

const PLAIN = ['string', 'number', 'boolean'];
const LONGEST_SPARE = 100_000;
/** What is left of something that is no plain data. */
const scalars = (payload: object): object =>
  Object.fromEntries(
    Object.entries(payload).filter(
      ([, value]) => PLAIN.includes(typeof value) && !(typeof value === 'string' && value.length > LONGEST_SPARE),
    ),
  );
