/** What signs, words and numbers of Perl look like, at the place where one is looked for. */
export const shapes = {
  operator:
    /<=>|\*\*=|\|\|=|&&=|\/\/=|<<=|>>=|\.\.\.|->|\+\+|--|\*\*|=~|!~|==|!=|<=|>=|&&|\|\||\/\/|\.\.|[-+*/.%x&|^]=|<<|>>|=>|[^\w\s]/y,
  word: /[A-Za-z_]\w*(?:::\w+)*(?:::)?/y,
  number:
    /0[xX][\da-fA-F_]+|0[bB][01_]+|\d[\d_]*(?:\.(?!\.)[\d_]*)?(?:[eE][-+]?\d+)?|\.\d[\d_]*(?:[eE][-+]?\d+)?/y,
  /** Of a variable, without its sigil. */
  name: /\^\w+|(?:::)?[A-Za-z_]\w*(?:::\w+)*|::|\d+/y,
  /** The same as `${name}`. */
  nameInBraces: /\{\s*(\^?\w+)\s*\}/y,
  /** `<FH>`, `<$fh>`, `<*.txt>`. */
  input: /<(?:\$?[\w:]*|[^<>\n=;]*[*./~][^<>\n=;]*)>/y,
  /** `-e $file` and its relatives. */
  fileTest: /-[a-zA-Z](?=\s*[^\w\s=,)])(?!\s*=>)|-[a-zA-Z](?=\s+\w)/y,
  /** `-name =>`. */
  dashed: /-[A-Za-z_]\w*(?=\s*=>)/y,
  /** What makes a sigil of these signs. */
  sigil: /[%&*](?:[A-Za-z_{$:]|\+(?![\d\s])|-(?![\d\s]))/y,
  /** `{word}` as a subscript. */
  bareKey: /(\s*)(-?[A-Za-z_]\w*)\s*(?=\})/y,
  pod: /=[a-zA-Z]/y,
  format: /format\s+(?:\w+\s*)?=[ \t\r]*\n/y,
  prototype: /\([\s$@%&*;\\[\]+_]*\)/y,
} as const;
