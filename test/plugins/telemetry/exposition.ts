export interface Line {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}
export interface Family {
  readonly type: string;
  readonly help: string;
  readonly lines: readonly Line[];
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/s;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\[\\"n])*)"(?:,|$)/sy;

/**
 * Reads the text format as https://prometheus.io/docs/instrumenting/exposition_formats/ has it, and throws where it is
 * broken: a line without family, a name twice, a label that is not escaped.
 */
export function readExposition(text: string): Map<string, Family> {
  const families = new Map<string, { type: string; help: string; lines: Line[] }>();
  let current = { name: '', type: '', help: '', lines: [] as Line[] };
  for (const line of text.split('\n')) {
    if (line === '') continue;
    if (line.startsWith('# HELP ')) {
      const [, name = '', help = ''] = /^# HELP (\S+) (.*)$/.exec(line) ?? [];
      if (families.has(name)) throw new Error(`${name} comes twice`);
      current = { name, type: '', help, lines: [] };
      families.set(name, current);
    } else if (line.startsWith('# TYPE ')) {
      const [, name, type = ''] = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line) ?? [];
      if (name !== current.name) throw new Error(`type of another metric: ${line}`);
      current.type = type;
    } else current.lines.push(readLine(line, current));
  }
  return families;
}

function readLine(line: string, family: { name: string; type: string }): Line {
  const found = LINE.exec(line);
  if (found === null) throw new Error(`cannot be read: ${line}`);
  const [, name = '', inside = '', value = ''] = found;
  const suffix = name.slice(family.name.length);
  const right = family.type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
  if (!name.startsWith(family.name) || !right.includes(suffix)) throw new Error(`${name} stands under ${family.name}`);
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < inside.length) {
    const label = LABEL.exec(inside);
    if (label === null) throw new Error(`labels cannot be read: ${line}`);
    labels[label[1]!] = label[2]!.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
  }
  const number = value === '+Inf' ? Number.POSITIVE_INFINITY : value === 'Nan' ? Number.NaN : Number(value);
  return { name, labels, value: number };
}
