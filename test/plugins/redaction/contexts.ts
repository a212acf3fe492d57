const json = (value: unknown): string => JSON.stringify(value);
const unicode = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
const entities = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** Where a text ends up on its way through tools, and how it is written there. */
export const CONTEXTS: Readonly<Record<string, (text: string) => string>> = {
  'a JSON text': (text) => json({ a: text }),
  'a JSON text in a JSON text': (text) => json(json({ a: text })),
  'three JSON texts deep': (text) => json({ x: json({ y: json({ z: text }) }) }),
  'JSON in ASCII': (text) => json(text).replace(/[\u0080-\uffff]/g, unicode),
  'JSON with every character escaped': (text) => `"${[...text].map(unicode).join('')}"`,
  'a parameter of a URL': (text) => `https://example.com/run?cmd=${encodeURIComponent(text)}`,
  'a parameter, encoded twice': (text) => `x=${encodeURIComponent(encodeURIComponent(text))}`,
  'a dictionary of Python': (text) =>
    `{'content': '${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'}`,
  'a command of a shell': (text) => `bash -c 'echo ${text.replaceAll("'", "'\\''")}'`,
  'a table of HTML': (text) => `<td>${entities(text)}</td>`,
  base64: (text) => `data: ${Buffer.from(text).toString('base64')} end`,
  'a table of Markdown': (text) => `| x | ${text} | y |`,
  'a quote': (text) => `> ${text.replaceAll('\n', '\n> ')}`,
  'a diff': (text) => `+${text.replaceAll('\n', '\n+')}`,
  YAML: (text) => `- step: |\n    ${text.replaceAll('\n', '\n    ')}`,
  'a line of a log': (text) => `2024-05-20 10:00:01 INFO [worker-1] ${text} took 12 ms`,
  'a Chinese sentence': (text) => `他说：${text}。然后，`,
  brackets: (text) => `(see ${text})`,
};
