import { hash } from 'node:crypto';
import type { GapTool } from './api.ts';
import { gramsOf } from './grams.ts';
import { theLexicon } from './lexicon.ts';
import { purposeOf } from './purposes.ts';
import { type Terms, termsOf, withLater } from './terms.ts';

/** What a tool says of itself, by place. */
interface Said {
  readonly name: Terms;
  /** Name, capabilities and description. */
  readonly text: Terms;
  readonly direction: Float32Array;
  readonly purpose: Float32Array;
  readonly grams: Uint32Array;
}
export interface Offered extends Said {
  readonly tool: GapTool;
}

/** Descriptions may be manuals; what a tool is for stands at the beginning. */
const MOST_CHARACTERS = 1_500;
const GRAM_CHARACTERS = 300;
/** What a word counts that stands after the first sentence alone: there are limits, notes and formats. */
const LATER_SHARE = 0.2;
/** Shorter is no sentence: `Note.` */
const SHORTEST_SENTENCE = 20;
const SENTENCE_END = /[.!?。；\n](?:\s|$)/;
const MOST_KEPT = 5_000;
const kept = new Map<string, Said>();

/** Agents send the same tools with every question: each text is read once. */
export function offeredOf(tool: GapTool): Offered {
  const { name, description = '', capabilities = [] } = tool;
  const key = digest([name, ...capabilities, description.slice(0, MOST_CHARACTERS)].join('\n'));
  let said = kept.get(key);
  if (said === undefined) {
    said = read(name, description, capabilities);
    keep(kept, key, said);
  }
  const { name: named, text, direction, purpose, grams } = said;
  return { tool, name: named, text, direction, purpose, grams };
}

function read(name: string, description: string, capabilities: readonly string[]): Said {
  const subject = [name, capabilities.join(' ')].join(' ');
  const text = textOf(subject, description.slice(0, MOST_CHARACTERS));
  return {
    name: termsOf(subject, false),
    text,
    direction: theLexicon().direction(text.known),
    purpose: purposeOf(text),
    grams: gramsOf(`${name} ${description} ${capabilities.join(' ')}`.slice(0, GRAM_CHARACTERS)),
  };
}

function textOf(subject: string, description: string): Terms {
  const end = description.slice(SHORTEST_SENTENCE).search(SENTENCE_END);
  const at = end < 0 ? description.length : SHORTEST_SENTENCE + end + 1;
  const first = termsOf(`${subject} ${description.slice(0, at)}`, false);
  const later = description.slice(at).trim();
  return later === '' ? first : withLater(first, termsOf(later, false), LATER_SHARE);
}

const parameters = new WeakMap<GapTool, Terms>();
const parametersKept = new Map<string, Terms>();
/** Read of the few tools that are looked at closely. */
export function parametersOf(tool: GapTool): Terms {
  let terms = parameters.get(tool);
  if (terms === undefined) {
    // The same tool arrives afresh with each request.
    const text = parameterText(tool.parameters).slice(0, MOST_CHARACTERS);
    const key = digest(text);
    terms = parametersKept.get(key);
    if (terms === undefined) {
      terms = termsOf(text, false);
      keep(parametersKept, key, terms);
    }
    parameters.set(tool, terms);
  }
  return terms;
}

/** A part of a text would keep the whole of it in memory, and a whole one may be long. */
const digest = (text: string): string => hash('sha256', text, 'base64');

/** What was kept first goes first. */
function keep<T>(all: Map<string, T>, key: string, value: T): void {
  const [oldest] = all.keys();
  if (all.size >= MOST_KEPT && oldest !== undefined) all.delete(oldest);
  all.set(key, value);
}

/** Names and descriptions of parameters: JSON Schema, or a list of names. */
export function parameterText(parameters: unknown): string {
  if (Array.isArray(parameters))
    return parameters.map((each) => (typeof each === 'string' ? each : parameterText({ each }))).join(' ');
  if (typeof parameters !== 'object' || parameters === null) return '';
  const properties = (parameters as { properties?: unknown }).properties ?? parameters;
  if (typeof properties !== 'object' || properties === null) return '';
  return Object.entries(properties)
    .map(([key, value]) => {
      const { name, description } = (value ?? {}) as { name?: unknown; description?: unknown };
      return [key, name, description].filter((part) => typeof part === 'string').join(' ');
    })
    .join(' ');
}
