import fc from 'fast-check';
import t from 'tap';
import { formatText } from '../../src/config/format.ts';
import { Mistake } from '../../src/routing/mistake.ts';

t.test(
  'blanks at the ends of lines go, of blank lines one stays, and the text ends with a line end',
  async (t) => {
    t.equal(formatText('\n\na: b  \n\t\n\n\nc: d # e \t'), 'a: b\n\nc: d # e\n');
    t.equal(formatText('a: b\n\n\n'), 'a: b\n');
  },
);

t.test('every level begins two spaces further in, and comments go with their lines', async (t) => {
  const odd = `a:
    # to b
    b:
          c: 1
          # to d
          d:
          - x
          -  y
    # behind
e: 2
`;
  t.equal(
    formatText(odd),
    `a:
  # to b
  b:
    c: 1
    # to d
    d:
      - x
      -  y
  # behind
e: 2
`,
  );
});

t.test('routes that stand below each other have their targets and comments in columns', async (t) => {
  const text = `routes:
  /a: port   # one
  /longer:      legacy
  "/q":  'port 25%' # two

  /alone:    port
  /map:
    to: port
  /after: { to: port, timeout: 5s }
  /next: port      # three
`;
  t.equal(
    formatText(text),
    `routes:
  /a:      port        # one
  /longer: legacy
  "/q":    'port 25%'  # two

  /alone: port
  /map:
    to: port
  /after: { to: port, timeout: 5s }
  /next:  port  # three
`,
  );
});

t.test('a key or a map that is very long does not move all the others', async (t) => {
  const key = `/a${'b'.repeat(60)}`;
  t.equal(
    formatText(`routes:\n  ${key}:   port\n  /x:   port\n  /yy: port\n`),
    `routes:\n  ${key}: port\n  /x:  port\n  /yy: port\n`,
  );
});

t.test('what stands on several lines moves as a whole and keeps its blanks', async (t) => {
  const text = `a:
    b: |
        x  

         y


    c: "one
       two"
    d: { e: f,
      g: h }   # i
`;
  t.equal(
    formatText(text),
    `a:
  b: |
      x  

       y

  c: "one
     two"
  d: { e: f,
    g: h }   # i
`,
  );
});

t.test('a byte order mark and Windows line ends stay', async (t) => {
  const text = 'routes:\n    /a:  port \n    /bb: legacy';
  const windows = `\uFEFF${text.replaceAll('\n', '\r\n')}`;
  t.equal(formatText(windows), '\uFEFFroutes:\r\n  /a:  port\r\n  /bb: legacy\r\n');
});

t.test('a step that would change what the text means is left out', async (t) => {
  // As deep as the levels say, the second line of this list would belong to its first.
  const text = 'a:\n  -    b: 1\n       c: 2\nroutes:\n  /x:   port\n  /long: port\n';
  t.equal(formatText(text), 'a:\n  -    b: 1\n       c: 2\nroutes:\n  /x:    port\n  /long: port\n');
});

t.test('a text with errors is left to a person', async (t) => {
  t.throws(() => formatText('a: [\n'), Mistake);
});

t.test('however odd the blanks are, the second time changes nothing', async (t) => {
  const line = fc.constantFrom(
    'routes:',
    '/a: port',
    '/b: { to: legacy }   # c',
    '"/c":    port 5%  # d',
    '# e',
    '',
    'to: port',
    '/m:',
    '- x',
    'n: |',
    'free text',
  );
  const text = fc
    .array(fc.tuple(fc.nat(6), line, fc.nat(2)), { maxLength: 12 })
    .map((lines) =>
      lines.map(([indent, words, tail]) => ' '.repeat(indent) + words + ' '.repeat(tail)).join('\n'),
    );
  let good = 0;
  fc.assert(
    fc.property(text, (each) => {
      try {
        const once = formatText(each);
        good++;
        return formatText(once) === once;
      } catch (error) {
        return error instanceof Mistake;
      }
    }),
    { seed: 4, numRuns: 3000 },
  );
  t.ok(good > 300, `${good} of them are YAML`);
});
