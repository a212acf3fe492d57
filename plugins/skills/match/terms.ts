/** Words that say nothing of what a task is about. */
const COMMON = new Set(
  (
    'a an and any are as at be by can do for from get have how i if in into is it its me my need of on one or our please ' +
    'should so some that the their them then there this to up us use used using want was we what when where which who ' +
    'will with you your'
  ).split(' '),
);
const WORD = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]+|[\p{L}\p{M}\p{N}]+/gu;
const CJK = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;

/** Words without their endings, and pairs of characters where words are not set apart. */
export function termsOf(text: string): Set<string> {
  const terms = new Set<string>();
  for (const [word] of text.normalize('NFKC').toLowerCase().matchAll(WORD)) {
    if (!CJK.test(word)) {
      if (word.length > 1 && !COMMON.has(word)) terms.add(stem(word));
      continue;
    }
    const characters = [...word];
    if (characters.length === 1) terms.add(word);
    for (let at = 1; at < characters.length; at++) terms.add(characters[at - 1]! + characters[at]!);
  }
  return terms;
}

/** Enough for `charts` and `charting` to meet: what is left need not be a word. */
const stem = (word: string): string => {
  if (word.length < 4) return word;
  const cut = word.replace(/(?:ies|ied)$/, 'y').replace(/(?:ing|ings|ed|es|s|er|ers|ion|ions)$/, '');
  const bare = (cut.length < 3 ? word : cut).replace(/(.)\1$/, '$1');
  return bare.length > 3 ? bare.replace(/e$/, '') : bare;
};
