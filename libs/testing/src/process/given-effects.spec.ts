// Scenarios with effects outside: what is asked for, and what follows from their outcomes.
import { perform, reactor, send } from '@mainstem/process';
import { describe, expect, it } from 'vitest';
import { chargeCard, checkout, Confirm, order, orderEvents, Reject, sendMail } from '../../../process/src/checkout.fixtures.js';
import { givenProcess } from './given-process.js';
import { givenReactor } from './given-reactor.js';
import { failed, succeeded } from './process-input.js';

const placed = { stream: 'order-o1', type: 'Placed', data: { email: 'ann@example.org', amount: 5 } } as const;
const charge = perform('charge', chargeCard, { order: 'o1', amount: 5 });
const mail = (text: string) => perform('mail', sendMail, { to: 'ann@example.org', text: `Order o1: ${text}` });
const declined = { code: 'CARD_DECLINED', message: 'no money' };

describe('a checkout', () => {
  it('charges the card first', () =>
    givenProcess(checkout)
      .when(placed)
      .then({ effects: [charge], commands: [] }));

  it('confirms the order that was paid', () =>
    givenProcess(checkout, placed)
      .when(succeeded('charge', { payment: 'p1' }))
      .then({ effects: [mail('thank you')], commands: [send('confirm', order, 'o1', new Confirm('p1'))], isEnded: true }));

  it('rejects the order whose card is declined', () =>
    givenProcess(checkout, placed)
      .when(failed('charge', declined))
      .then({ effects: [mail('not paid')], commands: [send('reject', order, 'o1', new Reject('CARD_DECLINED'))], isEnded: true }));

  it('leaves a mail that failed to people', () =>
    givenProcess(checkout, placed, failed('charge', declined))
      .when(failed('mail', { code: 'NO_SUCH_ADDRESS', message: 'unknown' }))
      .then({ effects: [], stuck: ['mail'] }));
});

describe('a scenario with effects', () => {
  it('says what differs, and what is wrong with an input', () => {
    expect(() => givenProcess(checkout).when(placed).then({ effects: [] })).toThrow("effect: 'charge-card'");
    expect(() => givenProcess(checkout, placed).when(succeeded('mail')).thenNothing()).toThrow('such steps: charge');
    expect(() => givenProcess(checkout).when(placed).thenNothing()).toThrow('EffectRequested');
  });

  it('tells the effects of a reactor', () => {
    const greeting = reactor({
      name: 'greeting',
      events: [orderEvents],
      startsAt: 'now',
      performs: [sendMail],
      react: { Placed: ({ data }) => [perform('mail', sendMail, { to: data.email, text: 'hello' })] },
    });
    givenReactor(greeting)
      .when(placed)
      .then([perform('mail', sendMail, { to: 'ann@example.org', text: 'hello' })]);
    expect(() => givenReactor(greeting).when(placed).thenNothing()).toThrow("effect: 'send-mail'");
  });
});
