/** Characters that no task needs and that hide text from readers: control, zero-width, bidirectional marks, tags, lone surrogates. */
const HIDDEN = /[[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]--[\n\t]]/gv;

/** Text without hidden characters; line ends are `\n`. */
export const visible = (text: string): string =>
  PLAIN.test(text) ? text : text.replace(/\r\n?/g, '\n').replace(HIDDEN, '').replace(/[‘’]/g, "'");
/** Most texts are, and are told by one quick look. */
const PLAIN = /^[\n\t -~]*$/;

export const oneLine = (text: string): string => visible(text).replace(/\s+/g, ' ').trim();

/** Markup that a model or page may bring in: tags (placeholders of redaction stay), images, links, fences, emphasis. */
export const withoutMarkup = (text: string): string =>
  oneLine(text)
    .replace(/<(?![A-Z][A-Z_]*_\d+>)\/?[a-z!][^<>]{0,200}>/gi, ' ')
    .replace(/!?\[([^\]]{0,200})\]\([^)\s]{0,500}\)/g, '$1')
    .replace(/`{3,}\w*|[*_]{2,}|^#{1,6}\s+/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();

/** At most `most` characters: whole sentences where one ends in the second half, else whole words. */
export function clip(text: string, most: number): string {
  if (text.length <= most) return text;
  const head = text.slice(0, most - 1);
  const end = Math.max(head.lastIndexOf('. '), head.lastIndexOf('。'), head.lastIndexOf('? '), head.lastIndexOf('.\n'));
  if (end > most / 2) return head.slice(0, end + 1);
  const word = head.lastIndexOf(' ');
  return `${(word > most / 2 ? head.slice(0, word) : head).replace(/[\uD800-\uDBFF]$/, '').trimEnd()}…`;
}

export const capitalised = (text: string): string => {
  const first = /^["'(]?[a-z](?![\w-]*[A-Z./_])/.test(text);
  return first ? text.replace(/[a-z]/, (letter) => letter.toUpperCase()) : text;
};

export const ended = (text: string): string =>
  /[.!?。！？:：…)\]"'”]$/.test(text) ? text : `${text}${isChinese(text) ? '。' : '.'}`;

const HAN = /\p{Script=Han}/gu;
/** Whether people who read Chinese wrote it: names of files and tools in it may be Latin. */
export function isChinese(text: string): boolean {
  const head = text.length > 2000 ? text.slice(0, 2000) : text;
  const han = head.match(HAN)?.length ?? 0;
  return han >= 2 && han * 4 >= (head.match(/[A-Za-z]/g)?.length ?? 0);
}
