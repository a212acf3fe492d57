import type { GapTool } from './api.ts';
import { gramsOf } from './grams.ts';
import { theLexicon } from './lexicon.ts';
import { type Terms, termsOf } from './terms.ts';

/** What a tool says of itself, by place. */
interface Said {
  readonly name: Terms;
  /** Name, capabilities and description. */
  readonly text: Terms;
  readonly direction: Float32Array;
  readonly grams: Uint32Array;
}
export interface Offered extends Said {
  readonly tool: GapTool;
}

/** Descriptions may be manuals; what a tool is for stands at the beginning. */
const MOST_CHARACTERS = 1_500;
const GRAM_CHARACTERS = 800;
const MOST_KEPT = 5_000;
const kept = new Map<string, Said>();

/** Agents send the same tools with every question: each text is read once. */
export function offeredOf(tool: GapTool): Offered {
  const { name, description = '', capabilities = [] } = tool;
  const key = [name, ...capabilities, description].join('\n');
  let said = kept.get(key);
  if (said === undefined) {
    said = read(name, description, capabilities);
    if (kept.size >= MOST_KEPT) kept.clear();
    kept.set(key, said);
  }
  const { name: named, text, direction, grams } = said;
  return { tool, name: named, text, direction, grams };
}

function read(name: string, description: string, capabilities: readonly string[]): Said {
  const subject = [name, capabilities.join(' ')].join(' ');
  const text = termsOf(`${subject} ${description.slice(0, MOST_CHARACTERS)}`, false);
  return {
    name: termsOf(subject, false),
    text,
    direction: theLexicon().direction(text.known),
    grams: gramsOf(`${name} ${description} ${capabilities.join(' ')}`.slice(0, GRAM_CHARACTERS)),
  };
}

const parameters = new WeakMap<GapTool, Terms>();
/** Read of the few tools that are looked at closely. */
export function parametersOf(tool: GapTool): Terms {
  let terms = parameters.get(tool);
  if (terms === undefined) {
    terms = termsOf(parameterText(tool.parameters).slice(0, MOST_CHARACTERS), false);
    parameters.set(tool, terms);
  }
  return terms;
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
