import type { GapTool } from './api.ts';
import { gramsOf } from './grams.ts';
import { theLexicon } from './lexicon.ts';
import { type Terms, termsOf } from './terms.ts';

/** A tool, read once: its words by place. */
export interface Offered {
  readonly tool: GapTool;
  readonly name: Terms;
  /** Name, capabilities and description. */
  readonly text: Terms;
  readonly parameters: Terms;
  readonly direction: Float32Array;
  readonly grams: Uint32Array;
}

/** Descriptions may be manuals; what a tool is for stands at the beginning. */
const MOST_CHARACTERS = 1_500;
const GRAM_CHARACTERS = 800;
const MOST_KEPT = 5_000;
const kept = new Map<string, Offered>();

/** Agents send the same tools with every question: each is read once. */
export function offeredOf(tool: GapTool): Offered {
  const key = JSON.stringify(tool);
  const known = kept.get(key);
  if (known !== undefined) return known;
  const read = readTool(tool);
  if (kept.size >= MOST_KEPT) kept.clear();
  kept.set(key, read);
  return read;
}

function readTool(tool: GapTool): Offered {
  const { name, description = '', capabilities = [] } = tool;
  const subject = [name, capabilities.join(' ')].join(' ');
  const text = termsOf(`${subject} ${description.slice(0, MOST_CHARACTERS)}`, false);
  return {
    tool,
    name: termsOf(subject, false),
    text,
    parameters: termsOf(parameterText(tool.parameters).slice(0, MOST_CHARACTERS), false),
    direction: theLexicon().direction(text.known),
    grams: gramsOf(`${name} ${description} ${capabilities.join(' ')}`.slice(0, GRAM_CHARACTERS)),
  };
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
