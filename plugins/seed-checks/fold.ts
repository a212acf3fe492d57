/** Look-alikes, spelt-out words and what cannot be seen are undone, so that `ｉｇｎｏｒｅ` and `i-g-n-o-r-e` are seen as well. */
export function folded(text: string): string {
  let plain = text;
  // Plain ASCII, which most is, has nothing of it.
  if (/[^\t\n\r -~]/.test(text))
    plain = text
      .replace(/[\u{E0020}-\u{E007E}]/gu, (tag) => String.fromCharCode(tag.codePointAt(0)! - 0xe0000))
      .normalize('NFKC')
      .replace(/[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, '');
  return plain.replace(/\b(?:\w[-_.*· ]){4,}\w\b/g, (spelt) =>
    /^\w(.)\w(?:\1\w)+$/.test(spelt) && /[a-z]/i.test(spelt) ? spelt.replace(/\W|_/g, '') : spelt,
  );
}
