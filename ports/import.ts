import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { definePort, html, perl, type Database, type Html } from 'banyan';
import { conf } from './lib/conf.ts';
import { page, shopSession } from './lib/shop.ts';

/** Shop.pm's $CGI::POST_MAX: of a longer form CGI.pm reads nothing. */
const postMaxBytes = 2 * 1024 * 1024;

/**
 * import.pl: the wholesaler's price list, `sku;artist;title;price;stock`, sent as a file. All lines are one transaction:
 * a list that breaks off in the middle changes no price. The file is kept after the commit, and only then, because a
 * file cannot be rolled back; the old script keeps it first. That it could not be kept stands in the log.
 */
export default definePort(async (context) => {
  const { request, params, upload, session, db, afterCommit, now } = context;
  shopSession(session);
  if (request.body.length > postMaxBytes)
    return page(session, 'Import', form('413 Request entity too large'));
  const isForm =
    request.method === 'POST' && request.header('content-type')?.startsWith('multipart/form-data');
  if (isForm && params.names().length === 0) return context.legacy(); // CGI.pm dies of it, in words of its own

  const list = upload('list');
  if (list === null) return page(session, 'Import', form(null));
  const seconds = Math.floor(now.getTime() / 1000);
  // Perl puts its process id here; a port's process serves many requests.
  const kept = `${seconds}-${request.id}-${safeName(params.get('list') ?? '')}`;
  const path = join(conf('upload_dir'), kept);
  afterCommit(() => writeFile(path, list.bytes));
  return page(session, 'Import', await importLines(list.text(), db));
});

function form(error: string | null): Html {
  const said = error === null ? null : html`<P><FONT COLOR="#CC0000">${error}</FONT>\n`;
  return html`${said}<FORM ACTION="import.pl" METHOD="POST" ENCTYPE="multipart/form-data">
<INPUT TYPE="file" NAME="list"> <INPUT TYPE="submit" VALUE="Import">
</FORM>
`;
}

/** What a file may be called here: some browsers send the whole path. */
function safeName(sent: string): string {
  const name = sent
    .replace(/^.*[/\\]/, '')
    .replace(/[^A-Za-z0-9_.-]/g, '_')
    .replace(/^\.+/, '');
  return perl.isTrue(name) ? name : 'list';
}

/** Takes in the lines one by one, for a record may stand in two of them; what to say of it. */
async function importLines(text: string, db: Database): Promise<Html> {
  let [read, inserted, updated] = [0, 0, 0];
  const bad: number[] = [];
  for (const whole of text.split('\n')) {
    const line = whole.replace(/(?<!\r)\r+$/, ''); // by itself /\r+$/ would begin anew at each of a million
    if (line === '' || /^sku;/i.test(line)) continue;
    read++;
    const row = readLine(line);
    if (row === null) bad.push(read);
    else if (await store(row, db)) inserted++;
    else updated++;
  }
  const fault = html`<P><FONT COLOR="#CC0000">Not understood: line ${bad.join(', ')}</FONT>\n`;
  return html`<P>${read} lines read, ${inserted} inserted, ${updated} updated.\n${bad.length > 0 ? fault : null}`;
}

interface Row {
  readonly sku: string;
  readonly artist: string;
  readonly title: string;
  readonly price: string;
  readonly stock: string;
}

function readLine(line: string): Row | null {
  const [sku, artist, title, price, stock] = line.split(';');
  if (sku === undefined || artist === undefined || title === undefined || price === undefined) return null;
  if (stock === undefined || !/^\d{1,9}$/.test(sku) || !/^-?\d{1,6}$/.test(stock)) return null;
  if (!/^\d{1,5}([.,]\d\d)?$/.test(price)) return null;
  return {
    sku,
    artist: artist.slice(0, 80),
    title: title.slice(0, 120),
    price: price.replace(',', '.'),
    stock,
  };
}

/** Whether it was inserted, and not updated. */
async function store({ sku, artist, title, price, stock }: Row, db: Database): Promise<boolean> {
  const { rows } = await db.query('SELECT 1 FROM records WHERE sku = ?', [sku]);
  if (rows.length > 0) {
    await db.query('UPDATE records SET artist = ?, title = ?, price = ?, stock = ? WHERE sku = ?', [
      artist,
      title,
      price,
      stock,
      sku,
    ]);
    return false;
  }
  await db.query(
    'INSERT INTO records (sku, artist, title, price, stock, added) VALUES (?, ?, ?, ?, ?, CURDATE())',
    [sku, artist, title, price, stock],
  );
  return true;
}
