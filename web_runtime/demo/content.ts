/** The content card: a brand's posts in; its voice, a text held against it, hashtags and ranked drafts out, all of it shown as text. */

import type { Generated, Hashtag, Suite, Used, Voice, VoiceMatch } from 'tunesmith';

import { element } from './dom.js';

const MOST_USED = 5;
const TAGS = 6;
/** Style features that are shares, of posts or of words. */
const TRAITS = ['has_emoji', 'positive', 'repeated_exclamations', 'ends_with_hashtag', 'long_words', 'shouted_words'];

/** A made-up band's posts. */
const POSTS = [
  'Back in the studio today!! New songs are coming 🎸 #studio #newmusic',
  'Thank you Berlin!! What a night, what a crowd ❤️ #tour',
  'Who is coming to the show in Hamburg on Friday?? 🎉 #tour #live',
  'Our new single "Harbour Lights" is out now!! Turn it up 🔊 #newmusic',
  'Rehearsing all day long... we can’t wait to see you all 🎸 #live',
  'Tickets for London are on sale now!! Tell your friends 🎟️ #tour',
  'You guys are amazing!! Number one in three countries ❤️❤️ #newmusic',
  'Watch the video for "Harbour Lights" right here!! 🎬 #newmusic',
  'Last show of the year tonight. Let’s make it a loud one!! 🔥 #tour #live',
  'Happy birthday to the best drummer in the world!! 🎂 #family',
];

/** Fills the card and answers on every change. */
export async function showContent(suite: Suite): Promise<void> {
  const posts = element<HTMLTextAreaElement>('content-posts');
  const text = element<HTMLTextAreaElement>('content-text');
  const about = element<HTMLInputElement>('content-about');
  const seed = element<HTMLInputElement>('content-seed');
  posts.value = POSTS.join('\n');
  let latest = 0;

  const update = async (): Promise<void> => {
    const asked = (latest += 1);
    try {
      const begin = performance.now();
      const voice = await suite.content.voice(posts.value.split('\n'));
      const match = await suite.content.match(text.value, voice);
      const tags = await suite.content.hashtags(text.value, { voice, count: TAGS });
      const drafts = await suite.content.generate({ voice, about: about.value, seed: Number(seed.value) });
      if (asked !== latest) return;
      tellVoice(voice);
      tellText(match, tags);
      tellDrafts(drafts);
      say(`${voice.texts.length} posts read, ${drafts.variants.length} drafts made in ${(performance.now() - begin).toFixed(0)} ms`, '');
    } catch (error) {
      if (asked === latest) say((error as Error).message, 'error');
    }
  };
  for (const input of [posts, text, about, seed]) input.addEventListener('input', () => void update());
  await update();
}

function say(text: string, kind: string): void {
  const answer = element('content-answer');
  answer.textContent = text;
  answer.className = kind;
}

function tellVoice({ style, hashtags, emoji }: Voice): void {
  const traits = Object.entries(style).filter(([name]) => TRAITS.includes(name));
  list('content-voice', [
    [`hashtags: ${usedOf(hashtags)}`],
    [`emoji: ${usedOf(emoji)}`],
    ...traits.map(([name, { mean }]) => [`${wordsOf(name)}: ${(100 * mean).toFixed(0)} %`]),
  ]);
}

function tellText({ similarity, off }: VoiceMatch, tags: readonly Hashtag[]): void {
  element('content-match').textContent = `Matches the voice by ${similarity.toFixed(2)}${off.length === 0 ? '' : '; what is off:'}`;
  list(
    'content-off',
    off.map(({ feature, spreads }) => [`${wordsOf(feature)}: ${spreads > 0 ? 'above' : 'below'} the voice by ${Math.abs(spreads).toFixed(1)} spreads`]),
  );
  list(
    'content-tags',
    tags.map(({ tag, reasons, trend, breadth }) => [tag, `known by: ${reasons.join(', ')}; trend ${trend}, breadth ${breadth}`]),
  );
}

function tellDrafts({ variants, note }: Generated): void {
  list(
    'content-drafts',
    variants.map(({ text, score, lift, match, reason }) => [
      text,
      `${score.toFixed(2)} = engagement ${lift.toFixed(2)} × match ${match.toFixed(2)}: ${reason}`,
    ]),
  );
  element('content-note').textContent = note ?? '';
}

function wordsOf(feature: string): string {
  return feature.replaceAll('_', ' ');
}

function usedOf(counts: readonly Used[]): string {
  const most = counts.slice(0, MOST_USED).map(({ text, count }) => `${text} ${count}×`);
  return most.join(', ') || 'none';
}

/** Fills a list: an item is a line, and a remark where it has one; as text alone, since posts and drafts may hold anything. */
function list(id: string, items: readonly (readonly string[])[]): void {
  element(id).replaceChildren(
    ...items.map(([line, remark]) => {
      const item = Object.assign(document.createElement('li'), { textContent: line });
      if (remark !== undefined) item.append(Object.assign(document.createElement('p'), { className: 'facts', textContent: remark }));
      return item;
    }),
  );
}
