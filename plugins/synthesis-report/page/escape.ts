const NAMES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text for HTML and SVG; control characters, which neither may hold, become spaces. */
export const escapeXml = (text: string): string =>
  text
    .replace(/[^\P{C}\n\t]/gu, ' ')
    .toWellFormed()
    .replace(/[&<>"']/g, (mark) => NAMES[mark]!);
