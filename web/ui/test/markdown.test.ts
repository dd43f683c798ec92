import { describe, expect, test } from 'vitest';
import { parseBlocks, parseInline, type Block, type Inline } from '../src/markdown.ts';

const text = (value: string): Inline => ({ kind: 'text', text: value });
const link = (href: string, label = href): Inline => ({ kind: 'link', href, content: [text(label)] });

/** Everything a reader would see. */
function words(content: readonly Inline[]): string {
  return content.map((part) => ('text' in part ? part.text : words(part.content))).join('');
}

describe('inline', () => {
  test('strong_emphasis_code_and_links_are_known', () => {
    expect(parseInline('**a** *b* _c_ `d` [e](https://x.fr/)')).toEqual([
      { kind: 'strong', content: [text('a')] },
      text(' '),
      { kind: 'emphasis', content: [text('b')] },
      text(' '),
      { kind: 'emphasis', content: [text('c')] },
      text(' '),
      { kind: 'code', text: 'd' },
      text(' '),
      link('https://x.fr/', 'e'),
    ]);
  });

  test('what_only_looks_like_marks_stays_as_typed', () => {
    for (const typed of ['2 * 3 * 4', 'nom_de_fichier_final', '5*3*2', '* pas fermé', '`', '**', '[a](b)', 'a ** b ** c']) {
      expect(words(parseInline(typed))).toBe(typed);
      expect(parseInline(typed)).toEqual([text(typed)]);
    }
  });

  test('an_address_leaves_the_end_of_the_sentence_alone', () => {
    expect(parseInline('voir https://x.fr/a?b=c.')).toEqual([text('voir '), link('https://x.fr/a?b=c'), text('.')]);
    expect(parseInline('(https://x.fr)')).toEqual([text('('), link('https://x.fr'), text(')')]);
    expect(parseInline('https://x.fr/a_(b)')).toEqual([link('https://x.fr/a_(b)')]);
  });

  test('an_e_mail_address_becomes_a_link_to_write', () => {
    expect(parseInline('à nadia.b@exemple.fr, merci')).toEqual([text('à '), link('mailto:nadia.b@exemple.fr', 'nadia.b@exemple.fr'), text(', merci')]);
  });

  test('no_address_but_web_and_mail_becomes_a_link', () => {
    for (const typed of ['[x](javascript:alert(1))', '[x](data:text/html,y)', '[x](//evil)', 'javascript:alert(1)', '[x](JaVaScRiPt:1)', '[x]( https://x.fr)']) {
      expect(parseInline(typed).filter(({ kind }) => kind === 'link').every((part) => part.kind === 'link' && part.href.startsWith('https://'))).toBe(true);
      expect(words(parseInline(typed))).toBe(typed);
    }
  });

  test('a_hostile_text_of_full_length_is_parsed_at_once', () => {
    for (const piece of ['*a ', '[', '`', '_a', '**a', 'a@', 'https://', '[a](https://', '**', ' *']) {
      const typed = piece.repeat(Math.ceil(5_000 / piece.length));
      const start = performance.now();
      parseBlocks(typed);
      expect(performance.now() - start).toBeLessThan(500);
    }
  });
});

describe('blocks', () => {
  const kinds = (typed: string) => parseBlocks(typed).map((block: Block) => block.kind);

  test('lines_stay_in_one_paragraph_and_an_empty_line_parts_them', () => {
    expect(parseBlocks('a\nb\n\nc')).toEqual([
      { kind: 'paragraph', content: [text('a\nb')] },
      { kind: 'paragraph', content: [text('c')] },
    ]);
  });

  test('lists_quotes_and_code_are_blocks', () => {
    expect(kinds('Voici :\n- a\n- b\n\n> dit\n\n3. x\n4. y\n\n```\n<b>\n```\nfin')).toEqual(['paragraph', 'list', 'quote', 'list', 'code', 'paragraph']);
    expect(parseBlocks('3. x')[0]).toMatchObject({ ordered: true, start: 3 });
    expect(parseBlocks('```js\n**a**\n```')).toEqual([{ kind: 'code', text: '**a**' }]);
  });

  test('a_fence_that_never_closes_keeps_the_rest_as_code', () => {
    expect(parseBlocks('```\na\nb')).toEqual([{ kind: 'code', text: 'a\nb' }]);
  });

  test('a_dash_or_a_year_at_the_start_of_a_line_is_no_list', () => {
    expect(kinds('-10 degrés')).toEqual(['paragraph']);
    expect(kinds('2026 sera bien')).toEqual(['paragraph']);
  });
});
