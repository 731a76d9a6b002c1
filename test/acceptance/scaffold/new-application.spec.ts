// mainstem new, from packed packages in an empty folder: what it makes compiles, lints, passes its specs and answers.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { build } from '../online-retail/application-process.js';
import { Scaffolded, Strangers } from './scaffolded.js';

const strangers = new Strangers();
const shop = new Scaffolded(strangers, join(strangers.project.folder, 'my-shop'));

beforeAll(async () => {
  await build();
  await strangers.install();
}, 240_000);
afterAll(() => strangers.remove());

const order = { customer: 'Ada', product: 'white lantern', total: '12.50' };
const post = (url: string, body: object) =>
  fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });

describe('mainstem new', () => {
  it('makes an application that compiles, lints and passes its specs untouched', async () => {
    expect(await strangers.mainstem(`new my-shop --yes --packages ${strangers.tarballs}`)).toContain('npm install');
    shop.install();
    await shop.run('npm run lint');
    expect(await shop.run('npm test')).toMatch(/Tests {2}.*7 passed/);
  });

  it('starts as its page says, and brings an order to each read store', async () => {
    await shop.started('npm start', async (url) => {
      const placed = await post(`${url}/orders/1/place`, order);
      const position = placed.headers.get('Mainstem-Position');
      expect([placed.status, position]).toEqual([201, '1']);
      const get = async (path: string): Promise<unknown> => (await fetch(`${url}/${path}`)).json();
      expect(await get(`order-list/order-1?minPosition=${position}`)).toMatchObject({ status: 'placed', total: '12.50' });
      expect(await get(`orders-by-customer?minPosition=${position}`)).toMatchObject([{ customer: 'Ada', count: 1 }]);
      expect(await get(`order-search?q=lantern&minPosition=${position}`)).toMatchObject({ total: 1 });
    });
    expect(await strangers.mainstem('stream order-1', shop.folder)).toContain('OrderPlaced');
    expect(await strangers.mainstem('verify --all', shop.folder)).toContain('order-search');
  });

  it('is refused for a folder that is not empty, and leaves it alone', async () => {
    mkdirSync(join(strangers.project.folder, 'taken'));
    writeFileSync(join(strangers.project.folder, 'taken/mine.txt'), 'mine');
    await expect(strangers.mainstem('new taken --yes')).rejects.toThrow('CLI_FOLDER_NOT_EMPTY');
    expect(readdirSync(join(strangers.project.folder, 'taken'))).toEqual(['mine.txt']);
  });

  it('names the packages that a folder lacks, and leaves nothing behind', async () => {
    mkdirSync(join(strangers.project.folder, 'no-packages'));
    await expect(strangers.mainstem('new other-shop --yes --packages no-packages')).rejects.toThrow(
      /@mainstem\/aggregate.*\(CLI_PACKAGES_MISSING\)/s,
    );
    expect(readdirSync(strangers.project.folder).filter((name) => name.includes('other-shop'))).toEqual([]);
  });

  it('refuses an odd name with the rule', async () => {
    await expect(strangers.mainstem('new My_Shop --yes')).rejects.toThrow('must be lower-case words with dashes');
    expect(existsSync(join(strangers.project.folder, 'My_Shop'))).toBe(false);
  });
});
