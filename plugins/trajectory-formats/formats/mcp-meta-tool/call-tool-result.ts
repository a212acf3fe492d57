import { readPythonString } from '../reading/python-string.ts';

const REPR = /^meta=[^\n]*?content=\[/;
const TOKEN = /([A-Za-z_]+)(\(|=(?:(True|False)\b)?)|["']/g;
/** What has no text, by the name of its class. */
const NO_TEXT: Readonly<Record<string, string>> = {
  ImageContent: '[image]',
  AudioContent: '[audio]',
  BlobResourceContents: '[resource]',
  ResourceLink: '[resource]',
};

/**
 * The text of a result that was written as Python's `repr` of an MCP CallToolResult, and its `isError`. One that was cut off
 * gives the text as far as it goes; anything else is taken as it is.
 */
export function callToolResult(text: string): { readonly text: string; readonly error?: boolean } {
  const opening = REPR.exec(text)?.[0];
  if (opening === undefined) return { text };
  const parts: string[] = [];
  let member = '';
  let error: boolean | undefined;
  const token = new RegExp(TOKEN);
  token.lastIndex = opening.length;
  for (let found = token.exec(text); found !== null; found = token.exec(text)) {
    const [whole, name = '', sign, truth] = found;
    if (sign === '(') {
      const shown = NO_TEXT[name];
      if (shown !== undefined) parts.push(shown);
    } else if (sign !== undefined) {
      member = name;
      if (name === 'isError' && truth !== undefined) error = truth === 'True';
    } else {
      const { value, end } = readPythonString(text, found.index, whole);
      if (member === 'text') parts.push(value);
      member = '';
      token.lastIndex = end;
    }
  }
  return { text: parts.join('\n'), ...(error !== undefined && { error }) };
}
