import { plain } from '../page/escape.ts';

/** Front matter of a card: values are written as JSON, which YAML takes. */
export const frontMatter = (members: Readonly<Record<string, unknown>>): string =>
  `---\n${Object.entries(members)
    .map(
      ([name, value]) =>
        `${name}: ${JSON.stringify(value, (_, each) => (typeof each === 'string' ? plain(each) : each))}\n`,
    )
    .join('')}---\n`;
