const ASKS =
  '(?:(?:insert|your|enter|fill|add|put|replace|specify|provide|choose|some|the actual)[ _]|(?:placeholder|todo|tbd|xxx)\\b|插入|填写|请填|待填|此处)';

/** Where a text was left open. The user's own words may be so, and code often is. */
export const OPEN_PLACES: readonly RegExp[] = [
  /\{\{\s*[\w .-]{1,40}\s*\}\}|(?<![\w$\\/}%#=)\]"'])\{[A-Za-z_][\w -]{0,40}\}(?![\w/}"'])/,
  new RegExp(String.raw`<${ASKS}[^<>\n]{0,60}>|\[${ASKS}[^\]\n]{0,60}\](?!\()`, 'i'),
  /<[a-z]+(?:_[a-z]+)+>(?![\s\S]*<\/)/,
  /[<[【《(（](?:插入|填写|请填写?|待填写?|此处)[^>\]】》)）\n]{0,30}[>\]】》)）]/,
  /\bTODO\b\s*(?:[:：(]|$)|^\s*(?:[-*]\s*)?TODO\b(?! (?:list|app|item|comment|tag|marker|note|file)s?\b)|\b(?:TBD|FIXME|T\.B\.D\.)(?=\s*(?:$|[:：.,]))|\bTO BE (?:FILLED|DEFINED|DETERMINED|ADDED)\b|待定$|待补充/m,
  /\blorem ipsum\b/i,
  /\bXXX+\b|\?{4,}|_{4,}(?!\w)/,
  /\[object Object\]|^[ \t]*(?:undefined|null|NaN|\.{3}|…)[ \t]*$/im,
];
