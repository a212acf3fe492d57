/** Words of talking with an assistant that say nothing of the task. */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  (
    'a about all also am an and any are as at be been but by can could did do does dont for from get go had has have he hello ' +
    'help her hey hi his how i id if ill im in is it its ive just know let lets like may me might more most must my need no not ' +
    'of ok okay on or our please see she should so some sure than thank thanks that thats the their them then there these they ' +
    'this those to want was we were what when where which who why will with would yeah yes you your'
  ).split(' '),
);

/** Characters of Chinese that carry grammar or politeness; a text is cut at them before its pairs are taken. */
export const STOP_CHARACTERS =
  /[的了吗呢吧啊呀嘛请您你我他她它们帮给把被在是有和与及或就都也很这那个一些下会能可以要想]+/u;
