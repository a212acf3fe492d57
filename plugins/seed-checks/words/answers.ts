/** Where a text says itself what the answer is. */
export const TELLS_ANSWER =
  /(?:\b(?:answer|solution|flag)\b|答案|结论)\s*(?:(?:is|are|was|be|should be)\b|[:=：是为])\s*["'`*“「]*([^\n.。,，;；"'`*”」]{1,80})/gi;

/** Words that an answer may consist of without saying anything. */
export const TELLS_NOTHING = new Set(
  `a all an and answer been complete completed correct correctly created done empty error exists false file final finished for found
  good has have i is it no none not null of ok okay passed please result results saved stop submitted success successful
  successfully sure task thank thanks that the there this to transfer transferred true updated was were with yes you your is
  是 否 好 好的 对 完成 已完成 成功 没有 无 谢谢`.split(/\s+/),
);
