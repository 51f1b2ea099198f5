import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import t from 'tap';
import { complaints, diskWith } from '../helpers/settings.ts';

// Every mistake with the exact words it gets: typical-mistakes.txt. After a sentence was bettered, look at what
// UPDATE=1 node test/config/typical-mistakes.test.ts changes in it.
const file = resolve(import.meta.dirname, 'typical-mistakes.txt');
const disk = diskWith('ports/view.ts', 'ports/cart-add.ts');
const noHandler = {
  ...disk,
  readText: (path: string) => (path.endsWith('view.ts') ? '// todo\n' : disk.readText(path)),
};

interface Mistake {
  readonly title: string;
  readonly text: string;
  readonly said: string;
}

/** `### title`, the file, `---`, what is said; `\t`, `\r` and the like are written out so that one can see them. */
function readMistakes(): Mistake[] {
  return readFileSync(file, 'utf8')
    .split(/^### /m)
    .slice(1)
    .map((block) => {
      const [, title = '', text = '', said = ''] = /^(.*)\n([^]*?)^---\n([^]*)$/m.exec(block) ?? [];
      return { title, text, said: said.trimEnd() };
    });
}

function sayAbout({ title, text }: Mistake): string {
  const written = text.replace(/\\(u[0-9a-f]{4}|[trn])/g, (escape) => JSON.parse(`"${escape}"`) as string);
  const help = { disk: title.includes('exports no port') ? noHandler : disk, env: { LIMIT: 'soon' } };
  return complaints(written, help)
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .trimEnd();
}

const mistakes = readMistakes();
if (process.env['UPDATE'] === '1') {
  const blocks = mistakes.map((each) => `### ${each.title}\n${each.text}---\n${sayAbout(each)}\n\n`);
  writeFileSync(file, `${blocks.join('').trimEnd()}\n`);
}

t.test('there are the seventeen of the design, and twenty more', async (t) => {
  t.ok(mistakes.length >= 37, String(mistakes.length));
});

for (const mistake of readMistakes()) {
  t.test(mistake.title, async (t) => {
    t.not(mistake.said, '', 'nothing may be said of no mistake');
    t.equal(sayAbout(mistake), mistake.said);
    t.notMatch(mistake.said, /hunter2/, 'no secret is shown');
  });
}
