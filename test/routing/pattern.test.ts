import t from 'tap';
import { globMatches, globsOverlap } from '../../src/routing/glob.ts';
import { Mistake, orMistake } from '../../src/routing/mistake.ts';
import { compilePattern, patternMatches, splitPath } from '../../src/routing/pattern.ts';

const takes = (path: string, request: string): boolean =>
  patternMatches(compilePattern(path), splitPath(request));
const mistake = (path: string): string => {
  const result = orMistake(() => compilePattern(path));
  return result instanceof Mistake ? result.message : 'no mistake';
};

t.test('a literal path takes itself and nothing else', async (t) => {
  t.ok(takes('/about', '/about'));
  t.notOk(takes('/about', '/about/'));
  t.notOk(takes('/about', '/about/us'));
  t.notOk(takes('/about', '/About'));
  t.ok(takes('/', '/'));
});

t.test('a script also takes the PATH_INFO behind its name', async (t) => {
  t.ok(takes('/cgi-bin/view.pl', '/cgi-bin/view.pl/sku/7'));
  t.ok(takes('/cgi-bin/x.cgi', '/cgi-bin/x.cgi/'));
  t.ok(takes('/cgi-bin/nph-push', '/cgi-bin/nph-push/a'));
  t.notOk(takes('/cgi-bin/view.pl', '/cgi-bin/view.plx'));
  t.ok(takes('/cgi-bin/report-*.py', '/cgi-bin/report-1.py/x'), 'a glob that takes a script');
  t.ok(takes('/cgi-bin/{script}', '/cgi-bin/tool.cgi/x'), 'and a {name}');
  t.notOk(takes('/cgi-bin/{script}', '/cgi-bin/folder/x'));
  t.notOk(takes('/cgi-bin/*.pl$', '/cgi-bin/view.pl/x'));
});

t.test('a dollar sign at the end refuses PATH_INFO', async (t) => {
  t.ok(takes('/cgi-bin/view.pl$', '/cgi-bin/view.pl'));
  t.notOk(takes('/cgi-bin/view.pl$', '/cgi-bin/view.pl/sku/7'));
});

t.test('a {name} takes one segment that is not empty', async (t) => {
  t.ok(takes('/item/{id}', '/item/7'));
  t.notOk(takes('/item/{id}', '/item/'));
  t.notOk(takes('/item/{id}', '/item/7/8'));
});

t.test('a star takes any part of one segment', async (t) => {
  t.ok(takes('/r/report-*.html', '/r/report-2026.html'));
  t.notOk(takes('/r/report-*.html', '/r/report-.htm'));
  t.notOk(takes('/r/*', '/r/'));
  t.notOk(takes('/r/*', '/r/a/b'));
});

t.test('two stars take everything below, and the folder itself', async (t) => {
  for (const request of ['/reports', '/reports/', '/reports/a/b'])
    t.ok(takes('/reports/**', request), request);
  t.notOk(takes('/reports/**', '/reportsx'));
});

t.test('keys are compared with the decoded bytes of the request', async (t) => {
  t.ok(takes('/café', '/caf\xc3\xa9'), 'UTF-8 in the key');
  t.ok(takes('/caf%E9', '/caf\xe9'), 'a latin-1 byte written out');
  t.ok(takes('/a%2Ab', '/a*b'), 'an escaped star is a plain one');
  t.notOk(takes('/a%2Ab', '/axb'));
});

t.test('paths that could never arrive, or that nobody could read, are mistakes', async (t) => {
  t.equal(mistake('/a//b'), '"/a//b" has two slashes in a row');
  t.equal(mistake('/a/../b'), '"/a/../b" contains ".."');
  t.equal(mistake('/a/**/b'), '"**" stands in the middle of "/a/**/b"');
  t.equal(mistake('/a/x-{id}'), 'cannot read "x-{id}" in "/a/x-{id}"');
  t.equal(mistake('/100%'), '"%" in "/100%" is not followed by two hex digits');
  t.equal(mistake('/a%2Fb'), '"/a%2Fb" contains an escaped slash or zero byte');
  t.equal(mistake('/a b'), '"/a b" contains a space');
});

t.test('a glob with many stars is matched without going back and forth', async (t) => {
  const pieces = Array.from({ length: 40 }, () => 'a');
  t.notOk(globMatches([...pieces, 'b'], 'a'.repeat(5000)));
  t.ok(globMatches(['', 'a', 'b', ''], 'xxaxxbxx'));
  t.notOk(globMatches(['ab', 'ba'], 'aba'), 'the pieces may not overlap');
});

t.test('it is known whether two globs can take the same text', async (t) => {
  t.ok(globsOverlap(['a', ''], ['', 'b']));
  t.notOk(globsOverlap(['a', 'x'], ['', 'y']));
  t.notOk(globsOverlap(['a', ''], ['b', '']));
});
