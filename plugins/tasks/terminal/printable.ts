/**
 * What strangers wrote must not steer the terminal: control characters, also those of text direction, become spaces. Line ends,
 * tabs and joiners stay: text, scripts and emoji are made of them.
 */
export const printable = (text: string): string => text.replace(/[^\P{C}\n\t\u200c\u200d]/gu, ' ');

export const oneLine = (text: string): string => printable(text).replace(/\s+/g, ' ').trim();
