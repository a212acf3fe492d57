const NAMES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/**
 * Text of strangers as text: control characters, what turns the direction of writing, and halves of characters become
 * spaces; joiners, which many scripts and emoji need, stay.
 */
export const plain = (text: string): string =>
  text.replace(/\r\n?|[\u2028\u2029]/g, '\n').replace(/[^\P{C}\n\t\u200c\u200d]/gu, ' ');

/** Text for HTML and SVG. */
export const escapeXml = (text: string): string => plain(text).replace(/[&<>"']/g, (mark) => NAMES[mark]!);
